"""A model's words are used only once its own assessment lets them."""

import pytest

from hemoscribe.assess.gates import in_time, may_write
from hemoscribe.models.assessment_record import Latency, Track
from hemoscribe.settings import Gates, Writing

GOOD = {
    "finding_f1": {"value": 0.97},
    "unfaithful_rate": {"value": 0.0},
    "withheld_rate": {"value": 0.05},
}


def track(figures) -> Track:
    return Track.model_validate(figures)


def late_by(p95) -> Latency:
    return Latency(n=20, p50_s=p95, p95_s=p95, p99_s=p95)


def test_a_number_is_told_from_its_target() -> None:
    found = may_write(track({**GOOD, "unfaithful_rate": {"value": 3 / 137}}), Writing())
    assert "share of unfaithful texts 0.022 (at most 0.02)" in found.sentence


def test_a_model_that_writes_well_may_write() -> None:
    assert may_write(track(GOOD), Writing()).value


@pytest.mark.parametrize(
    ("metric", "value"),
    [("finding_f1", 0.6), ("unfaithful_rate", 0.1), ("withheld_rate", 0.5), ("finding_f1", None)],
)
def test_one_metric_short_takes_the_pen_away_and_says_which(metric, value) -> None:
    found = may_write(track({**GOOD, metric: {"value": value}}), Writing())
    assert not found.value
    assert metric.split("_")[0] in found.sentence.lower()
    assert "composer" in found.sentence


def test_what_was_not_assessed_may_not_write() -> None:
    assert not may_write(None, Writing()).value


def test_words_that_come_too_late_are_not_used_and_the_sentence_says_how_late() -> None:
    pen = may_write(track(GOOD), Writing())
    late = in_time(pen, late_by(3.4), Gates())
    assert not late.value
    assert "3.40 s" in late.sentence
    assert "under 2 s asked" in late.sentence
    assert in_time(pen, late_by(1.4), Gates()) is pen
    assert in_time(pen, late_by(None), Gates()) is pen


def test_a_model_that_may_not_write_keeps_its_own_reason() -> None:
    pen = may_write(track({**GOOD, "finding_f1": {"value": 0.5}}), Writing())
    assert in_time(pen, late_by(3.4), Gates()) is pen
