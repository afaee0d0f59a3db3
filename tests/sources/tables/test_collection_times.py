"""A day and a time in two columns are one moment, whatever a column's own cells hold."""

from datetime import datetime

import polars as pl
import pytest

from hemoscribe.sources import read
from hemoscribe.sources.intake import read_all

EIGHT = datetime(2024, 1, 25, 8, 15)
PAIRS = [
    ("2024-01-25 08:15", "08:15"), ("2024-01-25T08:15:00", "08:15"), ("2024-01-25", "08:15"),
    ("25/01/2024 08:15", "08:15"), ("25/01/2024 8h15", "08:15"), ("25/01/2024", "8h15"),
    ("2024-01-25 00:00:00", "08:15:00"), ("2024-01-25 00:00", "08:15"), ("2024-01-25", "0815"),
    ("2024-01-25", "8.15"), ("2024-01-25", "8:15 AM"), ("2024-01-25 08:15 AM", "08:15"),
    ("2024-01-25", "1899-12-30 08:15:00"), ("2024-01-25", "1900-01-00 08:15"),
    ("2024-01-25", "2024-01-25 08:15"), ("2024-01-25 08:15", "2024-01-25 08:15"),
    ("25/01/2024 00:00:00", "25/01/2024 08:15"), ("2024-01-25 08:15:00", ""),
    ("25.01.2024 08:15", "08:15"), ("20240125", "08:15"), ("2024-01-25 08:15:00", "08:15:00"),
    ("2024-01-25 00:00:00.000", "08:15"), ("25 janvier 2024", "8h15"),
]  # fmt: skip


def table(day: str, time: str, headers: str = "collection date;time") -> str:
    return f"patient_id;{headers};test;value;unit\n1;{day};{time};Potassium;4.1;mmol/L\n"


@pytest.mark.parametrize(("day", "time"), PAIRS)
def test_a_day_and_a_time_are_one_moment(export, day, time):
    rows, _, notices = read_all([export(table(day, time))])
    assert rows["collected_at"].to_list() == [EIGHT]
    assert not notices.sentences


@pytest.mark.parametrize(
    "headers",
    [
        "Date prélèvement;Heure prélèvement", "DT_PREL;H_PREL", "collection date;collection time",
        "Date;Heure", "date collected;time collected", "COLL_DT;COLL_TM", "Jour;Heure",
        "sample date;sample time", "draw date;draw time", "DATE_PREL;HEURE_PREL",
    ],
)  # fmt: skip
def test_the_two_columns_are_known_by_their_names(export, headers):
    rows, _ = read(export(table("2024-01-25", "08:15", headers)))
    assert rows["collected_at"].to_list() == [EIGHT]


@pytest.mark.parametrize(
    ("day", "time"),
    [
        ("2024-01-25 08:15", "09:15"), ("2024-01-25 08:15", "20:15"),
        ("2024-01-25 08:15", "2024-01-26 08:15"), ("2024-01-25 08:15:00", "8:15 PM"),
    ],
)  # fmt: skip
def test_a_contradiction_is_said_and_the_dates_own_time_is_read(export, day, time):
    rows, _, notices = read_all([export(table(day, time))])
    assert rows["collected_at"].to_list() == [EIGHT]
    assert any("contradict each other in 1 lines" in one for one in notices.sentences)


def test_each_line_is_read_by_its_own_cells(export):
    text = (
        table("2024-01-25 08:15", "08:15")
        + "1;2024-01-26;10:00;Sodium;140;mmol/L\n1;;;Chloride;101;mmol/L\n"
    )
    rows, _ = read(export(text))
    assert rows.sort("analyte")["collected_at"].to_list() == [
        None, EIGHT, datetime(2024, 1, 26, 10),
    ]  # fmt: skip


COUNTED = [
    ("minutes", "2000-01-01", "90", datetime(2000, 1, 1, 1, 30)),
    ("minutes", "2000-01-01", "-30", datetime(1999, 12, 31, 23, 30)),
    ("hours", "2024-01-25", "8.25", EIGHT),
    ("hours", "2024-01-25", "8,25", EIGHT),
    ("days", "2024-01-01", "24", datetime(2024, 1, 25)),
    ("seconds", "2024-01-25 08:00", "900", EIGHT),
    ("days", "admitted", "2", datetime(2024, 1, 12)),
    ("hours", "admitted", "36", datetime(2024, 1, 11, 12)),
]


@pytest.mark.parametrize(("offset", "origin", "count", "moment"), COUNTED)
def test_times_may_count_from_an_origin(export, offset, origin, count, moment):
    mapping = export(
        f"columns: {{collected_at: after}}\ntimes: {{offset: {offset}, origin: {origin}}}\n",
        "mapping.yaml",
    )
    text = f"patient;admitted;after;test;value;unit\n1;2024-01-10;{count};K;4.1;mmol/L\n"
    rows, _ = read(export(text), mapping=mapping)
    assert rows["collected_at"].to_list() == [moment]


def test_two_counts_are_two_reports(export):
    mapping = export(
        "columns: {patient_id: stay, collected_at: after}\ntimes: {offset: minutes}\n", "m.yaml"
    )
    text = "stay,after,test,value,unit\n1,10,K,4.1,mmol/L\n1,610,K,5.1,mmol/L\n"
    rows, _ = read(export(text), mapping=mapping)
    assert rows["report_id"].n_unique() == 2
    assert rows["collected_at"].diff().dt.total_minutes().to_list() == [None, 600]


def test_a_count_that_is_none_is_said(export):
    mapping = export("columns: {collected_at: after}\ntimes: {offset: hours}\n", "m.yaml")
    rows, _, notices = read_all(
        [export("patient,after,test,value,unit\n1,x,K,4.1,mmol/L\n")], mapping=mapping
    )
    assert rows["collected_at"].to_list() == [None]
    assert any("'x' is no count of hours" in one for one in notices.sentences)


def test_a_table_of_a_day_alone_is_untouched(export):
    rows, _ = read(export("patient,date,test,value,unit\n1,2024-01-25,K,4.1,mmol/L\n"))
    assert rows["collected_at"].to_list() == [datetime(2024, 1, 25)]
    assert rows.select(pl.col("report_id")).item() == "1 2024-01-25"
