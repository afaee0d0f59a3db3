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
from hemoscribe.tune.adapter import float32_adapter, load_adapter, save_adapter
from hemoscribe.tune.loss import give_loss, label_counts
from hemoscribe.tune.padded_batches import LengthGroupedSampler, collate, columns
from hemoscribe.tune.rows import Row

COMPLETE = "complete.json"
CHECKPOINT_PREFIX = "checkpoint-"


class SlotTrainer(SFTTrainer):  # type: ignore[misc]  # trl has no types
    """Trains on ``Row``s; counts the tokens and slots seen since ``Metrics`` last took them."""

    loss_is_scaled_for_ga = True  # our loss is already this step's share

    def __init__(
        self,
        model: Any,
        rows: Sequence[Row],
        tokenizer: ChatTokenizer,
        *,
        slot_weight: float,
        rows_alike: int,
        processing_class: Any,
        args: Any,
        callbacks: list[Any],
    ) -> None:
        from datasets import Dataset

        self._lengths = [len(row.input_ids) for row in rows]
        self._rows_alike = rows_alike
        self.slots_read = self.slots_right = self.tokens_seen = 0
        super().__init__(
            model=model,
            args=args,
            train_dataset=Dataset.from_dict(columns(rows)),
            data_collator=partial(collate, pad_id=tokenizer.pad_id),
            processing_class=processing_class,
            callbacks=callbacks,
        )
        float32_adapter(self.model)
        give_loss(self.causal_model, slot_weight=slot_weight, answer_ids=tokenizer.answer_ids)

    @property
    def causal_model(self) -> Any:
        """The model without peft's wrapper (its layers carry the adapter)."""
        model = self.accelerator.unwrap_model(self.model)
        return model.get_base_model() if hasattr(model, "peft_config") else model

    def _get_train_sampler(self, train_dataset: Any = None) -> LengthGroupedSampler:
        return LengthGroupedSampler(self._lengths, batch=self._rows_alike, seed=self.args.seed)

    def get_batch_samples(
        self, epoch_iterator: Any, num_batches: int, device: torch.device
    ) -> tuple[list[Any], torch.Tensor]:
        """The batches of one optimizer step, and the counts their losses are means over."""
        batches, _ = super().get_batch_samples(epoch_iterator, num_batches, device)
        counts = label_counts(batches).to(device)
        return batches, self.accelerator.reduce(counts, reduction="sum")

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, torch.Tensor],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """The batch's share of its optimizer step's loss."""
        del return_outputs
        tokens = inputs.pop("tokens")
        counts = label_counts([inputs]) if num_items_in_batch is None else num_items_in_batch
        found = model(**inputs, counts=counts)
        self.slots_read += len(found["wanted"])
        self.slots_right += int((found["read"] == found["wanted"]).sum())
        self.tokens_seen += int(tokens.sum())
        # several processes average their gradients, and each holds its share of one sum
        loss: torch.Tensor = found["loss"] * self.accelerator.num_processes
        return loss

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        """Write the trained weights in full precision (peft's own saving asks the hub).

        Every process calls it, since each may hold a part of the weights; the first one writes.
        """
        assert output_dir is not None
        model = self.accelerator.unwrap_model(self.model)
        if hasattr(model, "peft_config"):
            save_adapter(model, Path(output_dir), write=self.args.should_save)
        else:
            state = self.accelerator.get_state_dict(self.model)
            if self.args.should_save:
                model.save_pretrained(output_dir, state_dict=state)

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
        self.accelerator.wait_for_everyone()
        step = self.state.global_step
        folder = Path(self.args.output_dir) / f"{CHECKPOINT_PREFIX}{step}"
        if self.args.should_save:
            write_json(folder / COMPLETE, {"step": step})  # last: its presence means complete

    def take_counts(self) -> tuple[int, int, int]:
        """(tokens, slots, slots right) of all processes since last taken."""
        counts = torch.tensor([self.tokens_seen, self.slots_read, self.slots_right])
        self.tokens_seen = self.slots_read = self.slots_right = 0
        total = self.accelerator.reduce(counts.to(self.accelerator.device), reduction="sum")
        tokens, slots, right = (int(count) for count in total)
        return tokens, slots, right


def last_checkpoint(folder: Path) -> Path | None:
    """The newest complete checkpoint."""
    complete = {_step(path): path for path in _checkpoints(folder) if (path / COMPLETE).exists()}
    return complete[max(complete)] if complete else None


def drop_incomplete(folder: Path) -> None:
    """Remove the checkpoints that a killed run left half-written."""
    for path in _checkpoints(folder):
        if not (path / COMPLETE).exists():
            shutil.rmtree(path)


def _checkpoints(folder: Path) -> list[Path]:
    return list(folder.glob(f"{CHECKPOINT_PREFIX}*"))


def _step(checkpoint: Path) -> int:
    return int(checkpoint.name.removeprefix(CHECKPOINT_PREFIX))
