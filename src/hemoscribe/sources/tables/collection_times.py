"""When a sample was taken, as a table prints it: in one column, or a day and a time in two.

A column named after a date often holds the time too, and one of times stands beside it: they are
one moment. A spreadsheet writes a day as its midnight and a time as one of a day of 1899 or 1900.
"""

from __future__ import annotations

import polars as pl

_CLOCK = r"(\d{1,2})[:hH](\d{2})?(?::(\d{2}))?\s*([aApP][mM])?"
_WITH_TIME = rf"^\s*(.*?\d)[T ,]+(?:à |at )?{_CLOCK}(?:[.,]\d+)?\s*(?:Z|[+-]\d{{2}}:?\d{{2}})?$"
_OF_NO_DAY = r"^(?:1899-12-3[01]|1900-01-0[01]|30/12/1899|12/30/1899|31/12/1899|12/31/1899)$"
_BARE = r"^([01]\d|2[0-3])([0-5]\d)$"  # 0815
_DOTTED = r"^(\d{1,2})\.([0-5]\d)$"  # 8.15
_HOUR_ALONE = r"^(\d{1,2})\s*[hH]$"  # 8h
_COMPACT = r"^(\d{4})(\d{2})(\d{2})$"  # 20240125, which no time can stand behind
_MINUTES = 60
_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}
_MICROSECONDS = 1_000_000
_MOST_SECONDS = 200 * 366 * 86400  # a count of more is no time of a patient


def moments(main: pl.Series, time: pl.Series) -> tuple[pl.Series, pl.Series]:
    """(the moment of each row as text, whether its two columns contradict each other).

    Args:
        main: days, perhaps with a time; a row without one has no moment.
        time: times, perhaps with a day.
    """
    nothing = pl.repeat(value=False, n=len(main), dtype=pl.Boolean, eager=True)
    if time.null_count() == len(time):
        return main, nothing
    time = _written(time)
    main = main.str.replace(_COMPACT, "${1}-${2}-${3}")
    if not _hold_both(main) and not _hold_both(time):
        joined = pl.concat_str(pl.lit(main), pl.lit(time), separator=" ", ignore_nulls=True)
        return pl.select(pl.when(pl.lit(main).is_not_null()).then(joined)).to_series(), nothing
    pairs = pl.DataFrame({"main": main, "time": time})
    read = pairs.join(
        _read(pairs.unique()), on=["main", "time"], how="left", nulls_equal=True,
        maintain_order="left",
    )  # fmt: skip
    return read["moment"], read["differs"].fill_null(value=False)


def _hold_both(texts: pl.Series) -> bool:
    """Whether some text holds a day and a time."""
    return bool(texts.str.contains(r"\d[T ,]+(?:à |at )?\d{1,2}[:hH]").any())


def _read(pairs: pl.DataFrame) -> pl.DataFrame:
    """Distinct pairs with their ``moment`` and whether the two say different things."""
    held, stated = _parts("main"), _parts("time")
    parts = pairs.with_columns(
        held[0].alias("day"),
        held[1].alias("held"),
        pl.coalesce(stated[1], "time").alias("clock"),
        stated[0].alias("of"),
    ).with_columns(_minute("held").alias("at"), _minute("clock").alias("said"))
    whole = pl.col("at").is_not_null() & ((pl.col("at") > 0) | (_seconds("held") > 0))
    bare_day = pl.coalesce("day", "main")
    of_a_day = ~pl.col("of").str.contains(_OF_NO_DAY) & (_shape("of") == bare_day.pipe(_shaped))
    other_day = of_a_day & (pl.col("of") != bare_day)
    other_time = whole & (pl.col("at") != pl.col("said"))
    return parts.with_columns(
        pl.when(pl.col("main").is_null())
        .then(None)
        .when(whole | pl.col("clock").is_null())
        .then("main")
        .otherwise(pl.concat_str(bare_day, "clock", separator=" ", ignore_nulls=True))
        .alias("moment"),
        (pl.col("main").is_not_null() & (other_day | other_time)).alias("differs"),
    ).select("main", "time", "moment", "differs")


def _shape(column: str) -> pl.Expr:
    return _shaped(pl.col(column))


def _shaped(text: pl.Expr) -> pl.Expr:
    """Digits as one digit: days that are written alike can be compared as text."""
    return text.str.replace_all(r"\d", "9")


def _written(time: pl.Series) -> pl.Series:
    """Times with a colon: ``0815``, ``8.15`` and ``8h`` are written without one."""
    if not time.str.contains(rf"{_BARE}|{_DOTTED}|{_HOUR_ALONE}").any():
        return time
    return (
        time.str.replace(_BARE, "${1}:${2}")
        .str.replace(_DOTTED, "${1}:${2}")
        .str.replace(_HOUR_ALONE, "${1}:00")
    )


def _parts(column: str) -> tuple[pl.Expr, pl.Expr]:
    """(the day, the time) of a text that holds both; null where it holds one alone."""
    text = pl.col(column)
    day = text.str.extract(_WITH_TIME, 1)
    time = text.str.extract(rf"[T ,](?:à |at )?({_CLOCK})", 1)
    return day, pl.when(day.is_not_null()).then(time)


def _minute(column: str) -> pl.Expr:
    """Minutes of the day of a time as text."""
    text = pl.col(column)
    hour = text.str.extract(_CLOCK, 1).cast(pl.Int32, strict=False)
    half = text.str.extract(_CLOCK, 4).str.to_lowercase()
    hour = (
        pl.when(half == "pm")
        .then(hour % 12 + 12)
        .when(half == "am")
        .then(hour % 12)
        .otherwise(hour)
    )
    return hour * _MINUTES + text.str.extract(_CLOCK, 2).cast(pl.Int32, strict=False).fill_null(0)


def _seconds(column: str) -> pl.Expr:
    return pl.col(column).str.extract(_CLOCK, 3).cast(pl.Int32, strict=False).fill_null(0)


def counted(texts: pl.Series, unit: str, start: pl.Series) -> tuple[pl.Series, str | None]:
    """(the moments that counts of a unit after a start are, a text that is no count).

    Args:
        unit: seconds, minutes, hours or days.
        start: one moment for all rows, or one for each.
    """
    numbers = texts.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
    numbers = numbers.set(numbers.is_infinite() | (numbers.abs() > _MOST_SECONDS), None)
    seconds = numbers * _SECONDS[unit]
    seconds = seconds.set(seconds.abs() > _MOST_SECONDS, None)
    microseconds = (seconds * _MICROSECONDS).round().cast(pl.Int64).cast(pl.Duration("us"))
    first = start if len(start) == len(texts) else pl.repeat(
        start[0], len(texts), dtype=pl.Datetime("us"), eager=True
    )  # fmt: skip
    unread = texts.filter(texts.is_not_null() & seconds.is_null())
    return (first + microseconds).alias("collected_at"), (unread[0] if len(unread) else None)
