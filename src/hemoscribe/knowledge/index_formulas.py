"""The formulas of the derived indices, with what stands in the way of each.

Inputs are in canonical units; a value is missing when an input is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from hemoscribe.knowledge import rule_words as f
from hemoscribe.knowledge.formulas import ALWAYS, Number, Truth, all_of, any_of, number
from hemoscribe.knowledge.rule_words import measured
from hemoscribe.knowledge.time_lines import (
    HOURS_SINCE_INGESTION,
    bilirubin_line,
    hour_unknown,
    newborn,
    paracetamol_line,
    weeks_unknown,
)

_CHILD: Final = ~f.adult()

_UMOL_PER_MG_DL_CREATININE = 88.42
_MMOL_PER_MG_DL = {"cholesterol": 38.67, "triglycerides": 88.57}


def exact(analyte: str) -> Number:
    """The value; what it lacks is said by the obstacles."""
    return number(analyte)


def upper(analyte: str) -> Number:
    """The upper limit of the range the result was read against."""
    return number(f"{analyte}:high")


def egfr_ckd_epi_2021(creatinine_umol: Number, years: Number) -> Number:
    """CKD-EPI 2021 creatinine equation, without race; mL/min/1.73 m2."""
    creatinine = creatinine_umol / _UMOL_PER_MG_DL_CREATININE

    def of_sex(kappa: float, alpha: float, factor: float) -> Number:
        ratio = creatinine / kappa
        slope = ratio.at_most(1.0) ** alpha * ratio.at_least(1.0) ** -1.2
        return 142.0 * slope * 0.9938**years * factor

    woman = of_sex(0.7, -0.241, 1.012).where(f.female())
    return woman.otherwise(of_sex(0.9, -0.302, 1.0).where(f.male()))


def egfr_schwartz_2009() -> Number:
    """Bedside Schwartz equation for children: 36.5 x height (cm) / creatinine (umol/L)."""
    return 36.5 * number("height") / exact("creatinine")


def egfr() -> Number:
    """CKD-EPI 2021 for adults, bedside Schwartz for children; mL/min/1.73 m2."""
    adults = egfr_ckd_epi_2021(exact("creatinine"), f.age())
    return egfr_schwartz_2009().where(_CHILD).otherwise(adults.where(~_CHILD))


def anion_gap() -> Number:
    """Sodium - chloride - bicarbonate, without potassium."""
    return exact("sodium") - exact("chloride") - _bicarbonate()


def anion_gap_corrected() -> Number:
    """The anion gap corrected for albumin: 0.25 mmol/L for each g/L below 40 (Figge)."""
    return anion_gap() + 0.25 * (40.0 - exact("albumin"))


def calcium_corrected() -> Number:
    """Total calcium corrected for albumin: 0.02 mmol/L for each g/L below 40."""
    return exact("calcium") + 0.02 * (40.0 - exact("albumin"))


def osmolality_calculated() -> Number:
    """2 x sodium + glucose + urea (the substance concentrations add up)."""
    return 2.0 * exact("sodium") + any_glucose() + exact("urea")


def osmolal_gap() -> Number:
    """Measured less calculated osmolality."""
    return exact("osmolality") - osmolality_calculated()


def ldl_friedewald() -> Number:
    """Cholesterol - HDL - triglycerides / 2.2."""
    return exact("cholesterol") - exact("hdl") - exact("triglycerides") / 2.2


def ldl_sampson() -> Number:
    """The equation of Sampson and colleagues (NIH), which takes its terms in mg/dL."""
    per_mmol = _MMOL_PER_MG_DL["cholesterol"]
    cholesterol, hdl = exact("cholesterol") * per_mmol, exact("hdl") * per_mmol
    triglycerides = exact("triglycerides") * _MMOL_PER_MG_DL["triglycerides"]
    non_hdl = cholesterol - hdl
    in_mg_dl = (
        cholesterol / 0.948
        - hdl / 0.971
        - (
            triglycerides / 8.56
            + triglycerides * non_hdl / 2140.0
            - triglycerides * triglycerides / 16100.0
        )
        - 9.44
    )
    return in_mg_dl / per_mmol


def non_hdl() -> Number:
    """Cholesterol - HDL."""
    return exact("cholesterol") - exact("hdl")


def transferrin_saturation() -> Number:
    """Iron over total binding capacity; transferrin (g/L) binds 25.1 umol/L of iron per g/L."""
    capacity = exact("tibc").otherwise(exact("transferrin") * 25.1)
    return 100.0 * exact("iron") / capacity


def fib_4() -> Number:
    """Age x AST / (platelets x square root of ALT)."""
    return f.age() * exact("ast") / (exact("platelets") * exact("alt") ** 0.5)


def apri() -> Number:
    """100 x (AST / its upper limit) / platelets."""
    return 100.0 * (exact("ast") / upper("ast")) / exact("platelets")


def de_ritis() -> Number:
    """AST / ALT."""
    return exact("ast") / exact("alt")


def r_ratio() -> Number:
    """(ALT / its upper limit) / (ALP / its upper limit)."""
    return (exact("alt") / upper("alt")) / (exact("alp") / upper("alp"))


def mentzer() -> Number:
    """MCV / erythrocytes."""
    return exact("mcv") / exact("erythrocytes")


def nlr() -> Number:
    """Neutrophils / lymphocytes."""
    return exact("neutrophils") / exact("lymphocytes")


def homa_ir() -> Number:
    """Fasting glucose x insulin / 22.5."""
    return exact("glucose_fasting") * exact("insulin") / 22.5


def sodium_corrected() -> Number:
    """Sodium + 2.4 mmol/L for each 5.55 mmol/L (100 mg/dL) of glucose above 5.55 (Hillier)."""
    return exact("sodium") + 2.4 * (any_glucose() - 5.55) / 5.55


def urea_creatinine_ratio() -> Number:
    """Urea over creatinine, both in mmol/L."""
    return 1000.0 * exact("urea") / exact("creatinine")


def any_glucose() -> Number:
    """Glucose, fasting or not."""
    return exact("glucose").otherwise(exact("glucose_fasting"))


def _bicarbonate() -> Number:
    return exact("bicarbonate").otherwise(exact("total_co2"))


# What stands in the way ---------------------------------------------------------------------------

_Obstacles = Sequence[tuple[str, Truth]]


def _unknown(analyte: str) -> Truth:
    return ~exact(analyte).known


def _missing(*analytes: str) -> _Obstacles:
    found: list[tuple[str, Truth]] = []
    for analyte in analytes:
        found.append((f"censored:{analyte}", all_of(measured(analyte), _unknown(analyte))))
        found.append((f"missing:{analyte}", _unknown(analyte)))
    return found


_NO_GLUCOSE: Final = ("missing:glucose", ~any_glucose().known)
_NO_BICARBONATE: Final = ("missing:bicarbonate", ~_bicarbonate().known)


@dataclass(frozen=True, slots=True)
class IndexFormula:
    """An index's value, and what stands in its way: (reason, condition), the first counts."""

    value: Callable[[], Number]
    obstacles: _Obstacles
    relevant: Truth = ALWAYS  # stated only where this holds


