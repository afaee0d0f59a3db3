"""What a reader must know before believing an audit: why a pass may say less than it seems to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hemoscribe.files import fingerprint
from hemoscribe.models.tune_record import TuneRecord
from hemoscribe.stages import Manifest


def caveats(
    document: Mapping[str, Any],
    tuned: TuneRecord | None,
    trained_on: str | None,
    corpus: Manifest,
) -> list[str]:
    """Warnings, each a sentence or two.

    Args:
        tuned: what tuning wrote of the model; None of a base model.
        trained_on: the fingerprint of the corpus that the model's manifest names.
        corpus: the manifest of the corpus that it is audited on.
    """
    found = []
    if trained_on is None:
        found.append(
            "The model does not say which corpus it was tuned on: if it was not this one, nothing "
            "here can be remembered, and a pass says nothing."
        )
    elif trained_on != fingerprint(corpus.files):
        found.append(
            "The model was tuned on another corpus than this one: what is called a training report "
            "here may never have been one."
        )
    seen, rows = rows_seen(tuned)
    if seen < rows:
        found.append(
            f"Tuning ended after {seen:,} of the {rows:,} rows of its corpus: some that are called "
            "training reports were never seen, which hides what the others give away."
        )
    if corpus.settings.get("range_jitter"):
        found.append(
            "`corpus.range_jitter` moved the limits of training reports only, so the two sides "
            "differ in more than membership; the calibrated attack suffers least from it."
        )
    if document["canaries"] is None:
        found.append(
            "No canary was planted (`corpus.canaries`), so how well a single number is remembered "
            "was not measured."
        )
    else:
        found.append(
            "The corpus holds planted secrets: a model made from it is for this measure alone. "
            "Make the one that is put to use with `corpus.canaries: 0`."
        )
    if all(attack["tpr"]["value"] is None for attack in document["membership"].values()):
        found.append(
            "Under 100 held-out reports, so what is found at 1 % false alarms was not measured."
        )
    return found


def rows_seen(tuned: TuneRecord | None) -> tuple[int, int]:
    """(rows that the optimizer saw, rows of the corpus), from what tuning wrote; (0, 0) of none."""
    if tuned is None or tuned.rows_seen is None or tuned.examples is None:
        return 0, 0
    return tuned.rows_seen, tuned.examples
