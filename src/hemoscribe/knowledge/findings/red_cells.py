"""Red cells, iron, B12 and folate, hemolysis."""

from __future__ import annotations

from hemoscribe.knowledge.findings.rules import Rule, evidence, plain, rule, shared
from hemoscribe.knowledge.formulas import Truth, all_of, any_of, unless
from hemoscribe.knowledge.formulas import constant as always
from hemoscribe.knowledge.rule_words import (
    above,
    adult,
    at_least,
    at_most,
    below,
    exact,
    female,
    high,
    index,
    least,
    low,
    male,
    measured,
    most,
    normal,
    not_called_normal,
    pregnant,
    reported,
    younger,
)


def _below_who_limit(
    *,
    infant: float,
    toddler: float,
    child: float,
    teen: float,
    woman: float,
    man: float,
    expecting: float,
) -> Truth:
    """Hemoglobin under a limit (g/dL) by age, sex, pregnancy; not known where the sex decides."""
    of_women = (
        always(infant)
        .where(younger(2.0))
        .otherwise(always(toddler).where(younger(5.0)))
        .otherwise(always(child).where(younger(12.0)))
        .otherwise(always(expecting).where(pregnant()))
        .otherwise(always(teen).where(younger(15.0)))
        .otherwise(always(woman))
    )
    of_men = all_of(male(), ~younger(15.0), below("hemoglobin", man))
    return any_of(below("hemoglobin", of_women), of_men)


def _anemia() -> tuple[Truth, Truth, Truth]:
    mild = _below_who_limit(
        infant=10.5, toddler=11.0, child=11.5, teen=12.0, woman=12.0, man=13.0, expecting=10.5
    )
    moderate = _below_who_limit(
        infant=9.5, toddler=10.0, child=11.0, teen=11.0, woman=11.0, man=11.0, expecting=9.5
    )
    severe = _below_who_limit(
        infant=7.0, toddler=7.0, child=8.0, teen=8.0, woman=8.0, man=8.0, expecting=7.0
    )
    return (
        severe,
        moderate,
        all_of(mild, not_called_normal("hemoglobin")),
    )


ANEMIA = shared("anemia", any_of(*_anemia()))


@rule("anemia")
def anemia() -> Rule:
    """WHO 2024; at the mild grade the laboratory's own range must not call the value normal."""
    severe, moderate, mild = _anemia()
    return Rule(
        {"severe": severe, "moderate": moderate, "mild": mild},
        evidence("hemoglobin", hematocrit=low("hematocrit"), erythrocytes=low("erythrocytes")),
    )


@rule("microcytic_anemia")
def microcytic_anemia() -> Rule:
    """Anemia with a low MCV."""
    return plain(ANEMIA & low("mcv"), "hemoglobin", "mcv", mch=low("mch"), rdw=high("rdw"))


@rule("normocytic_anemia")
def normocytic_anemia() -> Rule:
    """Anemia with a normal MCV."""
    return plain(ANEMIA & normal("mcv"), "hemoglobin", "mcv")


@rule("macrocytic_anemia")
def macrocytic_anemia() -> Rule:
    """Anemia with a high MCV."""
    return plain(ANEMIA & high("mcv"), "hemoglobin", "mcv")


@rule("microcytosis")
def microcytosis() -> Rule:
    """A low MCV."""
    return plain(low("mcv"), "mcv", mch=low("mch"))


@rule("macrocytosis")
def macrocytosis() -> Rule:
    """A high MCV."""
    return plain(high("mcv"), "mcv", mch=high("mch"))


@rule("polycythemia")
def polycythemia() -> Rule:
    """Hemoglobin or hematocrit above the limits that call for an inquiry, and not called normal."""
    by_hemoglobin = any_of(
        above("hemoglobin", 16.5), all_of(female(), above("hemoglobin", 16.0))
    ) & not_called_normal("hemoglobin")
    by_hematocrit = any_of(
        at_least("hematocrit", 52.0), all_of(female(), at_least("hematocrit", 48.0))
    ) & not_called_normal("hematocrit")
    return plain(
        by_hemoglobin | by_hematocrit,
        hemoglobin=by_hemoglobin,
        hematocrit=by_hematocrit,
        erythrocytes=high("erythrocytes"),
    )


