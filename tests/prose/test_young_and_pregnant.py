"""Children, newborns and pregnant women: what is said and what never is, in both languages."""

from typing import Any

import pytest

from hemoscribe.knowledge import read_panel
from hemoscribe.prose.compose import compose
from hemoscribe.prose.left_open import caveats
from hemoscribe.records import Panel

DAY = 1 / 365.25
# ruff: noqa: E501  # a case is a line
CASES: list[tuple[str, dict[str, Any], tuple[str, str], tuple[str, ...]]] = [
    # results, patient, (words that must stand: en, fr), words that must not
    ("hba1c 7.4 %", {"sex": "F", "age": 30, "pregnant": True}, ("overt diabetes", "diabète avéré"), ()),
    ("fibrinogen 1.8 g/L", {"sex": "F", "age": 30, "pregnant": True}, ("Within the hour", "Dans l'heure"), ()),
    ("fibrinogen 2.9 g/L", {"sex": "F", "age": 30, "pregnant": True}, ("week of pregnancy", "terme de la grossesse"), ("whole panel", "ensemble du bilan")),
    ("pco2 40 mm[Hg]", {"sex": "F", "age": 30, "pregnant": True}, ("week of pregnancy", "terme de la grossesse"), ("whole panel",)),
    ("hemoglobin 10.8 g/dL", {"sex": "F", "age": 30, "pregnant": True}, ("week of pregnancy", "terme de la grossesse"), ("whole panel",)),
    ("platelets 85 10*9/L;alt 140 U/L", {"sex": "F", "age": 30, "pregnant": True}, ("Within the hour", "Dans l'heure"), ("weeks", "semaines")),
    ("platelets 80 10*9/L;alt 90 U/L", {"sex": "M", "age": 40, "pregnant": True}, ("identity is to be checked", "identité est à vérifier"), ("HELLP",)),
    ("platelets 80 10*9/L;alt 90 U/L", {"sex": "F", "age": 5, "pregnant": True}, ("identity is to be checked", "identité est à vérifier"), ("HELLP",)),
    ("platelets 80 10*9/L;alt 90 U/L", {"sex": "F", "age": 70, "pregnant": True}, ("identity is to be checked", "identité est à vérifier"), ("HELLP",)),
    ("ck 45000 U/L", {"sex": "M", "age": 10}, ("habdomyolysis", "habdomyolyse"), ("weeks", "semaines")),
    ("ck 12000 U/L", {"sex": "M", "age": 4}, ("habdomyolysis", "habdomyolyse"), ("weeks", "semaines")),
    ("bilirubin_total 120 umol/L", {"sex": "M", "age": 0, "context": "12 hours of life"}, ("Within the hour", "Dans l'heure"), ("whole panel",)),
    ("bilirubin_total 240 umol/L", {"sex": "M", "age": 2.5 * DAY, "context": "60 hours of life, born at 32 weeks"}, ("Urgent call", "Appel"), ()),
    ("bilirubin_total 200 umol/L", {"sex": "M", "age": 2.5 * DAY, "context": "60 hours of life, preterm"}, ("Not to be closed", "Ne pas conclure"), ("whole panel",)),
    ("bilirubin_total 300 umol/L", {"sex": "M", "age": 28.1 * DAY}, ("Urgent call", "Appel"), ()),
    ("bilirubin_total 120 umol/L;bilirubin_direct 80 umol/L", {"sex": "M", "age": 40 * DAY}, ("biliary atresia", "atrésie"), ()),
    ("bilirubin_total 150 umol/L;bilirubin_direct 60 umol/L", {"sex": "M", "age": 20 * DAY}, ("hepatology", "hépatologie"), ()),
    ("blasts_pct 80 %", {"sex": "F", "age": 30}, ("acute leukemia is likely", "leucémie aiguë est probable"), ("stimulation", "stimulée")),
    ("alp 1400 U/L;phosphate 0.8 mmol/L;calcium 1.8 mmol/L", {"sex": "F", "age": 1.5}, ("Today", "Aujourd'hui"), ("transient", "transitoire")),
    ("egfr 95 mL/min/{1.73_m2};creatinine 340 umol/L", {"sex": "M", "age": 60}, ("does not fit", "ne correspond pas"), ("three months", "trois mois")),
    ("potassium 7.4 mmol/L;inr 9 1", {"sex": "M", "age": 4}, ("ECG; potassium again", "ECG ; contrôle de la kaliémie"), ()),
    ("sodium 122 mmol/L;potassium 7.1 mmol/L;glucose 2.1 mmol/L", {"sex": "M", "age": 12 * DAY}, ("Urgent call", "Appel"), ()),
    ("inr 6 1", {"sex": "M", "age": 5 * DAY}, ("Urgent call", "Appel"), ()),
    ("troponin_t 900 ng/L", {"sex": "M", "age": 5}, ("Urgent call", "Appel"), ()),
    ("procalcitonin 90 ug/L", {"sex": "M", "age": 3}, ("Urgent call", "Appel"), ()),
    ("base_excess -20 mmol/L", {"sex": "M", "age": 60}, ("Urgent call", "Appel"), ()),
    ("calcium 3.3 mmol/L", {"sex": "F", "age": 75}, ("Within the hour: ECG", "Dans l'heure : ECG"), ()),
    ("neutrophils_pct 2 %", {"sex": "M", "age": 60}, ("Within the hour", "Dans l'heure"), ()),
    ("glucose 18 mmol/L", {"sex": "M", "age": 3}, ("Within the hour", "Dans l'heure"), ()),
]  # fmt: skip


@pytest.mark.parametrize("place", [0, 1], ids=["en", "fr"])
@pytest.mark.parametrize(("results", "who", "words", "never"), CASES)
def test_what_is_said(
    results: str, who: dict[str, Any], words: tuple[str, str], never: tuple[str, ...], place: int
) -> None:
    rows = [one.split() for one in results.split(";")]
    panel = Panel.of([{"analyte": a, "value": v, "unit": u} for a, v, u in rows], **who)
    reading = read_panel(panel)
    language = ("en", "fr")[place]
    text = " ".join((*compose(reading, language, 0), caveats(reading, language)))
    assert words[place].casefold() in text.casefold(), text
    for word in never:
        assert word not in text, text
