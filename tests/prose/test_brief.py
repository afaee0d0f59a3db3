"""The brief: every result has one place in it, and what a text must tell is all there."""

from collections import Counter

import pytest

from hemoscribe.knowledge import analytes, read_panel
from hemoscribe.prose.brief import MAX_LISTED, brief
from hemoscribe.prose.compose import compose
from hemoscribe.prose.prompt import writing_prompt
from hemoscribe.prose.voice import Voice
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
FINDINGS = (
    ReportedResult("Hemoglobin", "10.1", "g/dL", "13.0", "17.0"),
    ReportedResult("MCV", "88", "fL", "80", "100"),
    ReportedResult("Platelets", "520", "10^9/L", "150", "400"),
    ReportedResult("Triglycerides", "3.1", "mmol/L", None, "1.7"),
    ReportedResult("HDL cholesterol", "0.7", "mmol/L", "1.0", None),
    ReportedResult("Uric acid", "520", "umol/L", "200", "420"),
    ReportedResult("Vitamin D", "38", "nmol/L", "50", "125"),
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
            ReportedResult("Platelets", "250", "10^9/L", "150", "400"),
            ReportedResult("Basophils", "0.05", "10^9/L", "0.0", "0.1"),
            ReportedResult("Sodium", "140", "mmol/L", "136", "145"),
            ReportedResult("Venous pO2", "40", "mmHg", None, None),
            ReportedResult("CK", "590", "U/L", "40", "200"),
            ReportedResult("Urea", "9.1", "mmol/L", "2.5", "7.5"),
        )
    )


@pytest.fixture(scope="module")
def told(reading):
    return brief(reading, Voice("en", 0))


def test_every_result_has_one_place(reading, told) -> None:
    where = told.places
    places = Counter(
        one.analyte
        for part in (where.shown, where.normal, where.normal_beside, where.without_range)
        for one in part
    )
    rest = Counter(one.analyte for one in reading.results) - places
    assert places + rest == Counter(one.analyte for one in reading.results)
    assert {analytes()[name].group for name in rest} == set(where.normal_groups) == {"electrolytes"}
    assert [one.analyte for one in where.normal] == ["platelets"]  # what anemia speaks of
    assert [one.analyte for one in where.normal_beside] == ["basophils"]
    assert [one.analyte for one in where.without_range] == ["po2_venous"]


def test_what_no_finding_tells_is_named(reading, told) -> None:
    assert told.findings[0].id == "iron_deficiency_anemia"
    covered = {name for finding in told.findings for name in finding.evidence}
    assert {"hemoglobin", "ferritin"} <= covered
    assert "urea" in [one.analyte for one in told.also]
    assert all(one.analyte not in covered for one in told.also)
    text = writing_prompt(reading, language="en", track="assisted").text
    assert "\nAlso high: urea" in text


def test_a_finding_stands_with_its_grade_and_a_result_of_its_own_evidence(reading, told) -> None:
    assert any(one.keys for one in told.statements)
    for one in told.statements:
        assert {key.analyte for key in one.keys} <= set(one.finding.evidence)
    text = writing_prompt(reading, language="en", track="assisted").text
    assert (
        "Findings: moderate iron-deficiency anemia (ferritin 5 ug/L, hemoglobin 9.1 g/dL)" in text
    )


def test_findings_that_do_not_press_are_named_once() -> None:
    many = read_panel(panel(*FINDINGS))
    told = brief(many, Voice("fr", 0))
    assert len(told.statements) == 2
    assert len(told.listed) >= 3
    assert len({finding.id for finding in told.findings}) == len(told.findings)
    prompt = writing_prompt(many, language="fr", track="assisted").text
    listed = Voice("fr", 0).listed([Voice("fr", 0).short(finding) for finding in told.listed])
    assert f"\nÀ noter aussi : {listed}\n" in prompt
    voice = Voice("fr", 0)
    told_in_words = voice.listed([voice.short_with_article(finding) for finding in told.listed])
    assert told_in_words in compose(many, "fr", 0)[0]


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("seed", [0, 5])
def test_the_follow_up_is_that_of_the_text_in_the_same_voice(reading, language, seed) -> None:
    prompt = writing_prompt(reading, language=language, track="assisted", seed=seed).text
    mark = {"en": "Next:", "fr": "Suite :"}[language]
    assert f"\n{mark} {compose(reading, language, seed)[1]}\n" in prompt


@pytest.mark.parametrize(("count", "named", "groups"), [(6, 6, 0), (7, 7, 0), (8, MAX_LISTED, 2)])
def test_many_results_are_told_by_their_group_beyond_the_list(count, named, groups) -> None:
    reading = read_panel(panel(*(high(name) for name in ABNORMAL[:count])))
    told = brief(reading, Voice("en", 0))
    assert not told.findings
    assert len(reading.abnormal) == count
    assert len(told.also) == named
    assert len(told.also_groups) == groups