_INFLAMED = any_of(high("crp"), above("crp", 5.0))
_LOW_SATURATION = any_of(
    below("transferrin_saturation", 16.0),
    index("transferrin_saturation") < 16.0,
)
_HIGH_CAPACITY = any_of(high("transferrin"), high("tibc"))


def _iron_deficiency() -> Truth:
    years_under_5 = younger(5.0)
    by_ferritin = any_of(
        low("ferritin"),
        below("ferritin", always(12.0).where(years_under_5).otherwise(always(15.0))),
        all_of(pregnant(), below("ferritin", 30.0)),
        all_of(
            _INFLAMED, below("ferritin", always(30.0).where(years_under_5).otherwise(always(70.0)))
        ),
    )
    without_ferritin = all_of(~measured("ferritin"), _LOW_SATURATION, _HIGH_CAPACITY)
    return by_ferritin | without_ferritin


IRON_DEFICIENCY = shared("iron_deficiency", _iron_deficiency())
_IRON_EVIDENCE = {
    "transferrin_saturation": below("transferrin_saturation", 16.0),
    "iron": low("iron"),
    "transferrin": high("transferrin"),
    "tibc": high("tibc"),
    "soluble_transferrin_receptor": high("soluble_transferrin_receptor"),
}


@rule("iron_deficiency")
def iron_deficiency() -> Rule:
    """WHO ferritin limits, higher in inflammation and pregnancy; or saturation without ferritin."""
    return plain(
        IRON_DEFICIENCY,
        "ferritin",
        crp=all_of(_INFLAMED, ~low("ferritin"), at_least("ferritin", 15.0)),
        **_IRON_EVIDENCE,
    )


@rule("iron_deficiency_anemia")
def iron_deficiency_anemia() -> Rule:
    """Anemia with iron deficiency; in adults with anemia ferritin under 45 ug/L is enough (AGA)."""
    condition = ANEMIA & any_of(IRON_DEFICIENCY, all_of(adult(), below("ferritin", 45.0)))
    return plain(
        condition & unless(high("mcv")),
        "hemoglobin",
        "ferritin",
        mcv=low("mcv"),
        mch=low("mch"),
        **_IRON_EVIDENCE,
    )


@rule("anemia_of_inflammation")
def anemia_of_inflammation() -> Rule:
    """Anemia with inflammation, iron or saturation low, and ferritin above 100 ug/L."""
    poor_supply = any_of(
        below("transferrin_saturation", 20.0),
        index("transferrin_saturation") < 20.0,
        low("iron"),
    )
    return plain(
        all_of(
            ANEMIA, _INFLAMED, above("ferritin", 100.0), poor_supply, unless(high("transferrin"))
        ),
        "hemoglobin",
        "crp",
        "ferritin",
        iron=low("iron"),
        transferrin_saturation=low("transferrin_saturation"),
        transferrin=low("transferrin"),
    )


@rule("thalassemia_trait_hint")
def thalassemia_trait_hint() -> Rule:
    """Small cells, many of them, without iron deficiency: a Mentzer index under 13."""
    many_small = any_of(index("mentzer") < 13.0)
    return plain(
        all_of(
            low("mcv"),
            many_small,
            any_of(high("erythrocytes"), at_least("erythrocytes", 5.0)),
            at_least("hemoglobin", 9.0),
            ~IRON_DEFICIENCY,
            ~low("iron"),
        ),
        "mcv",
        "erythrocytes",
        mch=low("mch"),
        ferritin=normal("ferritin"),
    )


