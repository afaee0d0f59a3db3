"""A model's draft may say what its report calls for, and no other word."""

import json

import pytest

from hemoscribe.corpus.lessons import FEWEST_PATIENTS, Lessons
from hemoscribe.errors import StageError
from hemoscribe.knowledge import read_panel
from hemoscribe.prose.compose import compose
from hemoscribe.prose.guard.check import CODES, DRAFT_CODES, check
from hemoscribe.prose.guard.vocabulary import (
    VOCABULARY,
    Vocabulary,
    read_vocabulary,
    write_vocabulary,
)
from hemoscribe.prose.prompt import completion
from hemoscribe.records import LANGUAGES, Panel, ReportedResult

RESULTS = {
    "hemoglobin": ReportedResult("Hemoglobin", "10.8", "g/dL", "12.0", "16.0"),
    "mcv": ReportedResult("MCV", "86", "fL", "80", "100"),
    "vitamin_d": ReportedResult("25-OH vitamin D", "11", "ng/mL", "30", "80"),
    "neutrophils": ReportedResult("Neutrophils", "1.2", "10*9/L", "1.8", "7.5"),
    "sodium": ReportedResult("Sodium", "140", "mmol/L", "135", "145"),
}


def reading(*names: str, patient: str = "P1"):
    results = tuple(RESULTS[name] for name in names)
    return read_panel(Panel(results=results, sex="F", age_years=50.0, patient_id=patient))


ANEMIA = ("hemoglobin", "mcv")


def strange(text: str, *names: str, language="en", vocabulary=None):
    return list((vocabulary or Vocabulary()).strange(text, reading(*names), language))


@pytest.mark.parametrize(
    ("text", "names", "language", "words"),
    [
        (
            "Mild normocytic anemia, which exposes to infection, drugs or malabsorption.",
            ANEMIA,
            "en",
            ["exposes", "malabsorption"],
        ),
        (
            "Vitamin D deficiency is present, with a bleeding risk that depends on its rhythm.",
            ("vitamin_d",),
            "en",
            ["bleeding", "depends", "rhythm"],
        ),
        ("Anemia: a risk of too quickly breaking the bank.", ANEMIA, "en", None),
        ("Ferritinine would indicate anemia.", ANEMIA, "en", ["Ferritinine"]),
        ("Par ailleurs, l'hémoglobine est de croissent.", ANEMIA, "fr", ["croissent"]),
        ("Mild normocytic anemia (hemoglobin 10.8 g/dL), to be confirmed.", ANEMIA, "en", []),
        ("Le dosage traduit une anémie normocytaire légère.", ANEMIA, "fr", []),
    ],
)
def test_words_of_other_reports_and_of_none_are_seen(text, names, language, words):
    found = strange(text, *names, language=language)
    if words is None:
        assert {"quickly", "breaking", "bank"} <= set(found)
    else:
        assert found == words


def test_the_same_words_are_called_for_where_the_finding_is():
    text = "Mild neutropenia, any fever being an emergency without defense."
    assert strange(text, "neutrophils") == []
    assert {"fever", "emergency", "defense"} <= set(strange(text, *ANEMIA))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_composer_says_no_strange_word(language):
    for names in (ANEMIA, ("vitamin_d",), ("neutrophils", *ANEMIA), ("sodium",)):
        for seed in range(40):
            read = reading(*names)
            text = completion(*compose(read, language, seed), language)
            failed = [one for one in check(text, read, language, Vocabulary()) if not one.ok]
            assert failed == [], (text, failed)


def test_only_a_draft_is_held_to_its_words_and_its_end():
    text = "Interpretation: Moderate normocytic anemia, quite banal.\nFollow-up: Add ferritin and"
    one = check(text, reading(*ANEMIA), "en")
    other = check(text, reading(*ANEMIA), "en", Vocabulary())
    assert tuple(found.code for found in one) == CODES
    assert tuple(found.code for found in other) == DRAFT_CODES
    assert {found.code for found in one if not found.ok} == set()
    failed = {found.code: found.message for found in other if not found.ok}
    assert failed == {
        "form": "The text has not the expected form: it ends in the middle of a sentence.",
        "findings": "Not borne out by the findings: Moderate normocytic anemia, quite banal.",
        "words": "Nothing in this report calls for: banal.",
    }


def test_words_of_the_laboratory_s_comments_are_called_for_by_their_finding():
    lessons = Lessons()
    for number in range(FEWEST_PATIENTS):
        patient = reading(*ANEMIA, patient=f"P{number}")
        lessons.add("Saignement digestif occulte à évoquer, le dr Martineau.", patient, "fr")
        lessons.add("Une fringale centrale.", reading(*ANEMIA, patient="P1"), "fr")
    taught = {
        language: {finding: frozenset(words) for finding, words in findings.items()}
        for language, findings in lessons.words().items()
    }
    vocabulary = Vocabulary(taught)
    assert strange("Saignement occulte.", *ANEMIA, language="fr") != []
    assert strange("Saignement occulte.", *ANEMIA, language="fr", vocabulary=vocabulary) == []
    assert strange("Occulte.", "vitamin_d", language="fr", vocabulary=vocabulary) == ["Occulte"]
    assert strange("Martineau.", *ANEMIA, language="fr", vocabulary=vocabulary) == ["Martineau"]
    assert strange("fringale", *ANEMIA, language="fr", vocabulary=vocabulary) == ["fringale"]


def test_a_word_of_one_finding_is_not_learnt_for_another_of_the_same_reports():
    lessons = Lessons()
    for number in range(FEWEST_PATIENTS):
        both = reading("neutrophils", "vitamin_d", patient=f"P{number}")
        lessons.add("neutropenia exposes to infection; fringale", both, "en")
    taught = lessons.words()["en"]
    assert "fringale" in taught["vitamin_d_deficiency"]
    assert "infection" in taught["neutropenia"]
    assert "infection" not in taught["vitamin_d_deficiency"]


def test_what_several_teachings_taught_is_kept_together(tmp_path):
    assert read_vocabulary(tmp_path) == Vocabulary()
    write_vocabulary(tmp_path, {"en": {"anemia": ["occult"]}}, {"en": {"anemia": ["bleed"]}})
    assert read_vocabulary(tmp_path).taught == {"en": {"anemia": frozenset(("bleed", "occult"))}}
    (tmp_path / VOCABULARY).write_text(json.dumps({"en": ["occult"]}), encoding="utf-8")
    with pytest.raises(StageError, match="tune the model again"):
        read_vocabulary(tmp_path)
