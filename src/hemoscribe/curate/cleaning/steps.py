"""The cleaning steps of one partition, in their order."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import polars as pl

from hemoscribe.curate.cleaning.contradictions import settle_contradictions
from hemoscribe.curate.cleaning.duplicates import drop_duplicates
from hemoscribe.curate.cleaning.final_results import settle_statuses
from hemoscribe.curate.cleaning.missing import count_missing, settle_missing
from hemoscribe.curate.cleaning.plausibility import (
    drop_impossible_limits,
    is_implausible,
    refuse_implausible,
)
from hemoscribe.curate.cleaning.rejection import ROW, together
from hemoscribe.curate.cleaning.same_specimen import may_concern_each_other
from hemoscribe.curate.pseudonyms.policies import policies
from hemoscribe.curate.pseudonyms.pseudonymise import blur, number_reports
from hemoscribe.curate.pseudonyms.rejected import told_by_rows
from hemoscribe.curate.scrub import StatedNames, finder_of, scrub_free_texts
from hemoscribe.curate.stream.report_lines import list_reports
from hemoscribe.settings import CurateSettings

TRUE_YEAR = "true_year"


@dataclass
class Counts:
    """What was counted over all partitions."""

    missing_before: Counter[str] = field(default_factory=Counter)
    missing_after: Counter[str] = field(default_factory=Counter)
    scrubbed: Counter[str] = field(default_factory=Counter)
    impossible_limits: int = 0

    def add(self, other: Counts) -> None:
        """Count what ``other`` counted as well."""
        self.missing_before.update(other.missing_before)
        self.missing_after.update(other.missing_after)
        self.scrubbed.update(other.scrubbed)
        self.impossible_limits += other.impossible_limits


@dataclass(frozen=True, slots=True)
class CuratedPart:
    """A partition's rows in their final order, one line per report, and what was refused.

    ``patient_id`` and ``report_id`` are numbers; ``names`` holds the pseudonyms of the reports.
    """

    rows: pl.DataFrame
    reports: pl.DataFrame
    names: pl.Series
    rejects: pl.DataFrame
    counts: Counts


def clean(rows: pl.DataFrame, settings: CurateSettings) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows that stand, and a reject for each that does not; patient numbers are still in the rows.

    The order matters: what was cancelled or corrected is no duplicate, a duplicate is no
    contradiction, and an impossible value must not win over a possible one.
    """
    concerned = may_concern_each_other(rows) | (rows["status"] != "final")
    implausible = is_implausible(rows) & ~concerned
    few = rows.filter(concerned)
    _, alone = refuse_implausible(rows.filter(implausible))
    stay, refused = settle_statuses(few, preliminary=settings.preliminary)
    stay, impossible = refuse_implausible(stay)
    stay, duplicates = drop_duplicates(stay, keep=settings.duplicates)
    stay, contradictions = settle_contradictions(stay, policy=settings.contradictions)
    rejects = together([alone, refused, impossible, duplicates, contradictions])
    if not rejects.height:
        return rows, rejects
    # Few rows leave: the others are copied once, and stay in the order in which they came.
    gone = few[ROW].filter(~few[ROW].is_in(stay[ROW].implode()))
    return rows.filter(~(implausible | rows[ROW].is_in(gone.implode()))), rejects


def curate_partition(
    rows: pl.DataFrame,
    patients: pl.DataFrame,
    key: bytes,
    settings: CurateSettings,
    stated: StatedNames | None = None,
) -> CuratedPart:
    """All of a partition's way: cleaned, completed, scrubbed, blurred, numbered, in order.

    Args:
        rows: as ``partitions.take`` gives them: valid, coded, ``patient_id`` a row of ``patients``.
        stated: names that columns of any row state, to be taken out of comments.
    """
    counts, came = Counts(), rows
    rows, rejects = clean(rows, settings)
    rows, counts.impossible_limits = drop_impossible_limits(rows)
    counts.missing_before.update(count_missing(rows))
    rows, missing = settle_missing(rows, settings)
    counts.missing_after.update(count_missing(rows))
    rejects = told_by_rows(together([rejects, missing]), came, patients, key)
    also = finder_of(settings.scrub_with)
    rows, scrubbed = scrub_free_texts(rows, patients["patient_id"], also, stated)
    rows = rows.drop(policies()["removed"], strict=False)  # carried so far for the comments' sake
    counts.scrubbed.update(scrubbed)
    year = pl.col("collected_at").dt.year().alias(TRUE_YEAR)
    rows, names = number_reports(blur(rows.with_columns(year), patients), patients, key)
    return CuratedPart(rows.drop(TRUE_YEAR), list_reports(rows), names, rejects, counts)
