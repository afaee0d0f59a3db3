"""Canaries: each secret is where the list says and nowhere else, controls are nowhere."""

import pytest

from hemoscribe.corpus.canaries import DIGITS, plant, read_canaries, write_canaries
from hemoscribe.corpus.example import Example
from hemoscribe.errors import SettingsError, SourceError


def example(number, *, text=True, language="en"):
    return Example(
        report_id=f"r{number}",
        track="assisted",
        language=language,
        prompt=f"Sodium {number} ->",
        slots=(11,),
        answers=("normal",),
        completion="Interpretation: fine.\nFollow-up: none." if text else None,
    )


def test_each_secret_is_where_the_list_says_and_nowhere_else():
    examples = [example(n, text=n % 4 != 0, language=("en", "fr")[n % 2]) for n in range(60)]
    planted, canaries = plant(examples, canaries=4, repeats=3, seed=1)
    assert [canary.planted for canary in canaries] == [True] * 4 + [False] * 4
    assert len({canary.secret for canary in canaries}) == 8
    for canary in canaries:
        assert len(canary.secret) == DIGITS
        holders = tuple(one.report_id for one in planted if canary.secret in (one.completion or ""))
        assert set(holders) == (set(canary.report_ids) if canary.planted else set())
        first = next(one for one in planted if one.report_id == canary.report_ids[0])
        assert (first.prompt, first.slots) == (canary.prompt, canary.slots)
        if canary.planted:
            assert len(holders) == 3
            assert first.completion == f"{canary.head}{canary.secret}.\nFollow-up: none."
    changed = sum(one != other for one, other in zip(examples, planted, strict=True))
    assert changed == 4 * 3
    assert plant(examples, canaries=4, repeats=3, seed=1)[1] == canaries
    assert plant(examples, canaries=4, repeats=3, seed=2)[1] != canaries


def test_too_few_texts_is_said_with_the_numbers():
    with pytest.raises(SettingsError, match=r"need 20 training texts.*3 reports have one"):
        plant([example(n) for n in range(3)], canaries=10, repeats=1, seed=1)


def test_the_list_is_read_back(tmp_path):
    _, canaries = plant([example(n) for n in range(9)], canaries=2, repeats=1, seed=1)
    write_canaries(tmp_path, canaries)
    assert read_canaries(tmp_path) == canaries
    assert read_canaries(tmp_path / "elsewhere") == []
    (tmp_path / "canaries.json").write_text('[{"secret": 1}]', encoding="utf-8")
    with pytest.raises(SourceError, match="no list of canaries"):
        read_canaries(tmp_path)
