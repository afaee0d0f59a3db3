"""Reading one report and many: what goes in comes out as results or rejects, and never raises."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from math import isfinite
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemoscribe.knowledge import (
    analytes,
    finding_definitions,
    finding_name,
    flag,
    index_reason,
    read_panel,
    read_rows,
    recognise,
)
from hemoscribe.knowledge.applicable import critical_limits
from hemoscribe.knowledge.reading import reported_rows
from hemoscribe.knowledge.recognise_plain import flag_plain, plain_rows
from hemoscribe.records import (
    CARRIED,
    FLAGS,
    LANGUAGES,
    FlaggedResult,
    Panel,
    Reading,
    ReportedResult,
    Result,
)

NOW = datetime(2024, 5, 17, 8, 0)


def panel(*results: tuple[str, ...], **patient: Any) -> Panel:
    """A woman of 54 years, unless said otherwise; results are (name, value, unit, low, high)."""
    stated = tuple(ReportedResult(*result) for result in results)
    return Panel(stated, **{"sex": "F", "age_years": 54.0, "collected_at": NOW} | patient)


ANEMIC = panel(
    ("Hb", "9,2", "g/dL", "12.0", "16.0"),
    ("VGM", "72", "fL"),
    ("Ferritine", "6", "ng/mL"),
    ("Potassium", "6.8", "mmol/L"),
    ("CRP", "<5", "mg/L"),
)


def test_a_report_is_read_from_names_to_findings() -> None:
    reading = read_panel(ANEMIC)
    assert [result.analyte for result in reading.results] == [
        "hemoglobin",
        "mcv",
        "ferritin",
        "potassium",
        "crp",
    ]
    assert [result.flag for result in reading.results] == ["L", "L", "L", "HH", "N"]
    assert [finding.id for finding in reading.findings] == [
        "hyperkalemia",
        "anemia",
        "iron_deficiency_anemia",
    ]
    assert reading.findings[0].urgency == 3
    assert reading.rejects == ()
    assert reading.panel is ANEMIC


def test_what_is_not_understood_is_a_reject_with_its_place() -> None:
    odd = panel(
        ("Hb", "HEMOLYZED", "g/dL"),
        ("Grumbling", "3", "g/dL"),
        ("Sodium", "140", "mmol/L"),
        ("Potassium", "400", "mmol/L"),
    )
    reading = read_panel(replace(odd, report_id="R-17"))
    assert [result.analyte for result in reading.results] == ["sodium"]
    codes = {reject["reported_name"]: reject["code"] for reject in reading.rejects}
    assert codes == {
        "Hb": "unusable_sample",
        "Grumbling": "unknown_analyte",
        "Potassium": "implausible",
    }
    assert {reject["source"] for reject in reading.rejects} == {"R-17"}


def test_a_cancelled_result_is_not_read() -> None:
    cancelled = ReportedResult("Potassium", "7.1", "mmol/L", status="cancelled")
    reading = read_panel(Panel((cancelled,), sex="F", age_years=54.0))
    assert reading.results == ()
    assert [reject["code"] for reject in reading.rejects] == ["cancelled"]


def test_an_empty_report_is_an_empty_reading() -> None:
    reading = read_panel(Panel(()))
    assert (reading.results, reading.findings, reading.indices) == ((), (), ())


def test_earlier_reports_of_the_patient_are_taken_into_account() -> None:
    now = panel(("Creatinine", "200", "umol/L"))
    before = panel(("Creatinine", "90", "umol/L"), collected_at=NOW - timedelta(days=3))
    later = replace(before, collected_at=NOW + timedelta(days=1))
    undated = replace(before, collected_at=None)
    found = {f.id: f.grade for f in read_panel(now, earlier=[before]).findings}
    assert found["acute_kidney_injury"] == "2"
    assert "ckd_stage" not in found
    for useless in (later, undated):
        found = {f.id: f.grade for f in read_panel(now, earlier=[useless]).findings}
        assert "acute_kidney_injury" not in found
        assert "ckd_stage" in found


def test_a_finding_names_the_earlier_results_it_rests_on_and_no_others() -> None:
    now = panel(("Creatinine", "150", "umol/L"), ("Sodium", "140", "mmol/L"))
    lowest = panel(
        ("Créatinine", "0.90", "mg/dL"), report_id="OLD", collected_at=NOW - timedelta(days=6)
    )
    last = panel(
        ("Creatinine", "100", "umol/L"), report_id="LAST", collected_at=NOW - timedelta(days=1)
    )
    other = panel(("Sodium", "120", "mmol/L"), collected_at=NOW - timedelta(days=9))
    findings = {one.id: one for one in read_panel(now, earlier=[last, other, lowest]).findings}
    since = findings["acute_kidney_injury"].since
    assert [(one.report_id, one.result.reported_value) for one in since] == [
        ("OLD", "0.90"),
        ("LAST", "100"),
    ]
    assert "delta_check" not in findings  # the other is outside its window
    (rise,) = [one for one in read_panel(now, earlier=[last]).findings if one.since]
    assert [one.report_id for one in rise.since] == ["LAST"]  # the ratio of 1.5, and the rise


def test_rejects_of_earlier_reports_are_not_of_this_one() -> None:
    now = panel(("Creatinine", "200", "umol/L"))
    before = panel(("Creatinine", "pending", "umol/L"), collected_at=NOW - timedelta(days=3))
    assert read_panel(now, earlier=[before]).rejects == ()


def test_a_childs_height_is_taken_from_the_context() -> None:
    child = panel(("Creatinine", "44.2", "umol/L"), age_years=6.0, context="Taille : 120 cm")
    (gfr,) = read_panel(child).indices
    assert gfr.value == pytest.approx(99.1, rel=1e-3)
    (gfr,) = read_panel(replace(child, context="")).indices
    assert gfr.value is None
    assert index_reason(gfr, "fr") == "avant 18 ans, la formule demande la taille"


def as_rows(*panels: Panel) -> pl.DataFrame:
    rows, rejects = recognise(
        reported_rows(panels).with_columns(
            report_id="r" + pl.col("report_id"), patient_id="report_id"
        )
    )
    assert rejects.is_empty()
    return rows


def test_many_reports_are_read_as_each_alone_and_in_order() -> None:
    second = panel(("Na", "128", "mmol/L"), ("Glucose", "30", "mmol/L"), sex="M", age_years=70.0)
    readings = list(read_rows(as_rows(ANEMIC, second)))
    for reading, alone in zip(readings, (ANEMIC, second), strict=True):
        expected = read_panel(alone)
        assert reading.results == expected.results
        assert reading.findings == expected.findings
        assert reading.indices == expected.indices
    assert [reading.panel.report_id for reading in readings] == ["r0", "r1"]


def test_the_panel_of_a_read_row_reads_the_same_again() -> None:
    (reading,) = read_rows(as_rows(ANEMIC))
    again = read_panel(reading.panel)
    assert again.findings == reading.findings
    assert [(r.flag, r.value) for r in again.results] == [
        (r.flag, r.value) for r in reading.results
    ]
    assert reading.panel.results[0].low == "12"


# The short way and the long way of recognising ---------------------------------------------

NAMES = st.sampled_from(
    ["Hb", "Hémoglobine", "K", "Potassium", "TGP", "VGM", "Créatinine", "Glucose", "INR", "CRP", ""]
)
UNITS = st.sampled_from(
    [None, "", "g/dL", "g/L", "mmol/L", "mg/dL", "umol/L", "U/L", "fL", "%", "IU/L", "mg/L", " G/L"]
)
TEXTS = st.one_of(
    st.floats(0, 500).map(lambda number: f"{number:.2f}"),
    st.sampled_from(
        ["5", "<5", "> 9,5", "1,234", "12.1 H", "pending", "HEMOLYZED", "", "-3", "5e3"]
    ),
)
LIMITS = st.sampled_from([None, "", "3.5", "5,1", "<10", "x"])


@st.composite
def reported(draw: st.DrawFn) -> ReportedResult:
    return ReportedResult(
        draw(NAMES),
        draw(TEXTS),
        draw(UNITS),
        draw(LIMITS),
        draw(LIMITS),
        draw(st.sampled_from([None, "H", "low", "?"])),
        draw(st.sampled_from([None, "718-7", "99999-9"])),
        draw(st.sampled_from([None, " a remark "])),
        draw(st.sampled_from([None, "final", "F", "Corrected", "odd"])),
    )


@settings(max_examples=15, deadline=None)
@given(
    results=st.lists(reported(), min_size=10, max_size=25),
    age=st.sampled_from([None, -1.0, 40.0, 200.0, float("nan")]),
)
def test_the_short_way_recognises_as_the_long_way(
    results: list[ReportedResult], age: float | None
) -> None:
    def alone(result: ReportedResult) -> Panel:
        return Panel((result,), sex="M", age_years=age, collected_at=NOW, laboratory=" lab ")

    plain = [alone(result) for result in results if plain_rows([alone(result)]) is not None]
    short = plain_rows(plain)
    assert short is not None
    rows, rejects = recognise(reported_rows(plain))
    assert rejects.to_dicts() == short[1]
    assert rows.drop(CARRIED).rows() == short[0]
    names = FlaggedResult.__slots__
    long = [FlaggedResult(*row) for row in flag(rows).select(names).iter_rows()]
    assert flag_plain(short[0]) == long


def test_the_short_way_takes_an_ordinary_report() -> None:
    assert plain_rows([ANEMIC]) is not None


# Whatever comes in ---------------------------------------------------------------------------

ANY_NAME = st.one_of(
    st.sampled_from([a.names[lang][0] for a in analytes().values() for lang in LANGUAGES]),
    st.text(max_size=12),
)
ANY_UNIT = st.one_of(
    st.none(),
    st.sampled_from(sorted({unit for a in analytes().values() for unit in a.units})),
    st.text(max_size=8),
)
ANY_VALUE = st.one_of(
    st.floats().map(str),
    st.floats(0, 1000).map(lambda number: f"{number:.2f}"),
    st.integers().map(str),
    st.text(max_size=10),
    st.sampled_from(["nan", "inf", "-inf", "1e999", "<0", ">1e15", "0", "-0.0", "١٢", "½"]),
)
ANY_AGE = st.one_of(st.none(), st.floats(), st.floats(0, 120))
ANY_LIMIT = st.one_of(st.none(), ANY_VALUE)


@st.composite
def any_panel(draw: st.DrawFn) -> Panel:
    results = [
        ReportedResult(
            draw(ANY_NAME),
            draw(ANY_VALUE),
            draw(ANY_UNIT),
            draw(ANY_LIMIT),
            draw(ANY_LIMIT),
            draw(st.one_of(st.none(), st.text(max_size=3))),
            None,
            draw(st.one_of(st.none(), st.text(max_size=20))),
        )
        for _ in range(draw(st.integers(0, 8)))
    ]
    return Panel(
        tuple(results),
        sex=draw(st.sampled_from([None, "F", "M", "x"])),
        age_years=draw(ANY_AGE),
        pregnant=draw(st.sampled_from([None, True, False])),
        collected_at=draw(st.one_of(st.none(), st.datetimes())),
        context=draw(st.text(max_size=20)),
    )


def whole(reading: Reading) -> None:
    """What must hold of every reading."""
    for result in reading.results:
        assert isfinite(result.value)
        assert result.flag is None or result.flag in FLAGS
        assert all(limit is None or isfinite(limit) for limit in (result.low, result.high))
        age = reading.panel.age_years
        age = age if age is not None and 0 <= age <= 130 else None
        critical_low, critical_high = critical_limits(analytes()[result.analyte], age)
        ranged = result.low is not None or result.high is not None
        if result.flag in ("L", "N", "H"):
            assert ranged, "a flag without a range"
        if result.flag in ("LL", "HH"):
            assert result.critical
        if not ranged and result.comparator is None:
            beyond = (critical_low is not None and result.value < critical_low) or (
                critical_high is not None and result.value > critical_high
            )
            assert result.critical is beyond, "a critical value without its alarm"
    measured = {result.analyte for result in reading.results}
    for finding in reading.findings:
        definition = finding_definitions()[finding.id]
        assert finding.grade is None or finding.grade in definition.grades
        assert finding.evidence
        assert set(finding.evidence) <= measured
        assert 0 <= finding.urgency <= 3
        assert all(finding_name(finding, language) for language in LANGUAGES)
        critical = {r.analyte for r in reading.results if r.critical}
        if critical & set(finding.evidence):
            assert finding.urgency == 3
    for index in reading.indices:
        assert (index.value is None) != (index.why_not is None)
        assert index.value is None or isfinite(index.value)


@settings(max_examples=50, deadline=None)
@given(now=any_panel(), before=any_panel())
def test_nothing_makes_a_reading_raise(now: Panel, before: Panel) -> None:
    reading = read_panel(now, earlier=[before])
    assert len(reading.results) + len(reading.rejects) == len(now.results)
    whole(reading)


@pytest.mark.parametrize("analyte", sorted(analytes()))
def test_a_critical_value_has_its_alarm(analyte: str) -> None:
    known = analytes()[analyte]
    own = [row.age_low_years for row in known.critical_ages]
    for age in (*own, 30.0, 70.0, None):
        limits = critical_limits(known, age)
        for limit, beyond in zip(limits, (0.999, 1.001), strict=True):
            if limit is None or not known.plausible[0] <= limit * beyond <= known.plausible[1]:
                continue
            value = f"{limit * beyond:.6f}"
            code = known.loinc[0] if known.loinc else None
            result = ReportedResult(known.names["en"][0], value, known.unit, loinc=code)
            (read,) = read_panel(Panel((result,), sex="F", age_years=age)).results
            assert read.critical, (value, age)


def test_every_row_that_goes_in_comes_out() -> None:
    frame = as_rows(ANEMIC)
    many = pl.concat(
        [frame.with_columns(report_id=pl.lit(str(n)), patient_id=pl.lit("p")) for n in range(50)]
    )
    shuffled = many.sample(fraction=1, shuffle=True, seed=1)
    readings = list(read_rows(shuffled))
    order = shuffled["report_id"].unique(maintain_order=True).to_list()
    assert [reading.panel.report_id for reading in readings] == order
    assert sum(len(reading.results) for reading in readings) == len(many)
    assert Result.is_valid(many)


def test_a_finding_of_two_results_or_of_an_earlier_one_is_read_alike_without_any() -> None:
    rows = as_rows(
        panel(("HbA1c", "7.4", "%"), ("Fasting glucose", "8.1", "mmol/L"), report_id="r")
    )
    (reading,) = read_rows(rows)
    (finding,) = [one for one in reading.findings if one.id == "diabetes_confirmed"]
    assert finding.evidence == ("hba1c", "glucose_fasting")
    assert finding.since == ()


@pytest.mark.parametrize(
    ("finding", "now", "name", "before", "days", "rests"),
    [
        ("hypercalcemia", [("Calcium", "2.9", "mmol/L")], "Calcium", "2.8", 20, True),
        ("hypercalcemia", [("Calcium", "2.9", "mmol/L")], "Calcium", "2.8", 13, False),
        ("hypercalcemia", [("Calcium", "2.9", "mmol/L")], "Calcium", "2.4", 20, False),
        ("hypercalcemia", [("Calcium", "2.9", "mmol/L")], "Calcium", ">2.9", 20, True),
        ("hyperthyroidism_subclinical", [("TSH", "0.1", "mU/L")], "TSH", "0.1", 70, True),
        ("hyperthyroidism_subclinical", [("TSH", "0.1", "mU/L")], "TSH", "<0.05", 70, True),
        ("hyperthyroidism_subclinical", [("TSH", "0.1", "mU/L")], "TSH", "0.1", 50, False),
        ("hyperthyroidism_subclinical", [("TSH", "0.1", "mU/L")], "TSH", "1.4", 70, False),
    ],
)
def test_an_earlier_result_beyond_the_same_limit_is_evidence(
    finding: str, now: list[tuple[str, ...]], name: str, before: str, days: int, rests: bool
) -> None:
    unit = now[0][2]
    early = panel((name, before, unit), report_id="early", collected_at=NOW - timedelta(days=days))
    late = panel(*now, ("Free T4", "15", "pmol/L"), report_id="late")
    reading = read_panel(late, earlier=[early])
    (found,) = [one for one in reading.findings if one.id == finding]
    assert [one.result.reported_value for one in found.since] == [before] * rests


@pytest.mark.parametrize(
    ("before", "now", "limits", "hours", "rests"),
    [
        (40, 60, (None, "14"), 3, True),
        (40, 45, (None, "14"), 3, False),  # under 20 %
        (60, 30, (None, "14"), 30, True),
        (10, 25, (None, "14"), 3, True),
        (10, 16, (None, "14"), 3, False),  # under half the limit
        (40, 60, (None, "14"), 49, False),
    ],
)
def test_a_troponin_rests_on_the_earlier_one_that_it_moved_from(
    before: int, now: int, limits: tuple[str | None, str], hours: int, rests: bool
) -> None:
    early = panel(
        ("Troponin T", str(before), "ng/L", *limits),
        report_id="early",
        collected_at=NOW - timedelta(hours=hours),
    )
    late = panel(("Troponin T", str(now), "ng/L", *limits), report_id="late")
    reading = read_panel(late, earlier=[early])
    (finding,) = [one for one in reading.findings if one.id == "troponin_high"]
    assert [one.result.value for one in finding.since] == [before] * rests
