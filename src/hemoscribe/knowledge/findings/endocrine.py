"""Thyroid, vitamin D, parathyroid hormone."""

from __future__ import annotations

from dataclasses import replace

from hemoscribe.knowledge.findings.rules import Rule, evidence, plain, rule
from hemoscribe.knowledge.formulas import all_of, any_of, at_least_of
from hemoscribe.knowledge.rule_words import (
    above,
    age,
    at_least,
    before,
    below,
    female,
    high,
    index,
    low,
    lower,
    male,
    measured,
    normal,
    not_called_normal,
    reported,
    unless_by_trimester,
    upper,
)

_FREE = measured("ft4")
_LOW_T4 = any_of(low("ft4"), all_of(~_FREE, low("t4_total")))
_HIGH_T4 = any_of(high("ft4"), all_of(~_FREE, high("t4_total")))
_NORMAL_T4 = any_of(normal("ft4"), all_of(~_FREE, normal("t4_total")))
_HIGH_T3 = any_of(high("ft3"), all_of(~measured("ft3"), high("t3_total")))


@rule("hypothyroidism_overt")
def hypothyroidism_overt() -> Rule:
    """TSH high with T4 low."""
    return plain(
        all_of(high("tsh"), _LOW_T4),
        "tsh",
        ft4=low("ft4"),
        t4_total=all_of(~_FREE, low("t4_total")),
        tpo_antibodies=high("tpo_antibodies"),
    )


@rule("hypothyroidism_subclinical")
def hypothyroidism_subclinical() -> Rule:
    """TSH high with T4 normal."""
    return plain(
        all_of(high("tsh"), _NORMAL_T4), "tsh", "ft4", tpo_antibodies=high("tpo_antibodies")
    )


@rule("hyperthyroidism_overt")
def hyperthyroidism_overt() -> Rule:
    """TSH low with T4 or T3 high."""
    return plain(
        all_of(low("tsh"), any_of(_HIGH_T4, _HIGH_T3)),
        "tsh",
        ft4=high("ft4"),
        trab=high("trab"),
        ft3=high("ft3"),
        t4_total=all_of(~_FREE, high("t4_total")),
        t3_total=all_of(~measured("ft3"), high("t3_total")),
    )


@rule("hyperthyroidism_subclinical")
def hyperthyroidism_subclinical() -> Rule:
    """TSH low with T4 normal and T3 not high; in a pregnancy of unknown week hCG may lower TSH."""
    suppressed = unless_by_trimester(all_of(low("tsh"), _NORMAL_T4, ~_HIGH_T3))
    found = plain(suppressed, "tsh", "ft4", ft3=normal("ft3"))
    return replace(found, earlier={"before:tsh_2m_most": before("tsh_2m_most") < lower("tsh")})


@rule("vitamin_d_deficiency")
def vitamin_d_deficiency() -> Rule:
    """25-hydroxyvitamin D under 75, 50 and 30 nmol/L."""
    return Rule(
        {
            "severe": below("vitamin_d", 30.0),
            "deficiency": below("vitamin_d", 50.0),
            "insufficiency": all_of(below("vitamin_d", 75.0), not_called_normal("vitamin_d")),
        },
        evidence("vitamin_d", pth=high("pth"), calcium=low("calcium")),
    )


@rule("vitamin_d_excess")
def vitamin_d_excess() -> Rule:
    """25-hydroxyvitamin D above 250 nmol/L."""
    return plain(above("vitamin_d", 250.0), "vitamin_d", calcium=high("calcium"))


@rule("hyperparathyroidism_pattern")
def hyperparathyroidism_pattern() -> Rule:
    """PTH above the range, or not low with calcium above its range."""
    calcium_high = any_of(
        high("ionized_calcium"),
        all_of(~measured("ionized_calcium"), high("adjusted_calcium")),
        all_of(
            ~measured("ionized_calcium"),
            ~measured("adjusted_calcium"),
            any_of(
                index("calcium_corrected") > upper("calcium"),
                all_of(~measured("albumin"), high("calcium")),
            ),
        ),
    )
    not_suppressed = all_of(normal("pth"), at_least("pth", 25.0))
    return plain(
        any_of(high("pth"), all_of(calcium_high, not_suppressed)),
        "pth",
        calcium=any_of(high("calcium"), low("calcium"), calcium_high),
        ionized_calcium=any_of(high("ionized_calcium"), low("ionized_calcium")),
        phosphate=any_of(high("phosphate"), low("phosphate")),
        creatinine=high("creatinine"),
        vitamin_d=low("vitamin_d"),
    )


@rule("hypothyroidism_subclinical_persistent")
def hypothyroidism_subclinical_persistent() -> Rule:
    """Subclinical hypothyroidism; TSH was high two months ago or more, and not normal since."""
    then = before("tsh_2m") > upper("tsh")
    normal_since = before("tsh_between") <= upper("tsh")
    found = plain(
        all_of(high("tsh"), _NORMAL_T4, then, ~normal_since),
        "tsh",
        "ft4",
        tpo_antibodies=high("tpo_antibodies"),
    )
    return replace(found, earlier={"before:tsh_2m": then})


@rule("hypopituitarism_pattern")
def hypopituitarism_pattern() -> Rule:
    """Two glands or more that are low, without the answer of the pituitary."""
    adrenal = all_of(low("cortisol"), reported("acth"), ~high("acth"))
    thyroid = all_of(low("ft4"), reported("tsh"), ~high("tsh"))
    testis = all_of(male(), age() >= 19.0, low("testosterone"), reported("lh"), ~high("lh"))
    menopause = all_of(female(), age() >= 55.0, low("fsh"), low("lh"))
    return plain(
        at_least_of(2, adrenal, thyroid, testis, menopause),
        cortisol=adrenal,
        acth=adrenal,
        ft4=thyroid,
        tsh=thyroid,
        testosterone=testis,
        lh=any_of(testis, menopause),
        fsh=menopause,
    )


@rule("primary_adrenal_insufficiency_pattern")
def primary_adrenal_insufficiency_pattern() -> Rule:
    """Cortisol low with ACTH high."""
    return plain(
        all_of(low("cortisol"), high("acth")),
        "cortisol",
        "acth",
        sodium=low("sodium"),
        potassium=high("potassium"),
    )
