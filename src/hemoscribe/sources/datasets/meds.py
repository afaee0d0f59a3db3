"""MEDS: events of patients in Parquet, with metadata/codes.parquet where it is (``meds.yaml``).

A report is what one subject's results of one time are. Sex and birth are events of the subject,
and the standard keeps all events of one in one file. Numbers have 32 bits: as text the shortest.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from hemoscribe.records import RejectCode
from hemoscribe.sources.batches import Batch, Notices, reported_frame
from hemoscribe.sources.datasets.blood import of_blood
from hemoscribe.sources.datasets.kinds import Kinds
from hemoscribe.sources.datasets.meds_codes import meanings, rules
from hemoscribe.sources.datasets.parquet_files import is_parquet, parts, schema_of
from hemoscribe.sources.datasets.refused_rows import refused_rows
from hemoscribe.sources.datasets.stated_texts import value_of
from hemoscribe.sources.exports import Export, exports
from hemoscribe.sources.mapping import Mapping as MappingFile
from hemoscribe.sources.patients import ages_at, sexes
from hemoscribe.sources.specimens import SpecimenJudge

_NO_NAME = pl.lit(
    "No metadata/codes.parquet above the file describes the code, which is a number of its source."
)
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
    if set(rules()["data"]) <= names or names == set(rules()["splits"]):
        return True
    return set(rules()["codes"]) <= set(schema_of(export))


def _names(export: Export) -> dict[str, str]:
    """The standard's name of a column -> the file's; a list or a structure is no column of it."""
    formerly = rules()["formerly"]
    flat = [name for name, kind in schema_of(export).items() if not kind.is_nested()]
    return {formerly.get(name, name): name for name in flat}


def read(export: Export, mapping: MappingFile, notices: Notices) -> Iterator[Batch]:
    """The reported rows of a file of events; nothing for the metadata."""
    if not is_parquet(export) or not set(rules()["data"]) <= _names(export).keys():
        return
    names = _names(export)
    described, laboratory = _metadata(export, notices)
    subjects = _subjects(_events(export, names, rules()["data"], about=True))
    kinds = Kinds(export.name, "code", "Only codes of a laboratory's results are read")
    judge = SpecimenJudge(export.name, mapping, notices)
    for events in _events(export, names, [*rules()["data"], *rules()["more"]], about=False):
        meant = meanings(events["code"], described)
        events = events.join(meant, on="code", how="left", maintain_order="left")
        # a row without a code is one of a kind, too
        other = pl.col("kind").is_not_null() | pl.col("code").is_null()
        kinds.take(events.filter(other)["kind"].fill_null("no code"))
        rows = _about(events.filter(~other), subjects)
        reported, rejects = of_blood(judge, _reported(export.name, rows, laboratory))
        unnamed = pl.col("reported_name").is_null() & pl.col("loinc").is_null()
        unknown = refused_rows(reported.filter(unnamed), RejectCode.UNKNOWN_ANALYTE, _NO_NAME)
        yield Batch(reported.filter(~unnamed), pl.concat([rejects, unknown]))
    yield kinds.batch()


def _events(
    export: Export, names: dict[str, str], wanted: Sequence[str], *, about: bool
) -> Iterator[pl.DataFrame]:
    """Events with their ``row``, part by part: those about the subject, or all others."""
    for before, part in parts(export, [names[name] for name in wanted if name in names]):
        events = part.select(_column(names, name) for name in wanted)
        of_subject = _of_the_subject()
        numbered = events.with_row_index("row", offset=before + 1)
        yield numbered.filter(of_subject if about else ~of_subject)


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


def _subjects(parts_of_events: Iterator[pl.DataFrame]) -> pl.DataFrame:
    """subject_id, sex and born of every subject who has either."""
    empty = {"subject_id": pl.String(), "time": pl.Datetime("us"), "code": pl.String()}
    found = [part.select(list(empty)) for part in parts_of_events]
    events = pl.concat([pl.DataFrame(schema=empty), *found])
    said = pl.col("code").str.extract(r"/{1,2}([^/]*)$")
    birth = pl.col("code").is_in(rules()["birth"])
    subjects = events.group_by("subject_id", maintain_order=True).agg(
        born=pl.col("time").filter(birth).drop_nulls().first(),
        said=said.filter(~birth).drop_nulls().unique(),
    )
    one = pl.when(pl.col("said").list.len() == 1).then(pl.col("said").list.first())
    subjects = subjects.with_columns(said=one)
    return subjects.select("subject_id", "born", sex=pl.lit(sexes(subjects["said"])))


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
    kinds = {"code": pl.String(), "description": pl.String(), "parent_codes": pl.List(pl.String)}
    schema = schema_of(found)
    columns = [
        pl.col(name) if schema[name] == kind else pl.lit(None, kind).alias(name)
        for name, kind in kinds.items()
    ]
    frames = [part.select(columns) for _, part in parts(found, rules()["codes"])]
    whole = pl.concat([pl.DataFrame(schema=kinds), *frames])
    return whole.unique("code", keep="first", maintain_order=True)


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
