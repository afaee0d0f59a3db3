"""Notes and warnings of an assessment: what each number means and what limits it, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hemoscribe.assess.held_out import EVERYTHING

SIDES = {
    "train": "of the TRAINING side",
    "validation": "of the validation side",
    "test": "of the test side, which no training saw",
    EVERYTHING: "every report of the folder",
}

_TRACKS = {
    "bare": "Values without their ranges, rules off: the model must know the range.",
    "raw": "Values and ranges, rules off: the model's own reading, and the headline.",
    "assisted": "The rules' flags are in the prompt, so its reading is with the rules on and "
    "is not the headline; its texts are written from the rules' brief, as in service.",
}


def notes(document: Mapping[str, Any]) -> dict[str, str]:
    """What each row of the table means, in plain words."""
    kept = {f"{name} track": _TRACKS[name] for name in document["tracks"]}
    rows = {name: row["note"] for name, row in document["baselines"].items()}
    if document["truth"] == "rules":
        kept["truth"] = (
            "A result truly is what the rules say of its value and range (the laboratory's range "
            "wherever it printed one), so accuracy says how well the model learnt the rules."
        )
    else:
        kept["truth"] = (
            "A result truly is what the laboratory's own flag says; results without one are left "
            "out, unless the laboratory flags abnormal results only: then no flag means normal."
        )
    return kept | rows


def warnings(document: Mapping[str, Any]) -> list[str]:
    """What a reader must know before believing the numbers."""
    found = []
    if document["split"] == EVERYTHING:
        found.append(
            "Every report of this folder was assessed, whatever its side: if the model was tuned "
            "on it, these are not held-out numbers."
        )
    if document["split"] == "train":
        found.append("These reports are of the training side: the numbers flatter the model.")
    if document["range_jitter"]:
        found.append(
            f"Every limit was moved by up to {document['range_jitter']:.0%} of its range's width "
            "before anything was read, so that only what is printed can be read."
        )
    left_out = max(track["left_out"] for track in document["tracks"].values())
    if left_out:
        why = "range" if document["truth"] == "rules" else "flag of the laboratory's"
        found.append(
            f"{left_out:,} of {document['results']:,} results have no {why} and are left out of "
            "accuracy and recall."
        )
    if document["reports"] < document["reports_available"]:
        found.append(
            f"{document['reports']:,} of {document['reports_available']:,} reports were read, "
            "chosen by a hash of their identifier."
        )
    if document["tracks"][document["shown_track"]]["accuracy"]["value"] is None:
        found.append("No result has a truth to be measured against.")
    return found
