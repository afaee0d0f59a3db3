from datetime import datetime, timedelta

import polars as pl
import pytest

from hemoscribe.curate.patients import place_all
from hemoscribe.curate.pseudonymise import coarse_age, pseudonymise
from hemoscribe.settings import CurateSettings

KEY = bytes(range(32))


def pseudonymised(frame, laboratories="pseudonym"):
    patients = place_all(frame["patient_id"].unique(), KEY, CurateSettings())
    return pseudonymise(frame, patients, KEY, laboratories=laboratories)


def test_no_number_of_the_patient_or_report_is_left(rows):
    out = pseudonymised(rows({"patient_id": "1850578006048", "report_id": "LAB-7"}))
    text = out.write_json()
    assert "1850578006048" not in text
    assert "LAB-7" not in text
    assert "North" not in text


def test_weekday_time_of_day_and_intervals_stay(rows):
    times = [datetime(2023, 5, 4, 8, 30), datetime(2023, 5, 9, 23, 59, 1), datetime(2024, 2, 29)]
    out = pseudonymised(rows(*({"collected_at": time} for time in times)))
    moved = out["collected_at"].to_list()
    assert len({new - old for new, old in zip(moved, times, strict=True)}) == 1
    assert (times[0] - moved[0]) % timedelta(days=7) == timedelta(0)
    assert moved[0] < times[0]


def test_two_patients_may_each_have_a_report_of_the_same_number(rows):
    out = pseudonymised(rows({"patient_id": "P1"}, {"patient_id": "P2"}, {"patient_id": "P1"}))
    first, second, third = out["report_id"]
    assert first == third != second


def test_laboratories_become_codes_or_keep_their_names(rows):
    frame = rows({"laboratory": "North"}, {"laboratory": "South"}, {"laboratory": None})
    codes = pseudonymised(frame)["laboratory"].to_list()
    assert len(set(codes)) == 3
    assert codes[2] is None
    assert pseudonymised(frame, "keep")["laboratory"].to_list() == ["North", "South", None]


@pytest.mark.parametrize(
    ("age", "kept"),
    [
        (54.87, 54.0),
        (89.99, 89.0),
        (90.0, 90.0),
        (103.0, 90.0),
        (2.0, 2.0),
        (0.25, 0.25),
        (7 / 12, 7 / 12),
        (1.99, 23 / 12),
        (0.01, 0.0),
        (None, None),
    ],
)
def test_ages_are_whole_years_or_months_and_stop_at_ninety(age, kept):
    out = pl.DataFrame({"age_years": [age]}, schema={"age_years": pl.Float64}).select(coarse_age())
    assert out.item() == pytest.approx(kept)


def test_every_row_has_the_side_and_fold_of_its_patient(rows):
    out = pseudonymised(rows(*({"patient_id": f"P{number % 7}"} for number in range(50))))
    assert out.height == 50
    assert out["split"].null_count() == 0
    places = out.group_by("patient_id").agg(pl.struct("split", "fold").n_unique())
    assert places["split"].to_list() == [1] * 7
