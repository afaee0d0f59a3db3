"""trl's SFTTrainer with our rows, batches and loss.

From trl and transformers: the loop, optimizer and schedule, clipping, checkpoints and resuming,
devices and processes. Ours: the rows are tokenised already (labels at the reading slots are not
inputs, which no dataset format of trl can say), so preparation is skipped; batches have like
lengths in a few fixed shapes; and logits are made only where labels are.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from trl import SFTTrainer

from hemoscribe.files import write_json
from hemoscribe.models.chat import ChatTokenizer
from hemoscribe.tune.adapter import load_adapter, save_adapter
from hemoscribe.tune.batches import LengthGroupedSampler, collate, columns
from hemoscribe.tune.loss import batch_loss, label_counts
from hemoscribe.tune.rows import Row

COMPLETE = "complete.json"
CHECKPOINT_PREFIX = "checkpoint-"


class SlotTrainer(SFTTrainer):  # type: ignore[misc]  # trl has no types
    """Trains on ``Row``s; ``window`` counts the slots read right since it was last taken."""

    loss_is_scaled_for_ga = True  # our loss is already this step's share

    def __init__(
        self,
        model: Any,
        rows: Sequence[Row],
        tokenizer: ChatTokenizer,
        *,
        slot_weight: float,
        processing_class: Any,
        args: Any,
        callbacks: list[Any],
    ) -> None:
        from datasets import Dataset

        self._lengths = [len(row.input_ids) for row in rows]
        self._slot_weight = slot_weight
        self._answer_ids = tokenizer.answer_ids
        self.slots_read = self.slots_right = self.tokens_seen = 0
        super().__init__(
            model=model,
            args=args,
            train_dataset=Dataset.from_dict(columns(rows)),
            data_collator=partial(collate, pad_id=tokenizer.pad_id),
            processing_class=processing_class,
            callbacks=callbacks,
        )

    @property
    def causal_model(self) -> Any:
        """The model without peft's wrapper (its layers carry the adapter)."""
        model = self.accelerator.unwrap_model(self.model)
        return model.get_base_model() if hasattr(model, "peft_config") else model

    def _get_train_sampler(self, train_dataset: Any = None) -> LengthGroupedSampler:
        return LengthGroupedSampler(
            self._lengths, batch=self.args.per_device_train_batch_size, seed=self.args.seed
        )

    def get_batch_samples(
        self, epoch_iterator: Any, num_batches: int, device: torch.device
    ) -> tuple[list[Any], torch.Tensor]:
        """The batches of one optimizer step, and the counts their losses are means over."""
        batches, _ = super().get_batch_samples(epoch_iterator, num_batches, device)
        return batches, label_counts(batches)

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, torch.Tensor],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """The batch's share of its optimizer step's loss."""
        del model, return_outputs
        counts = label_counts([inputs]) if num_items_in_batch is None else num_items_in_batch
        found = batch_loss(
            self.causal_model,
            inputs,
            counts=counts,
            slot_weight=self._slot_weight,
            answer_ids=self._answer_ids,
        )
        self.slots_read += found.slots
        self.slots_right += found.slots_right
        self.tokens_seen += int(inputs["tokens"].sum())
        return found.loss

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        """Write the trained weights in full precision (peft's own saving asks the hub)."""
        assert output_dir is not None
        model = self.accelerator.unwrap_model(self.model)
        if hasattr(model, "peft_config"):
            save_adapter(model, Path(output_dir))
        else:
            model.save_pretrained(output_dir)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        inner = self.accelerator.unwrap_model(self.model)
        if hasattr(inner, "peft_config"):
            load_adapter(inner, Path(resume_from_checkpoint))
        else:
            super()._load_from_checkpoint(resume_from_checkpoint, model)

    def create_model_card(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: a checkpoint needs no card."""

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        super()._save_checkpoint(model, trial)
        step = self.state.global_step
        folder = Path(self.args.output_dir) / f"{CHECKPOINT_PREFIX}{step}"
        write_json(folder / COMPLETE, {"step": step})  # last: its presence means complete


def last_checkpoint(folder: Path) -> Path | None:
    """The newest complete checkpoint; those a killed run left half-written are removed."""
    complete: list[tuple[int, Path]] = []
    for path in folder.glob(f"{CHECKPOINT_PREFIX}*"):
        if (path / COMPLETE).exists():
            complete.append((int(path.name.removeprefix(CHECKPOINT_PREFIX)), path))
        else:
            shutil.rmtree(path)
    return max(complete)[1] if complete else None
