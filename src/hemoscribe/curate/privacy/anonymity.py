"""How many patients share what could be known of one of them from outside: k-anonymity."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

AGE_BAND_YEARS = 10
QUASI_IDENTIFIERS = ("sex", "age_band", "laboratory")
COMMON_K = (5, 11)


@dataclass(frozen=True, slots=True)
class Anonymity:
    """k over sex, ten-year age band and laboratory.

    Attributes:
        k: patients in the smallest cell; 0 when there is none.
        cells: every cell with its ``patients``, smallest first.
    """

    k: int
    cells: pl.DataFrame

    def below(self, wanted_k: int) -> pl.DataFrame:
        """The cells with fewer than ``wanted_k`` patients."""
        return self.cells.filter(pl.col("patients") < wanted_k)


def age_band() -> pl.Expr:
    """The first year of the ten-year band an age is in."""
    band = (pl.col("age_years") // AGE_BAND_YEARS * AGE_BAND_YEARS).cast(pl.Int32)
    return band.alias("age_band")


def measure_anonymity(reports: pl.DataFrame) -> Anonymity:
    """Count distinct patients in each cell; a patient who ages over the years is in several."""
    cells = (
        reports.select("patient_id", "sex", age_band(), "laboratory")
        .unique()
        .group_by(QUASI_IDENTIFIERS)
        .agg(pl.len().alias("patients"))
        .sort("patients", *QUASI_IDENTIFIERS, nulls_last=True)
    )
    return Anonymity(cells["patients"].to_list()[0] if cells.height else 0, cells)


def reports_in_small_cells(reports: pl.DataFrame, anonymity: Anonymity, k: int) -> pl.DataFrame:
    """Patient and report of the reports whose cell has fewer than ``k`` patients."""
    return (
        reports.with_columns(age_band())
        .join(anonymity.below(k), on=QUASI_IDENTIFIERS, how="semi", nulls_equal=True)
        .select("patient_id", "report_id")
    )
