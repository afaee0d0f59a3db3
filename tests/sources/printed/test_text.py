"""Printed reports: every number under its date, with its flag, its range and its comment."""

import csv
import json
import re

import polars as pl
import pytest

from hemoscribe.errors import SourceError
from hemoscribe.sources import read, read_panels
from hemoscribe.sources.batches import Notices
from hemoscribe.sources.exports import exports
from hemoscribe.sources.formats import format_of
from hemoscribe.sources.mapping import Mapping
from hemoscribe.sources.printed import text
from hemoscribe.sources.printed.lines.one_line import single
from hemoscribe.sources.tables.analyte_names import is_analyte

from .conftest import ENGLISH, FRENCH, shown

CUMULATIVE = """\
CUMULATIVE REPORT
Patient No: 77
Req No:   Z968951  Z268321
  Date:  23/03/12 05/04/12
  Time:     10:35    23:00           Units    Ref Range
         ________ ________ ________  ________ _________
Full Blood Count (Whole Blood)
Hb            127      101L          g/L       115-150
PLT                      *           x10^9/L   140-400
RCC          3.81H                   x10^12/L  3.80-5.10

12Z268321 23/03/12 10:35
Film Comment : Red cells show mild
               rouleaux.
05/04/12 12Z268321
Comment: Sample clotted. Potassium 7.0 not reported.

Note: Ranges shown are for adults.
      pH     7.31 - 7.41
"""


def test_each_column_of_a_cumulative_report_is_a_sample_of_its_own(report):
    rows, rejects = read(report(CUMULATIVE))
    assert shown(rows) == [
        ("2012-03-23 10:35", "hemoglobin", None, 12.7, 11.5, 15.0, None),
        ("2012-04-05 23:00", "hemoglobin", None, 10.1, 11.5, 15.0, "L"),
        ("2012-03-23 10:35", "erythrocytes", None, 3.81, 3.8, 5.1, "H"),
    ]
    assert rows["report_id"].to_list() == ["Z968951", "Z268321", "Z968951"]
    assert rejects.select("place", "code", "reported_value").rows() == [
        ("line 9, column 2", "not_a_number", "*")
    ]


def test_a_comment_goes_to_the_results_of_its_sample(report):
    rows, _ = read(report(CUMULATIVE))
    by_report = dict(rows.select("report_id", "comment").rows())
    assert by_report["Z968951"] == (
        "Film Comment: Red cells show mild rouleaux. "
        "Note: Ranges shown are for adults. pH 7.31 - 7.41"
    )
    assert "Sample clotted. Potassium 7.0 not reported." in by_report["Z268321"]


def test_a_french_report_with_its_earlier_results(report):
    rows, rejects = read(report(FRENCH))
    assert shown(rows) == [
        ("2024-06-25 08:12", "hemoglobin", None, 10.2, 12.0, 16.0, "A"),
        ("2024-03-12 00:00", "hemoglobin", None, 11.4, 12.0, 16.0, None),
        ("2024-06-25 08:12", "platelets", None, 1234.0, 150.0, 400.0, None),
        ("2024-06-25 08:12", "potassium", "<", 2.5, 3.5, 5.1, None),
        ("2024-03-12 00:00", "potassium", None, 4.0, 3.5, 5.1, None),
    ]
    today = rows.filter(pl.col("report_id") == "D240017")
    assert today.select("patient_id", "sex", "age_years").unique().rows() == [
        ("00012345", "F", 64.309)
    ]
    assert today["comment"].unique().to_list() == ["Anémie connue. Contrôle à 48 heures conseillé."]
    assert rejects.is_empty()


def test_an_english_report_without_headings(report):
    rows, rejects = read(report(ENGLISH))
    assert shown(rows) == [
        ("2024-06-25 08:12", "potassium", None, 6.1, 3.5, 5.1, "H"),
        ("2024-06-25 08:12", "creatinine", None, 98.0, 50.0, 110.0, None),
        ("2024-06-25 08:12", "tsh", "<", 0.01, 0.4, 4.0, "L"),
    ]
    assert rows["comment"].unique().to_list() == ["Not haemolysed. Potassium of 5.2 last week."]
    assert rejects.is_empty()


def test_several_reports_in_a_file_are_told_apart_by_their_patients(report):
    second = ENGLISH.replace("0001234567", "0007654321").replace("MG000123", "MG000124")
    rows, _ = read(report(ENGLISH + "\f" + second))
    assert rows.group_by("patient_id", "report_id").len().sort("patient_id").rows() == [
        ("0001234567", "MG000123", 3),
        ("0007654321", "MG000124", 3),
    ]


