"""Headings between results: one of another fluid holds until one of blood.

HL7 v2 writes them as an OBX without a value, tables as a line without one. They are no results:
what names a section, and has neither value nor unit nor flag, counts as none that was not read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache, lru_cache

import polars as pl

from hemoscribe.files import package_yaml
from hemoscribe.knowledge.fluids import says_blood
from hemoscribe.knowledge.names import by_name
from hemoscribe.knowledge.spelling import name_words
from hemoscribe.records import RejectCode
from hemoscribe.sources.batches import Batch, reject, reject_frame
from hemoscribe.sources.specimens import heading_specimen

BLOOD_AGAIN = ""
_DEPARTMENT = ("hematolog", "haematolog")  # a laboratory's, which counts the cells of any fluid
HEADING = "A line with one text and no value: read as a heading, no result."
_OF_URINE = re.compile(r"(?i)\w(?:urie|uria)s?$")
_EMPTY = ("loinc", "reported_low", "reported_high", "comment")
_CODES = [
    str(code)
    for code in (RejectCode.NO_VALUE, RejectCode.OTHER_SPECIMEN, RejectCode.UNKNOWN_SPECIMEN)
]


@cache
def labels() -> Mapping[str, frozenset[str]]:
    """``heading_labels`` and ``specimen_labels``: what is named so holds a heading, a specimen."""
    lists = package_yaml(__package__, "heading_marks.yaml")
    return {name: frozenset(map(str, entries)) for name, entries in lists.items()}


@lru_cache(maxsize=16384)
def folded(text: str) -> str:
    """A name as ``labels`` has it."""
    return " ".join(name_words(text))


def heading_mark(heading: str) -> str | None:
    """The heading itself where it names another fluid; "" for one of blood; None for any other."""
    if not heading:
        return None
    if heading_specimen(heading) is not None:
        return heading
    blood = says_blood(heading) or folded(heading) in labels()["blood_sections"]
    return BLOOD_AGAIN if blood else None


def is_heading(text: str) -> bool:
    """Whether a text that stands alone in its line is a heading, and no analyte without a value."""
    if not any(map(str.isalpha, text)) or by_name(text):
        return False
    if heading_specimen(text) is None:
        return True
    words = text.split()  # "Glucose urinaire" and "Protéinurie" are analytes, not measured
    return not any(by_name(word) or _OF_URINE.search(word) for word in words)


def is_heading_of_blood(text: str) -> bool:
    """Whether a heading is, as a whole, one of those that stand over results of blood."""
    return folded(text) in labels()["of_blood"]


def is_of_blood(text: str) -> bool:
    """Whether a heading is one of those that mostly stand over results of blood."""
    said = f" {folded(text)} "
    lists = labels()["of_blood"] | labels()["blood_sections"]
    return any(f" {words} " in said for words in lists)


def is_only_of_blood(text: str) -> bool:
    """Whether a heading names blood itself, or a section that no other fluid has."""
    said = folded(text)
    bare = " ".join(word for word in said.split() if not word.startswith(_DEPARTMENT))
    return says_blood(bare) or said in labels()["only_blood"]


def is_of_any_fluid(text: str) -> bool:
    """Whether a heading is one of those that stand over a part of any fluid's results."""
    return folded(text) in labels()["of_any_fluid"]


def is_of_urine(text: str) -> bool:
    """Whether a heading of another fluid names urine."""
    return not labels()["urine"].isdisjoint(folded(text).split())


def is_volume_of_urine(name: str) -> bool:
    """Whether the name of a result is that of a volume of urine, which begins those of urine."""
    return folded(name) in labels()["volumes"]


@lru_cache(maxsize=16384)
def is_only_in_blood(name: str) -> bool:
    """Whether a name is that of analytes that no other fluid is examined for."""
    named = {candidate.analyte.id for candidate in by_name(name)}
    return bool(named) and named <= labels()["blood_analytes"]


def is_section(text: str) -> bool:
    """Whether a text without a value names a part of a report: "URINES", "BIOCHIMIE"."""
    if not is_heading(text):
        return False
    known = folded(text) in labels()["sections"]
    return known or heading_mark(text) is not None


def without_headings(batch: Batch) -> Batch:
    """The batch, its lines of a section's heading alone as rejects that stand for no result.

    They are nobody's, as no report is the poorer for them. What has a comment stays as it is.
    """
    rows = _headings(batch.reported, *_EMPTY)
    of_no_result = pl.col("code").is_in(_CODES) & (pl.col("results") == 1)
    refused = _headings(batch.rejects.filter(of_no_result))
    if not rows and not refused:
        return batch
    row_is_one = _is_bare(*_EMPTY) & pl.col("reported_name").is_in(rows)
    reject_is_one = of_no_result & _is_bare() & pl.col("reported_name").is_in(refused)
    lines = pl.concat(
        frame.filter(is_one).select("source", "place", name="reported_name")
        for frame, is_one in ((batch.reported, row_is_one), (batch.rejects, reject_is_one))
    )
    said = reject_frame(
        reject(**line, code=RejectCode.NO_VALUE, message=HEADING, results=0)
        for line in lines.iter_rows(named=True)
    )
    return replace(
        batch,
        reported=batch.reported.filter(~row_is_one.fill_null(value=False)),
        rejects=pl.concat([batch.rejects.filter(~reject_is_one.fill_null(value=False)), said]),
    )


def _headings(frame: pl.DataFrame, *empty: str) -> list[str]:
    """The names of what holds the heading of a section and nothing else."""
    bare = frame.filter(_is_blank("reported_value"))  # few of many
    names = bare.filter(_is_bare(*empty))["reported_name"].drop_nulls().unique()
    return [name for name in names if is_section(name)]


def _is_bare(*empty: str) -> pl.Expr:
    stated = ("reported_value", "reported_unit", "reported_flag", *empty)
    return pl.all_horizontal(map(_is_blank, stated))


def _is_blank(column: str) -> pl.Expr:
    return pl.col(column).is_null() | (pl.col(column) == "")
