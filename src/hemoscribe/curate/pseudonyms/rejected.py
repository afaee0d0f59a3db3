"""Whose a reject is, in the pseudonyms of the rows of the same report."""

from __future__ import annotations

import polars as pl

from hemoscribe.curate.cleaning.rejection import ROW
from hemoscribe.curate.pseudonyms.patients import pseudonyms

_WHOSE = ("patient_id", "report_id")
PLACE = "in its report"


def told_by_rows(
    rejects: pl.DataFrame, rows: pl.DataFrame, patients: pl.DataFrame, key: bytes
) -> pl.DataFrame:
    """Rejects of some of ``rows`` with the pseudonyms of their patients and reports.

    Args:
        rejects: each with ``row N`` (from 1) as its place.
        rows: ``row``, ``patient_id`` (a row of ``patients``) and ``report_id`` as it was read.
    """
    if rejects.is_empty():
        return rejects
    number = rejects["place"].str.strip_prefix("row ").cast(pl.UInt32) - 1
    wanted = rows.select(ROW, *_WHOSE).filter(pl.col(ROW).is_in(number.implode()))
    owners = patients["patient_id"].gather(wanted["patient_id"])
    found = wanted.select(ROW, "report_id").with_columns(owners)
    joined = number.alias(ROW).to_frame().join(found, on=ROW, how="left", maintain_order="left")
    return _named(rejects.with_columns(joined.select(_WHOSE)), patients, key)


def told_by_numbers(rejects: pl.DataFrame, patients: pl.DataFrame, key: bytes) -> pl.DataFrame:
    """Rejects that hold numbers as they were read, with pseudonyms in their place."""
    stripped = rejects.with_columns(pl.col(_WHOSE).str.strip_chars())
    return _named(stripped, patients, key)


def of_reports(rejects: pl.DataFrame, reports: pl.Series) -> pl.DataFrame:
    """Rejects that tell a report of ``reports``, or where they stood, and never both.

    Those of other reports tell nobody: they were left out, for a reason. The others lose their
    place: lines beside pseudonyms would tell in which order patients came.
    """
    stays = pl.col("report_id").is_in(reports.unique().implode()).fill_null(value=False)
    return rejects.with_columns(
        pl.when(stays).then(pl.col(_WHOSE)).name.keep(),
        place=pl.when(stays).then(pl.lit(PLACE)).otherwise("place"),
    )


def _named(rejects: pl.DataFrame, patients: pl.DataFrame, key: bytes) -> pl.DataFrame:
    pairs = rejects.select(_WHOSE).drop_nulls().unique(maintain_order=True)
    texts = [f"{who}\x00{what}" for who, what in pairs.iter_rows()]
    names = pairs.with_columns(pseudonyms(key, "report", texts).alias("_report")).join(
        patients.select("patient_id", "pseudonym"), on="patient_id", how="inner"
    )
    joined = rejects.join(names, on=_WHOSE, how="left", maintain_order="left")
    return joined.with_columns(patient_id="pseudonym", report_id="_report").select(rejects.columns)
