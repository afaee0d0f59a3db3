"""What a table of many kinds holds that is no laboratory's result: counted, one reject a kind."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import polars as pl

from hemoscribe.records import REPORTED, RejectCode
from hemoscribe.sources.batches import Batch, reject, reject_frame

MAX_KINDS = 200
MAX_KIND_CHARACTERS = 100
_OTHERS = "other kinds"


@dataclass
class Kinds:
    """Counts the rows of each kind that is left out over a whole file."""

    source: str
    column: str
    why: str
    counts: Counter[str] = field(default_factory=Counter)

    def take(self, kinds: pl.Series) -> None:
        """Count rows by their kind."""
        for kind, count in kinds.value_counts(sort=True).iter_rows():
            shown = str(kind)[:MAX_KIND_CHARACTERS]
            known = shown in self.counts or len(self.counts) < MAX_KINDS
            self.counts[shown if known else _OTHERS] += count

    def batch(self) -> Batch:
        """No row, and a reject for each kind, which stands for all of its rows."""
        rejects = [
            reject(
                self.source, f"{self.column} {kind}", RejectCode.UNKNOWN_ANALYTE,
                f"{self.why} ({kind}).", results=count, name=kind,
            )
            for kind, count in self.counts.items()
        ]  # fmt: skip
        return Batch(pl.DataFrame(schema=dict(REPORTED)), reject_frame(rejects))
