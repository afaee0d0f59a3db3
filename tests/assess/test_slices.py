"""Slices: the worst first, none too small to mean anything, nothing counted twice."""

import numpy as np
import pytest

from hemoscribe.assess.directions import read_of
from hemoscribe.assess.slices import DIMENSIONS, confusion_by_analyte, slices, worst


@pytest.fixture(scope="module")
def mixed(table, certain):
    """600 results: sodium read right, potassium half wrong, a rare analyte always wrong."""
    analytes = ["sodium"] * 400 + ["potassium"] * 180 + ["lead"] * 20
    truth = ["high", "normal"] * 300
    wrong = {"high": "normal", "normal": "high"}
    got = [
        wrong[t] if a == "lead" or (a == "potassium" and i % 4 < 2) else t
        for i, (a, t) in enumerate(zip(analytes, truth, strict=True))
    ]
    frame = table(truth, certain(got), analyte=analytes, sex=["F", "F", "M", "M"] * 150)
    return read_of(frame, truth="rules", draws=100)


def test_every_dimension_adds_up_to_all_results(mixed):
    found = slices(mixed)
    for dimension in DIMENSIONS:
        parts = [part for part in found if part["dimension"] == dimension]
        assert sum(part["accuracy"]["n"] for part in parts) == 600
        right = sum(part["accuracy"]["value"] * part["accuracy"]["n"] for part in parts)
        assert round(right) == int(mixed.correct.sum())


def test_the_worst_come_first_and_a_slice_of_twenty_is_not_shown_as_one(mixed):
    found = worst(slices(mixed), "accuracy")
    assert (found[0]["dimension"], found[0]["name"]) == ("analyte", "potassium")
    assert found[0]["accuracy"]["value"] == pytest.approx(0.5)
    assert all(part["name"] != "lead" for part in found)
    values = [part["accuracy"]["value"] for part in found]
    assert values == sorted(values)
    assert len(found) <= 10


def test_recall_slices_need_thirty_abnormal_results_not_thirty_results(table, certain):
    truth = ["high"] * 10 + ["normal"] * 190
    frame = table(truth, certain(["normal"] * 200), sex=["F", "M"] * 100)
    read = read_of(frame, truth="rules", draws=100)
    assert worst(slices(read), "abnormal_recall") == []
    assert worst(slices(read), "accuracy")


def test_a_dimension_with_one_slice_is_the_whole_again_and_never_among_the_worst(mixed):
    found = worst(slices(mixed), "accuracy")
    assert {part["dimension"] for part in found} == {"analyte", "sex"}


def test_each_slices_numbers_are_those_of_its_rows_alone(mixed):
    part = next(part for part in slices(mixed) if part["name"] == "potassium")
    rows = (mixed.table["analyte"] == "potassium").to_numpy()
    assert part["accuracy"]["value"] == pytest.approx(mixed.correct[rows].mean(), abs=1e-12)
    abnormal = rows & mixed.abnormal
    assert part["abnormal_recall"]["value"] == pytest.approx(
        mixed.correct[abnormal].mean(), abs=1e-12
    )
    assert part["abnormal_recall"]["n"] == int(abnormal.sum())


def test_confusion_by_analyte_sums_to_the_whole(mixed):
    found = confusion_by_analyte(mixed)
    assert np.sum(list(found.values())) == 600
    assert found["lead"] == [[0, 0, 0], [0, 0, 10], [0, 10, 0], [0, 0, 0]]


def test_no_result_gives_no_slice(table):
    read = read_of(table([], []), truth="rules", draws=100)
    assert slices(read) == []
    assert confusion_by_analyte(read) == {}
