"""Batches of a few fixed shapes: rows of like length together, padded to a multiple of 64 tokens.

A fixed shape keeps the matrix library's compiled kernels in use, and rows of like length leave
little padding. The order is a function of seed and epoch alone, so that a resumed run goes on with
the batch it stopped at.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch.utils.data import Sampler

from hemoscribe.tune.rows import IGNORED, Row

BUCKET_TOKENS = 64


def padded_tokens(tokens: int) -> int:
    """``tokens`` up to the next multiple of the bucket."""
    return -(-tokens // BUCKET_TOKENS) * BUCKET_TOKENS


class LengthGroupedSampler(Sampler[int]):
    """Row indices in such an order that every ``batch`` of them have like lengths; each once."""

    def __init__(self, lengths: Sequence[int], *, batch: int, seed: int) -> None:
        self._lengths = lengths
        self._batch = batch
        self._seed = seed
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose order the next iteration gives."""
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._lengths)

    def __iter__(self) -> Iterator[int]:
        draw = random.Random(self._seed * 1_000_003 + self._epoch)
        indices = list(range(len(self._lengths)))
        draw.shuffle(indices)
        buckets: dict[int, list[int]] = defaultdict(list)
        for index in indices:
            buckets[padded_tokens(self._lengths[index])].append(index)
        batches: list[list[int]] = []
        left: list[int] = []
        for size in sorted(buckets):
            rows = buckets[size]
            full = len(rows) - len(rows) % self._batch
            batches += [rows[i : i + self._batch] for i in range(0, full, self._batch)]
            left += rows[full:]
        full = len(left) - len(left) % self._batch
        batches += [left[i : i + self._batch] for i in range(0, full, self._batch)]
        draw.shuffle(batches)
        for rows in batches:
            yield from rows
        yield from left[full:]  # the one batch that is not full comes last


def collate(rows: Sequence[dict[str, Any]], *, pad_id: int) -> dict[str, torch.Tensor]:
    """A batch: ``input_ids``, ``labels`` and ``is_slot`` (batch, tokens), padded on the right.

    ``tokens`` (batch) are the lengths without padding.

    No attention mask: attention is causal and padding is on the right, so no token that has a label
    can see it.
    """
    width = padded_tokens(max(len(row["input_ids"]) for row in rows))
    input_ids = torch.full((len(rows), width), pad_id, dtype=torch.long)
    labels = torch.full((len(rows), width), IGNORED, dtype=torch.long)
    is_slot = torch.zeros((len(rows), width), dtype=torch.bool)
    for index, row in enumerate(rows):
        length = len(row["input_ids"])
        input_ids[index, :length] = torch.tensor(row["input_ids"])
        labels[index, :length] = torch.tensor(row["labels"])
        is_slot[index, : row["prompt_tokens"]] = True
    is_slot &= labels != IGNORED
    tokens = torch.tensor([len(row["input_ids"]) for row in rows])
    return {"input_ids": input_ids, "labels": labels, "is_slot": is_slot, "tokens": tokens}


def columns(rows: Sequence[Row]) -> dict[str, list[Any]]:
    """What a data set of rows holds."""
    return {
        "input_ids": [row.input_ids for row in rows],
        "labels": [row.labels for row in rows],
        "prompt_tokens": [row.prompt_tokens for row in rows],
    }
