"""Kidney."""

from __future__ import annotations

from hemoscribe.knowledge.findings.rules import UNGRADED, Rule, evidence, plain, rule
from hemoscribe.knowledge.formulas import Number, Truth, all_of, any_of, unless
from hemoscribe.knowledge.index_formulas import egfr_ckd_epi_2021
from hemoscribe.knowledge.rule_words import (
    above,
    adult,
    age,
    at_least,
    before,
    below,
    exact,
    high,
    index,
    low,
    measured,
    most,
    pregnant,
    younger,
)

_computed = index("egfr")
_of_creatinine = egfr_ckd_epi_2021(exact("creatinine"), age()).where(all_of(adult(), ~pregnant()))
_gfr_most = most("egfr").otherwise(_computed.where(~measured("egfr")))
_MARKED = any_of(high("creatinine"), low("egfr"), high("cystatin_c"))
_FILTRATION = (
    ("G5", 0.0, 15.0),
    ("G4", 15.0, 30.0),
    ("G3b", 30.0, 45.0),
    ("G3a", 45.0, 60.0),
    ("G2", 60.0, 90.0),
    ("G1", 90.0, None),
)


_CONTRADICTED = unless(
    unless(
        any_of(
            *(
                all_of(_of_creatinine < computed, at_least("egfr", printed))
                for computed, printed in ((15.0, 30.0), (30.0, 45.0), (45.0, 60.0), (60.0, 90.0))
            )
        )
    )
)
"""Whether the eGFR is printed more than one category above what this creatinine gives."""


def _under(limit: float) -> Truth:
    """Whether filtration is under a limit: as reported (">90": over those below), else computed.

    One that the creatinine contradicts is not read.
    """
    return any_of(
        all_of(below("egfr", limit), ~_CONTRADICTED),
        all_of(~measured("egfr"), _computed < limit),
        all_of(_CONTRADICTED, _of_creatinine < limit),
    )


def _from(limit: float) -> Truth:
    return any_of(
        all_of(at_least("egfr", limit), ~_CONTRADICTED),
        all_of(~measured("egfr"), _computed >= limit),
        all_of(_CONTRADICTED, _of_creatinine >= limit),
    )


def _category(name: str, low_limit: float, high_limit: float | None) -> Truth:
    inside = _under(high_limit) if high_limit is not None else _from(low_limit)
    if low_limit and high_limit is not None:
        inside = all_of(inside, _from(low_limit))
    return all_of(inside, _MARKED) if name in ("G1", "G2") else inside


@rule("ckd_stage")
def ckd_stage() -> Rule:
    """KDIGO GFR category; G1 and G2 only where creatinine, cystatin C or eGFR is flagged."""
    return Rule(
        {name: _category(name, start, end) for name, start, end in _FILTRATION},
        evidence(
            egfr=~_CONTRADICTED,
            creatinine=any_of(~measured("egfr"), high("creatinine")),
            cystatin_c=high("cystatin_c"),
        ),
    )


_LIMIT = 60.0
_WINDOW_YEARS = 2.0  # of earlier.yaml: as young as the patient can have been then


def _then(reported: Number, creatinine: Number) -> tuple[Truth, Number]:
    """Where an earlier eGFR was not reported and can be computed, and what it was at most."""
    there = all_of(creatinine.known, ~reported.known)
    return there, egfr_ckd_epi_2021(creatinine, age() - _WINDOW_YEARS).where(adult())


def _was_reduced() -> tuple[Truth, Truth]:
    """The last eGFR of at least three months ago was under 60: as reported, else as computed."""
    reported, creatinine = before("egfr_90d"), before("creatinine_90d")
    there, computed = _then(reported, creatinine)
    return reported < _LIMIT, all_of(there, computed < _LIMIT)


def _recovered_since() -> Truth:
    reported, creatinine = before("egfr_between"), before("creatinine_between")
    there, computed = _then(reported, creatinine)
    return any_of(reported >= _LIMIT, all_of(there, computed >= _LIMIT))


@rule("chronic_kidney_disease")
def chronic_kidney_disease() -> Rule:
    """KDIGO: eGFR under 60 now and three months ago or more, and at no time between."""
    reported, computed = _was_reduced()
    chronic = all_of(any_of(reported, computed), ~_recovered_since())
    return Rule(
        {
            name: all_of(_category(name, start, end), chronic)
            for name, start, end in _FILTRATION
            if start < _LIMIT
        },
        evidence("egfr", creatinine=any_of(~measured("egfr"), high("creatinine"))),
        {"before:egfr_90d": reported, "before:creatinine_90d": computed},
    )


@rule("creatinine_rise")
def creatinine_rise() -> Rule:
    """NHS England's algorithm: without a creatinine of the past week, against the year's median."""
    ratio = exact("creatinine") / before("creatinine_year")
    risen = all_of(~before("creatinine_7d").known, ratio >= 1.5)
    return Rule(
        {
            "3": all_of(risen, any_of(ratio >= 3.0, above("creatinine", 354.0))),
            "2": all_of(risen, ratio >= 2.0),
            "1": risen,
        },
        evidence("creatinine"),
        {"before:creatinine_year": risen},
    )


_FALLEN = 0.75  # of the highest: a fall by a quarter
_AMOUNT = 26.5  # umol/L, 0.3 mg/dL


@rule("creatinine_falling")
def creatinine_falling() -> Rule:
    """Creatinine a quarter under the highest of the past 14 days, and still raised: not steady."""
    now, peak = exact("creatinine"), before("creatinine_14d")
    raised = any_of(high("creatinine"), _under(_LIMIT))
    fallen = all_of(raised, now <= peak * _FALLEN, peak - now >= _AMOUNT)
    return Rule({UNGRADED: fallen}, evidence("creatinine"), {"before:creatinine_14d": fallen})


@rule("acute_kidney_injury")
def acute_kidney_injury() -> Rule:
    """KDIGO 2012 on creatinine: against the lowest of the past 48 hours and of the past 7 days."""
    now = exact("creatinine")
    ratio = now / before("creatinine_7d")
    rise = now - before("creatinine_48h")
    injured = any_of(ratio >= 1.5, rise >= 26.5)
    very_low_filtration = all_of(younger(18.0), _gfr_most < 35.0)
    return Rule(
        {
            "3": any_of(
                ratio >= 3.0,
                all_of(injured, at_least("creatinine", 353.6)),
                all_of(injured, very_low_filtration),
            ),
            "2": ratio >= 2.0,
            "1": injured,
        },
        evidence("creatinine"),
        {"before:creatinine_7d": ratio >= 1.5, "before:creatinine_48h": rise >= 26.5},
    )


@rule("prerenal_pattern")
def prerenal_pattern() -> Rule:
    """Urea raised out of proportion to creatinine: more than 100 to 1 in mmol/L."""
    return plain(all_of(high("urea"), index("urea_creatinine_ratio") > 100.0), "urea", "creatinine")
