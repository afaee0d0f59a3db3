"""The results of a line that stands under no headings of values: name, value, flag, unit, range."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from hemoscribe.sources.printed import layout_words
from hemoscribe.sources.printed.lines.cells import Cell, chunks, clean_name, tokens
from hemoscribe.sources.printed.lines.earlier_values import without_earlier
from hemoscribe.sources.printed.lines.names_on_lines import name_and_method
from hemoscribe.sources.printed.lines.range_texts import (
    BOUND,
    SPAN,
    is_known_unit,
    is_range,
    limits,
    range_and_unit,
    said_unit,
)
from hemoscribe.sources.printed.lines.value_texts import (
    GROUPED,
    NUMBER,
    is_code,
    is_flag,
    is_number,
    value_and_flag,
    with_signs,
)
from hemoscribe.sources.printed.parts import PrintedResult
from hemoscribe.sources.stated_ranges import same_unit
from hemoscribe.sources.tables.analyte_names import is_analyte

_BRACKETED = re.compile(r"[(\[]\s*(?P<range>[^()\[\]]*?)\s*[)\]]?\s*$")
_LAST_RANGE = re.compile(rf"(?<=\s)(?P<range>{SPAN}|{BOUND})\s*$", re.IGNORECASE)
_LEADING = re.compile(r"(?:\.{2,}|…|_{3,}|:)$")
_FLAG_BEFORE = re.compile(r"(?P<name>.*?)(?:\s*(?P<star>\*{1,3})|\s{2,}(?P<flag>\S{1,4}))\s*")
_RANGE_THEN_VALUE = re.compile(
    rf"(?P<own>[^()\[\]]*[(\[](?P<range>[^()\[\]]*)[)\]])\s+(?:soit\s+)?"
    rf"(?P<value>[<>]?\s?{GROUPED}|{NUMBER})(?P<after>\s*(?:[^\d\s]|10[\^*E]).*)"
)
_SECOND = re.compile(
    rf"(?P<unit>\S[^()]*?)\s*(?:\bsoit\b[\s.:]*|=\s*|(?P<bracket>\(\s*)|\s{{2,}})"
    rf"(?P<value>[<>]?\s?{GROUPED}|{NUMBER})\s*(?P<other>(?:[^\d\s]|10[\^*E]).*)",
    re.IGNORECASE,
)
_WIDE_GAP = re.compile(r"\s{3,}")
_MAX_NAME_CHARACTERS = 80
_MAX_NAME_WORDS = 40
MAX_UNITS_CHARACTERS = 120  # of two units and the value between them


def results_of(line: str) -> list[PrintedResult]:
    """The results of a line, more than one where they stand side by side; none if one is none."""
    found = [single(part) for part in side_by_side(line)]
    return [one for one in found if one is not None] if None not in found else []


def side_by_side(line: str) -> list[str]:
    """A line cut where another name and its value begin behind a whole result."""
    parts = chunks(with_signs(line))
    starts = [0]
    valued = False
    for before, part, after in zip(parts, parts[1:], [*parts[2:], None], strict=False):
        valued = valued or any(
            is_number(cell.text) and not is_code(cell.text) for cell in tokens(before.text)
        )
        if valued and before.start >= starts[-1] and _begins_another(before, part, after):
            starts.append(part.start)
            valued = False
    return [line[start:end] for start, end in zip(starts, [*starts[1:], None], strict=True)]


def _begins_another(before: Cell, part: Cell, after: Cell | None) -> bool:
    """Whether a chunk behind a value is the name of another result."""
    name = clean_name(part.text)
    words = tokens(part.text)
    if not name[:1].isalpha() or layout_words.is_second(words[0].text) or is_flag(part.text):
        return False
    number = next((word for word in words[1:] if is_number(word.text)), None)
    if number is not None:  # the name and its value, one space between them
        return is_analyte(clean_name(part.text[: number.start]))
    if after is None or is_range(part.text):
        return False
    valued = is_number(tokens(before.text)[-1].text)
    if is_known_unit(name) and (valued or "/" in name or not is_analyte(name)):
        return False  # the unit of what stands before it: "2.1  INR"
    if is_range(after.text):
        return is_analyte(name) and is_number(after.text)
    return is_number(tokens(after.text)[0].text)


def single(line: str) -> PrintedResult | None:
    """The result of a line that prints one: name, value, perhaps flag, unit and range, in order."""
    line, earlier = without_earlier(with_signs(line))
    found = _split(line)
    if found is None:
        if not earlier:
            return None
        found = (line, None, "")
    before, value, after = found
    before, mark = flag_before(before)
    name, method = name_and_method(before)
    if not name or len(name) > _MAX_NAME_CHARACTERS or not any(map(str.isalpha, name)):
        return None
    value, flag = (None, None) if value is None else value_and_flag(value)
    result = PrintedResult(name, value, flag or mark, None, None, None, False, "", method)
    return replace(completed(result, after), earlier=earlier)


def in_other_unit(line: str) -> PrintedResult | None:
    """The value of a line that begins with ``soit``: the result above it in another unit."""
    words = tokens(line)
    if len(words) < 2 or not layout_words.is_second(clean_name(words[0].text)):
        return None
    result = single(f"{clean_name(words[0].text)}  {line[words[0].end :].lstrip(' .:=_')}")
    if result is None or result.unit is None or not is_known_unit(result.unit):
        return None
    return result


def flag_before(text: str) -> tuple[str, str | None]:
    """(name, flag) of what stands before a value: ``Hémoglobine ....  *``."""
    match = _FLAG_BEFORE.fullmatch(text)
    mark = (match["star"] or match["flag"]) if match else None
    if match is None or mark is None or not match["name"].strip() or not is_flag(mark):
        return text, None
    return match["name"], mark.strip("()[]")


def completed(result: PrintedResult, after: str) -> PrintedResult:
    """A result with the flag, unit, range and second value that follow its value."""
    flag = result.flag
    if flag is None:
        flag, after = _leading_flag(after)
    if flag is None:
        after, flag = _trailing_flag(after)
    following = _RANGE_THEN_VALUE.fullmatch(after)
    if following is not None and is_range(following["range"]):
        own = completed(replace(result, flag=flag), following["own"])
        other = completed(
            PrintedResult(result.name, following["value"].strip(), None, None, None, None, False),
            following["after"],
        )
        if own.known and other.unit is not None and is_known_unit(other.unit):
            return replace(own, second=other)
    unit, span, rest = _unit_and_range(after)
    low, high = limits(span)
    second = _second(result.name, unit, low, high)
    if second is not None:
        first, following_one = second
        return replace(result, flag=flag, unit=first, known=True, second=following_one, rest=rest)
    said, mark = _said(unit)
    known = span is not None or (said is not None and is_known_unit(said))
    return replace(result, flag=flag or mark, unit=said, low=low, high=high, known=known, rest=rest)


def _second(
    name: str, text: str, low: str | None, high: str | None
) -> tuple[str, PrintedResult] | None:
    """(the first value's unit, the second value) of ``% soit 3,80 G/L``."""
    close = _WIDE_GAP.sub("  ", text.strip())
    match = _SECOND.fullmatch(close) if len(close) <= MAX_UNITS_CHARACTERS else None
    if match is None:
        return None
    first, own = _said(match["unit"])
    other, flag = _said(match["other"].rstrip(") "))
    if first is None or other is None or (match["bracket"] and match["value"][0] in "<>"):
        return None
    if not (is_known_unit(first) and is_known_unit(other)):
        return None
    value = match["value"].strip()
    return first, PrintedResult(name, value, flag or own, other, low, high, known=True)


def _said(text: str) -> tuple[str | None, str | None]:
    """(unit, the flag that stands before or behind it) of a text."""
    unit = " ".join(text.strip().strip("()[]").split()) or None
    if unit is None or is_known_unit(unit):
        return unit, None
    first, _, after = unit.partition(" ")
    before, _, last = unit.rpartition(" ")
    for flag, other in ((last, before), (first, after)):
        if is_flag(flag) and other and is_known_unit(other):
            return other, flag.strip("()[]")
    return said_unit(text.strip()) or unit, None


def _split(line: str) -> tuple[str, str | None, str] | None:
    """(what stands before the value, the value, what follows) of a line."""
    cells = tokens(line)
    words = 0  # before the cell, leaders left out: no name has so many, and each try costs
    for position, cell in enumerate(cells[1:], start=1):
        words += cells[position - 1].text[-1:].isalnum()
        if not is_number(cell.text) and not _is_comparator(cells, position):
            continue
        if is_code(cell.text):
            continue  # of the department, behind the name: "WBC 01"
        before, end = line[: cell.start], cell.end
        gap = cell.start - cells[position - 1].end
        apart = gap > 1 or _LEADING.search(cells[position - 1].text) is not None
        if not apart and words > _MAX_NAME_WORDS:
            continue
        named = clean_name(before)
        if not apart and (not is_analyte(named) or is_analyte(f"{named} {cell.text}")):
            continue
        if _is_comparator(cells, position):
            end = cells[position + 1].end
        end = _with_thousands(line, cells, end)
        if _continues_as_range(line[end:]):
            return None  # limits and no value: a remark on ranges
        return before, line[cell.start : end], line[end:]
    return _split_words(line)


def _is_comparator(cells: Sequence[Cell], position: int) -> bool:
    return (
        cells[position].text in ("<", ">", "<=", ">=", "≤", "≥")
        and position + 1 < len(cells)
        and is_number(cells[position + 1].text)
    )


def _with_thousands(line: str, cells: Sequence[Cell], end: int) -> int:
    """The end of ``1 234`` whose first group ends at ``end``."""
    match = re.match(r"(?: \d{3})+(?:[.,]\d+)?(?=\s|$)", line[end:])
    start = next(cell.start for cell in cells if cell.end == end)
    whole = re.fullmatch(r"\*{0,3}[<>]?\s*\d{1,3}", line[start:end])
    return end + match.end() if match and whole else end


def _continues_as_range(after: str) -> bool:
    return re.match(r"\s*(?:-|–|à|to)\s+\d", after) is not None


def _split_words(line: str) -> tuple[str, str | None, str] | None:
    """A result in words, or a test with its unit and no value: what gaps and a colon keep apart."""
    label, colon, said = line.partition(" : ") if " : " in line else line.partition(":  ")
    if colon and said.strip() and "  " not in label.strip():
        return label, said.strip(), ""
    parts = chunks(line)
    if len(parts) < 2:
        return None
    if is_known_unit(parts[1].text) or is_range(parts[1].text):
        return parts[0].text, None, line[parts[0].end :]
    return parts[0].text, parts[1].text, line[parts[1].end :]


def _leading_flag(after: str) -> tuple[str | None, str]:
    """A flag that stands alone behind the value."""
    match = re.match(r"\s+(\S+)(?=\s|$)", after)
    if match is None or not is_flag(match[1]):
        return None, after
    return match[1].strip("()[]"), after[match.end() :]


def _trailing_flag(after: str) -> tuple[str, str | None]:
    """A flag that stands alone at the end of the line, behind a gap or a range in brackets."""
    match = re.search(r"(?:\s{2,}|(?<=[)\]])\s+)(\S+)\s*$", after)
    if match is None or not is_flag(match[1]) or not after[: match.start()].strip():
        return after, None
    return after[: match.start()], match[1].strip("()[]")


def _unit_and_range(after: str) -> tuple[str, str | None, str]:
    """(unit as it stands, range, what is left) of what follows a value and its flag."""
    bracketed = _BRACKETED.search(after)
    if bracketed is not None and is_range(bracketed["range"]):
        return after[: bracketed.start()], bracketed["range"], ""
    with_unit = _with_unit(after, bracketed.start() if bracketed else None)
    if with_unit is not None:
        return with_unit
    last = _LAST_RANGE.search(after)
    if last is not None:
        return after[: last.start()], last["range"], ""
    for part in _inner_ranges(after):
        return after[: part.start], part.text.strip("()[] "), after[part.end :].strip()
    parts = chunks(after)
    if parts and layout_words.is_no_range(parts[-1].text.strip("()[] ")):
        return after[: parts[-1].start], parts[-1].text.strip("()[] "), ""
    return after, None, ""


def _with_unit(after: str, bracket: int | None) -> tuple[str, str, str] | None:
    """A range at the end with the unit of the value behind it: ``mmol/L (3,5 à 5,1 mmol/L)``."""
    parts = chunks(after)
    start = bracket if bracket is not None else parts[-1].start if parts else 0
    both = range_and_unit(after[start:])
    if both is None or both[0] is None or both[1] is None:
        return None
    unit = _said(after[:start])[0]
    return (unit or both[1], both[0], "") if same_unit(unit, both[1]) else None


def _inner_ranges(after: str) -> Iterator[Cell]:
    """Ranges with something behind them, such as the result of an earlier day."""
    return (part for part in chunks(after) if is_range(part.text) and not is_number(part.text))
