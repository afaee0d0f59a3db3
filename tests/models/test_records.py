"""The four documents that something is decided by: read as what they are, written as they were."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hemoscribe.corpus.review_record import read_reviews, write_reviews
from hemoscribe.engines.model import locate
from hemoscribe.errors import HemoscribeError, InputError, StageError
from hemoscribe.files import read_json, write_json
from hemoscribe.models import registry
from hemoscribe.models.assessment_record import (
    ASSESSMENT,
    AssessmentRecord,
    judgement_of,
    read_assessment,
    write_assessment,
)
from hemoscribe.models.tune_record import read_tune_record, tune_record_of, write_tune_record
from hemoscribe.stages import MANIFEST, manifest_in, manifest_of, read_manifest, write_manifest
from hemoscribe.stages.typed_document import write_document

SOURCE = Path(registry.__file__).parents[1]
GOLDEN = Path(__file__).parent / "golden"
GATE = {
    "name": "accuracy",
    "label": "accuracy",
    "comparison": ">",
    "target": 0.9,
    "value": 1,
    "met": True,
    "sentence": "Accuracy: met.",
}
ASSESSED = {"tracks": {}, "gates": [GATE], "may_write": {"value": True, "sentence": "It may."}}
TUNED = {
    "base": "tiny",
    "licence": "MIT",
    "start_from": None,
    "settings": {"max_tokens": 512, "batch": 8},
    "tokens_per_second": 812.5,
    "seconds": 12,
    "loss": 0.31,
    "steps": 6,
    "stopped_early": False,
    "plan": {"method": "lora", "micro_batch": 4, "accumulation": 2, "checkpointing": False},
    "examples": 48,
    "truncated": 0,
    "validation": [{"step": 3, "loss": 0.4}],
}
REVIEW = {
    "report_id": "R1",
    "patient_id": None,
    "split": None,
    "language": "fr",
    "decision": "corrected",
    "interpretation": "Hyperkaliémie sévère :\u2028à contrôler.",
    "follow_up": "Refaire le dosage.",
    "draft": "Interprétation : normal.",
    "panel": {
        "sex": "F",
        "age_years": 54,
        "pregnant": None,
        "results": [{"analyte": "Potassium", "value": "7.1", "unit": None, "loinc": None}],
    },
    "failed_checks": [{"code": "omissions", "message": "Left out: Sodium."}],
    "correct": 4,
    "useful": None,
    "safe": 5,
    "model": "m1",
    "reviewed_at": "2026-11-20T08:00:00+00:00",
}


def as_lines(*reviews: object) -> str:
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in reviews)


def model_in(folder: Path) -> Path:
    """A folder that is taken for a model, as far as it is located."""
    folder.mkdir()
    for name in ("config.json", "chat.json"):
        (folder / name).write_text("{}")
    return folder


def test_an_assessment_of_version_0_1_0_is_read_and_written_as_it_was(tmp_path: Path) -> None:
    path = GOLDEN / "assessment-0.1.0.json"
    record = read_assessment(path)
    assert record.lets_write
    assert record.measured is None
    assert record.headline.value("accuracy") == 1.0
    assert record.latency is not None
    assert [gate.met for gate in record.gates] == [True, True, True]
    write_assessment(tmp_path / "again.json", record)
    assert (tmp_path / "again.json").read_bytes() == path.read_bytes()


def test_a_manifest_of_version_0_1_0_is_read_and_written_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / MANIFEST
    path.write_bytes((GOLDEN / "manifest-0.1.0.json").read_bytes())
    manifest = read_manifest(tmp_path, stage="assess")
    assert (manifest.format, manifest.code) == (1, {})
    assert "assessment.json" in manifest.files
    assert manifest_of(tmp_path) == manifest == manifest_in(tmp_path)
    write_document(path, manifest)
    assert path.read_bytes() == (GOLDEN / "manifest-0.1.0.json").read_bytes()


def test_a_manifest_holds_the_same_keys_in_the_same_order(tmp_path: Path) -> None:
    (tmp_path / "rows.txt").write_text("1\n")
    given_summary = {"rows": 1, "by": {"b": 2.0, "a": None}}
    made = write_manifest(
        tmp_path, stage="curate", inputs={"b": "1", "a": "2"}, settings={"x": [1]},
        summary=given_summary, code={"b.py": "3", "a.py": "4"},
    )  # fmt: skip
    found = read_json(tmp_path / MANIFEST)
    assert list(found) == [
        "format", "stage", "key", "inputs", "settings", "code", "versions", "summary", "files",
    ]  # fmt: skip
    assert list(found["inputs"]) == ["a", "b"]
    assert found["summary"] == given_summary
    assert manifest_in(tmp_path) == made


def test_a_record_of_tuning_is_read_and_written_as_it_was(tmp_path: Path) -> None:
    write_json(tmp_path / "wanted.json", TUNED)
    write_tune_record(tmp_path, TUNED)
    assert (tmp_path / "tune.json").read_bytes() == (tmp_path / "wanted.json").read_bytes()
    assert read_tune_record(tmp_path).rows_seen == 48
    assert tune_record_of(tmp_path / "nowhere") is None


def test_a_review_is_read_and_written_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "one.jsonl").write_text(as_lines(REVIEW, {**REVIEW, "report_id": "R2"}))
    reviews = read_reviews(tmp_path / "one.jsonl")
    assert [one.report_id for one in reviews] == ["R1", "R2"]
    assert reviews[0].panel_read().results[0].value == "7.1"
    write_reviews(tmp_path / "two.jsonl", reviews)
    assert (tmp_path / "two.jsonl").read_bytes() == (tmp_path / "one.jsonl").read_bytes()


def test_damage_is_one_sentence_that_names_the_place(tmp_path: Path) -> None:
    assessment, manifest, tuned = (tmp_path / name for name in (ASSESSMENT, MANIFEST, "tune.json"))
    write_json(assessment, {**ASSESSED, "gates": [{**GATE, "met": "yes"}]})
    with pytest.raises(StageError, match=r"assessment\.json: is no assessment \(gates\.0\.met: "):
        read_assessment(assessment)
    write_json(manifest, {"stage": "curate", "files": []})
    with pytest.raises(StageError, match=r"manifest\.json: is no manifest of a stage \(key: "):
        read_manifest(tmp_path, stage="curate")
    assert manifest_of(tmp_path) is None
    write_json(tuned, {**TUNED, "plan": {"micro_batch": 4}})
    with pytest.raises(StageError, match=r"no record of tuning \(plan\.accumulation: "):
        read_tune_record(tmp_path)
    reviews = tmp_path / "reviews.jsonl"
    reviews.write_text(as_lines(REVIEW, {**REVIEW, "decision": "rejected"}))
    with pytest.raises(InputError, match=r"reviews\.jsonl, line 2: it is no review \(decision: "):
        read_reviews(reviews)
    reviews.write_text(as_lines(REVIEW) + "{half a l")
    with pytest.raises(InputError, match=r"line 2: it is not JSON"):
        read_reviews(reviews)
    for path, read in ((assessment, read_assessment), (reviews, read_reviews)):
        path.write_bytes(b"\xff\xfe\x00")
        with pytest.raises(InputError):
            read(path)


def test_a_damaged_assessment_is_not_registered(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    write_tune_record(folder, TUNED)
    write_manifest(folder, stage="tune", inputs={}, settings={}, summary={"base": "tiny"})
    write_json(tmp_path / ASSESSMENT, {**ASSESSED, "may_write": True})
    with pytest.raises(StageError, match=r"no assessment \(may_write: "):
        registry.register(folder, assessment=tmp_path / ASSESSMENT, name="ours")
    assert registry.entries() == []


def may_write(folder: Path, document: object) -> bool:
    """Whether a model with this beside it writes; one that is not loaded does not."""
    write_json(folder / ASSESSMENT, document)
    try:
        return locate(str(folder)).may_write
    except HemoscribeError:
        return False


def test_only_a_judgement_that_says_so_lets_a_model_write(tmp_path: Path) -> None:
    folder = model_in(tmp_path / "model")
    assert not locate(str(folder)).may_write
    assert may_write(folder, ASSESSED)
    assert not may_write(folder, {**ASSESSED, "may_write": {"value": False, "sentence": ""}})
    assert not may_write(folder, {name: ASSESSED[name] for name in ("tracks", "gates")})
    (folder / ASSESSMENT).write_text('{"may_write": {"value": tr')
    with pytest.raises(InputError, match=r"assessment\.json, line 1: it is not valid JSON"):
        locate(str(folder))


NOT_TRUE = st.recursive(
    st.none() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=4,
)


@given(st.one_of(NOT_TRUE, st.booleans(), st.fixed_dictionaries({"value": NOT_TRUE})))
def test_a_pen_of_the_wrong_type_never_lets_a_model_write(pen: Any) -> None:
    for given_pen in (pen, {"value": pen if pen is not True else 1, "sentence": "It may."}):
        try:
            record = AssessmentRecord.model_validate({**ASSESSED, "may_write": given_pen})
        except ValueError:
            continue
        assert not record.lets_write


def test_a_summary_without_gates_promotes_nobody() -> None:
    for gates in ([], None):
        with pytest.raises(StageError, match=r"is no assessment \(gates: "):
            judgement_of({**ASSESSED, "gates": gates})


WHERE = {
    "manifest.json": {"stages/manifest.py"},
    "tune.json": {"models/tune_record.py"},
    "assessment.json": {"models/assessment_record.py"},
}


@pytest.mark.parametrize("name", WHERE)
def test_each_document_is_named_in_one_place(name: str) -> None:
    found = {
        str(path.relative_to(SOURCE))
        for path in SOURCE.rglob("*.py")
        if re.search(rf'(?<!`)"{re.escape(name)}"', path.read_text("utf-8"))
    }
    assert found == WHERE[name]


def test_nothing_reads_one_of_them_as_a_dictionary() -> None:
    document = r"read_json\([^\n]*(?:\bMANIFEST|\bTUNE|\bASSESSMENT)\b"
    pen = r"""["']may_write["'][\])]\s*(?:\.get\(|\[)["']value"""
    for path in SOURCE.rglob("*.py"):
        text = path.read_text("utf-8")
        if str(path.relative_to(SOURCE)) != "stages/manifest.py":
            assert not re.search(document, text), path
        assert not re.search(pen, text), path
