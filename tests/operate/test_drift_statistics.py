"""The statistics of drift: equal to their definitions, quiet without drift, loud with it."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ks_2samp

from hemoscribe.operate.drift_statistics import (
    adjusted,
    kolmogorov_smirnov,
    share_difference,
    stability,
    wilson,
)


def test_psi_is_its_definition():
    training = np.arange(100, dtype=float)
    served = np.concatenate([np.full(75, 10.0), np.full(25, 90.0)])
    found = stability(training, served)
    assert len(found.training) == 10
    p = np.full(10, 0.1)
    counts = np.array([0, 75, 0, 0, 0, 0, 0, 0, 0, 25], dtype=float)
    counts[counts == 0] = 0.5
    q = counts / counts.sum()
    assert found.psi == pytest.approx(float(np.sum((q - p) * np.log(q / p))), abs=1e-12)
    assert found.level == "drift"


@pytest.mark.parametrize("size", [50, 100, 1000])
def test_without_drift_there_is_seldom_an_alarm(size: int):
    draw = np.random.default_rng(7)
    levels = []
    for _ in range(300):
        training = draw.normal(140, 3, 5000)
        levels.append(stability(training, draw.normal(140, 3, size)).level)
    # By chance alone one in twenty may pass the bound; PSI at 0.1 without it would alarm on most
    # samples of 50.
    assert levels.count("stable") >= 0.9 * len(levels)


@pytest.mark.parametrize("size", [100, 1000])
def test_a_shift_of_one_standard_deviation_is_drift(size: int):
    draw = np.random.default_rng(8)
    for _ in range(50):
        training = draw.normal(140, 3, 5000)
        assert stability(training, draw.normal(143, 3, size)).level == "drift"


def test_another_unit_is_drift():
    draw = np.random.default_rng(9)
    glucose = draw.lognormal(1.6, 0.2, 3000)
    assert stability(glucose, draw.lognormal(1.6, 0.2, 200) * 18).level == "drift"


def test_a_constant_analyte_is_stable_and_finite():
    found = stability(np.full(500, 1.0), np.full(60, 1.0))
    assert found.level == "stable"
    assert found.psi == 0.0


@settings(max_examples=100, deadline=None)
@given(
    training=st.lists(st.floats(-1e6, 1e6), min_size=50, max_size=80),
    served=st.lists(st.floats(-1e6, 1e6), min_size=50, max_size=80),
)
def test_psi_is_finite_and_not_negative(training: list[float], served: list[float]):
    found = stability(np.array(training), np.array(served))
    assert math.isfinite(found.psi)
    assert found.psi >= -1e-12
    assert math.isclose(sum(found.served), 1.0)
    assert math.isclose(sum(found.training), 1.0)
    same = stability(np.array(training), np.array(training))
    assert same.psi == pytest.approx(0.0, abs=1e-12)


def test_kolmogorov_smirnov_is_scipys():
    draw = np.random.default_rng(1)
    a, b = draw.normal(0, 1, 300), draw.normal(0.2, 1, 90)
    expected = ks_2samp(a, b)
    assert kolmogorov_smirnov(a, b) == (expected.statistic, expected.pvalue)


def test_p_values_are_adjusted_together():
    assert adjusted([]) == []
    assert adjusted([0.01, 0.04]) == pytest.approx([0.02, 0.04])


def test_newcombes_published_example():
    # Newcombe 1998, table II: 56/70 against 48/80, method 10: 0.0524 to 0.3339.
    found = share_difference(56, 70, 48, 80)
    assert found is not None
    assert found["value"] == pytest.approx(0.2)
    assert found["low"] == pytest.approx(0.0524, abs=5e-5)
    assert found["high"] == pytest.approx(0.3339, abs=5e-5)
    assert share_difference(0, 0, 1, 2) is None


def test_wilson_stays_between_zero_and_one():
    assert wilson(0, 10)[0] == 0.0
    assert wilson(10, 10)[1] == pytest.approx(1.0)
    assert wilson(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