def test_a_second_page_is_of_the_same_report(report):
    page = "Patient no: 0001234567\n\nSodium  141  mmol/L  (135-145)\n"
    rows, _ = read(report(ENGLISH + "\f" + page))
    assert rows["report_id"].unique().to_list() == ["MG000123"]
    assert rows.height == 4


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Potassium         4.0     mmol/L ( 3.5-5.5  )", ("4.0", None, "mmol/L", "3.5", "5.5")),
        (" (Creatinine)    0.078    mmol/L ( 0.05-0.11)",
         ("0.078", None, "mmol/L", "0.05", "0.11")),
        (" eGFR             >90            ( SEE-BELOW)", (">90", None, None, None, None)),
        ("ALT                76H    IU/L   ( <34      )", ("76", "H", "IU/L", "<34", None)),
        ("Base Excess      -7.9 L   mmol/L   -3.0/3.0", ("-7.9", "L", "mmol/L", "-3.0", "3.0")),
        ("Hémoglobine ....... 13,2 g/dL  12,0 à 16,0", ("13,2", None, "g/dL", "12,0", "16,0")),
        ("Ferritine : 12 µg/L (N : 20 - 300)", ("12", None, "µg/L", "20", "300")),
        ("Plaquettes        1 234 G/L  (150-400)", ("1 234", None, "G/L", "150", "400")),
        ("Vitamin B12   250  pmol/L", ("250", None, "pmol/L", None, None)),
        ("Potassium  < 2.0  mmol/L", ("< 2.0", None, "mmol/L", None, None)),
        ("PSA                      *           ug/L    (<4.0    )",
         ("*", None, "ug/L", "<4.0", None)),
        ("Urine Protein Excretion               g/D             ( <0.15    )",
         (None, None, "g/D", "<0.15", None)),
    ],
)  # fmt: skip
def test_one_line_without_headings(line, expected):
    found = single(line)
    assert found is not None
    assert (found.value, found.flag, found.unit, found.low, found.high) == expected


@pytest.mark.parametrize(
    "line",
    [
        "      pH     7.31 - 7.41",
        "From 9.12.2010 APTT normal range 23 - 36 seconds.",
        "Pre Dose (Trough) level: 10 - 20 mg/L",
        "12 rue de la Paix",
    ],
)
def test_a_remark_with_numbers_is_no_result(line):
    found = single(line)
    assert found is None or not (found.known and is_analyte(found.name))


def test_urine_under_its_heading_is_refused_and_blood_after_it_is_read(report):
    rows, rejects = read(
        report(
            "Patient no: 1\nURINE\nSodium   87   mmol/L\nLeucocytes   1   x10^6/L\n\n"
            "PLASMA\nSodium   140   mmol/L  (135-145)\nPotassium   4.0   mmol/L  (3.5-5.5)\n"
        )
    )
    assert rows.select("analyte", "value").rows() == [("sodium", 140.0), ("potassium", 4.0)]
    assert rejects["code"].to_list() == ["other_specimen"] * 2
    assert "only blood is read" in rejects["message"][0]


def test_numbers_that_are_understood_by_nothing_are_rejects(report):
    rows, rejects = read(report(ENGLISH.replace("Comment:", "~~ 17 ~~ 4\n\nComment:")))
    assert rows.height == 3
    assert rejects.select("code", "reported_value").rows() == [("unreadable", "~~ 17 ~~ 4")]


def test_an_earlier_result_without_a_date_is_a_reject(report):
    undated = FRENCH.replace("12/03/2024", "          ")
    rows, rejects = read(report(undated))
    assert rows.height == 3
    assert rejects["reported_value"].to_list() == [None, "11,4", "4,0"]
    assert rejects["code"].to_list() == ["no_value", "unreadable", "unreadable"]
    assert "no date" in rejects["message"][1]


def test_dates_that_could_be_either_are_asked_for(report, tmp_path):
    unclear = CUMULATIVE.replace("23/03/12", "02/03/12")
    with pytest.raises(SourceError, match="day-first or month-first"):
        read(report(unclear))
    mapping = tmp_path / "m.yaml"
    mapping.write_text("dates: month_first\n")
    rows, _ = read(report(unclear), mapping=mapping)
    assert str(rows["collected_at"][0]) == "2012-02-03 10:35:00"


def test_a_name_is_no_patient_number(report):
    named = ENGLISH.replace("Hospital no: 0001234567", "Patient: Mary Jones")
    with pytest.raises(SourceError, match="names no patient"):
        read(report(named))
    assert len(read_panels(report(named))[0].results) == 3


def test_lines_of_json_are_reports_and_others_rejects(report):
    import json

    lines = [
        json.dumps({"id": 7, "patient": "P1", "text": ENGLISH}),
        "{broken",
        json.dumps({"id": 8, "patient": "P2"}),
    ]
    rows, rejects = read(report("\n".join(lines) + "\n", "reports.jsonl"))
    assert rows.height == 3
    assert rejects.select("place", "code").rows() == [
        ("line 2", "unreadable"), ("line 3", "unreadable"),
    ]  # fmt: skip


