"""Solved reports before a prompt: true answers, the prompt's own slots, as many as fit."""

import numpy as np
import pytest

from hemoscribe.assess.baselines.few_shot import SHOTS, FewShot, choose_shots, shots_before, solved
from hemoscribe.assess.held_out import held_out
from hemoscribe.assess.kept import Kept
from hemoscribe.errors import InputError
from hemoscribe.prose.prompt import render


@pytest.fixture(scope="module")
def training(curated):
    return held_out(curated, "train", limit=60)


@pytest.fixture(scope="module")
def asked(curated):
    held = held_out(curated, "test", limit=6)
    return [
        render(reading, language=language, track="raw")
        for reading, language in zip(held.readings, held.languages, strict=True)
    ]


class Wide:
    """A model that remembers its prompts, and whose context holds so many characters."""

    name = "wide"

    def __init__(self, characters):
        self.characters, self.seen = characters, []

    def fits(self, prompt):
        return len(prompt.text) <= self.characters

    def read(self, prompts):
        self.seen += prompts
        return [np.full((len(prompt.slots), 3), 1 / 3) for prompt in prompts]


def test_a_solved_report_says_what_the_rules_say_after_every_result(training):
    reading = training.readings[0]
    lines = solved(reading, "fr", "raw").splitlines()[1:]
    assert len(lines) == len(reading.results)
    for line, result in zip(lines, reading.results, strict=True):
        assert line.endswith(f"-> {result.direction}")


def test_the_examples_show_every_direction_and_are_of_the_training_side(training):
    shots = choose_shots(training)
    assert len(shots) == SHOTS
    assert {result.direction for result in shots[0].results} == {"low", "normal", "high"}
    assert choose_shots(training) == shots


def test_the_slots_are_still_those_of_the_report_to_be_read(training, asked):
    model = Wide(10**6)
    kept = Kept()
    reader = FewShot(model, choose_shots(training), kept)
    answers = reader.read(asked)
    for prompt, longer, answer in zip(asked, model.seen, answers, strict=True):
        assert longer.text.endswith(prompt.text)
        assert [longer.text[slot - 2 : slot] for slot in longer.slots] == ["->"] * len(answer)
        assert longer.slots[0] > len(longer.text) - len(prompt.text)
        assert len(longer.slots) == len(prompt.slots)
    assert [shots_before(prompt, kept) for prompt in asked] == [None] * len(asked)


def test_what_does_not_fit_gets_fewer_examples_and_is_counted(training, asked, tmp_path):
    longest = max(len(prompt.text) for prompt in asked)
    one = len(solved(choose_shots(training)[0], "en", "raw"))
    kept = Kept(tmp_path / "kept.jsonl")
    reader = FewShot(Wide(longest + one + 60), choose_shots(training), kept)
    reader.read(asked)
    assert {shots_before(prompt, kept) for prompt in asked} <= {0, 1, 2}
    again = Kept(tmp_path / "kept.jsonl")  # an assessment that goes on counts them too
    for prompt in asked:
        assert shots_before(prompt, again) == shots_before(prompt, kept)
    kept = Kept()
    nothing = FewShot(Wide(1), choose_shots(training), kept)
    assert [nothing.prompt(prompt) for prompt in asked] == asked
    assert [shots_before(prompt, kept) for prompt in asked] == [0] * len(asked)


def test_without_a_training_side_there_are_no_examples():
    with pytest.raises(InputError, match="training side"):
        choose_shots(None)
