"""One look over all rows before any is dealt out: who is in them, and which words are used.

Names of tests, units, flags and laboratories are few, however many the rows. So each is looked at
once: scrubbed once, coded once. From there on rows carry small numbers in their place, and become
text again when they are written.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from hemoscribe.curate.pseudonyms.patients import place_all
from hemoscribe.curate.pseudonyms.policies import policies
from hemoscribe.curate.pseudonyms.pseudonymise import author_code, site_code
from hemoscribe.curate.scrub import (
    PEOPLE,
    PLACES,
    StatedNames,
    finder_of,
    scrub_column,
    stated_names,
)
from hemoscribe.curate.split.decided_sides import sides_of
from hemoscribe.curate.stream.coded import distinct_texts, left_out
from hemoscribe.records import CARRIED, COMPARATORS, LABORATORY_FLAGS, SEXES, STATUSES
from hemoscribe.settings import CurateSettings

CODED = (
    *("laboratory", "sex", "analyte", "loinc", "reported_name", "comparator", "unit"),
    *("reported_unit", "reported_value", "range_source", "laboratory_flag", "status"),
    *("specimen", "instrument", "method", "comment_author"),
)
"""Columns of few different texts."""

SCRUBBED = policies()["scrubbed"]
"""Columns that may hold free text, scrubbed before any reject or message can quote them."""

_MOST_CODES = 100_000
_ALWAYS = {
    "sex": set(SEXES),
    "comparator": set(COMPARATORS),
    "range_source": {"laboratory", "knowledge"},
    "laboratory_flag": set(LABORATORY_FLAGS),
    "status": set(STATUSES),
}
"""Texts that the steps compare with or write, whether any row has them or not."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What holds for all rows.

    Attributes:
        rows: how many there are.
        patients: columns of ``PATIENTS_SCHEMA``, in the order of pseudonyms; the place of a patient
            in it is the patient's number.
        replaced: column -> text as it came -> text as it may stay, where the two differ.
        types: column -> its codes; a column with too many different texts has none.
        left_out: columns that are not carried.
        stated: names that columns state, to be found in texts.
    """

    rows: int
    patients: pl.DataFrame
    replaced: Mapping[str, Mapping[str, str]]
    types: Mapping[str, pl.Enum]
    left_out: frozenset[str]
    stated: StatedNames | None = None


def survey_rows(
    results: Path, key: bytes, settings: CurateSettings, threads: ThreadPoolExecutor
) -> Survey:
    """Look over the texts of ``results``.

    Args:
        threads: read several chunks at once, and hash the patients beside the other columns.
    """
    rows = pl.scan_parquet(results)
    height = int(rows.select(pl.len()).collect().item())
    without = left_out(results)
    names = tuple(name for name in dict.fromkeys((*CODED, *SCRUBBED)) if name not in without)
    read = dict.fromkeys(("patient_id", *names, *PEOPLE, *PLACES))
    distinct = distinct_texts(results, tuple(read), threads)
    stated = _stated(distinct)
    numbers = distinct["patient_id"].str.strip_chars().unique()
    sides = sides_of(rows, stripped("patient_id"), settings)
    placed = threads.submit(place_all, numbers, key, settings, sides)
    replaced: dict[str, dict[str, str]] = {}
    types: dict[str, pl.Enum] = {}
    for name in names:
        texts = distinct[name]
        replaced[name] = _replacements(name, texts, key, settings, stated)
        if name in CODED and len(texts) <= _MOST_CODES:
            new = {replaced[name].get(text, text) for text in texts}
            types[name] = pl.Enum(sorted(new | _ALWAYS.get(name, set())))
    return Survey(height, placed.result(), replaced, types, without, stated)


def stripped(name: str) -> pl.Expr:
    """A number as it is compared: without surrounding blanks."""
    return pl.col(name).str.strip_chars()


def _stated(distinct: Mapping[str, pl.Series]) -> StatedNames | None:
    people, places = (
        [text for name in columns for text in distinct[name].drop_nulls()]
        for columns in (PEOPLE, PLACES)
    )
    return stated_names(people, places)


def _replacements(
    name: str,
    texts: pl.Series,
    key: bytes,
    settings: CurateSettings,
    stated: StatedNames | None,
) -> dict[str, str]:
    if name == "laboratory" and settings.laboratories == "pseudonym":
        return {text: site_code(key, text) for text in texts}
    if name == "comment_author":
        return {text: author_code(key, text) for text in texts}
    if name not in (*SCRUBBED, "laboratory"):
        return {}
    return scrub_column(texts, finder_of(settings.scrub_with), stated if name in CARRIED else None)
