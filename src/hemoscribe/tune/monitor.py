"""What is seen of a training run: a progress line, metrics in JSON Lines, validation, Ctrl-C."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from transformers import TrainerCallback

from hemoscribe.records import DIRECTIONS
from hemoscribe.tune.batches import collate
from hemoscribe.tune.loss import read_slots
from hemoscribe.tune.rows import Row

METRICS = "metrics.jsonl"
_NORMAL = DIRECTIONS.index("normal")


class Metrics(TrainerCallback):  # type: ignore[misc]  # transformers is followed without types
    """Writes a line per step to ``metrics.jsonl`` and shows the progress on standard error."""

    def __init__(self, path: Path, *, total_steps: int, start_step: int) -> None:
        self._path = path
        self._console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("tune"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[said]}"),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._task = self._progress.add_task(
            "tune", total=total_steps, completed=start_step, said=""
        )
        self._total = total_steps
        self._started = time.monotonic()
        self._start_step = start_step
        self._last_line = time.monotonic()
        self.trainer: Any = None
        self._tokens = self._slots = self._right = 0
        self._step_started = time.monotonic()
        self.seconds = 0.0
        self.tokens = 0
        self.last_loss: float | None = None

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Start the clock and the progress line."""
        self._progress.start()
        self._started = self._step_started = time.monotonic()

    def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Start the step's clock: validation and checkpoints are not training time."""
        self._step_started = time.monotonic()

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        """One line per optimizer step (``logging_steps`` is one)."""
        if "loss" not in (logs or {}):
            return
        seconds = time.monotonic() - self._step_started
        trainer = self.trainer
        tokens, trainer.tokens_seen = trainer.tokens_seen, 0
        slots, trainer.slots_read = trainer.slots_read, 0
        right, trainer.slots_right = trainer.slots_right, 0
        self.tokens += tokens
        self.seconds += seconds
        self.last_loss = float(logs["loss"])
        line = {
            "step": state.global_step,
            "loss": self.last_loss,
            "slot_accuracy": round(right / slots, 4) if slots else None,
            "tokens": tokens,
            "tokens_per_second": round(tokens / seconds, 1),
            "learning_rate": logs.get("learning_rate"),
            "grad_norm": logs.get("grad_norm"),
        }
        append_metrics(self._path, line)
        self._say(state.global_step, line)

    def _say(self, step: int, line: dict[str, Any]) -> None:
        accuracy = line["slot_accuracy"]
        said = f"loss {line['loss']:.3f}"
        said += f", slots {accuracy:.2f}" if accuracy is not None else ""
        said += f", {line['tokens_per_second']:.0f} tokens/s"
        self._progress.update(self._task, completed=step, said=said)
        now = time.monotonic()
        if not self._console.is_terminal and (now - self._last_line > 30 or step == self._total):
            self._last_line = now
            done = max(1, step - self._start_step)
            left = (now - self._started) / done * (self._total - step)
            sys.stderr.write(f"tune: step {step}/{self._total}, {said}, {left / 60:.0f} min left\n")

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Stop the progress line."""
        self._progress.stop()


class Validation(TrainerCallback):  # type: ignore[misc]
    """Reads a small fixed set of held-out reports every so many steps, and at the end."""

    def __init__(
        self,
        path: Path,
        rows: Sequence[Row],
        *,
        answer_ids: Sequence[int],
        pad_id: int,
        every: int,
    ) -> None:
        self._path = path
        self._rows = sorted(rows, key=lambda row: len(row.input_ids))
        self._answer_ids = answer_ids
        self._pad_id = pad_id
        self._every = every
        self.trainer: Any = None
        self.last: dict[str, Any] = {}

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        """Validate when the step is due (here, so that the step's own time is already taken)."""
        due = state.global_step % self._every == 0 or state.global_step == state.max_steps
        if due and self._rows and "loss" in (logs or {}):
            self.last = self.measure()
            append_metrics(self._path, {"step": state.global_step, "validation": self.last})
            shown = ", ".join(f"{k} {v}" for k, v in self.last.items())
            sys.stderr.write(f"tune: step {state.global_step}, validation: {shown}\n")

    def measure(self) -> dict[str, Any]:
        """Slot accuracy, and recall of low and high with the right direction."""
        model = self.trainer.causal_model
        right = total = caught = abnormal = 0
        training = model.training
        model.eval()
        for start in range(0, len(self._rows), 8):
            rows = [
                {"input_ids": r.input_ids, "labels": r.labels, "prompt_tokens": r.prompt_tokens}
                for r in self._rows[start : start + 8]
            ]
            batch = {
                name: value.to(model.device)
                for name, value in collate(rows, pad_id=self._pad_id).items()
            }
            read, wanted = read_slots(model, batch, self._answer_ids)
            off = wanted != _NORMAL
            right += int((read == wanted).sum())
            total += len(wanted)
            caught += int((read == wanted)[off].sum())
            abnormal += int(off.sum())
        model.train(training)
        return {
            "reports": len(self._rows),
            "slots": total,
            "slot_accuracy": round(right / total, 4) if total else None,
            "abnormal_recall": round(caught / abnormal, 4) if abnormal else None,
        }


class StopOnSignal(TrainerCallback):  # type: ignore[misc]
    """Ctrl-C (or SIGTERM) ends the run after the step at hand, with a checkpoint."""

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> StopOnSignal:
        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                self._before[number] = signal.signal(number, self._ask)
            except ValueError:  # not the main thread: its signals are not ours to take
                break
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, number: int, frame: object) -> None:
        self.asked = True

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Save and stop when asked to."""
        if self.asked:
            control.should_save = True
            control.should_training_stop = True


def append_metrics(path: Path, line: dict[str, Any]) -> None:
    """Add one line to ``metrics.jsonl``."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def keep_metrics_until(path: Path, step: int) -> None:
    """Drop the lines after ``step``: a resumed run writes them again."""
    if not path.exists():
        return
    kept = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            if json.loads(line)["step"] <= step:
                kept.append(line + "\n")
        except (json.JSONDecodeError, KeyError):
            continue  # the line a killed run left half-written
    path.write_text("".join(kept), encoding="utf-8")
