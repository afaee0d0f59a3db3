"""What is due within the hour or today: not to be left out, put off or made to depend.

Each draft is the composer's own text with its pressing requests left out, or led by other words.
"""

import re
from functools import cache

import pytest

from hemoscribe.knowledge import read_panel
from hemoscribe.prose.compose import compose
from hemoscribe.prose.guard.check import check
from hemoscribe.prose.guard.vocabulary import Vocabulary
from hemoscribe.prose.prompt import completion
from hemoscribe.prose.wording import phrases
from hemoscribe.records import LANGUAGES, Panel, Reading

NOW = {"en": "Within the hour: ", "fr": "Dans l'heure : "}
PANELS = {
    "potassium": Panel.of(
        [
            ("Potassium", 6.9, "mmol/L", 3.5, 5.1),
            ("Creatinine", 380, "umol/L", 60, 110),
            ("Sodium", 138, "mmol/L", 135, 145),
        ],
        sex="M",
        age=60,
    ),
    "potassium_alone": Panel.of(
        [
            ("Potassium", 6.9, "mmol/L", 3.5, 5.1),
            ("Creatinine", 380, "umol/L", 60, 110),
            ("Bicarbonate", 24, "mmol/L", 22, 29),
        ],
        sex="M",
        age=60,
    ),
    "platelets": Panel.of(
        [("Platelets", 8, "10*9/L", 150, 400), ("Hemoglobin", 13, "g/dL", 12, 16)], sex="F", age=30
    ),
    "neutrophils": Panel.of(
        [("Neutrophils", 0.3, "10*9/L", 1.8, 7.5), ("Platelets", 200, "10*9/L", 150, 400)],
        sex="F",
        age=50,
    ),
    "blasts": Panel.of(
        [
            ("Blasts", 40, "%", None, 0),
            ("Platelets", 25, "10*9/L", 150, 400),
            ("Hemoglobin", 7.4, "g/dL", 12, 16),
        ],
        sex="F",
        age=45,
    ),
    "ketoacidosis": Panel.of(
        [
            ("Glucose", 32, "mmol/L", 3.9, 6.1),
            ("Bicarbonate", 5, "mmol/L", 22, 29),
            ("pH", 6.98, "", 7.35, 7.45),
        ],
        sex="F",
        age=12,
    ),
    "troponin": Panel.of(
        [("Troponin T", 60, "ng/L", None, 14), ("Potassium", 4.2, "mmol/L", 3.5, 5.1)],
        sex="F",
        age=70,
    ),
}


@cache
def reading(panel: str) -> Reading:
    return read_panel(PANELS[panel])


def faults(panel: str, language: str, interpretation: str, follow_up: str) -> set[str]:
    """The codes that a draft fails, but for words that its report does not call for."""
    text = completion(interpretation, follow_up, language)
    found = check(text, reading(panel), language, Vocabulary())
    return {one.code for one in found if not one.ok} - {"words"}


def led(panel: str, language: str, lead: str) -> set[str]:
    """The faults of a draft that says this in place of "Within the hour: "."""
    told, asked = compose(reading(panel), language, 0)
    assert NOW[language] in asked
    return faults(panel, language, told, asked.replace(NOW[language], f"{lead} "))


def without_parts(panel: str, language: str) -> dict[str, str]:
    """What a follow-up asks for within the hour or today -> the follow-up without it."""
    _, asked = compose(reading(panel), language, 0)
    found = {}
    for key in ("now", "today"):
        lead = phrases(language)["by"][key].partition("{")[0]
        lead = f"{lead[0].upper()}{lead[1:]}"
        for said in re.findall(rf"{lead}[^.]*\.", asked):
            parts = re.split(r"\s?; ", said.removeprefix(lead).rstrip("."))
            for place, part in enumerate(parts):
                left = "; ".join(one for n, one in enumerate(parts) if n != place)
                rest = asked.replace(said, f"{lead}{left}." if left else "").strip()
                found[part] = rest or "Results to be followed."
    return found


