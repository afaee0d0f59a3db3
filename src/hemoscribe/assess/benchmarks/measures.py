"""What is measured of the answers to one benchmark, and of two models' answers to the same one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any


@dataclass(frozen=True, slots=True)
class Answers:
    """A model's answers to a benchmark's questions, in the order of the file.

    ``chosen[i]`` and ``right[i]`` are indices of the options of question ``ids[i]``.
    """

    ids: tuple[str, ...]
    right: tuple[int, ...]
    chosen: tuple[int, ...]

    @property
    def correct(self) -> list[bool]:
        """Question by question, whether the right option was chosen."""
        return [a == b for a, b in zip(self.right, self.chosen, strict=True)]


def accuracy(correct: Sequence[bool]) -> dict[str, Any]:
    """``accuracy``, ``stderr`` and ``n``; the standard error of a mean as lm-eval computes it.

    ``stderr`` is sqrt(p (1 - p) / (n - 1)); None below two questions, ``accuracy`` None at none.
    """
    n = len(correct)
    value = sum(correct) / n if n else None
    error = None if value is None or n < 2 else sqrt(value * (1 - value) / (n - 1))
    return {"accuracy": value, "stderr": error, "n": n}


def measure(answers: Answers, options: Sequence[str]) -> dict[str, Any]:
    """Accuracy with what it must be read against.

    Returns:
        ``accuracy``, ``stderr``, ``n``; ``chance`` (guessing evenly); ``commonest`` (always giving
        the option that is right most often); ``chosen`` (option -> share of the answers);
        ``p_value`` (one-sided, exact binomial: that always giving the commonest option does as
        well or better; it never does worse than guessing evenly).
    """
    from scipy.stats import binomtest

    found = accuracy(answers.correct)
    n = found["n"]
    counts = [answers.right.count(place) for place in range(len(options))]
    right, commonest = sum(answers.correct), max(counts) / n
    return {
        **found,
        "chance": 1 / len(options),
        "commonest": commonest,
        "chosen": {name: answers.chosen.count(place) / n for place, name in enumerate(options)},
        "p_value": float(binomtest(right, n, commonest, alternative="greater").pvalue),
    }


def compare(base: Sequence[bool], tuned: Sequence[bool]) -> dict[str, Any]:
    """Two models on the same questions, question by question: McNemar's exact test.

    McNemar, Psychometrika 12:153-157 (1947); exact, two-sided: of the questions that only one of
    them answers right, each model's share is 0.5 where they do not differ.

    Returns:
        ``only_base`` and ``only_tuned`` (questions only that one answers right), ``difference``
        (tuned minus base, in accuracy), its standard error ``stderr``, and ``p_value``.
    """
    from scipy.stats import binomtest

    n = len(base)
    only_base = sum(a and not b for a, b in zip(base, tuned, strict=True))
    only_tuned = sum(b and not a for a, b in zip(base, tuned, strict=True))
    apart = only_base + only_tuned
    difference = (only_tuned - only_base) / n
    error = sqrt((apart / n - difference**2) / (n - 1)) if n > 1 else None
    return {
        "n": n,
        "only_base": only_base,
        "only_tuned": only_tuned,
        "difference": difference,
        "stderr": error,
        "p_value": float(binomtest(only_tuned, apart).pvalue) if apart else 1.0,
    }