def pf_ratio() -> Number:
    """Arterial pO2 by the fraction of oxygen that is breathed in."""
    return exact("po2_arterial") * 100.0 / exact("fio2")


FORMULAS: Final[Mapping[str, IndexFormula]] = {
    "egfr": IndexFormula(
        egfr,
        [
            *_missing("creatinine"),
            ("no_age", ~f.age().known),
            ("under_1", f.younger(1.0)),
            ("no_height", all_of(_CHILD, ~number("height").known)),
            ("no_sex", all_of(~_CHILD, ~f.sex_stated())),
            ("pregnant", f.pregnant()),
        ],
    ),
    "pf_ratio": IndexFormula(pf_ratio, [*_missing("po2_arterial", "fio2")]),
    "anion_gap": IndexFormula(anion_gap, [*_missing("sodium", "chloride"), _NO_BICARBONATE]),
    "anion_gap_corrected": IndexFormula(
        anion_gap_corrected, [*_missing("sodium", "chloride", "albumin"), _NO_BICARBONATE]
    ),
    "calcium_corrected": IndexFormula(
        calcium_corrected,
        [*_missing("calcium", "albumin"), ("low_albumin", f.below("albumin", 20.0))],
    ),
    "osmolality_calculated": IndexFormula(
        osmolality_calculated, [*_missing("sodium", "urea"), _NO_GLUCOSE]
    ),
    "osmolal_gap": IndexFormula(
        osmolal_gap, [*_missing("osmolality", "sodium", "urea"), _NO_GLUCOSE]
    ),
    "ldl_friedewald": IndexFormula(
        ldl_friedewald,
        [
            *_missing("cholesterol", "hdl", "triglycerides"),
            ("triglycerides_above_4_5", f.above("triglycerides", 4.5)),
            ("negative_ldl", ldl_friedewald() <= 0.0),
        ],
    ),
    "ldl_sampson": IndexFormula(
        ldl_sampson,
        [
            *_missing("cholesterol", "hdl", "triglycerides"),
            ("triglycerides_above_9", f.above("triglycerides", 9.0)),
            ("negative_ldl", ldl_sampson() <= 0.0),
        ],
    ),
    "non_hdl": IndexFormula(
        non_hdl, [*_missing("cholesterol", "hdl"), ("hdl_above_cholesterol", non_hdl() < 0.0)]
    ),
    "transferrin_saturation": IndexFormula(
        transferrin_saturation,
        [
            *_missing("iron"),
            ("missing:transferrin", _unknown("tibc") & _unknown("transferrin")),
            ("above_saturation", transferrin_saturation() > 110.0),
        ],
    ),
    "fib_4": IndexFormula(
        fib_4,
        [
            *_missing("ast", "alt", "platelets"),
            ("no_age", ~f.age().known),
            ("under_35", f.younger(35.0)),
        ],
    ),
    "apri": IndexFormula(
        apri,
        [
            *_missing("ast", "platelets"),
            ("no_limit:ast", ~upper("ast").known),
            ("no_sex", f.limit_differs("ast")),
            ("child", _CHILD),
        ],
    ),
    "de_ritis": IndexFormula(de_ritis, _missing("ast", "alt")),
    "r_ratio": IndexFormula(
        r_ratio,
        [
            *_missing("alt", "alp"),
            ("no_limit:alt", ~upper("alt").known),
            ("no_limit:alp", ~upper("alp").known),
            ("no_sex", any_of(f.limit_differs("alt"), f.limit_differs("alp"))),
        ],
        relevant=any_of(f.high("alt"), f.high("alp")),
    ),
    "mentzer": IndexFormula(mentzer, _missing("mcv", "erythrocytes"), relevant=f.low("mcv")),
    "nlr": IndexFormula(nlr, _missing("neutrophils", "lymphocytes")),
    "homa_ir": IndexFormula(homa_ir, [*_missing("glucose_fasting", "insulin"), ("child", _CHILD)]),
    "bilirubin_line": IndexFormula(
        bilirubin_line,
        [("no_hour", hour_unknown()), ("no_term", weeks_unknown())],
        relevant=newborn(),
    ),
    "paracetamol_line": IndexFormula(
        paracetamol_line,
        [
            ("no_ingestion_time", ~number(HOURS_SINCE_INGESTION).known),
            ("under_4_hours", number(HOURS_SINCE_INGESTION) < 4.0),
            ("over_24_hours", number(HOURS_SINCE_INGESTION) > 24.0),
        ],
    ),
    "sodium_corrected": IndexFormula(
        sodium_corrected,
        [*_missing("sodium"), _NO_GLUCOSE],
        relevant=f.exact("glucose").otherwise(f.exact("glucose_fasting")) >= 11.1,
    ),
    "urea_creatinine_ratio": IndexFormula(urea_creatinine_ratio, _missing("urea", "creatinine")),
}
