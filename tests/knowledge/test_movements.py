"""How results moved: what counts as a change, over how long, and from which earlier results."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemoscribe.knowledge import read_panel, read_rows, recognise, references
from hemoscribe.knowledge.held_before import MOST_REPORTS
from hemoscribe.knowledge.movements import movements
from hemoscribe.knowledge.reading import reported_rows
from hemoscribe.knowledge.reference_change import OWN, WITHIN, change_limits
from hemoscribe.prose import compose
from hemoscribe.prose.facts import Facts
from hemoscribe.prose.told_courses import told_courses
from hemoscribe.prose.voice import Voice
from hemoscribe.records import Panel, Reading, ReportedResult

AT = datetime(2026, 3, 2, 8)
UNITS = {
    "Hemoglobin": "g/dL",
    "Platelets": "G/L",
    "Neutrophils": "G/L",
    "Creatinine": "umol/L",
    "Potassium": "mmol/L",
    "Ferritin": "ug/L",
    "Calcium": "mmol/L",
    "Albumin": "g/L",
    "Leukocytes": "G/L",
    "Neutrophils %": "%",
    "Hematocrit": "%",
}


def panel(text: str, days: float = 0, **who: Any) -> Panel:
    results = []
    for one in text.split(";"):
        name, value = one.strip().rsplit(" ", 1)
        results.append(ReportedResult(name, value, UNITS[name], None, None))
    known: dict[str, Any] = {"sex": "F", "age_years": 60.0, "patient_id": "p", **who}
    at = AT - timedelta(days=days)
    return Panel(tuple(results), collected_at=at, report_id=f"r{days:g}", **known)


def moved(now: str, *before: tuple[float, str], **who: Any) -> list[tuple[Any, ...]]:
    reading = read_panel(panel(now, **who), earlier=[panel(t, d, **who) for d, t in before])
    return [
        (one.kind, one.now.analyte, one.then.result.value, one.over.days)
        for one in movements(reading)
    ]


def test_earlier_reports_without_a_number_are_reports_of_their_own() -> None:
    """Else the oldest of them stood for all, and 5.5 five days ago was "stable for two months"."""
    before = [replace(panel(f"Hemoglobin {v}", d), report_id="") for d, v in ((60, 10.1), (5, 5.5))]
    reading = read_panel(replace(panel("Hemoglobin 10.0"), report_id=""), earlier=before)
    (one,) = movements(reading)
    assert (one.kind, one.then.result.value, one.over.days) == ("moved", 5.5, 5)
    since = Facts(reading).earlier.since("hemoglobin")
    assert [result.value for _, result in since] == [10.1, 5.5]


@pytest.mark.parametrize(
    ("analyte", "before", "now", "expected"),
    [
        ("hemoglobin", 13.0, 11.8, -1),
        ("hemoglobin", 13.0, 12.1, 0),
        ("hemoglobin", 10.0, 11.0, 1),
        ("platelets", 380, 165, -1),
        ("platelets", 300, 240, 0),
        ("creatinine", 100, 118, 0),
        ("creatinine", 100, 122, 1),
        ("egfr", 60, 49, 0),
        ("egfr", 60, 47.5, -1),
        ("sodium", 140, 137, 0),  # beyond the variation, under the least amount
        ("sodium", 140, 135, -1),
        ("hba1c", 6.0, 6.4, 0),
        ("hba1c", 6.0, 6.6, 1),
        ("crp", 0, 5, 0),
    ],
)
def test_a_change_counts_beyond_the_reference_change_value(
    analyte: str, before: float, now: float, expected: int
) -> None:
    assert change_limits()[analyte].moved(before, now) == expected


def test_every_limit_has_a_source_or_is_our_own() -> None:
    for limit in change_limits().values():
        assert limit.source
        assert set(limit.source) <= {OWN, *references()}
        assert 0.005 < limit.spread < 0.6
        assert limit.under != limit.analyte


@given(st.sampled_from(sorted(change_limits())), st.floats(0.01, 1e4), st.floats(0.01, 1e4))
def test_a_rise_is_a_fall_read_backwards(analyte: str, one: float, other: float) -> None:
    limit = change_limits()[analyte]
    assert limit.moved(one, other) == -limit.moved(other, one)
    if limit.moved(one, other, WITHIN):
        assert limit.moved(one, other, WITHIN) == limit.moved(one, other)


COURSES = [
    ("Hemoglobin 9.8", [(30, "Hemoglobin 13.0")], [("moved", "hemoglobin", 13.0, 30)]),
    ("Hemoglobin 9.8", [(30, "Hemoglobin 10.0")], [("steady", "hemoglobin", 10.0, 30)]),
    ("Hemoglobin 9.8", [(9, "Hemoglobin 10.0")], []),  # nobody asks whether that is old
    ("Hemoglobin 9.8", [(0, "Hemoglobin 13.0")], []),  # of the same time
    ("Hemoglobin 9.8", [(-5, "Hemoglobin 13.0")], []),  # a later one
    ("Hemoglobin 9.8", [(800, "Hemoglobin 13.0")], []),
    ("Hemoglobin 9.8", [(30, "Hemoglobin 130")], []),  # implausible, refused
    ("Hemoglobin 9.8", [(30, "Hemoglobin >13.0")], []),  # a bound
    ("Hemoglobin 13.0", [(30, "Hemoglobin 9.8")], [("back", "hemoglobin", 9.8, 30)]),
    ("Hemoglobin 13.0", [(30, "Hemoglobin 13.1"), (60, "Hemoglobin 9.8")], []),
    ("Hemoglobin 12.2", [(30, "Hemoglobin 11.8")], []),  # noise over the limit
    ("Hemoglobin 13.0", [(600, "Hemoglobin 9.8")], []),
    ("Platelets 165", [(30, "Platelets 260"), (90, "Platelets 380")],
     [("within", "platelets", 380.0, 90)]),
    ("Platelets 380", [(30, "Platelets 260"), (90, "Platelets 165")], []),  # not the side
    ("Platelets 165", [(30, "Platelets 380"), (90, "Platelets 260")], []),  # up, then down
    ("Platelets 165", [(90, "Platelets 380")], []),
    ("Platelets 240", [(30, "Platelets 260"), (90, "Platelets 300")], []),
    ("Platelets 165", [(3, "Platelets 260"), (9, "Platelets 380")], []),  # within days
    ("Platelets 165", [(30, "Platelets 260"), (60, "Platelets 520"), (90, "Platelets 560")],
     []),  # it comes down from a rise
    ("Creatinine 640", [(2, "Creatinine 260"), (3, "Creatinine 650"), (5, "Creatinine 250")], []),
    ("Creatinine 300", [(10, "Creatinine 92"), (400, "Creatinine 80")],
     [("moved", "creatinine", 92.0, 10)]),
    ("Creatinine 186", [(60, "Creatinine 141"), (180, "Creatinine 118")],
     [("moved", "creatinine", 118.0, 180)]),
    ("Hemoglobin 9.8; Hematocrit 29", [(30, "Hemoglobin 13.0; Hematocrit 39")],
     [("moved", "hemoglobin", 13.0, 30)]),  # one says it for both
]  # fmt: skip


@pytest.mark.parametrize(("now", "before", "expected"), COURSES)
def test_a_course(now: str, before: list[tuple[float, str]], expected: list[Any]) -> None:
    assert moved(now, *before) == expected


GROUPS = [
    ({"age_years": 9.0}, {}, "Hemoglobin 8.5", "Hemoglobin 12.5", 100, True),
    ({"age_years": 9.0}, {}, "Hemoglobin 8.5", "Hemoglobin 12.5", 200, False),
    ({"age_years": 0.3}, {}, "Hemoglobin 8.0", "Hemoglobin 15.0", 40, False),
    ({"pregnant": True, "age_years": 30.0}, {}, "Hemoglobin 8.5", "Hemoglobin 12.5", 60, True),
    ({"pregnant": True, "age_years": 30.0}, {"pregnant": None}, "Hemoglobin 8.5",
     "Hemoglobin 12.5", 60, False),
    ({"pregnant": None, "age_years": 30.0}, {"pregnant": True}, "Hemoglobin 8.5",
     "Hemoglobin 12.5", 60, False),
    ({"laboratory": "A"}, {"laboratory": "B"}, "Ferritin 900", "Ferritin 300", 60, False),
    ({"laboratory": "A"}, {"laboratory": None}, "Ferritin 900", "Ferritin 300", 60, True),
    ({"laboratory": "A"}, {"laboratory": "B"}, "Hemoglobin 8.5", "Hemoglobin 12.5", 60, True),
]  # fmt: skip


@pytest.mark.parametrize(("who", "was", "now", "before", "days", "told"), GROUPS)
def test_only_what_may_be_compared_is(
    who: dict[str, Any], was: dict[str, Any], now: str, before: str, days: int, told: bool
) -> None:
    reading = read_panel(panel(now, **who), earlier=[panel(before, days, **{**who, **was})])
    assert bool(movements(reading)) == told


@pytest.mark.parametrize(("value", "told"), [(13.0, True), (130.0, False), (0.0, False)])
def test_an_earlier_result_that_cannot_be_has_no_course(value: float, told: bool) -> None:
    """Rows are read as they come, where one report alone has refused such a result."""
    reading = read_panel(panel("Hemoglobin 9.8"), earlier=[panel("Hemoglobin 13.0", 30)])
    (was,) = reading.before
    for changed, expected in (
        (replace(was.result, value=value), told),
        (replace(was.result, value=value, unit_inferred=True), False),
    ):
        before = (replace(was, result=changed),)
        assert bool(movements(replace(reading, before=before))) == expected


HISTORY = st.lists(
    st.tuples(
        st.integers(-40, 900),
        st.floats(5, 18).map(lambda value: f"Hemoglobin {value:.1f}"),
        st.floats(60, 700).map(lambda value: f"Platelets {value:.0f}"),
        st.floats(2.5, 6.5).map(lambda value: f"Potassium {value:.1f}"),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda one: one[0],
)


def _told(reading: Reading) -> list[list[str]]:
    return [list(told_courses(reading, Voice(language, 0))) for language in ("en", "fr")]


@settings(max_examples=40, deadline=None)
@given(HISTORY, st.randoms(use_true_random=False))
def test_neither_order_nor_later_reports_change_what_is_told(
    history: list[tuple[int, str, str, str]], random: Any
) -> None:
    now = panel("Hemoglobin 9.8; Platelets 165; Potassium 4.1")
    reports = [panel("; ".join(texts), days) for days, *texts in history]
    first = read_panel(now, earlier=reports)
    shuffled = random.sample(reports, len(reports))
    assert read_panel(now, earlier=shuffled).before == first.before
    past = [one for one in reports if one.collected_at is not None and one.collected_at < AT]
    english, french = _told(first)
    assert _told(read_panel(now, earlier=past)) == [english, french]
    assert len(english) == len(french)
    assert all(one.collected_at < AT for one in first.before)
    same = [(one.kind, one.now.analyte) for one in movements(first)]
    assert len(same) == len(set(same))


# Many reports at once -----------------------------------------------------------------------------


def rows_of(panels: Sequence[Panel]) -> pl.DataFrame:
    reports = {str(place): one.report_id for place, one in enumerate(panels)}
    rows, rejects = recognise(reported_rows(panels))
    assert rejects.is_empty()
    return rows.with_columns(pl.col("report_id").replace(reports))


PATIENTS = [
    [(0, "Hemoglobin 9.8; Platelets 165"), (30, "Hemoglobin 13.0; Platelets 260"),
     (200, "Hemoglobin 13.2; Platelets 380")],
    [(0, "Creatinine 480"), (120, "Creatinine 470"), (400, "Creatinine 210")],
    [(0, "Calcium 2.40; Albumin 40"), (2, "Calcium 3.20; Albumin 20")],
    [(0, "Leukocytes 5.0; Neutrophils % 60"), (3, "Leukocytes 1.0; Neutrophils % 30")],
    [(0, "Potassium 4.1")],
]  # fmt: skip


def test_many_reports_at_once_hold_what_one_with_earlier_ones_holds() -> None:
    panels = [
        replace_id(panel(text, days, patient_id=f"p{number}"), f"p{number}r{days}")
        for number, history in enumerate(PATIENTS)
        for days, text in history
    ]
    readings = {one.panel.report_id: one for one in read_rows(rows_of(panels))}
    assert len(readings) == len(panels)
    for one in panels:
        others = [o for o in panels if o.patient_id == one.patient_id and o is not one]
        alone, among = read_panel(one, earlier=others), readings[one.report_id]
        assert among.before == alone.before
        assert [f.id for f in among.findings] == [f.id for f in alone.findings]
        assert [n for n, _ in among.was_critical] == [n for n, _ in alone.was_critical]
        for language in ("en", "fr"):
            assert compose(among, language, 3) == compose(alone, language, 3)
        assert _told(among) == _told(alone)
    assert sum(bool(one.before) for one in readings.values()) == 6


def replace_id(one: Panel, report_id: str) -> Panel:
    return Panel(
        one.results,
        sex=one.sex,
        age_years=one.age_years,
        collected_at=one.collected_at,
        patient_id=one.patient_id,
        report_id=report_id,
    )


def test_parts_of_many_reports_know_the_reports_of_other_parts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    panels = [panel(f"Hemoglobin {9 + days / 50:.1f}", days) for days in (0, 30, 60, 90)]
    whole = [one.before for one in read_rows(rows_of(panels))]
    monkeypatch.setattr("hemoscribe.knowledge.reading._REPORTS_AT_ONCE", 1)
    assert [one.before for one in read_rows(rows_of(panels))] == whole
    assert [len(one) for one in whole] == [3, 2, 1, 0]


def test_no_more_than_the_newest_reports_are_held() -> None:
    panels = [panel("Hemoglobin 13.0", days) for days in range(1, MOST_REPORTS + 20)]
    before = read_panel(panel("Hemoglobin 12.8"), earlier=panels).before
    assert len(before) == MOST_REPORTS
    assert max((AT - one.collected_at).days for one in before) == MOST_REPORTS


@pytest.mark.parametrize(
    ("now", "before", "days", "told"),
    [
        ("Calcium 2.40; Albumin 40", "Calcium 3.20; Albumin 20", 2, ["calcium"]),
        ("Calcium 2.40; Albumin 40", "Calcium 3.20; Albumin 20", 9, []),
        ("Calcium 2.40; Albumin 40", "Calcium 2.60; Albumin 40", 2, []),
        ("Leukocytes 5.0; Neutrophils % 60", "Leukocytes 1.0; Neutrophils % 30", 3,
         ["neutrophils_pct"]),
        ("Leukocytes 5.0; Neutrophils % 60", "Leukocytes 4.0; Neutrophils % 30", 3, []),
    ],
)  # fmt: skip
def test_an_alarm_that_a_result_beside_it_told_counts_as_one(
    now: str, before: str, days: int, told: list[str]
) -> None:
    reading = read_panel(panel(now), earlier=[panel(before, days)])
    found = [one.result.analyte for one, _ in reading.was_critical if one.result.critical]
    assert [one for one in found if one in ("calcium", "neutrophils_pct")] == told
