"""What makes little of a report in a draft: weak alarms, bare or ranked causes, foretold results.

Each draft is the composer's own text with one sentence put in place of another, or added.
"""

from functools import cache

import pytest

from hemoscribe.knowledge import read_panel
from hemoscribe.prose.compose import compose
from hemoscribe.prose.guard.check import check
from hemoscribe.prose.guard.vocabulary import Vocabulary
from hemoscribe.prose.prompt import completion
from hemoscribe.records import Panel, Reading

PANELS = {
    "potassium": Panel.of([("Potassium", 6.9, "mmol/L", 3.5, 5.1)], sex="M", age=60),
    "platelets": Panel.of([("Platelets", 8, "10*9/L", 150, 400)], sex="F", age=30),
    "anemia": Panel.of(
        [
            ("Hemoglobin", 9.8, "g/dL", 12, 16),
            ("MCV", 71, "fL", 80, 100),
            ("Ferritin", 6, "ug/L", 15, 150),
        ],
        sex="F",
        age=34,
    ),
    "troponin": Panel.of(
        [("Troponin T", 60, "ng/L", None, 14), ("Sodium", 140, "mmol/L", 135, 145)],
        sex="M",
        age=60,
    ),
}


@cache
def reading(panel: str) -> Reading:
    return read_panel(PANELS[panel])


def faults(panel: str, language: str, instead: str | None, added: str) -> set[str]:
    """The codes that a draft fails, but for words that its report does not call for.

    Args:
        instead: of the alarm, the first sentence; None where the alarm stays.
        added: at the end of the interpretation.
    """
    told, asked = compose(reading(panel), language, 0)
    if instead is not None:
        rest = told.partition(". ")[2]
        told = f"{instead} {rest}" if instead else rest
    text = completion(f"{told} {added}".strip(), asked, language)
    found = check(text, reading(panel), language, Vocabulary())
    return {one.code for one in found if not one.ok} - {"words"}


WEAKENED = {  # in place of "Urgent call to the requester: critically high potassium (6.9 mmol/L)."
    "en": [
        "Critically high potassium (6.9 mmol/L).",
        "To be noted: critically high potassium (6.9 mmol/L).",
        "Possible call to the requester: critically high potassium (6.9 mmol/L).",
        "Call this week: critically high potassium (6.9 mmol/L).",
        "A call may be considered for the critically high potassium (6.9 mmol/L).",
        "Call the requester tomorrow: critically high potassium (6.9 mmol/L).",
        "Call if the fresh sample agrees: critically high potassium (6.9 mmol/L).",
        "Not for a call: critically high potassium (6.9 mmol/L).",
        "The requester reads this in time: critically high potassium (6.9 mmol/L).",
        "",
    ],
    "fr": [
        "Valeur critique haute : potassium à 6,9 mmol/L.",
        "À noter : valeur critique haute, potassium à 6,9 mmol/L.",
        "Appel possible du prescripteur, valeur critique haute : potassium à 6,9 mmol/L.",
        "Appel cette semaine, valeur critique haute : potassium à 6,9 mmol/L.",
        "Un appel peut se discuter, valeur critique haute : potassium à 6,9 mmol/L.",
        "Appel du prescripteur demain, valeur critique haute : potassium à 6,9 mmol/L.",
        "Appel si le contrôle concorde, valeur critique haute : potassium à 6,9 mmol/L.",
        "Sans appel, valeur critique haute : potassium à 6,9 mmol/L.",
        "Le prescripteur lira à temps, valeur critique haute : potassium à 6,9 mmol/L.",
        "",
    ],
}
HEARD = {
    "en": [
        "To be phoned at once: critically high potassium (6.9 mmol/L).",
        "Immediate call to the requester: critically high potassium (6.9 mmol/L).",
        "Phone the requester without delay: critically high potassium (6.9 mmol/L).",
    ],
    "fr": [
        "À téléphoner sans délai, valeur critique haute : potassium à 6,9 mmol/L.",
        "Appel urgent du prescripteur, valeur critique haute : potassium à 6,9 mmol/L.",
        "Téléphoner immédiatement au prescripteur, valeur critique haute : potassium à 6,9 mmol/L.",
    ],
}
UNSAFE = [  # panel, what is added in English, in French
    ("potassium", "The kidney is the cause.", "Le rein est la cause."),
    ("potassium", "It is chronic.", "Elle est chronique."),
    ("platelets", "Immune thrombocytopenia.", "Thrombopénie immunologique."),
    ("anemia", "Menstrual loss.", "Pertes gynécologiques."),
    ("potassium", "A fresh sample will be normal.", "Le contrôle sera normal."),
    (
        "potassium",
        "The fresh sample is likely to be within range.",
        "Le nouveau prélèvement sera probablement dans les limites.",
    ),
    (
        "troponin",
        "Myocarditis is more likely than infarction.",
        "Une myocardite est plus probable qu'un infarctus.",
    ),
    ("troponin", "Sodium is borderline.", "Le sodium est limite."),
    ("platelets", "Clumps come first.", "Des amas sont à évoquer d'abord."),
    ("potassium", "It will settle by itself.", "Elle se normalisera d'elle-même."),
    ("anemia", "Digestive loss is excluded.", "Des pertes digestives sont exclues."),
    ("troponin", "Infarction is unlikely.", "Un infarctus est peu probable."),
]


@pytest.mark.parametrize(
    ("language", "alarm"), [(one, text) for one, texts in WEAKENED.items() for text in texts]
)
def test_a_weakened_alarm_passes_in_no_words(language, alarm):
    assert "critical" in faults("potassium", language, alarm, "")


@pytest.mark.parametrize(
    ("language", "alarm"), [(one, text) for one, texts in HEARD.items() for text in texts]
)
def test_an_alarm_that_is_heard_passes_in_other_words(language, alarm):
    assert faults("potassium", language, alarm, "") == set()


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(("panel", "en", "fr"), UNSAFE)
def test_what_no_rule_holds_is_refused_behind_a_text_that_is_right(panel, en, fr, language):
    assert faults(panel, language, None, "") == set()
    assert faults(panel, language, None, {"en": en, "fr": fr}[language])
