"""Who is found by three values and a month: held to a search written out patient by patient."""

from datetime import date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemoscribe.curate.privacy.known_values import TRUE_MONTH, find_by_three, true_months
from hemoscribe.curate.stream.report_lines import REMEMBERED, THREE_VALUES, list_reports

SCHEMA = {
    "patient_id": pl.UInt32,
    THREE_VALUES: pl.UInt64,
    REMEMBERED: pl.UInt64,
    "collected_at": pl.Datetime("us"),
    TRUE_MONTH: pl.Date,
}


def table(*told):
    """One line per report: patient, values, the true day, and by how many weeks it is moved."""
    lines = [
        (
            patient,
            values,
            values // 10,
            datetime(day.year, day.month, day.day, 8) - timedelta(weeks=weeks),
            day.replace(day=1),
        )
        for patient, values, day, weeks in told
    ]
    return pl.DataFrame(lines, schema=SCHEMA, orient="row")


def by_hand(told):
    """The same four shares, by asking of each report which patients it could be of."""
    found = {name: set() for name in ("alone", "moved", "unmoved", "written")}
    for patient, values, day, weeks in told:
        month, written = (day.year, day.month), day - timedelta(weeks=weeks)
        first = day.replace(day=1)
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        could = {name: set() for name in found}
        for other, same, then, moved in told:
            if same != values:
                continue
            stands = then - timedelta(weeks=moved)
            could["alone"].add(other)
            if first - timedelta(weeks=104) <= stands <= last - timedelta(weeks=1):
                could["moved"].add(other)
            if (then.year, then.month) == month:
                could["unmoved"].add(other)
            if (stands.year, stands.month) == (written.year, written.month):
                could["written"].add(other)
        for name, patients in could.items():
            if patients == {patient}:
                found[name].add(patient)
    everybody = len({patient for patient, *_ in told})
    return {name: len(patients) / everybody for name, patients in found.items()}


reports_told = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.integers(0, 3),
        st.dates(date(2019, 1, 1), date(2024, 12, 31)),
        st.integers(1, 104),
    ),
    min_size=1,
    max_size=14,
)


@settings(max_examples=60, deadline=None)
@given(reports_told)
def test_the_shares_are_those_of_a_search_by_hand(told):
    found = find_by_three(table(*told), remembered=False)
    expected = by_hand(told)
    for name, share in expected.items():
        assert getattr(found, name) == pytest.approx(share), name
    assert found.patients == len({patient for patient, *_ in told})


def test_moving_dates_takes_from_the_month_what_it_tells():
    """Two patients of equal values, a year apart: the true month tells them apart, until moved."""
    told = [(1, 7, date(2023, 5, 4), 20), (2, 7, date(2024, 5, 2), 80)]
    found = find_by_three(table(*told), remembered=False)
    assert (found.alone, found.unmoved, found.moved) == (0, 1, 0)
    assert found.written == 1


def test_whoever_is_too_far_away_in_time_is_no_other_possibility():
    told = [(1, 7, date(2015, 5, 4), 60), (2, 7, date(2024, 5, 2), 80)]
    assert find_by_three(table(*told), remembered=False).moved == 1


def test_coarser_dates_tell_no_more_than_their_period():
    told = [(1, 7, date(2022, 12, 8), 104), (2, 7, date(2020, 11, 2), 1)]
    reports = table(*told)
    assert find_by_three(reports, remembered=False).moved == 1
    year = reports.with_columns(pl.col("collected_at").dt.truncate("1y"))
    assert find_by_three(year, remembered=False, period="year").moved == 0
    nothing = reports.with_columns(pl.lit(None, pl.Datetime("us")).alias("collected_at"))
    found = find_by_three(nothing, remembered=False, period="none")
    assert (found.alone, found.moved, found.written) == (0, 0, 0)


def test_values_are_remembered_to_two_digits(rows):
    def three(patient, *values):
        return [
            {"patient_id": patient, "report_id": patient, "analyte": name, "value": value}
            for name, value in zip(("hemoglobin", "platelets", "creatinine"), values, strict=True)
        ]

    changes = [
        *three("A", 13.1, 241.0, 74.4),
        *three("B", 12.6, 239.0, 73.8),
        *three("C", 9.0, 90, 90),
    ]
    changes += three("D", 13.1, 241.0, 74.4)[:2]
    frame = rows(*changes).with_columns(pl.lit(2023).alias("true_year"))
    reports = list_reports(frame).with_columns(pl.lit(date(2023, 5, 1)).alias(TRUE_MONTH))
    exact, remembered = (find_by_three(reports, remembered=told) for told in (False, True))
    assert (exact.patients, exact.alone) == (3, 1)
    assert remembered.alone == pytest.approx(1 / 3)
    assert reports.filter(patient_id="D")[THREE_VALUES].to_list() == [None]


def test_the_true_month_is_that_before_the_move():
    patients = pl.DataFrame({"shift_days": [-7, -728]}, schema={"shift_days": pl.Int32})
    reports = pl.DataFrame(
        {
            "patient_id": pl.Series([1, 0, 1], dtype=pl.UInt32),
            "collected_at": [datetime(2021, 5, 5, 9), datetime(2023, 4, 28, 9), None],
        }
    )
    assert true_months(reports, patients).to_list() == [date(2023, 5, 1), date(2023, 5, 1), None]


def test_nobody_is_found_where_nobody_is():
    found = find_by_three(table().clear(), remembered=True)
    assert (found.alone, found.moved, found.written, found.patients) == (0, 0, 0, 0)
