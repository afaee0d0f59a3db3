"""``reviews import``: filled forms, cell by cell; a cell that cannot be read is a reject."""

from __future__ import annotations

import csv
import io
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from hemoscribe.errors import InputError, SourceError
from hemoscribe.files import read_bytes
from hemoscribe.serve.reviews.blind.packs import read_key
from hemoscribe.serve.reviews.blind.scale import (
    BEST,
    RATINGS,
    WORST,
    choice,
    columns_by_title,
    folded,
)

RATINGS_FILE = "ratings.parquet"
REJECTS_FILE = "rejects.parquet"
MAX_FORM_BYTES = 32 * 1024 * 1024
MAX_UNPACKED_BYTES = 256 * 1024 * 1024
MAX_ROWS = 100_000
_DELIMITERS = (",", ";", "\t")
_FILLED = (*RATINGS, "sign", "guess", "remark")
_SCHEMA: dict[str, Any] = {
    "rater": pl.String(),
    "item": pl.String(),
    **dict.fromkeys(RATINGS, pl.Int8()),
    "sign": pl.Boolean(),
    "guess": pl.String(),
    "remark": pl.String(),
    "source": pl.String(),
    "place": pl.String(),
}
_REJECT_SCHEMA = dict.fromkeys(("source", "place", "column", "value", "code", "message"), pl.String)


@dataclass(frozen=True)
class _Row:
    """A form's row: its cells by column, and where it stands."""

    cells: Mapping[str, str]
    source: str
    place: str


class _Rejects(list[dict[str, str]]):
    """What was not taken, each with its place and a sentence."""

    def add(self, row: _Row, column: str, code: str, message: str) -> None:
        """One cell, or (column ``item``, ``rater``) the whole row."""
        self.append(
            {
                "source": row.source,
                "place": row.place,
                "column": column,
                "value": row.cells.get(column, "")[:200],
                "code": code,
                "message": message,
            }
        )


def import_forms(folder: Path) -> dict[str, Any]:
    """Read every form under a folder of packs; a form may be filled as .csv or .xlsx.

    Writes ``ratings.parquet`` (a row per rater and item) and ``rejects.parquet`` beside the key.
    A bad cell is left out and the rest of its row kept. Rows in which nothing is filled count as
    blank. Where a rater rated an item twice the same way it counts once; differently, neither
    counts.

    Returns:
        ``{forms, raters, rows, blank, repeated, rejects, rejects_by_code, missing_cells, ...}``;
        rows of all forms = rows + blank + repeated + rejected_rows.

    Raises:
        InputError: no key or no form is there, or nothing in any form is filled.
        SourceError: a form is damaged, or is no form of this review.
    """
    key = read_key(folder)
    paths = sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in (".csv", ".xlsx") and not path.name.startswith(("~$", "."))
    )
    if not paths:
        raise InputError(f"{folder}: there is no .csv or .xlsx form in it.")
    rejects = _Rejects()
    taken: dict[tuple[str, str], dict[str, Any]] = {}
    conflicts: set[tuple[str, str]] = set()
    counts: Counter[str] = Counter()
    for path in paths:
        for row in _rows(path, str(path.relative_to(folder))):
            counts["form_rows"] += 1
            if not any(row.cells.get(column) for column in _FILLED):
                counts["blank"] += 1
                continue
            rating = _rating(row, key, rejects)
            if rating is None:
                counts["rejected_rows"] += 1
                continue
            who = (rating["rater"], rating["item"])
            if who in conflicts:
                counts["rejected_rows"] += 1
                rejects.add(row, "item", "contradicted", "This rater rated this item otherwise.")
            elif who not in taken:
                taken[who] = rating
            elif _alike(taken[who], rating):
                counts["repeated"] += 1
            else:
                conflicts.add(who)
                first = taken.pop(who)
                counts["rejected_rows"] += 2
                for where in (row, _Row(row.cells, first["source"], first["place"])):
                    rejects.add(
                        where,
                        "item",
                        "contradicted",
                        f"{who[0]} rated {who[1]} twice and not alike: keep one of the two rows.",
                    )
    if not taken and not rejects:
        raise InputError(f"{folder}: its {len(paths)} forms are all blank; nothing is filled yet.")
    ratings = pl.DataFrame(list(taken.values()), schema=_SCHEMA)
    ratings.sort("rater", "item").write_parquet(folder / RATINGS_FILE)
    pl.DataFrame(list(rejects), schema=_REJECT_SCHEMA).write_parquet(folder / REJECTS_FILE)
    rated = ratings["rater"].unique().sort().to_list()
    return {
        "forms": len(paths),
        "raters": rated,
        "raters_without_a_rating": sorted(set(key["raters"]) - set(rated)),
        "items": len(key["items"]),
        "rows": len(ratings),
        **{name: counts[name] for name in ("form_rows", "blank", "repeated", "rejected_rows")},
        "missing_cells": {name: ratings[name].null_count() for name in (*RATINGS, "sign")},
        "rejects": len(rejects),
        "rejects_by_code": dict(Counter(reject["code"] for reject in rejects)),
        "first_rejects": [
            f"{reject['source']}, {reject['place']}, {reject['column']}: {reject['message']}"
            for reject in rejects[:5]
        ],
        "ratings": str(folder / RATINGS_FILE),
        "rejected": str(folder / REJECTS_FILE),
    }


