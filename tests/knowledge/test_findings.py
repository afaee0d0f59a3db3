"""Findings against golden cases (golden/*.yaml), by both ways of reading them."""

from __future__ import annotations

import re
from datetime import timedelta
from math import isclose, isfinite
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings

from hemoscribe.knowledge import (
    analytes,
    find,
    finding_definitions,
    finding_name,
    flag,
    indices,
    read_rows,
    references,
)
from hemoscribe.knowledge.delta import delta_limits
from hemoscribe.knowledge.earlier_facts import earlier_facts_of
from hemoscribe.knowledge.findings.definitions import compiled_findings
from hemoscribe.knowledge.findings.search import findings_of
from hemoscribe.knowledge.indices import indices_of
from hemoscribe.knowledge.remarks import HEMOLYZED, REMARKS
from hemoscribe.knowledge.repeated import worst_first
from hemoscribe.knowledge.report_facts import facts_of, facts_of_note
from hemoscribe.records import LANGUAGES, Finding, FlaggedResult, Reading, Result

from .cases import CASES, NOW, Case, flagged_rows, reports, result_row


@pytest.fixture(scope="module")
def rows() -> pl.DataFrame:
    return flagged_rows(CASES)


@pytest.fixture(scope="module")
def found(rows: pl.DataFrame) -> dict[str, dict[str, dict[str, Any]]]:
    """report -> finding -> its row, all cases searched at once."""
    by_report: dict[str, dict[str, dict[str, Any]]] = {}
    for row in find(rows).to_dicts():
        by_report.setdefault(row["report_id"], {})[row["finding"]] = row
    return by_report


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_golden_case(case: Case, found: dict[str, dict[str, dict[str, Any]]]) -> None:
    stated = found.get(case.id, {}).get(case.finding)
    if not case.fires:
        assert stated is None
        return
    assert stated is not None, f"stated instead: {sorted(found.get(case.id, {}))}"
    shown = Finding(case.finding, stated["grade"], tuple(stated["evidence"]), stated["severity"])
    for key in ("grade", "urgency"):
        if key in case.given:
            assert getattr(shown, key) == case.given[key], stated["severity"]
    if "evidence" in case.given:
        assert set(stated["evidence"]) == set(case.given["evidence"])


def test_every_finding_has_a_case_that_fires_and_one_that_must_not() -> None:
    for fires, least in ((True, 1), (False, 2)):
        counted = [case.finding for case in CASES if case.fires is fires]
        short = [name for name in finding_definitions() if counted.count(name) < least]
        assert not short


def test_every_grade_has_a_case() -> None:
    seen = {(case.finding, case.given.get("grade")) for case in CASES if case.fires}
    wanted = {(d.id, grade) for d in finding_definitions().values() for grade in d.grades}
    assert wanted - seen <= {("ckd_stage", "G1")}


def test_every_finding_is_defined_in_full() -> None:
    for name, definition in finding_definitions().items():
        assert set(definition.names) == set(LANGUAGES)
        assert set(definition.criteria) == set(LANGUAGES)
        assert all(text.endswith(".") for text in definition.criteria.values())
        assert definition.source, name
        assert set(definition.source) <= set(references()), name
        assert 0 <= definition.urgency <= 3
        for grade in definition.grades.values():
            assert set(grade.names) == set(LANGUAGES)
            assert 0 <= grade.urgency <= 3


def test_evidence_names_analytes_we_know() -> None:
    for finding in compiled_findings():
        assert finding.analytes <= set(analytes()), finding.definition.id


def test_delta_limits_are_sourced_and_of_known_analytes() -> None:
    for limit in delta_limits().values():
        assert limit.analyte in analytes()
        assert (limit.amount is None) != (limit.percent is None)
        assert limit.days > 0
        assert set(limit.source) <= set(references())


def test_criteria_in_both_languages_state_the_same_numbers() -> None:
    """Limits, grades and windows; units and names of laboratory tests hold digits of their own."""
    names = re.compile(
        r"mol/L|10\^9|10\^12|1[.,]73|m2|B12|CO2|pCO2|T3|T4|CA 1\S+|G\d[ab]?|2024|25-hydroxy"
    )
    for definition in finding_definitions().values():
        found = [
            sorted(re.findall(r"\d+(?:\.\d+)?", names.sub(" ", text).replace(",", ".")))
            for text in (definition.criteria["en"], definition.criteria["fr"].replace(" ", " "))
        ]
        assert found[0] == found[1], definition.id


