"""The brief: every result has one place in it, and what a text must tell is all there."""

from collections import Counter

import pytest

from hemoscribe.corpus.brief import MAX_LISTED, brief, key_result
from hemoscribe.corpus.prompt import writing_prompt
from hemoscribe.knowledge import read_panel
from hemoscribe.records import Panel, ReportedResult

ABNORMAL = (
    "Urea",
    "Lipase",
    "Prealbumin",
    "Apolipoprotein B",
    "C-peptide",
    "Progesterone",
    "Antithrombin",
    "Lead",
)


def panel(*results: ReportedResult) -> Panel:
    return Panel(sex="M", age_years=40, results=results)


def high(name: str) -> ReportedResult:
    return ReportedResult(name, "0.9", None, None, "0.45")


@pytest.fixture(scope="module")
def reading():
    return read_panel(
        panel(
            ReportedResult("Hemoglobin", "9.1", "g/dL", "13.0", "17.0"),
            ReportedResult("MCV", "71", "fL", "80", "100"),
            ReportedResult("Ferritin", "5", "ug/L", "30", "400"),
            ReportedResult("Sodium", "140", "mmol/L", "136", "145"),
            ReportedResult("Venous pO2", "40", "mmHg", None, None),
            ReportedResult("CK", "590", "U/L", "40", "200"),
            ReportedResult("Urea", "9.1", "mmol/L", "2.5", "7.5"),
        )
    )


def test_every_result_is_shown_named_as_normal_or_without_range(reading) -> None:
    told = brief(reading)
    places = Counter(
        one.analyte for part in (told.shown, told.normal, told.without_range) for one in part
    )
    assert places == Counter(one.analyte for one in reading.results)
    assert [one.analyte for one in told.normal] == ["sodium"]
    assert [one.analyte for one in told.without_range] == ["po2_venous"]


def test_what_no_finding_tells_is_listed(reading) -> None:
    told = brief(reading)
    assert told.findings[0].id == "iron_deficiency_anemia"
    covered = {name for finding in told.findings for name in finding.evidence}
    assert {"hemoglobin", "ferritin"} <= covered
    assert "urea" in [one.analyte for one in told.also]
    assert all(one.analyte not in covered for one in told.also)
    text = writing_prompt(reading, language="en", track="assisted").text
    assert "\nAlso high: urea\n" in text


def test_a_finding_stands_with_a_result_of_its_own_evidence(reading) -> None:
    keys = [key_result(finding, reading) for finding in brief(reading).findings]
    assert any(keys)
    for finding, key in zip(brief(reading).findings, keys, strict=True):
        assert key is None or key.analyte in finding.evidence


def test_the_grade_is_told_where_the_name_does_not(reading) -> None:
    text = writing_prompt(reading, language="en", track="assisted").text
    assert "Findings: iron deficiency anemia (moderate, ferritin 5 ug/L)" in text


@pytest.mark.parametrize(("count", "named", "groups"), [(6, 6, 0), (7, 7, 0), (8, MAX_LISTED, 2)])
def test_many_results_are_told_by_their_group_beyond_the_list(count, named, groups) -> None:
    reading = read_panel(panel(*(high(name) for name in ABNORMAL[:count])))
    told = brief(reading)
    assert not told.findings
    assert len(reading.abnormal) == count
    assert len(told.also) == named
    assert len(told.also_groups) == groups
