"""What a spreadsheet makes of a laboratory's texts: ``5-10`` a date, long numbers ``1.23E+12``.

A damaged cell is never read: the number that stood there is not to be had from what is left.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from hemoscribe.records import RejectCode
from hemoscribe.sources.batches import of_row, reject

_MONTH = (
    r"(?:jan|feb|fév|fev|f[ée]vr|mar|mars|apr|avr|may|mai|june?|juin|july?|juil|aug|août|aout|sept?|"
    r"oct|nov|dec|déc)"
)
_DATE = (
    rf"(?i)^(?:\d{{1,2}}[-. ]{_MONTH}\.?|{_MONTH}\.?[-. ]\d{{1,4}}"
    r"|\d{4}-\d{2}-\d{2}(?: \d{2}:\d{2}:\d{2})?|\d{1,2}/\d{1,2}/\d{4})$"
)
_SHORTENED = r"^[+-]?\d(?:[.,]\d+)?E\+\d{2,}$"
_SENTENCES: Mapping[str, str] = {
    "reported_value": "A spreadsheet has turned the value into {what}",
    "reported_low": "A spreadsheet has turned the range into {what}",
    "reported_high": "A spreadsheet has turned the range into {what}",
    "patient_id": "A spreadsheet has turned the patient's number into {what}",
    "report_id": "A spreadsheet has turned the report's number into {what}",
}
_WHOSE = ("patient_id", "report_id")
_ADVICE = "; mark the column as text and export it again."


def undamaged(name: str, reported: pl.DataFrame) -> tuple[pl.DataFrame, list[dict[str, Any]]]:
    """(rows without damage, rejects for the others, each saying what was damaged)."""
    damage = reported.select(
        *(_date(column) for column in ("reported_value", "reported_low", "reported_high")),
        *(_shortened(column) for column in ("reported_value", "patient_id", "report_id")),
    )
    bad = damage.select(pl.any_horizontal(pl.all())).to_series()
    if not bad.any():
        return reported, []
    rejects = list(_rejects(name, reported.filter(bad), damage.filter(bad)))
    return reported.filter(~bad), rejects


def _date(column: str) -> pl.Expr:
    return pl.col(column).str.contains(_DATE).fill_null(value=False).alias(f"{column} date")


def _shortened(column: str) -> pl.Expr:
    texts = pl.col(column)
    return texts.str.contains(_SHORTENED).fill_null(value=False).alias(f"{column} short")


def _rejects(name: str, rows: pl.DataFrame, damage: pl.DataFrame) -> Iterator[dict[str, Any]]:
    for row, found in zip(rows.iter_rows(named=True), damage.iter_rows(named=True), strict=True):
        column, kind = next(key for key, bad in found.items() if bad).split(" ")
        what = "a date" if kind == "date" else "a shortened number"
        refused = reject(
            name, row["place"], RejectCode.UNREADABLE,
            f"{_SENTENCES[column].format(what=what)} ({row[column]!r}){_ADVICE}",
            name=row["reported_name"], value=row["reported_value"], unit=row["reported_unit"],
            flag=row["reported_flag"],
        )  # fmt: skip
        yield refused if column in _WHOSE else of_row(refused, row)
