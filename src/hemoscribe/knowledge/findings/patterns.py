"""One disease behind several results, as its published criteria put them together."""

from __future__ import annotations

from hemoscribe.knowledge.findings.red_cells import ANEMIA
from hemoscribe.knowledge.findings.rules import Rule, evidence, plain, rule
from hemoscribe.knowledge.formulas import Truth, all_of, any_of, at_least_of, unless
from hemoscribe.knowledge.rule_words import (
    above,
    adult,
    at_least,
    at_most,
    before,
    below,
    exact,
    high,
    index,
    least,
    low,
    measured,
    most,
    not_called_normal,
    platelets_clumped,
    pregnant,
    sample_hemolyzed,
    times_upper,
)
from hemoscribe.knowledge.rule_words import critical as rings

_LOW_BASE = any_of(low("bicarbonate"), low("total_co2"))
_JAUNDICE = high("bilirubin_total")
_SLOW_CLOTTING = any_of(high("inr"), high("pt"), low("pt_pct"))


@rule("neonatal_hemolysis")
def neonatal_hemolysis() -> Rule:
    """Jaundice of a newborn with hemoglobin low or falling, or many reticulocytes."""
    jaundice = any_of(high("bilirubin_total"), rings("bilirubin_total"))
    fallen = before("hemoglobin") - exact("hemoglobin") >= 2.0
    bled = any_of(low("hemoglobin"), low("hematocrit"), fallen)
    answered = any_of(high("reticulocytes"), high("reticulocytes_pct"))
    conjugated = least("bilirubin_direct") >= most("bilirubin_total") * 0.3
    return plain(
        all_of(jaundice, any_of(bled, answered), unless(conjugated)),
        "bilirubin_total",
        hemoglobin=any_of(low("hemoglobin"), fallen),
        hematocrit=low("hematocrit"),
        reticulocytes=high("reticulocytes"),
        reticulocytes_pct=high("reticulocytes_pct"),
        ldh=high("ldh"),
    )


def _acute_illness() -> Truth:
    """What makes platelets, albumin and clotting fall together without a cirrhosis."""
    return any_of(
        times_upper("alt", 10.0),
        times_upper("ast", 10.0),
        at_least("crp", 100.0),
        at_least("procalcitonin", 2.0),
        at_least("lactate", 4.0),
        above("blasts", 0.0),
        above("blasts_pct", 0.0),
        below("leukocytes", 2.0),
        times_upper("ldh", 3.0),
        pregnant(),
    )


@rule("cirrhosis_pattern")
def cirrhosis_pattern() -> Rule:
    """Few platelets with low albumin or slow clotting, and a sign of the liver."""
    more_ast = all_of(high("ast"), index("de_ritis") > 1.0)
    failing = (low("albumin"), _SLOW_CLOTTING)
    return plain(
        all_of(
            low("platelets"),
            any_of(*failing),
            any_of(_JAUNDICE, more_ast),
            any_of(below("platelets", 100.0), at_least_of(3, *failing, _JAUNDICE, more_ast)),
            ~_acute_illness(),
        ),
        "platelets",
        albumin=low("albumin"),
        inr=high("inr"),
        pt=high("pt"),
        pt_pct=low("pt_pct"),
        bilirubin_total=_JAUNDICE,
        ast=more_ast,
    )


@rule("celiac_pattern")
def celiac_pattern() -> Rule:
    """Anti-transglutaminase IgA above the limit."""
    return plain(high("anti_transglutaminase_iga"), "anti_transglutaminase_iga")


@rule("tumor_lysis_pattern")
def tumor_lysis_pattern() -> Rule:
    """Two of Cairo and Bishop's four, and many cells that die or might."""
    urate = at_least("uric_acid", 476.0)
    phosphate = any_of(at_least("phosphate", 2.1), all_of(adult(), at_least("phosphate", 1.45)))
    adjusted, corrected = measured("adjusted_calcium"), index("calcium_corrected")
    calcium = any_of(
        at_most("adjusted_calcium", 1.75),
        all_of(~adjusted, corrected <= 1.75),
        all_of(~adjusted, ~corrected.known, at_most("calcium", 1.75)),
    )
    dying = any_of(
        times_upper("ldh", 2.0),
        above("blasts", 0.0),
        above("blasts_pct", 0.0),
        above("leukocytes", 100.0),
    )
    otherwise = any_of(times_upper("ck", 5.0), low("haptoglobin"), sample_hemolyzed())
    return plain(
        all_of(
            any_of(urate, phosphate),
            at_least_of(2, urate, phosphate, calcium, at_least("potassium", 6.0)),
            dying,
            unless(otherwise),
        ),
        uric_acid=urate,
        phosphate=phosphate,
        potassium=at_least("potassium", 6.0),
        calcium=calcium,
        adjusted_calcium=at_most("adjusted_calcium", 1.75),
        ldh=times_upper("ldh", 2.0),
    )


