"""Of what vessel a blood gas is: arterial, venous or capillary blood, or none that is stated.

Arterial limits hold for arterial blood alone: the oxygen of a vein is low in everybody. What a
result's name, code, specimen or remark says (``vessels.yaml``) makes it the result of that vessel;
one that says nothing takes the vessel of the other gases of its report, where these are of one.
Where a name and a specimen contradict each other, the vessel is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

import polars as pl

from hemoscribe.knowledge.analytes import load_yaml
from hemoscribe.knowledge.names import candidates
from hemoscribe.knowledge.spelling import name_words
from hemoscribe.records import report_number

ARTERIAL = "arterial"
NOT_STATED = ("po2", "oxygen_saturation")
"""The results that mean nothing as long as it is not stated whether the blood is arterial."""


@cache
def conditions_of_a_gas() -> frozenset[str]:
    """What is entered with a blood gas and is no result of the blood: never flagged."""
    return frozenset(load_yaml("vessels.yaml")["conditions"])


@dataclass(frozen=True, slots=True)
class _Vessels:
    words: Mapping[str, str]
    codes: Mapping[str, str]
    loinc: Mapping[str, str]
    beside: frozenset[str]
    analytes: Mapping[str, Mapping[str, str]]
    tell_others: frozenset[str]
    arterial_from: Mapping[str, float]


@cache
def _vessels() -> _Vessels:
    lists = load_yaml("vessels.yaml")
    words, codes, loinc = (
        {str(one): vessel for vessel, several in lists[kind].items() for one in several}
        for kind in ("words", "codes", "loinc")
    )
    return _Vessels(
        words=words,
        codes=codes,
        loinc=loinc,
        beside=frozenset(lists["beside"]),
        analytes=lists["analytes"],
        tell_others=frozenset(lists["tell_others"]),
        arterial_from=lists["arterial_from"],
    )


@lru_cache(maxsize=65536)
def _gases(name: str | None, loinc: str | None) -> frozenset[str]:
    """The gases that a name and a code may stand for."""
    found, _ = candidates(name, loinc)
    return frozenset(c.analyte.id for c in found) & _vessels().analytes.keys()


@lru_cache(maxsize=65536)
def stated_vessel(
    name: str | None, loinc: str | None, specimen: str | None, comment: str | None
) -> str | None:
    """The vessel that a result states of itself; None where it states none, or two."""
    known = _vessels()
    said = set(_said(name or "")) | set(_said(specimen or ""))
    said |= {known.codes[code] for code in _codes(specimen) if code in known.codes}
    if (coded := known.loinc.get(loinc or "")) is not None:
        said.add(coded)
    if not said and comment and set(name_words(comment)) <= known.beside | known.words.keys():
        said |= set(_said(comment))
    return said.pop() if len(said) == 1 else None


def _said(text: str) -> Iterable[str]:
    words = _vessels().words
    return (words[word] for word in name_words(text) if word in words)


def _codes(specimen: str | None) -> Iterable[str]:
    return (specimen or "").casefold().replace("^", " ").replace("&", " ").split()


def vessel_of_report(
    results: Iterable[tuple[str | None, str | None, str | None, str | None]],
) -> str | None:
    """The one vessel that the gases of a report state; None where they state none, or several.

    Args:
        results: of each its name, code, specimen and remark.
    """
    telling = _vessels().tell_others
    found = set()
    for name, loinc, specimen, comment in results:
        gases = _gases(name, loinc)
        if not gases:
            continue
        vessel = stated_vessel(name, loinc, specimen, comment) or _of_analyte(gases)
        if vessel is not None and (vessel == ARTERIAL or gases & telling):
            found.add(vessel)
    return found.pop() if len(found) == 1 else None


def _of_analyte(gases: frozenset[str]) -> str | None:
    """The vessel that a name of its own states: PaO2, PvCO2."""
    ends = {vessel for gas in gases for vessel in ("arterial", "venous") if gas.endswith(vessel)}
    return ends.pop() if len(ends) == 1 else None


def by_vessel(
    analyte: str, stated: str | None, of_report: str | None, printed_low: float | None
) -> str:
    """The analyte that a result is of, by its vessel: what it was, where it is no gas.

    Args:
        stated: the vessel that the result states of itself.
        of_report: the one that the other gases of its report state.
        printed_low: the printed lower limit, in the canonical unit.
    """
    known = _vessels()
    meant = known.analytes.get(analyte)
    if not meant:
        return analyte
    own_name = _of_analyte(frozenset((analyte,)))
    vessel = stated or (None if own_name else of_report)
    if vessel is None and printed_low is not None:
        least = known.arterial_from.get(analyte)
        vessel = ARTERIAL if least is not None and printed_low >= least else None
    return meant.get(vessel or "", analyte)


def rows_by_vessel(rows: pl.DataFrame) -> pl.DataFrame:
    """Reported rows, with ``analyte`` and the canonical ``low``, each gas of its vessel."""
    gases = rows["analyte"].is_in(list(_vessels().analytes)).fill_null(value=False)
    if not gases.any():
        return rows
    places = gases.arg_true()
    part = rows[places].with_columns(
        _report=report_number() if rows["report_id"].null_count() else pl.col("report_id")
    )
    columns = ("_report", "analyte", "low", "reported_name", "loinc", "specimen", "comment")
    told: dict[str, list[tuple[str | None, str | None, str | None, str | None]]] = {}
    found = list(part.select(columns).iter_rows())
    for report, _, _, *stating in found:
        told.setdefault(report, []).append(tuple(stating))
    of_report = {report: vessel_of_report(several) for report, several in told.items()}
    read = [
        by_vessel(analyte, stated_vessel(*stating), of_report[report], low)
        for report, analyte, low, *stating in found
    ]
    return rows.with_columns(rows["analyte"].scatter(places, pl.Series(read, dtype=pl.String)))
