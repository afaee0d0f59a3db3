"""Who a laboratory's reports are about and when they were taken, as the laboratory prints it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import polars as pl

from hemoscribe.simulation.biologist_comments import phone, texts
from hemoscribe.simulation.cohort import Cohort, Ints
from hemoscribe.simulation.laboratory import Laboratory
from hemoscribe.simulation.library import population

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
