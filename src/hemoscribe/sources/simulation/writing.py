"""A laboratory's printed rows as the file it exports: long or wide delimited text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from hemoscribe.files import write_bytes
from hemoscribe.sources.simulation.cohort import Cohort, Ints
from hemoscribe.sources.simulation.comments import phone, texts
from hemoscribe.sources.simulation.laboratory import Laboratory
from hemoscribe.sources.simulation.library import population
from hemoscribe.sources.simulation.messages import fhir_bundles, hl7_messages

_DAYS_PER_YEAR = 365.25


def identities(
    laboratory: Laboratory, cohort: Cohort, reports: Ints, rng: np.random.Generator
) -> pl.DataFrame:
    """Who and when, as the laboratory prints it: one row per report."""
    people = np.unique(cohort.patient[reports])
    who = pl.DataFrame(_people(laboratory, cohort, people, reports, rng))
    first = datetime.fromisoformat(str(population()["first_day"]))
    rows = []
    for number, report in enumerate(reports.tolist()):
        when = first + timedelta(days=int(cohort.day[report]), minutes=int(cohort.minute[report]))
        rows.append(
            {
                "report": report,
                "patient": int(cohort.patient[report]),
                "report_id": laboratory.report.format(number + 1),
                "when": when,
                "collected_at": when.strftime(laboratory.date),
                "age": _age(laboratory, float(cohort.age_years[report])),
                "sex": laboratory.sexes[str(cohort.sex[report])],
                "laboratory": laboratory.title,
            }
        )
    return pl.DataFrame(rows).join(who, on="patient", maintain_order="left")


def _people(
    laboratory: Laboratory,
    cohort: Cohort,
    people: Ints,
    reports: Ints,
    rng: np.random.Generator,
) -> list[dict[str, object]]:
    language = laboratory.language
    names = texts()["people"]
    first = date.fromisoformat(str(population()["first_day"]))
    one_report = {int(cohort.patient[report]): int(report) for report in reports[::-1]}
    found: list[dict[str, object]] = []
    for number, person in enumerate(people.tolist()):
        report = one_report[person]
        family = str(rng.choice(names["family"][language]))
        given = str(rng.choice(names["given"][language][str(cohort.sex[report])]))
        born = first + timedelta(
            days=int(cohort.day[report]) - int(cohort.age_years[report] * _DAYS_PER_YEAR)
        )
        found.append(
            {
                "patient": person,
                "patient_id": laboratory.patient.format(1000 + 7 * number),
                "family_name": family.upper() if language == "fr" else family,
                "given_name": given,
                "full_name": f"{family}, {given}" if language == "en" else f"{family} {given}",
                "birth_date": born.strftime(laboratory.birth_date),
                "phone": phone(language, rng),
                "doctor": f"Dr {rng.choice(names['family'][language])}",
            }
        )
    return found


def _age(laboratory: Laboratory, years: float) -> str:
    if years >= 2:
        return laboratory.age.format(int(years))
    months = int(years * 12)
    return f"{months} mois" if laboratory.language == "fr" else f"{months} months"


def write_export(
    path: Path,
    laboratory: Laboratory,
    rows: pl.DataFrame,
    who: pl.DataFrame,
    comments: Mapping[int, str],
) -> int:
    """Write the file; returns how many results it states (a wide file's empty cells are none)."""
    if laboratory.layout in ("hl7", "fhir"):
        write = hl7_messages if laboratory.layout == "hl7" else fhir_bundles
        write_bytes(path, write(laboratory, rows, who, comments).encode(laboratory.encoding))
        return rows.height
    if laboratory.layout == "wide":
        table, results = _wide(laboratory, rows, who, comments)
    else:
        table, results = _long(laboratory, rows, who, comments), rows.height
    text = table.write_csv(separator=laboratory.delimiter, line_terminator=laboratory.newline)
    write_bytes(path, text.encode(laboratory.encoding))
    return results


def _long(
    laboratory: Laboratory, rows: pl.DataFrame, who: pl.DataFrame, comments: Mapping[int, str]
) -> pl.DataFrame:
    names = {analyte: laboratory.name(analyte) for analyte in rows["analyte"].unique()}
    codes = {analyte: laboratory.code(analyte) for analyte in rows["analyte"].unique()}
    first = pl.col("report").is_first_distinct()
    commented = pl.lit(True) if laboratory.comments_on == "every_row" else first
    written = pl.col("report").replace_strict(dict(comments), default=None, return_dtype=pl.String)
    printed = rows.select(
        "report",
        "value",
        "unit",
        "low",
        "high",
        analyte=pl.col("analyte").replace_strict(names, return_dtype=pl.String),
        loinc=pl.col("analyte").replace_strict(codes, return_dtype=pl.String),
        range=_ranges(laboratory),
        flag=pl.col("flag").replace_strict(
            dict(laboratory.flags or {}), default=None, return_dtype=pl.String
        ),
        status=pl.col("status").replace_strict(
            dict(laboratory.statuses or {}), default=None, return_dtype=pl.String
        ),
        comment=pl.when(commented).then(written),
    ).join(who, on="report", maintain_order="left")
    return printed.select(pl.col(field).alias(header) for header, field in laboratory.columns)


def _ranges(laboratory: Laboratory) -> pl.Expr:
    before, middle, after = _pieces(laboratory.range)
    low, high = pl.col("low"), pl.col("high")
    both = pl.concat_str(pl.lit(before), low, pl.lit(middle), high, pl.lit(after))
    return (
        pl.when(low.is_not_null() & high.is_not_null())
        .then(both)
        .when(high.is_not_null())
        .then(pl.concat_str(pl.lit("< "), high))
        .when(low.is_not_null())
        .then(pl.concat_str(pl.lit("> "), low))
    )


def _pieces(pattern: str) -> tuple[str, str, str]:
    before, _, rest = pattern.partition("{low}")
    middle, _, after = rest.partition("{high}")
    return before, middle, after


def _wide(
    laboratory: Laboratory, rows: pl.DataFrame, who: pl.DataFrame, comments: Mapping[int, str]
) -> tuple[pl.DataFrame, int]:
    order: Sequence[str] = (
        rows.select("analyte", "position").unique().sort("position")["analyte"].to_list()
    )
    table = rows.pivot(on="analyte", index="report", values="value", on_columns=order)
    joined = who.join(table, on="report", maintain_order="left")
    written = pl.col("report").replace_strict(dict(comments), default=None, return_dtype=pl.String)
    return (
        joined.select(
            *(pl.col(field).alias(header) for header, field in laboratory.columns),
            *(pl.col(analyte).alias(_header(laboratory, analyte)) for analyte in order),
            written.alias(laboratory.comment_header),
        ),
        rows["value"].count(),
    )


def _header(laboratory: Laboratory, analyte: str) -> str:
    unit = laboratory.unit(analyte)
    name = laboratory.name(analyte)
    return laboratory.wide_header.format(name=name, unit=unit) if unit else name
