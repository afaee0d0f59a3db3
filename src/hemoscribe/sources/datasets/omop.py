"""OMOP: MEASUREMENT, with CONCEPT and PERSON of the same folder (``omop.yaml``).

A patient is ``person_id``, and a report is what one person's measurements of one time gave: a visit
may last for months and is no report. The comparator is that of ``operator_concept_id``.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from hemoscribe.errors import SourceError
from hemoscribe.records import REPORTED, RejectCode
from hemoscribe.sources.batches import Batch, Notices, reject_frame, reported_frame
from hemoscribe.sources.datasets.blood import of_blood
from hemoscribe.sources.datasets.kinds import Kinds
from hemoscribe.sources.datasets.omop_concepts import (
    rules,
    standard_units,
    with_meaning,
    with_units,
)
from hemoscribe.sources.datasets.refused_rows import refused_rows
from hemoscribe.sources.datasets.source_tables import SourceTable, beside, table_of
from hemoscribe.sources.datasets.stated_texts import is_compared, report_of, times
from hemoscribe.sources.exports import Export
from hemoscribe.sources.mapping import Mapping as MappingFile
from hemoscribe.sources.patients import ages_at, sexes
from hemoscribe.sources.specimens import SpecimenJudge

_SIGN, _AFTER_SIGN = r"^\s*([<>=≤≥]+)", r"^\s*[<>=≤≥]+\s*(.*)$"
_MIDNIGHT = r"[T ]0?0:00(?::00(?:\.0+)?)?(?:Z| UTC)?$"
_NO_NAME = (
    "The measurement has no measurement_source_value, and no CONCEPT table beside it says what its "
    "measurement_concept_id is."
)
_REMEDY = "Put CONCEPT.csv of the same vocabularies (from OHDSI Athena) beside it."


def recognises(export: Export, mapping: MappingFile) -> bool:
    """Whether this is MEASUREMENT, or one of the two tables read beside it."""
    del mapping
    table = table_of(export)
    return table is not None and any(
        table.has(rules()[name]) for name in ("measurement", "concept", "person")
    )


def read(export: Export, mapping: MappingFile, notices: Notices) -> Iterator[Batch]:
    """The reported rows of MEASUREMENT; nothing for the tables that are read beside it.

    Raises:
        SourceError: nothing says what was measured.
    """
    table = table_of(export)
    assert table is not None, "recognises() comes first"
    if not table.has(rules()["measurement"]):
        return
    concepts, people = _concepts(table, notices), _people(table, notices)
    why = "Of OMOP's concepts those of laboratories are read, and this is another class"
    kinds, judge = (
        Kinds(export.name, "concept class", why),
        SpecimenJudge(export.name, mapping, notices),
    )
    for number, part in enumerate(table.parts([*rules()["measurement"], *rules()["more"]])):
        rows = with_meaning(_plain_numbers(part.frame), concepts)
        if not number and concepts is None and rows.height and rows["no_name"].all():
            raise SourceError(export.name, _nothing_said(table), remedy=_REMEDY)
        kinds.take(rows["kind"].drop_nulls())
        rows = rows.filter(pl.col("kind").is_null())
        rows = with_units(rows.with_columns(unit_standard=standard_units(rows, concepts)))
        reported, rejects = _sound(_reported(table, _about(export.name, rows, people, notices)))
        reported, others = of_blood(judge, reported)
        yield Batch(reported, pl.concat([reject_frame(part.rejects), rejects, others]))
    yield kinds.batch()


def _plain_numbers(rows: pl.DataFrame) -> pl.DataFrame:
    """Numbers of concepts and persons: programs that know no empty number write 8713.0."""
    return rows.with_columns(pl.col("^.*_id$").str.strip_suffix(".0"))


def _nothing_said(table: SourceTable) -> str:
    missing = "measurement_source_value" not in table.names
    column = "there is no column" if missing else "the first measurements have no"
    return (
        f"{column} measurement_source_value, and the CONCEPT table, which says what each "
        "measurement_concept_id is, is not in the same folder"
    )


def _concepts(table: SourceTable, notices: Notices) -> pl.DataFrame | None:
    wanted = pl.col("vocabulary_id").is_in(rules()["vocabularies"])
    class_ = rules()["concept_class"]
    found = beside(table, notices, rules()["concept"], also=[class_], where=wanted)
    if found is None:
        notices.say(
            f"{table.export.name}: CONCEPT is not in the same folder, so what was measured is told "
            "by measurement_source_value alone, and units by their source or the common concepts."
        )
    return found


def _people(table: SourceTable, notices: Notices) -> pl.DataFrame | None:
    """person_id, sex, born (null without a month) and year_of_birth."""
    found = beside(table, notices, rules()["person"], also=rules()["born"])
    if found is None:
        name = table.export.name
        notices.say(f"{name}: PERSON is not in the same folder, so sex and age are unknown.")
        return None
    day = pl.concat_str(
        "year_of_birth", pl.col("month_of_birth").str.zfill(2),
        pl.col("day_of_birth").fill_null("15").str.zfill(2), separator="-",
    )  # fmt: skip
    born = found.select(pl.coalesce("birth_datetime", day + " 00:00:00")).to_series()
    coded = pl.col("gender_concept_id").replace_strict(
        rules()["genders"], default=None, return_dtype=pl.String
    )
    worded = sexes(found["gender_source_value"])
    return found.select(
        "person_id",
        sex=pl.coalesce(coded, pl.lit(worded)),
        born=pl.lit(times(table.export.name, born, notices)),
        born_year=pl.col("year_of_birth").cast(pl.Int32, strict=False),
    )


def _about(
    name: str, rows: pl.DataFrame, people: pl.DataFrame | None, notices: Notices
) -> pl.DataFrame:
    """Rows with when (``collected_text`` too), sex and age."""
    day, time, moment = (pl.col(f"measurement_{part}") for part in ("date", "time", "datetime"))
    timed = pl.concat_str(day, pl.lit(" "), time.str.extract(r"(\d{1,2}:\d{2}(?::\d{2})?)"))
    untimed = moment.is_null() | moment.str.contains(_MIDNIGHT)
    text = pl.coalesce(pl.when(untimed).then(timed), moment, day)
    rows = rows.with_columns(collected_text=text)
    rows = rows.with_columns(collected_at=times(name, rows["collected_text"], notices))
    if people is None:
        return rows.with_columns(sex=pl.lit(None, pl.String), age_years=pl.lit(None, pl.Float64))
    rows = rows.join(people, on="person_id", how="left", maintain_order="left")
    exact = ages_at(rows["collected_at"], rows["born"])
    years = (pl.col("collected_at").dt.year() - pl.col("born_year")).cast(pl.Float64)
    about = pl.when(pl.col("born").is_null() & (years >= 0)).then(years)
    return rows.with_columns(age_years=pl.coalesce(pl.lit(exact), about))


def _value() -> pl.Expr:
    """The number behind its comparator; without a number what the source states."""
    concept = pl.col("value_as_concept_id")
    answer = pl.when(concept != "0").then(pl.format("concept {}", concept))
    number = pl.col("value_as_number")
    text = pl.coalesce("value_source_value", answer)
    operator = pl.col("operator_concept_id").replace_strict(
        rules()["operators"], default=None, return_dtype=pl.String
    )
    stated = pl.when(is_compared(text)).then(text.str.extract(_SIGN))
    sign = pl.coalesce(pl.when(operator != "").then(operator), stated)
    bare = pl.when(is_compared(text)).then(text.str.extract(_AFTER_SIGN)).otherwise(text)
    return pl.concat_str(sign, pl.coalesce(number, bare), ignore_nulls=True)


def _reported(table: SourceTable, rows: pl.DataFrame) -> pl.DataFrame:
    """Columns of ``REPORTED``, and those that ``_sound`` judges by."""
    value = _value()
    converted = (
        pl.col("value_source_value").cast(pl.Float64, strict=False)
        != pl.col("value_as_number").cast(pl.Float64, strict=False)
    ).fill_null(value=False)
    reported = reported_frame(
        {
            "patient_id": pl.col("person_id"),
            "report_id": report_of("person_id", "collected_text", "collected_at"),
            "collected_at": pl.col("collected_at"),
            "sex": pl.col("sex"),
            "age_years": pl.col("age_years"),
            "reported_name": pl.col("reported_name"),
            "loinc": pl.col("loinc"),
            "reported_value": pl.when(value != "").then(value),
            "reported_unit": pl.when(pl.col("two_units") & converted)
            .then("unit_standard")
            .otherwise("unit"),
            "reported_low": pl.col("range_low"),
            "reported_high": pl.col("range_high"),
            "specimen": pl.col("specimen"),
            "requester": pl.col("provider_id"),
            "source": pl.lit(table.export.name),
            "place": table.place,
        },
        rows,
    )
    judged = rows.select(
        "no_name", "unit_source_value", "unit_standard", two_units=pl.col("two_units") & ~converted
    )
    return pl.concat([reported, judged], how="horizontal")


def _sound(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(rows, rejects of those without a name, or with two units that differ)."""
    unnamed, two = pl.col("no_name"), pl.col("two_units") & ~pl.col("no_name")
    clash = pl.format(
        "The unit is {} in unit_source_value and {} by unit_concept_id.",
        "unit_source_value",
        "unit_standard",
    )
    rejects = [
        refused_rows(rows.filter(unnamed), RejectCode.UNKNOWN_ANALYTE, pl.lit(_NO_NAME)),
        refused_rows(rows.filter(two), RejectCode.CONTRADICTION, clash),
    ]
    return rows.filter(~unnamed & ~two).select(list(REPORTED)), pl.concat(rejects)
