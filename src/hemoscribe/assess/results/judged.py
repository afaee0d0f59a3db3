"""The parts of the page that cases and a diagnosis fill."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hemoscribe.assess.results.figures import estimate_words, label, table

Document = Mapping[str, Any]


def case_lines(document: Document) -> Iterator[str]:
    """How many cases are met, what a model's own words and reading add, and each that is not."""
    total = len(document["cases"])
    yield ""
    yield (
        f"{total} cases: {document['met']} met, {document['not_met']} not met, "
        f"{document['not_yet']} not met yet and known; {document['requirements_met']:,} of "
        f"{document['requirements']:,} requirements met."
    )
    own, read = document["own_words"], document["own_reading"]
    if own is not None:
        yield ""
        yield (
            "The model's own drafts, which no reader sees where they fail: "
            f"{own['cases']} of {total} cases without a fault, "
            f"{own['requirements_met']:,} of {own['requirements']:,} requirements met."
        )
    if read:
        yield ""
        yield (
            f"The model's own reading of their results, rules off: {read['right']:,} of "
            f"{read['results']:,} right; of the abnormal ones {read['abnormal_right']:,} of "
            f"{read['abnormal']:,}, with direction."
        )
    left = [case for case in document["cases"] if case["state"] != "met"]
    if left:
        yield ""
        for case in left:
            yield f"- `{case['id']}`, {case['state']}: {' '.join(case['why'])}"


def diagnosis_lines(document: Document) -> Iterator[str]:
    """How often each finding is asserted in each category, and what it is worth as a test."""
    yield ""
    yield (
        f"{document['patients']:,} patients, {document['results']:,} results, "
        f"{document['rejects']:,} rejects. Intervals: Wilson, each patient counts once."
    )
    yield ""
    categories = document["categories"]
    yield from table(
        ["Share with", *(f"{name} ({n})" for name, n in categories.items())],
        (
            [row["label"], *(estimate_words(row["shares"][name]) for name in categories)]
            for row in document["findings"]
        ),
    )
    yield ""
    yield from table(
        ["As a test of", "by", "sensitivity", "specificity"],
        (
            [
                label(row["of"]),
                row["by"],
                estimate_words(row["sensitivity"]),
                estimate_words(row["specificity"]),
            ]
            for row in document["tests"]
        ),
    )
    yield ""
    yield from (f"- {sentence}" for sentence in document["notes"])
