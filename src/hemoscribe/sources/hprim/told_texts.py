"""What the texts of a letter or message tell and no result of it states: refused, never lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hemoscribe.sources.batches import reject
from hemoscribe.sources.printed.lines.one_line import results_of
from hemoscribe.sources.printed.lines.value_texts import is_number
from hemoscribe.sources.printed.parts import PrintedReport, PrintedResult, Taken
from hemoscribe.sources.printed.told_lines import ToldLines
from hemoscribe.sources.tables.analyte_names import is_analyte


@dataclass
class ToldTexts:
    """Collects results and texts of one letter or message; ``rejects`` compares them at its end."""

    source: str
    where: str
    report: PrintedReport = field(default_factory=PrintedReport)
    _texts: list[tuple[str, str]] = field(default_factory=list)

    @property
    def has_texts(self) -> bool:
        """Whether a text was noted that may tell a result."""
        return bool(self._texts)

    def note(self, text: str, what: str) -> None:
        """A text, and what it is."""
        if any(map(str.isdigit, text)):
            self._texts.append((text, f"{self.where}, {what}"))

    def rejects(self, lines: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        """A reject for each result that a text holds alone; ``lines``: of those that are stated."""
        stated = list(_stated(lines))
        told = ToldLines(self.report)
        starts = [(name.casefold(), value) for name, value, _ in stated if name and value]
        for name, value, unit in stated:
            result = PrintedResult(name, value, None, unit or None, None, None, known=True)
            self.report.results.append(Taken(result, ""))
        for text, place in self._texts:
            if any(text.casefold().startswith(name) and value in text for name, value in starts):
                continue  # the print of a result
            printed = printed_on(text)
            for result in printed:
                told.refuse(result, text, place)
            if not printed:
                told.note(text, place)
        told.settle()
        for one in self.report.refused:
            yield reject(
                self.source, one.place, one.code, one.message, name=one.name, value=one.value,
                unit=one.unit, flag=one.flag,
            )  # fmt: skip


def _stated(lines: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """(name, value, unit) of the lines of results, and of their second figures."""
    for line in lines:
        fields = [*(one.strip() for one in line.split("|")), *[""] * 12]
        name = fields[1] or fields[2]
        yield name, fields[4], fields[5]
        if fields[10]:
            yield name, fields[10], fields[11]


def printed_on(text: str) -> Sequence[PrintedResult]:
    """The results of known analytes that a line prints; () where it is anything else."""
    found = results_of(text)
    known = all(
        one.value is not None and is_number(one.value) and is_analyte(one.name) for one in found
    )
    return found if found and known else ()
