"""What a clause says to be there is in the report, and what it warns of fits the value."""

import re

import pytest

from hemoscribe.knowledge import read_panel
from hemoscribe.prose.clause_bank import clauses_of
from hemoscribe.prose.compose import compose
from hemoscribe.records import LANGUAGES

TOGETHER = {
    "en": re.compile(r"go together|goes? with it"),
    "fr": re.compile(r"vont ensemble|va avec|l'accompagnent?"),
}
NAMED = {"ldh": ("LDH",), "bilirubin_total": ("bilirubin", "bilirubine")}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_goes_together_is_held_by_the_conditions(language):
    """LDH and bilirubin may be either of a pattern's own criterion: each is said by its own."""
    for subject, clauses in clauses_of().items():
        for line in (*clauses.means, *clauses.noted):
            for text in line.texts[language]:
                for analyte, names in NAMED.items() if TOGETHER[language].search(text) else ():
                    said = any(re.search(rf"\b{name}\b", text) for name in names)
                    only = subject == "megaloblastic_pattern" and analyte == "bilirubin_total"
                    assert not said or only or analyte in " ".join(line.words), text


MEGALOBLASTIC = ("MCV 118 fL 80-100", "Hemoglobin 9.0 g/dL 12-16")
B12 = "Vitamin B12 60 pmol/L 140-650"
FOLATE = "Folate 2 nmol/L 7-45"
LDH = "LDH 900 U/L 120-250"
BILIRUBIN = "Total bilirubin 45 umol/L 3-21"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("vitamin", [B12, FOLATE])
@pytest.mark.parametrize(
    ("others", "ldh", "bilirubin"),
    [((LDH,), True, False), ((BILIRUBIN,), False, True), ((LDH, BILIRUBIN), True, True)],
)
def test_a_megaloblastic_pattern_tells_what_was_measured(
    make_panel, language, vitamin, others, ldh, bilirubin
):
    reading = read_panel(make_panel(*MEGALOBLASTIC, vitamin, *others))
    assert "megaloblastic_pattern" in {one.id for one in reading.findings}
    for seed in range(5):
        told, _ = compose(reading, language, seed)
        assert ldh or "LDH" not in told, told
        assert bilirubin or "bilirubin" not in told.lower(), told


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("vitamin", "asked"), [(B12, True), (FOLATE, False)])
def test_intrinsic_factor_is_asked_for_a_lack_of_b12_only(make_panel, language, vitamin, asked):
    reading = read_panel(make_panel(*MEGALOBLASTIC, vitamin, LDH))
    _, asks = compose(reading, language, 0)
    assert bool(re.search("intrins", asks)) is asked, asks
    assert len(re.findall("numbness|paresthésies", asks)) == 1, asks


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("calcium", "danger"), [("2.17", False), ("1.60", True)])
def test_seizures_are_looked_for_where_calcium_is_deep(make_panel, language, calcium, danger):
    lines = ("25-OH vitamin D 12 nmol/L 50-125", f"Calcium {calcium} mmol/L 2.20-2.70")
    reading = read_panel(make_panel(*lines, "Albumin 40 g/L 35-50", age=3))
    text = " ".join(compose(reading, language, 0))
    assert {"vitamin_d_deficiency", "hypocalcemia"} <= {one.id for one in reading.findings}
    assert bool(re.search("seizure|convuls", text)) is danger, text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("alp", "less"), [("200", False), ("900", True)])
def test_alt_rises_less_than_alp_only_where_it_does(make_panel, language, alp, less):
    lines = ("ALT 108 U/L 5-40", f"ALP {alp} U/L 35-120", "GGT 90 U/L 8-40")
    text = compose(read_panel(make_panel(*lines)), language, 0)[0]
    assert bool(re.search("rises less|s'élève moins", text)) is less, text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("bicarbonate", "asked"), [("9", False), ("25", True)])
def test_fasting_glucose_waits_in_acidosis(make_panel, language, bicarbonate, asked):
    lines = ("Fasting glucose 13.0 mmol/L 3.9-5.6", f"Bicarbonate {bicarbonate} mmol/L 22-29")
    asks = compose(read_panel(make_panel(*lines)), language, 0)[1]
    again = re.search("fasting glucose again|contrôle de la glycémie à jeun", asks, re.IGNORECASE)
    assert bool(again) is asked, asks
