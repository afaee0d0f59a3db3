"""The free-text columns of rows: each distinct text is scrubbed once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

import polars as pl

from hemoscribe.curate.scrub.text import scrub

WITHHELD = "withheld"
_PLAIN_NUMBER = r"^[\s<>≤≥=~]*[-+]?\d{1,6}(?:[.,]\d*)?\s*$"


def scrub_comments(rows: pl.DataFrame, patients: pl.Series) -> tuple[pl.DataFrame, Counter[str]]:
    """``rows`` with scrubbed comments, and how many comments lost an identifier of each kind.

    A comment in which a laboratory number would have changed is withheld (null), and counted. The
    patient's and the report's own numbers are taken out wherever they stand.

    Args:
        rows: ``patient_id`` is a place in ``patients``, ``report_id`` as the laboratory wrote it.
        patients: the patients' numbers as the laboratory wrote them.
    """
    found: Counter[str] = Counter()
    noted = rows["comment"].is_not_null()
    if not noted.any():
        return rows, found
    comments = rows.filter(noted).select("comment", "patient_id", "report_id")
    distinct = comments.unique(maintain_order=True)
    owners = patients.gather(distinct["patient_id"])
    cleaned: list[str | None] = []
    for text, owner, report in zip(distinct["comment"], owners, distinct["report_id"], strict=True):
        known = tuple(number for number in (owner, report) if number in text)
        clean, kinds = _scrubbed(text, known)
        cleaned.append(clean)
        found.update(kinds)
    distinct = distinct.with_columns(pl.Series("_clean", cleaned, dtype=pl.String))
    comments = comments.join(distinct, on=comments.columns, how="left", maintain_order="left")
    return rows.with_columns(rows["comment"].scatter(noted.arg_true(), comments["_clean"])), found


@lru_cache(maxsize=50_000)
def _scrubbed(text: str, known: tuple[str, ...]) -> tuple[str | None, frozenset[str]]:
    """What may stay of a comment, and what was taken out; laboratories repeat most comments."""
    result = scrub(text, known=known)
    kinds = frozenset(redaction.kind for redaction in result.redactions)
    return (None, kinds | {WITHHELD}) if result.withheld else (result.text, kinds)


def scrub_column(texts: pl.Series) -> dict[str, str]:
    """Text -> what may stay of it, where the two differ; a withheld one becomes ``[text]``."""
    changed = {}
    for text in texts.filter(~texts.str.contains(_PLAIN_NUMBER)):
        result = scrub(text)
        if result.redactions:
            changed[text] = "[text]" if result.withheld else result.text
    return changed


def scrub_texts(rows: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """``rows`` with each text of ``columns`` scrubbed."""
    changes = {}
    for column in columns:
        if new := scrub_column(rows[column].drop_nulls().unique()):
            changes[column] = pl.col(column).replace(list(new), list(new.values()))
    return rows.with_columns(**changes)
