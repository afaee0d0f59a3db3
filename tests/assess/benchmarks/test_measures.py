"""Accuracy, its standard error and McNemar's test, against other ways to compute them."""

from math import comb

import numpy as np
import pytest
from sklearn.metrics import accuracy_score

from hemoscribe.assess.benchmarks.measures import Answers, accuracy, compare, measure


def _answers(seed, n=300, options=4):
    random = np.random.default_rng(seed)
    right = random.integers(0, options, n)
    chosen = np.where(random.random(n) < 0.4, right, random.integers(0, options, n))
    return Answers(
        tuple(map(str, range(n))), tuple(int(i) for i in right), tuple(int(i) for i in chosen)
    )


def test_accuracy_and_its_error_are_those_of_a_mean():
    answers = _answers(1)
    found = measure(answers, "ABCD")
    assert found["accuracy"] == pytest.approx(accuracy_score(answers.right, answers.chosen), 1e-12)
    error = np.std(answers.correct, ddof=1) / np.sqrt(len(answers.correct))
    assert found["stderr"] == pytest.approx(error, abs=1e-12)


def test_the_error_is_lm_evals():
    metrics = pytest.importorskip("lm_eval.api.metrics")
    correct = _answers(2).correct
    assert accuracy(correct)["stderr"] == pytest.approx(metrics.mean_stderr(correct), abs=1e-12)


def test_a_model_that_always_says_a_is_seen_through():
    right = (0,) * 32 + (1,) * 26 + (2,) * 22 + (3,) * 20
    found = measure(Answers(tuple(map(str, range(100))), right, (0,) * 100), "ABCD")
    assert found["accuracy"] == found["commonest"] == 0.32
    assert found["chosen"] == {"A": 1.0, "B": 0.0, "C": 0.0, "D": 0.0}
    assert found["p_value"] > 0.5


def test_a_model_that_knows_is_told_from_one_that_guesses():
    known = measure(Answers(tuple("abcdefghijkl"), (0, 1, 2, 3) * 3, (0, 1, 2, 3) * 3), "ABCD")
    assert known["accuracy"] == 1
    assert known["p_value"] == pytest.approx(0.25**12)


def test_nothing_and_one_question_have_no_error():
    assert accuracy([]) == {"accuracy": None, "stderr": None, "n": 0}
    assert accuracy([True]) == {"accuracy": 1.0, "stderr": None, "n": 1}


@pytest.mark.parametrize(("only_base", "only_tuned"), [(0, 0), (1, 0), (3, 9), (20, 20), (40, 11)])
def test_mcnemar_is_the_exact_binomial_on_the_questions_they_differ_in(only_base, only_tuned):
    both = [(True, True)] * 50 + [(False, False)] * 30
    pairs = both + [(True, False)] * only_base + [(False, True)] * only_tuned
    base, tuned = ([pair[place] for pair in pairs] for place in (0, 1))
    found = compare(base, tuned)
    apart = only_base + only_tuned
    fewer = min(only_base, only_tuned)
    tail = sum(comb(apart, k) for k in range(fewer + 1)) / 2**apart
    assert found["p_value"] == pytest.approx(min(1.0, 2 * tail), abs=1e-12)
    assert (found["only_base"], found["only_tuned"]) == (only_base, only_tuned)
    difference = np.subtract(tuned, base, dtype=float)
    assert found["difference"] == pytest.approx(difference.mean(), abs=1e-12)
    error = difference.std(ddof=1) / np.sqrt(len(pairs))
    assert found["stderr"] == pytest.approx(error, abs=1e-12)
