"""Coagulation."""

from __future__ import annotations

from typing import Final

from hemoscribe.knowledge.anticoagulants import TARGET_LOW
from hemoscribe.knowledge.findings.rules import Rule, plain, rule
from hemoscribe.knowledge.formulas import all_of, any_of, constant, number
from hemoscribe.knowledge.rule_words import below, high, low, under

USUAL_TARGET_LOW: Final = 2.0
"""Below every target in use (ACCP 2012); that of a mechanical valve may be higher."""


@rule("prolonged_pt")
def prolonged_pt() -> Rule:
    """Prothrombin time above, or prothrombin percentage below, the range."""
    return plain(any_of(high("pt"), low("pt_pct")), pt=high("pt"), pt_pct=low("pt_pct"))


@rule("prolonged_aptt")
def prolonged_aptt() -> Rule:
    """aPTT or its ratio above the range."""
    return plain(
        any_of(high("aptt"), high("aptt_ratio")),
        aptt=high("aptt"),
        aptt_ratio=high("aptt_ratio"),
    )


@rule("high_inr")
def high_inr() -> Rule:
    """INR above the range."""
    return plain(high("inr"), "inr", pt=high("pt"), pt_pct=low("pt_pct"))


@rule("inr_below_target")
def inr_below_target() -> Rule:
    """INR below its target under a vitamin K antagonist that the note names."""
    target = number(TARGET_LOW).otherwise(constant(USUAL_TARGET_LOW))
    return plain(all_of(under("vka"), below("inr", target)), "inr")


@rule("low_fibrinogen")
def low_fibrinogen() -> Rule:
    """Fibrinogen below the range or under 1.5 g/L."""
    return plain(any_of(low("fibrinogen"), below("fibrinogen", 1.5)), "fibrinogen")


@rule("high_d_dimer")
def high_d_dimer() -> Rule:
    """D-dimer above the range."""
    return plain(high("d_dimer"), "d_dimer")
