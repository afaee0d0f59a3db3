"""Dates and times as laboratories print them, with the order of day and month decided per column.

``03/04/2024`` is the third of April or the fourth of March. A column is read day-first or
month-first as a whole: one ``25/04/2024`` in it decides. Where nothing in it decides, what
surrounds it may (``dd.mm.yyyy`` is day-first everywhere, so are French headers); otherwise the
order stays unknown and the caller says or refuses. Time zones are left out: times are local.
"""

from __future__ import annotations

from functools import lru_cache

import polars as pl

from hemoscribe.sources.mapping import DateOrder

_MONTHS: dict[str, int] = {
    name: number
    for number, names in enumerate(
        (
            "jan january janv janvier",
            "feb february fev fevr fevrier fév févr février",
            "mar march mars",
            "apr april avr avril",
            "may mai",
            "jun june juin",
            "jul july juil juillet",
            "aug august aou août aout",
            "sep sept september septembre",
            "oct october octobre",
            "nov november novembre",
            "dec december déc décembre decembre",
        ),
        start=1,
    )
    for name in names.split()
}
_TIME = (
    r"(?:[T ,]+(?:à |at )?(?P<hour>\d{1,2})(?:[:hH](?P<minute>\d{2}))?(?::(?P<second>\d{2}))?"
    r"(?:[.,]\d+)?\s*(?P<half>[aApP][mM])?)?\s*(?:Z|[+-]\d{2}:?\d{2})?$"
)
_YEAR_FIRST = r"^(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})" + _TIME
_COMPACT = (
    r"^(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})"
    r"(?:T?(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?)?(?:\.\d+)?(?:[+-]\d{4})?$"
)
_YEAR_LAST = r"^(?P<first>\d{1,2})[-/. ](?P<other>\d{1,2})[-/. ](?P<year>\d{4}|\d{2})" + _TIME
_DAY_NAME = r"^(?P<day>\d{1,2})(?:er)?[-/. ]*(?P<name>\p{L}+)[-/. ,]*(?P<year>\d{4}|\d{2})" + _TIME
_NAME_DAY = r"^(?P<name>\p{L}+)[-/. ]*(?P<day>\d{1,2})[-/. ,]+(?P<year>\d{4})" + _TIME
_DOTTED = r"^\d{1,2}\.\d{1,2}\.\d"


class ContradictoryDates(ValueError):
    """A column with a date that can only be day-first and one that can only be month-first."""


def decide_order(texts: pl.Series, *, french: bool = False) -> DateOrder | None:
    """day_first or month_first for a column of texts; None where nothing decides or need be.

    Args:
        french: the column stands in a French file, where only day-first is written.

    Raises:
        ContradictoryDates: two dates of the column exclude each other; names both.
    """
    distinct = texts.drop_nulls().unique(maintain_order=True)
    parts = pl.DataFrame({"text": distinct}).with_columns(
        pl.col("text").str.extract_groups(_YEAR_LAST).struct.field("first", "other").cast(pl.Int32)
    )
    day_first = parts.filter(pl.col("first") > 12, pl.col("other") <= 12)["text"]
    month_first = parts.filter(pl.col("other") > 12, pl.col("first") <= 12)["text"]
    if len(day_first) and len(month_first):
        raise ContradictoryDates(
            f"{day_first[0]!r} can only be day-first and {month_first[0]!r} only month-first"
        )
    if len(day_first):
        return "day_first"
    if len(month_first):
        return "month_first"
    if french or distinct.str.contains(_DOTTED).any():
        return "day_first"
    return None


def is_ambiguous(texts: pl.Series) -> pl.Series:
    """Which texts mean two different days when the order is not known."""
    parts = texts.str.extract_groups(_YEAR_LAST).struct.unnest()
    return (
        parts["first"].is_not_null()
        & (parts["first"].cast(pl.Int32) != parts["other"].cast(pl.Int32))
    ).fill_null(value=False)


def parse_dates(texts: pl.Series, order: DateOrder | None, *, latest_year: int) -> pl.Series:
    """Datetimes of a column of texts; null where a text is no date or is ambiguous.

    Args:
        latest_year: a two-digit year is read as the last such year up to this one.
    """
    if texts.null_count() == len(texts):
        return pl.repeat(None, len(texts), dtype=pl.Datetime("us"), eager=True).alias("when")
    distinct = pl.DataFrame({"text": texts.unique()})
    # A column is written in one way: what would read the others is not even planned.
    patterns = (_YEAR_FIRST, _COMPACT, _YEAR_LAST, _DAY_NAME, _NAME_DAY)
    there = [pattern for pattern in patterns if distinct["text"].str.contains(pattern).any()]
    found = [_by_pattern(pattern, order, latest_year) for pattern in there]
    parsed = distinct.with_columns(when=pl.coalesce(found or [pl.lit(None, pl.Datetime("us"))]))
    return (
        pl.DataFrame({"text": texts})
        .join(parsed, on="text", how="left", nulls_equal=True, maintain_order="left")
        .get_column("when")
    )


@lru_cache(maxsize=64)
def _by_pattern(pattern: str, order: DateOrder | None, latest_year: int) -> pl.Expr:
    """The datetime of a text of one pattern; null where its order counts and is unknown."""
    if pattern != _YEAR_LAST:
        return _datetime(pattern, {}, latest_year)
    first, other = ("day", "month") if order != "month_first" else ("month", "day")
    value = _datetime(pattern, {"first": first, "other": other}, latest_year)
    if order is not None:
        return value
    parts = pl.col("text").str.extract_groups(pattern).struct
    same = parts.field("first").cast(pl.Int32) == parts.field("other").cast(pl.Int32)
    return pl.when(same).then(value)


def _datetime(pattern: str, names: dict[str, str], latest_year: int) -> pl.Expr:
    """A datetime from a pattern's groups; ``names`` renames groups (first -> day or month)."""
    parts = pl.col("text").str.extract_groups(pattern).struct
    renamed = {new: old for old, new in names.items()}

    def number(name: str) -> pl.Expr:
        return parts.field(renamed.get(name, name)).cast(pl.Int32, strict=False)

    short = number("year")
    century = latest_year - latest_year % 100
    year = (
        pl.when(short >= 100)
        .then(short)
        .when(short + century <= latest_year)
        .then(short + century)
        .otherwise(short + century - 100)
    )
    if "(?P<name>" in pattern:
        month = (
            parts.field("name")
            .str.to_lowercase()
            .replace_strict(_MONTHS, default=None, return_dtype=pl.Int32)
        )
    else:
        month = number("month")
    hour = number("hour").fill_null(0)
    if "(?P<half>" in pattern:
        half = parts.field("half").str.to_lowercase()
        hour = (
            pl.when(half == "pm")
            .then(hour % 12 + 12)
            .when(half == "am")
            .then(hour % 12)
            .otherwise(hour)
        )
    day, minute = number("day"), number("minute").fill_null(0)
    second = number("second").fill_null(0)
    sound = (
        month.is_between(1, 12)
        & day.is_between(1, 31)
        & (hour < 24)
        & (minute < 60)
        & (second < 60)
        & year.is_between(1800, 2400)
    )
    text = pl.format(
        "{}-{}-{} {}:{}:{}",
        *(part.cast(pl.String).str.zfill(2) for part in (year, month, day, hour, minute, second)),
    )
    return (
        pl.when(sound).then(text).str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us", strict=False)
    )
