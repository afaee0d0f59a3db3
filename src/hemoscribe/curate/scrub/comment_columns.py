"""The free-text columns of rows: each distinct text is scrubbed once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache, lru_cache

import polars as pl

from hemoscribe.curate.pseudonyms.policies import policies
from hemoscribe.curate.scrub.one_text import Finder, scrub, with_known_alike
from hemoscribe.curate.scrub.stated_names import StatedNames
from hemoscribe.curate.scrub.word_lists import any_of
from hemoscribe.curate.stream.runs import run_starts

WITHHELD = "withheld"
_PLAIN_NUMBER = r"^[\s<>≤≥=~]*[-+]?\d{1,6}(?:[.,]\d*)?\s*$"


def scrub_free_texts(
    rows: pl.DataFrame,
    patients: pl.Series,
    also: Finder | None = None,
    stated: StatedNames | None = None,
) -> tuple[pl.DataFrame, Counter[str]]:
    """``rows`` with comments and clinical notes scrubbed, as ``scrub_comments`` does."""
    found: Counter[str] = Counter()
    for column in (name for name in policies()["free_text"] if name in rows.columns):
        rows, taken = scrub_comments(rows, patients, also, stated, column=column)
        found.update(taken)
    return rows, found


def scrub_comments(
    rows: pl.DataFrame,
    patients: pl.Series,
    also: Finder | None = None,
    stated: StatedNames | None = None,
    *,
    column: str = "comment",
) -> tuple[pl.DataFrame, Counter[str]]:
    """``rows`` with scrubbed comments, and how many comments lost an identifier of each kind.

    A comment in which a laboratory number would have changed is withheld (null), and counted. The
    patient's, the report's and the sample's own numbers are taken out wherever they stand.

    Args:
        rows: ``patient_id`` is a place in ``patients``, ``report_id`` as the laboratory wrote it.
        patients: the patients' numbers as the laboratory wrote them.
        also: finds identifiers beside the rules, here and below.
        stated: names that columns of the rows state.
        column: the texts to scrub.
    """
    found: Counter[str] = Counter()
    noted = rows[column].is_not_null()
    if not noted.any():
        return rows, found
    sample = pl.col(_SAMPLE) if _SAMPLE in rows.columns else pl.lit(None, pl.String).alias(_SAMPLE)
    comments = rows.filter(noted).select(
        pl.col(column).alias("comment"), "patient_id", "report_id", sample
    )
    # A report's results stand together and share its comment: runs are few where rows are many.
    starts = run_starts(comments, comments.columns)
    runs = comments.filter(starts)
    cases = _with_known_numbers(runs.unique(maintain_order=True), patients)
    cleaned = []
    for text, *own, times in cases.group_by(_CASE, maintain_order=True).len().iter_rows():
        known = tuple(number for number in own if number is not None)
        clean, kinds = _scrubbed(*with_known_alike(text, known), also, stated)
        cleaned.append((text, *own, clean))
        found.update(dict.fromkeys(kinds, times))
    done = pl.DataFrame(cleaned, schema=dict.fromkeys((*_CASE, "_clean"), pl.String), orient="row")
    keys = ["comment", "patient_id", "report_id", _SAMPLE]
    cases = cases.join(done, on=_CASE, how="left", nulls_equal=True).select(*keys, "_clean")
    runs = runs.join(cases, on=keys, how="left", maintain_order="left", nulls_equal=True)
    clean_rows = runs["_clean"].gather(starts.cum_sum() - 1)
    return rows.with_columns(rows[column].scatter(noted.arg_true(), clean_rows)), found


_SAMPLE = "sample_id"
_CASE = ("comment", "_owner", "_report", "_sample")


def _with_known_numbers(comments: pl.DataFrame, patients: pl.Series) -> pl.DataFrame:
    """``comments`` with the numbers of patient, report and sample where the comment holds them."""
    numbers = comments.with_columns(patients.gather(comments["patient_id"]).alias("_owner"))
    return numbers.with_columns(
        pl.when(pl.col("comment").str.contains(pl.col(number), literal=True))
        .then(number)
        .alias(name)
        for name, number in (("_owner", "_owner"), ("_report", "report_id"), ("_sample", _SAMPLE))
    )


@lru_cache(maxsize=50_000)
def _scrubbed(
    text: str, known: tuple[str, ...], also: Finder | None, stated: StatedNames | None
) -> tuple[str | None, frozenset[str]]:
    """What may stay of a comment, and what was taken out; laboratories repeat most comments."""
    result = scrub(text, known=known, also=also, stated=stated)
    kinds = frozenset(redaction.kind for redaction in result.redactions)
    return (None, kinds | {WITHHELD}) if result.withheld else (result.text, kinds)


def scrub_column(
    texts: pl.Series, also: Finder | None = None, stated: StatedNames | None = None
) -> dict[str, str]:
    """Text -> what may stay of it, where the two differ; a withheld one becomes ``[text]``.

    A unit alone names nobody: without a number before it, "mm Hg" would be read as a surname.
    """
    changed = {}
    for text in texts.filter(~texts.str.contains(_PLAIN_NUMBER)):
        if _unit().fullmatch(text.strip()):
            continue
        result = scrub(text, also=also, stated=stated)
        if result.redactions:
            changed[text] = "[text]" if result.withheld else result.text
    return changed


@cache
def _unit() -> re.Pattern[str]:
    return re.compile(any_of("units"))


def scrub_texts(
    rows: pl.DataFrame, columns: Sequence[str], also: Finder | None = None
) -> pl.DataFrame:
    """``rows`` with each text of ``columns`` scrubbed."""
    changes = {}
    for column in columns:
        if new := scrub_column(rows[column].drop_nulls().unique(), also):
            changes[column] = pl.col(column).replace(list(new), list(new.values()))
    return rows.with_columns(**changes)
