"""The model's reading of held-out reports as one table: a row per result, truth beside probability.

Every number of an assessment about reading is computed from this table and nothing else; it is
written beside the assessment (``observations.parquet``), so that anyone can compute it again.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from hemoscribe.assess.kept import Kept, asked
from hemoscribe.assess.progress import progress
from hemoscribe.engines.interpreter import MAX_READ_RESULTS
from hemoscribe.errors import InputError
from hemoscribe.prose.prompt import Prompt, Track, parts, render
from hemoscribe.records import DIRECTIONS, FlaggedResult, Language, Reading

Truth = Literal["rules", "laboratory"]
Floats = npt.NDArray[np.float64]

BATCH = 16
ABNORMAL = "abnormal"  # outside the range by the laboratory's flag A, which states no direction
_SUM_TOLERANCE = 1e-3

_AGE_BANDS = (
    (1.0, "under 1"),
    (18.0, "1-17"),
    (40.0, "18-39"),
    (60.0, "40-59"),
    (75.0, "60-74"),
    (float("inf"), "75 and over"),
)
_PANEL_SIZES = ((5, "1-5"), (10, "6-10"), (15, "11-15"), (25, "16-25"), (10**9, "26 and over"))

SCHEMA = {
    "report_id": pl.String(),
    "patient_id": pl.String(),
    "laboratory": pl.String(),
    "language": pl.String(),
    "sex": pl.String(),
    "age_band": pl.String(),
    "panel_size": pl.String(),
    "analyte": pl.String(),
    "value": pl.Float64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
    "rules": pl.String(),
    "laboratory_says": pl.String(),
    "critical": pl.Boolean(),
}


class Reader(Protocol):
    """A model as far as reading needs it."""

    name: str

    def read(self, prompts: Sequence[Prompt]) -> list[Floats]:
        """Probabilities of low, normal and high at each slot: one array (slots, 3) per prompt."""
        ...


def describe(readings: Iterable[Reading], languages: Iterable[Language]) -> pl.DataFrame:
    """One row per result, in order: who it belongs to and what the rules and the laboratory say."""
    rows: list[tuple[object, ...]] = []
    for reading, language in zip(readings, languages, strict=True):
        panel = reading.panel
        about = (
            panel.report_id,
            panel.patient_id,
            panel.laboratory or "not stated",
            language,
            panel.sex or "not stated",
            age_band(panel.age_years),
            panel_size(len(reading.results)),
        )
        for result in reading.results:
            rows.append(
                (
                    *about,
                    result.analyte,
                    result.value,
                    result.low,
                    result.high,
                    result.direction,
                    laboratory_direction(result),
                    result.critical,
                )
            )
    return _blank_flags_are_normal(pl.DataFrame(rows, schema=SCHEMA, orient="row"))


def laboratory_direction(result: FlaggedResult) -> str | None:
    """What the laboratory's own flag says: low, normal, high, abnormal; None without a flag
    or by one that is not understood."""
    flag = result.laboratory_flag
    if flag is None:
        return None
    return {"L": "low", "N": "normal", "H": "high", "A": ABNORMAL}.get(flag[0])


def _blank_flags_are_normal(table: pl.DataFrame) -> pl.DataFrame:
    """A laboratory that flags abnormal results and never writes N means normal by no flag."""
    flags = pl.col("laboratory_says")
    only_abnormal = flags.is_not_null().any() & ~flags.eq("normal").fill_null(False).any()
    return table.with_columns(
        pl.when(only_abnormal.over("laboratory"))
        .then(flags.fill_null("normal"))
        .otherwise(flags)
        .alias("laboratory_says")
    )


def age_band(age_years: float | None) -> str:
    """The age band an assessment is sliced by."""
    if age_years is None:
        return "not stated"
    return next(name for limit, name in _AGE_BANDS if age_years < limit)


def panel_size(results: int) -> str:
    """The band of panel sizes an assessment is sliced by."""
    return next(name for limit, name in _PANEL_SIZES if results <= limit)


def prompts_of(
    readings: Iterable[Reading], languages: Iterable[Language], track: Track
) -> list[Prompt]:
    """What the model is asked, in the order of ``describe``: long reports in parts, as served."""
    return [
        render(part, language=language, track=track)
        for reading, language in zip(readings, languages, strict=True)
        for part in parts(reading, MAX_READ_RESULTS)
    ]


def read_all(
    model: Reader,
    readings: Sequence[Reading],
    languages: Sequence[Language],
    track: Track,
    *,
    side: str = "held-out",
    kept: Kept | None = None,
) -> tuple[Floats, float]:
    """The model's probabilities of every result, in the order of ``describe``, and the seconds.

    Long reports are read in parts, as in service. Prompts go in batches of similar length, shortest
    first: what an interruption leaves goes in the batches it would have gone in.

    Args:
        kept: what was answered before, where each batch is kept; the same prompt is asked once.

    Raises:
        InputError: the model does not answer one finite row of three per slot.
    """
    prompts = prompts_of(readings, languages, track)
    kept = Kept() if kept is None else kept
    every = {asked(prompt): prompt for prompt in prompts}
    unread = {
        question: prompt for question, prompt in every.items() if kept.reading(prompt) is None
    }
    todo = sorted(unread.items(), key=lambda pair: len(pair[1].text))
    earlier = len(every) - len(todo)
    what = f"reading {side} reports, {track} track"
    what += f" ({earlier:,} read before)" if earlier else ""
    characters = sum(len(prompt.text) for _, prompt in todo)
    with progress(what, len(todo), work=characters) as advance:
        for first in range(0, len(todo), BATCH):
            batch = dict(todo[first : first + BATCH])
            _read_batch(model, batch, kept)
            advance(len(batch), sum(len(prompt.text) for prompt in batch.values()))
    found = [one for prompt in prompts if (one := kept.reading(prompt)) is not None]
    seconds = sum(kept.seconds(question) for question in every)
    return np.concatenate([np.zeros((0, 3)), *found]), seconds


def _read_batch(model: Reader, batch: Mapping[str, Prompt], kept: Kept) -> None:
    start = time.perf_counter()
    answers = model.read(list(batch.values()))
    seconds = (time.perf_counter() - start) / len(batch)
    if len(answers) != len(batch):
        raise InputError(
            f"{model.name}: it answered {len(answers)} of {len(batch)} prompts; "
            "a model must answer each."
        )
    kept.add(
        {
            question: {
                "probabilities": _sound(found, prompt, model.name).tolist(),
                "seconds": seconds,
            }
            for (question, prompt), found in zip(batch.items(), answers, strict=True)
        }
    )


def _sound(probabilities: npt.ArrayLike, prompt: Prompt, name: str) -> Floats:
    table = np.asarray(probabilities, dtype=np.float64)
    wanted = (len(prompt.slots), len(DIRECTIONS))
    if table.shape != wanted:
        raise InputError(f"{name}: a prompt with {wanted[0]} slots was read as {table.shape}.")
    if not np.isfinite(table).all() or (np.abs(table.sum(axis=1) - 1) > _SUM_TOLERANCE).any():
        raise InputError(
            f"{name}: its probabilities at a slot are not three numbers that sum to 1; "
            "the weights are damaged or the number format overflows (try float32)."
        )
    return table


def with_probabilities(table: pl.DataFrame, probabilities: Floats, track: str) -> pl.DataFrame:
    """The table with one track's probabilities beside it."""
    return table.with_columns(
        pl.lit(track).alias("track"),
        *(pl.Series(f"p_{name}", probabilities[:, i]) for i, name in enumerate(DIRECTIONS)),
    )
