"""Reviewed reports as training examples, each on its patient's side of the split or on none.

A review teaches only when its patient is on the training side; when the patient is not known, when
neither it nor an earlier report of its course has the results of one of the validation or test
side. A correction that the facts do not bear out does not teach.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from hemoscribe.corpus import read_examples, write_examples
from hemoscribe.corpus.review_record import read_reviews, write_reviews
from hemoscribe.corpus.reviewed import (
    PREFERENCES,
    reviewed_example,
    reviewed_lessons,
    reviewed_reading,
    write_preferences,
)
from hemoscribe.curate import load_curated
from hemoscribe.errors import InputError
from hemoscribe.files import sha256
from hemoscribe.knowledge import read_panel
from hemoscribe.prose.guard.check import UNFAITHFUL
from hemoscribe.prose.guard.vocabulary import read_vocabulary, write_vocabulary
from hemoscribe.records import Reading
from hemoscribe.stages import content_of, run_stage

TRAINING = "train.jsonl"
OTHER_SIDES = ("validation.jsonl", "test.jsonl")


def choose_reviews(reviews: Path, curated: Path, out: Path) -> dict[str, Any]:
    """Write to ``out`` the reviews that may teach.

    Args:
        reviews: what ``reviews export`` wrote.
        curated: the folder whose validation and test sides stay unseen.

    Returns:
        ``{used, left_out: {other_side, same_results, contradicted, unreadable}}``.
    """
    unseen: frozenset[str] | None = None
    kept = []
    left_out: Counter[str] = Counter(
        {"other_side": 0, "same_results": 0, "contradicted": 0, "unreadable": 0}
    )
    for review in read_reviews(reviews):
        if review.split not in (None, "train"):
            left_out["other_side"] += 1
            continue
        if any(check.code in UNFAITHFUL for check in review.failed_checks):
            left_out["contradicted"] += 1
            continue
        reading = reviewed_reading(review)
        if not reading.results:
            left_out["unreadable"] += 1
            continue
        if review.split is None:
            if unseen is None:
                unseen = _unseen_results(curated)
            if not unseen.isdisjoint(_results_of_course(reading)):
                left_out["same_results"] += 1
                continue
        kept.append(review)
    write_reviews(out, kept)
    return {"used": len(kept), "left_out": dict(left_out)}


def add_reviews(corpus: Path, reviews: Path, out: Path, *, weight: int) -> dict[str, Any]:
    """A corpus with each chosen review ``weight`` times on the training side.

    Corrections also go, beside the drafts they correct, to ``preferences.jsonl``.

    Args:
        corpus: a corpus folder.
        reviews: what ``choose_reviews`` wrote.

    Returns:
        The stage's summary: ``examples``, ``reviews``, ``reviewed_examples``, ``preferences``,
        ``skipped``.
    """

    def work(folder: Path) -> Mapping[str, Any]:
        chosen = read_reviews(reviews)
        examples = list(read_examples(corpus / TRAINING))
        own = [reviewed_example(review) for review in chosen]
        named = {example.report_id for example in own}
        # The review's words stand in place of whatever the corpus says of the same report.
        kept = [one for one in examples if one.report_id not in named or one.completion is None]
        write_examples(folder / TRAINING, [*kept, *own * weight])
        for name in OTHER_SIDES:
            shutil.copyfile(corpus / name, folder / name)
        preferences = write_preferences(folder / PREFERENCES, chosen)
        write_vocabulary(folder, read_vocabulary(corpus).taught, reviewed_lessons(chosen).words())
        return {
            "preferences": preferences,
            "examples": len(kept) + len(own) * weight,
            "reviews": len(own),
            "reviewed_examples": len(own) * weight,
            "replaced": len(examples) - len(kept),
        }

    return run_stage(
        out,
        stage="corpus",
        rules="reviewed corpus",
        inputs={"corpus": content_of(corpus), "reviews": sha256(reviews)},
        settings={"review_weight": weight},
        work=work,
    ).summary()


def require_apart(training: Path, test: Path) -> None:
    """InputError when a patient of ``test``'s test side is on another side of ``training``."""
    if training.resolve() == test.resolve():
        return
    held_out = load_curated(test, "test")["patient_id"].unique()
    for side in ("train", "validation"):
        seen = load_curated(training, side)["patient_id"].unique()
        both = seen.filter(seen.is_in(held_out.implode()))
        if not both.is_empty():
            raise InputError(
                f"{training}: {len(both)} patients of its {side} side are on the test side of "
                f"{test}; curate both with the same pseudonym key and shares."
            )


def _unseen_results(curated: Path) -> frozenset[str]:
    """What each report of the validation and test sides holds, whoever's it is."""
    found: set[str] = set()
    for side in ("validation", "test"):
        rows = load_curated(curated, side)
        for report in rows.select("report_id", "analyte", "value").partition_by("report_id"):
            found.add(_results_of(report.select("analyte", "value").iter_rows()))
    return frozenset(found)


def _results_of_course(reading: Reading) -> Iterator[str]:
    """What the report holds, and each earlier one it was read with."""
    for one in (reading, *map(read_panel, reading.earlier)):
        yield _results_of((result.analyte, result.value) for result in one.results)


def _results_of(results: Iterable[tuple[Any, ...]]) -> str:
    """A report by its results alone: analytes and values to six significant digits, in order."""
    return ";".join(sorted(f"{analyte}={value:.6g}" for analyte, value in results))
