"""Every row once, in batches of like lengths, in an order that seed and epoch decide."""

from hypothesis import given
from hypothesis import strategies as st

from hemoscribe.tune.padded_batches import LengthGroupedSampler, collate, padded_tokens
from hemoscribe.tune.rows import IGNORED


@given(
    lengths=st.lists(st.integers(1, 1024), min_size=1, max_size=200),
    batch=st.integers(1, 9),
    seed=st.integers(0, 5),
)
def test_no_row_is_lost_and_the_order_is_the_seed_s(lengths, batch, seed):
    sampler = LengthGroupedSampler(lengths, batch=batch, seed=seed)
    order = list(sampler)
    assert sorted(order) == list(range(len(lengths)))
    assert order == list(LengthGroupedSampler(lengths, batch=batch, seed=seed))
    assert len(sampler) == len(lengths)


def test_epochs_differ_and_repeat():
    sampler = LengthGroupedSampler([64] * 40, batch=8, seed=1)
    first = list(sampler)
    sampler.set_epoch(1)
    assert list(sampler) != first
    sampler.set_epoch(0)
    assert list(sampler) == first


def test_little_of_a_batch_is_padding():
    lengths = [40 + (i * 37) % 500 for i in range(800)]
    order = list(LengthGroupedSampler(lengths, batch=8, seed=3))
    batches = [[lengths[i] for i in order[start : start + 8]] for start in range(0, 800, 8)]
    padded = sum(padded_tokens(max(batch)) * len(batch) for batch in batches)
    assert sum(lengths) / padded > 0.85  # in random batches it is 0.6


def test_padding_has_no_label_even_where_pad_is_the_stop_token():
    rows = [
        {"input_ids": [5, 6, 2], "labels": [IGNORED, 7, 2], "prompt_tokens": 2},
        {"input_ids": [5], "labels": [IGNORED], "prompt_tokens": 1},
    ]
    batch = collate(rows, pad_id=2)
    assert batch["input_ids"].shape == (2, 64)
    assert batch["labels"][0, :4].tolist() == [IGNORED, 7, 2, IGNORED]
    assert batch["is_slot"].nonzero().tolist() == [[0, 1]]
    assert (batch["labels"][1] == IGNORED).all()
    assert batch["tokens"].tolist() == [3, 1]
