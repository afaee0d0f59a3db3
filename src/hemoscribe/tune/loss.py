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
    """The loss of a batch, and what its labelled slots say of the reading.

    ``read`` and ``wanted`` (slots): low 0, normal 1, high 2, by the model and by the labels.
    """

    loss: torch.Tensor
    read: torch.Tensor
    wanted: torch.Tensor


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
    answers = torch.tensor(list(answer_ids), device=logits.device)
    read = logits.detach()[at_slot][:, answers].argmax(dim=1)
    labelled_answers = (wanted[at_slot][:, None] == answers).int().argmax(dim=1)
    return BatchLoss((losses * weights).sum(), read, labelled_answers)


def give_loss(model: Any, *, slot_weight: float, answer_ids: Sequence[int]) -> None:
    """Make ``model(input_ids, labels, is_slot, counts)`` compute ``batch_loss``.

    The loss is then reached through the wrappers of peft and of several processes (DDP, FSDP),
    which gather gradients and weights in their own calls.
    """

    def forward(**inputs: Any) -> dict[str, torch.Tensor]:
        found = batch_loss(
            model,
            inputs,
            counts=inputs["counts"],
            slot_weight=slot_weight,
            answer_ids=answer_ids,
        )
        return {"loss": found.loss, "read": found.read, "wanted": found.wanted}

    model.forward = forward
