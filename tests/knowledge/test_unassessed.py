"""Every rule against one panel per age band with something missing: what it may say, and deny.

A report with something missing stands for every whole report that it may be (the sexes, the ages of
adults, what an unread value or a range that is not known may be). What is stated of it must hold of
all of these; what is neither stated nor listed as not assessed is denied, and must hold of none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemoscribe.knowledge import analytes, flag, read_panel, read_rows
from hemoscribe.knowledge.earlier_windows import earlier_windows
from hemoscribe.knowledge.findings.definitions import compiled_findings, finding_definitions
from hemoscribe.knowledge.findings.search import find, findings_of, report_frame
from hemoscribe.knowledge.indices import indices_of
from hemoscribe.knowledge.positions import positions
from hemoscribe.knowledge.report_facts import facts_of_panel
from hemoscribe.knowledge.unassessed import (
    assumed,
    report_assumptions,
    unassessed,
    why_no_flag,
    why_words,
)
from hemoscribe.records import FlaggedResult, Panel, Reading, ReportedResult, Result

from .cases import CASES, reports, result_row

BANDS = {
    "newborn": 0.02,
    "infant": 0.6,
    "child": 6.0,
    "adolescent": 15.0,
    "adult": 40.0,
    "80+": 85.0,
}
ADULT_AGES = (18.5, 30.0, 45.0, 55.0, 65.0, 75.0, 90.0)

FALLS_BACK = {
    # a rule that reads lesser evidence where the better was not read, as where nobody measured it
    "hypocalcemia": {"albumin", "ionized_calcium", "adjusted_calcium"},
    "hypercalcemia": {"albumin", "ionized_calcium", "adjusted_calcium"},
    "hyperparathyroidism_pattern": {"albumin", "ionized_calcium", "adjusted_calcium"},
    "iron_deficiency": {"ferritin"},
    "iron_deficiency_anemia": {"ferritin", "mcv"},
    "hyperosmolality": {"osmolality"},
    "high_anion_gap": {"albumin", "anion_gap", "anion_gap_k"},
    "low_anion_gap": {"anion_gap", "anion_gap_k"},
    "inflammation": {"crp"},
    "hypogammaglobulinemia": {"igg", "gamma_globulins"},
    "hypergammaglobulinemia": {"igg", "gamma_globulins"},
    "metabolic_acidosis_hint": {"ph"},
    "metabolic_alkalosis_hint": {"ph"},
    "neutropenia": {"neutrophils"},
    "ckd_stage": {"egfr"},
    "uremic_pattern": {"egfr"},
    "hypothyroidism_overt": {"ft4"},
    "hyperthyroidism_overt": {"ft4", "ft3"},
    # an alarm that steps back only where something else is known to explain it
    "hepatocellular_injury": {"ck"},
    "hypercholesterolemia": {"ldl", "hdl", "triglycerides"},
    "thrombotic_microangiopathy_hint": {"pt", "inr", "pt_pct", "fibrinogen", "vitamin_b12"},
    "hemolysis_pattern": {"haptoglobin"},
    "anemia_of_inflammation": {"transferrin"},
    "tumor_lysis_pattern": {"ck", "haptoglobin", "albumin", "adjusted_calcium"},
    "neonatal_hemolysis": {"bilirubin_direct"},
}
"""What a rule may do without, by finding: each is a decision, and none may be added unseen."""

OWN_LIMITS = frozenset(
    (
        *("anemia", "microcytic_anemia", "normocytic_anemia", "macrocytic_anemia", "polycythemia"),
        *("arterial_hypoxemia", "low_oxygen_vessel_unknown"),
        *("iron_deficiency_anemia", "iron_overload", "left_shift", "neutropenia"),
        *("hyponatremia", "hypernatremia", "hypokalemia", "hyperkalemia", "hypoglycemia"),
        *(
            "pancytopenia",
            "hypertriglyceridemia",
            "low_hdl",
            "vitamin_d_deficiency",
            "pseudohyponatremia_hint",
            "salt_loss_pattern",
        ),
    )
)
"""Findings with published limits of their own, which a range that calls the value normal softens:
without any range these limits stand."""


@dataclass(frozen=True)
class Report:
    """A report, whole or with something missing."""

    values: Mapping[str, object]
    sex: str | None
    age: float | None
    pregnant: bool | None = None
    unread: frozenset[str] = frozenset()
    unranged: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Missing:
    """A report with something missing, what that is, and the whole reports that it may be."""

    name: str
    lacks: str
    report: Report
    whole: tuple[Report, ...]


def panels() -> Iterator[tuple[str, str, Report]]:
    """Every golden case of every finding that needs no earlier result, in every age band."""
    for case in CASES:
        if "earlier" in case.given or "comment" in case.given:
            continue
        sex, _, *expecting = case.given["who"].split()
        for band, age in BANDS.items():
            pregnant = True if expecting and 12 <= age < 60 else None
            one = Report(case.given["results"], "F" if sex == "?" else sex, age, pregnant)
            yield f"{case.id}, {band}", band, one


def without_sex() -> Iterator[Missing]:
    for name, _, one in panels():
        if not one.pregnant:
            own = {analytes()[analyte].of_sex for analyte in one.values} - {None}
            both = tuple(replace(one, sex=sex) for sex in own or ("F", "M"))
            yield Missing(name, "sex", replace(one, sex=None), both)


def without_age() -> Iterator[Missing]:
    for name, band, one in panels():
        if band == "adult" and not one.pregnant:
            ages = tuple(replace(one, age=age) for age in ADULT_AGES)
            yield Missing(name, "age", replace(one, age=None), ages)


def without_unit() -> Iterator[Missing]:
    """One result that was not read: it may be anything."""
    for name, _, one in panels():
        for analyte in one.values:
            rest = {other: value for other, value in one.values.items() if other != analyte}
            if rest:
                number = _number(one.values[analyte])
                whole = tuple(
                    replace(one, values={**one.values, analyte: f"{number * by:.9f}"})
                    for by in (0.02, 0.3, 1.0, 3.0, 50.0)
                )
                missing = replace(one, values=rest, unread=frozenset((analyte,)))
                yield Missing(name, analyte, missing, whole)


def without_range() -> Iterator[Missing]:
    """One result of which nobody knows a range: it may be low, normal or high."""
    for name, _, one in panels():
        for analyte, printed in one.values.items():
            number = _number(printed)
            if number <= 0 or str(printed)[0] in "<>":
                continue
            whole = tuple(
                replace(one, values={**one.values, analyte: f"{number} [{low:.9f}-{high:.9f}]"})
                for low, high in (
                    (number * 2, number * 3),
                    (number / 2, number * 2),
                    (0.0, number / 1.3),
                    (0.0, number / 20),
                )
            )
            missing = replace(
                one, values={**one.values, analyte: number}, unranged=frozenset((analyte,))
            )
            yield Missing(name, analyte, missing, whole)


def _number(printed: object) -> float:
    return float(str(printed).split()[0].strip("<>="))


def flagged(all_reports: list[Report]) -> pl.DataFrame:
    rows = [
        result_row(
            analyte, printed, report_id=str(place), patient_id=str(place), sex=one.sex,
            age_years=one.age, pregnant=one.pregnant,
        )
        for place, one in enumerate(all_reports)
        for analyte, printed in one.values.items()
    ]  # fmt: skip
    return flag(pl.DataFrame(rows, schema=Result.create_empty().schema, infer_schema_length=None))


def stated_of(all_reports: list[Report]) -> list[set[str]]:
    """The findings of whole reports."""
    stated: list[set[str]] = [set() for _ in all_reports]
    for report, finding in find(flagged(all_reports)).select("report_id", "finding").iter_rows():
        stated[int(report)].add(finding)
    return stated


def readings_of(all_reports: list[Report]) -> Iterator[Reading]:
    """The readings of reports with something missing."""
    columns = list(FlaggedResult.__slots__)
    by_report: dict[str, list[FlaggedResult]] = {}
    for report, *row in flagged(all_reports).select("report_id", *columns).iter_rows():
        by_report.setdefault(report, []).append(FlaggedResult(*row))
    for place, one in enumerate(all_reports):
        results = tuple(
            replace(found, flag=None, low=None, high=None, range_source=None)
            if found.analyte in one.unranged
            else found
            for found in by_report[str(place)]
        )
        panel = Panel((), sex=one.sex, age_years=one.age, pregnant=one.pregnant)  # type: ignore[arg-type]
        rejects = tuple(
            {"code": "unknown_unit", "reported_name": analytes()[name].name("en")}
            for name in one.unread
        )
        facts = facts_of_panel(panel, results, rejects)
        indices = tuple(indices_of(facts))
        yield Reading(panel, results, tuple(findings_of(facts)), indices, rejects)


@cache
def excluding() -> Mapping[str, set[str]]:
    """Finding -> those that make it needless."""
    found: dict[str, set[str]] = {name: set() for name in finding_definitions()}
    for finding in finding_definitions().values():
        for other in finding.excludes:
            found[other].add(finding.id)
    return found


def faults(all_missing: list[Missing]) -> Iterator[str]:
    """What is said, or denied, of reports with something missing that may not be."""
    whole = iter(stated_of([one for missing in all_missing for one in missing.whole]))
    readings = readings_of([missing.report for missing in all_missing])
    for missing, reading in zip(all_missing, readings, strict=True):
        stated = {finding.id for finding in reading.findings}
        not_assessed = {one.finding for one in unassessed(reading)}
        each = [next(whole) for _ in missing.whole]
        assert not stated & not_assessed
        for finding in sorted(stated):
            wrong = [one for one in each if finding not in one and not one & excluding()[finding]]
            if missing.report.unranged and finding in OWN_LIMITS:
                continue
            if wrong and missing.lacks not in FALLS_BACK.get(finding, ()):
                yield f"{missing.name}, no {missing.lacks}: {finding} is stated"
        for finding in sorted(set().union(*each) - stated - not_assessed):
            if not stated & excluding()[finding]:
                yield f"{missing.name}, no {missing.lacks}: {finding} is denied"


@pytest.mark.parametrize("kind", [without_sex, without_age, without_unit, without_range])
def test_no_rule_asserts_or_denies_what_it_could_not_assess(kind: Any) -> None:
    all_missing = list(kind())
    assert len(all_missing) > 100
    found = list(faults(all_missing))
    assert not found, f"{len(found)}: " + "\n".join(found[:60])


def test_the_table_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that takes what is not known for absent is seen by both halves of the table."""
    all_missing = [one for one in without_sex() if "adult" in one.name]
    monkeypatch.setattr(f"{__name__}.unassessed", lambda reading: ())
    denied = list(faults(all_missing))
    assert any("anemia is denied" in one for one in denied)
    assert any("ckd_stage is denied" in one for one in denied)
    monkeypatch.setattr(f"{__name__}.FALLS_BACK", {})
    asserted = Counter(one.split(": ")[1] for one in faults(list(without_unit())))
    assert asserted["hypocalcemia is stated"]


