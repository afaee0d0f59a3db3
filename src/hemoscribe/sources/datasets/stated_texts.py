"""Values, times and specimens as data sets write them, as the house reads them."""

from __future__ import annotations

import polars as pl

from hemoscribe.sources.batches import Notices
from hemoscribe.sources.dates import parse_dates

LATEST_YEAR = 2300  # dates of research data are shifted into the future
_COMPARED = r"^\s*(?:<=|>=|=<|=>|<|>|≤|≥)\s*[\d.]"
_ISO = "%Y-%m-%d %H:%M:%S%.f"
# LOINC's names end in the specimen: "... in Serum or Plasma by ...", "pH of Urine".
_SYSTEM = r"(?:.*\s)(?:in|of) ([A-Z0-9][A-Za-z0-9 ,.]*?)(?: by .*| adjusted .*| at .*| --.*)?$"


def value_of(number: pl.Expr, text: pl.Expr) -> pl.Expr:
    """The value of a number and the text that it was taken from.

    The text where it states a comparator ("<0.01" beside 0.01) or the same number as printed; else
    the number; without one the text.
    """
    same = text.cast(pl.Float64, strict=False) == number.cast(pl.Float64, strict=False)
    printed = text.str.contains(_COMPARED) | same
    return pl.when(printed.fill_null(value=False)).then(text).otherwise(pl.coalesce(number, text))


def is_compared(text: pl.Expr) -> pl.Expr:
    """Whether a text is a number behind a comparator."""
    return text.str.contains(_COMPARED).fill_null(value=False)


def times(name: str, texts: pl.Series, notices: Notices) -> pl.Series:
    """Datetimes of texts, quickly where they are ISO 8601; what is no date is said."""
    head = texts.str.replace("T", " ", literal=True).str.strip_suffix("Z")
    quick = head.str.to_datetime(_ISO, time_unit="us", strict=False).dt.truncate("1s")
    left = quick.is_null() & texts.is_not_null()
    if not left.any():
        return quick
    plain = texts.str.strip_suffix(" UTC").filter(left)
    parsed = parse_dates(plain, None, latest_year=LATEST_YEAR)
    found = quick.scatter(left.arg_true(), parsed)
    unread = texts.filter(texts.is_not_null() & found.is_null())
    if len(unread):
        notices.say(
            f"{name}: {unread[0]!r} is not a date that can be read; "
            "the results are read without it."
        )
    return found


def report_of(patient: str, text: str, time: str) -> pl.Expr:
    """The report of rows whose time cannot be read: the patient and the time as it is printed.

    Null elsewhere: there the patient and the time are the report.
    """
    unread = pl.col(time).is_null() & pl.col(text).is_not_null()
    return pl.when(unread).then(pl.concat_str(patient, text, separator=" "))


def say_undated(name: str, reported: pl.DataFrame, notices: Notices) -> None:
    """Say where results without any time will be one report of their patient."""
    undated = reported["collected_at"].is_null() & reported["report_id"].is_null()
    if undated.any():
        notices.say(f"{name}: results of one patient that state no time are taken as one report.")


def system_of(name: pl.Expr) -> pl.Expr:
    """The specimen that a LOINC name ends in: ``Serum or Plasma``; null where it names none."""
    return name.str.extract(_SYSTEM)
