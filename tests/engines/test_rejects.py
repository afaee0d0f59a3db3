"""A French reader is told in French why a result was not read."""

from hemoscribe.engines.document import reject_words, report_document
from hemoscribe.engines.terminal import report_text
from hemoscribe.knowledge import read_panel
from hemoscribe.records import Panel, RejectCode, Report, ReportedResult

OF_WHOLE_FOLDERS = {"missing_policy", "small_cell", "same_panel", "other_side"}


def document_of(language: str) -> dict[str, object]:
    panel = Panel(
        results=(
            ReportedResult("Hémoglobine", "13,2", "g/dL", "12", "16"),
            ReportedResult("Hémoglobine", "1250", "g/dL"),
            ReportedResult("Aspect du frottis", "normal"),
        ),
        sex="F",
        age_years=40,
    )
    return report_document(
        Report(
            reading=read_panel(panel), language=language, interpretation="Rien ; tout va bien.",
            follow_up="Aucune.", checks=(), model="m", engine="e", seconds=1.0,
            written_by="composer",
        )
    )  # fmt: skip


def test_every_code_that_a_report_can_hold_has_french_words():
    assert set(reject_words()["fr"]) == {str(code) for code in RejectCode} - OF_WHOLE_FOLDERS


def test_a_french_report_says_why_in_french_and_an_english_one_in_english():
    french = report_text(document_of("fr"))
    assert "Aspect du frottis normal\u00a0: " in french
    assert "est hors de ce qui est possible" in french
    assert "The value" not in french
    assert "is outside 1.5 to 27" in report_text(document_of("en"))


def test_no_line_begins_with_a_mark_that_french_sets_apart():
    document = document_of("fr")
    document["interpretation"] = "mot " * 19 + "abcdefg ; suite du texte."
    assert not any(line.strip().startswith(";") for line in report_text(document).splitlines())
