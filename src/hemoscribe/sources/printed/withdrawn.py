"""Results that the print withdraws in words: ``ANNULÉ`` below one, ``Rendu par erreur`` behind it.

A sentence is of the analytes that it names; without a name, of the results right above it. Where it
stands apart, it is not told which results it is of: none of them is final, and that is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from hemoscribe.knowledge.names import by_name
from hemoscribe.records import RejectCode
from hemoscribe.sources.printed import layout_words
from hemoscribe.sources.printed.lines.cells import chunks, tokens
from hemoscribe.sources.printed.parts import PrintedReport, Refused, Taken
from hemoscribe.sources.sentences.named import names_in
from hemoscribe.sources.withdrawal_words import (
    is_withdrawal,
    may_withdraw,
    says_withdrawn,
)

CANCELLED, NOT_FINAL = "cancelled", "preliminary"
_UNCLEAR = (
    "This withdraws results, and does not tell which of the report: none that it may be is final."
)
_NOT_PRINTED = "This withdraws a result that the report does not print."
_SENTENCE = re.compile(r"(?<=[^\W\d][.!?;])\s+")
_CLAUSE = re.compile(r"[,;(]\s?")
_MAX_WORDS = 8  # of what stands behind a result
_NAME_LETTERS = 3  # of a name that is one beyond doubt


@dataclass(frozen=True, slots=True)
class Here:
    """The results above a line: all, those of its paragraph, those of the last line of results."""

    above: tuple[Taken, ...] = ()
    paragraph: tuple[Taken, ...] = ()
    near: tuple[Taken, ...] = ()


@dataclass
class Withdrawn:
    """Collects what withdraws results on the way down a report; ``settle`` marks them."""

    report: PrintedReport
    _near: tuple[Taken, ...] = ()
    _paragraph: tuple[Taken, ...] = ()
    _said: list[tuple[str, str, Here, bool]] = field(default_factory=list)

    def passed(self, taken: Sequence[Taken]) -> None:
        """A line of results."""
        self._near = tuple(taken)
        self._paragraph += self._near

    def apart(self) -> None:
        """A blank line or a heading."""
        self._near = self._paragraph = ()

    def here(self) -> Here:
        """What stands above the line that is read now."""
        return Here(tuple(self.report.results), self._paragraph, self._near)

    def note(self, text: str, place: str, *, alone: bool = True, here: Here | None = None) -> None:
        """A line that withdraws results; ``alone``: it is no result itself."""
        self._said.append((text, place, here or self.here(), alone))

    def settle(self) -> None:
        """Mark the results that are withdrawn; a line that is of none of them is refused."""
        for text, place, here, alone in self._said:
            if self.without(text, place, here) == text and alone:
                said = " ".join(text.split())
                self.report.refused.append(
                    Refused(place, _NOT_PRINTED, None, said, code=RejectCode.CANCELLED)
                )

    def without(self, text: str, place: str, here: Here) -> str:
        """A text without the sentences that withdraw results; these are marked, and told why."""
        if not may_withdraw(text):
            return text
        sentences = _SENTENCE.split(text)
        if not any(map(says_withdrawn, sentences)) and says_withdrawn(text):
            sentences = [text]
        kept = [
            one for one in sentences if not (says_withdrawn(one) and self._settle(one, place, here))
        ]
        return " ".join(kept)

    def _settle(self, sentence: str, place: str, here: Here) -> bool:
        """Whether a sentence that withdraws is of results of the report."""
        sentence = " ".join(sentence.split())
        named = _named(sentence)
        every = _of_today(self.report.results)
        above = _of_today(here.above or every)
        of_name = [one for one in above if set(_analytes(one.result.name)) & set(named)]
        if of_name or not above or any(len(name) >= _NAME_LETTERS for name in named.values()):
            return _mark(of_name, sentence)
        if not here.above or layout_words.withdraws(sentence, "report"):
            return _mark(every, sentence)
        several = layout_words.withdraws(sentence, "several")
        _mark(here.paragraph if here.near and several else here.near, sentence)
        if not here.near or layout_words.withdraws(sentence, "sample"):
            self.report.refused.append(Refused(place, _UNCLEAR, None, sentence))
            for taken in every:
                taken.status = taken.status or NOT_FINAL
        return True


def _of_today(results: Iterable[Taken]) -> list[Taken]:
    """Those of them that have a number and are of no earlier day."""
    return [
        one
        for one in results
        if not one.place.endswith(", earlier") and any(map(str.isdigit, one.result.value or ""))
    ]


def _mark(results: Iterable[Taken], said: str) -> bool:
    """Cancel results, with what says so; whether there are any."""
    marked = False
    for taken in results:
        taken.status, marked = CANCELLED, True
        if said not in (taken.comment or ""):
            taken.comment = f"{taken.comment} {said}" if taken.comment else said
    return marked


def _analytes(name: str) -> Iterator[str]:
    return (candidate.analyte.id for candidate in by_name(name))


def _named(sentence: str) -> dict[str, str]:
    """Analyte -> its name, of those in the clause that withdraws; else in the sentence."""
    clauses = [one for one in _CLAUSE.split(sentence) if says_withdrawn(one)]
    for text in (*clauses, sentence):
        found = {one: name for name in names_in(text) for one in _analytes(name)}
        if found:
            return found
    return {}


def begins_withdrawal(line: str) -> bool:
    """Whether a line withdraws before any colon: ``Erreur de patient : ne pas utiliser``."""
    return may_withdraw(line) and says_withdrawn(line.partition(":")[0])


def without_withdrawal(line: str) -> tuple[str, str | None]:
    """(a line of the same length without what withdraws its results, what that says)."""
    if not may_withdraw(line):
        return line, None
    parts = chunks(line)
    for part in parts:
        behind = part is parts[-1] is not parts[0]
        if is_withdrawal(part.text) or (behind and says_withdrawn(part.text)):
            return line[: part.start] + " " * len(part.text) + line[part.end :], part.text
    words = tokens(line)
    for size in range(min(_MAX_WORDS, len(words) - 1), 0, -1):
        said = line[words[-size].start :].strip()
        if is_withdrawal(said):
            return line[: words[-size].start].rstrip(" ([-–*:,;"), said
    return line, None


def cancelled(taken: Sequence[Taken], said: str) -> None:
    """Mark the results of a line beside which it stands; those of earlier days stay."""
    _mark(_of_today(taken), said)
