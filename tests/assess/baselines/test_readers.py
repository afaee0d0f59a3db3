"""Table models beside the language model: what they learn, and from whom."""

import numpy as np
import polars as pl
import pytest

from hemoscribe.assess.baselines import baselines
from hemoscribe.assess.baselines.linear import FILLINGS, read_linearly

ONE_SIDED = ("crp", None, 5.0)
TWO_SIDED = (("sodium", 135.0, 145.0), ("potassium", 3.5, 5.1))


@pytest.fixture(scope="module")
def observations(table):
    """``observations(n, seed)``: two tests with both limits and one with an upper limit alone."""

    def make(n, seed):
        draw = np.random.default_rng(seed)
        tests = [(*TWO_SIDED, ONE_SIDED)[number % 3] for number in range(n)]
        places = draw.uniform(-0.6, 1.6, n)
        values, truth = [], []
        for (_, low, high), place in zip(tests, places, strict=True):
            start = 0.0 if low is None else low
            value = start + abs(place) * high if low is None else low + place * (high - low)
            values.append(value)
            below = low is not None and value < low
            truth.append("low" if below else "high" if value > high else "normal")
        return table(
            truth,
            np.zeros((n, 3)),
            analyte=[test[0] for test in tests],
            value=values,
            low=[test[1] for test in tests],
            high=[test[2] for test in tests],
            sex=["FM"[number % 2] for number in range(n)],
        ).drop("track", "p_low", "p_normal", "p_high")

    return make


@pytest.mark.parametrize("filling", FILLINGS)
def test_a_linear_model_reads_ranges_and_single_limits(observations, filling):
    test = observations(600, seed=2)
    read = read_linearly(test, observations(2_000, seed=1), "rules", filling)
    assert read.shape == (600, 3)
    assert read.sum(axis=1) == pytest.approx(1)
    truth = test["rules"].replace_strict({"low": 0, "normal": 1, "high": 2}).to_numpy()
    assert (read.argmax(axis=1) == truth).mean() > 0.95


@pytest.mark.parametrize("filling", FILLINGS)
def test_a_limit_the_laboratory_left_out_is_that_of_training(observations, filling):
    test = observations(600, seed=2)
    bare = test.with_columns(pl.lit(None, pl.Float64).alias("low"))
    bare = bare.with_columns(pl.lit(None, pl.Float64).alias("high"))
    training = observations(2_000, seed=1)
    assert np.allclose(
        read_linearly(bare, training, "rules", filling).argmax(axis=1),
        read_linearly(test, training, "rules", filling).argmax(axis=1),
    )


@pytest.mark.parametrize("filling", FILLINGS)
def test_rows_of_the_measured_side_never_change_how_another_is_read(observations, filling):
    test, training = observations(60, seed=2), observations(400, seed=1)
    strange = observations(900, seed=3).with_columns(pl.col("value", "low", "high") * 1e5)
    alone = read_linearly(test, training, "rules", filling)
    among = read_linearly(pl.concat([test, strange]), training, "rules", filling)
    assert np.array_equal(alone, among[:60])


def test_every_baseline_reads_the_same_results(observations):
    test, training = observations(90, seed=2), observations(400, seed=1)
    found = baselines(test, training, truth="rules", draws=100)
    assert list(found) == [
        "always normal",
        "rules alone",
        "gradient boosting",
        *(f"logistic regression, {filling}" for filling in FILLINGS),
    ]
    assert {row["accuracy"]["n"] for row in found.values()} == {90}
    for filling in FILLINGS:
        row = found[f"logistic regression, {filling}"]
        assert "400 results" in row["note"]
        assert row["accuracy"]["value"] > found["always normal"]["accuracy"]["value"]


def test_without_a_training_side_there_is_no_table_model(observations):
    test = observations(90, seed=2)
    assert list(baselines(test, None, truth="rules", draws=100)) == ["always normal", "rules alone"]
    few = observations(30, seed=1)
    assert len(baselines(test, few, truth="rules", draws=100)) == 2
