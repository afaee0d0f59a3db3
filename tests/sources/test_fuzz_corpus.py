"""Inputs that fuzzing found: each still ends in rows and rejects, or in a refusal of one line."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

CORPUS = Path(__file__).with_name("fuzz_corpus")
MAX_BYTES = 200_000
INPUTS = sorted(path for path in CORPUS.glob("*/*") if path.is_file())


@pytest.fixture(scope="module")
def fuzzing() -> ModuleType:
    """benchmarks/fuzz_readers.py, whose judgement of an input is used here."""
    path = Path(__file__).resolve().parents[2] / "benchmarks" / "fuzz_readers.py"
    spec = importlib.util.spec_from_file_location("fuzz_readers", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["fuzz_readers"] = module
    spec.loader.exec_module(module)
    return module


def test_the_corpus_is_small():
    assert sum(path.stat().st_size for path in INPUTS) < MAX_BYTES


def test_every_reader_is_fuzzed(fuzzing: ModuleType):
    from hemoscribe.sources.formats import FORMATS

    fuzzed = {rule.get("format", name) for name, rule in fuzzing.RULES["readers"].items()}
    assert fuzzed == set(FORMATS)
    assert {path.parent.name for path in INPUTS} <= set(fuzzing.RULES["readers"])


@pytest.mark.parametrize("reader", sorted({path.parent.name for path in INPUTS}))
def test_what_fuzzing_found_is_handled(reader: str, fuzzing: ModuleType, tmp_path: Path):
    for path in sorted((CORPUS / reader).iterdir()):
        outcome = fuzzing.judge(reader, path.read_bytes(), tmp_path)
        assert outcome.finding is None, (path.name, outcome.finding, outcome.trace)
