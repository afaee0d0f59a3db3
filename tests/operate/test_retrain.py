"""When a challenger is promoted, when it is not, when it is not yet time, and on which rows."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hemoscribe import audit_log
from hemoscribe.corpus import build
from hemoscribe.errors import InputError
from hemoscribe.files import fingerprint, read_json, write_json
from hemoscribe.models import registry
from hemoscribe.models.assessment_record import Judgement, judgement_of
from hemoscribe.operate.contest import decide
from hemoscribe.operate.promotion import promote, rollback
from hemoscribe.operate.retrain import retrain
from hemoscribe.operate.retrain_corpus import add_reviews
from hemoscribe.operate.retrain_rows import champion_rows
from hemoscribe.settings import CorpusSettings, Settings
from hemoscribe.stages import MANIFEST, write_manifest


def assessed(accuracy: float | None, recall: float | None, *, met: bool = True) -> Judgement:
    gate = {
        "name": "accuracy",
        "label": "accuracy",
        "comparison": ">",
        "target": 0.9,
        "value": accuracy,
        "met": met,
        "sentence": "Accuracy: 80.0%: NOT met.",
    }
    raw = {"accuracy": {"value": accuracy}, "abnormal_recall": {"value": recall}}
    return judgement_of({"tracks": {"raw": raw}, "gates": [gate]})


def test_a_better_challenger_is_promoted_and_both_numbers_are_told():
    promoted, why = decide(assessed(0.90, 0.91), assessed(0.95, 0.96), Settings())
    assert promoted
    assert "0.9500 against 0.9000" in why
    assert "0.9600 against 0.9100" in why


@pytest.mark.parametrize(
    ("accuracy", "recall", "promoted"),
    [
        (0.950, 0.950, True),  # the same
        (0.948, 0.948, True),  # under by exactly what is allowed
        (0.9479, 0.950, False),
        (0.950, 0.9479, False),
        (0.999, 0.900, False),  # accuracy does not pay for recall
    ],
)
def test_no_more_is_lost_than_is_allowed(accuracy: float, recall: float, promoted: bool):
    found, why = decide(assessed(0.95, 0.95), assessed(accuracy, recall), Settings())
    assert found is promoted
    if not promoted:
        assert "at most 0.002 is allowed" in why


def test_a_gate_that_is_not_met_refuses_in_its_own_words():
    promoted, why = decide(assessed(0.5, 0.5), assessed(0.8, 0.8, met=False), Settings())
    assert not promoted
    assert "NOT met" in why


def test_what_could_not_be_measured_is_not_promoted():
    promoted, why = decide(assessed(0.9, 0.9), assessed(0.9, None), Settings())
    assert not promoted
    assert "recall of abnormal results could not be measured" in why
    promoted, _ = decide(assessed(0.9, None), assessed(0.9, 0.9), Settings())
    assert promoted


def fake_model(folder: Path, corpus: Path | None = None) -> Path:
    """A folder that the registry takes for the output of ``tune``."""
    folder.mkdir(parents=True)
    write_json(folder / "tune.json", {"base": "tiny", "made_in": str(folder)})
    inputs = (
        {} if corpus is None else {"corpus": fingerprint(read_json(corpus / MANIFEST)["files"])}
    )
    write_manifest(folder, stage="tune", inputs=inputs, settings={}, summary={"base": "tiny"})
    return folder


@pytest.fixture
def champion(tmp_path: Path) -> str:
    name = registry.register(fake_model(tmp_path / "model"), name="first")
    promote(name, "first")
    return name


def test_before_its_day_nothing_is_done_and_it_says_when(champion, tmp_path: Path):
    found = retrain(Settings(runs=tmp_path / "runs"))
    due = datetime.now(UTC) + timedelta(days=31)
    assert found["decision"] == "not due"
    assert found["challenger"] is None
    assert f"{due:%Y-%m-%d}" in found["why"]
    assert "--now" in found["why"]
    assert not (tmp_path / "runs").exists()


def test_from_its_day_on_it_is_done(champion, tmp_path: Path, state_home: Path):
    pointer = registry.registry_folder() / "champion.json"
    record = read_json(pointer)
    record["history"][-1]["at"] = (datetime.now(UTC) - timedelta(days=31)).isoformat()
    write_json(pointer, record)
    with pytest.raises(InputError, match="--curated"):  # it begins, and asks for rows
        retrain(Settings(runs=tmp_path / "runs"))


def test_rows_that_are_not_known_are_asked_for(champion, tmp_path: Path):
    with pytest.raises(InputError, match="name a curated folder with --curated"):
        retrain(Settings(runs=tmp_path / "runs"), now=True)


def test_the_champions_rows_are_found_by_content_wherever_the_run_was_moved(cohort, tmp_path: Path):
    run = tmp_path / "elsewhere" / "november"
    run.mkdir(parents=True)
    (run / "curate").symlink_to(cohort.curated)
    build(cohort.curated, run / "corpus", CorpusSettings(max_examples=30))
    promote(registry.register(fake_model(run / "tune", run / "corpus"), name="a"), "why")
    settings = Settings(runs=tmp_path / "elsewhere")
    found = champion_rows(settings)
    assert found is not None
    assert found.resolve() == cohort.curated.resolve()
    assert champion_rows(Settings(runs=tmp_path / "nowhere")) is None


def test_rows_are_found_behind_a_corpus_with_reviews_too(cohort, tmp_path: Path):
    run = tmp_path / "runs" / "retrain" / "abc"
    run.mkdir(parents=True)
    (tmp_path / "runs" / "november").mkdir()
    (tmp_path / "runs" / "november" / "curate").symlink_to(cohort.curated)
    build(cohort.curated, run / "rows", CorpusSettings(max_examples=30))
    (run / "chosen.jsonl").write_text("")
    add_reviews(run / "rows", run / "chosen.jsonl", run / "corpus", weight=2)
    promote(registry.register(fake_model(run / "tune", run / "corpus"), name="b"), "why")
    found = champion_rows(Settings(runs=tmp_path / "runs"))
    assert found is not None
    assert found.resolve() == cohort.curated.resolve()


def test_promotions_and_rollbacks_are_in_the_audit_log(champion, tmp_path: Path, state_home: Path):
    second = registry.register(fake_model(tmp_path / "second"), name="second")
    assert promote(second, "better")["before"] == "first"
    assert rollback("worse after all") == {
        "champion": "first",
        "before": "second",
        "why": "worse after all",
    }
    assert rollback("to the shipped one")["champion"] is None
    lines = (state_home / audit_log.AUDIT_FILE).read_text(encoding="utf-8").splitlines()
    events = [(line["what"], line["details"]["model"]) for line in map(json.loads, lines)]
    assert events == [
        ("promote", "first"),
        ("promote", "second"),
        ("rollback", "first"),
        ("rollback", None),
    ]
