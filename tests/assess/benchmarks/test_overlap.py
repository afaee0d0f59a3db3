"""A question copied into the training text is found, and one that only resembles it is not."""

import pytest

from hemoscribe.assess.benchmarks.overlap import find_overlap, training_texts
from hemoscribe.assess.benchmarks.questions import Question
from hemoscribe.corpus import Example, write_examples
from hemoscribe.errors import InputError

OPTIONS = ("iron", "folate", "vitamin B12", "copper")
LONG = Question(
    "long",
    "A woman of 54 years is tired, her hemoglobin is low, her cells are small and her ferritin "
    "is below the range. What does she lack?",
    OPTIONS,
    0,
)
SHORT = Question("short", "Small pale red cells lack", ("iron", "zinc"), 0)
TINY = Question("tiny", "Anemia?", ("yes", "no"), 0)
QUESTIONS = {"one": [LONG, SHORT, TINY]}


def _found(*texts):
    return find_overlap(QUESTIONS, texts)["one"]


def test_thirteen_shared_words_count_whatever_the_case_and_punctuation():
    thirteen = "WOMAN of 54 years is TIRED - her hemoglobin is low; her cells are"
    found = _found(f"Before it, other words. {thirteen} large. More words.")
    assert found["questions"] == {
        "long": "woman of 54 years is tired her hemoglobin is low her cells are"
    }


def test_twelve_shared_words_do_not():
    twelve = "of 54 years is tired, her hemoglobin is low, her cells are"
    assert len(twelve.split()) == 12
    assert _found(f"Before it. {twelve} large.")["questions"] == {}


def test_a_short_question_must_stand_there_whole_with_its_options():
    assert _found("Small pale red cells lack iron.")["questions"] == {}
    found = _found("x y Small pale red cells lack: iron, zinc. More.")
    assert found["questions"] == {"short": "small pale red cells lack iron zinc"}
    assert list(_found("small pale red cells lack iron zinc")["questions"]) == ["short"]


def test_words_do_not_match_inside_other_words():
    assert _found("Small pale red cells lack iron zincs.")["questions"] == {}


def test_a_question_too_short_to_check_is_counted():
    assert _found("Anemia? yes no") == {"questions": {}, "unchecked": 1}


def test_options_of_a_question_count_as_its_text():
    tail = "below the range what does she lack iron folate vitamin b12 copper indeed"
    assert list(_found(f"is {tail}")["questions"]) == ["long"]


def test_training_text_is_prompt_and_completion_of_a_corpus(tmp_path):
    with pytest.raises(InputError, match=r"train\.jsonl: there is no such file; --corpus takes"):
        list(training_texts(tmp_path))
    rows = [
        Example("r1", "raw", "en", "Hemoglobin 10 g/dL [12-16] ->", (29,), ("low",)),
        Example("r2", "assisted", "en", "Sodium 140", (), (), completion=LONG.question),
    ]
    write_examples(tmp_path / "train.jsonl", rows)
    assert list(find_overlap(QUESTIONS, training_texts(tmp_path))["one"]["questions"]) == ["long"]
