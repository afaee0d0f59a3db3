"""The one renderer: a slot per result, the same text for training, assessment and serving."""

from pathlib import Path

import pytest

import hemoscribe.prose.prompt as prompt_module
from hemoscribe.knowledge import read_panel
from hemoscribe.prose.prompt import (
    CRITICAL,
    SLOT,
    answers,
    completion,
    parse_completion,
    parts,
    patient_words,
    render,
    writing_prompt,
)
from hemoscribe.records import DIRECTIONS, LANGUAGES, TRACKS, Panel, ReportedResult

PANEL = Panel(
    sex="F",
    age_years=54,
    context="fatigue\n since  May",
    results=(
        ReportedResult("Hb", "10.2", "g/dL", "12.0", "16.0"),
        ReportedResult("Potassium", "6.9", "mmol/L", "3.5", "5.1"),
        ReportedResult("CRP", "<1", "mg/L", None, "5"),
    ),
)


@pytest.fixture(scope="module")
def reading():
    return read_panel(PANEL)


def test_a_raw_prompt_in_english(reading) -> None:
    prompt = render(reading, language="en", track="raw")
    assert prompt.text == (
        "Blood test report. Woman, 54 years.\n"
        "Context: fatigue since May\n"
        "Hemoglobin 10.2 g/dL [12.0-16.0] ->\n"
        "Potassium 6.9 mmol/L [3.5-5.1] ->\n"
        "CRP <1 mg/L [<5] ->\n"
        "Write the interpretation and the follow-up."
    )


def test_a_raw_prompt_in_french_has_french_numbers_and_names(reading) -> None:
    prompt = render(reading, language="fr", track="raw")
    assert "Compte rendu de biologie. Femme, 54 ans.\n" in prompt.text
    assert "Hémoglobine 10,2 g/dL [12,0-16,0] ->\n" in prompt.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("track", TRACKS)
def test_every_result_has_one_slot_and_its_offset_is_just_after_the_arrow(
    reading, language, track
) -> None:
    prompt = render(reading, language=language, track=track)
    assert len(prompt.slots) == len(reading.results) == prompt.text.count(SLOT)
    for offset in prompt.slots:
        assert prompt.text[:offset].endswith(SLOT)
        assert prompt.text[offset] == ("\n" if track != "assisted" else " ")


def test_the_bare_track_tells_no_range(reading) -> None:
    text = render(reading, language="en", track="bare").text
    assert "[" not in text
    assert "Hemoglobin 10.2 g/dL ->" in text


def test_the_assisted_track_tells_what_the_rules_say(reading) -> None:
    text = render(reading, language="en", track="assisted").text
    assert "Hemoglobin 10.2 g/dL [12.0-16.0] -> low\n" in text
    assert f"Potassium 6.9 mmol/L [3.5-5.1] -> high{CRITICAL}\n" in text
    assert "CRP <1 mg/L [<5] -> normal\n" in text
    assert "\nFindings: " in text
    assert "Findings: none" not in text


def test_raw_and_bare_prompts_do_not_leak_the_answers(reading) -> None:
    for track in ("raw", "bare"):
        text = render(reading, language="en", track=track).text
        assert not any(f" {direction}" in text for direction in DIRECTIONS)
        assert "Findings" not in text


def test_answers_are_the_rules(reading) -> None:
    assert answers(reading) == ("low", "high", "normal")


@pytest.mark.parametrize(
    ("sex", "age", "pregnant", "words"),
    [
        ("F", 54, None, "Woman, 54 years."),
        ("F", 31, True, "Woman, pregnant, 31 years."),
        ("M", 31, True, "Man, 31 years."),
        ("M", 7, None, "Boy, 7 years."),
        ("F", 0.5, None, "Girl, 6 months."),
        ("M", 0.01, None, "Boy, 3 days."),
        (None, None, None, "Patient."),
    ],
)
def test_the_patient_in_words(sex, age, pregnant, words) -> None:
    panel = Panel(results=(), sex=sex, age_years=age, pregnant=pregnant)
    assert patient_words(panel, "en") == words


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_completion_is_read_back(language) -> None:
    text = completion("One  sentence.\nTwo.", "Do this.", language)
    assert parse_completion(text, language) == ("One sentence. Two.", "Do this.")


@pytest.mark.parametrize("text", ["", "Interpretation: x", "Follow-up: y", "Interpretation:\nx"])
def test_a_completion_of_another_form_is_none(text) -> None:
    assert parse_completion(text, "en") is None


def test_a_long_report_is_read_in_parts_without_loss(reading) -> None:
    found = parts(reading, 2)
    assert [len(part.results) for part in found] == [2, 1]
    assert tuple(result for part in found for result in part.results) == reading.results


def test_a_text_is_written_from_the_brief(reading) -> None:
    prompt = writing_prompt(reading, language="en", track="assisted")
    assert prompt.text == (
        "Blood test report. Woman, 54 years.\n"
        "Context: fatigue since May\n"
        "Hemoglobin 10.2 g/dL [12.0-16.0] -> low\n"
        "Potassium 6.9 mmol/L [3.5-5.1] -> high, critical\n"
        "Within range: inflammatory markers\n"
        "Critically high: potassium (6.9 mmol/L)\n"
        "Findings: severe hyperkalemia: the heart rhythm is at risk; the result is to be held true "
        "until a fresh sample says otherwise, kidney and drugs coming first; "
        "moderate anemia (hemoglobin 10.2 g/dL): "
        "without the red-cell size, bleeding, deficiency, kidney and chronic disease all remain "
        "possible\n"
        "Next: Within the hour: ECG; potassium again on a fresh sample, drawn without a "
        "tourniquet; creatinine. This week: MCV, reticulocytes and ferritin.\n"
        "Write the interpretation and the follow-up."
    )
    assert prompt.slots == ()


def test_without_the_rules_a_text_is_written_from_the_lines(reading) -> None:
    for track in ("bare", "raw"):
        assert writing_prompt(reading, language="fr", track=track) == render(
            reading, language="fr", track=track
        )


def test_the_example_that_the_docs_show_is_what_a_model_is_given() -> None:
    shown = read_panel(
        Panel(
            sex="F",
            age_years=54,
            results=(
                ReportedResult("Hemoglobin", "10.2", "g/dL", "12.0", "16.0"),
                ReportedResult("MCV", "74.0", "fL", "80.0", "100.0"),
                ReportedResult("Platelets", "250", "10^9/L", "150", "400"),
                ReportedResult("Urea", "9.1", "mmol/L", "2.5", "7.5"),
                ReportedResult("Sodium", "139", "mmol/L", "136", "145"),
                ReportedResult("Chloride", "102", "mmol/L", "98", "107"),
            ),
        )
    )
    text = writing_prompt(shown, language="en", track="assisted").text
    page = Path(__file__).parents[2] / "docs" / "composer.md"
    for told in (page.read_text(encoding="utf-8"), prompt_module.__doc__ or ""):
        assert "\n".join(f"    {line}" for line in text.splitlines()) in told