def _alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return all(one[name] == other[name] for name in (*RATINGS, "sign", "guess"))


def _rating(row: _Row, key: Mapping[str, Any], rejects: _Rejects) -> dict[str, Any] | None:
    """A row's ratings; None, with a reject, where it is of no known item or rater."""
    item, rater = row.cells.get("item", "").upper(), row.cells.get("rater", "").lower()
    if item not in key["items"]:
        rejects.add(row, "item", "unknown_item", f"{item or '(empty)'} is no item of this review.")
        return None
    if rater not in key["raters"]:
        known = ", ".join(key["raters"])
        rejects.add(row, "rater", "unknown_rater", f"{rater or '(empty)'}: is one of {known}.")
        return None
    found: dict[str, Any] = {"rater": rater, "item": item}
    for name in RATINGS:
        found[name] = _step(row, name, rejects)
    sign = _chosen(row, "sign", rejects)
    found["sign"] = None if sign is None else sign == "yes"
    found["guess"] = _chosen(row, "guess", rejects)
    found["remark"] = row.cells.get("remark") or None
    if all(found[name] is None for name in _FILLED):
        return None  # each of its cells is a reject already
    return {**found, "source": row.source, "place": row.place}


def _step(row: _Row, column: str, rejects: _Rejects) -> int | None:
    cell = row.cells.get(column, "")
    if not cell:
        return None
    try:
        value = float(cell.replace(",", "."))
    except ValueError:
        rejects.add(row, column, "not_a_rating", f"{cell!r} is no number from 1 to 5.")
        return None
    if not value.is_integer() or not WORST <= value <= BEST:
        rejects.add(
            row, column, "not_on_the_scale", f"{cell} is no whole number from {WORST} to {BEST}."
        )
        return None
    return int(value)


def _chosen(row: _Row, column: str, rejects: _Rejects) -> str | None:
    cell = row.cells.get(column, "")
    if not cell:
        return None
    value = choice(column, cell)
    if value is None:
        rejects.add(row, column, "not_a_choice", f"{cell!r} is none of the words offered.")
    return value


def _rows(path: Path, name: str) -> Iterator[_Row]:
    table = _workbook(path, name) if path.suffix.lower() == ".xlsx" else _delimited(path, name)
    columns: list[str | None] | None = None
    for number, cells in enumerate(table, start=1):
        if number > MAX_ROWS:
            raise SourceError(name, f"it has more than {MAX_ROWS:,} rows")
        if columns is None:
            known = columns_by_title()
            columns = [known.get(folded(cell)) for cell in cells]
            missing = {"item", "rater", *RATINGS} - {column for column in columns if column}
            if missing:
                raise SourceError(
                    name,
                    f"its first row has no column {', '.join(sorted(missing))}",
                    remedy="Give it back the first row of its form, or move it out of the folder.",
                )
            continue
        filled = {
            column: cell.strip()
            for column, cell in zip(columns, cells, strict=False)
            if column is not None
        }
        if any(filled.values()):
            yield _Row(filled, name, f"row {number}")


def _delimited(path: Path, name: str) -> list[list[str]]:
    data = read_bytes(path, limit_bytes=MAX_FORM_BYTES)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")  # what Excel's plain "CSV" is
    known = columns_by_title()
    first = text.partition("\n")[0]
    delimiter = max(
        _DELIMITERS,
        key=lambda mark: sum(folded(cell.strip(' "\r')) in known for cell in first.split(mark)),
    )
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise SourceError(
            name, f"it is no table that can be read ({error})", remedy="Save it as CSV again."
        ) from error


def _workbook(path: Path, name: str) -> list[list[str]]:
    """The first sheet's cells as text."""
    from openpyxl import load_workbook

    data = read_bytes(path, limit_bytes=MAX_FORM_BYTES)
    with _damage_of(name), zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
    if sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
        raise SourceError(name, f"it unpacks to more than {MAX_UNPACKED_BYTES:,} bytes")
    with _damage_of(name):
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        rows = list(sheet.iter_rows(max_row=MAX_ROWS + 1, values_only=True))
    return [["" if cell is None else str(cell) for cell in row] for row in rows]


@contextmanager
def _damage_of(name: str) -> Iterator[None]:
    """Word what the library raises of a form; nothing of ours stands inside."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # styles and extensions that do not matter here
            yield
    except (zipfile.BadZipFile, KeyError, ValueError, IndexError, TypeError, SyntaxError) as error:
        raise SourceError(
            name, "it is a damaged workbook", remedy="Save it again, or as CSV."
        ) from error
