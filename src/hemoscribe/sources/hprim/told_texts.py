"""What the texts of a letter or message tell and no result of it states: refused, never lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hemoscribe.sources.batches import reject
from hemoscribe.sources.printed.lines.one_line import results_of
from hemoscribe.sources.printed.lines.range_texts import is_known_unit
from hemoscribe.sources.printed.lines.value_texts import is_number
from hemoscribe.sources.printed.parts import PrintedReport, PrintedResult, Taken
from hemoscribe.sources.printed.told_lines import ToldLines
from hemoscribe.sources.tables.analyte_names import is_analyte


@dataclass
class ToldTexts:
    """Collects results and texts of one letter or message; ``rejects`` compares them at its end."""

    source: str
    where: str
    whose: Mapping[str, str | None] = field(default_factory=dict)  # patient_id, collected, report
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

    def rejects(self, stated: Iterable[tuple[str, str, str]]) -> Iterator[Mapping[str, Any]]:
        """A reject for each result that a text holds alone.

        Args:
            stated: (name, value, unit) of the results of the letter or message.
        """
        known = [one for one in stated if one[0] and one[1]]
        starts = [(name.casefold(), value) for name, value, _ in known]
        left = [
            (text, place)
            for text, place in self._texts
            if not _prints_one(text.casefold(), text, starts)
        ]
        if not left:
            return
        told = ToldLines(self.report)
        for name, value, unit in known:
            result = PrintedResult(name, value, None, unit or None, None, None, known=True)
            self.report.results.append(Taken(result, ""))
        for text, place in left:
            printed = printed_on(text)
            for result in printed:
                told.refuse(result, text, place)
            if not printed:
                told.note(text, place)
        told.settle()
        for one in self.report.refused:
            refused = reject(
                self.source, one.place, one.code, one.message, name=one.name, value=one.value,
                unit=one.unit, flag=one.flag,
            )  # fmt: skip
            yield {**refused, **self.whose}


def _prints_one(folded: str, text: str, stated: Sequence[tuple[str, str]]) -> bool:
    """Whether a text is the print of a result: it begins with its name and holds its value."""
    return any(folded.startswith(name) and value in text for name, value in stated)


def printed_on(text: str) -> Sequence[PrintedResult]:
    """The results of known analytes that a line prints; () where it is anything else."""
    found = results_of(text)
    known = all(
        one.value is not None
        and is_number(one.value)
        and is_analyte(one.name)
        and (one.unit is None or is_known_unit(one.unit))
        for one in found
    )
    return found if found and known else ()
