"""Two readers of the same results: McNemar's p, the difference, and an interval that covers."""

import numpy as np
import pytest
from scipy.stats import binomtest

from hemoscribe.assess.bootstrap import Bootstrap, wilson
from hemoscribe.assess.directions import read_of
from hemoscribe.assess.paired import contrast, mcnemar, paired

COUNTS = [(0, 1), (5, 5), (3, 12), (40, 12), (0, 0), (7, 0), (250, 300)]


def reads(table, chances, truth, patients=None):
    frame = table(truth, chances, patients=patients)
    return read_of(frame, truth="rules", draws=400)


@pytest.mark.parametrize("counts", COUNTS)
def test_the_exact_p_is_the_binomial_tests(counts):
    exact, mid = mcnemar(*counts)
    if sum(counts):
        assert exact == pytest.approx(binomtest(counts[0], sum(counts)).pvalue, abs=1e-12)
    assert 0 < mid <= exact <= 1


@pytest.mark.parametrize("counts", COUNTS[1:4] + COUNTS[5:])
def test_the_exact_p_is_statsmodels(counts):
    tables = pytest.importorskip("statsmodels.stats.contingency_tables")
    expected = tables.mcnemar([[90, counts[0]], [counts[1], 10]], exact=True).pvalue
    assert mcnemar(*counts)[0] == pytest.approx(expected, abs=1e-9)


def test_the_mid_p_is_fagerlands_worked_example():
    # Table 1 of Fagerland 2013 (doi:10.1186/1471-2288-13-91): 1 against 7 discordant pairs of
    # airway hyper-responsiveness; exact p 0.0703, mid-p 0.0391.
    exact, mid = mcnemar(1, 7)
    assert exact == pytest.approx(0.0703, abs=5e-5)
    assert mid == pytest.approx(0.0391, abs=5e-5)


def test_who_is_right_alone_is_counted_exactly(table, certain):
    truth = ["low"] * 4 + ["normal"] * 8 + ["high"] * 4
    model = ["low"] * 3 + ["normal"] + ["normal"] * 7 + ["high"] + ["high"] * 4
    other = ["normal"] * 4 + ["normal"] * 8 + ["high"] * 3 + ["low"]
    found = paired(
        reads(table, certain(model), truth), reads(table, certain(other), truth), "the other"
    )
    accuracy, recall = found["accuracy"], found["abnormal_recall"]
    assert (accuracy["model_only"], accuracy["other_only"]) == (4, 1)
    assert accuracy["difference"]["value"] == pytest.approx(3 / 16, abs=1e-12)
    assert (recall["model_only"], recall["other_only"]) == (4, 0)
    assert recall["difference"]["value"] == pytest.approx(4 / 8, abs=1e-12)
    assert recall["difference"]["n"] == 8
    assert recall["p_exact"] == pytest.approx(binomtest(4, 4).pvalue)
    assert "the other" in found["sentence"]
    assert "+18.8 points" in found["sentence"]


def test_two_readers_that_never_differ_are_not_proven_equal():
    right = np.ones(40, dtype=bool)
    found = contrast(Bootstrap(np.repeat(np.arange(10), 4), draws=200), right, right, right)
    assert found["difference"]["value"] == 0
    assert found["difference"]["high"] == pytest.approx(wilson(0, 10)[1])
    assert found["difference"]["low"] == -found["difference"]["high"]
    assert found["p_exact"] == 1


def test_nothing_abnormal_is_no_test(table, certain):
    truth = ["normal"] * 8
    one = reads(table, certain(truth), truth)
    assert paired(one, one, "itself")["abnormal_recall"]["p_mid"] is None


def test_a_difference_is_called_sure_only_on_enough_patients_and_by_both_tests(table, certain):
    def sentence(patients, better):
        truth = ["low"] * 60
        other = ["normal"] * better + ["low"] * (60 - better)
        who = [f"p{number % patients}" for number in range(60)]
        model = reads(table, certain(truth), truth, who)
        return paired(model, reads(table, certain(other), truth, who), "it")["sentence"]

    assert "too few patients (2) to say" in sentence(2, 40)
    assert "the model is better" in sentence(20, 40)
    assert "no sure difference" in sentence(20, 2)  # mid-p 0.25


def test_readings_of_other_results_are_refused(table, certain):
    one = reads(table, certain(["low"]), ["low"])
    other = reads(table, certain(["low"]), ["high"])
    with pytest.raises(ValueError, match="same results"):
        paired(one, other, "another")


def test_the_differences_interval_covers_at_its_nominal_rate_over_patients():
    rng = np.random.default_rng(1)
    big = 400_000
    skill = np.clip(rng.normal(0.85, 0.15, big), 0, 1)
    truth = float((skill - np.clip(skill - 0.06, 0, 1)).mean())
    covered, rounds = 0, 300
    for _ in range(rounds):
        sizes = rng.integers(2, 15, 80)
        share = np.repeat(np.clip(rng.normal(0.85, 0.15, 80), 0, 1), sizes)
        who = np.repeat(np.arange(80), sizes)
        weights = sizes.sum()
        model = rng.random(weights) < share
        other = rng.random(weights) < np.clip(share - 0.06, 0, 1)
        every = np.ones(weights, dtype=bool)
        found = contrast(Bootstrap(who, draws=300), model, other, every)["difference"]
        covered += found["low"] <= truth <= found["high"]
    # 95 % of 300 is 285; four standard errors (3.8 each) to either side
    assert 270 <= covered <= 300
