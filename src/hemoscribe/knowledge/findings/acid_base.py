"""Acid-base balance and lactate."""

from __future__ import annotations

from hemoscribe.knowledge.findings.rules import Rule, evidence, plain, rule
from hemoscribe.knowledge.formulas import Truth, all_of, any_of
from hemoscribe.knowledge.rule_words import (
    above,
    at_most,
    below,
    exact,
    high,
    index,
    least,
    low,
    measured,
    most,
    not_called_normal,
)

_LOW_BICARBONATE = any_of(low("bicarbonate"), low("total_co2"))
_HIGH_BICARBONATE = any_of(high("bicarbonate"), high("total_co2"))
_ACIDEMIA, _ALKALEMIA = below("ph", 7.35), above("ph", 7.45)


@rule("metabolic_acidosis_hint")
def metabolic_acidosis_hint() -> Rule:
    """Bicarbonate low, and pH not above 7.40 where it is known."""
    not_respiratory = any_of(~measured("ph"), at_most("ph", 7.40))
    return plain(
        all_of(_LOW_BICARBONATE, not_respiratory),
        bicarbonate=low("bicarbonate"),
        total_co2=low("total_co2"),
        ph=_ACIDEMIA,
        base_excess=low("base_excess"),
    )


@rule("high_anion_gap")
def high_anion_gap() -> Rule:
    """A reported gap flagged high, or the computed one (albumin-corrected) above 16 mmol/L."""
    corrected, plain_gap = index("anion_gap_corrected"), index("anion_gap")
    reported = any_of(measured("anion_gap"), measured("anion_gap_k"))
    gap = any_of(corrected > 16.0, all_of(~corrected.known, plain_gap > 16.0))
    computed = all_of(~reported, gap)
    return plain(
        any_of(high("anion_gap"), high("anion_gap_k"), computed),
        anion_gap=high("anion_gap"),
        anion_gap_k=high("anion_gap_k"),
        sodium=computed,
        chloride=computed,
        bicarbonate=computed,
        total_co2=all_of(computed, ~measured("bicarbonate")),
        lactate=high("lactate"),
    )


@rule("metabolic_alkalosis_hint")
def metabolic_alkalosis_hint() -> Rule:
    """Bicarbonate high, and pH of 7.40 or more where it is known."""
    not_respiratory = any_of(~measured("ph"), least("ph") >= 7.40)
    return plain(
        all_of(_HIGH_BICARBONATE, not_respiratory),
        bicarbonate=high("bicarbonate"),
        total_co2=high("total_co2"),
        ph=_ALKALEMIA,
        potassium=low("potassium"),
        chloride=low("chloride"),
    )


@rule("respiratory_acidosis")
def respiratory_acidosis() -> Rule:
    """pH under 7.35 with pCO2 above 45 mm[Hg]."""
    return plain(
        all_of(_ACIDEMIA, least("pco2") > 45.0), "ph", "pco2", bicarbonate=high("bicarbonate")
    )


@rule("respiratory_alkalosis")
def respiratory_alkalosis() -> Rule:
    """pH above 7.45 with pCO2 under 35 mm[Hg]."""
    return plain(
        all_of(_ALKALEMIA, most("pco2") < 35.0), "ph", "pco2", bicarbonate=low("bicarbonate")
    )


@rule("high_lactate")
def high_lactate() -> Rule:
    """Lactate above the range, or above 4 mmol/L whatever the range."""
    return plain(any_of(high("lactate"), above("lactate", 4.0)), "lactate")


@rule("low_anion_gap")
def low_anion_gap() -> Rule:
    """A reported gap flagged low, or the computed one under 3 mmol/L."""
    reported = any_of(measured("anion_gap"), measured("anion_gap_k"))
    computed = all_of(~reported, index("anion_gap") < 3.0)
    return plain(
        any_of(low("anion_gap"), low("anion_gap_k"), computed),
        anion_gap=low("anion_gap"),
        anion_gap_k=low("anion_gap_k"),
        sodium=computed,
        chloride=computed,
        bicarbonate=computed,
        total_co2=all_of(computed, ~measured("bicarbonate")),
        albumin=low("albumin"),
        total_protein=high("total_protein"),
    )


_BASE = exact("bicarbonate").otherwise(exact("total_co2"))
_FOR_ACIDOSIS = _BASE * 1.5 + 8.0
_FOR_ALKALOSIS = (_BASE - 24.0) * 0.7 + 40.0
_MARGIN = 2.0


def _gas(condition: Truth) -> Rule:
    return plain(
        condition,
        "pco2",
        "ph",
        bicarbonate=_LOW_BICARBONATE | _HIGH_BICARBONATE,
        total_co2=~measured("bicarbonate"),
    )


@rule("uncompensated_acidosis")
def uncompensated_acidosis() -> Rule:
    """Metabolic acidosis with more pCO2 than 1.5 x bicarbonate + 8 mm[Hg], by more than 2."""
    return _gas(
        all_of(_ACIDEMIA, _LOW_BICARBONATE, exact("pco2") - _FOR_ACIDOSIS > _MARGIN),
    )


@rule("added_respiratory_alkalosis")
def added_respiratory_alkalosis() -> Rule:
    """Metabolic acidosis with less pCO2 than 1.5 x bicarbonate + 8 mm[Hg], by more than 2."""
    added_acid = any_of(_ACIDEMIA, index("anion_gap") > 16.0, above("lactate", 4.0))
    return _gas(all_of(added_acid, _LOW_BICARBONATE, _FOR_ACIDOSIS - exact("pco2") > _MARGIN))


@rule("uncompensated_alkalosis")
def uncompensated_alkalosis() -> Rule:
    """Metabolic alkalosis with less pCO2 than 0.7 x (bicarbonate - 24) + 40, by more than 2."""
    return _gas(all_of(_ALKALEMIA, _HIGH_BICARBONATE, _FOR_ALKALOSIS - exact("pco2") > _MARGIN))


@rule("arterial_hypoxemia")
def arterial_hypoxemia() -> Rule:
    """PaO2 or SaO2 low, or PaO2 low for the oxygen that is breathed in (Berlin)."""
    pressure, ratio = "po2_arterial", index("pf_ratio")
    saturation = all_of(~measured(pressure), below("oxygen_saturation_arterial", 90.0))
    low_saturation = all_of(~measured(pressure), low("oxygen_saturation_arterial"))
    low_pressure = all_of(below(pressure, 80.0), not_called_normal(pressure))
    return Rule(
        {
            "severe": any_of(below(pressure, 60.0), saturation, ratio <= 100.0),
            "moderate": ratio <= 200.0,
            "mild": any_of(low_pressure, low_saturation, ratio <= 300.0),
        },
        evidence(
            pressure,
            oxygen_saturation_arterial=any_of(
                low("oxygen_saturation_arterial"), below("oxygen_saturation_arterial", 90.0)
            ),
            fio2=ratio <= 300.0,
        ),
    )


@rule("low_oxygen_vessel_unknown")
def low_oxygen_vessel_unknown() -> Rule:
    """pO2 or saturation that only arterial blood would make low, of a vessel that is not stated."""
    limits = {"po2": 60.0, "oxygen_saturation": 90.0}
    signs = {
        name: all_of(below(name, limit), not_called_normal(name)) for name, limit in limits.items()
    }
    return plain(any_of(*signs.values()), **signs)