def test_a_finding_is_named_with_its_grade() -> None:
    severe = Finding("hyperkalemia", "severe", ("potassium",), 470)
    assert finding_name(severe, "en") == "severe hyperkalemia"
    assert finding_name(severe, "fr") == "hyperkaliémie sévère"
    child = Finding("hyperkalemia", None, ("potassium",), 320)
    assert finding_name(child, "fr") == "hyperkaliémie"


def test_findings_come_most_severe_first(rows: pl.DataFrame) -> None:
    stated = find(rows)
    for _, group in stated.group_by("report_id", maintain_order=True):
        severities = group["severity"].to_list()
        assert severities == sorted(severities, reverse=True)


def test_evidence_is_of_the_report_and_never_empty(rows: pl.DataFrame) -> None:
    measured = dict(rows.group_by("report_id").agg("analyte").iter_rows())
    for row in find(rows).to_dicts():
        assert row["evidence"]
        assert set(row["evidence"]) <= set(measured[row["report_id"]])


def test_interleaved_rows_give_the_same_findings(rows: pl.DataFrame) -> None:
    shuffled = rows.sample(fraction=1, shuffle=True, seed=3)
    keys = ["report_id", "finding"]
    by_report = find(rows).with_columns(pl.col("evidence").list.sort()).sort(keys)
    assert find(shuffled).with_columns(pl.col("evidence").list.sort()).sort(keys).equals(by_report)


