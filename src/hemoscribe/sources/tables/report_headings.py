"""Lines of a report that hold a heading or state the specimen: ``P1;02/01/2026;URINES;;``.

Such a line names a patient and a date as every line does, and no value. What follows it in the same
report is of the fluid that it names, until a heading says blood or a section that only blood has.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from hemoscribe.records import RejectCode
from hemoscribe.sources.fluid_sections import FluidSections, Heading
from hemoscribe.sources.heading_marks import BLOOD_AGAIN, folded, heading_mark, is_heading, labels
from hemoscribe.sources.specimens import OtherSpecimen, other_specimen
from hemoscribe.sources.tables.delimited import LINE
from hemoscribe.sources.tables.headers import Headers

_NAMES = ("analyte", "analyte_code")
_BARE = ("unit", "low", "high", "range", "flag", "loinc")
"""What says that a line is a result, although it has no value."""
_REPORT = ("patient_id", "report_id", "collected_at", "collected_day")


@dataclass
class HeadingLines:
    """The fluid that each line of a report stands under; the last report goes on in a next block.

    ``stated`` takes the specimens that lines state, by their texts.
    """

    headers: Headers
    stated: dict[str, OtherSpecimen]
    _last: pl.DataFrame | None = field(default=None, init=False)

    def read(
        self, frame: pl.DataFrame, value: pl.Series, under: pl.Series | None
    ) -> pl.Series | None:
        """The heading of each line, where ``under`` is what the lines of headings alone say."""
        marks = self._marks(frame, value)
        if marks is None and self._last is None:
            return under
        if marks is None:
            marks = pl.repeat(None, frame.height, dtype=pl.String, eager=True)
        held = self._keys(frame, marks, under).with_columns(marks.alias("mark"))
        keys = [name for name in held.columns if name != "mark"]
        size = held.height
        if self._last is not None:
            held = pl.concat([self._last, held])
        said = held.with_columns(pl.col("mark").forward_fill().over(keys))
        if not size:
            return under
        self._last = said.tail(1) if said["mark"][-1] is not None else None
        mark = said["mark"].tail(size).set(marks.is_not_null(), BLOOD_AGAIN)  # no result itself
        if under is None:
            return mark.replace(BLOOD_AGAIN, None)
        return pl.select(
            pl.when(pl.lit(mark).is_null()).then(pl.lit(under)).otherwise(pl.lit(mark))
        ).to_series()

    def _keys(self, frame: pl.DataFrame, marks: pl.Series, under: pl.Series | None) -> pl.DataFrame:
        """Which report a line is of; a heading without a date is of the report that follows it."""
        columns = self.headers.columns
        named = [name for name in _REPORT if name in columns]
        if "report_id" in named:
            named = [name for name in named if name in ("patient_id", "report_id")]
        cells = frame.select(pl.col(f"c{columns[name]}").alias(name) for name in named)
        is_mark = pl.lit(marks).is_not_null()
        alone = pl.repeat(None, frame.height, dtype=pl.String, eager=True)
        cells = cells.with_columns((alone if under is None else under).alias("under"))
        return cells.with_columns(
            pl.when(is_mark).then(pl.col(name).backward_fill()).otherwise(pl.col(name)).alias(name)
            for name in named
        )

    def _marks(self, frame: pl.DataFrame, value: pl.Series) -> pl.Series | None:
        """The fluid that each line says, ``BLOOD_AGAIN``, or null; None where no line says one."""
        columns = self.headers.columns
        names = [pl.col(f"c{columns[name]}") for name in _NAMES if name in columns]
        if not names:
            return None
        bare = [pl.col(f"c{columns[name]}").is_null() for name in _BARE if name in columns]
        lines = frame.with_columns(value.alias("_value")).select(
            LINE,
            name=pl.coalesce(names),
            value=pl.col("_value"),
            whose=self._whose(),
            bare=pl.all_horizontal(bare) if bare else pl.lit(value=True),
        )
        lines = lines.filter("bare", pl.col("name").is_not_null())
        told = lines.filter(pl.col("value").is_null() | pl.col("name").is_in(self._labels(lines)))
        pairs = told.select("name", "value").unique()
        said = [(name, text, self._said(name, text)) for name, text in pairs.iter_rows()]
        if not any(mark for _, _, mark in said) and self._last is None:
            return None
        known = pl.DataFrame(
            said, schema={"name": pl.String, "value": pl.String, "mark": pl.String}, orient="row"
        )
        marked = told.join(
            known, on=["name", "value"], how="left", nulls_equal=True, maintain_order="left"
        )
        marked = self._by_level(marked)
        return frame.select(LINE).join(
            marked.select(LINE, "mark").unique(LINE), on=LINE, how="left", maintain_order="left"
        )["mark"]

    def _whose(self) -> pl.Expr:
        """Whose a line is, for telling the headings of one report from those of the next."""
        columns = self.headers.columns
        cells = [pl.col(f"c{columns[name]}") for name in _REPORT if name in columns]
        return pl.concat_str(cells, separator="|", ignore_nulls=True) if cells else pl.lit("")

    def _by_level(self, marked: pl.DataFrame) -> pl.DataFrame:
        """The marks, without the ends of another fluid that are headings of its own parts."""
        said = marked.filter(pl.col("mark").is_not_null())
        if not said["mark"].ne(BLOOD_AGAIN).any() or not said["mark"].eq(BLOOD_AGAIN).any():
            return marked
        fluid, of, before, kept = FluidSections(), None, -1, []
        for row in said.iter_rows(named=True):
            if row["whose"] != of:
                fluid = FluidSections()
            if row[LINE] > before + 1:
                fluid.content()
            of, before = row["whose"], row[LINE]
            text = row["mark"] if row["value"] else row["name"]
            fluid.enter(Heading(text or row["name"]))
            mark = row["mark"]
            if mark == BLOOD_AGAIN and row["value"] is None and fluid.other is not None:
                mark = fluid.other.name
                self.stated[mark] = fluid.other
            elif mark == BLOOD_AGAIN:
                fluid.end()
            kept.append(mark)
        column = pl.Series("mark", kept, dtype=pl.String)
        levels = said.select(LINE).with_columns(column)
        return marked.drop("mark").join(levels, on=LINE, how="left", maintain_order="left")

    def _labels(self, lines: pl.DataFrame) -> list[str]:
        known = labels()["specimen_labels"] | labels()["heading_labels"]
        return [name for name in lines["name"].unique() if folded(name) in known]

    def _said(self, name: str, value: str | None) -> str | None:
        if value is None:
            return heading_mark(name) if is_heading(name) else None
        if folded(name) in labels()["heading_labels"]:
            return None if any(map(str.isdigit, value)) else heading_mark(value)
        other = other_specimen([value])
        if other is None:
            return BLOOD_AGAIN
        if other.code != RejectCode.OTHER_SPECIMEN:
            return None
        self.stated[value] = other
        return value
