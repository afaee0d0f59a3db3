"""Moved limits look printed, keep their order, and never touch the patient's value."""

import polars as pl
import pytest

from hemoscribe.corpus.jitter import jitter_ranges
from hemoscribe.knowledge import recognise
from hemoscribe.records import REPORTED


@pytest.fixture(scope="module")
def rows() -> pl.DataFrame:
    lines = [
        ("Hb", "10.2", "g/dL", "12", "16"),
        ("Sodium", "141", "mmol/L", "135", "145"),
        ("CRP", "3", "mg/L", None, "5"),
        ("Hb", "13.1", "g/dL", None, None),
    ] * 50
    frame = pl.DataFrame(
        {
            "patient_id": ["p"] * len(lines),
            "report_id": ["r"] * len(lines),
            "source": ["test"] * len(lines),
            "place": [f"line {number}" for number in range(len(lines))],
            **{
                name: [line[place] for line in lines]
                for place, name in enumerate(
                    (
                        "reported_name",
                        "reported_value",
                        "reported_unit",
                        "reported_low",
                        "reported_high",
                    )
                )
            },
        },
        schema_overrides=dict(REPORTED),
    )
    missing = [
        pl.lit(None, dtype=kind).alias(name)
        for name, kind in REPORTED.items()
        if name not in frame.columns
    ]
    found, rejects = recognise(frame.with_columns(missing).select(list(REPORTED)))
    assert rejects.is_empty()
    return found


def test_no_share_moves_nothing(rows) -> None:
    assert jitter_ranges(rows, share=0.0, seed=1).equals(rows)


def test_limits_move_by_at_most_the_share_and_stay_in_order(rows) -> None:
    moved = jitter_ranges(rows, share=0.2, seed=1)
    both = moved.filter(pl.col("low").is_not_null() & pl.col("high").is_not_null())
    assert (both["low"] < both["high"]).all()
    hemoglobin = moved.filter((pl.col("analyte") == "hemoglobin") & pl.col("low").is_not_null())
    assert hemoglobin["low"].n_unique() > 5
    assert ((hemoglobin["low"] - 12).abs() <= 0.2 * 4 + 0.06).all()


def test_values_and_missing_ranges_are_untouched(rows) -> None:
    moved = jitter_ranges(rows, share=0.3, seed=2)
    assert moved["value"].equals(rows["value"])
    assert moved["low"].is_null().equals(rows["low"].is_null())
    assert moved["high"].is_null().equals(rows["high"].is_null())


def test_limits_are_printed_with_few_decimals(rows) -> None:
    sodium = jitter_ranges(rows, share=0.2, seed=3).filter(pl.col("analyte") == "sodium")
    assert (((sodium["low"] * 100) % 1).round(6).is_in([0.0, 1.0])).all()


def test_the_same_seed_gives_the_same_limits(rows) -> None:
    assert jitter_ranges(rows, share=0.2, seed=4).equals(jitter_ranges(rows, share=0.2, seed=4))
    assert not jitter_ranges(rows, share=0.2, seed=4).equals(jitter_ranges(rows, share=0.2, seed=5))


def test_far_results_have_limits_many_times_over_and_the_others_stay(rows) -> None:
    moved = jitter_ranges(rows, share=0.0, seed=1, far_share=0.3)
    assert moved["value"].equals(rows["value"])
    ratio = (moved["high"] / rows["high"]).drop_nulls()
    far = ratio.filter((ratio > 1.5) | (ratio < 1 / 1.5))
    assert 0.2 < len(far) / len(ratio) < 0.4
    assert far.is_between(1 / 31, 31).all()
    assert (~far.is_between(1 / 2.9, 2.9)).all()
    assert (far > 1).any()
    assert (far < 1).any()
    both = moved.filter(pl.col("low").is_not_null() & pl.col("high").is_not_null())
    assert (both["low"] < both["high"]).all()
