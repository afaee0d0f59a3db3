"""What each report would measure: healthy values, moved by conditions, consistent by arithmetic.

Healthy values come from the reference interval of the patient's sex, age and pregnancy; common
factors make them move together; conditions multiply or add. What a laboratory computes is computed:
hematocrit, red cells and MCH from hemoglobin, MCV and MCHC; the white count from its differential;
chloride from the anion gap; LDL and cholesterol by Friedewald; eGFR by CKD-EPI 2021; pH by
Henderson-Hasselbalch, and the base excess from it (Van Slyke's equation, NCCLS C12-A); INR from the
prothrombin time.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from hemoscribe.knowledge import analytes, flag
from hemoscribe.simulation.cohort import Cohort, Floats
from hemoscribe.simulation.library import conditions, population

CELLS = ("neutrophils", "lymphocytes", "monocytes", "eosinophils", "basophils", "bands", "blasts")
DERIVED = (
    *("hematocrit", "erythrocytes", "mch", "leukocytes", "chloride", "osmolality", "tibc"),
    *("transferrin_saturation", "cholesterol", "non_hdl", "bilirubin_total", "total_protein"),
    *(
        "egfr",
        "ph",
        "base_excess",
        "inr",
        "pt_pct",
        "aptt_ratio",
        "reticulocytes",
        "ionized_calcium",
    ),
    *(f"{cell}_pct" for cell in CELLS),
)
_ABSENT_WHEN_HEALTHY = ("bands", "blasts", "lithium")
_NORMAL_PT_SECONDS = 12.2
_NORMAL_APTT_SECONDS = 30.0
_TIBC_PER_TRANSFERRIN = 25.1  # umol/L per g/L (Tietz)
_MOST_SATURATED = 1.2  # iron that transferrin cannot hold is free, and little
_MMOL_TRIGLYCERIDES_PER_VLDL = 2.2  # Friedewald 1972
_SKEWED_ABOVE_RATIO = 2.2


def measure(cohort: Cohort, rng: np.random.Generator) -> dict[str, Floats]:
    """Analyte -> canonical value of every report."""
    drawn = [analyte for analyte in analytes() if analyte not in DERIVED]
    drawn = [name for name in drawn if _is_drawn(name)]
    deviations = _deviations(drawn, cohort, rng)
    values = {
        analyte: _healthy(analyte, cohort, deviations[:, column])
        for column, analyte in enumerate(drawn)
    }
    values |= {name: np.zeros(cohort.reports) for name in _ABSENT_WHEN_HEALTHY}
    _age(values, cohort)
    ph_shift = _apply_conditions(values, cohort, rng)
    _derive(values, cohort, ph_shift, rng)
    return {name: _bounded(name, value) for name, value in values.items() if name in analytes()}


def _is_drawn(name: str) -> bool:
    if name in _ABSENT_WHEN_HEALTHY:
        return False
    if name in population()["healthy"]:
        return True
    return any(row.low and row.high for row in analytes()[name].ranges)


def _deviations(names: list[str], cohort: Cohort, rng: np.random.Generator) -> Floats:
    """Standard normal deviations: common factors, the patient's own level, and the day's."""
    same = population()["individuality"]
    patients = int(cohort.patient.max()) + 1

    def over_time(columns: int) -> Floats:
        own = rng.standard_normal((patients, columns))[cohort.patient]
        today = rng.standard_normal((cohort.reports, columns))
        mixed: Floats = np.sqrt(same) * own + np.sqrt(1 - same) * today
        return mixed

    factors: Mapping[str, Mapping[str, float]] = population()["factors"]
    common = over_time(len(factors))
    loadings = np.array([[loads.get(name, 0.0) for name in names] for loads in factors.values()])
    shared = np.minimum((loadings**2).sum(axis=0), 0.95)
    deviations: Floats = common @ loadings + over_time(len(names)) * np.sqrt(1 - shared)
    return deviations


def _healthy(name: str, cohort: Cohort, deviation: Floats) -> Floats:
    """The value of a healthy person of this sex, age and pregnancy at this deviation."""
    given = population()["healthy"].get(name)
    if given is not None:
        spread = np.log(given["p97_5"] / given["median"]) / 1.96
        value: Floats = given["median"] * np.exp(spread * deviation)
        return _childrens_cells(name, value, cohort)
    low, high = limits(name, cohort)
    deviation = deviation * population()["narrower"].get(name, 1.0)
    skewed = (low > 0) & (high > _SKEWED_ABOVE_RATIO * low)
    with np.errstate(divide="ignore", invalid="ignore"):
        centre, spread = (np.log(low) + np.log(high)) / 2, (np.log(high) - np.log(low)) / 3.92
        log_normal = np.exp(centre + spread * deviation)
    normal = (low + high) / 2 + (high - low) / 3.92 * deviation
    chosen: Floats = np.where(skewed, log_normal, normal)
    return chosen


def _childrens_cells(name: str, value: Floats, cohort: Cohort) -> Floats:
    rule = population()["children_lymphocytes_times"]
    if name != "lymphocytes":
        return value
    share = np.clip(1 - cohort.age_years / rule["until_years"], 0, 1)
    raised: Floats = value * (1 + (rule["times"] - 1) * share)
    return raised


def limits(name: str, cohort: Cohort) -> tuple[Floats, Floats]:
    """Our reference limits for each report; NaN where there is none on that side."""
    frame = pl.DataFrame(
        {
            "analyte": [name] * cohort.reports,
            "value": np.zeros(cohort.reports),
            "sex": cohort.sex.tolist(),
            "age_years": cohort.age_years,
            "pregnant": cohort.pregnant,
        }
    ).with_columns(
        pl.lit(None, dtype=pl.Float64).alias("low"),
        pl.lit(None, dtype=pl.Float64).alias("high"),
        pl.lit(None, dtype=pl.String).alias("comparator"),
        pl.lit(None, dtype=pl.String).alias("range_source"),
    )
    filled = flag(frame)
    return filled["low"].fill_null(np.nan).to_numpy(), filled["high"].fill_null(np.nan).to_numpy()


def _age(values: dict[str, Floats], cohort: Cohort) -> None:
    """Slow changes over adult life, in place."""
    years = np.clip(cohort.age_years - 50, -15, 45)
    for name, per_year in population()["ageing"].items():
        if name in values:
            values[name] = values[name] * np.exp(per_year * years * (cohort.age_years >= 18))


def _apply_conditions(
    values: dict[str, Floats], cohort: Cohort, rng: np.random.Generator
) -> Floats:
    """Move the values by the conditions, in place; returns what they add to the pH."""
    ph_shift = np.zeros(cohort.reports)
    for column, condition in enumerate(conditions()):
        severity = cohort.severity[:, column]
        rows = np.flatnonzero(severity > 0)
        for name, effect in condition.effects.items():
            strength = severity[rows] * rng.lognormal(0, 0.22, len(rows))
            if name == "ph":
                ph_shift[rows] += effect.added * strength
            elif name in values:
                moved = values[name][rows] * effect.factor**strength + effect.added * strength
                values[name][rows] = np.maximum(moved, 0)
    return ph_shift


def _derive(
    values: dict[str, Floats], cohort: Cohort, ph_shift: Floats, rng: np.random.Generator
) -> None:
    """What a laboratory computes from other results, in place."""
    v = values
    v["mchc"] = np.clip(v["mchc"], 25, 37.5)
    v["hematocrit"] = 100 * v["hemoglobin"] / v["mchc"]
    v["erythrocytes"] = 10 * v["hematocrit"] / v["mcv"]
    v["mch"] = 10 * v["hemoglobin"] / v["erythrocytes"]
    v["leukocytes"] = np.sum([v[cell] for cell in CELLS], axis=0)
    for cell in CELLS:
        v[f"{cell}_pct"] = 100 * v[cell] / v["leukocytes"]
    v["reticulocytes"] = 10 * v["reticulocytes_pct"] * v["erythrocytes"]
    v["chloride"] = v["sodium"] - v["bicarbonate"] - v["anion_gap"]
    v["osmolality"] = 1.86 * v["sodium"] + v["glucose"] + v["urea"] + 9  # Tietz
    v["tibc"] = v["transferrin"] * _TIBC_PER_TRANSFERRIN
    v["iron"] = np.minimum(v["iron"], _MOST_SATURATED * v["tibc"])
    v["transferrin_saturation"] = 100 * v["iron"] / v["tibc"]
    vldl = v["triglycerides"] / _MMOL_TRIGLYCERIDES_PER_VLDL
    v["cholesterol"] = v["ldl"] + v["hdl"] + np.minimum(vldl, 4.0)
    v["non_hdl"] = v["cholesterol"] - v["hdl"]
    v["bilirubin_total"] = v["bilirubin_direct"] + v["bilirubin_indirect"]
    v["total_protein"] = v["albumin"] + v["globulins"]
    v["egfr"] = _egfr(v["creatinine"], cohort)
    v["inr"] = v["pt"] / _NORMAL_PT_SECONDS
    v["pt_pct"] = np.minimum(100 / (1 + 1.35 * np.maximum(v["inr"] - 1, -0.15)), 120)
    v["aptt_ratio"] = v["aptt"] / _NORMAL_APTT_SECONDS
    v["ionized_calcium"] = 0.51 * v["calcium"] * rng.lognormal(0, 0.015, cohort.reports)
    v["bicarbonate"] = np.clip(v["bicarbonate"], 3, 48)
    acid = 40 * 10 ** (-ph_shift / 2)  # half of the shift is in the carbon dioxide already
    v["pco2"] = np.clip(v["pco2"] * acid / 40, 12, 120)
    v["ph"] = 6.1 + np.log10(v["bicarbonate"] / (0.0307 * v["pco2"]))
    buffers = 1.43 * v["hemoglobin"] + 7.7  # of blood with hemoglobin in g/dL
    v["base_excess"] = (1 - 0.014 * v["hemoglobin"]) * (
        v["bicarbonate"] - 24.8 + buffers * (v["ph"] - 7.4)
    )


def _egfr(creatinine_umol_per_l: Floats, cohort: Cohort) -> Floats:
    """CKD-EPI 2021 (Inker et al., NEJM 2021;385:1737), mL/min/1.73 m2."""
    female = cohort.sex == "F"
    kappa, alpha = np.where(female, 61.9, 79.6), np.where(female, -0.241, -0.302)
    ratio = creatinine_umol_per_l / kappa
    value: Floats = (
        142
        * np.minimum(ratio, 1) ** alpha
        * np.maximum(ratio, 1) ** -1.200
        * 0.9938**cohort.age_years
        * np.where(female, 1.012, 1.0)
    )
    return value


def _bounded(name: str, value: Floats) -> Floats:
    """Within what can be: a little inside the plausible limits of knowledge."""
    low, high = analytes()[name].plausible
    return np.clip(value, low * 1.02 if low > 0 else low, high * 0.98)
