"""One track of an assessment: what the model reads on it, measured whole, and at a threshold."""

from __future__ import annotations

from typing import Any

import polars as pl

from hemoscribe.assess.directions import (
    at_threshold,
    choose_threshold,
    headline,
    measure_reading,
    read_of,
)
from hemoscribe.assess.held_out import HeldOut
from hemoscribe.assess.kept import Kept
from hemoscribe.assess.read_results import Truth, read_all, with_probabilities
from hemoscribe.assess.slices import confusion_by_analyte, slices, worst
from hemoscribe.engines.interpreter import Writer
from hemoscribe.models.assessment_record import HEADLINE_TRACK
from hemoscribe.prose.prompt import Track
from hemoscribe.settings import Settings


def observe(
    model: Writer,
    held: HeldOut,
    track: Track,
    *,
    side: str = "held-out",
    kept: Kept | None = None,
) -> tuple[pl.DataFrame, float]:
    """The held-out results with the model's probabilities on a track, and the seconds it took."""
    probabilities, seconds = read_all(
        model, held.readings, held.languages, track, side=side, kept=kept
    )
    return with_probabilities(held.table, probabilities, track), seconds


def track_reading(table: pl.DataFrame, truth: Truth, draws: int) -> dict[str, Any]:
    """Every metric of a track's reading, its slices, and agreement with the laboratory's flags."""
    read = read_of(table, truth=truth, draws=draws)
    parts = slices(read)
    by_language = {part["name"]: part for part in parts if part["dimension"] == "language"}
    return {
        **measure_reading(read),
        "threshold": None,
        "laboratory": _against_laboratory(table, draws) if truth == "rules" else None,
        "by_language": by_language,
        "worst_accuracy": worst(parts, "accuracy"),
        "worst_recall": worst(parts, "abnormal_recall"),
        "slices": parts,
        "confusion_by_analyte": confusion_by_analyte(read),
    }


def _against_laboratory(table: pl.DataFrame, draws: int) -> dict[str, Any] | None:
    flagged = table.filter(pl.col("laboratory_says").is_not_null())
    if flagged.is_empty():
        return None
    found = headline(read_of(flagged, truth="laboratory", draws=draws))
    share = len(flagged) / len(table)
    return {
        **found,
        "sentence": f"On the {len(flagged):,} results ({share:.0%}) that carry a flag of the "
        "laboratory's own, which owes nothing to our rules.",
    }


def threshold(
    model: Writer,
    validation: HeldOut | None,
    table: pl.DataFrame,
    settings: Settings,
    truth: Truth,
    kept: Kept | None = None,
) -> dict[str, Any] | None:
    """The validation side's threshold for the wanted recall, and what it gives on the test side."""
    if validation is None:
        return None
    draws, wanted = settings.assess.bootstrap, settings.assess.wanted_recall
    seen, _ = observe(model, validation, HEADLINE_TRACK, side="validation", kept=kept)
    chosen = choose_threshold(read_of(seen, truth=truth, draws=draws), wanted)
    if chosen is None:
        return None
    sentence = (
        f"Calling a result abnormal when the model gives normal at most {chosen['p_normal']:.3f}: "
        f"chosen on {len(validation.readings)} validation reports for a recall of {wanted:.1%}"
    )
    sentence += (
        ", measured here on the held-out ones."
        if chosen["reached"]
        else f", which no threshold reaches there (at most {chosen['validation_recall']:.1%})."
    )
    measured = at_threshold(read_of(table, truth=truth, draws=draws), chosen["p_normal"])
    return {**chosen, **measured, "wanted_recall": wanted, "sentence": sentence}
