"""Sex, age and pregnancy as laboratories print them, to what the row schema holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from typing import TypeVar

import polars as pl

from hemoscribe.panel_input import MAX_AGE_YEARS, SEX_WORDS
from hemoscribe.sources.tables.headers import fold

DAYS_PER_YEAR = 365.25
Answer = TypeVar("Answer")

# 1 and 2 are ISO/IEC 5218, and the first digit of the French social security number.
_SEXES: Mapping[str, str] = {**SEX_WORDS, "2": "F", "1": "M"}
_YES = frozenset(("1", "y", "yes", "true", "oui", "o", "vrai", "x", "pregnant", "enceinte"))
_NO = frozenset(("0", "n", "no", "false", "non", "faux", "2"))
_AGE = r"^\s*(\d+(?:[.,]\d+)?)\s*([\p{L}.]*)\s*$"
_AGE_UNITS_YEARS: Mapping[str, float] = {
    **dict.fromkeys(("", "y", "yr", "yrs", "year", "years", "a", "an", "ans", "annees"), 1.0),
    **dict.fromkeys(("mo", "mos", "month", "months", "mois", "m"), 1 / 12),
    **dict.fromkeys(("w", "wk", "wks", "week", "weeks", "sem", "semaine", "semaines"), 7 / 365.25),
    **dict.fromkeys(("hr", "hrs", "hour", "hours", "heure", "heures"), 1 / (24 * DAYS_PER_YEAR)),
    **dict.fromkeys(("d", "day", "days", "j", "jr", "jour", "jours"), 1 / DAYS_PER_YEAR),
}


def sexes(texts: pl.Series, mapped: Mapping[str, str] | None = None) -> pl.Series:
    """F, M or null for a column of texts; ``mapped`` is a mapping file's own answers."""
    own = mapped or {}

    def one(text: str) -> str | None:
        return own.get(text) or _SEXES.get(fold(text))

    return _by_distinct(texts, one, pl.String())


def ages_years(texts: pl.Series) -> pl.Series:
    """Years for ``54``, ``54 ans``, ``18 months`` or ``3 j``; null where it is no age up to 130."""
    distinct = texts.unique()
    groups = distinct.str.extract_groups(_AGE).struct.rename_fields(["number", "unit"])
    parts = groups.struct.unnest()
    years = parts.select(
        pl.col("number").str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
        * _by_distinct(parts["unit"], _unit_years, pl.Float64())
    ).to_series()
    years = pl.select(pl.when(years.is_between(0, MAX_AGE_YEARS)).then(years)).to_series()
    return _joined(texts, distinct, years)


def _unit_years(text: str) -> float | None:
    return _AGE_UNITS_YEARS.get(fold(text).rstrip("."))


def pregnancies(texts: pl.Series) -> pl.Series:
    """True, False or null for a column of texts."""

    def one(text: str) -> bool | None:
        folded = fold(text)
        return True if folded in _YES else False if folded in _NO else None

    return _by_distinct(texts, one, pl.Boolean())


def ages_at(collected: pl.Series, born: pl.Series) -> pl.Series:
    """Years between birth and collection; null where one is missing or they make no age."""
    now, then = pl.col("collected"), pl.col("born")
    before_birthday = _month_and_day(now) < _month_and_day(then)
    frame = pl.DataFrame({"collected": collected, "born": born}).with_columns(
        whole=now.dt.year() - then.dt.year() - before_birthday.cast(pl.Int32)
    )
    birthday = then.dt.offset_by(pl.format("{}y", pl.col("whole")))
    since = (now - birthday).dt.total_days() / DAYS_PER_YEAR
    years = pl.col("whole") + since.clip(0, 0.999)
    return frame.select(
        pl.when(years.is_between(0, MAX_AGE_YEARS)).then(years.round(3))
    ).to_series()


def age_at(collected: str | None, born: str | None) -> float | None:
    """As ``ages_at`` to about a day, for two texts that begin with year, month and day."""
    now, then = _day(collected), _day(born)
    if now is None or then is None:
        return None
    years = (now - then).days / DAYS_PER_YEAR
    return years if 0 <= years <= MAX_AGE_YEARS else None


@lru_cache(maxsize=4096)
def _day(text: str | None) -> date | None:
    digits = (text or "").replace("-", "")[:8]
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return None


def _month_and_day(day: pl.Expr) -> pl.Expr:
    return day.dt.month().cast(pl.Int32) * 100 + day.dt.day()


def _by_distinct(
    texts: pl.Series, one: Callable[[str], Answer | None], dtype: pl.DataType
) -> pl.Series:
    distinct = texts.unique()
    answers = [None if text is None else one(text) for text in distinct.to_list()]
    return _joined(texts, distinct, pl.Series(answers, dtype=dtype))


def _joined(texts: pl.Series, distinct: pl.Series, answers: pl.Series) -> pl.Series:
    table = pl.DataFrame({"text": distinct, "answer": answers})
    return (
        pl.DataFrame({"text": texts})
        .join(table, on="text", how="left", nulls_equal=True, maintain_order="left")
        .get_column("answer")
    )
