"""Inflammation, immunoglobulins, tumor markers."""

from __future__ import annotations

from hemoscribe.knowledge.findings.rules import Rule, evidence, plain, rule
from hemoscribe.knowledge.formulas import all_of, any_of
from hemoscribe.knowledge.rule_words import above, at_least, high, low, measured, pregnant


@rule("inflammation")
def inflammation() -> Rule:
    """CRP above the range, from 10 and above 100 mg/L; without CRP, ESR or fibrinogen."""
    without_crp = all_of(~measured("crp"), any_of(high("esr"), high("fibrinogen")))
    return Rule(
        {
            "marked": above("crp", 100.0),
            "moderate": at_least("crp", 10.0),
            "mild": any_of(high("crp"), without_crp),
        },
        evidence(
            "crp",
            procalcitonin=high("procalcitonin"),
            esr=high("esr"),
            fibrinogen=high("fibrinogen"),
        ),
    )


@rule("hypogammaglobulinemia")
def hypogammaglobulinemia() -> Rule:
    """IgG or the gamma fraction below the range; without both, globulins below the range."""
    by_globulins = all_of(~measured("igg"), ~measured("gamma_globulins"), low("globulins"))
    return plain(
        any_of(low("igg"), low("gamma_globulins"), by_globulins),
        igg=low("igg"),
        gamma_globulins=low("gamma_globulins"),
        globulins=low("globulins"),
        iga=low("iga"),
        igm=low("igm"),
    )


@rule("hypergammaglobulinemia")
def hypergammaglobulinemia() -> Rule:
    """An immunoglobulin or the gamma fraction above the range; without them, globulins above it."""
    signs = {name: high(name) for name in ("igg", "iga", "igm", "gamma_globulins")}
    nothing_better = ~any_of(*(measured(name) for name in ("igg", "gamma_globulins")))
    by_globulins = all_of(nothing_better, high("globulins"))
    return plain(
        any_of(*signs.values(), by_globulins),
        **signs,
        globulins=high("globulins"),
        total_protein=high("total_protein"),
    )


@rule("psa_high")
def psa_high() -> Rule:
    """PSA above the range."""
    return plain(high("psa"), "psa")


@rule("tumour_marker_high")
def tumour_marker_high() -> Rule:
    """A tumor marker other than PSA above the range; AFP not in pregnancy."""
    signs = {name: high(name) for name in ("cea", "ca125", "ca19_9", "ca15_3")} | {
        "afp": all_of(high("afp"), ~pregnant())
    }
    return plain(any_of(*signs.values()), **signs)
