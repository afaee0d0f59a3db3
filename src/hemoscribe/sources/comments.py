"""Comments of refused results, kept with their report.

Some exports print a report's comment on its first line only. Where that line's result is refused,
the comment moves to the first result of the report that is read; one that is a refused result's own
takes its name along. Where no result of the report is read, a reject of no result carries it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from hemoscribe.knowledge import MissingUnits, recognise
from hemoscribe.records import RejectCode
from hemoscribe.sources.batches import reject, reject_frame

_REPORT = ("source", "patient_id", "report")
_WHY = "The comment of a report none of whose results can be read."


@dataclass
class Comments:
    """Recognises parts of an export one after the other; no comment of theirs is lost.

    ``units``: what is settled of the units that its files do not state.

    ``waiting``: comments of the last report of a part, no result of which was read so far; what
    follows in the next part may be of the same report. Only that report is held.
    """

    units: MissingUnits
    waiting: pl.DataFrame | None = None
    rejects: list[dict[str, Any]] = field(default_factory=list)

    def recognise(
        self, reported: pl.DataFrame, *, trimmed: bool
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """As ``knowledge.recognise``, refused results' comments at their report's first row."""
        uncommented = reported["comment"].null_count() == reported.height
        if reported.is_empty() or (uncommented and self.waiting is None):
            return recognise(reported, trimmed=trimmed, units=self.units)
        numbered = reported.with_row_index("at").with_columns(
            report=pl.coalesce("report_id", pl.col("collected_at").cast(pl.String))
        )
        marked = reported.with_columns(place=numbered["at"].cast(pl.String))
        rows, rejects = recognise(marked, trimmed=trimmed, units=self.units)
        refused = rejects["place"].cast(pl.UInt32)
        place = reported["place"].gather(refused)
        rejects = rejects.with_columns(
            place=pl.coalesce(pl.lit(place), pl.format("row {}", pl.lit(refused) + 1))
        )
        numbered = numbered.with_columns(refused=pl.col("at").is_in(refused.implode()))
        return _with_comments(rows, self._moved(numbered)), rejects

    def left(self) -> pl.DataFrame:
        """Rejects of no result for the comments of reports that are over and gave no row."""
        rejects, self.rejects = self.rejects, []
        return reject_frame(rejects)

    def end(self) -> None:
        """The last part was recognised: what still waits has no row to stand at."""
        if self.waiting is not None:
            self._refuse(self.waiting.iter_rows(named=True))
            self.waiting = None

    def _moved(self, numbered: pl.DataFrame) -> Mapping[int, list[str]]:
        """Row of the recognised rows -> the comments that move to it."""
        stray = _strays(numbered)
        if self.waiting is not None:
            stray = pl.concat([self.waiting, stray])
        if stray.is_empty():
            return {}
        rows = numbered.filter(~pl.col("refused")).with_row_index("row")
        firsts = rows.group_by(_REPORT).agg(pl.col("row").min(), said=pl.col("comment").unique())
        stray = stray.join(firsts, on=_REPORT, how="left", nulls_equal=True, maintain_order="left")
        moved: dict[int, list[str]] = {}
        for one in stray.filter(pl.col("row").is_not_null()).iter_rows(named=True):
            if not any(one["comment"] in (text or "") for text in one["said"]):
                texts = moved.setdefault(one["row"], [])
                texts += [one["text"]] if one["text"] not in texts else []
        self._hold(stray.filter(pl.col("row").is_null()).drop("row", "said"), numbered)
        return moved

    def _hold(self, stray: pl.DataFrame, numbered: pl.DataFrame) -> None:
        """Keep what may be of a report that goes on; refuse the others."""
        last = numbered.select(_REPORT).tail(1)
        waiting = stray.join(last, on=_REPORT, how="semi", nulls_equal=True)
        self._refuse(stray.join(last, on=_REPORT, how="anti", nulls_equal=True).rows(named=True))
        self.waiting = waiting if waiting.height else None

    def _refuse(self, stray: Iterable[Mapping[str, Any]]) -> None:
        said: dict[tuple[Any, ...], Mapping[str, Any]] = {}
        for one in stray:
            said.setdefault((*(one[key] for key in _REPORT), one["comment"]), one)
        for one in said.values():
            self.rejects.append(
                reject(
                    one["source"] or "unnamed source",
                    f"comment, {one['place']}",
                    RejectCode.UNREADABLE,
                    _WHY,
                    results=0,
                    value=one["comment"],
                )
            )


def _strays(numbered: pl.DataFrame) -> pl.DataFrame:
    """The comments of refused results; ``text`` is how each reads at another result.

    The only comment of a report, on its first line, is the report's. Any other is about its result.
    """
    commented = pl.col("comment").is_not_null()
    found = numbered.filter(commented & pl.col("refused"))
    reports = (
        numbered.join(found.select(_REPORT).unique(), on=_REPORT, how="semi", nulls_equal=True)
        .group_by(_REPORT)
        .agg(first=pl.col("at").min(), said=commented.sum())
    )
    found = found.join(reports, on=_REPORT, how="left", nulls_equal=True, maintain_order="left")
    of_report = (pl.col("first") == pl.col("at")) & (pl.col("said") == 1)
    named = pl.coalesce(pl.format("{}: {}", "reported_name", "comment"), "comment")
    text = pl.when(of_report).then("comment").otherwise(named)
    return found.select(*_REPORT, "place", "comment", text=text)


def _with_comments(rows: pl.DataFrame, moved: Mapping[int, list[str]]) -> pl.DataFrame:
    """Rows with what moved to them before their own comments."""
    if not moved:
        return rows
    extra = pl.DataFrame(
        {"row": list(moved), "moved": [" ".join(texts) for texts in moved.values()]},
        schema={"row": pl.UInt32, "moved": pl.String},
    )
    return (
        rows.with_row_index("row")
        .join(extra, on="row", how="left", maintain_order="left")
        .with_columns(comment=pl.concat_str("moved", "comment", separator=" ", ignore_nulls=True))
        .with_columns(comment=pl.when(pl.col("comment") != "").then("comment"))
        .drop("row", "moved")
    )