def test_parts_give_the_same_findings(rows: pl.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, whole_indices = find(rows), indices(rows)
    monkeypatch.setattr("hemoscribe.knowledge.positions.partitions.__defaults__", (90,))
    assert find(rows).equals(whole)
    assert indices(rows).equals(whole_indices)


def test_rows_in_pieces_give_the_same_findings(rows: pl.DataFrame) -> None:
    pieces = pl.concat([rows[:7], rows[7:100], rows[100:]], rechunk=False)
    pieces = pieces.with_columns(pl.Series("critical", rows["critical"].to_list()))
    assert find(pieces).equals(find(rows))
    assert indices(pieces).equals(indices(rows))


def test_no_rows_give_no_findings(rows: pl.DataFrame) -> None:
    assert find(rows.clear()).is_empty()
    assert indices(rows.clear()).is_empty()
    assert list(read_rows(rows.clear())) == []


def test_the_worst_of_two_results_counts_whatever_their_order() -> None:
    patient = {"report_id": "r", "patient_id": "p", "sex": "F", "age_years": 50.0}
    values = [result_row("potassium", value, **patient) for value in (6.7, 4.0)]
    rows = flag(pl.DataFrame(values, schema=Result.create_empty().schema))
    assert find(rows)["finding"].to_list() == ["hyperkalemia"]
    assert find(rows.reverse())["finding"].to_list() == ["hyperkalemia"]


@pytest.mark.parametrize(
    ("comment", "hemolyzed"),
    [
        ("Sample haemolysed", True),
        ("Specimen grossly hemolyzed; interpret with care", True),
        ("Hemolysis index 3+", True),
        ("Sérum hémolysé", True),
        ("Hémolyse importante du prélèvement", True),
        ("Serum not hemolyzed", False),
        ("Absence d'hémolyse de l'échantillon", False),
        ("Film shows features of haemolysis", False),
        ("Hemolytic anemia suspected", False),
        ("", False),
    ],
)
def test_remarks_on_the_sample(comment: str, hemolyzed: bool) -> None:
    assert REMARKS[HEMOLYZED].stands_in(comment) is hemolyzed
    patient = {"report_id": "r", "patient_id": "p", "comment": comment}
    row = result_row("potassium", 4.2, **patient)
    rows = flag(pl.DataFrame([row], schema=Result.create_empty().schema))
    assert find(rows)["finding"].to_list() == ["hemolyzed_sample_suspected"] * hemolyzed


# One report is read by Python functions, many by polars: both say the same -----------------


def one_by_one(rows: pl.DataFrame) -> list[tuple[list[Finding], list[Any]]]:
    """Findings and indices of each report by the single way, without earlier reports."""
    read = []
    for _, group in rows.group_by("report_id", maintain_order=True):
        results = [
            FlaggedResult(**{name: row[name] for name in FlaggedResult.__slots__})
            for row in group.to_dicts()
        ]
        results = [results[place] for place in worst_first(results)]
        first = group.row(0, named=True)
        facts = facts_of(
            results,
            sex=first["sex"],
            age_years=first["age_years"],
            pregnant=first["pregnant"],
            noted=facts_of_note(first["clinical_note"] or ""),
        )
        stated = indices_of(facts)
        read.append((findings_of(facts), stated))
    return read


def same(many: Reading, findings: list[Finding], stated: list[Any]) -> None:
    assert list(many.findings) == findings
    assert [(i.id, i.unit, i.why_not) for i in many.indices] == [
        (i.id, i.unit, i.why_not) for i in stated
    ]
    for left, right in zip(many.indices, stated, strict=True):
        assert (left.value is None) == (right.value is None)
        if left.value is not None:
            assert isfinite(left.value)
            assert isclose(left.value, right.value, rel_tol=1e-6)


def test_both_ways_agree_on_the_golden_cases(rows: pl.DataFrame) -> None:
    alone = rows.filter(~pl.col("report_id").str.ends_with("/earlier")).with_columns(
        patient_id="report_id"
    )
    unflagged = alone.drop("flag", "critical")
    for many, (findings, stated) in zip(read_rows(unflagged), one_by_one(alone), strict=True):
        same(many, findings, stated)


@settings(max_examples=12, deadline=None)
@given(rows=reports())
def test_both_ways_agree_on_any_report(rows: pl.DataFrame) -> None:
    flagged = flag(rows)
    for many, (findings, stated) in zip(read_rows(rows), one_by_one(flagged), strict=True):
        same(many, findings, stated)


@pytest.mark.parametrize("hours", [1, 47, 48, 49, 71, 73, 167, 168, 169])
def test_earlier_results_count_within_their_window_both_ways(hours: float) -> None:
    given_case = {
        "who": "M 60",
        "results": {"creatinine": 200, "sodium": 160, "mcv": 99, "hemoglobin": 11, "platelets": 90},
        "earlier": {
            "hours": hours,
            "results": {
                "creatinine": 100, "sodium": 140, "mcv": 85, "hemoglobin": 14, "platelets": 200
            },
        },
    }  # fmt: skip
    case = Case("now", "acute_kidney_injury", True, given_case)
    rows = flagged_rows([case])
    old, new = read_rows(rows.drop("flag", "critical"))
    facts = {result.analyte: result for result in old.results}
    earlier = earlier_facts_of(NOW, [(NOW - timedelta(hours=hours), facts)])
    assert ("before:creatinine_48h" in earlier) == (hours <= 48)
    assert ("before:creatinine_7d" in earlier) == (hours <= 168)
    stated = {finding.id: finding for finding in new.findings}
    assert ("acute_kidney_injury" in stated) == (hours <= 168)
    for finding in new.findings:
        earlier_ones = {one.result.analyte: one for one in finding.since}
        of_old = finding.id in ("acute_kidney_injury", "delta_check")
        assert set(earlier_ones) == (set(finding.evidence) if of_old else set())
        for name, one in earlier_ones.items():
            assert one.result == facts[name]
            assert (one.report_id, one.collected_at) == (
                old.panel.report_id,
                old.panel.collected_at,
            )
    assert not {"acute_kidney_injury", "delta_check"} & {f.id for f in old.findings}
    moved = {limit.analyte for limit in delta_limits().values() if hours <= limit.days * 24}
    moved -= {"creatinine"}  # it rose, which the criteria of kidney injury judge
    assert set(stated["delta_check"].evidence if moved else ()) == moved


def test_two_reports_of_one_time_both_see_the_earlier_one() -> None:
    given_case = {
        "who": "M 60",
        "results": {"mcv": 99},
        "earlier": {"hours": 5, "results": {"mcv": 85}},
    }
    rows = flagged_rows([Case("now", "delta_check", True, given_case)])
    twin = rows.filter(pl.col("report_id") == "now").with_columns(report_id=pl.lit("twin"))
    stated = find(pl.concat([rows, twin]))
    moved = stated.filter(pl.col("finding") == "delta_check")["report_id"]
    assert sorted(moved) == ["now", "twin"]
