"""The page of results tells every metric that an assessment holds, and what was not run."""

import json
import re
from pathlib import Path

import pytest

from hemoscribe.assess import assess
from hemoscribe.assess.cases import assess_cases
from hemoscribe.assess.held_out import held_out
from hemoscribe.assess.results import evaluation_sets, results_page
from hemoscribe.assess.results.__main__ import main
from hemoscribe.assess.results.figures import estimate_words, is_estimate
from hemoscribe.assess.results.ran import as_it_ran
from hemoscribe.errors import InputError
from hemoscribe.files import write_json
from hemoscribe.settings import AssessSettings, Settings
from hemoscribe.stages import Manifest

ROOT = Path(__file__).resolve().parents[3]
SETTINGS = Settings(assess=AssessSettings(written=6, bootstrap=100, reports=12))


@pytest.fixture(scope="module")
def runs(curated, planted, tmp_path_factory):
    root = tmp_path_factory.mktemp("runs")
    model = planted(held_out(curated, "all"))
    model.name = "/somewhere/else/model"
    assess(
        model,
        curated,
        settings=SETTINGS,
        out=root / "au_reports",
        split="validation",
        against=[],
    )
    assess_cases(out=root / "cases")
    return root


@pytest.fixture(scope="module")
def page(runs):
    return results_page(runs)


def section(page, title):
    return page.split(f"\n## {title}\n")[1].split("\n## ")[0]


def estimates(value):
    if is_estimate(value):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from estimates(one)


def test_every_estimate_of_every_track_and_baseline_is_on_the_page(runs, page):
    document = json.loads((runs / "au_reports/assessment.json").read_text("utf-8"))
    shown = section(page, "Printed hospital reports (Australia)")
    for name, track in document["tracks"].items():
        wanted = [
            *estimates({key: track[key] for key in track if is_estimate(track[key])}),
            *estimates(track["by_language"]),
            *estimates(track["writing_by_language"]),
            *estimates(track["laboratory"]),
        ]
        assert len(wanted) > 30, name
        assert not [one for one in wanted if estimate_words(one) not in shown]
    for row in document["baselines"].values():
        measured = {key: row[key] for key in row if is_estimate(row[key])}
        assert len(measured) == 3
        assert not [one for one in estimates(measured) if estimate_words(one) not in shown]
        paired = list(estimates(row["paired"]))
        assert not [one for one in paired if estimate_words(one, signed=True) not in shown]
    for part in document["tracks"]["raw"]["worst_recall"]:
        assert f"| {part['dimension']}: {part['name']} |" in shown
    for gate in document["gates"]:
        assert gate["sentence"] in shown


def test_columns_are_the_tracks_in_order_and_rows_name_their_metric(runs, page):
    document = json.loads((runs / "au_reports/assessment.json").read_text("utf-8"))
    cells = [
        estimate_words(document["tracks"][track]["abnormal_recall"]) for track in document["tracks"]
    ]
    assert f"| abnormal recall | {' | '.join(cells)} |" in page


def test_a_set_that_was_not_run_is_said_and_its_commands_stand(page):
    for one in evaluation_sets():
        shown = section(page, one.title)
        listed = one.shown_commands()
        for command in listed[:-1] if one.id == "au_reports" else listed:
            assert f"    {command}\n" in shown
        assert ("Not run for this version." in shown) == (one.id not in ("au_reports", "cases"))


def test_the_command_printed_is_the_one_that_was_run(page):
    """Twelve reports by the settings, six texts, the validation side: as the fixture asked."""
    wanted = (
        "    HEMOSCRIBE_ASSESS__WRITTEN=6 HEMOSCRIBE_ASSESS__BOOTSTRAP=100 hemoscribe assess "
        "shipped runs/results/work/au_reports/curated --split validation --limit 12 "
        "--out runs/results/au_reports\n"
    )
    assert wanted in section(page, "Printed hospital reports (Australia)")


def test_a_run_against_others_names_them_and_its_tracks():
    settings = {"split": "test", "truth": "laboratory", "tracks": ["raw"], "limit": None}
    manifest = Manifest(
        stage="assess",
        key="",
        inputs={"against base model, few-shot": "x", "against base model, zero-shot": "y"},
        settings={**settings, "assess": {"range_jitter": 0.3}},
        versions={},
        summary={},
        files={},
    )
    assert as_it_ran("X=1 hemoscribe assess shipped DIR --limit 9 --out OUT", manifest) == (
        "HEMOSCRIBE_ASSESS__RANGE_JITTER=0.3 hemoscribe assess shipped DIR --truth laboratory "
        "--track raw --against few-shot --against base --out OUT"
    )


def test_cases_are_counted_and_what_is_not_met_is_named(runs, page):
    document = json.loads((runs / "cases/cases.json").read_text("utf-8"))
    shown = section(page, "Real cases")
    assert f"{len(document['cases'])} cases: {document['met']} met" in shown
    left = [case["id"] for case in document["cases"] if case["state"] != "met"]
    assert re.findall(r"^- `(\w+)`", shown, flags=re.MULTILINE) == left


def test_no_place_of_the_machine_is_on_the_page(page, runs):
    assert "Model `model` on none" in page
    assert "/somewhere" not in page
    assert str(runs) not in page


def test_a_diagnosis_is_told_by_category(tmp_path):
    share = {"value": 0.25, "low": 0.1, "high": 0.4, "n": 40}
    document = {
        "assessed_at": "2026-01-01 00:00 UTC",
        "versions": {"python": "3.11"},
        "patients": 80,
        "results": 800,
        "rejects": 1,
        "categories": {"donor": 40, "cirrhosis": 40},
        "findings": [{"label": "any", "shares": {"donor": share, "cirrhosis": share}}],
        "tests": [{"of": "cirrhosis", "by": "any", "sensitivity": share, "specificity": share}],
        "notes": ["A note."],
    }
    write_json(tmp_path / "uci_hcv/uci_hcv.json", document)
    words = estimate_words(share)
    assert words == "0.2500 (0.1000 to 0.4000), n 40"
    page = results_page(tmp_path)
    assert f"| any | {words} | {words} |" in page
    assert f"| cirrhosis | any | {words} | {words} |" in page
    assert "- A note." in page


def test_nothing_run_is_refused_with_what_is_wanted(tmp_path):
    with pytest.raises(InputError, match=r"nhanes/assessment\.json.*run the commands"):
        results_page(tmp_path)
    with pytest.raises(InputError, match="Name two"):
        main([str(tmp_path)])


def test_the_command_writes_the_page(runs, page, tmp_path):
    main([str(runs), str(tmp_path / "results.md")])
    assert (tmp_path / "results.md").read_text("utf-8") == page


def test_every_set_has_its_page_in_the_docs_and_a_file_of_its_own():
    sets = evaluation_sets()
    assert len({one.file for one in sets}) == len(sets)
    for one in sets:
        assert (ROOT / "docs" / one.page).is_file(), one.id
        assert one.commands
        assert one.file.split("/")[0] in one.commands[-1]
