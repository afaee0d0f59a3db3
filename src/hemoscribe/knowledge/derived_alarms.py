"""Critical results that no limit of their own tells: by a result beside them, or by the time.

A limit that the laboratory's overlay moves does not take these back: it speaks of the result, and
these of what is computed from it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import polars as pl

from hemoscribe.knowledge.fact_names import UNJUDGED
from hemoscribe.knowledge.formulas import Truth, all_of, any_of, number
from hemoscribe.knowledge.positions import Positions
from hemoscribe.knowledge.rule_words import at_least, below, exact, measured, younger
from hemoscribe.knowledge.time_lines import hour_unknown, newborn, preterm
from hemoscribe.records import FlaggedResult

_CALCIUM = (1.8, 3.5)  # of adjusted calcium (RCPath 2017)
_PRETERM = all_of(newborn(), preterm())
_INFANT_YEARS = 1.0
_NEUTROPHILS = 0.5  # 10*9/L (RCPath 2017)


@cache
def derived_alarms() -> Mapping[str, Truth]:
    """Analyte -> when its result rings, whatever its own critical limit says."""
    corrected = number("index:calcium_corrected")
    salt_loss = all_of(younger(_INFANT_YEARS), below("sodium", 130.0), at_least("potassium", 6.0))
    return {
        "sodium": salt_loss,  # an adrenal crisis of an infant
        "potassium": salt_loss,
        "neutrophils_pct": all_of(
            ~measured("neutrophils"),
            exact("leukocytes") * exact("neutrophils_pct") / 100.0 <= _NEUTROPHILS,
        ),
        "calcium": all_of(
            ~measured("ionized_calcium"),
            ~measured("adjusted_calcium"),
            any_of(corrected <= _CALCIUM[0], corrected >= _CALCIUM[1]),
        ),
        "bilirubin_total": all_of(
            newborn(), ~hour_unknown(), at_least("bilirubin_total", number("index:bilirubin_line"))
        ),
        "paracetamol": at_least("paracetamol", number("index:paracetamol_line")),
    }


@cache
def alarm_columns() -> frozenset[str]:
    """The facts that these alarms need, and the marks that they set."""
    marks = frozenset(f"{analyte}:critical" for analyte in derived_alarms())
    return marks.union(*(holds.columns for holds in derived_alarms().values()))


ALARM_INDICES = ("calcium_corrected", "bilirubin_line", "paracetamol_line")
"""The indices that these alarms rest on."""


def may_ring(age_years: float | None, held: Collection[str]) -> bool:
    """Whether a report that holds these analytes may have such an alarm, told at little cost."""
    if age_years is None or age_years < _INFANT_YEARS:
        return any(analyte in held for analyte in derived_alarms())
    corrected = "calcium" in held and "albumin" in held and "ionized_calcium" not in held
    return corrected or "neutrophils_pct" in held or "paracetamol" in held


def ring(results: Sequence[FlaggedResult], facts: dict[str, Any]) -> list[FlaggedResult]:
    """The results of one report with these alarms; ``facts`` hold its indices and get the marks."""
    ringing = {
        analyte
        for analyte, holds in derived_alarms().items()
        if f"{analyte}:flag" in facts and holds.compute(facts)
    }
    for analyte in ringing:
        facts[f"{analyte}:critical"] = True
    if not ringing:
        return list(results)
    return [_rung(result, ringing) for result in results]


def _rung(result: FlaggedResult, ringing: set[str]) -> FlaggedResult:
    if result.analyte not in ringing:
        return result
    ringing.discard(result.analyte)  # the first result of an analyte is what facts are of
    return replace(result, flag=_raised(result), critical=True)


def unjudged(results: Sequence[FlaggedResult], facts: dict[str, Any]) -> list[FlaggedResult]:
    """The results of one report; our bilirubin range is one of term and calls no preterm normal."""
    if "bilirubin_total:flag" not in facts or not _PRETERM.compute(facts):
        return list(results)
    found = []
    for result in results:
        if (result.analyte, result.range_source, result.flag) == (
            "bilirubin_total",
            "knowledge",
            "N",
        ):
            facts["bilirubin_total:flag"] = UNJUDGED
            result = replace(result, flag=None, low=None, high=None, range_source=None)
        found.append(result)
    return found


_RAISED: Mapping[str, str] = {"L": "LL", "H": "HH"}
_HIGH_ONLY = ("bilirubin_total", "paracetamol")
"""Those that ring on one side only; our ranges know neither the hour of life nor of ingestion."""


def _raised(result: FlaggedResult) -> str | None:
    printed = result.flag is not None and result.range_source == "laboratory"
    if result.analyte in _HIGH_ONLY and not printed:
        return "HH"
    return _RAISED.get(result.flag or "", result.flag)


def ring_all(
    frame: pl.DataFrame, rows: pl.DataFrame, where: Positions
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """As ``ring``: the wide frame (with its indices) and the flagged rows of many reports."""
    held = frame.select(
        holds.expr.fill_null(value=False).alias(analyte)
        for analyte, holds in derived_alarms().items()
    )
    ringing = {column.name: column.to_numpy() for column in held if column.any()}
    if not ringing:
        return frame, rows
    frame = frame.with_columns(
        (pl.col(f"{analyte}:critical").fill_null(value=False) | pl.Series(rings)).alias(
            f"{analyte}:critical"
        )
        for analyte, rings in ringing.items()
    )
    marked = np.zeros(len(rows), dtype=np.bool_)
    for analyte, rings in ringing.items():
        places = np.flatnonzero((rows["analyte"] == analyte).to_numpy())
        _, first = np.unique(where.report[places], return_index=True)
        firsts = places[first]
        marked[firsts[rings[where.report[firsts]]]] = True
    mark = pl.Series(marked)
    printed = pl.col("flag").is_not_null() & (pl.col("range_source") == "laboratory")
    raised = (
        pl.when(pl.col("analyte").is_in(_HIGH_ONLY) & ~printed.fill_null(value=False))
        .then(pl.lit("HH"))
        .otherwise(pl.col("flag").replace(_RAISED))
    )
    return frame, rows.with_columns(
        pl.when(mark).then(raised).otherwise(pl.col("flag")).alias("flag"),
        pl.col("critical") | mark,
    )
