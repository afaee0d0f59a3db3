"""What a sheet's name says of its results: ``Urines`` is a heading, ``CQ`` is of no patient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import polars as pl

from hemoscribe.files import package_yaml
from hemoscribe.records import RejectCode
from hemoscribe.sources.batches import Batch, of_row, reject, reject_frame
from hemoscribe.sources.specimens import OtherSpecimen, heading_specimen
from hemoscribe.sources.tables.headers import fold


@cache
def _lists() -> Mapping[str, frozenset[str]]:
    lists = package_yaml(__package__, "sheet_names.yaml")
    return {name: frozenset(map(str, words)) for name, words in lists.items()}


def sheet_specimen(name: str) -> OtherSpecimen | None:
    """What a sheet holds by its name, where that is not blood of patients; None for any other."""
    if _is_of_controls(name):
        return OtherSpecimen(name, RejectCode.UNKNOWN_SPECIMEN)
    return heading_specimen(name)


def _is_of_controls(name: str) -> bool:
    words = {word for word in fold(name).split() if not word.isdigit()}
    lists = _lists()
    alone = bool(words - lists["about"]) and words <= lists["only_controls"]
    return bool(words & lists["controls"]) or alone


def of_sheet(batch: Batch, source: str, other: OtherSpecimen) -> Batch:
    """The batch with a reject for each row, but for rows that state a specimen, which is blood.

    Controls are of serum, too: of a sheet of them no row is kept.
    """
    is_other = batch.reported["specimen"].is_null() | _is_of_controls(other.name)
    refused = [
        of_row(
            reject(
                source, row["place"], other.code, other.sentence, name=row["reported_name"],
                value=row["reported_value"], unit=row["reported_unit"], flag=row["reported_flag"],
            ),
            row,
        )
        for row in batch.reported.filter(is_other).iter_rows(named=True)
    ]  # fmt: skip
    rejects = pl.concat([batch.rejects, reject_frame(refused)])
    return replace(batch, reported=batch.reported.filter(~is_other), rejects=rejects)
