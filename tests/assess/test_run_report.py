"""The page of a whole run: everything a person asks first, from the stages' own summaries."""

import json
from html.parser import HTMLParser

import pytest

from hemoscribe.assess import assess, run_report
from hemoscribe.assess.held_out import held_out
from hemoscribe.engines import report_document
from hemoscribe.engines.interpreter import interpret
from hemoscribe.files import read_json
from hemoscribe.settings import AssessSettings, Settings
from hemoscribe.stages import read_manifest

VOID = {"meta", "br", "link", "img", "hr", "input"}


class Balanced(HTMLParser):
    """Fails on a tag that is closed but not open; ``open`` is what was never closed."""

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def example(model, held, language):
    """The first report of a language that has findings, interpreted."""
    reading = next(
        reading
        for reading, own in zip(held.readings, held.languages, strict=True)
        if own == language and reading.findings
    )
    return report_document(interpret(model, reading.panel, language=language))


@pytest.fixture(scope="module")
def run_folder(curated, planted, tmp_path_factory):
    """A run's folder with its page: (page, assessment, stages)."""
    root = tmp_path_factory.mktemp("run")
    held = held_out(curated, "all")
    model = planted(held)
    summary = assess(
        model,
        curated,
        settings=Settings(assess=AssessSettings(written=10, bootstrap=100)),
        limit=15,
        out=root / "assess",
    )
    (root / "tune").mkdir()
    lines = [
        {"step": step, "loss": 2.0 / step, "slot_accuracy": 1 - 1 / step} for step in range(1, 41)
    ]
    lines.append({"step": 40, "validation": {"slot_accuracy": 0.97, "abnormal_recall": 0.9}})
    (root / "tune" / "metrics.jsonl").write_text(
        "".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8"
    )
    stages = {
        "read": {"reports": 360, "rejects_by_code": {"not_a_number": 3, "unknown_analyte": 12}},
        "curate": read_manifest(curated, stage="curate").summary,
        "tune": {"model": str(root / "tune"), "loss": 0.05, "skipped": True},
        "assess": summary,
        "register": {"name": "laptop-1", "promoted": False},
    }
    document = read_json(root / "assess" / "assessment.json")
    examples = [example(model, held, language) for language in ("en", "fr")]
    examples[0]["interpretation"] += " <script>alert(1)</script>"
    path = run_report(stages, document, examples, root / "report.html")
    return path.read_text(encoding="utf-8"), document, stages


def test_the_page_tells_the_run_from_what_went_in_to_what_came_out(run_folder):
    page, document, stages = run_folder
    order = [
        "Gates",
        "What went in",
        "Set aside by read",
        "The split",
        "Training",
        "What was measured",
        "as a reader sees them",
        "Where things are",
    ]
    places = [page.index(words) for words in order]
    assert places == sorted(places)
    assert "unknown analyte" in page
    assert "reports 360" in page
    assert "already complete" in page
    assert "name: laptop-1, promoted: no" in page
    assert "Training loss from 2 to 0.05 in 40 steps." in page
    assert stages["tune"]["model"] in page
    for gate in document["gates"]:
        assert gate["sentence"].split(":")[0] in page.replace("&#39;", "'")
    train = stages["curate"]["splits"]["train"]["reports"]
    assert f"reports {train:,}" in page


def test_both_languages_are_shown_and_nothing_of_a_report_becomes_markup(run_folder):
    page, _, _ = run_folder
    assert "Conduite à tenir" in page
    assert "Follow-up" in page
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_the_page_stands_alone_and_every_tag_is_closed(run_folder):
    page, _, _ = run_folder
    parser = Balanced()
    parser.feed(page)
    assert parser.open == []
    outside = page.replace("http://www.w3.org/2000/svg", "")
    assert "http://" not in outside
    assert "https://" not in outside
    assert "<link" not in page


def test_the_assessments_own_page_is_well_formed_too(run_folder):
    from hemoscribe.assess.assessment_page import assessment_page

    _, document, _ = run_folder
    document = json.loads(json.dumps(document))
    document["tracks"]["raw"]["slices"][0]["name"] = '"><b>site</b>'
    page = assessment_page(document)
    parser = Balanced()
    parser.feed(page)
    assert parser.open == []
    assert "<b>site" not in page


def test_a_run_without_a_training_curve_still_has_its_page(run_folder, tmp_path):
    _, document, _ = run_folder
    path = run_report({"tune": {"loss": 0.1}}, document, [], tmp_path / "report.html")
    page = path.read_text(encoding="utf-8")
    assert "What was measured" in page
    assert "<h2>Training</h2>" not in page
