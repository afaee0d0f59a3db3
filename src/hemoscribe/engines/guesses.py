"""Greedy writing, many tokens a pass: code guesses what the model will say, the model checks it.

A pass over twenty tokens costs little more than a pass over one, as the weights are read once. So
each pass takes the next tokens as they are guessed; the model's own choice after each of them says
how far the guess holds, and gives one token more. What is written is what the model would have
written a token at a time, whatever is guessed (Leviathan et al. 2023, arXiv:2211.17192, with
greedy choice; rounding in a wide pass may turn a tie). The first guess is the whole text that the
composer has for the report; where the model words it otherwise, the next is what follows the same
tokens in that text, or in the prompt (Saxena 2023, prompt lookup decoding).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

MATCHED = (2, 6)
"""Fewest and most last tokens that must stand in a source for what follows them to be guessed."""
FROM_GUESS = 24
FROM_PROMPT = 8


class Predict(Protocol):
    """The model, with what it has seen so far."""

    def __call__(self, block: Sequence[int], kept: int, wanted: int) -> list[int]:
        """The likeliest token after each of the last ``wanted`` tokens of ``block``.

        Args:
            block: tokens that follow the first ``kept`` that were seen; what was seen beyond
                them is forgotten.
        """
        ...


def write_guessed(
    predict: Predict, prompt: Sequence[int], guess: Sequence[int] | None, *, stop: int, most: int
) -> list[int]:
    """Greedy tokens after a prompt, up to the stop token (left out) or ``most`` of them.

    Args:
        guess: what may follow; None: nothing is guessed, and each token takes a pass of its own.
    """
    written: list[int] = []
    fresh, ahead = list(prompt), list((guess or ())[:most])
    while len(written) < most:
        kept = len(prompt) + len(written) - len(fresh) if written else 0
        chosen = predict([*fresh, *ahead], kept, len(ahead) + 1)
        right = _agreed(ahead, chosen)
        for token in [*ahead[:right], chosen[right]]:
            if token == stop:
                return written
            if len(written) == most:
                return written
            written.append(token)
        fresh = written[-1:]
        if guess is not None:
            ahead = _guess(written, guess, prompt)[: most - len(written)]
    return written


def _agreed(guessed: Sequence[int], chosen: Sequence[int]) -> int:
    """How many tokens of a guess the model would have chosen."""
    pairs = enumerate(zip(guessed, chosen, strict=False))
    return next((i for i, (one, other) in pairs if one != other), len(guessed))


def _guess(written: Sequence[int], guess: Sequence[int], prompt: Sequence[int]) -> list[int]:
    """What may follow: what follows the longest run of last tokens, sooner in the guessed text."""
    fewest, most = MATCHED
    for source, tokens in ((guess, FROM_GUESS), (prompt, FROM_PROMPT)):
        for run in range(min(most, len(written)), fewest - 1, -1):
            place = _last_place(source, written[-run:])
            if place is not None:
                return list(source[place : place + tokens])
    return []


def _last_place(source: Sequence[int], run: Sequence[int]) -> int | None:
    """Where the last occurrence of a run ends, if anything follows it."""
    for end in range(len(source) - 1, len(run) - 1, -1):
        if source[end - 1] == run[-1] and list(source[end - len(run) : end]) == list(run):
            return end
    return None
