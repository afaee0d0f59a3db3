"""NHANES, the US health survey: one row per person, in Parquet, CSV or the survey's own XPT."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import polars as pl

from hemoscribe.errors import SourceError
from hemoscribe.files import package_yaml
from hemoscribe.knowledge import analytes
from hemoscribe.records import RejectCode
from hemoscribe.sources.batches import Batch, Notices, reject, reject_frame, reported_frame
from hemoscribe.sources.datasets import nhanes_transport
from hemoscribe.sources.datasets.parquet_files import is_parquet, parts, schema_of
from hemoscribe.sources.exports import Export
from hemoscribe.sources.lines import sample_text
from hemoscribe.sources.mapping import Mapping as MappingFile
from hemoscribe.sources.tables.delimited import split_line

PEOPLE_PER_BATCH = 8_000
MAX_CSV_BYTES = 512 * 1024 * 1024
_PARQUET = b"PAR1"
_MIN_COLUMNS = 1


@cache
def survey() -> Mapping[str, Any]:
    """The survey's columns: who a person is, what was measured and in which unit."""
    loaded: Mapping[str, Any] = package_yaml(__package__, "nhanes.yaml")
    return loaded


def recognises(export: Export, mapping: MappingFile) -> bool:
    """Whether the columns are those of NHANES: SEQN and at least one result's."""
    del mapping
    if nhanes_transport.is_transport(export):
        return survey()["patient"] in nhanes_transport.column_names(export, survey())
    names = _column_names(export)
    return survey()["patient"] in names and len(survey()["results"].keys() & names) >= _MIN_COLUMNS


def _column_names(export: Export) -> set[str]:
    if export.sample.startswith(_PARQUET):
        return set(schema_of(export)) if is_parquet(export) else set()
    if b"SEQN" not in export.sample:
        return set()
    return {name.strip() for name in split_line(sample_text(export).split("\n")[0], ",")}


def read(export: Export, mapping: MappingFile, notices: Notices) -> Iterator[Batch]:
    """The reported rows, some thousands of people at a time."""
    del mapping
    people = None if is_parquet(export) else _people(export)
    known = {
        *survey()["results"], *survey()["coded"], *survey()["about_the_person"],
        survey()["patient"], survey()["cycle"], survey()["age_years"], survey()["age_months"],
        survey()["sex"]["column"], survey()["pregnant"]["column"],
    }  # fmt: skip
    schema = schema_of(export) if people is None else people.schema
    unknown = sorted(set(schema) - known)
    if unknown:
        notices.say(
            f"{export.name}: columns that are not known are not read: {', '.join(unknown)}."
        )
    if survey()["age_years"] in schema:
        notices.say(
            f"{export.name}: NHANES states ages of 80 (85 before 2007) and over as that age."
        )
    for before, part in _parts(export, people):
        yield _batch(export.name, part.with_row_index("row", offset=before + 1))


def _parts(export: Export, people: pl.DataFrame | None) -> Iterator[tuple[int, pl.DataFrame]]:
    """(people before, people) some thousands at a time; ``people`` is None for Parquet."""
    if people is None:
        yield from parts(export, list(schema_of(export)), rows_per_part=PEOPLE_PER_BATCH)
        return
    for start in range(0, people.height, PEOPLE_PER_BATCH):
        yield start, people.slice(start, PEOPLE_PER_BATCH)


def _people(export: Export) -> pl.DataFrame:
    if nhanes_transport.is_transport(export):
        return nhanes_transport.people(export, survey())
    with export.open() as stream:
        data = stream.read(MAX_CSV_BYTES + 1)
    if len(data) > MAX_CSV_BYTES:
        raise SourceError(
            export.name,
            f"it is longer than {MAX_CSV_BYTES:,} bytes",
            remedy="Convert it to Parquet.",
        )
    try:
        return pl.read_csv(io.BytesIO(data), infer_schema=False)
    except pl.exceptions.PolarsError as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise SourceError(export.name, f"it is no CSV that can be read ({reason})") from error


