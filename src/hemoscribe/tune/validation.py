"""Validation while training: what is read right, the loss, the best weights, and when to stop.

A small fixed set of held-out reports is read every so many steps. The weights of the lowest loss
are kept beside the checkpoints, one folder a best (``best-STEP``), complete or absent, so that a
resumed run finds the very ones that an uninterrupted run would have had.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import TrainerCallback

from hemoscribe.records import DIRECTIONS
from hemoscribe.tune import processes
from hemoscribe.tune.loss import batch_loss, label_counts
from hemoscribe.tune.monitor import append_metrics
from hemoscribe.tune.padded_batches import collate, columns
from hemoscribe.tune.rows import Row

BEST_PREFIX = "best-"
_ROWS_AT_ONCE = 8
_NORMAL = DIRECTIONS.index("normal")


class Validation(TrainerCallback):  # type: ignore[misc]  # transformers is followed without types
    """Measures every ``every`` steps and at the end, keeps the best weights, ends in good time."""

    def __init__(
        self,
        path: Path,
        read: Sequence[Row],
        written: Sequence[Row],
        *,
        answer_ids: Sequence[int],
        pad_id: int,
        slot_weight: float,
        every: int,
        patience: int | None,
    ) -> None:
        self._path = path
        self._read, self._written = _by_length(read), _by_length(written)
        self._answer_ids = answer_ids
        self._pad_id = pad_id
        self._slot_weight = slot_weight
        self._every = every
        self._patience = patience
        self.trainer: Any = None
        self.last: dict[str, Any] = {}
        self.best_step, self._best_loss, self._worse = _so_far(path)
        self.stopped_early = False
        if processes.is_first():
            self._drop_others()  # of steps that come again, or cut off in writing

    @property
    def best_folder(self) -> Path | None:
        """Where the weights of the lowest loss are; None where nothing was validated."""
        if self.best_step is None:
            return None
        return self._path.parent / f"{BEST_PREFIX}{self.best_step}"

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        """Validate when the step is due (here, so that the step's own time is already taken)."""
        due = state.global_step % self._every == 0 or state.global_step == state.max_steps
        if not (due and self._read and "loss" in (logs or {})):
            return
        self.last = self.measure()
        self._judge(state.global_step, self.last["loss"])
        if self._patience is not None and self._worse >= self._patience:
            self.stopped_early = state.global_step < state.max_steps
            control.should_training_stop = True
        if state.is_world_process_zero:
            append_metrics(self._path, {"step": state.global_step, "validation": self.last})
            shown = ", ".join(f"{k} {v}" for k, v in self.last.items())
            sys.stderr.write(f"tune: step {state.global_step}, validation: {shown}\n")

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """A checkpoint stands: no run goes back before it, so older bests can go."""
        if state.is_world_process_zero:
            self._drop_others()

    def _drop_others(self) -> None:
        for pattern in (f"{BEST_PREFIX}*", f".{BEST_PREFIX}*"):
            for folder in self._path.parent.glob(pattern):
                if folder != self.best_folder:
                    shutil.rmtree(folder)

    def _judge(self, step: int, loss: float) -> None:
        if self._best_loss is not None and loss >= self._best_loss:
            self._worse += 1
            return
        self.best_step, self._best_loss, self._worse = step, loss, 0
        assert self.best_folder is not None
        partial = self._path.parent / f".{BEST_PREFIX}{step}"
        self.trainer.save_model(str(partial))
        if partial.exists():  # written by the first of several processes
            shutil.rmtree(self.best_folder, ignore_errors=True)
            partial.rename(self.best_folder)

    def measure(self) -> dict[str, Any]:
        """The loss over all rows; of those that are read, slots right and abnormal ones found."""
        model = self.trainer.causal_model
        training = model.training
        model.eval()
        reading = list(self._batches(self._read, model.device))
        writing = list(self._batches(self._written, model.device))
        counts = label_counts(reading + writing)
        loss, read, wanted = 0.0, [], []
        with torch.no_grad():
            for number, batch in enumerate(reading + writing):
                found = batch_loss(
                    model,
                    batch,
                    counts=counts,
                    slot_weight=self._slot_weight,
                    answer_ids=self._answer_ids,
                )
                loss += float(found.loss)
                if number < len(reading):
                    read.append(found.read.cpu())
                    wanted.append(found.wanted.cpu())
        model.train(training)
        right = torch.cat(read) == torch.cat(wanted)
        abnormal = torch.cat(wanted) != _NORMAL
        return {
            "loss": round(loss, 4),
            "reports": len(self._read),
            "slots": len(right),
            "slot_accuracy": _share(right),
            "abnormal_recall": _share(right[abnormal]),
        }

    def _batches(
        self, rows: Sequence[Row], device: torch.device
    ) -> Iterator[dict[str, torch.Tensor]]:
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            few = rows[start : start + _ROWS_AT_ONCE]
            held = columns(few)
            each = [{name: held[name][place] for name in held} for place in range(len(few))]
            batch = collate(each, pad_id=self._pad_id)
            yield {name: value.to(device) for name, value in batch.items()}


def _by_length(rows: Sequence[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: len(row.input_ids))


def _share(right: torch.Tensor) -> float | None:
    return round(float(right.float().mean()), 4) if len(right) else None


def _so_far(path: Path) -> tuple[int | None, float | None, int]:
    """(best step, its loss, validations since) by the metrics that a resumed run goes on from."""
    step: int | None = None
    best: float | None = None
    worse = 0
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        found = json.loads(line)
        if "validation" not in found:
            continue
        loss = found["validation"]["loss"]
        if best is None or loss < best:
            step, best, worse = found["step"], loss, 0
        else:
            worse += 1
    return step, best, worse
