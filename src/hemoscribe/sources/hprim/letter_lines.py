"""The lines of a letter's results: RES, and the print and comments around it (TEX, COM)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import polars as pl

from hemoscribe.knowledge.names import is_loinc
from hemoscribe.knowledge.recognise import resolve_name
from hemoscribe.knowledge.spelling import name_words
from hemoscribe.records import RejectCode
from hemoscribe.sources.batches import reject
from hemoscribe.sources.cda.values import agree, canonical
from hemoscribe.sources.hl7.gathered import Gathered
from hemoscribe.sources.hl7.observations import OBSERVED, told
from hemoscribe.sources.hprim.letter_fluids import LetterFluids
from hemoscribe.sources.hprim.letters import rules
from hemoscribe.sources.hprim.told_texts import ToldTexts, printed_on
from hemoscribe.sources.stated import flag_of
from hemoscribe.sources.withdrawal_words import may_withdraw, says_withdrawn

SEPARATORS = "|^~\\&"
_TEXT = pl.String()
_FIELDS = 10
_SECOND = 10  # where the second figure, its unit and its limits begin
_DIGIT = re.compile(r"\d")
_GAP = "   "  # between columns
_SENTENCE_WORDS = 3
_SAME = "The same result in another unit."
_CONTRADICTS = "Its two figures, {} and {}, are not one result in two units."


@dataclass(slots=True)
class Section:
    """Lines under one heading; None where it is of blood, or nothing says what it is of."""

    heading: str | None
    lines: Sequence[str]


@dataclass
class LetterLines:
    """The lines of one letter, handed to what gathers results."""

    source: str
    letter: int
    gathered: Gathered
    whose: Mapping[str, str | None] = field(default_factory=dict)
    results: int = 0
    _waiting: str = ""  # what withdraws the result that follows
    _lines: list[str] = field(default_factory=list)  # of all results
    _last: Sequence[str] = ()  # the line of the last result

    def __post_init__(self) -> None:
        self.told = ToldTexts(self.source, f"letter {self.letter}", self.whose)

    def end(self) -> None:
        """The letter is over: what its texts tell and no result states is refused."""
        if self.told.has_texts:
            self.gathered.rejects.extend(self.told.rejects(_stated(self._lines)))

    def sections(self, lines: Sequence[str]) -> Iterator[Section]:
        """The lines by the fluid that the print around them names."""
        mark, heading, before = f"{rules()['text']}|", None, 0
        fluids = LetterFluids()
        for at, line in enumerate(lines):
            if not line.startswith(mark):
                fluids.content()
                continue
            named = fluids.under(line.removeprefix(mark))
            if named != heading:
                yield Section(heading, lines[before:at])
                heading, before = named, at
        yield Section(heading, lines[before:])

    def take(self, section: Section) -> None:
        """The results of a section, and the comments beside them."""
        result, text, comment = (f"{rules()[name]}|" for name in ("result", "text", "comment"))
        results = [line for line in section.lines if line[:4] == result]
        self._lines += results
        labels = frozenset(line.split("|", 2)[1] for line in results)
        where = f"a text under {section.heading!r}" if section.heading else "a text"
        run: list[str] = []
        above = ""  # the line above, where it is text
        for line in section.lines:
            kind, said = line[:4], line[4:].strip()
            if kind == result and line.count("|") < _SECOND and not self._waiting:
                run.append(line)
                above = ""
                continue
            is_print = kind == text and _GAP in line and _GAP in line.strip()
            if kind == text:
                withdraws = may_withdraw(said) and says_withdrawn(said)
                self.told.note(said, where)
                if not withdraws and is_print:
                    above = said
                    continue  # the print of a result, or a heading in the middle of its line
            self._add(run)
            last, run = (run[-1:] or self._last), []
            self._last = last
            if kind == result:
                self._last = [line]
                self._result(line)
                self._said_before()
            elif kind == text and withdraws and _follows(above, last):
                self._waiting = said
            elif said and kind == comment:
                self.gathered.comment(said)
                self.told.note(said, "a comment")
            elif kind == text and (withdraws or _is_comment(said, labels)):
                self.gathered.comment(said)
            above = said if kind == text else ""
        self._add(run)
        self._last = run[-1:] or self._last

    def _said_before(self) -> None:
        """What a text between the print of a result and the result withdraws."""
        if self._waiting:
            self.gathered.comment(self._waiting)
            self._waiting = ""

    def _result(self, line: str) -> None:
        fields = line.split("|")
        second = fields[_SECOND : _SECOND + 4]
        if not second or not second[0].strip():
            self._add([line])
            return
        name, code, _, value, unit = (one.strip() for one in fields[1:6])
        other, other_unit, low, high, *_ = [*(one.strip() for one in second), "", "", ""]
        loinc = code if is_loinc(code) else None
        first = canonical(name, loinc, (value, unit or None))
        again = canonical(name, loinc, (other, other_unit or None))
        apart = ["RES", name, code, fields[3], other, other_unit, low, high, "", *fields[9:10]]
        if _analyte(name, loinc, unit) != _analyte(name, loinc, other_unit):
            if not any(one.strip() for one in fields[6:8]) and (low or high):
                apart[8], fields[8] = fields[8], ""  # the flag is of the figure that has limits
            self._add(["|".join(fields[:_SECOND]), "|".join(apart)])
        elif not agree(first, again):
            why = _CONTRADICTS.format(f"{value} {unit}".strip(), f"{other} {other_unit}".strip())
            self.results += 1
            self._refuse(RejectCode.CONTRADICTION, why, name, value, unit, results=1)
        else:
            use_second = first is None and again is not None
            apart[8] = fields[8]
            self._add(["|".join(apart if use_second else fields[:_SECOND])])
            left = (value, unit) if use_second else (other, other_unit)
            self._refuse(RejectCode.DUPLICATE, _SAME, name, *left, results=0)

    def _add(self, lines: Sequence[str]) -> None:
        if lines:
            self.gathered.add(lines, SEPARATORS, self.results + 1)
            self.results += len(lines)

    def _refuse(
        self, code: RejectCode, why: str, name: str, value: str, unit: str, *, results: int
    ) -> None:
        place = f"letter {self.letter}, result {self.results}"
        self.gathered.rejects.append(
            reject(
                self.source, place, code, why, results=results, name=name or None, value=value,
                unit=unit or None,
            )
        )  # fmt: skip


@lru_cache(maxsize=16384)
def _analyte(name: str, loinc: str | None, unit: str) -> tuple[str, ...]:
    """What a name is in a unit; () where knowledge does not tell."""
    found = resolve_name(name or None, loinc, unit or None)
    return tuple(sorted(option.analyte.id for option in found.options))


@lru_cache(maxsize=16384)
def _letters(text: str) -> str:
    return " ".join(name_words(text))


def _stated(lines: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """(name, value, unit) of the lines of results."""
    for line in lines:
        fields = [*(one.strip() for one in line.split("|")), *[""] * _SECOND]
        yield fields[1] or fields[2], fields[4], fields[5]
        yield fields[1] or fields[2], fields[10], fields[11]


def _follows(above: str, last: Sequence[str]) -> bool:
    """Whether a line prints a result that is not the last one, but the one that follows."""
    if not _DIGIT.search(above):
        return False
    name = last[0].split("|", 2)[1].strip() if last else ""
    return not (name and _letters(above).startswith(_letters(name)))


def _is_comment(printed: str, labels: frozenset[str]) -> bool:
    """Whether a line of print is a sentence, and neither a heading nor the print of a result."""
    words = printed.split()
    if len(words) < _SENTENCE_WORDS or not any(sign.islower() for sign in printed):
        return False
    said = _letters(printed)
    if any(said.startswith(_letters(label)) for label in labels if label.strip()):
        return False
    return not printed_on(printed)  # a result without a line of its own is refused instead


def observed_lines(lines: Sequence[str], separators: str) -> pl.DataFrame:
    """RES lines as the columns ``observations.OBSERVED``."""
    del separators
    whole = pl.Series("line", lines, dtype=_TEXT)
    found = whole.str.split_exact("|", _FIELDS - 1).struct.unnest()
    found.columns = [str(number) for number in range(_FIELDS)]
    found = found.with_columns(pl.all().str.strip_chars().replace("", None))
    loinc = told(found, ["2"], lambda code: (code if is_loinc(code) else None,), ("loinc",))
    flag = told(found, ["8"], lambda said: (flag_of([said]),), ("flag",))
    is_number = pl.col("3").is_in(list(rules()["number"])).fill_null(value=False)
    known = found.select(
        kind=pl.when(is_number).then(pl.lit("NM")).otherwise(pl.lit("ST")),
        code="2",
        name=pl.coalesce("1", "2"),
        value="4",
        unit="5",
        low="6",
        high="7",
        status=pl.col("9").str.to_uppercase(),
    )
    nothing = (pl.lit(None, _TEXT).alias(name) for name in OBSERVED)
    return (
        known.with_columns(loinc["loinc"], flag["flag"])
        .with_columns(
            one
            for one in nothing
            if one.meta.output_name() not in (*known.columns, "loinc", "flag")
        )
        .select(OBSERVED)
    )
