"""Sentences of a print that tell a result: refused with their line, unless it is read elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from hemoscribe.knowledge.names import by_name
from hemoscribe.sources.printed.lines.two_units import same_quantity
from hemoscribe.sources.printed.lines.value_texts import with_signs
from hemoscribe.sources.printed.parts import PrintedReport, PrintedResult, Refused
from hemoscribe.sources.sentences.told_values import Told, told_values

_TOLD = "A text tells this result, and nothing else in the report states it: {said!r}."
_MAX_SAID = 300  # characters of a sentence in a message


@dataclass
class ToldLines:
    """Collects lines that are no results; ``settle`` refuses what they tell alone."""

    report: PrintedReport
    _lines: list[tuple[str, str]] = field(default_factory=list)

    def note(self, text: str, place: str) -> None:
        """A line that is read as words."""
        if any(map(str.isdigit, text)):
            self._lines.append((text, place))

    def note_all(self, texts: Sequence[str], places: Sequence[str]) -> None:
        """The lines of a comment, whose sentences go over their ends."""
        ends, whole = [], ""
        for text in texts:
            whole = f"{whole} {text}" if whole else text
            ends.append(len(whole))
        if not any(map(str.isdigit, whole)):
            return
        for told in told_values(with_signs(whole)):
            at = next((n for n, end in enumerate(ends) if told.at < end), len(ends) - 1)
            self._refuse(told, texts[at], places[at])

    def settle(self) -> None:
        """Refuse what the collected lines tell and the report does not print."""
        for text, place in self._lines:
            for told in told_values(with_signs(text)):
                self._refuse(told, text, place)

    def _refuse(self, told: Told, text: str, place: str) -> None:
        result = PrintedResult(told.name, told.value, None, told.unit, None, None, known=True)
        self.refuse(result, text, place)

    def refuse(self, told: PrintedResult, text: str, place: str) -> None:
        """Refuse a result that stands in a text, unless the report prints it."""
        if self.is_printed(told):
            return
        said = " ".join(text.split())[:_MAX_SAID]
        why = _TOLD.format(said=said)
        self.report.refused.append(Refused(place, why, told.name, told.value, told.unit))

    def is_printed(self, told: PrintedResult) -> bool:
        """Whether the report prints a result of the same analyte that agrees."""
        printed = [taken.result for taken in self.report.results]
        printed += [
            PrintedResult(one.name, one.value, None, one.unit, None, None, known=True)
            for one in self.report.refused
            if one.name and one.value
        ]
        return any(_same(told, one) for one in printed)


def _same(told: PrintedResult, printed: PrintedResult) -> bool:
    """Whether both are one analyte's and agree; without a printed unit, their figures must."""
    if same_quantity(told, printed):
        return True
    mine = {candidate.analyte.id for candidate in by_name(told.name)}
    theirs = {candidate.analyte.id for candidate in by_name(printed.name)}
    return printed.unit in (None, told.unit) and told.value == printed.value and bool(mine & theirs)
