"""Whatever is guessed, the text is the one that would be written a token at a time."""

import random

import pytest

from hemoscribe.engines.guesses import write_guessed

STOP = 0


class Seen:
    """A model that says what follows by a table of the last two tokens, and counts its passes."""

    def __init__(self, seed: int, words: int = 12) -> None:
        self.seed, self.words = seed, words
        self.tokens: list[int] = []
        self.passes = 0

    def next(self, tokens) -> int:
        return random.Random(f"{self.seed}{tokens[-2:]}").randrange(self.words)

    def __call__(self, block, kept, wanted):
        assert kept <= len(self.tokens)
        assert 1 <= wanted <= len(block)
        self.passes += 1
        self.tokens = [*self.tokens[:kept], *block]
        first = len(self.tokens) - wanted + 1
        return [self.next(self.tokens[:end]) for end in range(first, len(self.tokens) + 1)]


def greedy(model: Seen, prompt: list[int], most: int) -> list[int]:
    tokens = list(prompt)
    while len(tokens) - len(prompt) < most and (found := model.next(tokens)) != STOP:
        tokens.append(found)
    return tokens[len(prompt) :]


@pytest.mark.parametrize("seed", range(60))
def test_the_words_do_not_depend_on_the_guess(seed):
    draw = random.Random(seed)
    prompt = [draw.randrange(12) for _ in range(draw.randint(2, 40))]
    most = draw.choice([0, 1, 5, 50])
    wanted = greedy(Seen(seed), prompt, most)
    changed = [token if draw.random() < 0.8 else draw.randrange(12) for token in wanted]
    noise = [draw.randrange(12) for _ in range(60)]
    for guess in (
        None,
        [],
        [STOP],
        [*wanted, STOP],
        changed,
        [*changed, *noise],
        noise,
        wanted[1:],
    ):
        model = Seen(seed)
        assert write_guessed(model, prompt, guess, stop=STOP, most=most) == wanted
        assert model.passes <= len(wanted) + 1


def test_a_right_guess_takes_one_pass_and_a_wrong_word_one_or_two_more():
    seed = next(s for s in range(1000) if 20 <= len(greedy(Seen(s), [3, 4], 60)) < 60)
    wanted = greedy(Seen(seed), [3, 4], 60)
    model = Seen(seed)
    write_guessed(model, [3, 4], [*wanted, STOP], stop=STOP, most=60)
    assert model.passes == 1
    wrong = [*wanted[:10], 99, *wanted[11:], STOP]
    model = Seen(seed)
    assert write_guessed(model, [3, 4], wrong, stop=STOP, most=60) == wanted
    assert model.passes < 8


def test_what_stands_in_the_prompt_is_guessed_from_there():
    model = Seen(0)
    prompt = [*range(100, 130), 100]
    model.next = lambda tokens: tokens[-1] + 1 if tokens[-1] < 129 else STOP
    assert write_guessed(model, prompt, [], stop=STOP, most=60) == list(range(101, 130))
    assert model.passes < 8