def _batch(name: str, people: pl.DataFrame) -> Batch:
    about = people.select(
        pl.col(survey()["patient"])
        .cast(pl.Int64, strict=False)
        .cast(pl.String)
        .alias("patient_id"),
        pl.concat_str(
            pl.lit("NHANES"),
            _column(people, survey()["cycle"], pl.String()),
            separator=" ",
            ignore_nulls=True,
        ).alias("laboratory"),
        pl.format("row {}, column ", pl.col("row")).alias("place"),
        _coded(people, survey()["sex"], pl.String()).alias("sex"),
        _coded(people, survey()["pregnant"], pl.Boolean()).alias("pregnant"),
        pl.coalesce(
            (_column(people, survey()["age_months"], pl.Float64()) / 12).round(3),
            _column(people, survey()["age_years"], pl.Float64()),
        ).alias("age_years"),
    )
    measured = [column for column in survey()["results"] if column in people.columns]
    rejects = list(_left_out(name, people))
    people = people.with_columns(
        pl.when(pl.col(entry["after"]).is_null()).then(pl.col(column)).alias(column)
        for column, entry in survey()["results"].items()
        if "after" in entry and {column, entry["after"]} <= set(people.columns)
    )
    return Batch(_results(name, people, about, measured), reject_frame(rejects))


def _results(
    name: str, people: pl.DataFrame, about: pl.DataFrame, columns: Sequence[str]
) -> pl.DataFrame:
    """Every result of these people, person by person, each beside who it is of."""
    described = pl.DataFrame(
        [(column, *_described(column)) for column in columns],
        schema=dict.fromkeys(("column", "name", "loinc", "unit"), pl.String()),
        orient="row",
    )
    texts = people.select(_as_text(people[column]) for column in columns)
    long = (
        texts.select(
            person=pl.int_range(pl.len(), dtype=pl.UInt32),
            order=pl.lit(list(range(len(columns))), dtype=pl.List(pl.UInt32)),
            value=pl.concat_list(pl.all()),
        )
        .explode("order", "value")
        .filter(pl.col("value").is_not_null())
    )

    def of_person(column: str) -> pl.Expr:
        return pl.lit(about[column]).gather(pl.col("person"))

    def of_column(column: str) -> pl.Expr:
        return pl.lit(described[column]).gather(pl.col("order"))

    return reported_frame(
        {
            "patient_id": of_person("patient_id"),
            "report_id": of_person("patient_id"),
            "laboratory": of_person("laboratory"),
            "sex": of_person("sex"),
            "age_years": of_person("age_years"),
            "pregnant": of_person("pregnant"),
            "reported_name": of_column("name"),
            "loinc": of_column("loinc"),
            "reported_value": pl.col("value"),
            "reported_unit": of_column("unit"),
            "source": pl.lit(name),
            "place": pl.concat_str(of_person("place"), of_column("column")),
        },
        long,
    )


def _described(column: str) -> tuple[str, str | None, str]:
    """(name, LOINC code, unit) of a column."""
    entry = survey()["results"][column]
    known = analytes().get(entry["analyte"])
    codes = known.loinc if known is not None else ()
    return entry.get("name", column), entry.get("loinc", codes[0] if codes else None), entry["unit"]


def _as_text(values: pl.Series) -> pl.Series:
    """Numbers as a person writes them: ``214`` and not ``214.0``."""
    if not values.dtype.is_numeric():
        return values.cast(pl.String)
    texts = values.cast(pl.Float64).fill_nan(None).cast(pl.String)
    return texts.str.strip_suffix(".0") if (values % 1 == 0).all() else texts


def _column(people: pl.DataFrame, column: str, dtype: pl.DataType) -> pl.Expr:
    """A column by its name, or nulls where this file has not got it."""
    if column not in people.columns:
        return pl.lit(None, dtype=dtype)
    return pl.col(column).cast(dtype, strict=False)


def _coded(people: pl.DataFrame, entry: Mapping[str, Any], dtype: pl.DataType) -> pl.Expr:
    """A coded answer as what the code means; null for refused and unknown."""
    return (
        _column(people, entry["column"], pl.Float64())
        .cast(pl.Int64, strict=False)
        .replace_strict(entry["codes"], default=None, return_dtype=dtype)
    )


def _left_out(name: str, people: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """One reject per column that is left out, wholly or where a better measurement exists."""
    first, last = people["row"][0], people["row"][-1]
    place = f"rows {first}-{last}, column "
    for column in survey()["coded"]:
        count = people[column].count() if column in people.columns else 0
        if count:
            message = "A code (1 positive, 2 negative...), which is no quantity."
            yield reject(
                name, place + column, RejectCode.NOT_A_NUMBER, message, results=count, name=column
            )
    for column, entry in survey()["results"].items():
        better = entry.get("after")
        if better in people.columns and column in people.columns:
            both = people.select(
                (pl.col(column).is_not_null() & pl.col(better).is_not_null()).sum()
            )
            if count := both.item():
                message = f"The person has {better}, the survey's reference method for this."
                yield reject(
                    name, place + column, RejectCode.DUPLICATE, message, results=count, name=column
                )
