"""Ranges of children that no publication we hold gives, from the United States' health survey.

    python benchmarks/children_ranges.py ../shared/data/nhanes/nhanes_labs.parquet

NHANES 1999-2023 (public domain): boys and girls who report no disease and no pregnancy, whose
hemoglobin is not below our range. Their 2.5th and 97.5th percentiles by age and sex, rounded, are
the ranges of the knowledge whose source is `nhanes_children`; a test holds them equal.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from hemoscribe.knowledge import flag, linear_conversion
from hemoscribe.sources.datasets.nhanes import survey

_QUANTILES = (0.025, 0.975)
_NOT_DISEASES = ("DX_CANCER_TYPE1",)
_AGES = ((1, 2), (2, 6), (6, 12), (12, 18))
_CHILDHOOD = ((1, 6), (6, 18))
_TEENS = ((12, 18),)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A column of the survey, the ages to tell apart, the decimals, and whether sexes differ.

    ``from_zero``: few or none is no finding, so the range begins at 0.
    """

    column: str
    ages: tuple[tuple[int, int], ...]
    decimals: int
    by_sex: bool = False
    from_zero: bool = False


WANTED = (
    Wanted("RDW", ((1, 6), (6, 12), (12, 18)), 1),
    Wanted("NEU_PCT", _AGES, 0),
    Wanted("LYM_PCT", _AGES, 0),
    Wanted("MONO_PCT", _CHILDHOOD, 0),
    Wanted("EOS_PCT", _CHILDHOOD, 0, from_zero=True),
    Wanted("BASO_PCT", ((1, 18),), 0, from_zero=True),
    Wanted("CK", _TEENS, 0, by_sex=True),
    Wanted("GLOB", _TEENS, 0),
    Wanted("TBIL", _TEENS, 0, by_sex=True, from_zero=True),
)


def healthy_children(people: pl.DataFrame) -> pl.DataFrame:
    """Boys and girls under 18 with no reported disease or pregnancy and no low hemoglobin."""
    asked = [c for c in people.columns if c.startswith("DX_") and c not in _NOT_DISEASES]
    reported = pl.any_horizontal((pl.col(c) == 1).fill_null(False) for c in asked)
    pregnant = pl.col("PREGNANT").cast(pl.Int64).is_in([1, 3]).fill_null(False)
    well = people.filter(
        (pl.col("AGE_Y") < 18) & ~reported & ~pregnant & pl.col("HGB").is_not_null()
    )
    sex = pl.col("SEX").cast(pl.Int64).replace_strict({1: "M", 2: "F"}, return_dtype=pl.String)
    well = well.with_columns(sex=sex)
    flags = flag(
        well.select(
            analyte=pl.lit("hemoglobin"),
            value=pl.col("HGB").cast(pl.Float64),
            comparator=pl.lit(None, pl.String),
            low=pl.lit(None, pl.Float64),
            high=pl.lit(None, pl.Float64),
            range_source=pl.lit(None, pl.String),
            sex="sex",
            age_years=pl.col("AGE_Y").cast(pl.Float64),
            pregnant=pl.lit(False),
        )
    )["flag"]
    return well.filter(~flags.str.starts_with("L").fill_null(False))


def ranges(people: pl.DataFrame) -> pl.DataFrame:
    """analyte, sex (null: both), age_low, age_high, low, high (canonical, rounded), children."""
    well = healthy_children(people)
    rows = []
    for wanted in WANTED:
        entry = survey()["results"][wanted.column]
        scale, offset = linear_conversion(entry["analyte"], entry["unit"])
        for first, last in wanted.ages:
            for sex in ("F", "M") if wanted.by_sex else (None,):
                values = well.filter(
                    (pl.col("AGE_Y") >= first)
                    & (pl.col("AGE_Y") < last)
                    & (pl.lit(sex is None) | (pl.col("sex") == pl.lit(sex)))
                )[wanted.column].drop_nulls()
                found = values.cast(pl.Float64) * scale + offset
                low, high = (found.quantile(q, "linear") for q in _QUANTILES)
                assert low is not None
                assert high is not None
                low = 0.0 if wanted.from_zero else low
                rows.append(
                    (
                        entry["analyte"], sex, first, last,
                        round(low, wanted.decimals), round(high, wanted.decimals), len(found),
                    )
                )  # fmt: skip
    names = ("analyte", "sex", "age_low", "age_high", "low", "high", "children")
    return pl.DataFrame(rows, schema=names, orient="row")


def main() -> None:
    """Print the ranges."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parquet", type=Path, help="nhanes_labs.parquet")
    with pl.Config(tbl_rows=-1):
        print(ranges(pl.read_parquet(parser.parse_args().parquet)))


if __name__ == "__main__":
    main()
