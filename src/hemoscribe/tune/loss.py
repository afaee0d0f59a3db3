"""The loss: cross-entropy of the answers at slots and of the completion, and of nothing else.

Logits are made only where labels are. SmolLM2 has 49,152 of them per token, so logits of whole
prompts would cost a quarter of the training and most of its memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.functional import cross_entropy

from hemoscribe.tune.rows import IGNORED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class BatchLoss:
    """The loss of a batch, and what its slots say of the reading.

    ``counts`` are the labelled slots and completion tokens that the two means are over.
    """

    loss: torch.Tensor
    slots: int
    slots_right: int


def label_counts(batches: Sequence[Mapping[str, torch.Tensor]]) -> torch.Tensor:
    """(labelled slots, labelled completion tokens) of the batches of one optimizer step."""
    slots = sum(int(batch["is_slot"].sum()) for batch in batches)
    labels = sum(int((batch["labels"] != IGNORED).sum()) for batch in batches)
    return torch.tensor([slots, labels - slots], dtype=torch.float32)


def batch_loss(
    model: Any,
    batch: Mapping[str, torch.Tensor],
    *,
    counts: torch.Tensor,
    slot_weight: float,
    answer_ids: Sequence[int],
) -> BatchLoss:
    """The batch's share of: slot_weight * mean over slots + mean over completion tokens.

    Args:
        model: a causal language model of transformers, without peft's wrapper.
        batch: as ``batches.collate`` makes it.
        counts: what the means are over: ``label_counts`` of all batches of the optimizer step, so
            that one batch of eight and eight of one have the same loss and gradient.
        answer_ids: the tokens of low, normal and high.
    """
    hidden = model.model(input_ids=batch["input_ids"], use_cache=False).last_hidden_state
    # the state before a token predicts it
    labels, is_slot = batch["labels"][:, 1:], batch["is_slot"][:, 1:]
    labelled = labels != IGNORED
    logits = model.lm_head(hidden[:, :-1][labelled]).float()
    wanted, at_slot = labels[labelled], is_slot[labelled]
    losses = cross_entropy(logits, wanted, reduction="none")
    slot_count, completion_count = counts.to(losses.device).clamp(min=1.0)
    weights = torch.where(at_slot, slot_weight / slot_count, 1.0 / completion_count)
    right = _right(logits.detach()[at_slot], wanted[at_slot], answer_ids)
    return BatchLoss((losses * weights).sum(), int(at_slot.sum()), int(right.sum()))


@torch.no_grad()
def read_slots(
    model: Any, batch: Mapping[str, torch.Tensor], answer_ids: Sequence[int]
) -> tuple[torch.Tensor, torch.Tensor]:
    """What the model reads at the labelled slots, and what it should: low 0, normal 1, high 2."""
    hidden = model.model(input_ids=batch["input_ids"], use_cache=False).last_hidden_state
    at_slot = batch["is_slot"][:, 1:]
    answers = torch.tensor(list(answer_ids), device=hidden.device)
    logits = model.lm_head(hidden[:, :-1][at_slot])[:, answers]
    wanted = (batch["labels"][:, 1:][at_slot][:, None] == answers).int().argmax(dim=1)
    return logits.argmax(dim=1), wanted


def _right(logits: torch.Tensor, wanted: torch.Tensor, answer_ids: Sequence[int]) -> torch.Tensor:
    answers = torch.tensor(list(answer_ids), device=logits.device)
    return answers[logits[:, answers].argmax(dim=1)] == wanted
