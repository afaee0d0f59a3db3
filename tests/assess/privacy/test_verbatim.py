"""Verbatim text: what counts as remembered, and what anyone who reads the report would write."""

import difflib
import random

import pytest

from hemoscribe.assess.privacy.verbatim import (
    Continued,
    begun,
    continue_texts,
    long_enough,
    longest_common,
    measure_verbatim,
    numbers_of,
    words_of,
)
from hemoscribe.corpus.example import Example, write_examples

TEXT = "Seen with doctor Arden who wishes to know at once about iron 4.2 and rest"


def example(number, text, *, prompt="Ferritin 4.2 ug/L [13-150] ->\nWrite it."):
    slots = (prompt.index("->") + 2,)
    return Example(f"r{number}", "raw", "en", prompt, slots, ("low",), text)


class Parrot:
    """A model that goes on with given texts, in the tokens of single characters."""

    class tokenizer:  # noqa: N801
        @staticmethod
        def encode(prompts, slots):
            from hemoscribe.models.chat import PromptTokens

            return [PromptTokens([ord(c) for c in text], []) for text in prompts]

        @staticmethod
        def encode_completions(texts):
            return [[*(ord(c) for c in text), 0] for text in texts]

        @staticmethod
        def decode(ids):
            return "".join(chr(i) for i in ids)

    def __init__(self, texts):
        self.texts = texts

    def continued(self, starts, max_new_tokens, done):
        return [[ord(c) for c in text] for text in self.texts]


def words_found(tmp_path, asked, written, *, others=(), patients=None):
    write_examples(tmp_path / "train.jsonl", [one for one, _, _ in asked] + list(others))
    write_examples(tmp_path / "test.jsonl", [example(0, None)])
    patients = patients or {}
    whose = {one.report_id: patient for one, patient, _ in asked} | patients
    found = continue_texts(
        Parrot(written), asked, tmp_path, whose, started_words=3, verbatim_words=5
    )
    return [one.words for one in found]


def test_the_rest_word_for_word_counts_in_words(tmp_path):
    one = example(1, TEXT)
    rest = begun(TEXT, 3)[1]
    assert rest == " Arden who wishes to know at once about iron 4.2 and rest"
    assert words_found(tmp_path, [(one, "a", True)], [rest]) == [12]
    assert words_found(tmp_path, [(one, "a", True)], [rest.upper()]) == [12]
    assert words_found(tmp_path, [(one, "a", True)], [" Arden who wishes nothing at all"]) == [0]
    assert words_found(tmp_path, [(one, "a", True)], ["so: who wishes to know at last"]) == [5]


def test_what_another_patients_text_has_too_is_boilerplate(tmp_path):
    one, rest = example(1, TEXT), begun(TEXT, 3)[1]
    other = example(2, "Again, who wishes to know at once about iron 9.9 and rest")
    # "who" to "iron" stand in the other's text too; its number is one that no prompt states
    assert words_found(tmp_path, [(one, "a", True)], [rest], others=[other],
                       patients={"r2": "b"}) == [7]  # fmt: skip
    assert words_found(tmp_path, [(one, "a", True)], [rest], others=[other],
                       patients={"r2": "a"}) == [12]  # fmt: skip


def test_a_number_that_the_prompt_states_is_any_such_number(tmp_path):
    one, rest = example(1, TEXT), begun(TEXT, 3)[1]
    other = example(
        2, TEXT.replace("4.2", "7.7"), prompt="Ferritin 7,7 ug/L [13-150] ->\nWrite it."
    )
    assert words_found(tmp_path, [(one, "a", True)], [rest], others=[other],
                       patients={"r2": "b"}) == [0]  # fmt: skip
    assert numbers_of("Ferritin 7,7 ug/L [13-150]") == {"7.7", "13", "150"}
    assert words_of("Iron 7,7!", frozenset({"7.7"})) == ["iron", "#"]


def test_what_the_prompt_says_is_not_remembered(tmp_path):
    prompt = "Context: who wishes to know at once about iron\nFerritin 4.2 ->\nWrite it."
    one, rest = example(1, TEXT, prompt=prompt), begun(TEXT, 3)[1]
    assert words_found(tmp_path, [(one, "a", True)], [rest]) == [7]  # from "at once"


def test_texts_too_short_to_be_verbatim_are_not_asked():
    assert long_enough(example(1, TEXT), 3, 12)
    assert not long_enough(example(1, TEXT), 3, 13)
    assert not long_enough(example(1, None), 3, 5)


def test_the_longest_common_run_is_difflibs():
    draw = random.Random(1)
    for _ in range(40):
        one, other = (draw.choices(range(3), k=draw.randint(0, 25)) for _ in range(2))
        matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
        assert longest_common(one, other) == matcher.find_longest_match().size


def texts(hits, others, member):
    one = example(1, TEXT)
    return [
        Continued(one, f"{member}{n}", member, "", "", 9 if n < hits else 0, 20 if n < hits else 1)
        for n in range(hits + others)
    ]


def test_the_share_on_training_is_held_against_held_out_texts():
    found = measure_verbatim(texts(30, 70, True) + texts(10, 90, False), draws=500)
    assert found["training"]["value"] == pytest.approx(0.3)
    assert found["held_out"]["value"] == pytest.approx(0.1)
    assert found["excess"]["value"] == pytest.approx(0.2)
    error = (0.3 * 0.7 / 100 + 0.1 * 0.9 / 100) ** 0.5
    assert found["excess"]["low"] == pytest.approx(0.2 - 1.96 * error, abs=0.025)
    assert found["longest_words"] == {"training": 9, "held_out": 9}
    assert found["mean_tokens"]["training"] == pytest.approx(0.3 * 20 + 0.7)
    assert measure_verbatim(texts(3, 3, True), draws=100) is None


def test_no_text_found_on_either_side_is_no_certainty():
    from scipy.stats import binomtest

    excess = measure_verbatim(texts(0, 40, True) + texts(0, 50, False), draws=100)["excess"]
    most = [binomtest(0, n).proportion_ci(method="wilson").high for n in (40, 50)]
    assert excess["value"] == 0
    assert (excess["low"], excess["high"]) == pytest.approx((-most[1], most[0]), abs=1e-9)
    everything = measure_verbatim(texts(40, 0, True) + texts(0, 50, False), draws=100)["excess"]
    assert everything["value"] == 1
    assert 0.85 < everything["low"] < 0.95
