"""``tune.json``: what a tuned model was made from and how, beside its weights."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field

from hemoscribe.stages.typed_document import Number, TypedDocument, read_document, write_document

TUNE = "tune.json"


class TunedPlan(TypedDocument):
    """How the rows were put to the device: rows of a step are ``micro_batch * accumulation``."""

    micro_batch: int
    accumulation: int


class TuneRecord(TypedDocument):
    """What tuning wrote of a model; of the shipped one only ``base`` and ``start_from``."""

    base: str
    licence: str | None = None
    start_from: str | None = None
    settings: dict[str, Any] = Field(default_factory=dict)
    tokens_per_second: Number | None = None
    seconds: Number | None = None
    peak_memory_gb: Number | None = None
    steps: int | None = None
    plan: TunedPlan | None = None
    examples: int | None = None

    @property
    def rows_seen(self) -> int | None:
        """Rows that the optimizer saw; None where it was not recorded."""
        if self.steps is None or self.plan is None:
            return None
        return self.steps * self.plan.micro_batch * self.plan.accumulation


def tune_record_of(folder: Path) -> TuneRecord | None:
    """The record of a tuned folder; None where there is none, as of a base model.

    Raises:
        SourceError: it is not JSON.
        StageError: it is damaged; names what is wrong.
    """
    path = folder / TUNE
    return read_tune_record(folder) if path.is_file() else None


def read_tune_record(folder: Path) -> TuneRecord:
    """The record of a tuned folder, which must have one; raises as ``tune_record_of``."""
    return read_document(
        folder / TUNE,
        TuneRecord,
        what="record of tuning",
        remedy="restore it, or run `hemoscribe tune` again",
    )


def write_tune_record(folder: Path, values: Mapping[str, Any]) -> None:
    """Write the record of a tuned folder."""
    write_document(folder / TUNE, TuneRecord.model_validate(dict(values)))
