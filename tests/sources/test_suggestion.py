"""A first mapping of an unknown table works as it is written where its guesses are right."""

import polars as pl
import pytest
from openpyxl import Workbook

from hemoscribe.errors import SourceError
from hemoscribe.sources import read, suggest_mapping

GERMAN = """\
Auszug vom 12.03.2024;;;;;;;;
PatNr;Entnahme;Geb;G;Prüfung;Ergebnis;Einheit;Normbereich;Bew
0001234;12.03.2024 08:15;04.05.1960;w;Hb;13,2;g/dL;12,0-16,0;
0001234;12.03.2024 08:15;04.05.1960;w;Kalium X;4,1;mmol/L;3,5-5,1;
0001234;12.03.2024 08:15;04.05.1960;w;Sodium;131;mmol/L;136-145;L
0005678;25.03.2024 09:00;14.11.1971;m;Hb;10,1;g/dL;13,0-17,0;L
0005678;25.03.2024 09:00;14.11.1971;m;Creatinine;98;umol/L;60-110;
"""
ANALYSER = """\
SmpID|PtKey|When|LOINC_CD|Res_Num|U
S00001|A17|2024-03-12T08:15|718-7|13.2|g/dL
S00001|A17|2024-03-12T08:15|2823-3|4.1|mmol/L
S00002|A17|2024-03-14T08:15|718-7|12.9|g/dL
S00003|B44|2024-03-12T09:00|2823-3|5.9|mmol/L
"""
WIDE = [
    ["Study 12", None, None, None, None],
    ["Code", "Sexe", "res_Hb (g/dL)", "Na_mmol/L", "Score"],
    ["P001", "F", 13.1, 140, 3],
    ["P002", "M", 14.2, 138, 1],
    ["P003", "F", 10.9, 141, 2],
]


@pytest.fixture
def suggested(tmp_path):
    """The rows and rejects of a file read with the mapping suggested for it, and its text."""

    def read_with_suggestion(path):
        text = suggest_mapping(path)
        mapping = tmp_path / "mapping.yaml"
        mapping.write_text(text, encoding="utf-8")
        return *read(path, mapping=mapping), text

    return read_with_suggestion


def test_a_german_export_with_headers_of_its_own(export, suggested):
    rows, rejects, text = suggested(export(GERMAN))
    first = rows.row(0, named=True)
    assert (first["patient_id"], first["sex"], first["analyte"]) == ("0001234", "F", "hemoglobin")
    assert (first["value"], first["low"], first["high"]) == (13.2, 12.0, 16.0)
    assert (str(first["collected_at"]), first["age_years"]) == ("2024-03-12 08:15:00", 63.857)
    assert rows["laboratory_flag"].to_list() == [None, "L", "L", None]
    assert rejects["reported_name"].to_list() == ["Kalium X"]
    assert '#   "Kalium X": {name: ..., unit: ...}  # 1 lines' in text


def test_an_analyser_export_by_its_content(export, suggested):
    rows, rejects, text = suggested(export(ANALYSER))
    assert rejects.is_empty()
    assert rows.select("patient_id", "report_id", "analyte", "value").rows() == [
        ("A17", "S00001", "hemoglobin", 13.2),
        ("A17", "S00001", "potassium", 4.1),
        ("A17", "S00002", "hemoglobin", 12.9),
        ("B44", "S00003", "potassium", 5.9),
    ]
    assert 'loinc: "LOINC_CD"  # by a word of its name' in text


def test_a_wide_workbook_with_words_around_its_analytes(tmp_path, suggested):
    book = Workbook()
    for row in WIDE:
        book.active.append(row)
    book.save(tmp_path / "study.xlsx")
    rows, rejects, text = suggested(tmp_path / "study.xlsx")
    assert rejects.is_empty()
    assert rows.filter(pl.col("reported_name") == "res_Hb (g/dL)")["value"].to_list() == [
        13.1,
        14.2,
        10.9,
    ]
    assert rows.filter(pl.col("analyte") == "sodium")["unit"].unique().to_list() == ["mmol/L"]
    assert '#  "Score": {name: ..., unit: ...}  # unknown; median 2' in text


def test_the_hepatitis_data_set_is_read_but_for_two_unknown_names(shared_data, suggested):
    rows, rejects, text = suggested(shared_data / "uci_hcv" / "hcvdat0.csv")
    assert rows["patient_id"].n_unique() == 615
    named = {"albumin", "alp", "alt", "ast", "cholinesterase", "cholesterol", "creatinine", "ggt"}
    assert set(rows["analyte"]) >= named
    assert rows.height + rejects.height == 615 * rows["analyte"].n_unique()
    assert set(rejects["code"]) <= {"no_value"}
    assert rows.select("sex", "age_years").null_count().row(0) == (0, 0)
    assert 'ignore: ["Category"]' in text


def test_dates_that_nothing_decides_are_left_for_a_person(export):
    text = suggest_mapping(export("Pat;Day;What;Num;U\nA1;03/04/2024;Hb;13.1;g/dL\n"))
    assert "# 03/04/2024 could be day-first or month-first: say which" in text
    assert "\n# dates: day_first" in text


def test_what_is_no_table_is_refused(export):
    with pytest.raises(SourceError, match="it is no table"):
        suggest_mapping(export('{"resourceType": "Bundle"}'))
    with pytest.raises(SourceError, match="no line in it could be a header"):
        suggest_mapping(export("one\ntwo\n"))
