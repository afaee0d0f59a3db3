"""What a column of an unknown table may be: by its name, by words of it, by what is below it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import polars as pl

from hemoscribe.files import package_yaml
from hemoscribe.knowledge.printed import flag_words, read_limits, read_number
from hemoscribe.sources.dates import ContradictoryDates, decide_order, parse_dates
from hemoscribe.sources.patients import sexes
from hemoscribe.sources.tables.analyte_names import is_analyte, is_unit
from hemoscribe.sources.tables.comparators import signs
from hemoscribe.sources.tables.headers import ASIDE, IDENTIFIER, fold, header_names
from hemoscribe.sources.tables.role_checks import fits_name, fits_word

MOST = 0.7  # of a column's texts that must look alike
_SOME = 0.3  # of a column's texts that are numbers, for it to rival another
MAX_DISTINCT = 500  # texts of a column that are looked at
_LOINC = re.compile(r"\d{1,7}-\d")
_NUMBERED = re.compile(r"(?=.*\d)[\w/-]{1,32}")
_SPAN = re.compile(r".*\d\s*(?:-|–|to|à|\.\.)\s*\d.*|[<>≤≥]\s*\d.*")
_SHORT_WORD = 2
_LATEST_YEAR = 2100
_YEARS_AT_LEAST = 10  # between birth and collection, for most patients


@dataclass(frozen=True, slots=True)
class Guess:
    """What a column is guessed to be, why, and how sure that is (3 its name, 1 its content)."""

    header: str
    column: str
    why: str
    strength: int


def guess_columns(headers: Sequence[str], frame: pl.DataFrame) -> dict[str, Guess]:
    """Our column name -> the best guess for it; a header is guessed to be one column only.

    Args:
        frame: the table's first lines, columns ``c0``, ``c1``... as texts.
    """
    found: list[Guess] = []
    for position, header in enumerate(headers):
        if header:
            found += _guesses(header, frame[f"c{position}"].drop_nulls())
    chosen: dict[str, Guess] = {}
    taken: set[str] = set()
    for guess in sorted(found, key=lambda one: -one.strength):
        if guess.column not in chosen and guess.header not in taken:
            chosen[guess.column] = guess
            taken.add(guess.header)
    return _with_dates_in_order(chosen, headers, frame)


def _guesses(header: str, texts: pl.Series) -> Iterator[Guess]:
    meaning = _meaning(header)
    distinct = texts.unique(maintain_order=True).head(MAX_DISTINCT).to_list()
    if meaning and fits_name(meaning, distinct):
        if meaning != ASIDE:
            yield Guess(header, meaning, "its name", 3)
        return
    content = [(column, why) for column, why, fits in _CONTENTS if distinct and fits(distinct)]
    for column in _by_words(header) if not meaning else ():
        agrees = any(known == column for known, _ in content)
        if (agrees or column not in _CHECKED) and fits_word(column, distinct):
            yield Guess(header, column, "a word of its name", 2)
    for column, why in content:
        yield Guess(header, column, why, 1)


def _meaning(header: str) -> str:
    return header_names().get(fold(header), ("", 0))[0]


def misnamed(headers: Sequence[str], frame: pl.DataFrame) -> Iterator[tuple[str, str, str]]:
    """(header, our column, a text) of columns that cannot be what their name says they are."""
    for position, header in enumerate(headers):
        texts = frame[f"c{position}"].drop_nulls().unique(maintain_order=True).head(MAX_DISTINCT)
        if header and len(texts) and not fits_name(_meaning(header), texts.to_list()):
            yield header, _meaning(header), texts[0]


def _by_words(header: str) -> Iterator[str]:
    """Columns whose one-word names are a word of this header: ``Pat_Sexe`` -> sex.

    No word may be left that says something else: ``Patient mood`` is not the patient.
    """
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", header)
    words = fold(spaced).split()
    for word in words:
        meaning = header_names().get(word, ("", 0))[0]
        rest = {other for other in words if other != word and not other.isdigit()}
        is_known = len(word) > _SHORT_WORD and meaning not in ("", IDENTIFIER, ASIDE)
        if is_known and rest <= beside(_beside_of(meaning)):
            yield meaning


@cache
def beside(name: str) -> frozenset[str]:
    """Words that change nothing beside the one that says what a column is."""
    return frozenset(package_yaml(__package__, "column_guesses.yaml")[name])


def _beside_of(column: str) -> str:
    lists: Mapping[str, str] = package_yaml(__package__, "column_guesses.yaml")["of"]
    return lists.get(column, "columns")


def _share(texts: Sequence[str], fits: Callable[[str], bool]) -> float:
    return sum(map(fits, texts)) / len(texts)


def _analytes(texts: Sequence[str]) -> bool:
    named = [text for text in texts if any(map(str.isalpha, text))]
    return len(named) > 1 and _share(texts, is_analyte) >= MOST / 2 and not _units(texts)


def _loincs(texts: Sequence[str]) -> bool:
    return _share(texts, lambda text: _LOINC.fullmatch(text) is not None) >= MOST


def _units(texts: Sequence[str]) -> bool:
    def fits(text: str) -> bool:
        return (is_unit(text) and ("/" in text or "%" in text)) or text.casefold() in _BARE_UNITS

    return _share(texts, fits) >= MOST


_BARE_UNITS = frozenset(("fl", "pg", "s", "sec", "mmhg"))


def _ranges(texts: Sequence[str]) -> bool:
    def fits(text: str) -> bool:
        limits = read_limits(text, None)
        return _SPAN.fullmatch(text) is not None and (limits.low, limits.high) != (None, None)

    return _share(texts, fits) >= MOST and not _numbers(texts)


def _comparators(texts: Sequence[str]) -> bool:
    return set(texts) <= signs().keys()


def _flags(texts: Sequence[str]) -> bool:
    return len(texts) <= len(_FLAG_SIGNS) and {text.casefold() for text in texts} <= _FLAG_SIGNS


_FLAG_SIGNS = frozenset(word for word in flag_words() if not word.isdigit())


def _sexes(texts: Sequence[str]) -> bool:
    known = sexes(pl.Series(list(texts), dtype=pl.String))
    both = set(known.drop_nulls()) == {"F", "M"}
    return both and not any(text.isdigit() for text in texts) and len(texts) <= len("FMUO?")


def _numbers(texts: Sequence[str]) -> bool:
    return _share(texts, lambda text: read_number(text).number is not None) >= MOST


def _has_number(text: str) -> bool:
    return read_number(text).number is not None


def _dates(texts: Sequence[str]) -> bool:
    return int(when(pl.Series(list(texts), dtype=pl.String)).count()) >= MOST * len(texts)


def when(texts: pl.Series) -> pl.Series:
    """The datetimes of a column, in the order that its own texts decide, else day first."""
    try:
        order = decide_order(texts)
    except ContradictoryDates:
        order = None
    return parse_dates(texts, order or "day_first", latest_year=_LATEST_YEAR)


_CONTENTS: tuple[tuple[str, str, Callable[[Sequence[str]], bool]], ...] = (
    ("loinc", "its LOINC codes", _loincs),
    ("comparator", "its comparators", _comparators),
    ("sex", "its texts", _sexes),
    ("flag", "its texts", _flags),
    ("unit", "its units", _units),
    ("range", "its ranges", _ranges),
    ("analyte", "its names of analytes", _analytes),
    ("collected_at", "its dates", _dates),
    ("value", "its numbers", _numbers),
)
_CHECKED = frozenset(column for column, _, _ in _CONTENTS)


def value_rivals(
    headers: Sequence[str], frame: pl.DataFrame, guesses: Mapping[str, Guess]
) -> list[str]:
    """Headers of the columns that may hold the values, where several do and only numbers tell.

    A number of a patient looks like a result. None where a name says which column it is.
    """
    guess = guesses.get("value")
    if guess is None or guess.strength > 1:
        return []
    taken = {one.header for column, one in guesses.items() if column != "value"}
    found = []
    for position, header in enumerate(headers):
        texts = frame[f"c{position}"].drop_nulls().unique().head(MAX_DISTINCT).to_list()
        is_numeric = texts and _share(texts, _has_number) >= _SOME
        if header == guess.header or (header and header not in taken and is_numeric):
            found.append(header)
    return found if len(found) > 1 else []


def repeating_numbers(headers: Sequence[str], frame: pl.DataFrame) -> list[str]:
    """Headers of columns of numbers that repeat, as those of patients do; a person says which.

    Whose a result is is never guessed from numbers: sodium repeats from line to line, too.
    """
    found = []
    for position, header in enumerate(headers):
        texts = frame[f"c{position}"].drop_nulls()
        shown = texts.unique().head(MAX_DISTINCT).to_list()
        if (
            header
            and 1 < texts.n_unique() < len(texts)
            and len({len(text) for text in shown}) == 1
            and len(shown[0]) > _SHORT_WORD
            and all(map(_NUMBERED.fullmatch, shown))
            and not (_dates(shown) or _units(shown) or _loincs(shown))
        ):
            found.append((texts.n_unique(), header))
    return [header for _, header in sorted(found)]


def _with_dates_in_order(
    chosen: Mapping[str, Guess], headers: Sequence[str], frame: pl.DataFrame
) -> dict[str, Guess]:
    """Two columns of dates: the one that is years earlier is the birth, unless names say so."""
    result = dict(chosen)
    named = {guess.header for guess in chosen.values() if guess.strength > 1}
    dated = []
    for position, header in enumerate(headers):
        texts = frame[f"c{position}"].drop_nulls().head(MAX_DISTINCT)
        if header and header not in named and len(texts) and _dates(texts.to_list()):
            dated.append((float(str(when(texts).dt.year().median() or 0)), header))
    collected = chosen.get("collected_at")
    if len(dated) > 1 and collected is not None and collected.strength == 1:
        (early, birth), *_, (late, sample) = sorted(dated)
        if late - early >= _YEARS_AT_LEAST:
            result["collected_at"] = Guess(sample, "collected_at", "its dates, the latest", 1)
            earliest = Guess(birth, "birth_date", "its dates, the earliest", 1)
            result.setdefault("birth_date", earliest)
    return result