@rule("salt_loss_pattern")
def salt_loss_pattern() -> Rule:
    """Potassium low with bicarbonate high or chloride low, and one more of the salts."""
    base = any_of(high("bicarbonate"), high("total_co2"))
    sodium = all_of(below("sodium", 135.0), not_called_normal("sodium"))
    return plain(
        all_of(
            below("potassium", 3.5),
            not_called_normal("potassium"),
            any_of(base, low("chloride")),
            at_least_of(2, base, low("chloride"), sodium, low("magnesium")),
            ~_LOW_BASE,
        ),
        "potassium",
        chloride=low("chloride"),
        bicarbonate=high("bicarbonate"),
        total_co2=high("total_co2"),
        sodium=sodium,
        magnesium=low("magnesium"),
    )


@rule("uremic_pattern")
def uremic_pattern() -> Rule:
    """KDIGO: eGFR under 30 with anemia or acidosis, and phosphate or PTH high, not acute."""
    filtration = any_of(below("egfr", 30.0), all_of(~measured("egfr"), index("egfr") < 30.0))
    mineral = any_of(high("phosphate"), high("pth"))
    acute = any_of(
        exact("creatinine") / before("creatinine_7d") >= 1.5,
        exact("creatinine") / before("creatinine_year") >= 1.5,
        times_upper("ck", 5.0),
    )
    return plain(
        all_of(filtration, mineral, any_of(ANEMIA, _LOW_BASE), ~acute),
        "egfr",
        "creatinine",
        hemoglobin=ANEMIA,
        phosphate=high("phosphate"),
        pth=high("pth"),
        bicarbonate=low("bicarbonate"),
        total_co2=low("total_co2"),
    )


@rule("hellp_pattern")
def hellp_pattern() -> Rule:
    """Pregnancy with platelets under 150 and an aminotransferase of 70 U/L or more."""
    signs = {name: at_least(name, 70.0) for name in ("ast", "alt")}
    return plain(
        all_of(
            pregnant(),
            below("platelets", 150.0),
            any_of(*signs.values()),
            unless(platelets_clumped()),
        ),
        "platelets",
        ldh=high("ldh"),
        haptoglobin=low("haptoglobin"),
        **signs,
    )


@rule("pregnancy_cholestasis")
def pregnancy_cholestasis() -> Rule:
    """RCOG: bile acids of 19, 40 and 100 umol/L in pregnancy."""
    acids = "bile_acids"
    return Rule(
        {
            "severe": all_of(pregnant(), at_least(acids, 100.0)),
            "moderate": all_of(pregnant(), at_least(acids, 40.0)),
            "mild": all_of(pregnant(), any_of(at_least(acids, 19.0), high(acids))),
        },
        evidence(acids, alt=high("alt"), bilirubin_total=_JAUNDICE),
    )


@rule("sepsis_pattern")
def sepsis_pattern() -> Rule:
    """Lactate above 2 mmol/L with procalcitonin of 2 ug/L or CRP of 100 mg/L or more."""
    signs = {"procalcitonin": at_least("procalcitonin", 2.0), "crp": at_least("crp", 100.0)}
    return plain(all_of(above("lactate", 2.0), any_of(*signs.values())), "lactate", **signs)


@rule("megaloblastic_pattern")
def megaloblastic_pattern() -> Rule:
    """Vitamin B12 or folate low, MCV high, and LDH or bilirubin high."""
    vitamins = {
        "vitamin_b12": any_of(low("vitamin_b12"), below("vitamin_b12", 133.0)),
        "folate": any_of(low("folate"), below("folate", 7.0)),
    }
    return plain(
        all_of(any_of(*vitamins.values()), high("mcv"), any_of(high("ldh"), _JAUNDICE)),
        "mcv",
        ldh=high("ldh"),
        bilirubin_total=_JAUNDICE,
        hemoglobin=ANEMIA,
        **vitamins,
    )
