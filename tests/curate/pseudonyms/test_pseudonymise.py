from datetime import datetime, timedelta

import polars as pl
import pytest

from hemoscribe.curate.pseudonyms.patients import place_all
from hemoscribe.curate.pseudonyms.pseudonymise import (
    blur,
    coarse_age,
    number_reports,
    site_code,
    take_sides,
)
from hemoscribe.settings import CurateSettings

KEY = bytes(range(32))


def pseudonymised(frame):
    patients = place_all(frame["patient_id"].unique(), KEY, CurateSettings())
    numbers = patients.select("patient_id").with_row_index("_number")
    frame = frame.join(numbers, on="patient_id", maintain_order="left")
    frame = frame.with_columns(pl.col("_number").alias("patient_id")).drop("_number")
    frame, reports = number_reports(blur(frame, patients), patients, KEY)
    return take_sides(frame, patients).with_columns(
        patients["pseudonym"].gather(frame["patient_id"]).alias("patient_id"),
        reports.gather(frame["report_id"]).alias("report_id"),
    )


def test_no_number_of_the_patient_or_report_is_left(rows):
    out = pseudonymised(rows({"patient_id": "1850578006048", "report_id": "LAB-7"}))
    text = out.write_json()
    assert "1850578006048" not in text
    assert "LAB-7" not in text


def test_weekday_time_of_day_and_intervals_stay(rows):
    times = [datetime(2023, 5, 4, 8, 30), datetime(2023, 5, 9, 23, 59, 1), datetime(2024, 2, 29)]
    out = pseudonymised(rows(*({"collected_at": time} for time in times)))
    moved = out.sort("row")["collected_at"].to_list()
    assert len({new - old for new, old in zip(moved, times, strict=True)}) == 1
    assert (times[0] - moved[0]) % timedelta(days=7) == timedelta(0)
    assert moved[0] < times[0]


def test_two_patients_may_each_have_a_report_of_the_same_number(rows):
    out = pseudonymised(rows({"patient_id": "P1"}, {"patient_id": "P2"}, {"patient_id": "P1"}))
    first, second, third = out.sort("row")["report_id"]
    assert first == third != second


def test_a_laboratory_has_one_code(rows):
    assert site_code(KEY, "North") == site_code(KEY, "North") != site_code(KEY, "South")
    assert "North" not in site_code(KEY, "North")


def test_rows_are_ordered_by_patient_time_and_report_pseudonym_then_as_they_came(rows):
    noon, night = datetime(2023, 5, 4, 12), datetime(2023, 5, 4, 23)
    reports = [("R1", noon), ("R2", noon), ("R1", noon), ("R3", night), ("R2", noon), ("R4", None)]
    frame = rows(
        *(
            {"patient_id": patient, "report_id": report, "collected_at": time}
            for report, time in reports
            for patient in ("P1", "P2", "P3")
        )
    )
    out = pseudonymised(frame.sample(fraction=1, shuffle=True, seed=4))
    keys = ["patient_id", "collected_at", "report_id", "row"]
    assert out.select(keys).equals(out.select(keys).sort(keys))
    assert out["report_id"].n_unique() == 12


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
