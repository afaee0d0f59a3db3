"""What curation did, as counts: the summary, and what the quality page and the data card tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from hemoscribe.curate.cleaning.steps import Counts
from hemoscribe.curate.privacy.anonymity import Anonymity
from hemoscribe.curate.privacy.disclosure import Disclosure
from hemoscribe.curate.privacy.generalisation import Generalised
from hemoscribe.curate.split.leakage import SamePanels
from hemoscribe.curate.split.near_copies import NearCopies
from hemoscribe.records import SPLITS


@dataclass(frozen=True, slots=True)
class Outcome:
    """The summary, one line per report, the rejects, and what was measured across patients."""

    summary: Mapping[str, Any]
    reports: pl.DataFrame
    rejects: pl.DataFrame
    anonymity: Anonymity
    disclosure: Disclosure
    same_panels: SamePanels
    counts: Counts
    same_comments: NearCopies
    generalised: Generalised | None = None


def summarise(rejects: pl.DataFrame, reports: pl.DataFrame, anonymity: Anonymity) -> dict[str, Any]:
    """The counts that ``--json`` prints; ``rejects`` counts results, as ``read`` does."""
    by_code = rejects.group_by("code").agg(pl.col("results").cast(pl.Int64).sum()).sort("code")
    sides = {
        split: {
            "reports": side.height,
            "results": int(side["results"].sum()),
            "patients": side["patient_id"].n_unique(),
        }
        for split in SPLITS
        for side in [reports.filter(pl.col("split") == split)]
    }
    return {
        "results": int(reports["results"].sum()),
        "rejects": sum(by_code["results"].to_list()),
        "rejects_by_code": dict(by_code.iter_rows()),
        "reports": reports.height,
        "patients": reports["patient_id"].n_unique(),
        "splits": sides,
        "k_anonymity": anonymity.k,
    }
