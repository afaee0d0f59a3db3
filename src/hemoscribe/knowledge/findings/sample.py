"""Suspicions about the sample rather than the patient, and delta checks."""

from __future__ import annotations

from dataclasses import replace

from hemoscribe.knowledge.delta import DeltaLimit, delta_limits
from hemoscribe.knowledge.findings.rules import Rule, plain, rule
from hemoscribe.knowledge.formulas import Truth, all_of, any_of, at_least_of, number
from hemoscribe.knowledge.rule_words import (
    above,
    at_least,
    below,
    exact,
    high,
    index,
    low,
    measured,
    normal,
    not_called_normal,
    platelets_clumped,
    reported,
    sample_hemolyzed,
    upper,
)


@rule("edta_contamination")
def edta_contamination() -> Rule:
    """Potassium of 6.0 or more with low calcium, and ALP or magnesium low."""
    return plain(
        all_of(
            at_least("potassium", 6.0),
            low("calcium"),
            any_of(low("alp"), low("magnesium"), below("calcium", 1.5)),
        ),
        "potassium",
        "calcium",
        alp=low("alp"),
        magnesium=low("magnesium"),
        iron=low("iron"),
    )


@rule("hemolyzed_sample_suspected")
def hemolyzed_sample_suspected() -> Rule:
    """The laboratory's remark, or potassium, LDH and AST high without another reason."""
    affected = ("potassium", "ldh", "ast", "magnesium", "phosphate", "iron", "haptoglobin", "ck")
    by_results = all_of(
        high("potassium"),
        high("ldh"),
        any_of(high("ast"), ~reported("ast")),
        ~high("alt"),
        ~high("ck"),
        ~high("creatinine"),
        ~high("bilirubin_total"),
        ~low("haptoglobin"),
    )
    shown: dict[str, Truth] = {
        name: any_of(sample_hemolyzed(), high(name)) & measured(name) for name in affected
    }
    return plain(sample_hemolyzed() | by_results, **shown)


_DILUTED = {
    "potassium": low("potassium"),
    "calcium": low("calcium"),
    "total_protein": low("total_protein"),
    "albumin": low("albumin"),
    "magnesium": low("magnesium"),
    "hemoglobin": low("hemoglobin"),
}


@rule("drip_arm_contamination")
def drip_arm_contamination() -> Rule:
    """Glucose very high, or chloride high, with several other results diluted.

    A basic metabolic panel holds two that dilution lowers, potassium and calcium: both count there.
    """
    others = (reported(name) for name in _DILUTED if name not in ("potassium", "calcium"))
    of_basic_panel = all_of(low("potassium"), low("calcium"), ~any_of(*others))
    diluted = any_of(at_least_of(3, *_DILUTED.values()), of_basic_panel)
    dextrose = all_of(at_least("glucose", 20.0), below("sodium", 130.0), diluted)
    saline = all_of(
        high("chloride"), at_least("chloride", 112.0), ~low("sodium"), diluted, low("potassium")
    )
    return plain(
        dextrose | saline,
        **_DILUTED,
        glucose=at_least("glucose", 20.0),
        sodium=any_of(low("sodium"), high("sodium")),
        chloride=any_of(low("chloride"), high("chloride")),
    )


@rule("pseudohyponatremia_hint")
def pseudohyponatremia_hint() -> Rule:
    """Sodium low with very high lipids or protein, or explained by glucose."""
    lipids, protein = above("triglycerides", 17.0), above("total_protein", 100.0)
    by_glucose = index("sodium_corrected") >= 135.0
    sodium_low = all_of(below("sodium", 135.0), not_called_normal("sodium"))
    not_hypotonic = ~low("osmolality")
    return plain(
        all_of(sodium_low, not_hypotonic, any_of(lipids, protein, by_glucose)),
        "sodium",
        triglycerides=lipids,
        total_protein=protein,
        glucose=by_glucose,
        glucose_fasting=all_of(by_glucose, ~measured("glucose")),
        osmolality=normal("osmolality"),
    )


def _moved(limit: DeltaLimit) -> Truth:
    now, before = exact(limit.analyte), number(f"before:{limit.analyte}")
    if limit.amount is not None:
        fell, rose = before - now > limit.amount, now - before > limit.amount
    else:
        assert limit.percent is not None, f"delta.yaml: {limit.analyte} has no limit"
        share = limit.percent / 100.0
        fell, rose = before - now > before * share, now - before > before * share
    return fell if limit.falls_only else any_of(fell, rose)


@rule("delta_check")
def delta_check() -> Rule:
    """A result that moved further from the patient's last one than its limit in delta.yaml."""
    signs = {analyte: _moved(limit) for analyte, limit in delta_limits().items()}
    earlier = {f"before:{analyte}": moved for analyte, moved in signs.items()}
    return replace(plain(any_of(*signs.values()), **signs), earlier=earlier)


@rule("pseudohyperkalemia_hint")
def pseudohyperkalemia_hint() -> Rule:
    """Potassium above 5.4 mmol/L and flagged high, platelets above 500, and a kidney that works."""
    return plain(
        all_of(
            above("potassium", 5.4),
            high("potassium"),
            above("platelets", 500.0),
            ~high("creatinine"),
            ~low("egfr"),
            ~low("bicarbonate"),
            ~low("total_co2"),
        ),
        "potassium",
        "platelets",
    )


@rule("mchc_implausible")
def mchc_implausible() -> Rule:
    """MCHC at least 2 g/dL above the upper limit of its range."""
    return plain(
        at_least("mchc", upper("mchc") + 2.0),
        "mchc",
        mcv=high("mcv"),
        mch=high("mch"),
        erythrocytes=low("erythrocytes"),
        hematocrit=low("hematocrit"),
    )


@rule("platelet_clumps")
def platelet_clumps() -> Rule:
    """The laboratory's remark that platelets are in clumps."""
    return plain(platelets_clumped(), "platelets")