def test_every_finding_is_in_the_table() -> None:
    inside = {case.finding for case in CASES if "earlier" not in case.given}
    by_earlier = {one.definition.id for one in compiled_findings() if one.earlier}
    assert set(finding_definitions()) - inside <= by_earlier | {"platelet_clumps"}


# Both ways of reading know the same ---------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(rows=reports(), data=st.data())
def test_both_ways_do_not_know_the_same(rows: pl.DataFrame, data: st.DataObject) -> None:
    """Every condition of every rule: true, false or not known, with results that were not read."""
    where = positions(rows)
    names = sorted(analytes())
    unread = [
        (number, name)
        for number in range(len(where.report_ids))
        for name in data.draw(st.lists(st.sampled_from(names), max_size=6))
    ]
    done = flag(rows)
    empty = pl.DataFrame(
        {name: [None] * len(where.report_ids) for name in _before_columns()},
        schema=dict.fromkeys(_before_columns(), pl.Float64()),
    )
    frame = report_frame(done, where, empty, unread)
    truths = {
        f"{finding.definition.id}:{place}": truth
        for finding in compiled_findings()
        for place, truth in enumerate(
            [truth for _, truth in (*finding.grades, *finding.evidence)] + [*finding.criticals]
        )
    }
    by_frame = frame.select(truth.expr.alias(name) for name, truth in truths.items()).to_dicts()
    for number, report_id in enumerate(where.report_ids.to_list()):
        group = done.filter(pl.col("report_id") == report_id)
        results = [
            FlaggedResult(**{name: row[name] for name in FlaggedResult.__slots__})
            for row in group.to_dicts()
        ]
        first = group.row(0, named=True)
        panel = Panel(
            (), sex=first["sex"], age_years=first["age_years"], pregnant=first["pregnant"]
        )
        rejects = [
            {"code": "unknown_unit", "reported_name": name, "analyte": name}
            for place, name in unread
            if place == number
        ]
        facts = facts_of_panel(panel, results)
        for one in rejects:
            facts.setdefault(f"{one['analyte']}:flag", 0)
        indices_of(facts)
        for name, truth in truths.items():
            alone = truth.compute(facts)
            assert by_frame[number][name] is alone, (name, alone)
            if alone is None:
                assert truth.lacks(facts), name


