"""The free-text columns of rows: each distinct text is scrubbed once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import polars as pl

from hemoscribe.curate.scrub.text import scrub

WITHHELD = "withheld"
_PLAIN_NUMBER = r"^[\s<>≤≥=~]*[-+]?\d{1,6}(?:[.,]\d*)?\s*$"


def scrub_comments(rows: pl.DataFrame) -> tuple[pl.DataFrame, Counter[str]]:
    """``rows`` with scrubbed comments, and how many comments lost an identifier of each kind.

    A comment in which a laboratory number would have changed is withheld (null), and counted. The
    patient's and the report's own numbers are taken out wherever they stand. It runs before
    ``pseudonymise``: it must know those numbers.
    """
    found: Counter[str] = Counter()
    if rows["comment"].null_count() == rows.height:
        return rows, found
    keys = ["comment", "patient_id", "report_id"]
    own = pl.any_horizontal(
        pl.col("comment").str.contains(pl.col(name), literal=True) for name in keys[1:]
    )
    named = rows.filter(own).select(keys).unique()
    rest = rows.filter(~own.fill_null(value=False))["comment"].drop_nulls().unique()
    texts = [(text, ()) for text in rest] + [(text, known) for text, *known in named.iter_rows()]
    cleaned: dict[str, str | None] = {}
    scrubbed_named = []
    for text, known in texts:
        result = scrub(text, known=tuple(known))
        found.update({redaction.kind for redaction in result.redactions})
        found[WITHHELD] += result.withheld
        clean = None if result.withheld else result.text
        if known:
            scrubbed_named.append((text, *known, clean))
        elif clean != text:
            cleaned[text] = clean
    rows = rows.with_columns(_replaced("comment", cleaned))
    if scrubbed_named:
        names = pl.DataFrame(
            scrubbed_named,
            schema={**dict.fromkeys(keys, pl.String), "_clean": pl.String},
            orient="row",
        ).with_columns(pl.lit(value=True).alias("_named"))
        rows = (
            rows.join(names, on=keys, how="left", maintain_order="left")
            .with_columns(
                pl.when("_named").then("_clean").otherwise("comment").alias("comment"),
            )
            .drop("_clean", "_named")
        )
    return rows, +found


def scrub_texts(rows: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """``rows`` with each text of ``columns`` scrubbed; a withheld one becomes ``[text]``."""
    changes = {}
    for column in columns:
        cleaned: dict[str, str | None] = {}
        texts = rows[column].drop_nulls().unique()
        for text in texts.filter(~texts.str.contains(_PLAIN_NUMBER)):
            result = scrub(text)
            if result.redactions:
                cleaned[text] = "[text]" if result.withheld else result.text
        if cleaned:
            changes[column] = _replaced(column, cleaned)
    return rows.with_columns(**changes) if changes else rows


def _replaced(column: str, new: dict[str, str | None]) -> pl.Expr:
    if not new:
        return pl.col(column)
    return pl.col(column).replace(list(new), pl.Series(list(new.values()), dtype=pl.String))