@rule("iron_overload")
def iron_overload() -> Rule:
    """EASL 2022: high saturation and high ferritin; the men's limits where the sex is unknown."""
    saturation = exact("transferrin_saturation").otherwise(index("transferrin_saturation"))
    men = all_of(saturation > 50.0, above("ferritin", 300.0))
    women = all_of(female(), saturation > 45.0, above("ferritin", 200.0))
    return plain(
        (men | women) & not_called_normal("ferritin"), "ferritin", "transferrin_saturation", "iron"
    )


@rule("b12_deficiency")
def b12_deficiency() -> Rule:
    """Vitamin B12 flagged low or under 133 pmol/L (180 ng/L)."""
    return plain(
        any_of(low("vitamin_b12"), below("vitamin_b12", 133.0)),
        "vitamin_b12",
        homocysteine=high("homocysteine"),
        mcv=high("mcv"),
    )


@rule("folate_deficiency")
def folate_deficiency() -> Rule:
    """Serum folate flagged low or under 7 nmol/L, or red-cell folate flagged low."""
    by_serum = any_of(low("folate"), below("folate", 7.0))
    return plain(
        by_serum | low("folate_rbc"),
        folate=by_serum,
        folate_rbc=low("folate_rbc"),
        homocysteine=high("homocysteine"),
        mcv=high("mcv"),
    )


_UNCONJUGATED = any_of(
    high("bilirubin_indirect"),
    all_of(
        high("bilirubin_total"),
        # conjugated bilirubin is a minor part of the total
        any_of(
            normal("bilirubin_direct"),
            most("bilirubin_direct") < least("bilirubin_total") * 0.3,
        ),
    ),
)
_MADE = any_of(high("reticulocytes"), high("reticulocytes_pct"))
_CONSUMED = any_of(low("haptoglobin"), at_most("haptoglobin", 0.25))


@rule("hemolysis_pattern")
def hemolysis_pattern() -> Rule:
    """Low haptoglobin with one more sign, or LDH, unconjugated bilirubin, reticulocytes high."""
    one_more = any_of(high("ldh"), _UNCONJUGATED, _MADE)
    all_three = all_of(high("ldh"), _UNCONJUGATED, _MADE)
    return plain(
        any_of(
            all_of(_CONSUMED, one_more), all_of(all_three, ANEMIA, not_called_normal("haptoglobin"))
        ),
        haptoglobin=_CONSUMED,
        ldh=high("ldh"),
        bilirubin_indirect=high("bilirubin_indirect"),
        bilirubin_total=all_of(_UNCONJUGATED, high("bilirubin_total")),
        reticulocytes=high("reticulocytes"),
        reticulocytes_pct=high("reticulocytes_pct"),
        hemoglobin=ANEMIA,
    )


@rule("thrombotic_microangiopathy_hint")
def thrombotic_microangiopathy_hint() -> Rule:
    """Anemia, low haptoglobin, high LDH and low platelets, with clotting times not prolonged.

    The first panel seldom holds haptoglobin: without it, other signs of hemolysis beside LDH count.
    """
    broken = at_least("schistocytes_pct", 1.0)
    without_haptoglobin = all_of(~reported("haptoglobin"), any_of(_UNCONJUGATED, _MADE, broken))
    return plain(
        all_of(
            ANEMIA,
            any_of(_CONSUMED, without_haptoglobin),
            high("ldh"),
            low("platelets"),
            unless(high("pt")),
            unless(high("inr")),
            unless(low("pt_pct")),
            unless(low("fibrinogen")),
            unless(low("vitamin_b12")),
        ),
        "hemoglobin",
        "platelets",
        "haptoglobin",
        "ldh",
        reticulocytes=high("reticulocytes"),
        reticulocytes_pct=high("reticulocytes_pct"),
        bilirubin_total=all_of(_UNCONJUGATED, high("bilirubin_total")),
        bilirubin_indirect=high("bilirubin_indirect"),
        schistocytes_pct=broken,
        creatinine=high("creatinine"),
    )
