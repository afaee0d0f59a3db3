"""Whose a printed report is: the patient's number, name and date of birth on its title lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from hemoscribe.sources.printed import layout_words
from hemoscribe.sources.printed.lines.one_line import results_of
from hemoscribe.sources.printed.parts import MAX_LINE_CHARACTERS, Line
from hemoscribe.sources.printed.title_parts import number_of, parts_of
from hemoscribe.sources.printed.withdrawn import begins_withdrawal
from hemoscribe.sources.tables.analyte_names import is_analyte
from hemoscribe.sources.tables.headers import fold

REPORT, PATIENT, BORN = "report_id", "patient_id", "birth_date"
_DATE = re.compile(
    r"(?<![\w/.-])(?:\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}|\d{4}[-/]\d{2}[-/]\d{2}"
    r"|\d{1,2}[ -][^\W\d]{3,9}\.?[ -]\d{4})(?!\w)"
)
_WORDS_BEFORE = 4
_WORD = re.compile(r"[^\W\d]{2,}")


def person_on(text: str) -> dict[str, str]:
    """What a line says of whose a report is, so that two lines can be compared.

    ``patient_id`` and ``report_id``: numbers; ``birth_date``: its numbers in order; ``name ...``:
    the words behind that label of a name, in order.
    """
    found: dict[str, str] = {}
    if begins_withdrawal(text):
        return found
    for label, meaning, said in parts_of(text):
        if meaning == REPORT and len(said.split()) == 1:
            found[REPORT] = said
        elif meaning == PATIENT and (number := number_of(said)):
            found[PATIENT] = number
        elif layout_words.is_name_title(label) and (name := _name(said)):
            found[f"name {fold(label)}"] = name
    for date in _births(text):
        found[BORN] = date
    return found


def _name(said: str) -> str | None:
    words = _WORD.findall(_DATE.split(said)[0])
    if not words or is_analyte(said) or any(map(str.isdigit, said.split()[0])):
        return None
    return " ".join(sorted(fold(word) for word in words))


def _births(text: str) -> Iterator[str]:
    for match in _DATE.finditer(text):
        before = text[: match.start()].split()[-_WORDS_BEFORE:]
        if any(layout_words.is_born(" ".join(before[at:])) for at in range(len(before))):
            numbers = (int(number) % 100 for number in re.findall(r"\d+", match[0]))
            words = [fold(word)[:3] for word in _WORD.findall(match[0])]
            yield " ".join([*map(str, sorted(numbers)), *words])


class Person:
    """Whom the report that is being collected is of, as far as its lines have said."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}
        self._since = 0  # the line that said last whose the report is

    def is_another(self, said: Mapping[str, str], waiting: Sequence[Line]) -> bool:
        """Whether a line begins the report of another person, or another report.

        A kind of statement that is new after results may be another person's: it begins one too,
        or the results would be given to the number of whoever stands last.
        """
        if any(self._known.get(key, said[key]) != said[key] for key in (REPORT, PATIENT)
               if key in said):  # fmt: skip
            return True
        person = {key: value for key, value in said.items() if key != REPORT}
        if not person or (PATIENT in said and PATIENT in self._known):
            return False
        shared = [key for key in person if key in self._known]
        if shared:
            return any(not _same(key, self._known[key], person[key]) for key in shared)
        if all(key == REPORT for key in self._known):
            return False
        return any(_holds_a_result(line.text) for line in waiting[self._since :])

    def add(self, said: Mapping[str, str], at: int) -> None:
        """A line of the report says this."""
        for key, value in said.items():
            if key != REPORT:
                self._since = at
            self._known[key] = value


def _same(key: str, one: str, other: str) -> bool:
    if key != BORN:
        a, b = set(one.split()), set(other.split())
        return a <= b or b <= a
    same = one.split() == other.split()
    worded = one[-1].isalpha() != other[-1].isalpha()
    return same or (worded and bool(set(one.split()) & set(other.split())))


def _holds_a_result(text: str) -> bool:
    found = results_of(text[:MAX_LINE_CHARACTERS])
    return any(one.value is not None and is_analyte(one.name) for one in found)
