"""What HL7 v2 messages, FHIR resources and CDA entries state of a result, as rows and rejects.

The three say whose a result is, when it was taken, how it reads and in which state it is by the
same means, so dates, sex, age, interpretation codes and other fluids are read here for all of them.
A stated row is a dictionary with the columns of ``records.REPORTED`` as text, and ``collected``,
``born``, ``requested`` (dates as text) and ``report``, the report's number where no time is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

import polars as pl

from hemoscribe.files import package_yaml
from hemoscribe.records import REPORTED, RejectCode, no_rejects, report_number
from hemoscribe.sources.batches import Batch, Notices, reject
from hemoscribe.sources.dates import parse_dates
from hemoscribe.sources.patients import ages_at, sexes
from hemoscribe.sources.specimens import OtherSpecimen
from hemoscribe.sources.withdrawal_words import is_withdrawn_flag

RESULTS_PER_BATCH = 100_000
MAX_TEXT_CHARACTERS = 4_000  # of a name, a value or a comment
CUT = " [...]"
"""How a text ends that was longer than ``MAX_TEXT_CHARACTERS``."""
Row = dict[str, Any]

_STATED: Mapping[str, pl.DataType] = {
    **REPORTED,
    "collected": pl.String(),
    "born": pl.String(),
    "requested": pl.String(),
    "report": pl.String(),
}
_WHOSE = ("patient_id", "report_id", "collected", "report")


@cache
def _interpretations() -> tuple[Mapping[str, str], frozenset[str]]:
    lists = package_yaml(__package__, "interpretations.yaml")
    return lists["flags"], frozenset(lists["no_flags"])


def flag_of(codes: Iterable[str | None]) -> str | None:
    """The laboratory's flag among a result's interpretation codes or words; None: none is one.

    Words that withdraw the result come before any flag.
    """
    flags, no_flags = _interpretations()
    words = None
    texts = [code.strip() for code in codes if code]
    if (withdrawn := next(filter(is_withdrawn_flag, texts), None)) is not None:
        return withdrawn
    for text in texts:
        if text.upper() in flags:
            return flags[text.upper()]
        if text and text.upper() not in no_flags:
            words = words or text
    return words


def bounded(text: str) -> str:
    """A text of at most ``MAX_TEXT_CHARACTERS``; one that is cut ends in ``CUT``, which is said."""
    if len(text) <= MAX_TEXT_CHARACTERS:
        return text
    return text[: MAX_TEXT_CHARACTERS - len(CUT)] + CUT


def unread_comment(source: str, place: str, text: str) -> Row:
    """A reject of no result for a comment on what is not read."""
    why = "A comment on what is not read."
    return reject(source, place, RejectCode.NOT_A_NUMBER, why, results=0, value=bounded(text))


def refused(source: str, row: Mapping[str, Any], code: RejectCode, why: str) -> Row:
    """A reject of a stated row, with its name, value and unit, and what tells whose it was."""
    bare = reject(
        source,
        row["place"],
        code,
        why,
        name=_short(row.get("reported_name")),
        value=_short(row.get("reported_value")),
        unit=_short(row.get("reported_unit")),
        flag=_short(row.get("reported_flag")),
    )
    return {**bare, **{name: row.get(name) for name in _WHOSE}}


def _short(text: str | None) -> str | None:
    return text if text is None else bounded(text)


def of_other(source: str, row: Mapping[str, Any], other: OtherSpecimen) -> Row:
    """The reject of a result of a specimen that is not known to be blood."""
    return refused(source, row, other.code, other.sentence)


def stated_batch(
    source: str,
    rows: Sequence[Row] | pl.DataFrame,
    rejects: Sequence[Mapping[str, Any]],
    notices: Notices,
) -> Batch:
    """Stated rows as a batch: dates, sex and age read for all of them at once."""
    frame = _stated_frame(rows)
    this_year = date.today().year
    collected = parse_dates(frame["collected"], "day_first", latest_year=this_year + 1)
    requested = parse_dates(frame["requested"], "day_first", latest_year=this_year + 1)
    born = parse_dates(frame["born"], "day_first", latest_year=this_year)
    unread = frame.filter(pl.col("collected").is_not_null() & collected.is_null())
    if unread.height:
        notices.say(f"{source}: {unread['collected'][0]!r} is not a date that can be read.")
    if cut := frame["comment"].str.contains(CUT, literal=True).sum():
        notices.say(
            f"{source}: comments of {cut:,} results are longer than {MAX_TEXT_CHARACTERS:,} "
            f"characters; they are cut there, at{CUT}."
        )
    frame = (
        frame.with_columns(_whole_number())
        .with_columns(pl.col(pl.String).str.slice(0, MAX_TEXT_CHARACTERS))
        .with_columns(
            collected.alias("collected_at"),
            requested.alias("requested_at"),
            sexes(frame["sex"]).alias("sex"),
            ages_at(collected, born).alias("age_years"),
            pl.lit(source).alias("source"),
        )
        .with_columns(report_id=_report_stated())
    )
    return Batch(frame.select(list(REPORTED)), _rejects(rejects))


def _stated_frame(rows: Sequence[Row] | pl.DataFrame) -> pl.DataFrame:
    """The columns of stated rows; those that a frame of rows lacks are null."""
    if not isinstance(rows, pl.DataFrame):
        return pl.DataFrame(rows, schema=dict(_STATED))
    lacking = (
        pl.lit(None, of).alias(name) for name, of in _STATED.items() if name not in rows.columns
    )
    return rows.with_columns(lacking).select(list(_STATED))


def _whole_number() -> pl.Expr:
    """The patient's number; one that is cut may be another patient's."""
    number = pl.col("patient_id")
    return pl.when(number.str.len_chars() <= MAX_TEXT_CHARACTERS).then(number)


def _report_stated() -> pl.Expr:
    undated = pl.col("collected_at").is_null()
    return pl.coalesce("report_id", pl.when(undated).then("report"))


def _rejects(rejects: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """The rejects, of the same reports as the rows that state the same of whose they are."""
    whose = dict.fromkeys(_WHOSE, pl.String())
    stated = pl.DataFrame(list(rejects), schema={**no_rejects().schema, **whose})
    collected = parse_dates(stated["collected"], "day_first", latest_year=date.today().year + 1)
    of_a_row = pl.any_horizontal(pl.col(_WHOSE).is_not_null())
    return (
        stated.with_columns(of_a_row.alias("of_a_row"), collected.alias("collected_at"))
        .with_columns(_whole_number(), report_id=_report_stated())
        .with_columns(report_id=pl.when("of_a_row").then(report_number()))
        .select(no_rejects().columns)
    )
