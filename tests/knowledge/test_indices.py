"""Indices against worked examples, their limits, and why one is not computed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
import pytest

from hemoscribe.knowledge import (
    analytes,
    flag,
    index_definitions,
    index_name,
    index_reason,
    indices,
    references,
)
from hemoscribe.knowledge.indices import compiled_indices, indices_of, reason_sentence
from hemoscribe.knowledge.report_facts import facts_of
from hemoscribe.records import LANGUAGES, FlaggedResult, Index, Result


def rows(results: Mapping[str, Any], **patient: Any) -> pl.DataFrame:
    """Flagged rows of one report; a value is a number, or (number, low, high)."""
    given = []
    for analyte, stated in results.items():
        value, low, high = stated if isinstance(stated, tuple) else (stated, None, None)
        comparator = None
        if isinstance(value, str):
            comparator, value = value[0], float(value[1:])
        row: dict[str, Any] = dict.fromkeys(Result.column_names())
        row |= {
            "report_id": "r",
            "patient_id": "p",
            "analyte": analyte,
            "reported_name": analyte,
            "value": float(value),
            "comparator": comparator,
            "unit": analytes()[analyte].unit,
            "unit_inferred": False,
            "reported_value": str(value),
            "low": low,
            "high": high,
            "range_source": None if high is None else "laboratory",
            "status": "final",
        }
        given.append(row | patient)
    return flag(pl.DataFrame(given, schema=Result.create_empty().schema))


def computed(results: Mapping[str, Any], **patient: Any) -> dict[str, Index]:
    return {
        index: Index(index, value, unit, why_not)
        for _, index, value, unit, why_not in indices(rows(results, **patient)).iter_rows()
    }


WOMAN = {"sex": "F", "age_years": 50.0}
MAN = {"sex": "M", "age_years": 60.0}
CHILD = {"sex": "M", "age_years": 6.0}


@pytest.mark.parametrize(
    ("index", "results", "patient", "expected"),
    [
        # CKD-EPI 2021: the calculator of the National Kidney Foundation gives 69 and 53
        ("egfr", {"creatinine": 88.42}, WOMAN, 68.6),
        ("egfr", {"creatinine": 132.63}, MAN, 53.0),
        ("egfr", {"creatinine": 44.21}, WOMAN, 114.2),
        ("urea_creatinine_ratio", {"urea": 15, "creatinine": 120}, MAN, 125.0),
        ("anion_gap", {"sodium": 140, "chloride": 104, "bicarbonate": 24}, MAN, 12.0),
        ("anion_gap", {"sodium": 140, "chloride": 104, "total_co2": 24}, MAN, 12.0),
        (
            "anion_gap_corrected",
            {"sodium": 140, "chloride": 104, "bicarbonate": 24, "albumin": 20},
            MAN,
            17.0,
        ),
        ("calcium_corrected", {"calcium": 2.0, "albumin": 25}, MAN, 2.3),
        ("osmolality_calculated", {"sodium": 140, "glucose": 5, "urea": 5}, MAN, 290.0),
        ("osmolal_gap", {"osmolality": 320, "sodium": 140, "glucose": 5, "urea": 5}, MAN, 30.0),
        # cholesterol 200, HDL 50, triglycerides 150 mg/dL: 120 by Friedewald, 123.4 by Sampson
        ("ldl_friedewald", {"cholesterol": 5.172, "hdl": 1.293, "triglycerides": 1.694}, MAN, 3.11),
        ("ldl_sampson", {"cholesterol": 5.172, "hdl": 1.293, "triglycerides": 1.694}, MAN, 3.19),
        ("non_hdl", {"cholesterol": 5.2, "hdl": 1.2}, MAN, 4.0),
        ("transferrin_saturation", {"iron": 20, "tibc": 60}, MAN, 33.33),
        ("transferrin_saturation", {"iron": 20, "transferrin": 2.4}, MAN, 33.2),
        ("fib_4", {"ast": 80, "alt": 64, "platelets": 150}, MAN, 4.0),
        ("apri", {"ast": (80, 0.0, 40.0), "platelets": 100}, MAN, 2.0),
        ("de_ritis", {"ast": 90, "alt": 45}, MAN, 2.0),
        ("r_ratio", {"alt": (400, 0.0, 40.0), "alp": (240, 0.0, 120.0)}, MAN, 5.0),
        ("mentzer", {"mcv": 65, "erythrocytes": 6.5}, MAN, 10.0),
        ("nlr", {"neutrophils": 9, "lymphocytes": 1.5}, MAN, 6.0),
        ("homa_ir", {"glucose_fasting": 5.0, "insulin": 10}, MAN, 2.222),
        ("sodium_corrected", {"sodium": 130, "glucose": 27.75}, MAN, 139.6),
    ],
)
def test_worked_example(
    index: str, results: Mapping[str, Any], patient: Mapping[str, Any], expected: float
) -> None:
    found = computed(results, **patient)[index]
    assert found.why_not is None
    assert found.value == pytest.approx(expected, rel=5e-3)
    assert found.unit == index_definitions()[index].unit


@pytest.mark.parametrize(
    ("index", "results", "patient", "reason"),
    [
        ("egfr", {"creatinine": 80}, {"sex": "F"}, "the age is unknown"),
        ("egfr", {"creatinine": 80}, {"age_years": 50.0}, "the sex is unknown"),
        ("egfr", {"creatinine": 80}, CHILD, "under 18 years the formula needs the height"),
        ("egfr", {"creatinine": 80}, WOMAN | {"pregnant": True}, "not valid in pregnancy"),
        ("egfr", {"creatinine": "<20"}, WOMAN, "reported only as above or below a limit"),
        ("calcium_corrected", {"calcium": 2.0, "albumin": 15}, MAN, "albumin of 20 g/L"),
        (
            "ldl_friedewald",
            {"cholesterol": 7.0, "hdl": 1.0, "triglycerides": 6.0},
            MAN,
            "triglycerides of 4.5",
        ),
        (
            "ldl_sampson",
            {"cholesterol": 9.0, "hdl": 1.0, "triglycerides": 12.0},
            MAN,
            "triglycerides of 9",
        ),
        ("fib_4", {"ast": 30, "alt": 30, "platelets": 200}, {"age_years": 25.0}, "under 35 years"),
        ("homa_ir", {"insulin": 10}, MAN, "is missing"),
        ("non_hdl", {"cholesterol": 1.0, "hdl": 2.0}, MAN, "exceeds total cholesterol"),
        ("nlr", {"neutrophils": 3, "lymphocytes": 0}, MAN, "no finite number"),
    ],
)
def test_why_an_index_is_not_computed(
    index: str, results: Mapping[str, Any], patient: Mapping[str, Any], reason: str
) -> None:
    found = computed(results, **patient)[index]
    assert found.value is None
    assert reason in str(found.why_not)
    french = index_reason(found, "fr")
    assert french
    assert french != found.why_not


def test_a_childs_gfr_is_computed_from_the_height() -> None:
    frame = rows({"creatinine": 44.2}, **CHILD)
    names = FlaggedResult.__slots__
    results = [FlaggedResult(**{name: row[name] for name in names}) for row in frame.to_dicts()]
    facts = facts_of(results, sex="M", age_years=6.0, pregnant=None, height_cm=120.0)
    (gfr,) = indices_of(facts)
    assert gfr.value == pytest.approx(99.1, rel=1e-3)


@pytest.mark.parametrize(
    ("index", "results"),
    [
        ("egfr", {"sodium": 140}),
        ("egfr", {"creatinine": 80, "egfr": 85}),
        ("homa_ir", {"glucose_fasting": 5}),
        ("mentzer", {"mcv": 88, "erythrocytes": 4.8}),
        ("r_ratio", {"alt": 20, "alp": 60}),
        ("sodium_corrected", {"sodium": 140, "glucose": 5}),
        ("calcium_corrected", {"calcium": 2.3, "albumin": 40, "ionized_calcium": 1.2}),
    ],
)
def test_an_idle_index_is_not_stated(index: str, results: Mapping[str, Any]) -> None:
    assert index not in computed(results, **MAN)


def test_every_index_is_defined_in_full() -> None:
    for definition in index_definitions().values():
        assert set(definition.names) == set(LANGUAGES)
        assert definition.formula.endswith(".")
        assert definition.limits.endswith(".")
        assert definition.source
        assert set(definition.source) <= set(references())
        asked = {analyte for part in definition.asks for analyte in part}
        assert asked | {definition.unless or "sodium"} <= set(analytes())


def test_every_reason_has_a_sentence_in_each_language() -> None:
    for index in compiled_indices():
        for reason in index.reasons:
            for language in LANGUAGES:
                assert "{" not in reason_sentence(reason, language)


def test_an_index_has_a_name_in_each_language() -> None:
    assert index_name("egfr", "fr") == "DFG estimé"
    assert index_name("anion_gap", "en") == "anion gap"
