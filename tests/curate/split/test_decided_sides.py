"""Sides by dates or by laboratories: a patient is on one side still, at a cost that is said."""

from datetime import date, datetime

import polars as pl
import pytest

from hemoscribe.curate import curate, load_curated
from hemoscribe.errors import InputError, SettingsError
from hemoscribe.settings import CurateSettings

BY_TIME = CurateSettings(
    few_reports_error=1,
    split="time",
    validation_from=date(2023, 5, 1),
    test_from=date(2023, 9, 1),
)
BY_SITE = CurateSettings(
    few_reports_error=1,
    split="site",
    laboratories="keep",
    test_laboratories=("South",),
    validation_laboratories=("East",),
)


def sides(folder):
    rows = load_curated(folder)
    places = rows.group_by("patient_id").agg(pl.col("split").n_unique())
    assert places["split"].max() == 1
    return rows


def at(cohort, patients, offset, time):
    return cohort(patients, offset=offset).with_columns(pl.lit(time).alias("collected_at"))


def test_by_time_the_past_teaches_and_later_results_of_earlier_patients_are_refused(
    cohort, read_folder, tmp_path
):
    early, middle, late = (datetime(2023, month, 20, 8) for month in (2, 6, 11))
    rows = pl.concat(
        [
            at(cohort, 20, 0, early),
            at(cohort, 10, 0, late).with_columns(pl.lit("again").alias("report_id")),
            at(cohort, 20, 100, middle),
            at(cohort, 20, 200, late),
            at(cohort, 3, 300, None),
        ]
    )
    summary = curate(read_folder(rows), tmp_path / "out", BY_TIME)
    assert summary["rejects_by_code"] == {"other_side": (10 + 3) * 9}
    assert {side: told["patients"] for side, told in summary["splits"].items()} == {
        "train": 20,
        "validation": 20,
        "test": 20,
    }
    out = sides(tmp_path / "out")
    assert out.filter(pl.col("split") == "test")["fold"].null_count() == 20 * 9
    assert out.filter(pl.col("split") != "test")["fold"].null_count() == 0


def test_later_data_moves_nobody(cohort, read_folder, tmp_path):
    first = at(cohort, 30, 0, datetime(2023, 2, 20, 8))
    more = at(cohort, 60, 0, datetime(2023, 11, 20, 8)).with_columns(pl.lit("b").alias("report_id"))
    curate(read_folder(first), tmp_path / "one", BY_TIME)
    curate(read_folder(pl.concat([first, more])), tmp_path / "two", BY_TIME)
    before, after = (
        dict(sides(tmp_path / name).select("patient_id", "split").unique().iter_rows())
        for name in ("one", "two")
    )
    assert len(before) == 30
    assert len(after) == 60
    assert before.items() <= after.items()


def test_by_site_nothing_of_a_measuring_laboratory_teaches(cohort, read_folder, tmp_path):
    north = cohort(40)
    south, east = (
        cohort(20, offset=offset).with_columns(
            pl.lit(name).alias("laboratory"), pl.lit(f"{name} 1").alias("report_id")
        )
        for name, offset in (("South", 30), ("East", 200))
    )
    rows = pl.concat([north, south, east])
    summary = curate(read_folder(rows), tmp_path / "out", BY_SITE)
    assert summary["rejects_by_code"] == {"other_side": 10 * 9}  # ten were seen in both
    out = sides(tmp_path / "out")
    seen = out.group_by("split").agg(pl.col("laboratory").unique())
    assert dict(seen.iter_rows()) == {
        "train": ["North"],
        "validation": ["East"],
        "test": ["South"],
    }


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"split": "time"}, "needs `curate.validation_from`"),
        (
            {"split": "time", "validation_from": date(2024, 1, 1), "test_from": date(2023, 1, 1)},
            "must be before",
        ),
        ({"split": "site"}, "needs `curate.test_laboratories`"),
        (
            {"split": "site", "test_laboratories": ("A",), "validation_laboratories": ("A",)},
            "on one side only",
        ),
        ({"split": "site", "test_laboratories": ("Nowhere",)}, "there are North"),
    ],
)
def test_a_split_that_cannot_be_is_refused(cohort, read_folder, tmp_path, settings, message):
    with pytest.raises(SettingsError, match=message):
        curate(read_folder(cohort(5)), tmp_path / "out", CurateSettings(**settings))


LONG = (
    "Chronic lymphocytic leukaemia first described here after the patient's journey abroad; "
    "smudge cells, {}."
)


def test_a_long_comment_about_few_patients_on_two_sides_is_counted_or_fails(
    cohort, read_folder, tmp_path
):
    def told(count):
        number = pl.col("patient_id").cast(pl.Int32)
        text = pl.when(number < count).then(pl.format(LONG, number))
        return read_folder(cohort(60).with_columns(text.alias("comment")))

    few = CurateSettings(few_reports_error=1)
    fail = few.model_copy(update={"same_comments": "fail"})
    summary = curate(told(5), tmp_path / "few", few)
    assert any("1 long comments" in warning for warning in summary["warnings"])
    with pytest.raises(InputError, match="1 long comments"):
        curate(told(5), tmp_path / "fail", fail)
    assert not (tmp_path / "fail").exists()
    # What a laboratory writes about many is its own standing sentence.
    assert curate(told(60), tmp_path / "many", fail)["results"] == 60 * 9
