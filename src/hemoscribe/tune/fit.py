"""One training run of trl's Trainer: rows to a trained model, in the parts that memory allows.

When the device runs out of memory the micro-batch is halved, the accumulation doubled, and the run
goes on from its last checkpoint with the same rows in the same steps; said once a time.
"""

from __future__ import annotations

import gc
import importlib.util
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hemoscribe.errors import Interrupted, MissingError
from hemoscribe.files import read_json
from hemoscribe.models.catalogue import BaseModel
from hemoscribe.models.chat import ChatTokenizer
from hemoscribe.settings import TuneSettings
from hemoscribe.tune import processes
from hemoscribe.tune.plan import Plan
from hemoscribe.tune.quiet import quiet_libraries
from hemoscribe.tune.rows import Row

VALIDATIONS_PER_RUN = 5
CHECKPOINTS_PER_RUN = 10


@dataclass(frozen=True)
class Material:
    """What a run trains on, and what it is validated on: reports to read, and texts to write."""

    rows: Sequence[Row]
    validation_read: Sequence[Row]
    validation_written: Sequence[Row]


@dataclass(frozen=True)
class Fitted:
    """Where the weights of the lowest validation loss are, and how they came about."""

    weights: Path
    plan: Plan
    tokens: int
    seconds: float
    loss: float | None
    steps: int
    best_step: int | None
    stopped_early: bool
    validation: dict[str, Any]


@dataclass(frozen=True)
class Fit:
    """A training run, its checkpoints in a folder that a resumed run finds again."""

    settings: TuneSettings
    entry: BaseModel
    base: Path
    start_from: Path | None
    checkpoints: Path
    tokenizer: ChatTokenizer

    def run(self, material: Material, plan: Plan) -> Fitted:
        """Train to the end, in smaller parts where the device has too little memory.

        Raises:
            Interrupted: stopped by Ctrl-C or SIGTERM, with a checkpoint.
            MissingError: not even one row at a time fits into memory.
        """
        import torch

        while True:
            try:
                with quiet_libraries():
                    return self._train(material, plan)
            except torch.OutOfMemoryError as error:
                smaller = plan.halved()
                if smaller is None or processes.several():
                    raise MissingError(
                        f"The device has too little memory for {plan.micro_batch} rows at a time; "
                        "take `tune.method: qlora`, a lower `tune.max_tokens` or `tune.batch`, or "
                        "a smaller base."
                    ) from error
            plan = smaller  # outside the handler, whose traceback holds the tensors
            sys.stderr.write(
                f"tune: out of memory; going on with {plan.micro_batch} rows at a time and "
                f"{plan.accumulation} times to a step, which changes no result.\n"
            )
            gc.collect()
            if torch.cuda.is_available():
                torch.cuda.empty_cache()

    def _train(self, material: Material, plan: Plan) -> Fitted:
        from transformers import PreTrainedTokenizerFast
        from transformers.trainer_callback import PrinterCallback

        from hemoscribe.tune.adapter import load_trainable
        from hemoscribe.tune.monitor import METRICS, Metrics, StopOnSignal, keep_metrics_until
        from hemoscribe.tune.trainer import SlotTrainer, last_checkpoint
        from hemoscribe.tune.validation import Validation

        chosen = self.settings
        first = processes.is_first()
        steps = total_steps(chosen, len(material.rows), processes=processes.count())
        checkpoint = last_checkpoint(self.checkpoints)
        done = int(read_json(checkpoint / "complete.json")["step"]) if checkpoint else 0
        metrics_path = self.checkpoints / METRICS
        if first:
            metrics_path.touch()
            keep_metrics_until(metrics_path, done)
        processes.wait()
        metrics = Metrics(metrics_path, total_steps=steps, start_step=done, first=first)
        validation = Validation(
            metrics_path,
            material.validation_read,
            material.validation_written,
            answer_ids=self.tokenizer.answer_ids,
            pad_id=self.tokenizer.pad_id,
            slot_weight=chosen.slot_weight,
            every=chosen.evaluate_every or max(1, -(-steps // VALIDATIONS_PER_RUN)),
            patience=chosen.patience,
        )
        with StopOnSignal() as stop:
            trainer = SlotTrainer(
                load_trainable(
                    self.base,
                    chosen,
                    base_id=self.entry.id,
                    start_from=self.start_from,
                    method=plan.method,
                ),
                material.rows,
                self.tokenizer,
                slot_weight=chosen.slot_weight,
                rows_alike=chosen.batch,
                processing_class=PreTrainedTokenizerFast(
                    tokenizer_file=str(self.base / "tokenizer.json"),
                    eos_token=self.entry.chat.stop,
                    pad_token=self.entry.chat.pad,
                ),
                args=_arguments(chosen, plan, self.checkpoints, steps),
                callbacks=[metrics, validation, stop],
            )
            trainer.remove_callback(PrinterCallback)  # it prints on standard output
            metrics.trainer = validation.trainer = trainer
            trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        reached = trainer.state.global_step
        if stop.asked and reached < steps:
            raise Interrupted(
                f"Stopped after step {reached} of {steps}; "
                "`hemoscribe tune CONFIG --resume` goes on from there."
            )
        weights = validation.best_folder
        if weights is None:
            weights = self.checkpoints / "last"
            trainer.save_model(str(weights))
        return Fitted(
            weights,
            plan,
            tokens=metrics.tokens,
            seconds=metrics.seconds,
            loss=metrics.last_loss,
            steps=reached,
            best_step=validation.best_step,
            stopped_early=validation.stopped_early,
            validation=validation.last,
        )


def total_steps(settings: TuneSettings, examples: int, *, processes: int = 1) -> int:
    """Optimizer steps of a run; each process takes a batch of its own at every step."""
    if settings.steps is not None:
        return settings.steps
    batches = -(-examples // settings.batch)
    per_epoch = -(-batches // (settings.accumulation * processes))
    return max(1, round(per_epoch * settings.epochs))


def _arguments(settings: TuneSettings, plan: Plan, checkpoints: Path, steps: int) -> Any:
    import torch
    from trl import SFTConfig

    if settings.track and importlib.util.find_spec("mlflow") is None:
        raise MissingError("`tune.track` needs MLflow; run `pip install 'hemoscribe[track]'`.")
    gpu = torch.cuda.is_available()
    return SFTConfig(
        output_dir=str(checkpoints),
        per_device_train_batch_size=plan.micro_batch,
        gradient_accumulation_steps=plan.accumulation,
        learning_rate=settings.learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=settings.warmup_steps,
        max_steps=steps,
        weight_decay=settings.weight_decay,
        seed=settings.seed,
        data_seed=settings.seed,
        bf16=plan.method == "full" and settings.dtype == "bfloat16",
        gradient_checkpointing=plan.checkpointing,
        activation_checkpointing_kwargs={"use_reentrant": False},
        packing=False,
        max_length=None,
        dataset_kwargs={"skip_prepare_dataset": True},
        remove_unused_columns=False,
        use_cpu=not gpu,
        ddp_backend=None if gpu or not processes.several() else "gloo",
        ddp_find_unused_parameters=False,
        dataloader_pin_memory=gpu,
        logging_steps=1,
        logging_first_step=True,
        save_strategy="steps",
        save_steps=settings.save_every or max(1, -(-steps // CHECKPOINTS_PER_RUN)),
        save_total_limit=2,
        eval_strategy="no",
        report_to="mlflow" if settings.track else "none",
        disable_tqdm=True,
    )