PUT_OFF = {
    "en": [
        "Today:",
        "This evening:",
        "In the course of the day:",
        "Tomorrow:",
        "This week:",
        "In the coming days:",
        "Within six hours:",
        "Within 24 hours:",
        "By the end of the day:",
        "On Monday:",
        "Overnight:",
        "At the next visit:",
        "At the next dialysis session:",
        "With the next sample:",
        "Later:",
        "In due time:",
        "When convenient:",
        "After the ward round:",
        "Once the laboratory reopens:",
        "Before discharge:",
    ],
    "fr": [
        "Aujourd'hui :",
        "Ce soir :",
        "Dans la journée :",
        "Demain :",
        "Cette semaine :",
        "Dans les prochains jours :",
        "Dans les six heures :",
        "Sous 24 heures :",
        "D'ici la fin de journée :",
        "Lundi :",
        "Dans la nuit :",
        "À la prochaine consultation :",
        "À la prochaine séance de dialyse :",
        "Avec le prochain prélèvement :",
        "Plus tard :",
        "En temps voulu :",
        "Quand ce sera possible :",
        "Après la visite :",
        "À la réouverture du laboratoire :",
        "Avant la sortie :",
    ],
}
CONDITIONED = {
    "en": [
        "If the fresh sample agrees:",
        "If there are symptoms, within the hour:",
        "Within the hour if symptoms appear:",
        "Within the hour, unless already known:",
        "At once should the patient feel unwell:",
        "Immediately in case of symptoms:",
        "Within the hour where symptoms are present:",
        "Within the hour, provided the sample was good:",
        "Within the hour for symptomatic patients:",
        "Within the hour, depending on the state of the patient:",
        "Within the hour at the discretion of the prescriber:",
        "Within the hour when the prescriber thinks fit:",
        "Within the hour, subject to clinical signs:",
        "Possibly within the hour:",
        "Ideally within the hour:",
        "Within the hour as needed:",
        "Urgently only on clinical grounds:",
        "Were it confirmed, at once:",
        "Within the hour, so long as the patient is in hospital:",
        "Within the hour as far as possible:",
    ],
    "fr": [
        "Si le contrôle concorde :",
        "S'il existe des symptômes, dans l'heure :",
        "Dans l'heure si des signes apparaissent :",
        "Dans l'heure, sauf valeur déjà connue :",
        "Immédiatement en présence de symptômes :",
        "Sans délai en cas de signes cliniques :",
        "Dans l'heure devant des symptômes :",
        "Dans l'heure, à condition que le prélèvement soit bon :",
        "Dans l'heure chez le patient symptomatique :",
        "Dans l'heure selon l'état du patient :",
        "Dans l'heure à l'appréciation du prescripteur :",
        "Dans l'heure quand le prescripteur le juge utile :",
        "Dans l'heure sous réserve de signes cliniques :",
        "Éventuellement dans l'heure :",
        "Idéalement dans l'heure :",
        "Dans l'heure au besoin :",
        "En urgence uniquement sur signes cliniques :",
        "Lors d'un malaise, sans délai :",
        "Dans l'heure tant que le patient est hospitalisé :",
        "Dans l'heure dans la mesure du possible :",
    ],
}
REFUSED = {
    "en": [
        "Not within the hour:",
        "No need for the following at once:",
        "There is no call at this hour for:",
        "Needless within the hour:",
        "Unnecessary at once:",
        "To be skipped within the hour:",
        "Cancel what was asked urgently:",
        "Nothing urgent, not even:",
        "Superfluous now:",
        "Never urgent:",
    ],
    "fr": [
        "Pas dans l'heure :",
        "Aucun besoin immédiat de ceci :",
        "Inutile dans l'heure :",
        "Superflu maintenant :",
        "À ne pas faire en urgence :",
        "Annuler ce qui est demandé en urgence :",
        "Rien d'urgent, ni ceci :",
        "Jamais en urgence :",
        "Il n'est pas utile de faire dans l'heure :",
        "Sans nécessité immédiate :",
    ],
}
IN_TIME = {
    "en": [
        "At once:",
        "Immediately:",
        "Now:",
        "Urgently:",
        "Without delay:",
        "Without waiting:",
        "Straight away:",
        "Right away:",
        "Within minutes:",
        "Within one hour:",
        "Within 30 minutes:",
        "To be done at once:",
        "The following is needed immediately:",
    ],
    "fr": [
        "Immédiatement :",
        "Maintenant :",
        "Sans délai :",
        "Sans attendre :",
        "Sans tarder :",
        "En urgence :",
        "Tout de suite :",
        "Au plus vite :",
        "Dans les minutes qui viennent :",
        "Sous une heure :",
        "Dans les 30 minutes :",
        "À faire sans délai :",
        "Demandes urgentes :",
    ],
}
REWORDED = {  # the pressing requests of the potassium, in other words
    "en": [
        "Perform an ECG immediately. Repeat potassium at once on a fresh sample. ",
        "Urgent ECG; immediate repeat of potassium. ",
        "ECG without delay and potassium repeated straight away. ",
        "An ECG is to be recorded now. Potassium is to be measured again within the hour. ",
        "Please record an ECG at once, and check potassium on a new sample immediately. ",
        "Within minutes: potassium on a new sample; ECG. ",
        "Potassium again right away, with an ECG at once. ",
        "Now: ECG, fresh potassium. ",
        "Immediate ECG and immediate control of potassium, drawn without a tourniquet. ",
        "Without waiting: new sample for potassium, ECG. ",
    ],
    "fr": [
        "Réaliser un ECG immédiatement. Contrôler sans délai la kaliémie sur un nouveau tube. ",
        "ECG en urgence ; contrôle immédiat de la kaliémie. ",
        "ECG sans délai et contrôle de la kaliémie sans attendre. ",
        "Un ECG est à faire maintenant. La kaliémie est à contrôler dans l'heure. ",
        "ECG à réaliser tout de suite, et potassium à contrôler immédiatement. ",
        "Dans les minutes : potassium sur un nouveau prélèvement ; ECG. ",
        "Kaliémie de contrôle sans tarder, avec un ECG en urgence. ",
        "Maintenant : ECG, nouvelle kaliémie. ",
        "ECG immédiat et recontrôle immédiat de la kaliémie, prélevée sans garrot. ",
        "Sans attendre : nouveau prélèvement pour la kaliémie, ECG. ",
    ],
}
UNSAFE = {"late": PUT_OFF, "conditional": CONDITIONED, "refused": REFUSED}
TABLES = [
    (kind, language, lead)
    for kind, table in UNSAFE.items()
    for language, leads in table.items()
    for lead in leads
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("panel", PANELS)
def test_what_presses_is_left_out_of_no_draft(panel, language):
    told, asked = compose(reading(panel), language, 0)
    assert faults(panel, language, told, asked) == set()
    shortened = without_parts(panel, language)
    assert shortened
    passed = [part for part, left in shortened.items() if not faults(panel, language, told, left)]
    assert not passed


@pytest.mark.parametrize(("kind", "language", "lead"), TABLES)
def test_what_is_due_within_the_hour_is_neither_put_off_nor_conditional(kind, language, lead):
    passed = [panel for panel in PANELS if not led(panel, language, lead)]
    assert not passed


@pytest.mark.parametrize(
    ("language", "lead"), [(one, lead) for one, leads in IN_TIME.items() for lead in leads]
)
def test_within_the_hour_is_said_in_other_words(language, lead):
    refused = {panel: led(panel, language, lead) for panel in PANELS}
    assert not {panel: codes for panel, codes in refused.items() if codes}


@pytest.mark.parametrize(
    ("language", "said"), [(one, text) for one, texts in REWORDED.items() for text in texts]
)
def test_what_presses_is_asked_for_in_other_words(language, said):
    told, asked = compose(reading("potassium_alone"), language, 0)
    start = asked.index(NOW[language])
    rest = asked[asked.index(". ", start) + 2 :]
    assert faults("potassium_alone", language, told, f"{said}{rest}") == set()