def _before_columns() -> list[str]:
    return list(earlier_windows())


# What is said of it -------------------------------------------------------------------------------


def read(*results: tuple[str, str, str], **patient: Any) -> Reading:
    stated = tuple(ReportedResult(*one) for one in results)
    return read_panel(Panel(stated, **patient))


def test_no_age_means_adult_limits_and_says_so() -> None:
    reading = read(
        ("Leucocytes", "25", "G/L"), ("LDH", "1150", "U/L"), ("PAL", "480", "U/L"),
        ("Bilirubine totale", "280", "µmol/L"), ("ASAT", "180", "U/L"), sex="M",
    )  # fmt: skip
    assert [one.direction for one in reading.results] == ["high"] * 5
    assert all(assumed(one, reading.panel) == ("adult",) for one in reading.results)
    assert report_assumptions(reading, "en") == (
        "No age is stated, so that the limits and criteria of adults were used.",
    )
    stated = replace(reading, panel=replace(reading.panel, age_years=40.0))
    assert not report_assumptions(stated, "en")
    printed = read_panel(Panel((ReportedResult("Sodium", "140", "mmol/L", "135", "145"),)))
    assert not report_assumptions(printed, "en")  # the laboratory's own range needs no age


def test_an_alarm_by_the_limit_of_adults_says_so_in_a_child() -> None:
    results = [("Phosphate", "3.4", "mmol/L"), ("Calcium", "3.6", "mmol/L"), ("CRP", "320", "mg/L")]
    child = read(*results, sex="F", age_years=5.0)
    assert all(one.critical for one in child.results)
    assert [assumed(one, child.panel) for one in child.results] == [
        ("adult_alarm",),
        (),  # calcium has critical limits of children
        ("adult_alarm",),
    ]
    grown = read(*results, sex="F", age_years=18.0)
    assert not any(assumed(one, grown.panel) for one in grown.results)


