"""Supervised fine-tuning: a corpus to an adapter, a merged model and a GGUF.

Checkpoints lie in a hidden folder beside the output, with a key of what they were trained from: an
interrupted run goes on from the last complete one with ``resume``; a run that ends removes them.
"""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hemoscribe.corpus.reviewed import PREFERENCES
from hemoscribe.errors import StageError
from hemoscribe.files import fingerprint, read_json, sha256, write_json
from hemoscribe.models.catalogue import BaseModel, base_folder, base_model
from hemoscribe.models.chat import ChatTokenizer
from hemoscribe.models.registry import adapter_folder
from hemoscribe.models.tune_record import write_tune_record
from hemoscribe.prose.guard.vocabulary import read_vocabulary, write_vocabulary
from hemoscribe.settings import Settings, TuneSettings
from hemoscribe.stages import origin_of, read_manifest, run_stage, standing
from hemoscribe.tune import processes
from hemoscribe.tune.fit import Material
from hemoscribe.tune.pairs import Pair, read_pairs
from hemoscribe.tune.plan import Plan, plan, this_device
from hemoscribe.tune.rows import Row, Rows, read_rows

STAGE = "tune"
VALIDATION_REPORTS = 32
VALIDATION_TEXTS = 8
_KEY = "key.json"


def tune(
    settings: Settings, corpus_folder: Path, out: Path, *, resume: bool = False, redo: bool = False
) -> dict[str, Any]:
    """Fine-tune ``settings.tune.base`` on a corpus.

    Writes to ``out``: ``adapter/`` (bfloat16), ``merged/``, ``model.gguf`` (where the base comes as
    one), ``vocabulary.json`` (what experts' words taught it to say, in earlier steps too),
    ``metrics.jsonl``, ``tune.json`` and ``manifest.json``.

    Args:
        resume: go on from the last checkpoint of an interrupted run with the same settings.
        redo: tune again where only the code of tuning changed; without it, the old model stays.

    Returns:
        ``model`` (the folder), ``tokens_per_second`` (real tokens, without padding),
        ``peak_memory_gb``, ``loss``, ``steps``, ``best_step`` (whose weights are kept),
        ``stopped_early``, ``plan``, ``preferences`` (None, or what was learnt from corrections:
        ``pairs``, ``steps``, ``margin_before``, ``margin_after``), ``examples``, ``truncated``,
        ``validation``, ``skipped``, ``redone`` or ``stale`` where there is why.

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
    inputs = {"corpus": fingerprint(corpus.files), "base": _base_digest(entry, base)}
    if start_from is not None:
        inputs["start_from"] = sha256(start_from / "adapter_model.safetensors")
    values = chosen.model_dump(mode="json")
    checkpoints = out.absolute().parent / f".{out.name}.checkpoints"
    job = _Job(chosen, entry, base, start_from, corpus_folder, checkpoints)

    def work(folder: Path) -> dict[str, Any]:
        _prepare_checkpoints(checkpoints, fingerprint([inputs, values]), resume=resume)
        processes.wait()
        return job.run(folder)

    if not processes.is_first():
        origin = origin_of(STAGE, inputs, values)
        if standing(out, origin, dear=True, redo=redo) is None:
            processes.wait()
            job.run(None)
            processes.wait()
    done = run_stage(
        out, stage=STAGE, inputs=inputs, settings=values, work=work, dear=True, redo=redo
    )
    if not done.skipped:
        shutil.rmtree(checkpoints, ignore_errors=True)
        processes.wait()
    return {"model": str(out), **done.summary()}


def _base_digest(entry: BaseModel, base: Path) -> str:
    if entry.wheel is not None:
        return entry.wheel.sha256
    return fingerprint({path.name: sha256(path) for path in sorted(base.glob("*.safetensors"))})


def _prepare_checkpoints(folder: Path, key: str, *, resume: bool) -> None:
    """Keep the checkpoints of the same job when resuming; otherwise start with none."""
    from hemoscribe.tune.trainer import drop_incomplete

    same = (folder / _KEY).exists() and read_json(folder / _KEY).get("key") == key
    if folder.exists() and not (resume and same):
        if resume:
            sys.stderr.write("tune: settings or corpus have changed, so it starts anew.\n")
        shutil.rmtree(folder)
    drop_incomplete(folder)
    write_json(folder / _KEY, {"key": key})


@dataclass(frozen=True)
class _Job:
    settings: TuneSettings
    entry: BaseModel
    base: Path
    start_from: Path | None
    corpus: Path
    checkpoints: Path

    def run(self, out: Path | None) -> dict[str, Any]:
        """Train, export to ``out`` where one is given, and return the summary."""
        import torch

        from hemoscribe.tune.fit import Fit
        from hemoscribe.tune.padded_batches import padded_tokens

        if "OMP_NUM_THREADS" not in os.environ:
            torch.set_num_threads(len(os.sched_getaffinity(0)))
        tokenizer = ChatTokenizer.from_folder(self.base, self.entry.chat)
        rows = read_rows(
            self.corpus / "train.jsonl", tokenizer, max_tokens=self.settings.max_tokens
        )
        self._say_what_is_left_out(rows)
        longest = max(padded_tokens(len(row.input_ids)) for row in rows.rows)
        chosen = plan(self.settings, self.entry, this_device(), row_tokens=longest)
        fit = Fit(
            self.settings, self.entry, self.base, self.start_from, self.checkpoints, tokenizer
        )
        fitted = fit.run(self._material(rows, tokenizer), chosen)
        weights, preferences = fitted.weights, None
        pairs = self._pairs(tokenizer, chosen)
        if pairs and out is not None:
            from hemoscribe.tune.prefer import Prefer

            weights = self.checkpoints / "preferred"
            prefer = Prefer(self.settings, self.entry, self.base, fitted.plan, tokenizer)
            preferences = prefer.run(pairs, fitted.weights, weights)
        summary = {
            "tokens_per_second": round(fitted.tokens / max(fitted.seconds, 1e-9), 1),
            "seconds": round(fitted.seconds, 1),
            "peak_memory_gb": round(peak_memory_gb(), 2),
            "loss": fitted.loss,
            "steps": fitted.steps,
            "best_step": fitted.best_step,
            "stopped_early": fitted.stopped_early,
            "plan": asdict(fitted.plan),
            "examples": len(rows.rows),
            "truncated": rows.truncated,
            "unlabelled": rows.unlabelled,
            "validation": fitted.validation,
            "preferences": preferences,
            "base": self.entry.id,
        }
        if out is not None:
            self._write(weights, out, summary)
        return summary

    def _write(self, weights: Path, out: Path, summary: dict[str, Any]) -> None:
        self._export(weights, out)
        shutil.copyfile(self.checkpoints / "metrics.jsonl", out / "metrics.jsonl")
        before = () if self.start_from is None else (self.start_from, self.start_from.parent)
        taught = [read_vocabulary(folder).taught for folder in (*before, self.corpus)]
        write_vocabulary(out, *taught)
        write_tune_record(
            out,
            {
                "base": self.entry.id,
                "licence": self.entry.licence,
                "start_from": None if self.start_from is None else self.settings.start_from,
                "settings": self.settings.model_dump(mode="json"),
                **summary,
            },
        )

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

    def _pairs(self, tokenizer: ChatTokenizer, chosen: Plan) -> list[Pair]:
        """Experts' corrections beside the drafts they corrected."""
        path = self.corpus / PREFERENCES
        if not path.exists() or not self.settings.preference_epochs:
            return []
        if chosen.method == "full":
            sys.stderr.write("tune: `method: full` does not learn from corrected drafts.\n")
            return []
        return read_pairs(path, tokenizer, max_tokens=self.settings.max_tokens)

    def _material(self, rows: Rows, tokenizer: ChatTokenizer) -> Material:
        """The rows, and the first held-out reports: some to read, some to write."""
        path = self.corpus / "validation.jsonl"
        held_out: list[Row] = []
        if path.exists() and path.stat().st_size:
            held_out = read_rows(
                path, tokenizer, max_tokens=self.settings.max_tokens, limit=VALIDATION_REPORTS * 6
            ).rows
        read = [row for row in held_out if row.track == "raw"]
        written = [row for row in held_out if row.track == "assisted"]
        return Material(rows.rows, read[:VALIDATION_REPORTS], written[:VALIDATION_TEXTS])

    def _export(self, weights: Path, out: Path) -> None:
        from hemoscribe.models.merge import base_weights, export
        from hemoscribe.tune.adapter import CONFIG, export_adapter

        if (weights / CONFIG).exists():
            export_adapter(weights, out / "adapter")
            export(self.entry.id, out, adapter=out / "adapter", gguf=self.settings.gguf)
        else:
            whole = base_weights(weights)
            export(self.entry.id, out, weights=whole, gguf=self.settings.gguf)


def peak_memory_gb() -> float:
    """The most memory this process has held: of the device where there is one."""
    import resource

    import torch

    if torch.cuda.is_available():
        return float(torch.cuda.max_memory_allocated()) / 1024**3
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024**3 if sys.platform == "darwin" else 1024**2)
