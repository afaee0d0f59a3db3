"""``assessment.json``: what was measured of a model, and what it may do on the strength of it.

Whatever is decided by an assessment (whether a model's words are used, whether it is promoted) is
decided by the fields here. Tables that are only shown are kept as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from hemoscribe.stages.typed_document import (
    Number,
    TypedDocument,
    read_document,
    typed,
    write_document,
)

ASSESSMENT = "assessment.json"
HEADLINE_TRACK: Literal["raw"] = "raw"


class Figure(TypedDocument):
    """A measured number with its 95 % interval; ``value`` is None where nothing was measured."""

    value: Number | None
    low: Number | None = None
    high: Number | None = None
    n: int = 0


class Track(TypedDocument):
    """What was measured on one track; the figures that something is decided by."""

    accuracy: Figure | None = None
    abnormal_recall: Figure | None = None
    abnormal_precision: Figure | None = None
    finding_f1: Figure | None = None
    unfaithful_rate: Figure | None = None
    withheld_rate: Figure | None = None

    @property
    def figures(self) -> dict[str, Figure]:
        """These figures by name, as far as they stand in the document, in its order."""
        found = {name: getattr(self, name) for name in self._order}
        return {name: figure for name, figure in found.items() if isinstance(figure, Figure)}

    def value(self, metric: str) -> Number | None:
        """The value of one of these figures; None where it was not measured."""
        figure: Figure | None = getattr(self, metric)
        return None if figure is None else figure.value


class Pen(TypedDocument):
    """Whether a model's words are used when it is served, and why, in a sentence."""

    value: bool
    sentence: str


class Gate(TypedDocument):
    """One target against what was measured; ``comparison`` says which side of it is wanted."""

    name: str
    label: str
    comparison: Literal[">", "<"]
    target: Number
    value: Number | None
    met: bool
    sentence: str


class Latency(TypedDocument):
    """Seconds per report, end to end as served; None where no report was timed."""

    n: int
    p50_s: Number | None
    p95_s: Number | None
    p99_s: Number | None


class Timed(TypedDocument):
    """Latency with the model's ``words`` (None: never timed so), and with the composer's."""

    words: Latency | None
    reading: Latency


class Shown(TypedDocument):
    """What a reader meets where the model's ``words`` are used, and where the composer's are."""

    words: dict[str, Any]
    reading: dict[str, Any]


class Parts(TypedDocument):
    """What is measured whatever the limits are, with the model's words and without them."""

    latency: Timed
    system: Shown


class Limits(TypedDocument):
    """The limits that a judgement was made by: settings of ``gates`` and ``writing``."""

    gates: dict[str, Number]
    writing: dict[str, Number]


class Measurements(TypedDocument):
    """What was measured, before it is judged. ``measured`` is None as version 0.1.0 wrote it."""

    tracks: dict[str, Track]
    measured: Parts | None = None

    @property
    def headline(self) -> Track:
        """The track that decides; one without figures where it was not read."""
        return self.tracks.get(HEADLINE_TRACK, Track())


class Judgement(Measurements):
    """What the limits make of the measurements: the document, or the summary of ``assess``.

    ``may_write`` is None where nobody judged whether the model may: then it may not.
    """

    gates: list[Gate] = Field(min_length=1)
    may_write: Pen | None = None

    @property
    def lets_write(self) -> bool:
        """Whether the model's words are used."""
        return self.may_write is not None and self.may_write.value


class AssessmentRecord(Judgement):
    """All that ``assessment.json`` holds."""

    format: int | None = None
    model: str | None = None
    engine: str | None = None
    limits: Limits | None = None
    latency: Latency | None = None


_REMEDY = "restore it, or run `hemoscribe assess` again; until then the model may not write"


def read_assessment(path: Path) -> AssessmentRecord:
    """The assessment of a file.

    Raises:
        SourceError: there is no such file, or it is not JSON.
        StageError: it is damaged, or something else; names what is wrong.
    """
    return read_document(path, AssessmentRecord, what="assessment", remedy=_REMEDY)


def assessment_of(folder: Path) -> AssessmentRecord | None:
    """The assessment in a folder, None where there is none; raises as ``read_assessment``."""
    path = folder / ASSESSMENT
    return read_assessment(path) if path.is_file() else None


def write_assessment(path: Path, record: AssessmentRecord) -> None:
    """Write an assessment as it was judged."""
    write_document(path, record)


def judgement_of(summary: Mapping[str, Any]) -> Judgement:
    """What the summary of ``assess`` says of a model, to decide by.

    Raises:
        StageError: it does not say it.
    """
    name = "the summary of `hemoscribe assess`"
    return typed(dict(summary), Judgement, name=name, what="assessment", remedy=_REMEDY)
