"""Synthea: observations.csv, with patients.csv of the same folder (``synthea.yaml``).

Only the category ``laboratory`` is read: vital signs, surveys and the like are counted by kind.
What a LOINC name says to be of urine is refused. A report is what a patient's sample of one time
gave.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import polars as pl

from hemoscribe.files import package_yaml
from hemoscribe.sources.batches import Batch, Notices, reject_frame, reported_frame
from hemoscribe.sources.datasets.blood import of_blood
from hemoscribe.sources.datasets.kinds import Kinds
from hemoscribe.sources.datasets.source_tables import SourceTable, beside, table_of
from hemoscribe.sources.datasets.stated_texts import report_of, system_of, times
from hemoscribe.sources.exports import Export
from hemoscribe.sources.mapping import Mapping as MappingFile
from hemoscribe.sources.patients import ages_at, sexes
from hemoscribe.sources.specimens import SpecimenJudge

_LOINC = r"^(\d{1,7}-\d)$"


@cache
def rules() -> Mapping[str, Any]:
    """The columns of the two tables, and the category that is read."""
    loaded: Mapping[str, Any] = package_yaml(__package__, "synthea.yaml")
    return loaded


def recognises(export: Export, mapping: MappingFile) -> bool:
    """Whether this is observations.csv, or patients.csv, which is read beside it."""
    del mapping
    table = table_of(export)
    return table is not None and any(
        table.has(rules()[name]) for name in ("observations", "patients_alone")
    )


def read(export: Export, mapping: MappingFile, notices: Notices) -> Iterator[Batch]:
    """The reported rows of observations.csv; nothing for patients.csv."""
    table = table_of(export)
    assert table is not None, "recognises() comes first"
    if not table.has(rules()["observations"]):
        return
    people = _people(table, notices)
    category = rules()["category"]
    kinds = Kinds(export.name, "category", "Only observations of a laboratory are read")
    judge = SpecimenJudge(export.name, mapping, notices)
    for part in table.parts([*rules()["observations"], category]):
        kind = pl.col(category).str.to_lowercase()
        other = (kind != rules()["laboratory"]).fill_null(value=False)
        kinds.take(part.frame.filter(other)[category])
        rows = _about(export.name, part.frame.filter(~other), people, notices)
        reported, rejects = of_blood(judge, _reported(table, rows))
        yield Batch(reported, pl.concat([reject_frame(part.rejects), rejects]), trimmed=True)
    yield kinds.batch()


def _people(table: SourceTable, notices: Notices) -> pl.DataFrame | None:
    found = beside(table, notices, rules()["patients"])
    name = table.export.name
    if found is None:
        notices.say(f"{name}: patients.csv is not in the same folder: sex and age are unknown.")
        return None
    born = times(name, found["birthdate"].str.replace(r"^(\S{10})$", "${1} 00:00:00"), notices)
    return pl.DataFrame({"patient": found["id"], "sex": sexes(found["gender"]), "born": born})


def _about(
    name: str, rows: pl.DataFrame, people: pl.DataFrame | None, notices: Notices
) -> pl.DataFrame:
    rows = rows.with_columns(collected_at=times(name, rows["date"], notices))
    if people is None:
        return rows.with_columns(sex=pl.lit(None, pl.String), age_years=pl.lit(None, pl.Float64))
    rows = rows.join(people, on="patient", how="left", maintain_order="left")
    return rows.with_columns(age_years=ages_at(rows["collected_at"], rows["born"]))


def _reported(table: SourceTable, rows: pl.DataFrame) -> pl.DataFrame:
    names = rows.select("description").unique()
    names = names.with_columns(specimen=system_of(pl.col("description")))
    rows = rows.join(names, on="description", how="left", nulls_equal=True, maintain_order="left")
    return reported_frame(
        {
            "patient_id": pl.col("patient"),
            "report_id": report_of("patient", "date", "collected_at"),
            "laboratory": pl.lit("Synthea"),
            "collected_at": pl.col("collected_at"),
            "sex": pl.col("sex"),
            "age_years": pl.col("age_years"),
            "reported_name": pl.col("description"),
            "loinc": pl.col("code").str.extract(_LOINC),
            "reported_value": pl.col("value"),
            "reported_unit": pl.col("units"),
            "specimen": pl.col("specimen"),
            "source": pl.lit(table.export.name),
            "place": table.place,
        },
        rows,
    )
