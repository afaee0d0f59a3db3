"""Glucose, lipids, uric acid."""

from __future__ import annotations

from dataclasses import replace

from hemoscribe.knowledge.findings.rules import Rule, evidence, plain, rule
from hemoscribe.knowledge.formulas import all_of, any_of, unless
from hemoscribe.knowledge.rule_words import (
    above,
    at_least,
    before,
    below,
    exact,
    female,
    high,
    index,
    normal,
    not_called_normal,
    pregnant,
)


@rule("hypoglycemia")
def hypoglycemia() -> Rule:
    """Glucose under 3.9 mmol/L and not called normal, or under 3.0 mmol/L."""
    signs = {
        name: any_of(below(name, 3.0), all_of(below(name, 3.9), not_called_normal(name)))
        for name in ("glucose", "glucose_fasting")
    }
    return plain(any_of(*signs.values()), **signs)


_DIABETES = {
    "hba1c": at_least("hba1c", 6.5),
    "glucose_fasting": at_least("glucose_fasting", 7.0),
    "glucose": at_least("glucose", 11.1),
}


@rule("diabetes_range")
def diabetes_range() -> Rule:
    """ADA, IADPSG: HbA1c of 6.5 %, fasting glucose of 7.0, any glucose of 11.1 mmol/L or more."""
    return plain(any_of(*_DIABETES.values()), **_DIABETES)


@rule("prediabetes")
def prediabetes() -> Rule:
    """ADA: HbA1c of 5.7 to 6.4 % or fasting glucose of 5.6 to 6.9 mmol/L."""
    signs = {
        "hba1c": all_of(at_least("hba1c", 5.7), below("hba1c", 6.5)),
        "glucose_fasting": all_of(at_least("glucose_fasting", 5.6), below("glucose_fasting", 7.0)),
    }
    return plain(
        all_of(any_of(*signs.values()), ~any_of(*_DIABETES.values()), ~pregnant()), **signs
    )


@rule("hyperglycemia")
def hyperglycemia() -> Rule:
    """Glucose above the range."""
    signs = {name: high(name) for name in ("glucose", "glucose_fasting")}
    return plain(any_of(*signs.values()), **signs)


_LDL = exact("ldl").otherwise(index("ldl_friedewald")).otherwise(index("ldl_sampson"))


@rule("hypercholesterolemia")
def hypercholesterolemia() -> Rule:
    """LDL or non-HDL above the range; total cholesterol where LDL does not explain it away."""
    by_total = all_of(high("cholesterol"), unless(normal("ldl")), unless(_LDL < 3.0))
    return plain(
        any_of(high("ldl"), at_least("ldl", 4.9), high("non_hdl"), by_total),
        cholesterol=high("cholesterol"),
        ldl=any_of(high("ldl"), at_least("ldl", 4.9)),
        non_hdl=high("non_hdl"),
        apob=high("apob"),
    )


@rule("hypertriglyceridemia")
def hypertriglyceridemia() -> Rule:
    """Above the range up to 10 mmol/L; more than 10 mmol/L is severe."""
    return Rule(
        {
            "severe": above("triglycerides", 10.0),
            "moderate": all_of(at_least("triglycerides", 1.7), not_called_normal("triglycerides")),
        },
        evidence("triglycerides"),
    )


@rule("low_hdl")
def low_hdl() -> Rule:
    """HDL under 1.0 mmol/L (1.2 in a woman) and not called normal."""
    return plain(
        all_of(
            any_of(below("hdl", 1.0), all_of(female(), below("hdl", 1.2))), not_called_normal("hdl")
        ),
        "hdl",
    )


@rule("hyperuricemia")
def hyperuricemia() -> Rule:
    """Uric acid above the range."""
    return plain(high("uric_acid"), "uric_acid")


@rule("diabetes_confirmed")
def diabetes_confirmed() -> Rule:
    """ADA: HbA1c or fasting glucose in the diabetes range twice, in one report or in two."""
    now = {name: _DIABETES[name] for name in ("hba1c", "glucose_fasting")}
    then = {
        "before:hba1c_before": before("hba1c_before") >= 6.5,
        "before:glucose_fasting_before": before("glucose_fasting_before") >= 7.0,
    }
    twice = any_of(all_of(*now.values()), all_of(any_of(*now.values()), any_of(*then.values())))
    return replace(plain(all_of(twice, ~pregnant()), **now), earlier=then)
