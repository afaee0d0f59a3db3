"""A number that is a stay's does not make one report of several times."""

import polars as pl
import pytest

from hemoscribe.sources import read, read_panels
from hemoscribe.sources.intake import read_all


def table(*lines: str, header: str = "patient,report_id,collected,test,value,unit") -> str:
    return "\n".join((header, *lines)) + "\n"


STAY = table(
    "P1,S1,2024-01-05 08:00,Potassium,4.1,mmol/L",
    "P1,S1,2024-01-05 08:00,Sodium,140,mmol/L",
    "P1,S1,2024-01-07 08:00,Potassium,5.9,mmol/L",
    "P2,S2,2024-01-05 08:00,Potassium,4.4,mmol/L",
)


def test_the_days_of_a_stay_are_reports(export):
    rows, _, notices = read_all([export(STAY)])
    assert rows["report_id"].to_list() == [
        "S1 2024-01-05", "S1 2024-01-05", "S1 2024-01-07", "S2 2024-01-05",
    ]  # fmt: skip
    assert any("each day of it is read as a report" in one for one in notices.sentences)
    assert [len(one.results) for one in read_panels(export(STAY))] == [2, 1, 1]


@pytest.mark.parametrize("between", ["08:30", "12:00", "20:00", "23:59"])
def test_one_analysis_twice_in_a_day_makes_reports_of_its_times(export, between):
    rows, _ = read(
        export(
            table(
                "P1,S1,2024-01-05 08:00,Potassium,4.1,mmol/L",
                f"P1,S1,2024-01-05 {between},Potassium,5.9,mmol/L",
            )
        )
    )
    assert rows["report_id"].to_list() == ["S1 2024-01-05 08:00:00", f"S1 2024-01-05 {between}:00"]


@pytest.mark.parametrize("later", ["08:00", "08:05", "09:30", "15:00"])
def test_two_tubes_of_one_report_stay_one(export, later):
    rows, _, notices = read_all(
        [
            export(
                table(
                    "P1,S1,2024-01-05 08:00,Potassium,4.1,mmol/L",
                    f"P1,S1,2024-01-05 {later},Hb,13.1,g/dL",
                )
            )
        ]
    )
    assert set(rows["report_id"]) == {"S1"}
    assert not notices.sentences


@pytest.mark.parametrize(
    "header", ["NUM_SEJOUR", "NDA", "IEP", "encounter_id", "visit", "hadm_id", "stay_id", "CSN",
               "Episode", "admission id", "N° séjour", "visit_occurrence_id", "Account number"]
)  # fmt: skip
def test_the_number_of_a_stay_is_no_report(export, header):
    text = STAY.replace("report_id", header)
    rows, _ = read(export(text))
    assert rows["report_id"].n_unique() == 3
    mapping = export(f"columns: {{report_id: '{header}'}}", "mapping.yaml")
    mapped, _ = read(export(text), mapping=mapping)
    assert mapped["report_id"].n_unique() == 3


def test_lines_of_a_wide_table_with_one_number_are_reports(export):
    header = "patient,report_id,collected,K (mmol/L),Na (mmol/L)"
    rows, _ = read(
        export(table("P1,S1,2024-01-05,4.1,140", "P1,S1,2024-01-09,5.9,131", header=header))
    )
    assert rows["report_id"].n_unique() == 2


def test_rejects_are_of_the_report_of_their_day(export):
    rows, rejects = read(export(STAY.replace("140,mmol/L", "abc,mmol/L")))
    assert rejects["report_id"].to_list() == ["S1 2024-01-05"]
    assert rejects["report_id"].is_in(rows["report_id"].implode()).all()


def test_results_without_a_time_keep_the_number(export):
    rows, _ = read(export(STAY + "P1,S1,,Chloride,101,mmol/L\n"))
    assert rows.filter(pl.col("analyte") == "chloride")["report_id"].item() == "S1"
