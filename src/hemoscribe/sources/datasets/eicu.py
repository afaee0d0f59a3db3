"""eICU: lab.csv, with patient.csv of the same folder (``eicu.yaml``).

A patient is ``uniquepid``. No date is published: a result stands so many minutes after the
admission to its unit, and a report is what one stay's sample of one such time gave.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import polars as pl

from hemoscribe.files import package_yaml
from hemoscribe.records import REPORTED, RejectCode
from hemoscribe.sources.batches import Batch, Notices, reject, reject_frame, reported_frame
from hemoscribe.sources.datasets.eicu_stays import MAX_MINUTES, stays
from hemoscribe.sources.datasets.source_tables import SourceTable, beside, table_of
from hemoscribe.sources.datasets.stated_texts import value_of
from hemoscribe.sources.exports import Export
from hemoscribe.sources.mapping import Mapping as MappingFile

_SCORES = "A table of eICU's scores or vital signs, which repeats results; those stand in lab.csv."


@cache
def rules() -> Mapping[str, Any]:
    """The columns of the two tables, the first day, and the names and units of this set alone."""
    loaded: Mapping[str, Any] = package_yaml(__package__, "eicu.yaml")
    return loaded


def recognises(export: Export, mapping: MappingFile) -> bool:
    """Whether this is lab.csv, patient.csv, which is read beside it, or a table of scores."""
    del mapping
    table = table_of(export)
    if table is None:
        return False
    return any(table.has(rules()[name]) for name in ("lab", "patient")) or _is_of_scores(table)


def _is_of_scores(table: SourceTable) -> bool:
    return bool({*rules()["others"]} & {*table.names})


def read(export: Export, mapping: MappingFile, notices: Notices) -> Iterator[Batch]:
    """The reported rows of lab.csv; nothing for patient.csv, and a reject of a table of scores."""
    del mapping
    table = table_of(export)
    assert table is not None, "recognises() comes first"
    if _is_of_scores(table):
        yield Batch(
            pl.DataFrame(schema=dict(REPORTED)),
            reject_frame([reject(export.name, "file", RejectCode.UNREADABLE, _SCORES, results=0)]),
        )
    if not table.has(rules()["lab"]):
        return
    notices.say(
        f"{export.name}: eICU publishes no dates. Times are minutes since {rules()['first_day']}, "
        "taken for each patient's first admission to a unit; they are true within a hospital stay, "
        "and the time between two hospital stays is not known."
    )
    people = _people(table, notices)
    for part in table.parts([*rules()["lab"], *rules()["more"]]):
        yield Batch(_reported(table, part.frame, people), reject_frame(part.rejects), trimmed=True)


def _people(table: SourceTable, notices: Notices) -> pl.DataFrame | None:
    found = beside(table, notices, rules()["patient"], also=rules()["stay"])
    if found is None:
        notices.say(
            f"{table.export.name}: patient.csv is not in the same folder: each stay in a unit is "
            "taken as a patient, whose sex and age are unknown."
        )
        return None
    key = (__name__, table.export.path.parent)
    if key not in notices.beside:
        notices.beside[key] = stays(found, rules())
    placed = notices.beside[key]
    assert isinstance(placed, pl.DataFrame)
    return placed


def _reported(table: SourceTable, labs: pl.DataFrame, people: pl.DataFrame | None) -> pl.DataFrame:
    rows = _about(labs, people)
    name = pl.col("labname").replace(rules()["names"])
    unit = pl.col("unit").replace(rules()["units"])
    minutes = pl.col("labresultoffset").cast(pl.Float64, strict=False)
    begins = pl.coalesce("begins", pl.lit(rules()["first_day"]).str.to_datetime("%Y-%m-%d"))
    sound = minutes.abs() < MAX_MINUTES
    collected = pl.when(sound).then(begins + pl.duration(minutes=minutes.cast(pl.Int64)))
    unread = pl.when(~sound.fill_null(value=False)).then(
        pl.format("stay {} at {}", "patientunitstayid", pl.col("labresultoffset").fill_null("?"))
    )
    number, text = pl.col("labresult"), pl.col("labresulttext")
    return reported_frame(
        {
            "patient_id": pl.coalesce("uniquepid", "patientunitstayid"),
            "report_id": unread,
            "laboratory": pl.format("eICU hospital {}", "hospitalid"),
            "collected_at": collected.dt.cast_time_unit("us"),
            "sex": pl.col("sex"),
            "age_years": pl.col("age_years"),
            "reported_name": name,
            "reported_value": value_of(number, text),
            "reported_unit": unit,
            "ward": pl.col("wardid"),
            "source": pl.lit(table.export.name),
            "place": table.place,
        },
        rows.with_columns(unit=pl.coalesce("labmeasurenamesystem", "labmeasurenameinterface")),
    )


def _about(labs: pl.DataFrame, people: pl.DataFrame | None) -> pl.DataFrame:
    """Each result with its stay: whose it is, when it began, where."""
    if people is not None:
        return labs.join(people, on="patientunitstayid", how="left", maintain_order="left")
    texts = ("uniquepid", "hospitalid", "wardid", "sex")
    return labs.with_columns(
        *(pl.lit(None, pl.String).alias(name) for name in texts),
        age_years=pl.lit(None, pl.Float64),
        begins=pl.lit(None, pl.Datetime("us")),
    )
