"""The share of healthy Americans inside our ranges, analyte by analyte: docs/knowledge-check.md.

    python benchmarks/knowledge_check.py ../shared/data/nhanes/nhanes_labs.parquet

People of NHANES 1999-2023, 20 to 60 years, not pregnant, with none of the diseases the survey asks
about and no treatment of diabetes. Analytes with more than 5,000 values in the whole survey.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import polars as pl
import yaml

from hemoscribe.knowledge import analytes, display_unit, flag, linear_conversion
from hemoscribe.sources.datasets.nhanes import survey

PAGE = Path(__file__).parents[1] / "docs/knowledge-check.md"
REASONS = Path(__file__).with_name("knowledge_check.yaml")
MIN_VALUES = 5_000
AGES = (20, 60)
EXPECTED = (0.88, 0.99)
_YES, _PREGNANT, _UNCERTAIN = 1, 1, 3
_TREATMENTS = ("DIALYSIS", "INSULIN_TX", "PILLS_DIAB")
_NOT_DISEASES = ("DX_CANCER_TYPE1",)


def healthy(people: pl.DataFrame) -> pl.DataFrame:
    """Adults of 20 to 60 years, not pregnant, who report no disease."""
    asked = [c for c in people.columns if c.startswith("DX_") and c not in _NOT_DISEASES]
    reported = pl.any_horizontal(
        (pl.col(c) == _YES).fill_null(False) for c in [*asked, *_TREATMENTS]
    )
    pregnant = pl.col("PREGNANT").cast(pl.Int64).is_in([_PREGNANT, _UNCERTAIN]).fill_null(False)
    return people.filter(pl.col("AGE_Y").is_between(*AGES) & ~reported & ~pregnant)


def check(people: pl.DataFrame) -> pl.DataFrame:
    """Per column of the survey: people, shares inside, below and above our range, percentiles."""
    well = healthy(people)
    sex = well["SEX"].cast(pl.Int64).replace_strict({1: "M", 2: "F"}, return_dtype=pl.String)
    rows = []
    for column, entry in survey()["results"].items():
        if column not in people.columns or people[column].count() <= MIN_VALUES:
            continue
        analyte, unit = entry["analyte"], entry["unit"]
        basis = analytes()[analyte].basis
        if basis is not None and entry.get("loinc") in basis.loinc:
            unit = f"{unit}{{{basis.annotation}}}"
        scale, offset = linear_conversion(analyte, unit)
        values = well.select(
            analyte=pl.lit(analyte),
            value=pl.col(column).cast(pl.Float64) * scale + offset,
            comparator=pl.lit(None, pl.String),
            low=pl.lit(None, pl.Float64),
            high=pl.lit(None, pl.Float64),
            range_source=pl.lit(None, pl.String),
            sex=sex,
            age_years=pl.col("AGE_Y").cast(pl.Float64),
            pregnant=pl.lit(False),
            unit=pl.lit(analytes()[analyte].unit),
            reported_unit=pl.lit(unit),
        ).filter(pl.col("value").is_not_null())
        flagged = flag(values)
        ranged = flagged.filter(pl.col("range_source") == "knowledge")
        side = ranged["flag"].str.head(1)
        count = max(len(ranged), 1)
        for one in ("F", "M"):
            part = flagged.filter(pl.col("sex") == one)
            if part.is_empty():
                continue
            limits = part.select("low", "high").unique().sort("low", "high")
            rows.append(
                {
                    "column": column,
                    "analyte": analyte,
                    "sex": one,
                    "people": len(part),
                    "p2_5": part["value"].quantile(0.025, "linear"),
                    "p97_5": part["value"].quantile(0.975, "linear"),
                    "limits": ", ".join(_limits(low, high) for low, high in limits.iter_rows()),
                    "inside": (side == "N").sum() / count if len(ranged) else None,
                    "below": (side == "L").sum() / count if len(ranged) else None,
                    "above": (side == "H").sum() / count if len(ranged) else None,
                    "ranged": len(ranged),
                }
            )
    return pl.DataFrame(rows)


def _limits(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return "none"
    if low is None:
        return f"up to {high:.4g}"
    return f"{low:.4g} and over" if high is None else f"{low:.4g} to {high:.4g}"


def page(table: pl.DataFrame, reasons: dict[str, str]) -> str:
    """The page, as Markdown."""
    columns = table.unique("column", maintain_order=True)
    within = columns.filter(pl.col("inside").is_between(*EXPECTED))
    lines = [
        "# Our ranges against healthy people",
        "",
        "Written by `benchmarks/knowledge_check.py`. NHANES, the health survey of the United",
        "States (1999 to 2023): adults of 20 to 60 years, not pregnant, who report none of the",
        "diseases the survey asks about (diabetes, kidney, heart, liver and thyroid disease,",
        "hypertension, anaemia under treatment, gout, cancer, coeliac disease, hepatitis B and C)",
        "and take no treatment of diabetes. Many have a disease they do not know of, and more than",
        "a third are obese, so a share below 95 % is expected. Outside 88 to 99 % the reason is",
        "given. Our limits are shown as a report in the survey's unit prints them.",
        "",
        f"{len(columns)} analytes have more than {MIN_VALUES:,} values; {len(within)} are within "
        f"{EXPECTED[0]:.0%} to {EXPECTED[1]:.0%}.",
        "",
        "| Analyte (column) | People | Inside | Below | Above | Our limits (women; men) "
        "| 2.5 to 97.5 % found (women; men) | Unit |",
        "|---|---:|---:|---:|---:|---|---|---|",
    ]
    why = []
    for row in columns.iter_rows(named=True):
        both = table.filter(pl.col("column") == row["column"]).sort("sex")
        analyte = analytes()[row["analyte"]]
        found = "; ".join(
            f"{a:.3g} to {b:.3g}" for a, b in both.select("p2_5", "p97_5").iter_rows()
        )
        limits = "; ".join(dict.fromkeys(both["limits"]))
        shares = " | ".join(
            "-" if row[key] is None else f"{row[key]:.1%}" for key in ("inside", "below", "above")
        )
        lines.append(
            f"| {analyte.name('en')} ({row['column']}) | {row['ranged']:,} | {shares} | {limits} "
            f"| {found} | {display_unit(analyte.unit)} |"
        )
        if row["inside"] is None or not EXPECTED[0] <= row["inside"] <= EXPECTED[1]:
            reason = reasons.get(row["column"], "NO REASON IS GIVEN.")
            share = "no range" if row["inside"] is None else f"{row['inside']:.1%} inside"
            why.append(f"- **{analyte.name('en')}** ({row['column']}), {share}: {reason}")
    return "\n".join([*lines, "", "## Why some are outside 88 to 99 %", "", *why, ""])


def main() -> None:
    """Compute the table and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parquet", type=Path, help="nhanes_labs.parquet")
    parser.add_argument("--page", type=Path, default=PAGE)
    arguments = parser.parse_args()
    table = check(pl.read_parquet(arguments.parquet))
    reasons = yaml.safe_load(REASONS.read_text(encoding="utf-8"))
    arguments.page.write_text(page(table, reasons), encoding="utf-8")
    print(f"{arguments.page}: {table['column'].n_unique()} analytes")


if __name__ == "__main__":
    main()
