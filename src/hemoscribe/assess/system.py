"""The whole system, as its reader meets it: what is left once the guard and the rules have spoken.

The flags are the rules', whatever the model reads. The words are the model's where it may write and
its text passed every check, and the composer's otherwise. A report is marked for a person where the
model's own reading and the rules differ on a result.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from hemoscribe.assess.bootstrap import NOT_MEASURED, Bootstrap
from hemoscribe.assess.writing import Written, judge, measure_writing
from hemoscribe.engines.interpreter import COMPOSER_SEED
from hemoscribe.prose.compose import compose
from hemoscribe.prose.guard.vocabulary import Vocabulary
from hemoscribe.prose.prompt import completion
from hemoscribe.records import DIRECTIONS, Reading

SHOWN = (
    "unfaithful_rate",
    "finding_f1",
    "finding_macro_f1",
    "omission_rate",
    "groups_told_rate",
)


def measure_system(
    drafts: Sequence[Written],
    readings: Sequence[Reading],
    read: pl.DataFrame | None,
    *,
    may_write: bool,
    draws: int,
) -> dict[str, Any]:
    """What a reader would see of the reports that were written, and how many are marked.

    Args:
        drafts: the model's own texts on the assisted track, of the first of ``readings``.
        read: what it read of them all on the headline track, rules off; None where it did not.
        may_write: whether the model's words are used at all.

    Returns:
        ``written`` texts, ``by_model`` (share whose words are the model's) and the metrics of
        ``SHOWN``; ``marked_reports``, the share that a person is asked to look at.
    """
    passed = [may_write and all(found.ok for found in draft.checks) for draft in drafts]
    written = readings[: len(drafts)]
    served = [
        draft if kept else _composed(reading, draft)
        for draft, reading, kept in zip(drafts, written, passed, strict=True)
    ]
    measured = measure_writing(served, draws=draws)
    return {
        "written": len(served),
        "by_model": _by_model(drafts, passed, draws),
        **{metric: measured[metric] for metric in SHOWN},
        "marked_reports": NOT_MEASURED if read is None else _marked(read, draws),
    }


def _composed(reading: Reading, draft: Written) -> Written:
    """The composer's text in place of a draft."""
    words = compose(reading, draft.language, COMPOSER_SEED)
    text = completion(*words, draft.language)
    return judge(text, reading, draft.language, draft.track, Vocabulary())


def _by_model(drafts: Sequence[Written], passed: Sequence[bool], draws: int) -> Any:
    if not drafts:
        return NOT_MEASURED
    bootstrap = Bootstrap([draft.patient_id for draft in drafts], draws=draws, seed=1)
    return bootstrap.ratio(passed, np.ones(len(drafts)))


def _marked(read: pl.DataFrame, draws: int) -> Any:
    likeliest = np.stack([read[f"p_{name}"].to_numpy() for name in DIRECTIONS]).argmax(axis=0)
    said = pl.Series([DIRECTIONS[place] for place in likeliest], dtype=pl.String)
    reports = (
        read.with_columns((said != pl.col("rules")).fill_null(value=False).alias("apart"))
        .group_by("report_id", maintain_order=True)
        .agg(pl.col("apart").any(), pl.col("patient_id").first())
    )
    bootstrap = Bootstrap(reports["patient_id"].to_list(), draws=draws, seed=1)
    return bootstrap.ratio(reports["apart"].to_list(), np.ones(len(reports)))
