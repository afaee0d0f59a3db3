"""Names, units and flags against two hospitals' own: docs/external-flags.md.

    python benchmarks/external_flags.py ../shared/data

Printed Australian reports (`au_reports/results.csv`), which carry the laboratory's range and flag,
and the intensive-care results of the MIMIC-III demo (`mimic3_demo/`), which carry the word
"abnormal" and no range, so that our ranges are what is compared.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import yaml

from hemoscribe.knowledge import analytes, flag, recognise
from hemoscribe.sources.datasets.mimic import rules

PAGE = Path(__file__).parents[1] / "docs/external-flags.md"
REASONS = Path(__file__).with_name("external_flags.yaml")
AGE_OF_THE_VERY_OLD = 90.0  # MIMIC shifts ages over 89 to about 300
MIN_WRONG = 10


@dataclass(frozen=True, slots=True)
class Compared:
    """Rows recognised and flagged, the rejects, and how many rows there were to recognise."""

    rows: pl.DataFrame
    rejects: pl.DataFrame
    wanted: int

    @property
    def recognised(self) -> float:
        """Share of the rows with a number whose name and unit were recognised."""
        return len(self.rows) / self.wanted


def australian(folder: Path) -> Compared:
    """The printed reports; flags by the printed ranges alone."""
    printed = pl.read_csv(folder / "au_reports/results.csv", infer_schema=False)
    reported = printed.select(
        report_id=pl.concat_str("report_id", "column", separator=" "),
        patient_id="patient",
        reported_name="analyte",
        reported_value="value",
        reported_unit="unit",
        reported_low="ref_range",
        reported_flag="flag",
        comment="column",
    )
    rows, rejects = recognise(reported)
    return Compared(flag(rows, fill="keep"), rejects, len(printed))


def cumulative(compared: Compared) -> pl.DataFrame:
    """Rows of the cumulative layout (the only one that prints flags) with a printed range."""
    return compared.rows.filter(
        pl.col("comment").str.starts_with("cumulative") & (pl.col("range_source") == "laboratory")
    ).with_columns(
        ours=pl.col("flag").str.head(1),
        theirs=pl.col("laboratory_flag").str.head(1).fill_null("N"),
    )


def intensive_care(folder: Path) -> Compared:
    """The numeric results of blood of the MIMIC-III demo, flagged by our ranges."""
    demo = folder / "mimic3_demo"
    events, items, patients = (
        pl.read_csv(demo / name, infer_schema=False)
        for name in ("labevents.csv.gz", "d_labitems.csv", "patients.csv.gz")
    )
    joined = (
        events.join(items.drop("row_id"), on="itemid")
        .join(patients.select("subject_id", "gender", "dob"), on="subject_id")
        .with_columns(pl.col("charttime", "dob").str.to_datetime())
        .filter(
            (pl.col("fluid").str.to_lowercase() == "blood")
            & pl.col("valuenum").cast(pl.Float64, strict=False).is_not_null()
        )
    )
    age = (pl.col("charttime") - pl.col("dob")).dt.total_days() / 365.25
    reported = joined.select(
        patient_id="subject_id",
        collected_at="charttime",
        sex="gender",
        age_years=pl.when(age > 130).then(AGE_OF_THE_VERY_OLD).otherwise(age),
        reported_name="label",
        loinc=pl.col("itemid")
        .cast(pl.String)
        .replace_strict(rules()["codes"], default=pl.col("loinc_code"), return_dtype=pl.String),
        reported_value="value",
        reported_unit="valueuom",
        reported_flag=pl.when(pl.col("flag") == "abnormal").then(pl.lit("abnormal")),
    )
    rows, rejects = recognise(reported)
    return Compared(flag(rows), rejects, len(reported))


def judged(compared: Compared) -> pl.DataFrame:
    """Rows with a flag of ours, and whether each reader calls them abnormal.

    ``judged_by_them``: whether the laboratory calls the item (a name in its list) abnormal at all.
    """
    return compared.rows.filter(pl.col("flag").is_not_null()).with_columns(
        ours=pl.col("flag") != "N",
        theirs=pl.col("laboratory_flag").is_not_null(),
        judged_by_them=pl.col("laboratory_flag").is_not_null().any().over("reported_name"),
    )


def scores(rows: pl.DataFrame) -> dict[str, float]:
    """Recall and precision of what the laboratory calls abnormal, and accuracy."""
    both = int((rows["ours"] & rows["theirs"]).sum())
    return {
        "recall": both / max(int(rows["theirs"].sum()), 1),
        "precision": both / max(int(rows["ours"].sum()), 1),
        "accuracy": int((rows["ours"] == rows["theirs"]).sum()) / max(len(rows), 1),
    }


def page(folder: Path, reasons: dict[str, str]) -> str:
    """The page, as Markdown."""
    printed, care = australian(folder), intensive_care(folder)
    flags = cumulative(printed)
    equal = int((flags["ours"] == flags["theirs"]).sum())
    rows = judged(care)
    known = rows.filter("judged_by_them")
    all_scores, known_scores = scores(rows), scores(known)
    lines = [
        "# Names, units and flags against two hospitals",
        "",
        "Written by `benchmarks/external_flags.py`.",
        "",
        "## Printed Australian reports",
        "",
        f"- {len(printed.rows):,} of {printed.wanted:,} results have their name and unit"
        f" recognised: **{printed.recognised:.2%}**.",
        f"- With the printed range, {equal:,} of {len(flags):,} flags of the cumulative reports"
        f" equal the laboratory's: **{equal / len(flags):.2%}**.",
        "",
        "What is not recognised:",
        "",
        *_reject_lines(printed.rejects),
        "",
        "## Intensive care (MIMIC-III demo)",
        "",
        f"- {len(care.rows):,} of {care.wanted:,} numeric results of blood recognised:"
        f" **{care.recognised:.2%}**.",
        '- No range is printed, so ours are compared with the laboratory\'s "abnormal". On all'
        f" {len(rows):,} results we have a range for: recall **{all_scores['recall']:.2%}**,"
        f" precision {all_scores['precision']:.2%}, accuracy **{all_scores['accuracy']:.2%}**.",
        f"- On the items it calls abnormal at least once ({len(known):,} results): recall"
        f" {known_scores['recall']:.2%}, precision {known_scores['precision']:.2%}, accuracy"
        f" {known_scores['accuracy']:.2%}. It never calls these abnormal, however far they are:"
        f" {_never_judged(rows)}.",
        "- Not compared, because we hold no range to guess by: oxygen saturation, of which the"
        " hospital does not say whether the blood was arterial.",
        "- A range was chosen or changed for its publication and for the healthy people of"
        " [the other check](knowledge-check.md), never to agree with this hospital.",
        "",
        "What is not recognised:",
        "",
        *_reject_lines(care.rejects),
        "",
        f"### What is left, analyte by analyte ({MIN_WRONG} or more results judged otherwise)",
        "",
        "| Analyte | Results | They say abnormal | Missed by us | Only we say abnormal "
        "| Not abnormal to them (1 to 99 %) | Why |",
        "|---|---:|---:|---:|---:|---|---|",
    ]
    table = rows.group_by("analyte").agg(
        results=pl.len(),
        theirs=pl.col("theirs").sum(),
        missed=(pl.col("theirs") & ~pl.col("ours")).sum(),
        extra=(~pl.col("theirs") & pl.col("ours")).sum(),
        low=pl.col("value").filter(~pl.col("theirs")).quantile(0.01),
        high=pl.col("value").filter(~pl.col("theirs")).quantile(0.99),
    )
    wrong = pl.col("missed") + pl.col("extra")
    for row in (
        table.filter(wrong >= MIN_WRONG)
        .sort(wrong, "analyte", descending=[True, False])
        .iter_rows(named=True)
    ):
        analyte = analytes()[row["analyte"]]
        why = reasons.get(row["analyte"], "NO REASON IS GIVEN")
        lines.append(
            f"| {analyte.name('en')} | {row['results']:,} | {row['theirs']:,} | {row['missed']} "
            f"| {row['extra']} | {row['low']:.4g} to {row['high']:.4g} {analyte.unit} | {why} |"
        )
    return "\n".join([*lines, ""])


def _never_judged(rows: pl.DataFrame) -> str:
    """The items never called abnormal of which we call 10 results or more so."""
    never = rows.filter(~pl.col("judged_by_them")).group_by("reported_name")
    counted = never.agg(results=pl.len(), ours=pl.col("ours").sum())
    counted = counted.filter(pl.col("ours") >= MIN_WRONG).sort("ours", descending=True)
    return ", ".join(
        f"{row['reported_name']} ({row['results']:,} results, {row['ours']} abnormal to us)"
        for row in counted.iter_rows(named=True)
    )


def _reject_lines(rejects: pl.DataFrame) -> list[str]:
    counted = rejects.group_by("reported_name", "reported_unit", "message").len()
    counted = counted.sort("len", "reported_name", descending=[True, False])
    return [
        f"- {row['len']} x {row['reported_name']} ({row['reported_unit'] or 'no unit'}):"
        f" {row['message']}"
        for row in counted.iter_rows(named=True)
    ]


def main() -> None:
    """Compare and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder with au_reports and mimic3_demo")
    parser.add_argument("--page", type=Path, default=PAGE)
    arguments = parser.parse_args()
    reasons = yaml.safe_load(REASONS.read_text(encoding="utf-8"))
    arguments.page.write_text(page(arguments.folder, reasons), encoding="utf-8")
    print(arguments.page)


if __name__ == "__main__":
    main()
