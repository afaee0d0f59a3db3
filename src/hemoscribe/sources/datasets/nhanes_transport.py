"""The files NHANES publishes: SAS transport (.XPT), one an analysis, joined by SEQN.

A folder of them is one survey: every file gives its columns to the people it names, so that sex and
age of DEMO stand beside the results of CBC or BIOPRO. A file given by name gives its own results.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from hemoscribe.errors import SourceError
from hemoscribe.sources.exports import Export, exports

MAX_FILE_BYTES = 512 * 1024 * 1024
_MARK = b"HEADER RECORD*******LIB"
_ZERO = 1e-70  # pandas reads the transport format's zero as 5.4e-79
_DIGITS = 10  # of IBM floating point, beyond which a decimal is an artefact
_DAMAGE = (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError, EOFError)


def is_transport(export: Export) -> bool:
    """Whether a file is SAS transport."""
    return export.sample.startswith(_MARK)


def column_names(export: Export, survey: Mapping[str, Any]) -> set[str]:
    """The file's variables, by the names of ``nhanes.yaml`` where they have one."""
    return set(_renamed(list(_table(export).columns), survey).values())


def people(export: Export, survey: Mapping[str, Any]) -> pl.DataFrame:
    """One row per person: what this file, and the others of its folder, say of them.

    Results come from this file alone where the user named it; in a folder the first of its files
    gives those of all, and the others none.

    Raises:
        SourceError: a file is damaged or too long.
    """
    beside = list(_beside(export))
    first = min(other.path for other in beside)
    if not export.named and export.path != first:
        return pl.DataFrame(schema={survey["patient"]: pl.Int64})
    own = _frame(export, survey)
    joined = own
    for other in beside:
        if other.path == export.path:
            continue
        frame = _frame(other, survey)
        if export.named:
            frame = frame.select(name for name in frame.columns if name not in survey["results"])
        joined = pl.concat([joined, frame], how="diagonal_relaxed")
    key = survey["patient"]
    merged = joined.group_by(key, maintain_order=True).agg(pl.all().drop_nulls().first())
    return merged.filter(pl.col(key).is_in(own[key].implode())) if export.named else merged


def _beside(export: Export) -> Iterator[Export]:
    """The transport files of the same folder, this one among them."""
    if export.compressed:
        yield export
        return
    for path in sorted(export.path.parent.iterdir()):
        if path == export.path:
            yield export
        elif path.suffix.casefold() == ".xpt" and path.is_file() and path.stat().st_size:
            for other in exports([Path(path)]):
                if is_transport(other):
                    yield other


def _frame(export: Export, survey: Mapping[str, Any]) -> pl.DataFrame:
    table = _table(export)
    names = _renamed(list(table.columns), survey)
    known = [column for column in table.columns if column in names]
    if survey["patient"] not in names.values():
        return pl.DataFrame(schema={survey["patient"]: pl.Int64})
    columns = {names[column]: _numbers(table[column].to_numpy()) for column in known}
    frame = pl.DataFrame(columns)
    return _with_cycle(frame, survey).with_columns(pl.col(survey["patient"]).cast(pl.Int64))


def _numbers(values: Any) -> pl.Series:
    series = pl.Series(values, strict=False)
    if not series.dtype.is_float():
        return series.cast(pl.String)
    rounded = series.fill_nan(None).round_sig_figs(_DIGITS)
    return pl.select(pl.when(rounded.abs() < _ZERO).then(0.0).otherwise(rounded)).to_series()


def _with_cycle(frame: pl.DataFrame, survey: Mapping[str, Any]) -> pl.DataFrame:
    entry = survey["survey_cycle"]
    if entry["column"] not in frame.columns:
        return frame
    code = pl.col(entry["column"]).cast(pl.Int64, strict=False)
    cycle = code.replace_strict(entry["codes"], default=None, return_dtype=pl.String)
    return frame.with_columns(cycle.alias(survey["cycle"])).drop(entry["column"])


def _renamed(columns: list[str], survey: Mapping[str, Any]) -> dict[str, str]:
    """File's variable -> our name, for those we know and whose meaning here is ours."""
    own = {survey["patient"]: survey["patient"]}
    own[survey["survey_cycle"]["column"]] = survey["survey_cycle"]["column"]
    names = {**survey["variables"], **own}
    return {
        column: names[column]
        for column in columns
        if column in names and not _is_another(column, columns, survey)
    }


def _is_another(column: str, columns: list[str], survey: Mapping[str, Any]) -> bool:
    needed = survey["beside"].get(column)
    return needed is not None and not set(needed) & set(columns)


def _table(export: Export) -> Any:
    import pandas

    with export.open() as stream:
        data = stream.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise SourceError(export.name, f"it is longer than {MAX_FILE_BYTES:,} bytes")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return pandas.read_sas(io.BytesIO(data), format="xport", encoding="latin-1")
    except _DAMAGE as error:
        raise SourceError(
            export.name, "it begins as SAS transport and is damaged", remedy="Fetch it again."
        ) from error
