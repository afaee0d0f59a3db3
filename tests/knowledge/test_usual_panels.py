"""Every rule against panels as they are really ordered: none needs what nobody orders together."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from hemoscribe.knowledge import analytes, find, finding_definitions, flag
from hemoscribe.records import Result

from .cases import CASES, Case, result_row

PAGE = yaml.safe_load((Path(__file__).parent / "usual_panels.yaml").read_text("utf-8"))
EARLIER = {
    *("acute_kidney_injury", "chronic_kidney_disease", "creatinine_rise", "sodium_rise_fast"),
    "creatinine_falling",
    *("hypothyroidism_subclinical_persistent", "lymphocytosis_persistent"),
    *("eosinophilia_persistent", "monocytosis_persistent", "delta_check"),
}
OTHERWISE = {
    **dict.fromkeys(EARLIER, "an earlier result"),
    "platelet_clumps": "the laboratory's remark",
    "inr_below_target": "the requester's note",
}
"""Findings that rest on something else than the results of one report."""


def panels() -> dict[str, list[str]]:
    """Panel, or what is ordered at once -> its analytes."""
    alone: dict[str, list[str]] = PAGE["panels"]
    at_once = {
        name: [analyte for one in parts for analyte in alone[one]]
        for name, parts in PAGE["together"].items()
    }
    return alone | at_once


def within(results: Mapping[str, object], panel: list[str]) -> dict[str, object]:
    """The results of a disease that a panel holds; its total CO2 stands for bicarbonate."""
    named = {
        "total_co2" if name == "bicarbonate" and "total_co2" in panel else name: value
        for name, value in results.items()
    }
    return {name: value for name, value in named.items() if name in panel}


@cache
def firing() -> Mapping[str, set[str]]:
    """Finding -> the panels in which the values of its golden cases make it known."""
    rows: list[dict[str, Any]] = []
    wanted: list[tuple[Case, str]] = []
    for case in CASES:
        if not case.fires or case.given.keys() & {"earlier", "comment", "note"}:
            continue
        sex, age, *rest = case.given["who"].split()
        for panel, members in panels().items():
            patient = {
                "report_id": str(len(wanted)),
                "patient_id": "p",
                "sex": None if sex == "?" else sex,
                "age_years": None if age == "?" else float(age),
                "pregnant": True if rest else None,
            }
            held = within(case.given["results"], members)
            rows += [result_row(name, value, **patient) for name, value in held.items()]
            wanted.append((case, panel))
    frame = pl.DataFrame(rows, schema=Result.create_empty().schema, infer_schema_length=None)
    found: dict[str, set[str]] = {name: set() for name in finding_definitions()}
    for report, finding in find(flag(frame)).select("report_id", "finding").iter_rows():
        case, panel = wanted[int(report)]
        if case.finding == finding:
            found[finding].add(panel)
    return found


def test_the_panels_are_of_analytes_we_know() -> None:
    for name, members in panels().items():
        assert set(members) <= set(analytes()), name


def test_every_rule_can_fire_on_what_is_ordered() -> None:
    never = {name for name, found in firing().items() if not found}
    assert never == set(OTHERWISE)


ORDERED_APART = {
    *("blasts_present", "troponin_high", "pancreatitis_hint", "high_d_dimer"),
    *("respiratory_acidosis", "high_lactate", "sepsis_pattern"),  # a gas
    *("arterial_hypoxemia", "low_oxygen_vessel_unknown"),
    *("hypopituitarism_pattern", "primary_adrenal_insufficiency_pattern"),
    *("uncompensated_acidosis", "uncompensated_alkalosis", "added_respiratory_alkalosis"),
    *("hypertriglyceridemia", "hemolysis_pattern", "pregnancy_cholestasis"),
}
"""Urgent findings that no first panel shows in any country: they have an order of their own."""
APART_IN = {
    "FR": {"tumor_lysis_pattern"},
    "UK": {"thrombotic_microangiopathy_hint", "hyperosmolality", "hypoglycemia"},
    "US": {
        "thrombotic_microangiopathy_hint",
        "low_fibrinogen",
        "inflammation",
        "tumor_lysis_pattern",
    },
}


@pytest.mark.parametrize("country", ["FR", "UK", "US"])
def test_what_cannot_wait_fires_on_what_is_ordered_at_admission(country: str) -> None:
    urgent = {
        one.id
        for one in finding_definitions().values()
        if max([one.urgency, *(grade.urgency for grade in one.grades.values())]) >= 2
    }
    missing = {name for name in urgent if f"admission ({country})" not in firing()[name]}
    assert missing - set(OTHERWISE) == ORDERED_APART | APART_IN[country]
