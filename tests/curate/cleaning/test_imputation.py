"""What fills gaps for baseline models: learnt from the training side alone, and marked."""

import polars as pl
import pytest

from hemoscribe.curate.cleaning.imputation import Iterative, Medians

TRAINING = pl.DataFrame(
    {
        "sex": ["F", "F", "F", "M", "M", None],
        "age_band": ["18-39"] * 3 + ["40-59"] * 3,
        "low": [10.0, 12.0, 20.0, 30.0, None, 50.0],
        "high": [20.0, 24.0, 40.0, 60.0, 62.0, 100.0],
    }
)
ALIKE = (("sex", "age_band"), ())


def gaps(**columns):
    plain = {"sex": "F", "age_band": "18-39", "low": None, "high": None}
    types = {"sex": pl.String, "low": pl.Float64, "high": pl.Float64}
    return pl.DataFrame([plain | columns], schema_overrides=types)


def test_a_gap_is_the_median_of_the_same_sex_and_age_band_in_training():
    medians = Medians.of(TRAINING, ["low", "high"], ALIKE)
    filled = medians.fill(gaps(high=30.0))
    assert filled["low"].to_list() == [12.0]
    assert filled["high"].to_list() == [30.0]
    assert filled.select("low_filled", "high_filled").row(0) == (True, False)


def test_where_nobody_is_alike_it_is_the_median_of_all_and_unknown_sex_is_a_kind():
    medians = Medians.of(TRAINING, ["low"], ALIKE)
    assert medians.fill(gaps(age_band="75 and over"))["low"].to_list() == [20.0]
    assert medians.fill(gaps(sex=None, age_band="40-59"))["low"].to_list() == [50.0]


def test_what_nobody_alike_had_stays_missing_and_unmarked():
    filled = Medians.of(TRAINING, ["low"], ALIKE[:1]).fill(gaps(sex="M", age_band="1-17"))
    assert filled.row(0, named=True)["low"] is None
    assert filled.row(0, named=True)["low_filled"] is False


@pytest.mark.parametrize(
    "imputation",
    [
        Medians.of(TRAINING, ["low", "high"], ALIKE),
        Iterative.of(TRAINING, ["low", "high"]),
    ],
    ids=["medians", "iterative"],
)
def test_values_of_the_other_side_never_move_what_is_filled(imputation):
    alone = imputation.fill(gaps(high=30.0))
    others = [gaps(low=1e6 * place, high=1e7 * place) for place in range(1, 50)]
    among = imputation.fill(pl.concat([gaps(high=30.0), *others]))
    assert among.row(0) == alone.row(0)
    assert among.height == 50
    assert among["low_filled"].sum() == 1


def test_the_iterative_one_learns_how_columns_hang_together():
    filled = Iterative.of(TRAINING, ["low", "high"]).fill(gaps(high=30.0))
    assert filled["low"].item() == pytest.approx(15.0, rel=0.05)  # half of it, as in training
    assert filled["low_filled"].item() is True


def test_a_table_without_rows_stays_one():
    for imputation in (
        Medians.of(TRAINING, ["low", "high"], ALIKE),
        Iterative.of(TRAINING, ["low", "high"]),
    ):
        nothing = imputation.fill(gaps(high=30.0).clear())
        assert nothing.is_empty()
        assert nothing.columns[-2:] == ["low_filled", "high_filled"]
