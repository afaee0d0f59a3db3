"""What every reader yields: reported rows as text, rejects beside them, notices for the user."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from hemoscribe.records import REPORTED, RejectCode, no_rejects

MAX_NOTICE_CHARACTERS = 500


@dataclass(frozen=True)
class Batch:
    """A part of a file: ``reported`` has the columns ``records.REPORTED``.

    ``trimmed``: no text of it is empty or has spaces around it, so none is looked for again.
    """

    reported: pl.DataFrame
    rejects: pl.DataFrame = field(default_factory=no_rejects)
    trimmed: bool = False


@dataclass
class Notices:
    """What the user should know and nothing was rejected for; each sentence once, in order.

    One goes through all files of a reading, so what is for all of them is held here too:
    ``beside``, what a reader found in files that it needs for the next ones, and ``at_end``, what
    gives the rejects that only the end of the reading tells.
    """

    sentences: dict[str, None] = field(default_factory=dict)
    beside: dict[Any, object] = field(default_factory=dict)
    at_end: list[Callable[[], Iterable[Mapping[str, Any]]]] = field(default_factory=list)
    dropped: dict[tuple[str, str], None] = field(default_factory=dict)
    """(file, header) of the columns that hold numbers and are not read."""
    unread: dict[str, None] = field(default_factory=dict)
    """Files of a folder that are not read, or only in part."""

    def say(self, sentence: str) -> None:
        """Add a sentence, unless it was said already; what it quotes from a file may be cut."""
        if len(sentence) > MAX_NOTICE_CHARACTERS:
            sentence = f"{sentence[:MAX_NOTICE_CHARACTERS]}..."
        self.sentences.setdefault(sentence)


def reported_frame(columns: Mapping[str, pl.Expr], source: pl.DataFrame) -> pl.DataFrame:
    """A frame with exactly the columns of ``REPORTED``, null where ``columns`` has none.

    Args:
        columns: name in ``REPORTED`` -> expression over ``source``.
    """
    unknown = set(columns) - set(REPORTED)
    assert not unknown, unknown
    return source.select(
        [
            (columns[name].cast(dtype) if name in columns else pl.lit(None, dtype=dtype)).alias(
                name
            )
            for name, dtype in REPORTED.items()
        ]
    )


def reject(
    source: str,
    place: str,
    code: RejectCode,
    message: str,
    *,
    results: int = 1,
    name: str | None = None,
    value: str | None = None,
    unit: str | None = None,
    flag: str | None = None,
) -> dict[str, Any]:
    """One reject as a row of ``records.Reject`` that does not tell whose it was."""
    return {
        "source": source,
        "place": place,
        "code": str(code),
        "message": message,
        "results": results,
        "reported_name": name,
        "reported_value": value,
        "reported_unit": unit,
        "reported_flag": flag,
        "patient_id": None,
        "report_id": None,
    }


def of_row(rejected: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    """The reject of a row of ``REPORTED``, which tells whose it was."""
    patient, time = row["patient_id"], row["collected_at"]
    at = "undated" if time is None else f"{time:%Y%m%dT%H%M%S}"
    report = row["report_id"] or f"{patient or ''}@{at}"  # as ``records.report_number``
    return {**rejected, "patient_id": patient, "report_id": report}


def reject_frame(rejects: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """Rejects as the frame that stages hand on."""
    return pl.DataFrame(list(rejects), schema=no_rejects().schema)
