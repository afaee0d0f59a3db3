"""Results that cannot all be true are told before anything is made of them; others are not."""

from __future__ import annotations

import pytest

from hemoscribe.knowledge import analytes, read_panel
from hemoscribe.knowledge.contradictory import contradictions
from hemoscribe.prose import compose
from hemoscribe.prose.unread import with_unread, without_unread
from hemoscribe.records import Panel, Reading, ReportedResult

CONTRADICTORY: dict[str, dict[str, float]] = {
    "differential_above_leukocytes": {"leukocytes": 5, "neutrophils": 6},
    "differential_percentages_above": {"neutrophils_pct": 70, "lymphocytes_pct": 60},
    "neutrophils_and_their_share": {"leukocytes": 10, "neutrophils": 2.0, "neutrophils_pct": 60},
    "lymphocytes_and_their_share": {"leukocytes": 10, "lymphocytes": 0.4, "lymphocytes_pct": 30},
    "hemoglobin_and_hematocrit": {"hemoglobin": 13.5, "hematocrit": 25},
    "mchc_and_its_parts": {"mchc": 33, "hemoglobin": 9, "hematocrit": 36},
    "mcv_and_its_parts": {"mcv": 90, "hematocrit": 30, "erythrocytes": 4.5},
    "mch_and_its_parts": {"mch": 30, "hemoglobin": 9, "erythrocytes": 4.5},
    "inr_and_prothrombin": {"inr": 1.0, "pt_pct": 15},
    "direct_above_total_bilirubin": {"bilirubin_direct": 40, "bilirubin_total": 20},
    "cholesterol_parts_above_whole": {"hdl": 2.0, "ldl": 4.0, "cholesterol": 5.0},
    "hdl_above_cholesterol": {"hdl": 6.0, "cholesterol": 5.0},
    "ldl_above_cholesterol": {"ldl": 6.0, "cholesterol": 5.0},
    "albumin_above_protein": {"albumin": 48, "total_protein": 40},
    "egfr_and_creatinine": {"egfr": 12, "creatinine": 80},
    "iron_saturation": {"transferrin_saturation": 60, "iron": 8, "transferrin": 2.5},
    "iron_saturation_of_capacity": {"transferrin_saturation": 60, "iron": 8, "tibc": 60},
    "ionized_and_total_calcium": {"ionized_calcium": 1.2, "calcium": 1.4},
    "negative_anion_gap": {"sodium": 130, "chloride": 110, "bicarbonate": 26},
    "negative_anion_gap_by_total_co2": {"sodium": 130, "chloride": 110, "total_co2": 26},
    "sodium_and_chloride": {"sodium": 120, "chloride": 115},
    "osmolality_below_its_parts": {"osmolality": 250, "sodium": 140, "glucose": 5, "urea": 5},
    "acid_base_equation": {"bicarbonate": 40, "ph": 7.40, "pco2": 40},
    "acid_base_equation_venous": {"bicarbonate": 40, "ph_venous": 7.36, "pco2_venous": 46},
}
MORE = {
    "a prothrombin that is normal beside a high INR": {"inr": 4.0, "pt_pct": 90},
    "an eGFR that is normal beside a high creatinine": {"egfr": 95, "creatinine": 400},
    "a hematocrit far above": {"hemoglobin": 7.0, "hematocrit": 45},
}
SOUND = [
    {"leukocytes": 10, "neutrophils": 6, "lymphocytes": 3, "monocytes": 0.8, "eosinophils": 0.2},
    {"leukocytes": 0.4, "neutrophils": 0.1, "lymphocytes": 0.3},
    {"neutrophils_pct": 60, "lymphocytes_pct": 30, "monocytes_pct": 8, "basophils_pct": 1},
    {"hemoglobin": 6.5, "hematocrit": 25, "erythrocytes": 4.0, "mcv": 62, "mch": 16, "mchc": 26},
    {"hemoglobin": 13.5, "hematocrit": 40},
    {"inr": 1.0, "pt_pct": 100}, {"inr": 2.5, "pt_pct": 30}, {"inr": 6.0, "pt_pct": 11},
    {"bilirubin_direct": 6, "bilirubin_total": 6},
    {"bilirubin_direct": 180, "bilirubin_total": 190},
    {"hdl": 1.2, "ldl": 3.4, "cholesterol": 5.2}, {"albumin": 20, "total_protein": 45},
    {"egfr": 60, "creatinine": 109}, {"egfr": 8, "creatinine": 600}, {"egfr": 90, "creatinine": 60},
    {"transferrin_saturation": 6, "iron": 5, "transferrin": 3.6},
    {"ionized_calcium": 1.2, "calcium": 2.35}, {"ionized_calcium": 1.05, "calcium": 1.75},
    {"sodium": 138, "chloride": 116, "bicarbonate": 12},
    {"sodium": 130, "chloride": 75, "bicarbonate": 42},
    {"osmolality": 290, "sodium": 140, "glucose": 5, "urea": 5},
    {"bicarbonate": 12, "ph": 7.25, "pco2": 28}, {"bicarbonate": 34, "ph": 7.32, "pco2": 68},
]  # fmt: skip


def _read(values: dict[str, float]) -> Reading:
    results = tuple(
        ReportedResult(analytes()[name].name("en"), f"{value:g}", analytes()[name].unit)
        for name, value in values.items()
    )
    reading = read_panel(Panel(results=results, sex="M", age_years=50))
    assert not reading.rejects
    return reading


@pytest.mark.parametrize("rule", CONTRADICTORY)
def test_what_cannot_all_be_true_is_told(rule: str) -> None:
    assert rule in [one.id for one in contradictions(_read(CONTRADICTORY[rule]))]


@pytest.mark.parametrize("values", MORE.values(), ids=MORE)
def test_a_contradiction_is_told_in_either_direction(values: dict[str, float]) -> None:
    assert contradictions(_read(values))


@pytest.mark.parametrize("values", SOUND)
def test_what_disease_explains_is_no_contradiction(values: dict[str, float]) -> None:
    assert not contradictions(_read(values))


def test_a_bound_contradicts_nothing() -> None:
    results = (ReportedResult("INR", "<1.0", None), ReportedResult("TP", "15", "%"))
    assert not contradictions(read_panel(Panel(results=results, sex="M", age_years=50)))


@pytest.mark.parametrize(
    ("language", "said"), [("en", "contradict each other"), ("fr", "se contredisent")]
)
def test_it_stands_before_the_interpretation(language: str, said: str) -> None:
    reading = _read({"inr": 1.0, "pt_pct": 15})
    text = with_unread(compose(reading, language, 1)[0], reading, language)
    assert said in text.split(";")[0]


@pytest.mark.parametrize(
    ("language", "said"), [("en", "To be verified at once"), ("fr", "vérifier sans délai")]
)
def test_an_impossible_value_is_to_be_verified_without_a_flag(language: str, said: str) -> None:
    results = (
        ReportedResult("Potassium", "52", "mmol/L"),
        ReportedResult("Sodium", "140", "mmol/L"),
    )
    reading = read_panel(Panel(results=results, sex="M", age_years=50))
    assert said in with_unread(compose(reading, language, 1)[0], reading, language)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_call_stands_before_what_is_to_be_verified(language: str) -> None:
    reading = _read({"leukocytes": 4.2, "neutrophils": 6.1, "potassium": 7.1})
    words = compose(reading, language, 1)[0]
    text = with_unread(words, reading, language)
    call, rest = text.split(". ", 1)
    assert "7" in call
    assert "contred" in rest.split(". ")[0] or "contradict" in rest.split(". ")[0]
    assert without_unread(text, reading, language) == words
