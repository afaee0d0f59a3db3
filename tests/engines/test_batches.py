"""Prompts are read in batches of like widths, so that a long report does not pad a short one."""

import pytest

from hemoscribe.engines.model import (
    BUCKET_TOKENS,
    LIKE_WIDTHS,
    MAX_BATCH_TOKENS,
    _batches,
    _padded,
)
from hemoscribe.models.chat import PromptTokens


def rows(*lengths):
    return [PromptTokens(ids=[0] * length, slots=[]) for length in lengths]


def test_each_prompt_is_in_one_batch_and_widths_are_alike():
    lengths = [592, 69, 99, 133, 153, 151, 153, 191, 216, 1, 640, 8_000]
    encoded = rows(*lengths)
    groups = _batches(encoded)
    assert sorted(index for group in groups for index in group) == list(range(len(lengths)))
    for group in groups:
        widths = [_padded(lengths[index]) for index in group]
        assert max(widths) <= LIKE_WIDTHS * min(widths)


def test_padding_of_reports_of_mixed_lengths_is_a_small_share():
    lengths = list(range(70, 650, 7))
    groups = _batches(rows(*lengths))
    padded = sum(max(_padded(lengths[i]) for i in group) * len(group) for group in groups)
    assert sum(lengths) <= padded < 1.12 * sum(lengths)


@pytest.mark.parametrize("length", [16, 500, 5_000])
def test_a_batch_is_bounded_and_one_long_prompt_goes_alone(length):
    groups = _batches(rows(*[length] * 700))
    for group in groups:
        assert len(group) == 1 or len(group) * _padded(length) <= MAX_BATCH_TOKENS
    assert len(groups) == -(-700 // max(1, MAX_BATCH_TOKENS // _padded(length)))


def test_widths_are_rounded_up_to_a_bucket():
    assert [_padded(n) for n in (1, BUCKET_TOKENS, BUCKET_TOKENS + 1)] == [
        BUCKET_TOKENS,
        BUCKET_TOKENS,
        2 * BUCKET_TOKENS,
    ]
