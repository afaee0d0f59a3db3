from datetime import datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemoscribe.sources.dates import ContradictoryDates, decide_order, is_ambiguous, parse_dates


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-03-04", datetime(2024, 3, 4)),
        ("2024-03-04T08:12:30", datetime(2024, 3, 4, 8, 12, 30)),
        ("2024-03-04T08:12:30.123+01:00", datetime(2024, 3, 4, 8, 12, 30)),
        ("20240304", datetime(2024, 3, 4)),
        ("202403040812", datetime(2024, 3, 4, 8, 12)),
        ("04/03/2024 à 8h15", datetime(2024, 3, 4, 8, 15)),
        ("04.03.24", datetime(2024, 3, 4)),
        ("4 mars 2024", datetime(2024, 3, 4)),
        ("1er août 1999", datetime(1999, 8, 1)),
        ("12-MAR-2024 07:00", datetime(2024, 3, 12, 7)),
        ("March 4, 2024", datetime(2024, 3, 4)),
        ("31/02/2024", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_dates_as_laboratories_print_them(text: str, expected: datetime | None):
    assert parse_dates(pl.Series([text]), "day_first", latest_year=2030).to_list() == [expected]


def test_afternoon_hours_and_month_first():
    parsed = parse_dates(
        pl.Series(["3/25/2024 3:05 PM", "3/5/2024 12:01 AM"]), "month_first", latest_year=2030
    )
    assert parsed.to_list() == [datetime(2024, 3, 25, 15, 5), datetime(2024, 3, 5, 0, 1)]


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["03/04/2024", "25/04/2024"], "day_first"),
        (["03/04/2024", "04/25/2024"], "month_first"),
        (["3.4.2024"], "day_first"),
        (["03/04/2024"], None),
        (["2024-04-03"], None),
        ([None], None),
    ],
)
def test_one_date_decides_for_the_column(texts, order):
    assert decide_order(pl.Series(texts, dtype=pl.String)) == order


def test_a_column_that_contradicts_itself_is_told_with_both_dates():
    with pytest.raises(ContradictoryDates, match=r"25/04/2024.*04/25/2024"):
        decide_order(pl.Series(["25/04/2024", "04/25/2024"]))


def test_an_undecided_date_is_never_guessed():
    texts = pl.Series(["03/04/2024", "03/03/2024", "2024-04-03"])
    assert is_ambiguous(texts).to_list() == [True, False, False]
    parsed = parse_dates(texts, None, latest_year=2030).to_list()
    assert parsed == [None, datetime(2024, 3, 3), datetime(2024, 4, 3)]


@settings(max_examples=40, deadline=None)
@given(st.datetimes(datetime(1930, 1, 1), datetime(2029, 12, 31)))
def test_every_date_is_read_back_in_either_order(moment: datetime):
    moment = moment.replace(microsecond=0)
    for order, pattern in (
        ("day_first", "%d/%m/%y %H:%M:%S"),
        ("month_first", "%m-%d-%Y %H:%M:%S"),
    ):
        text = pl.Series([moment.strftime(pattern)])
        assert parse_dates(text, order, latest_year=2029).to_list() == [moment]
