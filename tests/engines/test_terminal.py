"""The report on a terminal: every result, its flag, and why a draft was withheld."""

import pytest

from hemoscribe.engines.document import report_document
from hemoscribe.engines.terminal import WIDTH, report_text
from hemoscribe.knowledge import read_panel
from hemoscribe.records import Check, Panel, Report, ReportedResult

READING = read_panel(
    Panel(
        sex="F",
        age_years=54,
        results=(
            ReportedResult("Hb", "10.2", "g/dL", "12", "16"),
            ReportedResult("Potassium", "7.1", "mmol/L", "3.5", "5.1"),
            ReportedResult("Potassium", "HEMOLYZED", "mmol/L"),
        ),
    )
)


def text(language: str, *, withheld: bool) -> str:
    report = Report(
        reading=READING,
        language=language,
        interpretation="First words.",
        follow_up="Next words.",
        written_by="composer" if withheld else "model",
        checks=(
            Check("omissions", not withheld, "left out: K"),
            Check("second_reading", False, "look at Hb"),
        ),
        model="m",
        engine="e",
        seconds=0.5,
        probabilities=({"low": 0.1, "normal": 0.8, "high": 0.1}, None),
        draft="draft" if withheld else "",
    )
    return report_text(report_document(report))


@pytest.mark.parametrize(("language", "value"), [("en", "10.2 g/dL"), ("fr", "10,2 g/dL")])
def test_results_flags_and_words_are_all_there(language: str, value: str) -> None:
    page = text(language, withheld=False)
    assert value in page
    assert ("CRITICAL" if language == "en" else "CRITIQUE") in page
    assert ("model reads normal" if language == "en" else "le modèle lit normal") in page
    assert "First words." in page
    assert "look at Hb" in page
    assert all(len(line) <= WIDTH + 12 for line in page.splitlines())


def test_a_result_that_was_not_read_is_told() -> None:
    assert "Not read:" in text("en", withheld=False)


def test_french_has_its_space_before_the_colon() -> None:
    assert "Interprétation\u00a0: First" in text("fr", withheld=False)


def test_why_a_draft_was_withheld_is_not_mistaken_for_a_fault_of_the_text_shown() -> None:
    page = text("en", withheld=True)
    assert page.index("look at Hb") < page.index("Why the model's draft was withheld")
    assert page.index("Why the model's draft was withheld") < page.index("left out: K")
    assert "left out: K" not in text("en", withheld=False)
