"""``hemoscribe audit model``: what a model remembers of the reports it was trained on.

Three attacks with what anyone who holds the weights can do: membership inference on training
against held-out patients, exposure of planted canaries, verbatim text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from hemoscribe.assess.identity import folder_identity
from hemoscribe.assess.privacy.caveats import caveats
from hemoscribe.assess.privacy.exposure import measure_canaries, summarise
from hemoscribe.assess.privacy.material import (
    HELD_OUT,
    MEMBERS,
    Asked,
    pairs,
    patient_of,
    patients_of,
    rows_of,
    sample,
)
from hemoscribe.assess.privacy.membership import measure_membership
from hemoscribe.assess.privacy.privacy_page import privacy_page
from hemoscribe.assess.privacy.privacy_verdict import privacy_gates, verdict
from hemoscribe.assess.privacy.subject import Audited, Floats
from hemoscribe.assess.privacy.verbatim import (
    Continued,
    continue_texts,
    long_enough,
    measure_verbatim,
)
from hemoscribe.assess.progress import progress
from hemoscribe.corpus import Example
from hemoscribe.corpus.canaries import Canary, read_canaries
from hemoscribe.files import write_json, write_text
from hemoscribe.models import registry
from hemoscribe.models.catalogue import base_folder, base_model
from hemoscribe.models.tune_record import TuneRecord, tune_record_of
from hemoscribe.settings import PrivacySettings, Settings
from hemoscribe.stages import (
    MANIFEST,
    Manifest,
    content_of,
    manifest_in,
    read_manifest,
    run_stage,
    versions,
)

STAGE = "privacy"
FORMAT = 1
PRIVACY = "privacy.json"
_SHOWN_TEXTS = 3
_SUMMARY = ("model", "reports", "patients", "membership", "canaries", "verbatim", "warnings")


@dataclass(frozen=True)
class _Found:
    document: dict[str, Any]
    losses: pl.DataFrame


def audit_model(
    model: str,
    corpus: Path,
    curated: Path,
    out: Path,
    *,
    settings: Settings | None = None,
    limit: int | None = None,
) -> dict[str, Any]:
    """Audit a model against the corpus that it was tuned on.

    Writes ``privacy.json``, ``privacy.html`` and ``membership.parquet`` (a report's losses a row).

    Args:
        corpus: the folder the model was tuned on.
        curated: what that corpus was made from: it knows whose each report is.
        limit: at most so many reports, and texts, of either side.

    Returns:
        ``membership`` (attack -> auc, tpr), ``canaries`` and ``verbatim`` (None: not measured),
        ``gates``, ``verdict``, ``warnings``, and the paths written.

    Raises:
        StageError: a folder is not what it is given for.
        InputError: the corpus was not made from the curated folder.
        MissingError: the model or its base is not here.
    """
    settings = settings or Settings()
    made = read_manifest(corpus, stage="corpus")
    read_manifest(curated, stage="curate")
    folder = registry.resolve(model)

    def work(target: Path) -> dict[str, Any]:
        found = _Audit(model, folder, corpus, curated, settings, limit, made).run()
        found.losses.write_parquet(target / "membership.parquet")
        write_text(target / "privacy.html", privacy_page(found.document))
        write_json(target / PRIVACY, found.document)
        kept = {name: found.document[name] for name in _SUMMARY}
        return {**kept, "gates": found.document["gates"], "verdict": found.document["verdict"]}

    done = run_stage(
        out,
        stage=STAGE,
        inputs={
            "corpus": content_of(corpus),
            "curated": folder_identity(curated),
            "model": folder_identity(folder),
        },
        settings={
            **settings.privacy.model_dump(mode="json"),
            "bootstrap": settings.assess.bootstrap,
            "model": model,
            "limit": limit,
        },
        work=work,
    )
    paths = {"document": str(out / PRIVACY), "page": str(out / "privacy.html")}
    return {**done.summary(), **paths}


@dataclass(frozen=True)
class _Audit:
    model: str
    folder: Path
    corpus: Path
    curated: Path
    settings: Settings
    limit: int | None
    made: Manifest

    @property
    def chosen(self) -> PrivacySettings:
        """The settings of the audit, within the limit."""
        chosen = self.settings.privacy
        if self.limit is None:
            return chosen
        most = {"reports": max(2, self.limit), "texts": max(1, self.limit)}
        return chosen.model_copy(
            update={name: min(getattr(chosen, name), count) for name, count in most.items()}
        )

    def run(self) -> _Found:
        tuned = tune_record_of(self.folder)
        told = {} if tuned is None else tuned.settings
        max_tokens = int(told.get("max_tokens", self.settings.tune.max_tokens))
        audited = self._load()
        patients = patients_of(self.curated)
        canaries = _within(read_canaries(self.corpus), audited, max_tokens)
        without = {report for one in canaries if one.planted for report in one.report_ids}
        asked = pairs(
            self.corpus,
            patients,
            audited.tokenizer,
            curated=self.curated,
            reports=self.chosen.reports,
            max_tokens=max_tokens,
            without=without,
        )
        losses = _losses(audited, asked, "losses")
        exposures = self._exposures(audited, canaries)
        texts = self._texts(audited, patients, without)
        del audited
        base_losses = None
        if tuned is not None:
            base_losses = _losses(self._load_base(tuned.base), asked, "losses of the base model")
        return self._document(asked, losses, base_losses, exposures, texts, tuned)

    def _trained_on(self) -> str | None:
        """The fingerprint of the corpus that the model says it was tuned on."""
        made = (self.folder / MANIFEST).exists()
        return manifest_in(self.folder).inputs.get("corpus") if made else None

    def _load(self) -> Audited:
        from hemoscribe.engines.model import locate

        found = locate(self.model)
        return Audited(found.weights, found.chat)

    def _load_base(self, base: str) -> Audited:
        return Audited(base_folder(base), base_model(base).chat)

    def _exposures(self, audited: Audited, canaries: Sequence[Canary]) -> list[dict[str, Any]]:
        with progress("canaries", len(canaries)) as done:
            return measure_canaries(audited, canaries, references=self.chosen.references, done=done)

    def _texts(
        self, audited: Audited, patients: Mapping[str, str], without: set[str]
    ) -> list[Continued]:
        chosen = self.chosen

        def usable(example: Example) -> bool:
            return long_enough(example, chosen.started_words, chosen.verbatim_words)

        asked = [
            (example, patient_of(example, patients, self.curated), file == MEMBERS)
            for file in (MEMBERS, HELD_OUT)
            for example in sample(self.corpus / file, chosen.texts, wanted=usable, without=without)
        ]
        if not asked:
            return []
        with progress("texts", len(asked)) as done:
            return continue_texts(
                audited,
                asked,
                self.corpus,
                patients,
                started_words=chosen.started_words,
                verbatim_words=chosen.verbatim_words,
                done=done,
            )

    def _document(
        self,
        asked: Sequence[Asked],
        losses: Floats,
        base_losses: Floats | None,
        exposures: list[dict[str, Any]],
        texts: Sequence[Continued],
        tuned: TuneRecord | None,
    ) -> _Found:
        draws = self.settings.assess.bootstrap
        member = np.array([one.member for one in asked], dtype=np.bool_)
        patients = [one.patient for one in asked]
        written = np.array(
            [len(one.row.labels) > one.row.prompt_tokens for one in asked], dtype=np.bool_
        )
        document: dict[str, Any] = {
            "format": FORMAT,
            "model": self.model,
            "audited_at": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
            "reports": int(member.sum()),
            "patients": len(set(patients)),
            "membership": measure_membership(
                member, patients, losses, base_losses, written, draws=draws
            ),
            "canaries": summarise(exposures),
            "canary_list": exposures,
            "verbatim": measure_verbatim(texts, draws=draws),
            "verbatim_examples": _examples(texts),
            "settings": {**self.chosen.model_dump(mode="json"), "bootstrap": draws},
            "versions": versions(),
        }
        document["warnings"] = caveats(document, tuned, self._trained_on(), self.made)
        gates = privacy_gates(document, self.settings.privacy)
        document["gates"] = [gate.as_json() for gate in gates]
        document["verdict"] = verdict(document)
        table = pl.DataFrame(
            {
                "report_id": [one.example.report_id for one in asked],
                "patient_id": patients,
                "member": member,
                "track": [one.row.track for one in asked],
                "language": [one.row.language for one in asked],
                "tokens": [len(one.row.input_ids) for one in asked],
                "written": written,
                "loss": losses,
                "base_loss": [None] * len(asked) if base_losses is None else base_losses,
            },
            schema_overrides={"base_loss": pl.Float64},
        )
        return _Found(document, table)


def _losses(audited: Audited, asked: Sequence[Asked], what: str) -> Floats:
    """The loss of each report, its row made by the model's own tokenizer."""
    rows = rows_of([one.example for one in asked], audited.tokenizer)
    with progress(what, len(rows)) as done:
        return audited.losses(rows, done)


def _within(canaries: Sequence[Canary], audited: Audited, max_tokens: int) -> list[Canary]:
    """Canaries whose texts training took: a row that is too long is left out whole."""
    if not canaries:
        return []
    prompts = audited.tokenizer.encode(
        [one.prompt for one in canaries], [one.slots for one in canaries]
    )
    texts = audited.tokenizer.encode_completions(
        [one.head + one.secret + one.tail for one in canaries]
    )
    return [
        one
        for one, prompt, text in zip(canaries, prompts, texts, strict=True)
        if len(prompt.ids) + len(text) <= max_tokens
    ]


def _examples(texts: Sequence[Continued]) -> list[dict[str, Any]]:
    """The texts with the longest runs of words, to look at."""
    longest = sorted((text for text in texts if text.words), key=lambda text: -text.words)
    return [
        {
            "member": text.member,
            "language": text.example.language,
            "words": text.words,
            "rest": text.rest.strip(),
            "written": text.written.strip(),
        }
        for text in longest[:_SHOWN_TEXTS]
    ]
