"""MEDS: events of patients in Parquet, with metadata/codes.parquet where it is (``meds.yaml``).

A report is what one subject's results of one time are. Sex and birth are events of the subject,
and the standard keeps all events of one in one file. Numbers have 32 bits: as text the shortest.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from hemoscribe.sources.batches import Batch, Notices, reported_frame
from hemoscribe.sources.datasets.blood import of_blood
from hemoscribe.sources.datasets.kinds import Kinds
from hemoscribe.sources.datasets.meds_codes import meanings, rules
from hemoscribe.sources.datasets.parquet_files import collected, is_parquet, parts, schema_of
from hemoscribe.sources.datasets.stated_texts import value_of
from hemoscribe.sources.exports import Export, exports
from hemoscribe.sources.mapping import Mapping as MappingFile
from hemoscribe.sources.patients import ages_at, sexes
from hemoscribe.sources.specimens import SpecimenJudge

_LEVELS_UP = 4  # data/train/0.parquet and its like stand so far below the folder of all
MAX_DOCUMENT_BYTES = 1024 * 1024


def recognises(export: Export, mapping: MappingFile) -> bool:
    """Whether this is events, or what the standard keeps beside them."""
    del mapping
    if export.sample.lstrip().startswith(b"{"):
        return export.path.name == rules()["dataset_file"] and b'"meds_version"' in export.sample
    if not is_parquet(export):
        return False
    names = set(_names(export))
    events_or_codes = any(set(rules()[table]) <= names for table in ("data", "codes"))
    return events_or_codes or names == set(rules()["splits"])


def _names(export: Export) -> dict[str, str]:
    """The standard's name of a column -> the file's."""
    formerly = rules()["formerly"]
    return {formerly.get(name, name): name for name in schema_of(export)}


def read(export: Export, mapping: MappingFile, notices: Notices) -> Iterator[Batch]:
    """The reported rows of a file of events; nothing for the metadata."""
    if not is_parquet(export) or not set(rules()["data"]) <= _names(export).keys():
        return
    names = _names(export)
    described, laboratory = _metadata(export, notices)
    scan = pl.scan_parquet(export.path).select(_column(names, name) for name in rules()["data"])
    subjects = _subjects(collected(export, scan.filter(_of_the_subject())))
    kinds = Kinds(export.name, "code", "Only codes of a laboratory's results are read")
    judge = SpecimenJudge(export.name, mapping, notices)
    columns = [_column(names, name) for name in (*rules()["data"], *rules()["more"])]
    for before, events in parts(export, columns):
        meant = meanings(events["code"], described)
        events = events.with_row_index("row", offset=before + 1).filter(~_of_the_subject())
        events = events.join(meant, on="code", how="left", maintain_order="left")
        # a row without a code is one of a kind, too
        other = pl.col("kind").is_not_null() | pl.col("code").is_null()
        kinds.take(events.filter(other)["kind"].fill_null("no code"))
        rows = _about(events.filter(~other), subjects)
        reported, rejects = of_blood(judge, _reported(export.name, rows, laboratory))
        yield Batch(reported, rejects)
    yield kinds.batch()


def _column(names: dict[str, str], name: str) -> pl.Expr:
    """A column of the standard's type, null where the file has none."""
    column = pl.col(names[name]) if name in names else pl.lit(None)
    if name == "time":
        return column.cast(pl.Datetime("us"), strict=False).alias(name)
    if name == "numeric_value":
        return column.cast(pl.Float32, strict=False).fill_nan(None).alias(name)
    return column.cast(pl.String, strict=False).alias(name)


def _of_the_subject() -> pl.Expr:
    """Whether an event is a birth, or says a sex."""
    sex = "|".join(rules()["sex"])
    code = pl.col("code")
    return (code.is_in(rules()["birth"]) | code.str.contains(f"^(?i)(?:{sex})/")).fill_null(False)


def _subjects(events: pl.DataFrame) -> pl.DataFrame:
    """subject_id, sex and born of every subject who has either."""
    said = pl.col("code").str.extract(r"/{1,2}([^/]*)$")
    birth = pl.col("code").is_in(rules()["birth"])
    found = events.group_by("subject_id", maintain_order=True).agg(
        born=pl.col("time").filter(birth).drop_nulls().first(),
        said=said.filter(~birth).drop_nulls().unique(),
    )
    one = pl.when(pl.col("said").list.len() == 1).then(pl.col("said").list.first())
    found = found.with_columns(said=one)
    return found.select("subject_id", "born", sex=pl.lit(sexes(found["said"])))


def _metadata(export: Export, notices: Notices) -> tuple[pl.DataFrame | None, str | None]:
    """The table of codes and the data set's name, of the nearest folder above that has them."""
    for folder in [export.path.parent, *export.path.parents[1 : _LEVELS_UP + 1]]:
        path = folder / rules()["folder"] / rules()["codes_file"]
        if path.is_file():
            if (__name__, path) not in notices.beside:
                notices.beside[__name__, path] = _codes(path)
            codes = notices.beside[__name__, path]
            assert codes is None or isinstance(codes, pl.DataFrame)
            return codes, _name_of_all(path.with_name(rules()["dataset_file"]))
    notices.say(
        f"{export.name}: there is no {rules()['folder']}/{rules()['codes_file']} above it, so what "
        "was measured is told by the codes alone."
    )
    return None, None


def _codes(path: Path) -> pl.DataFrame | None:
    (found,) = exports([path])
    if not is_parquet(found) or not set(rules()["codes"]) <= set(schema_of(found)):
        return None
    parents = pl.col("parent_codes").cast(pl.List(pl.String), strict=False)
    columns = [pl.col("code", "description").cast(pl.String, strict=False), parents]
    return collected(found, pl.scan_parquet(path).select(columns)).unique("code", keep="first")


def _name_of_all(path: Path) -> str | None:
    """``dataset_name`` of dataset.json; None where that is absent or says none."""
    if not path.is_file() or path.stat().st_size > MAX_DOCUMENT_BYTES:
        return None
    try:
        document = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return None
    name = document.get("dataset_name") if isinstance(document, dict) else None
    return name if isinstance(name, str) and name.strip() else None


def _about(rows: pl.DataFrame, subjects: pl.DataFrame) -> pl.DataFrame:
    rows = rows.join(subjects, on="subject_id", how="left", maintain_order="left")
    return rows.with_columns(age_years=ages_at(rows["time"], rows["born"]))


def _reported(name: str, rows: pl.DataFrame, laboratory: str | None) -> pl.DataFrame:
    number = pl.col("numeric_value").cast(pl.String).str.strip_suffix(".0")
    return reported_frame(
        {
            "patient_id": pl.col("subject_id"),
            "laboratory": pl.lit(laboratory, pl.String),
            "collected_at": pl.col("time"),
            "sex": pl.col("sex"),
            "age_years": pl.col("age_years"),
            "reported_name": pl.col("reported_name"),
            "loinc": pl.col("loinc"),
            "reported_value": value_of(number, pl.col("text_value")),
            "reported_unit": pl.coalesce("unit", "code_unit"),
            "specimen": pl.col("specimen"),
            "source": pl.lit(name),
            "place": pl.format("row {}", "row"),
        },
        rows,
    )
