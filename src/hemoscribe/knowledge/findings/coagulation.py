"""Coagulation."""

from __future__ import annotations

from hemoscribe.knowledge.findings.rules import Rule, plain, rule
from hemoscribe.knowledge.formulas import any_of
from hemoscribe.knowledge.rule_words import below, high, low


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


@rule("low_fibrinogen")
def low_fibrinogen() -> Rule:
    """Fibrinogen below the range or under 1.5 g/L."""
    return plain(any_of(low("fibrinogen"), below("fibrinogen", 1.5)), "fibrinogen")


@rule("high_d_dimer")
def high_d_dimer() -> Rule:
    """D-dimer above the range."""
    return plain(high("d_dimer"), "d_dimer")
