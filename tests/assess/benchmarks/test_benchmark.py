"""The whole command: a tuned model and its base, resumed, recorded, and refused with a sentence."""

import json
import socket

import pytest

from hemoscribe.assess.benchmarks import benchmark, harness
from hemoscribe.cli import main
from hemoscribe.errors import InputError

TASKS = ("mmlu_anatomy", "medqa")


@pytest.fixture
def run(tuned_model, all_questions, tmp_path):
    """The command on a tuned model with few questions."""

    def put(**options):
        chosen = {"limit": 6, "out": tmp_path / "out", **options}
        tasks = chosen.pop("tasks", TASKS)
        return benchmark(str(tuned_model), tasks, data=all_questions, **chosen)

    return put


def test_a_tuned_model_and_its_base_beside_each_other_without_a_network(
    run, tmp_path, tiny_base, monkeypatch
):
    pytest.importorskip("lm_eval", reason="the `bench` extra is not installed")

    def refuse(*_):
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    asked = []
    true_put = harness.put

    def stopped(task, *rest):
        if len(asked) == 1:
            raise KeyboardInterrupt
        asked.append(task.name)
        return true_put(task, *rest)

    monkeypatch.setattr(harness, "put", stopped)
    with pytest.raises(KeyboardInterrupt):
        run()
    assert len(list((tmp_path / "out" / "answers").iterdir())) == 1

    def counted(task, *rest):
        asked.append(task.name)
        return true_put(task, *rest)

    monkeypatch.setattr(harness, "put", counted)
    summary = run()
    assert asked == ["mmlu_anatomy", "medqa", "mmlu_anatomy", "medqa"]  # none put twice
    assert summary["base"] == str(tiny_base)
    assert summary["tasks"]["medqa"]["n"] == 6
    document = json.loads((tmp_path / "out" / "benchmark.json").read_text(encoding="utf-8"))
    assert document["lm_eval"] == harness.VERSION
    assert document["model"]["sha256"] != document["base"]["sha256"]
    assert document["dtype"] in ("bfloat16", "float32")
    records = [
        json.loads(path.read_text(encoding="utf-8"))
        for path in (tmp_path / "out" / "answers").iterdir()
    ]
    assert len(records) == 4
    for record in records:
        correct = [
            right == chosen
            for right, chosen in zip(
                record["answers"]["right"], record["answers"]["chosen"], strict=True
            )
        ]
        assert record["accuracy"] == pytest.approx(sum(correct) / 6)  # lm-eval's own figure
        assert record["seconds"] > 0

    def unwanted(*_):
        raise AssertionError("a question was put again")

    monkeypatch.setattr(harness, "put", unwanted)
    again = run()
    assert again["tasks"] == summary["tasks"]
    assert "redone" not in again
    manifest = tmp_path / "out" / "manifest.json"
    kept = json.loads(manifest.read_text(encoding="utf-8"))
    assert "assess/benchmarks/harness.py" in kept["code"]
    manifest.write_text(json.dumps({**kept, "settings": {}}), encoding="utf-8")
    assert "few_shot" in run()["redone"]
    with pytest.raises(AssertionError, match="put again"):
        run(limit=5)  # another setting is another measurement


def test_the_folder_of_somebody_else_is_refused(run, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.docx").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match=r"thesis\.docx, which `hemoscribe benchmark` did not"):
        run()
    assert (tmp_path / "out" / "thesis.docx").read_text(encoding="utf-8") == "mine"


def _exit(capsys, *arguments):
    with pytest.raises(SystemExit) as done:
        main(["benchmark", *map(str, arguments)])
    return done.value.code, capsys.readouterr().err


def test_an_unknown_task_is_wrong_usage(capsys, all_questions):
    code, said = _exit(capsys, "shipped", "--tasks", "medqb", "--data", all_questions)
    assert code == 2
    assert said == (
        "hemoscribe: --tasks medqb: name some of medqa, medmcqa, mmlu_clinical_knowledge, "
        "mmlu_anatomy, mmlu_college_biology, mmlu_college_medicine, mmlu_medical_genetics, "
        "mmlu_professional_medicine, pubmedqa, or all.\n"
    )


def test_a_missing_folder_is_refused_input(capsys, tmp_path):
    code, said = _exit(capsys, "shipped", "--data", tmp_path / "nowhere")
    assert code == 3
    assert "nowhere: there is no such folder; name the one with the question files" in said
    code, said = _exit(capsys, "shipped")
    assert code == 3  # the default folder, which the state folder of this test has not
    assert "benchmarks: there is no such folder" in said


def test_a_short_question_file_is_refused_input(capsys, question_folder):
    path = question_folder / "medqa_us_4options_test.jsonl"
    path.write_text(path.read_text(encoding="utf-8").split("\n")[0] + "\n", encoding="utf-8")
    code, said = _exit(capsys, "shipped", "--tasks", "medqa", "--data", question_folder)
    assert code == 3
    assert "it holds 1 questions and MedQA, USMLE, 4 options has 1,273" in said


def test_a_machine_without_lm_eval_is_told_the_command(capsys, all_questions, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    code, said = _exit(capsys, "shipped", "--data", all_questions)
    assert code == 4
    assert said == (
        'hemoscribe: lm-eval is not installed; run `pip install "lm-eval[hf]==0.4.13"`.\n'
    )
