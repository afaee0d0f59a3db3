"""The table of diagnoses against liver findings is what the files and the rules give today."""

import importlib.util
import sys
from pathlib import Path

import polars as pl
import pytest

from hemoscribe.sources import read_folder

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def benchmark():
    path = ROOT / "benchmarks/uci_hcv.py"
    spec = importlib.util.spec_from_file_location("uci_hcv", path)
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "uci_hcv", module)
        spec.loader.exec_module(module)
        yield module


@pytest.mark.shared
def test_the_published_table_is_true(benchmark, shared_data, tmp_path):
    csv = shared_data / "uci_hcv/hcvdat0.csv"
    read_folder(csv, tmp_path / "read", mapping=ROOT / "docs/sets/uci-hcv.yaml")
    document = benchmark.measure(csv, tmp_path / "read")
    assert benchmark.page(document) == benchmark.PAGE.read_text("utf-8"), (
        "write it again: python benchmarks/uci_hcv.py hcvdat0.csv READ, and docs/sets/uci-hcv.md"
    )
    table = pl.read_csv(csv, null_values="NA", infer_schema_length=None)
    assert document["patients"] == table.height
    assert document["results"] + document["rejects"] == 10 * table.height
    sizes = dict(table["Category"].value_counts().iter_rows())
    assert document["categories"]["cirrhosis"] == sizes["3=Cirrhosis"]


def test_a_share_has_wilsons_interval_and_none_of_none_is_not_measured(benchmark):
    found = benchmark.share(5, 10)
    assert (found["value"], found["n"]) == (0.5, 10)
    assert found["low"] == pytest.approx(0.2366, abs=1e-4)  # Newcombe 1998, statsmodels
    assert found["high"] == pytest.approx(0.7634, abs=1e-4)
    assert benchmark.share(0, 0)["value"] is None
