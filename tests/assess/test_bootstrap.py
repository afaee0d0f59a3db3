"""Intervals: the same numbers as plain formulas, over patients, and covering at their rate."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from hemoscribe.assess.bootstrap import Bootstrap, divide, roc_auc, wilson


def clustered(rng, patients, spread=0.25):
    """Shares around 0.8 per patient, 1 to 20 results each: (patient, hit) of each row."""
    sizes = rng.integers(1, 21, patients)
    share = np.clip(rng.normal(0.8, spread, patients), 0, 1)
    who = np.repeat(np.arange(patients), sizes)
    return who, rng.random(len(who)) < share[who]


def true_share(spread=0.25):
    rng = np.random.default_rng(0)
    return float(np.clip(rng.normal(0.8, spread, 2_000_000), 0, 1).mean())


def test_a_share_is_the_plain_share():
    who = ["a", "a", "b", "c"]
    estimate = Bootstrap(who, draws=200).ratio([1, 0, 1, 1], [1, 1, 1, 1])
    assert estimate["value"] == 0.75
    assert estimate["n"] == 4
    assert estimate["low"] <= 0.75 <= estimate["high"]


def test_intervals_cover_at_their_nominal_rate_when_patients_have_many_results():
    truth, covered, rounds = true_share(), 0, 300
    for seed in range(rounds):
        who, hit = clustered(np.random.default_rng(seed + 1), patients=80)
        estimate = Bootstrap(who, draws=400, seed=seed).ratio(hit, np.ones(len(hit)))
        covered += estimate["low"] <= truth <= estimate["high"]
    # 95 % of 300 is 285; four standard errors (3.8 each) to either side
    assert 270 <= covered <= 300


def test_drawing_results_instead_of_patients_would_be_too_narrow():
    who, hit = clustered(np.random.default_rng(3), patients=80)
    by_patient = Bootstrap(who, draws=1000).ratio(hit, np.ones(len(hit)))
    by_result = Bootstrap(np.arange(len(who)), draws=1000).ratio(hit, np.ones(len(hit)))
    assert (by_patient["high"] - by_patient["low"]) > 1.3 * (by_result["high"] - by_result["low"])


def test_a_perfect_share_still_has_an_interval_and_it_counts_patients():
    ten = Bootstrap(np.repeat(np.arange(10), 50), draws=200).ratio(np.ones(500), np.ones(500))
    assert (ten["value"], ten["high"]) == (1.0, 1.0)
    assert ten["low"] == pytest.approx(wilson(10, 10)[0])
    none = Bootstrap(np.arange(10), draws=200).ratio(np.zeros(10), np.ones(10))
    assert (none["value"], none["low"]) == (0.0, 0.0)
    assert none["high"] == pytest.approx(1 - ten["low"])


def test_nothing_to_measure_is_none_not_a_number():
    nothing = {"value": None, "low": None, "high": None, "n": 0}
    assert Bootstrap(["a", "b"], draws=100).ratio([0, 0], [0, 0]) == nothing
    assert Bootstrap([], draws=100).ratio([], []) == nothing


def test_the_same_seed_gives_the_same_interval_and_another_does_not():
    who, hit = clustered(np.random.default_rng(5), patients=50)
    first, again, other = (
        Bootstrap(who, draws=300, seed=seed).ratio(hit, np.ones(len(hit))) for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_many_ratios_at_once_equal_one_by_one():
    rng = np.random.default_rng(7)
    who, group = rng.integers(0, 40, 500), rng.integers(0, 6, 500)
    hit = rng.random(500) < 0.7
    bootstrap = Bootstrap(who, draws=300)
    top = bootstrap.per_patient_and_group(hit, group, 6)
    bottom = bootstrap.per_patient_and_group(np.ones(500), group, 6)
    for i, estimate in enumerate(bootstrap.ratios(top, bottom)):
        alone = bootstrap.ratio(hit & (group == i), group == i)
        assert estimate["value"] == pytest.approx(alone["value"], abs=1e-12)
        assert estimate["low"] == pytest.approx(alone["low"], abs=1e-6)
        assert estimate["n"] == alone["n"] == int((group == i).sum())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=60))
def test_the_roc_area_agrees_with_scikit_learn_ties_and_all(pairs):
    positive = np.array([pair[0] for pair in pairs])
    scores = np.array([pair[1] / 5 for pair in pairs])
    if positive.all() or not positive.any():
        assert roc_auc(positive, scores) is None
    else:
        assert roc_auc(positive, scores) == pytest.approx(roc_auc_score(positive, scores), abs=1e-9)


def test_the_drawn_roc_areas_are_those_of_the_drawn_rows():
    rng = np.random.default_rng(11)
    who = rng.integers(0, 12, 90)
    positive, scores = rng.random(90) < 0.4, np.round(rng.random(90), 1)
    bootstrap = Bootstrap(who, draws=100)
    areas = []
    for weights in bootstrap.weights():
        for draw in weights:
            times = draw[bootstrap.index].astype(int)
            areas.append(roc_auc_score(np.repeat(positive, times), np.repeat(scores, times)))
    low, high = np.quantile(areas, [0.025, 0.975])
    estimate = bootstrap.roc_auc(positive, scores)
    assert estimate["low"] == pytest.approx(low, abs=1e-6)
    assert estimate["high"] == pytest.approx(high, abs=1e-6)


def test_wilsons_interval_is_the_published_example():
    # Newcombe 1998 (doi:10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E), table I:
    # 81 of 263 gives 0.2553 to 0.3662.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)


def test_dividing_by_nothing_is_not_a_number_and_warns_nobody():
    assert np.isnan(divide([1.0], [0.0])).all()
    assert divide([1.0], [4.0]).tolist() == [0.25]
