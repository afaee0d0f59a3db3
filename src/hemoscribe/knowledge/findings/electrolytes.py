"""Sodium, potassium, calcium, phosphate, magnesium."""

from __future__ import annotations

from dataclasses import replace

from hemoscribe.knowledge.findings.rules import UNGRADED, Rule, evidence, plain, rule
from hemoscribe.knowledge.formulas import Truth, all_of, any_of, unless
from hemoscribe.knowledge.rule_words import (
    adult,
    at_least,
    before,
    below,
    critical,
    exact,
    high,
    index,
    low,
    lower,
    measured,
    not_called_normal,
    upper,
)


@rule("hyponatremia")
def hyponatremia() -> Rule:
    """ESE/ERA 2014: under 135, 130 and 125 mmol/L."""
    return Rule(
        {
            "profound": below("sodium", 125.0),
            "moderate": below("sodium", 130.0),
            "mild": all_of(below("sodium", 135.0), not_called_normal("sodium")),
        },
        evidence("sodium", osmolality=low("osmolality")),
    )


@rule("hypernatremia")
def hypernatremia() -> Rule:
    """Sodium above 145 mmol/L and not called normal."""
    return plain(
        any_of(
            at_least("sodium", 150.0),
            all_of(at_least("sodium", 145.01), not_called_normal("sodium")),
        ),
        "sodium",
    )


@rule("hypokalemia")
def hypokalemia() -> Rule:
    """Under 3.5, 3.0 and 2.5 mmol/L."""
    return Rule(
        {
            "severe": below("potassium", 2.5),
            "moderate": below("potassium", 3.0),
            "mild": all_of(below("potassium", 3.5), not_called_normal("potassium")),
        },
        evidence("potassium", magnesium=low("magnesium")),
    )


@rule("hyperkalemia")
def hyperkalemia() -> Rule:
    """UK Kidney Association: 5.5, 6.0 and 6.5 mmol/L in adults; in children the range for age."""
    return Rule(
        {
            "severe": all_of(adult(), at_least("potassium", 6.5)),
            "moderate": all_of(adult(), at_least("potassium", 6.0)),
            "mild": all_of(adult(), at_least("potassium", 5.5), not_called_normal("potassium")),
            UNGRADED: all_of(~adult(), high("potassium"), at_least("potassium", 5.5)),
        },
        evidence("potassium"),
    )


_corrected = index("calcium_corrected")


def _nothing_better() -> Truth:
    """Neither ionized calcium nor the laboratory's own adjusted one."""
    return all_of(~measured("ionized_calcium"), ~measured("adjusted_calcium"))


@rule("hypocalcemia")
def hypocalcemia() -> Rule:
    """Ionized calcium low; without it adjusted or corrected, without albumin total calcium."""
    adjusted_low = all_of(~measured("ionized_calcium"), low("adjusted_calcium"))
    corrected_low = all_of(_nothing_better(), _corrected < lower("calcium"))
    total_low = all_of(
        _nothing_better(),
        any_of(~measured("albumin"), all_of(~_corrected.known, critical("calcium"))),
        low("calcium"),
    )
    return plain(
        any_of(low("ionized_calcium"), adjusted_low, corrected_low, total_low),
        ionized_calcium=low("ionized_calcium"),
        adjusted_calcium=adjusted_low,
        calcium=any_of(corrected_low, total_low),
        albumin=corrected_low,
    )


@rule("hypercalcemia")
def hypercalcemia() -> Rule:
    """Ionized calcium high; without it adjusted or corrected, without albumin total calcium."""
    adjusted_high = all_of(~measured("ionized_calcium"), high("adjusted_calcium"))
    corrected_high = all_of(_nothing_better(), _corrected > upper("calcium"))
    total_high = all_of(_nothing_better(), ~_corrected.known, high("calcium"))
    found = plain(
        any_of(high("ionized_calcium"), adjusted_high, corrected_high, total_high),
        ionized_calcium=high("ionized_calcium"),
        adjusted_calcium=adjusted_high,
        calcium=any_of(corrected_high, total_high),
        albumin=all_of(corrected_high, low("albumin")),
    )
    names = ("ionized_calcium", "adjusted_calcium", "calcium")
    earlier = {f"before:{name}_2w": before(f"{name}_2w") > upper(name) for name in names}
    return replace(found, earlier=earlier)


@rule("hypophosphatemia")
def hypophosphatemia() -> Rule:
    """Phosphate below the range."""
    return plain(low("phosphate"), "phosphate")


@rule("hyperphosphatemia")
def hyperphosphatemia() -> Rule:
    """Phosphate above the range."""
    return plain(high("phosphate"), "phosphate")


@rule("hypomagnesemia")
def hypomagnesemia() -> Rule:
    """Magnesium below the range."""
    return plain(low("magnesium"), "magnesium")


@rule("hypermagnesemia")
def hypermagnesemia() -> Rule:
    """Magnesium above the range."""
    return plain(high("magnesium"), "magnesium")


@rule("hyperosmolality")
def hyperosmolality() -> Rule:
    """Measured osmolality above the range; without it, calculated osmolality of 320 or more."""
    calculated = all_of(~measured("osmolality"), index("osmolality_calculated") >= 320.0)
    return plain(
        high("osmolality") | calculated,
        osmolality=high("osmolality"),
        sodium=calculated,
        glucose=calculated,
        glucose_fasting=calculated,
        urea=calculated,
    )


@rule("sodium_rise_fast")
def sodium_rise_fast() -> Rule:
    """ESE/ERA 2014: sodium more than 10 mmol/L above the lowest of the past 24 hours, under 130."""
    then = before("sodium_24h")
    glucose_was_high = before("glucose_24h") > 11.1  # sodium rises as glucose falls
    risen = all_of(then < 130.0, exact("sodium") - then > 10.0, unless(glucose_was_high))
    return replace(plain(risen, "sodium"), earlier={"before:sodium_24h": risen})
