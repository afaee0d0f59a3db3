"""MIMIC-III and MIMIC-IV: LABEVENTS beside D_LABITEMS and PATIENTS (``mimic.yaml``).

Only blood is read; results of other fluids are rejects. LABEVENTS has no report number: a report is
what one patient's sample of one time gave, in however many tubes (``specimen_id``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import polars as pl

from hemoscribe.errors import SourceError
from hemoscribe.files import package_yaml
from hemoscribe.records import RejectCode
from hemoscribe.sources.batches import Batch, Notices, reject_frame, reported_frame
from hemoscribe.sources.datasets.refused_rows import refused_rows
from hemoscribe.sources.datasets.source_tables import SourceTable, beside, table_of
from hemoscribe.sources.datasets.stated_texts import LATEST_YEAR, report_of, say_undated, times
from hemoscribe.sources.exports import Export
from hemoscribe.sources.mapping import Mapping as MappingFile
from hemoscribe.sources.patients import DAYS_PER_YEAR, sexes


@cache
def rules() -> Mapping[str, Any]:
    """What marks each of the three tables, and how shifted ages are read."""
    loaded: Mapping[str, Any] = package_yaml(__package__, "mimic.yaml")
    return loaded


def recognises(export: Export, mapping: MappingFile) -> bool:
    """Whether this is LABEVENTS, or one of the two tables read beside it."""
    del mapping
    table = table_of(export)
    if table is None:
        return False
    people = table.has(rules()["patients"]) and bool({*rules()["patients_alone"]} & {*table.names})
    return _is_events(table) or table.has(rules()["items"]) or people


def _is_events(table: SourceTable) -> bool:
    return table.has(rules()["events"]) and not {*rules()["not_events"]} & {*table.names}


def read(export: Export, mapping: MappingFile, notices: Notices) -> Iterator[Batch]:
    """The reported rows of LABEVENTS; nothing for the tables that are read beside it.

    Raises:
        SourceError: D_LABITEMS is not in the same folder.
    """
    del mapping
    table = table_of(export)
    assert table is not None, "recognises() comes first"
    if not _is_events(table):
        return
    items = beside(table, notices, rules()["items"], also=[rules()["codes_of_items"]])
    if items is None:
        raise SourceError(
            export.name,
            "the table D_LABITEMS, which says what each itemid is, is not in the same folder",
            remedy="Put D_LABITEMS.csv (or .csv.gz) beside it.",
        )
    people = _people(table, notices)
    for part in table.parts([*rules()["events"], *rules()["more"]]):
        events = _with_items(part.frame, items)
        about = _about(export.name, events, people, notices)
        reported = _reported(table, pl.concat([events, about], how="horizontal"))
        say_undated(export.name, reported, notices)
        blood = pl.col("specimen").str.to_lowercase() == rules()["fluid"]
        other = ~blood.fill_null(value=False)
        why = pl.format(
            "A result of {}; only blood is read.", pl.col("specimen").fill_null("an unknown fluid")
        )
        rejects = refused_rows(reported.filter(other), RejectCode.OTHER_SPECIMEN, why)
        yield Batch(
            reported.filter(~other), pl.concat([reject_frame(part.rejects), rejects]), trimmed=True
        )


def _with_items(events: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    own = pl.col("itemid").replace_strict(rules()["codes"], default=None, return_dtype=pl.String)
    known = items.select(
        "itemid", "label", "fluid", loinc=pl.coalesce(own, rules()["codes_of_items"])
    )
    return events.join(known, on="itemid", how="left", maintain_order="left")


def _people(table: SourceTable, notices: Notices) -> pl.DataFrame | None:
    """subject_id, sex, born (MIMIC-III) and age_less_year (MIMIC-IV: the age of the year 0)."""
    people = beside(table, notices, rules()["patients"], also=rules()["births"])
    name = table.export.name
    if people is None:
        notices.say(f"{name}: PATIENTS is not in the same folder, so sex and age are unknown.")
        return None
    age, year = _sound_number("anchor_age"), _sound_number("anchor_year")
    return people.select(
        "subject_id",
        sex=pl.lit(sexes(people["gender"])),
        born=pl.lit(times(name, people["dob"], notices)),
        age_less_year=age - year,
    )


def _sound_number(column: str) -> pl.Expr:
    number = pl.col(column).cast(pl.Float64, strict=False)
    return pl.when(number.is_between(0, LATEST_YEAR)).then(number)


def _about(
    name: str, events: pl.DataFrame, people: pl.DataFrame | None, notices: Notices
) -> pl.DataFrame:
    """collected_at, sex and age_years of each event."""
    about = events.select(
        "subject_id", collected_at=pl.lit(times(name, events["charttime"], notices))
    )
    if people is None:
        return about.select(
            "collected_at", sex=pl.lit(None, pl.String), age_years=pl.lit(None, pl.Float64)
        )
    days = (pl.col("collected_at") - pl.col("born")).dt.total_days()
    years = pl.coalesce(
        days / DAYS_PER_YEAR, pl.col("collected_at").dt.year() + pl.col("age_less_year")
    )
    age = (
        pl.when(years.is_between(rules()["shifted_above_years"], rules()["shifted_below_years"]))
        .then(pl.lit(float(rules()["shifted_age_years"])))
        .when(years >= 0)
        .then(years.round(2))
    )
    return about.join(people, on="subject_id", how="left", maintain_order="left").select(
        "collected_at", "sex", age_years=age
    )


def _reported(table: SourceTable, events: pl.DataFrame) -> pl.DataFrame:
    """Texts that MIMIC-IV masks are left out; of a value its number is kept in ``valuenum``."""
    flag = pl.col("flag").str.to_lowercase()
    value, comment = (
        pl.when(~pl.col(column).is_in(rules()["masked"])).then(column)
        for column in ("value", "comments")
    )
    return reported_frame(
        {
            "patient_id": pl.col("subject_id"),
            "report_id": report_of("subject_id", "charttime", "collected_at"),
            "laboratory": pl.lit("MIMIC"),
            "collected_at": pl.col("collected_at"),
            "sex": pl.col("sex"),
            "age_years": pl.col("age_years"),
            "reported_name": pl.col("label"),
            "loinc": pl.col("loinc"),
            "reported_value": pl.coalesce(value, "valuenum"),
            "comment": comment,
            "reported_unit": pl.col("valueuom"),
            "reported_low": pl.col("ref_range_lower"),
            "reported_high": pl.col("ref_range_upper"),
            "reported_flag": pl.when(~flag.is_in(rules()["flags_left_out"])).then(flag),
            "specimen": pl.col("fluid"),
            "sample_id": pl.col("specimen_id"),
            "requester": pl.col("order_provider_id"),
            "source": pl.lit(table.export.name),
            "place": table.place,
        },
        events,
    )
