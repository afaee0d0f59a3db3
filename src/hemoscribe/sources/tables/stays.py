"""A report's number that is one of a stay: its days, or its times, are reports of their own.

Whether it is one is told from the rows: one number over more than a day, or one analysis twice at
two times. It is then so for the whole file from there on, and it is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from hemoscribe.sources.batches import Notices

_DAY, _TIME = "%Y-%m-%d", "%Y-%m-%d %H:%M:%S"
_WORDS = {_DAY: "day", _TIME: "time"}


@dataclass
class Stays:
    """Tells the reports of a stay apart; ``form``: how its times are written, None: not needed."""

    source: str
    notices: Notices
    form: str | None = None

    def told_apart(self, around: pl.DataFrame, names: pl.Series) -> pl.DataFrame:
        """Rows whose report's number has the day or the time in it, where numbers are of stays.

        Args:
            around: ``report_id`` as the file has it, and ``collected_at``.
            names: of the analyses, as long as ``around``.
        """
        if self.form != _TIME and (found := self._form(around, names)) is not None:
            self.form = self.form if found == _DAY and self.form else found
            self.notices.say(
                f"{self.source}: a report's number has results of several {_WORDS[found]}s, so "
                f"each {_WORDS[found]} of it is read as a report of its own."
            )
        if self.form is None:
            return around
        own = pl.concat_str(
            "report_id", pl.col("collected_at").dt.strftime(self.form), separator=" "
        )
        return around.with_columns(report_id=pl.coalesce(own, "report_id"))

    def _form(self, around: pl.DataFrame, names: pl.Series) -> str | None:
        time = pl.col("collected_at")
        spans = (
            around.lazy()
            .filter(pl.col("report_id").is_not_null())
            .group_by("report_id")
            .agg(time.min().alias("first"), time.max().alias("last"))
            .filter(pl.col("first") < pl.col("last"))
            .collect()
        )
        if spans.is_empty():
            return None
        rows = around.select("report_id", "collected_at", names.alias("name")).filter(
            pl.col("report_id").is_in(spans["report_id"].implode())
        )
        day = time.dt.date().alias("day")
        if _is_twice(rows, ("report_id", day, "name")):
            return _TIME
        long = (pl.col("last") - pl.col("first")) >= pl.duration(days=1)
        if spans.select(long.any()).item() or _is_twice(rows, ("report_id", "name")):
            return _DAY
        return None


def _is_twice(rows: pl.DataFrame, of: Sequence[str | pl.Expr]) -> bool:
    """Whether one analysis stands at two times in a report, or in a day of it."""
    times = rows.drop_nulls().group_by(of).agg(pl.col("collected_at").n_unique())
    return bool((times["collected_at"] > 1).any())
