"""The metrics of reading: scikit-learn's numbers on the same arrays, and directions that count."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    accuracy_score,
    brier_score_loss,
    confusion_matrix,
    f1_score,
    precision_score,
    recall_score,
    roc_auc_score,
)

from hemoscribe.assess.directions import (
    at_threshold,
    choose_threshold,
    headline,
    is_correct,
    measure_reading,
    read_of,
)

NAMES = np.array(["low", "normal", "high"])


def drawn(seed, n=400):
    rng = np.random.default_rng(seed)
    truth = rng.choice(3, n, p=[0.1, 0.7, 0.2])
    chances = rng.dirichlet([1, 1, 1], n) * 0.6 + 0.4 * np.eye(3)[truth]
    return truth, chances


def read(frame, truth="rules"):
    return read_of(frame, truth=truth, draws=100)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_metric_is_scikit_learns_within_a_billionth(table, seed):
    truth, chances = drawn(seed)
    found = measure_reading(read(table(NAMES[truth], chances)))
    got, abnormal, p_abnormal = chances.argmax(axis=1), truth != 1, 1 - chances[:, 1]
    directed = {"labels": [0, 2], "average": "micro"}
    expected = {
        "accuracy": accuracy_score(truth, got),
        "abnormal_recall": recall_score(truth, got, **directed),
        "abnormal_precision": precision_score(truth, got, **directed),
        "abnormal_f1": f1_score(truth, got, **directed),
        "macro_f1": f1_score(truth, got, average="macro"),
        "detection_recall": recall_score(abnormal, got != 1),
        "detection_precision": precision_score(abnormal, got != 1),
        "roc_auc": roc_auc_score(abnormal, p_abnormal),
        "brier": brier_score_loss(abnormal, p_abnormal),
    }
    for name, value in expected.items():
        assert found[name]["value"] == pytest.approx(value, abs=1e-9), name
        assert found[name]["low"] <= value <= found[name]["high"], name
    matrix = confusion_matrix(truth, got, labels=[0, 1, 2])
    assert [list(row.values()) for row in found["confusion"].values()] == matrix.tolist()
    observed, predicted = calibration_curve(abnormal, p_abnormal, n_bins=10)
    assert [entry["observed"] for entry in found["reliability"]] == pytest.approx(list(observed))
    assert [entry["predicted"] for entry in found["reliability"]] == pytest.approx(list(predicted))
    gaps = np.abs(observed - predicted)
    weights = [entry["n"] / len(truth) for entry in found["reliability"]]
    assert found["ece"]["value"] == pytest.approx(float(gaps @ weights), abs=1e-9)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(NAMES.tolist()), st.sampled_from(NAMES.tolist())),
        min_size=1,
        max_size=40,
    )
)
def test_shares_stay_shares_and_intervals_hold_their_value(table, certain, pairs):
    frame = table([pair[0] for pair in pairs], certain([pair[1] for pair in pairs]))
    found = measure_reading(read(frame))
    for name, estimate in found.items():
        if not isinstance(estimate, dict) or "value" not in estimate:
            continue
        if estimate["value"] is not None and estimate["low"] is not None:
            assert 0 <= estimate["low"] <= estimate["value"] <= estimate["high"] <= 1, name


def test_the_wrong_direction_is_a_miss_though_it_was_seen_to_be_abnormal(table, certain):
    found = measure_reading(read(table(["low", "high"], certain(["high", "high"]))))
    assert found["abnormal_recall"]["value"] == 0.5
    assert found["detection_recall"]["value"] == 1.0
    assert found["abnormal_precision"]["value"] == 0.5


def test_a_result_without_a_range_is_left_out_and_counted(table, certain):
    found = measure_reading(
        read(table(["low", None, "normal"], certain(["low", "high", "normal"])))
    )
    assert found["left_out"] == 1
    assert found["accuracy"] == {**found["accuracy"], "value": 1.0, "n": 2}


def test_with_no_truth_at_all_nothing_is_measured_and_nothing_fails(table, certain):
    found = measure_reading(read(table([None, None], certain(["low", "low"]))))
    assert found["left_out"] == 2
    assert found["accuracy"]["value"] is None
    assert headline(read(table([], [])))["abnormal_recall"]["n"] == 0


def test_the_laboratorys_own_flags_can_be_the_truth_and_a_flag_without_direction_takes_either(
    table, certain
):
    frame = table(
        ["low", "normal", "normal", "normal"],
        certain(["high", "high", "normal", "low"]),
        laboratory=["high", "abnormal", "abnormal", None],
    )
    found = measure_reading(read(frame, "laboratory"))
    assert found["left_out"] == 1
    assert found["accuracy"]["value"] == pytest.approx(2 / 3)
    assert found["abnormal_recall"]["value"] == pytest.approx(2 / 3)
    assert found["confusion"]["abnormal"] == {"low": 0, "normal": 1, "high": 1}
    assert is_correct(np.int8([3, 3]), np.int8([0, 1])).tolist() == [True, False]


def test_recall_of_critical_values_counts_critical_values_only(table, certain):
    frame = table(
        ["low", "low", "high", "high"],
        certain(["low", "normal", "high", "normal"]),
        critical=[True, True, True, False],
    )
    estimate = measure_reading(read(frame))["critical_recall"]
    assert (estimate["value"], estimate["n"]) == (pytest.approx(2 / 3), 3)


def test_the_threshold_reaches_the_wanted_recall_and_no_higher_than_it_must(table):
    truth, chances = drawn(4, 2000)
    validation = read(table(NAMES[truth], chances))
    chosen = choose_threshold(validation, 0.9)
    recall = at_threshold(validation, chosen["p_normal"])["abnormal_recall"]["value"]
    assert chosen["reached"]
    assert recall == pytest.approx(chosen["validation_recall"])
    assert recall >= 0.9
    lower = at_threshold(validation, chosen["p_normal"] - 1e-9)["abnormal_recall"]["value"]
    assert lower < 0.9


def test_a_threshold_can_recover_what_the_argmax_misses(table):
    chances = [[0.4, 0.6, 0.0], [0.0, 0.9, 0.1], [0.0, 1.0, 0.0]]
    test = read(table(["low", "high", "normal"], chances))
    assert measure_reading(test)["abnormal_recall"]["value"] == 0.0
    chosen = choose_threshold(test, 0.99)
    assert chosen["p_normal"] == pytest.approx(0.9)
    at = at_threshold(test, chosen["p_normal"])
    assert (at["abnormal_recall"]["value"], at["abnormal_precision"]["value"]) == (1.0, 1.0)


def test_no_threshold_recovers_a_wrong_direction_and_that_is_said(table, certain):
    chances = [[0.4, 0.6, 0.0], [0.3, 0.6, 0.1]]
    chosen = choose_threshold(read(table(["low", "high"], chances)), 0.9)
    assert not chosen["reached"]
    assert chosen["validation_recall"] == 0.5
    assert choose_threshold(read(table(["normal"], certain(["normal"]))), 0.9) is None


@pytest.mark.parametrize("seed", [1, 2])
def test_recall_of_critical_values_and_at_a_threshold_are_scikit_learns(table, seed):
    truth, chances = drawn(seed)
    critical = (truth != 1) & (np.random.default_rng(seed).random(len(truth)) < 0.3)
    frame = read(table(NAMES[truth], chances, critical=critical.tolist()))
    got, directed = chances.argmax(axis=1), {"labels": [0, 2], "average": "micro"}
    expected = recall_score(truth[critical], got[critical], **directed)
    assert measure_reading(frame)["critical_recall"]["value"] == pytest.approx(expected, abs=1e-9)
    called = np.where(chances[:, 1] <= 0.4, np.where(chances[:, 0] >= chances[:, 2], 0, 2), 1)
    found = at_threshold(frame, 0.4)
    assert found["abnormal_recall"]["value"] == pytest.approx(
        recall_score(truth, called, **directed), abs=1e-9
    )
    assert found["abnormal_precision"]["value"] == pytest.approx(
        precision_score(truth, called, **directed), abs=1e-9
    )