@pytest.mark.parametrize(
    ("results", "patient", "code"),
    [
        ([("Hb", "12.5", "g/dL")], {"age_years": 50.0}, "between_sexes"),
        ([("FSH", "50", "U/L")], {"age_years": 50.0}, "limits_by_sex"),
        ([("FSH", "50", "U/L")], {"age_years": 50.0, "sex": "F"}, "no_range_sex"),
        ([("Urea", "7.5", "mmol/L")], {"sex": "F"}, "between_ages"),
        ([("Procalcitonin", "0.4", "ug/L")], {"sex": "F", "age_years": 3.0}, "no_range_age"),
        ([("Creatinine", ">50", "umol/L")], {"sex": "F", "age_years": 50.0}, "censored"),
        ([("Hb", "13.8", "g/dL")], {"sex": "F", "age_years": 50.0}, None),
    ],
)
def test_why_a_result_has_no_flag(results: Any, patient: Any, code: str | None) -> None:
    reading = read(*results, **patient)
    (result,) = reading.results
    why = why_no_flag(result, reading.panel)
    assert (why.code if why else None) == code
    assert (result.flag is None) == (code is not None)
    if why is not None:
        for language in ("en", "fr"):
            assert analytes()[result.analyte].name(language) in why_words(why, language)  # type: ignore[arg-type]


@pytest.mark.parametrize("sex", ["F", "M", None])
def test_a_child_without_limits_of_its_age_is_not_read_by_those_of_adults(sex: Any) -> None:
    seen = 0
    for analyte in analytes().values():
        own = [row for row in analyte.ranges if row.age_low_years <= 2.0 < row.age_high_years]
        limits = [x for row in analyte.ranges for x in (row.low, row.high) if x]
        if own or not limits:
            continue
        seen += 1
        for value in (max(limits) * 1.5, min(limits) * 0.5):
            row = result_row(
                analyte.id, f"{value:.9f}", report_id="r", patient_id="p", sex=sex, age_years=2.0
            )
            done = flag(pl.DataFrame([row], schema=Result.create_empty().schema)).row(0, named=True)
            assert (done["low"], done["high"]) == (None, None), analyte.id
            assert done["flag"] is None or done["critical"], analyte.id
    assert seen > 40


def test_many_reports_are_not_assessed_as_one_is() -> None:
    patient = {"sex": None, "age_years": 50.0}
    results = [
        result_row(name, value, report_id="r", patient_id="p", **patient)
        for name, value in {"hemoglobin": 12.5, "tsh": 9, "alt": 25, "ggt": 400}.items()
    ]
    rows = pl.DataFrame(results, schema=Result.create_empty().schema)
    reject = {
        "source": "s", "place": "p", "code": "unknown_unit", "message": "m", "results": 1,
        "reported_name": "FT4", "reported_value": "1", "reported_unit": "furlong",
        "reported_flag": None, "patient_id": "p", "report_id": "r",
    }  # fmt: skip
    (many,) = read_rows(rows, pl.DataFrame([reject]))
    panel = replace(many.panel, rejects=(reject,))
    alone = read_panel(panel)
    assert [one.id for one in many.findings] == [one.id for one in alone.findings]
    assert unassessed(many) == unassessed(alone)
    named = {one.finding: {why.code for why in one.why} for one in unassessed(many)}
    assert named["hypothyroidism_overt"] == {"unread"}
    assert named["anemia"] == {"no_sex"}
