"""Rows and read folders, made as the read stage writes them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from hemoscribe.records import Result, no_rejects
from hemoscribe.stages import run_stage

ROW = {
    "report_id": "R1",
    "patient_id": "P1",
    "laboratory": "North",
    "collected_at": datetime(2023, 5, 4, 8, 30),
    "sex": "F",
    "age_years": 54.0,
    "pregnant": None,
    "analyte": "hemoglobin",
    "loinc": "718-7",
    "reported_name": "Hemoglobin",
    "value": 13.1,
    "comparator": None,
    "unit": "g/dL",
    "unit_inferred": False,
    "reported_value": "13.1",
    "reported_unit": "g/dL",
    "low": 12.0,
    "high": 16.0,
    "range_source": "laboratory",
    "laboratory_flag": None,
    "comment": None,
    "status": "final",
}
PANEL = {
    "hemoglobin": (13.1, "g/dL"),
    "leukocytes": (6.2, "10*9/L"),
    "platelets": (241.0, "10*9/L"),
    "sodium": (140.0, "mmol/L"),
    "potassium": (4.1, "mmol/L"),
    "creatinine": (74.0, "umol/L"),
    "alt": (22.0, "U/L"),
    "crp": (2.4, "mg/L"),
    "glucose": (5.2, "mmol/L"),
}

Change = Mapping[str, Any]


def make_rows(changes: Sequence[Change]) -> pl.DataFrame:
    rows = []
    for change in changes:
        row = {**ROW, **change}
        if "value" in change and "reported_value" not in change:
            row["reported_value"] = str(change["value"])
        rows.append(row)
    return pl.DataFrame(rows, schema=Result.create_empty().schema, orient="row")


def make_cohort(patients: int, *, reports: int = 1, offset: int = 0) -> pl.DataFrame:
    """Full panels, no two alike, of patients numbered from ``offset``."""
    changes = []
    for patient in range(offset, offset + patients):
        for report in range(reports):
            for place, (analyte, (value, unit)) in enumerate(PANEL.items()):
                shift = 1 + ((patient * 131 + report * 17 + place * 7) % 997) / 10_000
                changes.append(
                    {
                        "patient_id": f"{patient:06}",
                        "report_id": f"{patient:06}-{report}",
                        "collected_at": datetime(2023, 1 + report % 12, 1 + patient % 28, 8, 30),
                        "sex": "FM"[patient % 2],
                        "age_years": float(20 + patient % 70),
                        "analyte": analyte,
                        "reported_name": analyte.title(),
                        "unit": unit,
                        "reported_unit": unit,
                        "value": round(value * shift, 4),
                        "low": round(value * 0.8, 4),
                        "high": round(value * 1.2, 4),
                    }
                )
    return make_rows(changes)


@pytest.fixture
def rows() -> Callable[..., pl.DataFrame]:
    """``rows({...}, {...})``: one row per mapping of what differs from a plain hemoglobin."""
    return lambda *changes: make_rows(changes).with_row_index("row")


@pytest.fixture
def cohort() -> Callable[..., pl.DataFrame]:
    return make_cohort


@pytest.fixture
def read_folder(tmp_path: Path) -> Callable[..., Path]:
    """``read_folder(rows, rejects)``: a complete folder of the read stage."""
    count = 0

    def write(rows: pl.DataFrame, rejects: pl.DataFrame | None = None) -> Path:
        nonlocal count
        count += 1
        refused = no_rejects() if rejects is None else rejects

        def work(folder: Path) -> dict[str, Any]:
            rows.write_parquet(folder / "results.parquet")
            refused.write_parquet(folder / "rejects.parquet")
            return {"results": rows.height, "rejects": int(refused["results"].sum())}

        out = tmp_path / f"read-{count}"
        run_stage(out, stage="read", inputs={"export.csv": str(count)}, settings={}, work=work)
        return out

    return write
