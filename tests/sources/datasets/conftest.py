"""The made-up data sets of benchmarks/made_datasets.py, whose every row has its truth."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def made() -> ModuleType:
    path = Path(__file__).resolve().parents[3] / "benchmarks" / "made_datasets.py"
    spec = importlib.util.spec_from_file_location("made_datasets", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["made_datasets"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def tables(tmp_path: Path):
    """Write tables beside each other: ``tables(lab="text", patient="text")`` -> their folder."""

    def write(**texts: str) -> Path:
        folder = tmp_path / "in"
        folder.mkdir(exist_ok=True)
        for name, text in texts.items():
            (folder / f"{name}.csv").write_text(text, encoding="utf-8")
        return folder

    return write
