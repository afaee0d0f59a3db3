"""What a person must be told about the curated rows: one sentence each, with the number."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from hemoscribe.curate.account.outcome import Outcome
from hemoscribe.curate.pseudonyms.keys import fingerprint_of
from hemoscribe.curate.scrub import models_found
from hemoscribe.settings import CurateSettings
from hemoscribe.stages import MANIFEST, read_manifest


def other_key_notices(out: Path, key: bytes, *, stage: str) -> list[str]:
    """What to say when ``out`` was curated with another key."""
    if not (out / MANIFEST).exists():
        return []
    earlier = read_manifest(out, stage=stage).inputs.get("pseudonym key")
    if earlier == fingerprint_of(key):
        return []
    return [
        "The folder was curated with another pseudonym key before: pseudonyms and sides of the "
        "split have changed, and a model trained on the old rows must not be measured on the new."
    ]


def notices(outcome: Outcome, settings: CurateSettings) -> list[str]:
    """Too few reports, panels and numbers that do not fit, comments withheld, small cells."""
    reports = outcome.reports
    found = []
    if reports.height < settings.few_reports_warning:
        found.append(
            f"Only {reports.height:,} reports are left after cleaning; "
            f"{settings.few_reports_warning:,} or more are recommended, and measured figures will "
            "have wide intervals."
        )
    same_panels = outcome.same_panels
    if same_panels.across_sides:
        what = "their copies off the measuring side were rejected"
        found.append(
            f"{same_panels.across_sides:,} identical full panels stand under two patient numbers "
            f"on two sides or folds; {what if same_panels.refused.height else 'they were kept'}."
        )
    if copies := outcome.same_comments.count:
        found.append(
            f"{copies:,} long comments stand, word for word or nearly, about a few patients on two "
            "sides or folds (`curate.same_comments`); the quality page shows examples."
        )
    two_sexes = (
        reports.drop_nulls("sex")
        .group_by("patient_id")
        .agg(pl.col("sex").n_unique().alias("sexes"))
        .filter(pl.col("sexes") > 1)
        .height
    )
    if two_sexes:
        found.append(
            f"{two_sexes:,} patient numbers have reports of both sexes: two laboratories may give "
            "the same number to two people."
        )
    if (done := outcome.generalised) is not None:
        found.append(
            f"Rows are coarser, so that k is {done.wanted_k} or more over sex, age, period and "
            f"laboratory as written: {done.way.words}; {done.refused.len():,} of {done.reports:,} "
            "reports were refused for it."
        )
    if settings.scrub_with == "presidio" and not models_found():
        found.append(
            "Presidio found no spaCy model of English or French on this machine: its patterns were "
            "used, and names were found by the rules alone."
        )
    if withheld := outcome.counts.scrubbed["withheld"]:
        found.append(
            f"{withheld:,} comments were withheld, because taking out an identifier would have "
            "changed a laboratory number."
        )
    if strayed := outcome.counts.impossible_limits:
        found.append(
            f"{strayed:,} printed ranges had a limit that no such result can have (a number of "
            "another column?); they were left out, as if none had been printed."
        )
    anonymity = outcome.anonymity
    small = anonymity.below(settings.wanted_k)
    if small.height:
        found.append(
            f"{small.height:,} of {anonymity.cells.height:,} cells of sex, age band and laboratory "
            f"have fewer than {settings.wanted_k} patients (the smallest has {anonymity.k}): the "
            "rows are pseudonymised, not anonymised."
        )
    return found
