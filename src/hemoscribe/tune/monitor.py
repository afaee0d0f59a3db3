"""What is seen of a training run: a progress line, metrics in JSON Lines, Ctrl-C."""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from transformers import TrainerCallback

METRICS = "metrics.jsonl"


class Metrics(TrainerCallback):  # type: ignore[misc]  # transformers is followed without types
    """Writes a line per step to ``metrics.jsonl`` and shows the progress on standard error."""

    def __init__(self, path: Path, *, total_steps: int, start_step: int, first: bool) -> None:
        self._path = path
        self._console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("tune"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[said]}"),
            TimeRemainingColumn(),
            console=self._console,
            disable=not (first and self._console.is_terminal),
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
        tokens, slots, right = self.trainer.take_counts()
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
        if state.is_world_process_zero:
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
            written = json.loads(line)
        except json.JSONDecodeError:
            continue  # the line a killed run left half-written
        if isinstance(written, dict) and written.get("step", step + 1) <= step:
            kept.append(line + "\n")
    path.write_text("".join(kept), encoding="utf-8")
