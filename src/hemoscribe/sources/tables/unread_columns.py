"""Which columns of a table are not read, and why: said, and those of numbers remembered."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from hemoscribe.sources.batches import Notices
from hemoscribe.sources.mapping import Mapping
from hemoscribe.sources.tables.headers import Headers

_A_NUMBER = r"^[<>]?\s*\d+(?:[.,]\d+)?$"


def say_what_is_ignored(name: str, headers: Headers, mapping: Mapping, notices: Notices) -> None:
    """Name the columns that are not read, and why."""
    if headers.identifiers:
        names = ", ".join(headers.names[position] for position in headers.identifiers)
        notices.say(f"{name}: columns that identify a person are not read: {names}.")
    left = _named(headers.others, headers, mapping)
    if left:
        notices.say(f"{name}: columns that are not known are not read: {', '.join(left)}.")
    asides = _named(headers.asides, headers, mapping)
    if asides:
        notices.say(f"{name}: columns that no result needs are not read: {', '.join(asides)}.")
    repeated = _named(headers.repeated, headers, mapping)
    if {"collected_at", "collected_day"} <= headers.columns.keys():
        repeated.append(headers.names[headers.columns["collected_day"]])
    if repeated:
        notices.say(
            f"{name}: columns that repeat the meaning of another are not read: "
            f"{', '.join(repeated)}."
        )


def _named(positions: tuple[int, ...], headers: Headers, mapping: Mapping) -> list[str]:
    return [headers.names[one] for one in positions if headers.names[one] not in mapping.ignore]


def say_unnamed(
    name: str, frame: pl.DataFrame, headers: Headers, notices: Notices, read: Collection[int] = ()
) -> None:
    """Say which columns hold something and have no name, so that they are not read.

    Args:
        read: positions that are read, although nothing stands over them.
    """
    held = [
        str(position + 1)
        for position, header in enumerate(headers.names)
        if not header
        and position not in read
        and f"c{position}" in frame.columns
        and frame[f"c{position}"].null_count() < frame.height
    ]
    if held:
        notices.say(f"{name}: columns without a name are not read: column {', '.join(held)}.")


def remember_numbers(
    name: str, frame: pl.DataFrame, unread: Headers, mapping: Mapping, notices: Notices
) -> None:
    """Columns of no name we know that hold numbers: results, perhaps, that nobody reads."""
    waiting = [one for one in unread.others if (name, unread.names[one]) not in notices.dropped]
    columns = {f"c{position}": unread.names[position] for position in waiting}
    number = pl.col(pl.String).str.strip_chars().str.contains(_A_NUMBER)
    held_by = frame.select(*columns).select(number.any()).to_dicts() if columns else []
    for column, held in (item for row in held_by for item in row.items()):
        if held and columns[column] not in mapping.ignore:
            notices.dropped.setdefault((name, columns[column]))
