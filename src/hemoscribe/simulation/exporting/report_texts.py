"""A report as a laboratory prints it: a title block, then `name  value  flag  unit  (range)`."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from hemoscribe.knowledge import analytes
from hemoscribe.simulation.exporting.printout import Printout, Row
from hemoscribe.simulation.laboratory import Laboratory
from hemoscribe.simulation.library import load
from hemoscribe.simulation.other_fluids import heading

WIDTH = 100
_NAME, _VALUE, _FLAG, _UNIT = 36, 22, 6, 18  # characters of a line


@cache
def words() -> Mapping[str, Any]:
    """The words printed round the results, in each language."""
    found: Mapping[str, Any] = load("printed.yaml")
    return found


def write_texts(printout: Printout, folder: Path) -> int:
    """A fixed-width text file for each report."""
    newline = printout.laboratory.newline
    return sum(
        printout.write_text(
            folder, newline.join(lines(printout, about, results, comment)) + newline, about
        )
        for about, results, comment in printout.reports()
    )


def lines(
    printout: Printout, about: Row, results: Sequence[Row], comment: str | None
) -> Iterator[str]:
    """The report, line by line, none longer than ``WIDTH`` characters."""
    laboratory = printout.laboratory
    said = words()[laboratory.language]
    yield laboratory.title.upper()
    yield ""
    yield from title_block(laboratory, about)
    yield ""
    header = said["columns"]
    yield _line(header["name"], header["value"], header["flag"], header["unit"], header["range"])
    yield "-" * WIDTH
    for title, rows in by_heading(laboratory, results).items():
        yield title.upper()
        for row in rows:
            yield _line(*cells(printout, row)).rstrip()
    if comment:
        yield ""
        yield said["comment"]
        yield from textwrap.wrap(comment, WIDTH - 2, initial_indent="  ", subsequent_indent="  ")
    yield ""
    yield said["signed"].format(doctor=about["doctor"])


def title_block(laboratory: Laboratory, about: Row) -> list[str]:
    """Who and when: `label: what`, two a line."""
    entries = [
        f"{label}: {about[field]}"
        for label, field in laboratory.columns
        if about[field] is not None
    ]
    pairs = zip(entries[::2], [*entries[1::2], ""], strict=False)
    return [f"{left:<46}{right}".rstrip() for left, right in pairs]


def by_heading(laboratory: Laboratory, results: Sequence[Row]) -> dict[str, list[Row]]:
    """Results by the heading they are printed under, headings in the order they first come."""
    groups = words()[laboratory.language]["groups"]
    found: dict[str, list[Row]] = {}
    for row in results:
        fluid = row["fluid"]
        title = (
            heading(fluid, row["way"], laboratory.language)
            if fluid
            else groups[analytes()[row["analyte"]].group]
        )
        found.setdefault(title, []).append(row)
    return found


def cells(printout: Printout, row: Row) -> tuple[str, str, str, str, str]:
    """(name, value, flag, unit, range) as printed; the range in parentheses."""
    limits = interval(printout.laboratory, row)
    return (
        printout.laboratory.name(row["analyte"]),
        row["value"] or "",
        printout.flag(row),
        row["unit"],
        f"({limits})" if limits else "",
    )


def interval(laboratory: Laboratory, row: Row) -> str:
    """The limits as this laboratory prints them; empty without any."""
    low, high = row["low"], row["high"]
    if low and high:
        return laboratory.range.format(low=low, high=high)
    return f"< {high}" if high else f"> {low}" if low else ""


def _line(name: str, value: str, flag: str, unit: str, limits: str) -> str:
    return f"{name[: _NAME - 1]:<{_NAME}}{value:>{_VALUE}}  {flag:<{_FLAG}}{unit:<{_UNIT}}{limits}"
