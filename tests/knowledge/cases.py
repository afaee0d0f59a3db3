"""The golden cases of the findings as rows, and rows of reports of any kind."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import yaml
from hypothesis import strategies as st

from hemoscribe.knowledge import analytes, flag
from hemoscribe.records import Result

GOLDEN = Path(__file__).parent / "golden"
NOW = datetime(2024, 5, 17, 8, 0)
_VALUE = re.compile(
    r"(?P<sign><=|>=|<|>)?\s*(?P<value>-?[\d.]+)(?:\s*\[(?P<low>[\d.]+)-(?P<high>[\d.]+)\])?"
)


@dataclass(frozen=True)
class Case:
    """One golden case: a report, and whether the finding must be stated."""

    id: str
    finding: str
    fires: bool
    given: Mapping[str, Any]


def golden_cases() -> Iterator[Case]:
    for path in sorted(GOLDEN.glob("*.yaml")):
        for finding, kinds in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            for kind, cases in kinds.items():
                for number, case in enumerate(cases):
                    name = f"{finding}-{kind}-{number}"
                    yield Case(name, finding, kind == "fires", case)


def flagged_rows(cases: list[Case]) -> pl.DataFrame:
    rows: list[dict[str, Any]] = []
    for case in cases:
        earlier = case.given.get("earlier")
        if earlier:
            then = NOW - timedelta(hours=earlier["hours"])
            rows += _rows(case, f"{case.id}/earlier", earlier["results"], then)
        rows += _rows(case, case.id, case.given["results"], NOW)
    return flag(pl.DataFrame(rows, schema=Result.create_empty().schema))


def result_row(analyte: str, printed: object, **patient: Any) -> dict[str, Any]:
    """A row of ``Result`` from a value such as ``11.8 [11.5-15.5]`` in the canonical unit."""
    match = _VALUE.fullmatch(str(printed))
    assert match, f"not a value: {printed}"
    low, high = match["low"], match["high"]
    unit = analytes()[analyte].unit
    row: dict[str, Any] = dict.fromkeys(Result.column_names())
    return row | {
        "analyte": analyte,
        "reported_name": analyte,
        "value": float(match["value"]),
        "comparator": match["sign"],
        "unit": unit,
        "unit_inferred": False,
        "reported_value": match["value"],
        "reported_unit": unit,
        "low": None if low is None else float(low),
        "high": None if high is None else float(high),
        "range_source": None if low is None else "laboratory",
        "status": "final",
    } | patient  # fmt: skip


def _rows(
    case: Case, report: str, results: Mapping[str, object], time: datetime
) -> list[dict[str, Any]]:
    sex, age, *rest = case.given["who"].split()
    return [
        result_row(
            analyte,
            printed,
            report_id=report,
            patient_id=case.id,
            collected_at=time,
            sex=None if sex == "?" else sex,
            age_years=None if age == "?" else float(age),
            pregnant=True if rest else None,
            comment=case.given.get("comment"),
            clinical_note=case.given.get("note"),
        )
        for analyte, printed in results.items()
    ]


CASES = list(golden_cases())


ANALYTES = sorted(analytes())
VALUES = st.one_of(
    st.floats(0, 1000, allow_nan=False).map(lambda number: round(number, 2)),
    st.floats(-1e12, 1e12, allow_nan=False),
    st.sampled_from([0.0, -0.0, 1e-300, 1e300, -1e300]),
)


@st.composite
def reports(draw: st.DrawFn) -> pl.DataFrame:
    """Flagged rows of a few reports with values of any size."""
    rows = []
    for number in range(draw(st.integers(1, 8))):
        patient = {
            "report_id": str(number),
            "patient_id": str(number),
            "sex": draw(st.sampled_from([None, "F", "M"])),
            "age_years": draw(st.one_of(st.none(), st.floats(0, 130))),
            "pregnant": draw(st.sampled_from([None, False, True])),
        }
        analytes_drawn = draw(st.lists(st.sampled_from(ANALYTES), min_size=1, max_size=25))
        for analyte in analytes_drawn:
            row = result_row(analyte, 1, **patient)
            row["value"] = draw(VALUES)
            row["comparator"] = draw(st.sampled_from([None, None, None, "<", "<=", ">", ">="]))
            if draw(st.booleans()):
                row["low"], row["high"] = draw(st.one_of(st.none(), VALUES)), draw(VALUES)
                row["range_source"] = "laboratory"
            rows.append(row)
    return pl.DataFrame(rows, schema=Result.create_empty().schema)
