"""White cells and platelets."""

from __future__ import annotations

from dataclasses import replace

from hemoscribe.knowledge.findings.red_cells import ANEMIA
from hemoscribe.knowledge.findings.rules import Rule, evidence, plain, rule
from hemoscribe.knowledge.formulas import ALWAYS, Truth, all_of, any_of
from hemoscribe.knowledge.rule_words import (
    above,
    adult,
    at_least,
    before,
    below,
    exact,
    high,
    low,
    measured,
    most,
    not_called_normal,
)


@rule("leukocytosis")
def leukocytosis() -> Rule:
    """Leukocytes above the range."""
    return plain(high("leukocytes"), "leukocytes")


@rule("extreme_leukocytosis")
def extreme_leukocytosis() -> Rule:
    """Leukocytes above 100 x 10^9/L, where white cells themselves obstruct small vessels."""
    return plain(above("leukocytes", 100.0), "leukocytes")


@rule("neutrophilia")
def neutrophilia() -> Rule:
    """Neutrophils above the range."""
    return plain(high("neutrophils"), "neutrophils", leukocytes=high("leukocytes"))


_NEUTROPHILS_MOST = most("neutrophils").otherwise(
    exact("leukocytes") * exact("neutrophils_pct") / 100.0
)


@rule("neutropenia")
def neutropenia() -> Rule:
    """CTCAE limits; where only a percentage is reported, the number is computed from it."""
    only_share = all_of(~measured("neutrophils"), _NEUTROPHILS_MOST < 1.5)
    return Rule(
        {
            "severe": _NEUTROPHILS_MOST < 0.5,
            "moderate": _NEUTROPHILS_MOST < 1.0,
            "mild": any_of(
                low("neutrophils"),
                all_of(_NEUTROPHILS_MOST < 1.5, not_called_normal("neutrophils"), adult()),
            ),
        },
        evidence(
            "neutrophils",
            leukocytes=any_of(low("leukocytes"), only_share),
            neutrophils_pct=only_share,
        ),
    )


@rule("lymphocytosis")
def lymphocytosis() -> Rule:
    """Lymphocytes above the range."""
    return plain(high("lymphocytes"), "lymphocytes", leukocytes=high("leukocytes"))


@rule("lymphopenia")
def lymphopenia() -> Rule:
    """Lymphocytes below the range."""
    return plain(low("lymphocytes"), "lymphocytes")


@rule("eosinophilia")
def eosinophilia() -> Rule:
    """Eosinophils above the range."""
    return plain(high("eosinophils"), "eosinophils")


@rule("monocytosis")
def monocytosis() -> Rule:
    """Monocytes above the range."""
    return plain(high("monocytes"), "monocytes")


@rule("basophilia")
def basophilia() -> Rule:
    """Basophils above the range."""
    return plain(high("basophils"), "basophils")


@rule("left_shift")
def left_shift() -> Rule:
    """More than 10 % bands, or immature granulocytes above the range or present."""
    immature = ("metamyelocytes", "metamyelocytes_pct", "myelocytes", "myelocytes_pct")
    signs = {
        "bands_pct": any_of(high("bands_pct"), above("bands_pct", 10.0)),
        "bands": high("bands"),
        "immature_granulocytes": high("immature_granulocytes"),
        "immature_granulocytes_pct": high("immature_granulocytes_pct"),
    } | {cell: above(cell, 0.0) & not_called_normal(cell) for cell in immature}
    return plain(any_of(*signs.values()), **signs)


@rule("blasts_present")
def blasts_present() -> Rule:
    """Any blasts."""
    signs = {cell: above(cell, 0.0) for cell in ("blasts", "blasts_pct")}
    return plain(any_of(*signs.values()), **signs)


_THROMBOCYTOPENIA = any_of(low("platelets"), below("platelets", 100.0))


@rule("thrombocytopenia")
def thrombocytopenia() -> Rule:
    """Under 50, under 100, and flagged low above that."""
    return Rule(
        {
            "severe": below("platelets", 50.0),
            "moderate": below("platelets", 100.0),
            "mild": low("platelets"),
        },
        evidence("platelets"),
    )


@rule("thrombocytosis")
def thrombocytosis() -> Rule:
    """Platelets above the range."""
    return plain(high("platelets"), "platelets")


@rule("pancytopenia")
def pancytopenia() -> Rule:
    """Anemia, low leukocytes or neutrophils, and low platelets."""
    few_white_cells = any_of(low("leukocytes"), low("neutrophils"))
    return plain(
        all_of(ANEMIA, few_white_cells, _THROMBOCYTOPENIA),
        "hemoglobin",
        "platelets",
        leukocytes=low("leukocytes"),
        neutrophils=low("neutrophils"),
    )


def _persistent(now: Truth, name: str, window: str, limit: float) -> Rule:
    """A count of at least ``limit`` now and in the last result of the window."""
    then = before(window) >= limit
    found = plain(all_of(now, at_least(name, limit), then), name, leukocytes=high("leukocytes"))
    return replace(found, earlier={f"before:{window}": then})


@rule("eosinophilia_persistent")
def eosinophilia_persistent() -> Rule:
    """Eosinophils of 1.5 or more twice, a month apart."""
    return _persistent(ALWAYS, "eosinophils", "eosinophils_1m", 1.5)


@rule("monocytosis_persistent")
def monocytosis_persistent() -> Rule:
    """Monocytes of 1.0 or more and a tenth of the leukocytes, for three months."""
    share = any_of(at_least("monocytes_pct", 10.0), exact("monocytes") / exact("leukocytes") >= 0.1)
    return _persistent(share, "monocytes", "monocytes_3m", 1.0)


@rule("lymphocytosis_persistent")
def lymphocytosis_persistent() -> Rule:
    """Lymphocytes of 5 or more for three months."""
    return _persistent(ALWAYS, "lymphocytes", "lymphocytes_3m", 5.0)
