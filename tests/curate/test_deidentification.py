"""Identifiers planted in every field of exports, by a corpus that knows nothing of the rules.

The figures of docs/deidentification.md come from the same corpus, six times as large.
"""

import importlib.util
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    path = Path(__file__).parents[2] / "benchmarks" / "deidentification.py"
    spec = importlib.util.spec_from_file_location("deidentification", path)
    assert spec is not None
    assert spec.loader is not None
    corpus = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = corpus  # its dataclasses look themselves up there
    spec.loader.exec_module(corpus)
    folder = tmp_path_factory.mktemp("deidentification")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("HEMOSCRIBE_HOME", str(folder / "home"))
        return corpus.measure(corpus.make(400, seed=5), folder)


def recall(measured, *groups):
    gone, total = (sum(measured["found"][group][place] for group in groups) for place in (0, 1))
    assert total > 300
    return gone / total


def test_every_identifier_with_a_shape_is_gone_from_every_file(measured):
    missed = [m["text"] for m in measured["missed"] if m["kind"] not in FREE]
    assert missed == []
    assert recall(measured, "structured, comments", "structured, other fields") == 1


def test_names_addresses_places_and_great_ages_are_gone(measured):
    assert recall(measured, "free text, comments") > 0.99


def test_little_else_is_taken_out(measured):
    assert measured["precision"] > 0.9


def test_not_one_laboratory_value_changed(measured):
    assert measured["values"] > 300
    assert measured["values_changed"] == 0
    assert measured["results_changed"] == 0
    summary = measured["summary"]
    assert summary["results_in"] == summary["results"] + summary["rejects"]


FREE = ("name", "address", "place", "age", "written date")
