"""A printed line as cells, and one result out of a line that stands under no headings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hemoscribe.sources.printed import layout_words
from hemoscribe.sources.tables.analyte_names import is_analyte, is_unit

_TOKEN = re.compile(r"[<>≤≥]=?[ ]{1,3}(?=\d)\S+|\S+")
_CHUNK = re.compile(r"\S+(?: \S+)*")
NUMBER = r"[<>≤≥]?=?\s*[-+−]?\d[\d.,]*(?:[eE][+-]?\d{1,2})?"
_NUMBER = re.compile(NUMBER)
_VALUE = re.compile(
    rf"(?P<number>{NUMBER}|[<>≤≥]?\s*\d{{1,3}}(?: \d{{3}})+(?:[.,]\d+)?)\s*(?P<flag>\D*)"
)
_SPAN = rf"{NUMBER}\s*(?:-|–|/|à|to|a)\s*[-+]?\d[\d.,]*"
_RANGE = re.compile(rf"(?:{_SPAN}|[<>≤≥]=?\s*\d[\d.,]*|0(?:[.,]0+)?)", re.IGNORECASE)
_SIGNED = re.compile(r"(?P<low>[-+]?\d[\d.,]*)\s*(?:/|-|–|à|to|a)\s*(?P<high>[-+]?\d[\d.,]*)")
_BRACKETED = re.compile(r"[(\[]\s*(?P<range>[^()\[\]]*?)\s*[)\]]?\s*$")
_LAST_RANGE = re.compile(rf"(?<=\s)(?P<range>{_SPAN}|[<>≤≥]=?\s*\d[\d.,]*)\s*$", re.IGNORECASE)
_LEADERS = re.compile(r"[\s.:=_]+$")
_LEADING = re.compile(r"(?:\.{2,}|_{3,}|:)$")
_MAX_NAME_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class Cell:
    """Words of a line that stand together, and where."""

    text: str
    start: int
    end: int

    @property
    def middle(self) -> float:
        """Where its middle stands, in characters."""
        return (self.start + self.end) / 2


@dataclass(frozen=True, slots=True)
class PrintedResult:
    """One result as a line prints it. ``known``: its unit or its range is one."""

    name: str
    value: str | None
    flag: str | None
    unit: str | None
    low: str | None
    high: str | None
    known: bool
    rest: str = ""


def tokens(line: str) -> list[Cell]:
    """The words of a line; a sign such as ``<`` is one with the number behind it."""
    return [Cell(match[0], match.start(), match.end()) for match in _TOKEN.finditer(line)]


def chunks(line: str) -> list[Cell]:
    """What two spaces or more keep apart."""
    return [Cell(match[0], match.start(), match.end()) for match in _CHUNK.finditer(line)]


def value_and_flag(text: str) -> tuple[str, str | None]:
    """``4.44L`` and ``11,8 *`` as value and flag; a text that is no number stays as it is."""
    match = _VALUE.fullmatch(text.strip())
    flag = match["flag"].strip() if match else ""
    if match is None or (flag and flag.strip("()[]").casefold() not in layout_words.flags()):
        return text.strip(), None
    return match["number"].strip(), flag.strip("()[]") or None


def is_number(text: str) -> bool:
    """Whether a text begins as a value does, flag or not."""
    value, flag = value_and_flag(text)
    return _NUMBER.fullmatch(value) is not None or flag is not None


def limits(text: str | None) -> tuple[str | None, str | None]:
    """(low, high) of a printed range; one text where knowledge reads it as a whole."""
    if text is None:
        return None, None
    bare = text.strip().strip("()[]").strip()
    if not bare or layout_words.is_no_range(bare):
        return None, None
    signed = _SIGNED.fullmatch(bare)
    return (signed["low"], signed["high"]) if signed else (bare, None)


def is_range(text: str) -> bool:
    """Whether a text is a range, or stands where one would."""
    bare = text.strip().strip("()[]").strip()
    return _RANGE.fullmatch(bare) is not None or layout_words.is_no_range(bare)


def _is_unit(text: str) -> bool:
    """Whether a text is a unit; a number alone, which UCUM would take for a factor, is none."""
    return any(sign.isalpha() or sign == "%" for sign in text) and is_unit(text)


def clean_name(text: str) -> str:
    """A name without leaders, colons and the brackets around the whole of it."""
    name = " ".join(_LEADERS.sub("", text.strip()).split()).lstrip("-*• ")
    return name[1:-1].strip() if name.startswith("(") and name.endswith(")") else name


def single(line: str) -> PrintedResult | None:
    """The result of a line that prints one: name, value, perhaps flag, unit and range, in order."""
    found = _split(line)
    if found is None:
        return None
    name, value, after = found
    if not name or len(name) > _MAX_NAME_CHARACTERS or not any(map(str.isalpha, name)):
        return None
    value, flag = (None, None) if value is None else value_and_flag(value)
    if flag is None:
        flag, after = _leading_flag(after)
    unit, span, rest = _unit_and_range(after)
    low, high = limits(span)
    known = span is not None or (unit is not None and _is_unit(unit))
    return PrintedResult(name, value, flag, unit, low, high, known, rest)


def _split(line: str) -> tuple[str, str | None, str] | None:
    """(name, value, what follows) of a line."""
    cells = tokens(line)
    for position, cell in enumerate(cells[1:], start=1):
        if not is_number(cell.text) and not _is_comparator(cells, position):
            continue
        before, end = line[: cell.start], cell.end
        gap = cell.start - cells[position - 1].end
        apart = gap > 1 or _LEADING.search(cells[position - 1].text) is not None
        if not apart and not is_analyte(clean_name(before)):
            continue
        if _is_comparator(cells, position):
            end = cells[position + 1].end
        end = _with_thousands(line, cells, end)
        if _continues_as_range(line[end:]):
            return None  # limits and no value: a remark on ranges
        return clean_name(before), line[cell.start : end], line[end:]
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
    return end + match.end() if match and re.fullmatch(r"[<>]?\s*\d{1,3}", line[start:end]) else end


def _continues_as_range(after: str) -> bool:
    return re.match(r"\s*(?:-|–|à|to)\s+\d", after) is not None


def _split_words(line: str) -> tuple[str, str | None, str] | None:
    """A result in words, or a test with its unit and no value: what gaps and a colon keep apart."""
    label, colon, said = line.partition(" : ") if " : " in line else line.partition(":  ")
    if colon and said.strip() and "  " not in label.strip():
        return clean_name(label), said.strip(), ""
    parts = chunks(line)
    if len(parts) < 2:
        return None
    if _is_unit(parts[1].text) or is_range(parts[1].text):
        return clean_name(parts[0].text), None, line[parts[0].end :]
    return clean_name(parts[0].text), parts[1].text, line[parts[1].end :]


def _leading_flag(after: str) -> tuple[str | None, str]:
    """A flag that stands alone behind the value."""
    match = re.match(r"\s+(\S+)(?=\s|$)", after)
    if match is None or match[1].strip("()[]").casefold() not in layout_words.flags():
        return None, after
    return match[1].strip("()[]"), after[match.end() :]


def _unit_and_range(after: str) -> tuple[str | None, str | None, str]:
    """(unit, range, what is left) of what follows a value and its flag."""
    bracketed = _BRACKETED.search(after)
    if bracketed is not None and is_range(bracketed["range"]):
        return _unit(after[: bracketed.start()]), bracketed["range"], ""
    last = _LAST_RANGE.search(after)
    if last is not None:
        return _unit(after[: last.start()]), last["range"], ""
    for part in _inner_ranges(after):
        return _unit(after[: part.start]), part.text.strip("()[] "), after[part.end :].strip()
    parts = chunks(after)
    if parts and layout_words.is_no_range(parts[-1].text.strip("()[] ")):
        return _unit(after[: parts[-1].start]), parts[-1].text.strip("()[] "), ""
    return _unit(after), None, ""


def _inner_ranges(after: str) -> Iterator[Cell]:
    """Ranges with something behind them, such as the result of an earlier day."""
    return (part for part in chunks(after) if is_range(part.text) and not is_number(part.text))


def _unit(text: str) -> str | None:
    return " ".join(text.strip().strip("()[]").split()) or None
