"""``hemoscribe read --suggest-mapping``: a first mapping.yaml for a table of unknown columns.

Every guess stands beside the reason for it. What is not sure is written as a comment, for a person
to decide: a mapping file that is used unread must not say more than the table does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from hemoscribe.errors import SourceError
from hemoscribe.knowledge.printed import read_number
from hemoscribe.sources.dates import ContradictoryDates, decide_order, is_ambiguous
from hemoscribe.sources.exports import Export, exports
from hemoscribe.sources.formats import KINDS
from hemoscribe.sources.lines import encoding_of
from hemoscribe.sources.mapping import Mapping
from hemoscribe.sources.tables import csv_grouped, xlsx
from hemoscribe.sources.tables.analyte_names import is_analyte, is_unit, likely_units
from hemoscribe.sources.tables.column_guesses import (
    Guess,
    beside,
    guess_columns,
    misnamed,
    repeating_numbers,
    value_rivals,
)
from hemoscribe.sources.tables.decimals import decimal_mark
from hemoscribe.sources.tables.delimited import MAX_HEADER_LINE, Layout, layouts, tables
from hemoscribe.sources.tables.headers import MEASURED, fold

SAMPLE_ROWS = 5_000
MAX_SHOWN = 30
_ALIKE_LINES = 20
_SURE = 1  # distinct units that the values fit
"""How many units may fit for one to be written down."""
_SURE_BY_NAME = 3
_OF_A_RESULT = (
    *("value", "unit", "low", "high", "range", "flag", "analyte", "analyte_code", "loinc"),
    *("comparator", "section"),
)
_READ_AS_IT_IS = """# {} has dates across or columns in groups; it is read without a mapping:
#   hemoscribe read {} --out read
"""
_MISNAMED = "# {} is called as {} is, but holds texts such as {}: not taken for it"
_ASK = "# {} holds numbers that repeat. The patient's? Then: columns: {{patient_id: {}}}"


def suggest_mapping(path: Path) -> str:
    """The text of a mapping file for the first table of ``path``.

    Raises:
        SourceError: it holds no table.
    """
    export = exports([path])[0]
    sheet = xlsx.recognises(export, Mapping())
    if sheet:
        export = xlsx.sheets(export)[0]
        found = _table(export, xlsx.DELIMITER)
    elif any(export.sample.startswith(mark) for mark, _, _ in KINDS):
        raise SourceError(path, "it is no table", remedy="A mapping is for CSV and spreadsheets.")
    else:
        found = _table(export, None)
    if csv_grouped.recognises(export, Mapping(delimiter=xlsx.DELIMITER) if sheet else Mapping()):
        return _READ_AS_IT_IS.format(path.name, path.name)
    if found is None:
        raise SourceError(
            path, "no line in it could be a header", remedy="A mapping is for CSV and spreadsheets."
        )
    layout, frame = found
    written = [] if sheet else [f"delimiter: {json.dumps(layout.delimiter)}"]
    return "\n".join(_lines(path.name, layout, frame, written)) + "\n"


def _table(export: Export, delimiter: str | None) -> tuple[Layout, pl.DataFrame] | None:
    """The likeliest header and the first lines under it: most names, most lines of its width."""
    best: tuple[int, Layout] | None = None
    encoding_of(export)
    found = list(layouts(export, delimiter=delimiter))
    for at, layout in enumerate(found):
        after = [one for one in found[at + 1 :] if one.delimiter == layout.delimiter]
        names = [name for name in layout.header if any(map(str.isalpha, name))]
        alike = sum(len(one.header) == len(layout.header) for one in after[:_ALIKE_LINES])
        score = alike * len(layout.header) + len(names) * _ALIKE_LINES
        if len(names) == len(set(names)) and (best is None or score > best[0]):
            best = (score, layout)
    if best is None or best[1].header_line > MAX_HEADER_LINE:
        return None
    frame = next((table.frame for table in tables(export, best[1])), None)
    return None if frame is None or frame.is_empty() else (best[1], frame.head(SAMPLE_ROWS))


def _lines(name: str, layout: Layout, frame: pl.DataFrame, written: Sequence[str]) -> Iterator[str]:
    guesses = guess_columns(layout.header, frame)
    identifiers = guesses.pop("identifier", None)
    long = "value" in guesses and bool(MEASURED & guesses.keys())
    if not long:
        guesses = {column: guess for column, guess in guesses.items() if column not in _OF_A_RESULT}
    yield f"# A first mapping of {name}, guessed from its header and its first lines."
    yield "# Read every line, mend what is wrong, then:"
    yield f"#   hemoscribe read {name} --mapping mapping.yaml --out read"
    yield from written
    yield from _decimal(layout, frame)
    yield from _dates(layout, frame, guesses)
    rivals = value_rivals(layout.header, frame, guesses) if long else []
    yield from _columns(guesses, rivals)
    used = {guess.header for guess in guesses.values()} | set(rivals)
    if identifiers is not None:
        used.add(identifiers.header)
    if long:
        yield from _unknown_names(layout, frame, guesses)
    else:
        analytes = list(_analyte_columns(layout, frame, used))
        used |= {header for header, _, _ in analytes}
        unknown = list(_unknown_columns(layout, frame, used))
        used |= {header for header, _ in unknown}
        yield from _analytes(analytes)
        for header, median in unknown:
            yield f"#  {_quoted(header)}: {{name: ..., unit: ...}}  # unknown; median {median:g}"
    for header, column, text in misnamed(layout.header, frame):
        yield _MISNAMED.format(_quoted(header), column, _quoted(text))
    yield from _who_repeats(layout, frame, guesses, used)
    if "patient_id" not in guesses:
        yield "# No column names the patient. Only if no one has two lines:"
        yield "# patient: line"
    left = [header for header in layout.header if header and header not in used]
    if left:
        yield "# columns that are not read"
        yield f"ignore: {json.dumps(left, ensure_ascii=False)}"


def _who_repeats(
    layout: Layout, frame: pl.DataFrame, guesses: dict[str, Guess], used: set[str]
) -> Iterator[str]:
    """Questions on columns that may be numbers of patients or reports; they are never guessed."""
    if {"patient_id", "report_id"} <= guesses.keys():
        return
    for header in repeating_numbers(layout.header, frame):
        if header not in used:
            yield _ASK.format(_quoted(header), _quoted(header))


def _decimal(layout: Layout, frame: pl.DataFrame) -> Iterator[str]:
    texts = pl.concat([frame[column] for column in layout.columns]).drop_nulls()
    mark = decimal_mark(texts.filter(texts.str.contains(r"^[<>]?\s*\d+[.,]\d+$")), Mapping())
    if mark is not None:
        yield f"decimal: {json.dumps(mark)}  # what the numbers show"


def _dates(layout: Layout, frame: pl.DataFrame, guesses: dict[str, Guess]) -> Iterator[str]:
    for column in ("collected_at", "collected_day"):
        if column not in guesses:
            continue
        texts = frame[f"c{layout.header.index(guesses[column].header)}"].drop_nulls()
        try:
            order = decide_order(texts)
        except ContradictoryDates as error:
            yield f"# dates: {error}"
            continue
        unclear = texts.filter(is_ambiguous(texts))
        if order is not None and len(texts):
            yield f"dates: {order}  # as in {texts[0]}"
        elif len(unclear):
            yield f"# {unclear[0]} could be day-first or month-first: say which"
            yield "# dates: day_first"


def _columns(guesses: dict[str, Guess], rivals: Sequence[str]) -> Iterator[str]:
    """The guesses; of several columns that may hold the values, a person says which does."""
    decided = {name: one for name, one in guesses.items() if name != "value" or not rivals}
    if decided:
        yield "columns:"
    for header in rivals:
        prefix = "#  " if decided else "# columns: "
        yield f"{prefix}value: {_quoted(header)}  # one of {len(rivals)} columns of numbers: choose"
    for column, guess in decided.items():
        sure = "" if guess.strength == _SURE_BY_NAME else "; check it"
        yield f"  {column}: {_quoted(guess.header)}  # by {guess.why}{sure}"


def _analyte_columns(
    layout: Layout, frame: pl.DataFrame, used: set[str]
) -> Iterator[tuple[str, str, str | None]]:
    """(header, analyte's name, unit) of the columns of a wide table that an analyte names."""
    for position, header in enumerate(layout.header):
        texts = frame[f"c{position}"].drop_nulls()
        numbers = [read_number(text).number for text in texts.head(SAMPLE_ROWS)]
        known = [number for number in numbers if number is not None]
        name, unit = _named(header)
        if header in used or name is None or len(known) * 2 < max(len(texts), 1):
            continue
        if unit is None:
            median = pl.Series(known).median()
            units = likely_units(name, float(str(median)))
            unit = units[0] if len(units) == _SURE else None
        yield header, name, unit


def _unknown_columns(
    layout: Layout, frame: pl.DataFrame, used: set[str]
) -> Iterator[tuple[str, float]]:
    """(header, median) of columns of numbers that no name tells, for a person to name."""
    for position, header in enumerate(layout.header):
        texts = frame[f"c{position}"].drop_nulls().head(SAMPLE_ROWS)
        numbers = [read_number(text).number for text in texts]
        known = [number for number in numbers if number is not None]
        if header and header not in used and known and len(known) * 2 > len(texts):
            yield header, float(str(pl.Series(known).median()))


def _named(header: str) -> tuple[str | None, str | None]:
    """The analyte and the unit that words of a header name: ``HB_g/dL``, ``res_K``.

    No word may be left over: ``platelet large cell ratio`` is no count of platelets.
    """
    if is_analyte(header):
        return header, None
    words = header.translate(str.maketrans("_()[]", "     ")).split()
    units = [word for word in words if "/" in word and is_unit(word)]
    said = [word for word in words if word not in units and fold(word) not in beside("analytes")]
    name = " ".join(said)
    return (name if is_analyte(name) else None), (units[0] if len(units) == 1 else None)


def _analytes(columns: Sequence[tuple[str, str, str | None]]) -> Iterator[str]:
    if columns:
        yield "analytes:"
    for header, name, unit in columns:
        if unit is None:
            yield f"  {_quoted(header)}: {{name: {_quoted(name)}}}  # add its unit: {{unit: ...}}"
        else:
            yield (
                f"  {_quoted(header)}: {{name: {_quoted(name)}, unit: {_quoted(unit)}}}"
                "  # the unit that its numbers fit, or its header; check it"
            )


def _unknown_names(layout: Layout, frame: pl.DataFrame, guesses: dict[str, Guess]) -> Iterator[str]:
    """Names in a long table that no analyte has, for a person to say what they are."""
    if "analyte" not in guesses:
        return
    texts = frame[f"c{layout.header.index(guesses['analyte'].header)}"].drop_nulls()
    counts = texts.value_counts(sort=True).rows()
    unknown = [(text, count) for text, count in counts if not is_analyte(text)][:MAX_SHOWN]
    if unknown:
        yield "# analytes:  # names that are not known; say what they are to have them read"
    for text, count in unknown:
        yield f"#   {_quoted(text)}: {{name: ..., unit: ...}}  # {count} lines"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
