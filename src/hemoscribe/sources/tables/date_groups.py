"""Dates across: analyses down, a column for each time of collection, as cumulative reports are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from hemoscribe.files import package_yaml
from hemoscribe.knowledge.printed import flag_words
from hemoscribe.sources.exports import Export
from hemoscribe.sources.lines import sample_text
from hemoscribe.sources.mapping import Mapping as MappingFile
from hemoscribe.sources.tables.analyte_names import is_analyte, is_unit
from hemoscribe.sources.tables.column_groups import ROLES, VALUE, Group, GroupedLayout
from hemoscribe.sources.tables.delimited import Layout, layouts, split_line
from hemoscribe.sources.tables.headers import MEASURED, fold, understand
from hemoscribe.sources.tables.name_groups import meaning, padded

_MONTH = r"[^\W\d_]{3,9}\.?"
_DAY = (
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2})"
    rf"|\d{{1,2}}(?:er)?[-/. ]{_MONTH}[-/. ]\d{{2,4}}|{_MONTH} \d{{1,2}},? \d{{4}}"
)
_CLOCK = r"\d{1,2}[:hH]\d{2}(?::\d{2})?(?:\s*[aApP][mM])?"
_DATE = re.compile(rf"(?<!\d)(?P<day>{_DAY})(?:[T ,-]*(?:à |at )?(?P<clock>{_CLOCK}))?(?!\d)")
_TIME = re.compile(rf"(?:à |at )?{_CLOCK}|\d{{1,2}}[hH]")
_MAX_HEAD_LINES = 5
_BODY_LINES = 60
_MAX_CHARACTERS = 60
_DATES_ALONE = 2  # that a line without a column of analyses must have


@dataclass
class _Head:
    """The header of a table with dates across, as its lines are read one after the other."""

    dates: Mapping[int, str]
    names: list[str]
    line: int
    under: list[str] = field(default_factory=list)
    times: dict[int, str] = field(default_factory=dict)
    numbers: dict[int, str] = field(default_factory=dict)

    @property
    def names_analytes(self) -> bool:
        return any(meaning(name) in MEASURED for name in self.names)


@cache
def _beside() -> frozenset[str]:
    return frozenset(package_yaml(__package__, "date_headers.yaml")["beside"])


def date_of(cell: str) -> str | None:
    """The date, perhaps with a time, that a header is; None for any other header."""
    if len(cell) > _MAX_CHARACTERS or (match := _DATE.search(cell)) is None:
        return None
    rest = fold(cell[: match.start()] + " " + cell[match.end() :])
    if not set(rest.split()) <= _beside():
        return None
    return " ".join(part for part in (match["day"], match["clock"]) if part)


def find_dates(export: Export, mapping: MappingFile) -> GroupedLayout | None:
    """The first header with dates over columns of results, and a column of analyses beside them."""
    lines = sample_text(export, mapping.encoding).split("\n")
    for layout in layouts(export, encoding=mapping.encoding, delimiter=mapping.delimiter):
        dates = {at: date for at, cell in enumerate(layout.header) if (date := date_of(cell))}
        if not dates:
            continue
        names = ["" if at in dates else name for at, name in enumerate(layout.header)]
        if any(name and not meaning(name) for name in names):
            continue  # a line of results
        layout = padded(layout, lines)
        found = _head(layout, dates, lines)
        if found is not None and (grouped := _grouped(layout, found, lines, mapping)) is not None:
            return grouped
    return None


def _head(layout: Layout, dates: Mapping[int, str], lines: Sequence[str]) -> _Head | None:
    """The header that begins with a line of dates; None where that line may be anything."""
    names = ["" if at in dates else name for at, name in enumerate(layout.header)]
    head = _Head(dates, names, layout.header_line)
    if not head.names_analytes and len(dates) < _DATES_ALONE:
        return None
    for line in lines[layout.header_line : layout.header_line + _MAX_HEAD_LINES]:
        cells = [cell.strip() for cell in split_line(line, layout.delimiter)]
        cells += [""] * (len(names) - len(cells))
        if not _goes_on(head, cells[: len(names)]):
            break
        head.line += 1
    return head


def _goes_on(head: _Head, cells: Sequence[str]) -> bool:
    """Take one more line of the header: times, numbers of reports, or names of columns."""
    under = {at: cells[at] for at in head.dates if cells[at]}
    before = [cell for at, cell in enumerate(cells) if at not in head.dates and cell]
    label = meaning(before[0]) if before else ""
    if under and all(_TIME.fullmatch(text) for text in under.values()):
        head.times |= under
        return True
    if under and len(before) == 1 and label in ("report_id", "sample_id", "aside"):
        head.numbers |= under if label == "report_id" else {}
        return True
    names = all(meaning(cell) for cell in cells if cell)
    if any(cells) and names and all(meaning(text) == VALUE for text in under.values()):
        head.under = list(cells)
        for at, cell in enumerate(cells):
            is_shared = meaning(cell) not in _GROUPED or not _is_under_a_date(head, at)
            if at not in head.dates and cell and is_shared:
                head.names[at] = cell
        return True
    return False


_GROUPED = ROLES - {"loinc"}


def _is_under_a_date(head: _Head, at: int) -> bool:
    """Whether a column without a name of its own stands to the right of a date."""
    return not head.names[at] and any(position < at for position in head.dates)


def _grouped(
    layout: Layout, head: _Head, lines: Sequence[str], mapping: MappingFile
) -> GroupedLayout | None:
    width = len(layout.header)
    body = [
        (*(cell.strip() for cell in split_line(line, layout.delimiter)), *([""] * width))[:width]
        for line in lines[head.line : head.line + _BODY_LINES]
    ]
    if not head.names_analytes and "analyte" not in mapping.columns:
        at = _analytes_at(head, body)
        if at is None:
            return None
        head.names[at] = "analyte"
        for other, name in enumerate(head.names):
            if not name and other not in head.dates and _all(body, other, is_unit):
                head.names[other] = "unit"
                break
    groups = list(_groups(head, body))
    shared = understand(head.names, mapping.columns)
    if VALUE in shared.columns or not MEASURED & shared.columns.keys():
        return None
    header = tuple(
        name or layout.header[at] or (head.under[at] if head.under else "")
        for at, name in enumerate(head.names)
    )
    whole = replace(
        layout,
        header=header,
        header_line=head.line,
        header_lines=head.line - layout.header_line + layout.header_lines,
    )
    return GroupedLayout(whole, shared, groups)


def _analytes_at(head: _Head, body: Sequence[Sequence[str]]) -> int | None:
    """The column without a name in which most lines begin with an analyte."""
    for at, name in enumerate(head.names):
        if at in head.dates or (name and meaning(name) not in ("collected_at", "collected_day")):
            continue
        texts = [row[at] for row in body if row[at]]
        if texts and sum(map(is_analyte, texts)) * 2 >= len(texts):
            return at
    return None


def _all(body: Sequence[Sequence[str]], at: int, fits: object) -> bool:
    texts = [row[at] for row in body if row[at]]
    return bool(texts) and callable(fits) and all(map(fits, texts))


def _is_flag(text: str) -> bool:
    return text.casefold() in flag_words()


def _groups(head: _Head, body: Sequence[Sequence[str]]) -> Iterator[Group]:
    """A group for each date: its column, and the unnamed ones to its right that say more of it."""
    positions = sorted(head.dates)
    seen: dict[str, int] = {}
    for number, at in enumerate(positions):
        end = positions[number + 1] if number + 1 < len(positions) else len(head.names)
        columns = {VALUE: at}
        for beside in range(at + 1, end):
            if head.names[beside]:
                break
            role = meaning(head.under[beside]) if head.under else ""
            if not role and _all(body, beside, _is_flag):
                role = "flag"
            elif not role and _all(body, beside, is_unit):
                role = "unit"
            if role in ROLES:
                columns.setdefault(role, beside)
        said = {"collected_at": head.dates[at]}
        if at in head.times:
            said["collected_time"] = head.times[at]
        moment = f"{said['collected_at']} {said.get('collected_time', '')}"
        seen[moment] = seen.get(moment, 0) + 1
        if at in head.numbers:
            said["report_id"] = head.numbers[at]
        elif seen[moment] > 1:
            said["report_id"] = f"{moment.strip()} ({seen[moment]})"
        yield Group(head.dates[at], columns, said)
