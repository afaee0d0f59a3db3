"""All knowledge as one Markdown page, for a reviewer to read and sign: ``docs/knowledge.md``.

python -m hemoscribe.knowledge.knowledge_page docs/knowledge.md
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from hemoscribe.files import write_text
from hemoscribe.knowledge.analytes import (
    GROUPS,
    Analyte,
    Range,
    Reference,
    analytes,
    references,
)
from hemoscribe.knowledge.delta import delta_limits
from hemoscribe.knowledge.findings import FindingDefinition, finding_definitions
from hemoscribe.knowledge.findings.definitions import DISCIPLINES
from hemoscribe.knowledge.findings.severity import OF_URGENCY, scale_of
from hemoscribe.knowledge.indices import index_definitions
from hemoscribe.knowledge.reference_change import OWN, change_limits
from hemoscribe.knowledge.units import display_unit
from hemoscribe.panel_input import MAX_AGE_YEARS
from hemoscribe.records import LANGUAGES

_DAYS_PER_YEAR = 365.25
_SEX = {"F": "women", "M": "men", None: "all"}


def knowledge_page() -> str:
    """The page: analytes and ranges, findings, indices, delta limits, sources."""
    known = analytes()
    lines = [
        "# What Hemoscribe knows",
        "",
        "Written by `python -m hemoscribe.knowledge.knowledge_page docs/knowledge.md`; a test",
        "keeps it true.",
        "The laboratory's own printed range always wins over the ranges below. Where no age is",
        "stated, the ranges, limits and criteria are those of adults, and the report says so.",
        "Where no sex is stated (or no age, and those of adults differ), a value beyond all ranges",
        "is out, one within all is normal, and one between them is not assessed. A child of whose",
        "age no range is known is not read by that of adults. Square brackets name the source.",
        "",
        f"{len(known)} analytes, {sum(len(a.ranges) for a in known.values())} ranges, "
        f"{len(finding_definitions())} findings, {len(index_definitions())} indices, "
        f"{len(references())} sources.",
        "",
        "## Contents",
        "",
        "- [Analytes and ranges](#analytes-and-ranges)",
        "- [Findings](#findings)",
        "- [Indices](#indices)",
        "- [Delta checks](#delta-checks)",
        "- [Courses](#courses)",
        "- [Sources](#sources)",
        "",
        "## Analytes and ranges",
        "",
        "Values beyond plausible limits are refused; those beyond critical limits raise an alarm.",
        "Limits of pregnancy are those of all trimesters together. Where a report is in another",
        "unit, or the limit was published in another, a limit is rounded as it is printed there.",
        "A laboratory's own limits stand in its overlay ([overlay.md](overlay.md)).",
        "",
        "Four alarms rest on more than one limit: neutrophils % where no number is reported and",
        "the leukocytes' share is 0.5 x 10^9/L or less; calcium whose value corrected for albumin",
        f"is 1.8 mmol/L or less, or 3.5 or more (both {_source('rcpath2017')}); bilirubin at or",
        "over the line of the hour of life, and paracetamol at or over that of the hours since",
        "ingestion (see the indices).",
        "",
        *_analytes(),
        "## Findings",
        "",
        "A finding is a pattern, never a diagnosis. Its severity, from the report's own values,",
        "is the order of every text: up to 99 background, from 100 to follow, from 200 within a",
        "week, from 300 within a day (organ failure), from 400 now (a threat to life). The first",
        "line that holds decides; a critical result among the evidence puts a finding in the",
        "hundred of 400. What accounts for other findings, or doubts them, is told before them.",
        "A patient of unknown age is read as an adult.",
        '"Range" is the laboratory\'s where it printed one. A finding that hangs on what the',
        "report does not tell or what was not read (sex, range, a value as a bound) is listed as",
        "not assessed, with the reason, and never said to be absent; what nobody measured was not",
        "looked for.",
        "",
        *_findings(),
        "## Indices",
        "",
        *_table(
            ("Index", "Unit", "Formula", "Limits", "Stated where the report has", "Source"),
            (
                (
                    f"{index.names['en']}<br>{index.names['fr']}<br>`{index.id}`",
                    display_unit(index.unit),
                    index.formula,
                    index.limits,
                    ", ".join(" or ".join(part) for part in index.asks)
                    + (f"; not {index.unless}" if index.unless else ""),
                    _sources(index.source),
                )
                for index in index_definitions().values()
            ),
        ),
        "## Delta checks",
        "",
        "How far a result may move from the patient's last one before a mix-up is looked for.",
        "",
        *_table(
            ("Analyte", "Days", "Limit", "Source"),
            (
                (
                    known[limit.analyte].name("en"),
                    f"{limit.days:g}",
                    (
                        f"{limit.amount:g} {display_unit(known[limit.analyte].unit)}"
                        if limit.amount is not None
                        else f"{limit.percent:g} %"
                    )
                    + (", falls only" if limit.falls_only else ""),
                    _sources(limit.source),
                )
                for limit in delta_limits().values()
            ),
        ),
        *_courses(),
        "## Sources",
        "",
        *(_reference(reference) for _, reference in sorted(references().items())),
    ]
    return "\n".join(lines) + "\n"


def _courses() -> Iterator[str]:
    """How far a result must move from an earlier one before its course is told."""
    yield from (
        "## Courses",
        "",
        "A result is said to have moved from an earlier one of the patient where it did so beyond",
        "the reference change value: of a log-normal variation within the person, with an assay",
        f"of half that variation {_sources(('fraser_2001_variation', 'fokkema_2006_rcv'))}, at",
        "95 % out of range and at 99.9 % within it. Within range only a course of three results or",
        "more towards the side named is told. Days: how old the earlier result may be (ours).",
        "",
    )
    yield from _table(
        ("Analyte", "Falls by", "Rises by", "At least", "Days", "Within range", "Source"),
        (
            (
                analytes()[limit.analyte].name("en"),
                f"{100 * (1 - math.exp(-limit.change)):.0f} %",
                f"{100 * (math.exp(limit.change) - 1):.0f} %",
                f"{limit.least:g} {analytes()[limit.analyte].unit}" if limit.least else "",
                f"{limit.last.days}",
                {"low": "falling", "high": "rising"}.get(limit.within or "", ""),
                _sources([one for one in limit.source if one != OWN]) or OWN,
            )
            for limit in change_limits().values()
        ),
    )


def _analytes() -> Iterator[str]:
    for group in GROUPS:
        members = [analyte for analyte in analytes().values() if analyte.group == group]
        yield from (f"### {group.replace('_', ' ').capitalize()}", "")
        yield from _table(
            ("Analyte", "LOINC", "Unit", "Also in", "Molar mass", "Plausible", "Critical"),
            map(_analyte, members),
        )
        yield from _table(
            ("Analyte", "Who", "Age", "Range", "Unit", "Source"),
            (_range(analyte, row) for analyte in members for row in analyte.ranges),
        )
        notes = [f"- {analyte.name('en')}: {analyte.note}" for analyte in members if analyte.note]
        yield from ([*notes, ""] if notes else [])


def _analyte(analyte: Analyte) -> tuple[str, ...]:
    mass = analyte.molar_mass_g_per_mol
    names = "; ".join(", ".join(analyte.names[language]) for language in ("en", "fr"))
    also = f"<br>also read: {', '.join(analyte.read)}" if analyte.read else ""
    with_unit = ", ".join(f"{code} (with its unit)" for code in analyte.loinc_with_unit)
    return (
        f"**{analyte.name('en')}** `{analyte.id}`<br>{names}{also}",
        ", ".join(filter(None, (*analyte.loinc, with_unit))),
        display_unit(analyte.unit),
        ", ".join(filter(None, map(display_unit, analyte.units[1:]))),
        "" if mass is None else f"{mass:g} g/mol {_source(analyte.sources.get('molar_mass'))}",
        _limits(*analyte.plausible),
        "<br>".join(_critical(analyte)),
    )


def _critical(analyte: Analyte) -> Iterator[str]:
    if analyte.critical != (None, None):
        yield f"{_limits(*analyte.critical)} {_source(analyte.sources.get('critical'))}"
    for row in analyte.critical_ages:
        ages = _ages(row.age_low_years, row.age_high_years)
        yield f"{ages}: {_limits(row.low, row.high)} {_source(row.source)}"


def _range(analyte: Analyte, row: Range) -> tuple[str, ...]:
    below = None if row.age_high_years == MAX_AGE_YEARS else row.age_high_years
    who = "pregnant" if row.pregnant else _SEX[row.sex]
    kind = " (decision limit)" if row.kind == "decision" else ""
    note = f" {row.note}" if row.note else ""
    return (
        analyte.name("en"),
        who,
        _ages(row.age_low_years, below),
        _limits(row.low, row.high) + kind,
        display_unit(analyte.unit),
        _source(row.source) + note,
    )


def _limits(low: float | None, high: float | None) -> str:
    if low is None:
        return "" if high is None else f"up to {high:.4g}"
    return f"from {low:.4g}" if high is None else f"{low:.4g} to {high:.4g}"


def _ages(first: float | None, below: float | None) -> str:
    if not first:
        return "any" if below is None else f"under {_age(below)}"
    return f"from {_age(first)}" + ("" if below is None else f", under {_age(below)}")


def _age(years: float) -> str:
    if years >= 2 or years == int(years):
        return f"{years:g} years" if years != 1 else "1 year"
    months = years * 12
    if abs(months - round(months)) < 1e-6:
        return f"{round(months)} months"
    return f"{round(years * _DAYS_PER_YEAR)} days"


def _findings() -> Iterator[str]:
    for discipline in DISCIPLINES:
        members = [d for d in finding_definitions().values() if d.discipline == discipline]
        yield from (f"### {discipline.replace('_', ' ').capitalize()}", "")
        yield from _table(
            ("Finding", "Criterion", "Severity", "Ages", "Makes needless", "Source"),
            map(_finding, members),
        )


def _finding(definition: FindingDefinition) -> tuple[str, ...]:
    return (
        f"**{definition.names['en']}**<br>{definition.names['fr']}<br>`{definition.id}`",
        "<br>".join(definition.criteria[language] for language in LANGUAGES),
        "<br>".join(_severity(definition)),
        _ages(*definition.ages),
        ", ".join(f"`{other}`" for other in definition.excludes),
        _sources(definition.source),
    )


def _severity(definition: FindingDefinition) -> Iterator[str]:
    """The steps, what holds where none does, what it is told before, and their sources."""
    scale = scale_of(definition.id)
    for step in scale.steps:
        yield f"{step.severity}: {step.words}" if step.words else f"else {step.severity}"
    grades = definition.grades.values()
    graded = {step.grade for step in scale.steps if step.words == f"grade {step.grade}"}
    left = [(f"{one.id}: ", one.urgency) for one in grades if one.id not in graded]
    is_whole = any(not step.words for step in scale.steps)
    for grade, urgency in left if grades else [("", definition.urgency)] * (not is_whole):
        yield f"{grade}{'else ' if scale.steps else ''}{OF_URGENCY[urgency]}"
    if scale.explains:
        yield f"told before {', '.join(f'`{other}`' for other in scale.explains)}"
    if scale.source:
        yield _sources(scale.source)


def _source(keys: str | None) -> str:
    """Links to the sources of a number: ``keys`` are one or several, parted by commas."""
    return _sources(key.strip() for key in keys.split(",")) if keys else ""


def _sources(keys: Iterable[str]) -> str:
    return " ".join(f"[[{key}](#{key})]" for key in keys)


def _reference(reference: Reference) -> str:
    title = reference.title.rstrip(".")
    authors = reference.authors.rstrip(".")
    where = f'- <a id="{reference.id}"></a>**{reference.id}**: {authors}. {title}.'
    where += f" {reference.published} ({reference.year})."
    if reference.doi:
        where += f" https://doi.org/{reference.doi}"
    if reference.url:
        where += f" {reference.url}"
    return where


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    body = [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows]
    if body:
        yield f"| {' | '.join(heads)} |"
        yield "|" + "---|" * len(heads)
        yield from body
        yield ""


if __name__ == "__main__":
    write_text(Path(sys.argv[1]), knowledge_page())
