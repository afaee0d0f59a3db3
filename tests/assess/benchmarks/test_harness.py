"""What lm-eval puts to a model: the prompts of its own tasks, one forward pass a question."""

import socket
from pathlib import Path

import pytest
import yaml

from hemoscribe.assess.benchmarks.benchmark_list import catalogue
from hemoscribe.assess.benchmarks.harness import put, require_lm_eval
from hemoscribe.assess.benchmarks.questioned_model import subject, tokenizer_of
from hemoscribe.assess.benchmarks.questions import LETTERS, read_examples, read_questions
from hemoscribe.assess.benchmarks.scoring import one_pass_model, score
from hemoscribe.errors import MissingError

lm_eval = pytest.importorskip("lm_eval", reason="the `bench` extra is not installed")


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Any connection is a fault."""

    def refuse(*_):
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def _recorder(likes):
    """An lm-eval model that keeps what it is asked and finds ``likes(place)`` the likeliest."""
    from lm_eval.api.model import LM

    class Recorder(LM):
        forward_passes = cut = 0
        asked: tuple = ()

        def loglikelihood(self, requests, disable_tqdm=False):
            self.asked = [request.args for request in requests]
            return [
                (0.0 if answer.strip() == likes(request.doc_id) else -1.0, False)
                for request, (_, answer) in zip(requests, self.asked, strict=True)
            ]

        def loglikelihood_rolling(self, requests, disable_tqdm=False):
            raise AssertionError("not asked for")

        generate_until = loglikelihood_rolling

    return Recorder()


def _put(name, folder, likes=lambda place: "A", shots=0, count=8):
    entry = catalogue()[name]
    model = _recorder(likes)
    questions = read_questions(entry, folder)[:count]
    return put(entry, questions, read_examples(entry, folder, shots), model), model, questions


def _upstream(task, module, row):
    """The prompt that lm-eval's own task makes of a row of its own data set."""
    import importlib

    return importlib.import_module(f"lm_eval.tasks.{task}.{module}").doc_to_text(row)


def test_medqa_is_asked_as_lm_evals_medqa_4options(all_questions):
    _, model, questions = _put("medqa", all_questions)
    one = questions[3]
    row = {"sent1": one.question} | {f"ending{i}": text for i, text in enumerate(one.options)}
    expected = _upstream("medqa", "preprocess_medqa", row)
    assert model.asked[12:16] == [(expected, f" {letter}") for letter in LETTERS]


def test_medmcqa_is_asked_as_lm_evals_medmcqa(all_questions):
    _, model, questions = _put("medmcqa", all_questions)
    one = questions[3]
    row = {"question": one.question} | dict(
        zip(("opa", "opb", "opc", "opd"), one.options, strict=True)
    )
    expected = _upstream("medmcqa", "utils_medmcqa", row)
    assert model.asked[12:16] == [(expected, f" {letter}") for letter in LETTERS]


def test_pubmedqa_is_asked_as_lm_evals_pubmedqa(all_questions):
    _, model, questions = _put("pubmedqa", all_questions)
    row = {"QUESTION": questions[3].question, "CONTEXTS": ["One part.", "Another part."]}
    expected = _upstream("pubmedqa", "preprocess_pubmedqa", row)
    assert model.asked[9:12] == [(expected, f" {word}") for word in ("yes", "no", "maybe")]


def test_mmlu_is_asked_as_lm_evals_mmlu_with_its_first_examples(all_questions):
    _, model, questions = _put("mmlu_clinical_knowledge", all_questions, shots=2)
    shown = (
        "The following are multiple choice questions (with answers) about clinical knowledge.\n\n"
        "Which of these is number 0?\nA. first\nB. second\nC. third\nD. fourth\nAnswer: A\n\n"
        "Which of these is number 1?\nA. first\nB. second\nC. third\nD. fourth\nAnswer: B\n\n"
    )
    asked = "Which of these is number 3?\nA. first\nB. second\nC. third\nD. fourth\nAnswer:"
    assert model.asked[12:16] == [(shown + asked, f" {letter}") for letter in LETTERS]
    folder = Path(lm_eval.__file__).parent / "tasks" / "mmlu" / "default"
    theirs = yaml.safe_load((folder / "_default_template_yaml").read_text(encoding="utf-8"))
    subject_of = yaml.safe_load(
        (folder / "mmlu_clinical_knowledge.yaml").read_text(encoding="utf-8")
    )
    assert shown.startswith(subject_of["description"])
    assert theirs["fewshot_config"] == {"sampler": "first_n"}
    assert questions[3].question in asked


@pytest.mark.parametrize("name", ["mmlu_anatomy", "pubmedqa"])
def test_planted_answers_are_counted_exactly(name, all_questions):
    labels = ("yes", "no", "maybe", "-") if name == "pubmedqa" else LETTERS
    questions = read_questions(catalogue()[name], all_questions)

    def likes(place):  # right but for every fifth question
        wrong = place % 5 == 0
        return labels[(questions[place].answer + wrong) % 3]

    outcome, *_ = _put(name, all_questions, likes, count=50)
    assert outcome.accuracy == 0.8
    assert sum(outcome.answers.correct) == 40
    assert not any(outcome.answers.correct[::5])
    assert outcome.answers.ids == tuple(one.id for one in questions[:50])
    assert outcome.stderr == pytest.approx((0.8 * 0.2 / 49) ** 0.5)


def _model(folder):
    import torch
    from transformers import AutoModelForCausalLM

    one = subject(str(folder))
    model = AutoModelForCausalLM.from_pretrained(one.weights, dtype=torch.float32).eval()
    return model, tokenizer_of(one.weights)


def test_scores_are_those_of_lm_evals_own_model(tiny_base):
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM

    model, tokenizer = _model(tiny_base)
    context = "Which of these is number 3?\nA. first\nB. second\nAnswer:"
    texts = [(context * times, f" {letter}") for times in (1, 3, 2) for letter in LETTERS]
    texts += [(context, answer) for answer in (" yes", " maybe not", " no")]  # several tokens each
    asked = [Instance("loglikelihood", {}, text, 0) for text in texts]
    own = one_pass_model(model, tokenizer, 1024)
    found = own.loglikelihood(asked)
    expected = HFLM(pretrained=model, tokenizer=tokenizer, batch_size=4).loglikelihood(
        asked, disable_tqdm=True
    )
    for (value, greedy), (theirs, their_greedy) in zip(found, expected, strict=True):
        assert value == pytest.approx(theirs, abs=1e-4)
        assert greedy == their_greedy


def test_contexts_shared_by_one_token_answers_go_through_the_model_once(tiny_base):
    model, _ = _model(tiny_base)
    requests = [(("", ""), [5, 6, 7 + i], [answer]) for i in range(3) for answer in (9, 10, 11, 12)]
    found, passes, cut = score(model, requests, 1024)
    assert (len(found), passes, cut) == (12, 3, 0)


def test_what_is_longer_than_the_context_loses_its_beginning_and_is_counted(tiny_base):
    model, _ = _model(tiny_base)
    whole = list(range(5, 45))
    cut_found, _, cut = score(model, [(("", ""), whole, [9])], 16)
    kept_found, _, none = score(model, [(("", ""), whole[-16:], [9])], 16)
    assert (cut, none) == (1, 0)
    assert cut_found == kept_found


def test_another_release_of_lm_eval_is_refused_with_the_command(monkeypatch):
    monkeypatch.setattr("importlib.metadata.version", lambda name: "0.4.9")
    with pytest.raises(MissingError, match=r"0\.4\.9 is installed .* run `pip install \"lm-eval"):
        require_lm_eval()
