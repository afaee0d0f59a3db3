"""The files of benchmarks/hprim_speed.py, smaller: every row is what was written."""

import importlib.util
import sys
from pathlib import Path

import pytest

RESULTS = 2_000


@pytest.fixture(scope="module")
def speed():
    path = Path(__file__).resolve().parents[3] / "benchmarks" / "hprim_speed.py"
    spec = importlib.util.spec_from_file_location("hprim_speed", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["hprim_speed"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["H' Santé", "HPRIM Médecins"])
def test_every_patient_time_unit_and_value_is_right(speed, tmp_path, name):
    path = tmp_path / "export"
    speed.WRITERS[name](path, RESULTS)
    assert len(speed.truth(RESULTS)) == RESULTS
    assert speed.differences(path, RESULTS, sex=name == "H' Santé") == 0
