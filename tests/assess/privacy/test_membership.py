"""Membership statistics: scikit-learn's on the same arrays, ties and calibration included."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score, roc_curve

from hemoscribe.assess.bootstrap import Bootstrap
from hemoscribe.assess.privacy.membership import measure_membership, tpr_at


def people(n, gap, *, seed=1, decimals=6):
    """Reports of two a patient: member, patients, losses lower by ``gap`` for members."""
    rng = np.random.default_rng(seed)
    patients = [f"p{i // 2}" for i in range(n)]
    member = np.arange(n) < n // 2
    losses = np.round(rng.normal(2, 1, n) - gap * member, decimals)
    return member, patients, losses


@pytest.mark.parametrize("decimals", [6, 0])  # 0: many ties
def test_auc_and_tpr_are_scikit_learns(decimals):
    member, patients, losses = people(800, 1.0, decimals=decimals)
    found = measure_membership(member, patients, losses, None, member, draws=100)["loss"]
    assert found["auc"]["value"] == pytest.approx(roc_auc_score(member, -losses), abs=1e-9)
    false, true, _ = roc_curve(member, -losses, drop_intermediate=False)
    assert found["tpr"]["value"] == pytest.approx(true[false <= 0.01].max(), abs=1e-9)


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    held = {"auc": 0, "tpr": 0}
    truth = {"auc": 0.7602, "tpr": 0.0924}  # of two normals one standard deviation apart
    for seed in range(100):
        member, patients, losses = people(600, 1.0, seed=seed)
        found = measure_membership(member, patients, losses, None, member, draws=100)["loss"]
        for name in held:
            held[name] += found[name]["low"] <= truth[name] <= found[name]["high"]
    assert held["auc"] >= 88
    assert held["tpr"] >= 82  # a rate at three false alarms of 300 is coarse


def test_the_base_model_takes_away_how_easy_a_report_is():
    rng = np.random.default_rng(2)
    member = np.arange(600) < 300
    ease = rng.normal(0, 3, 600)
    base = 5 + ease
    tuned = base - 0.5 * member + rng.normal(0, 0.2, 600)
    patients = [str(i) for i in range(600)]
    found = measure_membership(member, patients, tuned, base, member, draws=100)
    assert found["loss"]["auc"]["value"] < 0.6
    assert found["calibrated"]["auc"]["value"] > 0.9
    assert found["calibrated"]["tpr"]["value"] > 0.3


def test_kinds_of_rows_are_told_apart():
    member, patients, losses = people(400, 0.0)
    written = np.arange(400) % 2 == 0
    losses = losses - 3.0 * (member & written)  # only texts are remembered
    by_kind = measure_membership(member, patients, losses, None, written, draws=100)["loss"][
        "by_kind"
    ]
    assert by_kind["reading and text"]["value"] > 0.95
    assert by_kind["reading alone"]["low"] < 0.5 < by_kind["reading alone"]["high"]


def test_one_in_a_hundred_is_not_measured_on_fewer():
    member, patients, losses = people(198, 1.0)
    assert tpr_at(Bootstrap(patients, draws=100), member, -losses)["value"] is None
