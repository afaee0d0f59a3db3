"""Question files are read whole or refused with the place and what to do."""

import json

import pytest

from hemoscribe.assess.benchmarks.benchmark_list import catalogue
from hemoscribe.assess.benchmarks.questions import YES_NO_MAYBE, read_examples, read_questions
from hemoscribe.errors import SourceError

from .conftest import OPTIONS, right_option


@pytest.mark.parametrize("name", list(catalogue()))
def test_every_benchmark_gives_its_questions_with_the_right_option(name, all_questions):
    entry = catalogue()[name]
    found = read_questions(entry, all_questions)
    assert len(found) == entry.questions
    assert [one.answer for one in found[:10]] == [right_option(number) for number in range(10)]
    assert found[3].question == "Which of these is number 3?"
    assert found[3].options == (YES_NO_MAYBE if name == "pubmedqa" else OPTIONS)
    assert len({one.id for one in found}) == len(found)


def test_the_abstract_comes_with_the_question_and_counts_as_its_text(all_questions):
    question = read_questions(catalogue()["pubmedqa"], all_questions)[0]
    assert question.context == "One part.\nAnother part."
    assert question.text.startswith("One part.\nAnother part.\nWhich of these")


def test_examples_are_the_first_of_the_dev_part(all_questions):
    found = read_examples(catalogue()["mmlu_anatomy"], all_questions, 2)
    assert [one.question for one in found] == [
        "Which of these is number 0?",
        "Which of these is number 1?",
    ]
    assert read_examples(catalogue()["medqa"], all_questions, 0) == []


def _change(path, line, **fields):
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[line] = json.dumps({**json.loads(lines[line]), **fields})
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "fields", "reason"),
    [
        ("medmcqa", {"cop": 0}, "line 8: `cop` is 0, and a number from 1 to 4 is needed"),
        ("medmcqa", {"cop": 5}, "line 8: `cop` is 5"),
        ("medmcqa", {"cop": "2"}, "line 8: `cop` is '2'"),
        ("medmcqa", {"opc": " "}, "line 8: a text of it is empty"),
        ("medmcqa", {"id": "q3"}, "line 8: question q3 is there twice"),
        ("medqa", {"answer_idx": "E"}, "line 8: its answer is 'E'"),
        ("medqa", {"answer": "fifth"}, "line 8: its answer is not the option"),
        ("medqa", {"options": {"A": "one"}}, "line 8: it is no question of MedQA"),
        ("medqa", {"options": None}, "line 8: it is no question of MedQA"),
    ],
)
def test_a_wrong_question_is_named_by_its_line(name, fields, reason, question_folder):
    entry = catalogue()[name]
    _change(question_folder / entry.file, 7, **fields)
    with pytest.raises(SourceError, match=entry.file) as caught:
        read_questions(entry, question_folder)
    assert reason in str(caught.value)
    assert caught.value.exit_code == 3


def test_a_row_of_mmlu_with_other_cells_is_named(question_folder):
    entry = catalogue()["mmlu_anatomy"]
    with (question_folder / entry.file).open("a", encoding="utf-8") as file:
        file.write("A question,one,two,A\n")
    with pytest.raises(SourceError, match="row 136: it has 4 cells, and 6 are needed"):
        read_questions(entry, question_folder)


def test_an_unknown_decision_of_pubmedqa_is_named(question_folder):
    entry = catalogue()["pubmedqa"]
    path = question_folder / entry.file
    entries = json.loads(path.read_text(encoding="utf-8"))
    entries["17"]["final_decision"] = "perhaps"
    path.write_text(json.dumps(entries), encoding="utf-8")
    with pytest.raises(SourceError, match="question 17: `final_decision` is 'perhaps'"):
        read_questions(entry, question_folder)


def test_a_file_of_another_length_is_refused(question_folder):
    entry = catalogue()["medqa"]
    path = question_folder / entry.file
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(lines[:-1]) + "\n", encoding="utf-8")
    with pytest.raises(SourceError, match=r"holds 1,272 questions and .* has 1,273"):
        read_questions(entry, question_folder)


@pytest.mark.parametrize("name", ["medqa", "medmcqa", "mmlu_anatomy", "pubmedqa"])
@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00garbage", b"[1, 2]", b'{"a": 1}\n{', b'"'])
def test_no_other_content_passes_for_a_question_file(name, content, tmp_path):
    entry = catalogue()[name]
    path = tmp_path / entry.file
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    with pytest.raises(SourceError, match=path.name):
        read_questions(entry, tmp_path)


def test_a_missing_file_is_named(question_folder):
    entry = catalogue()["mmlu_anatomy"]
    (question_folder / entry.file).unlink()
    with pytest.raises(SourceError, match=r"anatomy_test.csv: there is no such file"):
        read_questions(entry, question_folder)


@pytest.mark.shared
def test_the_real_files_hold_what_is_published(shared_data):
    folder = shared_data / "benchmarks"
    found = {name: read_questions(entry, folder) for name, entry in catalogue().items()}
    assert sum(map(len, found.values())) == 1273 + 4183 + 1089 + 500
    first = found["medmcqa"][0]
    assert first.options[first.answer] == (
        "Impulse through myelinated fibers is slower than non-myelinated fibers"
    )  # the option that is not true of myelinated fibres: `cop` counts from 1
    cannula = found["mmlu_clinical_knowledge"][0]
    assert cannula.options[cannula.answer] == "18 gauge."
    assert [one.answer for one in found["pubmedqa"]].count(0) == 276
    assert all(
        len(read_examples(entry, folder, 5)) == 5
        for entry in catalogue().values()
        if entry.examples
    )