@pytest.mark.parametrize("column", [True, False], ids=["with its column", "in any column"])
def test_of_real_printed_reports_over_97_percent_of_results_come_out(shared_data, column):
    """Same analyte, value, flag and range; results.csv skips empty cells when it counts columns."""
    export = exports([shared_data / "au_reports" / "reports.jsonl"])[0]
    assert format_of(export, Mapping()).name == "text"
    batches = list(text.read(export, Mapping(), Notices()))
    reported = pl.concat([batch.reported for batch in batches])
    found = [_key(row, column) for row in reported.iter_rows(named=True)]
    with (shared_data / "au_reports" / "results.csv").open() as file:
        wanted = [_wanted(row, column) for row in csv.DictReader(file)]
    same = 0
    for one in wanted:
        if one in found:
            found.remove(one)
            same += 1
    assert len(wanted) == 1771
    assert same / len(wanted) > 0.97
    assert same == (1722 if column else 1769)


def _key(row, column):
    place = re.match(r"report (?P<report>\d+), line \d+(?:, column (?P<column>\d+))?", row["place"])
    span = " ".join(limit for limit in (row["reported_low"], row["reported_high"]) if limit)
    number = int(place["column"]) - 1 if column and place["column"] else None
    return (place["report"], number, row["reported_name"], row["reported_value"],
            row["reported_flag"] or "", span)  # fmt: skip


def _wanted(row, column):
    kind, _, number = row["column"].partition(":")
    span = re.sub(r"(?<=\d)[-/]", " ", row["ref_range"])
    number = int(number) if column and kind == "cumulative" else None
    return (row["report_id"], number, row["analyte"], row["value"], row["flag"], span)


def test_real_results_reach_rows_with_their_analyte_flag_and_range(shared_data):
    rows, rejects = read(shared_data / "au_reports" / "reports.jsonl", format="text")
    assert rows.height > 1771
    assert rows["patient_id"].null_count() == 0
    assert set(rejects["code"]) <= {
        *("unknown_analyte", "other_specimen", "not_a_number", "no_value", "unreadable"),
    }
    blood_gas = rows.filter(
        pl.col("analyte") == "potassium", pl.col("laboratory_flag") == "H", pl.col("value") == 6.2
    )
    assert (blood_gas["low"].to_list()[0], blood_gas["high"].to_list()[0]) == (3.5, 5.5)


LONG = "word " * 400 + "end"
SHORT = """\
Patient ID: 17

Potassium   4.1 mmol/L   (3.5 - 5.1)
Sodium   140 mmol/L   (136 - 145)
"""


def test_a_comment_longer_than_a_line_is_kept_whole(export):
    rows, rejects = read(export(f"{SHORT}\nComment: {LONG}\n"), format="text")
    assert set(rows["comment"]) == {LONG}
    assert rejects.is_empty()


def test_a_line_too_long_for_a_result_is_a_reject_that_says_so(export):
    rows, rejects = read(export(f"{SHORT}Chloride   {LONG}\n"), format="text")
    assert rows.height == 2
    assert rejects.select("place", "reported_value").rows() == [("line 5", f"Chloride {LONG}")]
    assert "more than 1,000 characters" in rejects["message"][0]


def test_a_record_with_more_lines_than_a_report_is_a_reject(export):
    good = "Patient ID: 17\nPotassium   4.1 mmol/L   (3.5 - 5.1)\n"
    records = [{"report": good}, {"report": good + "\n" * 20_001}]
    rows, rejects = read(export("\n".join(map(json.dumps, records)) + "\n"))
    assert (rows.height, rejects["place"].to_list()) == (1, ["line 2"])
    assert "more than 20,000 lines" in rejects["message"][0]


@pytest.mark.parametrize("gap", ["", " ", "  "])
@pytest.mark.parametrize(
    "headings", ["", "                 Résultat    Unités   Valeurs de référence"]
)
def test_the_sign_before_a_value_is_never_lost(export, gap, headings):
    lines = [
        "N° de dossier : 12      IPP : 451", headings,
        f"CRP ............ <{gap}5,0       mg/L     <{gap}5,0",
        f"Ferritine ...... >{gap}1 500     µg/L     30 - 300",
        "Potassium ...... 4,1         mmol/L   3,5 - 5,1",
    ]  # fmt: skip
    rows, rejects = read(export("\n".join(lines)), format="text")
    assert rejects.is_empty()
    assert rows.select("analyte", "comparator", "value", "high").rows() == [
        ("crp", "<", 5.0, 5.0), ("ferritin", ">", 1500.0, 300.0), ("potassium", None, 4.1, 5.1),
    ]  # fmt: skip


def test_a_title_of_another_patient_ends_a_report_without_a_blank_line(report):
    rows, rejects = read(
        report(
            "LABORATOIRE DES PINS\nPatient : 0011   Sexe : F\n"
            "Sodium             140        mmol/L   (136 - 145)\n"
            "LABORATOIRE DES PINS\nPatient : 0022   Sexe : M\n"
            "Potassium          4,1        mmol/L   (3,5 - 5,1)\n"
        )
    )
    found = rows.select("patient_id", "analyte", "sex").rows()
    assert found == [("0011", "sodium", "F"), ("0022", "potassium", "M")]
    assert rejects.is_empty()
