"""The cleaning steps of one partition, in their order."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import polars as pl

from hemoscribe.curate.contradictions import settle_contradictions
from hemoscribe.curate.duplicates import drop_duplicates
from hemoscribe.curate.missing import count_missing, settle_missing
from hemoscribe.curate.plausibility import refuse_implausible
from hemoscribe.curate.pseudonymise import pseudonymise
from hemoscribe.curate.rejection import ROW, together
from hemoscribe.curate.scrub import scrub_comments, scrub_texts
from hemoscribe.curate.statuses import settle_statuses
from hemoscribe.curate.validation import NumberedCuratedResult, require_patient, validate
from hemoscribe.settings import CurateSettings

TRUE_YEAR = "true_year"
_REPORTED = ("reported_name", "reported_value", "reported_unit")


@dataclass
class Counts:
    """What was counted over all partitions."""

    missing_before: Counter[str] = field(default_factory=Counter)
    missing_after: Counter[str] = field(default_factory=Counter)
    scrubbed: Counter[str] = field(default_factory=Counter)


def clean(rows: pl.DataFrame, settings: CurateSettings) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows that stand, and a reject for each that does not; patient numbers are still in the rows.

    The order matters: what was cancelled or corrected is no duplicate, a duplicate is no
    contradiction, and an impossible value must not win over a possible one.
    """
    rejects = []
    rows, refused = validate(rows)
    rejects.append(refused)
    rows, refused = require_patient(rows)
    rejects.append(refused)
    rows, refused = settle_statuses(rows, preliminary=settings.preliminary)
    rejects.append(refused)
    rows, refused = refuse_implausible(rows)
    rejects.append(refused)
    rows, refused = drop_duplicates(rows, keep=settings.duplicates)
    rejects.append(refused)
    rows, refused = settle_contradictions(rows, policy=settings.contradictions)
    rejects.append(refused)
    return rows, together(rejects)


def curate_partition(
    rows: pl.DataFrame,
    patients: pl.DataFrame,
    key: bytes,
    settings: CurateSettings,
    counts: Counts,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """All of a partition's way: cleaned, completed, pseudonymised, scrubbed, validated, in order.

    Returns:
        (curated rows with ``row`` and ``true_year``, rejects without identifiers).
    """
    # First, so that no reject and no message can quote an identifier.
    rows, rejects = clean(scrub_texts(rows, _REPORTED), settings)
    counts.missing_before.update(count_missing(rows))
    rows, missing = settle_missing(rows, settings)
    counts.missing_after.update(count_missing(rows))
    rows, scrubbed = scrub_comments(rows)
    counts.scrubbed.update(scrubbed)
    year = pl.col("collected_at").dt.year().alias(TRUE_YEAR)
    rows = pseudonymise(
        rows.with_columns(year), patients, key, laboratories=settings.laboratories
    ).sort("patient_id", "collected_at", "report_id", ROW)
    years = rows.select(ROW, TRUE_YEAR)
    rows, invalid = validate(rows, NumberedCuratedResult)
    rows = rows.join(years, on=ROW, how="left", maintain_order="left")
    return rows, together([rejects, missing, invalid])
