# ruff: noqa: E501 (a table a line: its kind and its whole text)
"""Dates across, and columns grouped under analytes: one result for each cell that holds one."""

from datetime import datetime

import polars as pl
import pytest
from openpyxl import Workbook

from hemoscribe.errors import SourceError
from hemoscribe.sources import read, read_panels
from hemoscribe.sources.intake import read_all

TWO_DAYS = {
    ("hemoglobin", datetime(2024, 3, 14)): 12.1,
    ("hemoglobin", datetime(2024, 4, 2)): 11.6,
    ("potassium", datetime(2024, 3, 14)): 4.2,
    ("potassium", datetime(2024, 4, 2)): 5.6,
}
ACROSS = {
    "header of its own": "Analyse;Unité;Normes;14/03/2024;02/04/2024\nHb;g/dL;12-16;12,1;11,6\nK;mmol/L;3,5-5,1;4,2;5,6\n",
    "english": "Test,Units,Reference range,2024-03-14,2024-04-02\nHemoglobin,g/dL,12-16,12.1,11.6\nPotassium,mmol/L,3.5-5.1,4.2,5.6\n",
    "no word over the analyses": ";g/dL ou autre;14/03/2024;02/04/2024\n".replace("g/dL ou autre", "Unité") + "Hb;g/dL;12,1;11,6\nK;mmol/L;4,2;5,6\n",
    "a word for the dates over the analyses": "Date;14/03/2024;02/04/2024;Unité\nHb;12,1;11,6;g/dL\nK;4,2;5,6;mmol/L\n",
    "times in the line below": "Analyse;Unité;14/03/2024;02/04/2024\nHeure;;00:00;00:00\nHb;g/dL;12,1;11,6\nK;mmol/L;4,2;5,6\n",
    "header below the dates": ";;14/03/2024;02/04/2024\nAnalyse;Unité;Résultat;Résultat\nHb;g/dL;12,1;11,6\nK;mmol/L;4,2;5,6\n",
    "words around the dates": "Examen;Unité;Résultat du 14/03/2024;Prélèvement du 02/04/2024\nHb;g/dL;12,1;11,6\nK;mmol/L;4,2;5,6\n",
    "a flag beside each": "Analyse;Unité;14/03/2024;;02/04/2024;\nHb;g/dL;12,1;;11,6;L\nK;mmol/L;4,2;;5,6;H\n",
    "value and unit under each": "Analyse;14/03/2024;;02/04/2024;\n;Résultat;Unité;Résultat;Unité\nHb;12,1;g/dL;11,6;g/dL\nK;4,2;mmol/L;5,6;mmol/L\n",
    "units after the dates": "Analyse;14/03/2024;02/04/2024;Unité;Min;Max\nHb;12,1;11,6;g/dL;12;16\nK;4,2;5,6;mmol/L;3,5;5,1\n",
    "tabs": "Test\tUnit\t2024-03-14\t2024-04-02\nHb\tg/dL\t12.1\t11.6\nK\tmmol/L\t4.2\t5.6\n",
    "months in words": "Test;Unit;14 Mar 2024;2 Apr 2024\nHb;g/dL;12.1;11.6\nK;mmol/L;4.2;5.6\n",
    "dots": "Analyse;Unité;14.03.2024;02.04.2024\nHb;g/dL;12,1;11,6\nK;mmol/L;4,2;5,6\n",
    "two digits of the year": "Analyse;Unité;14/03/24;02/04/24\nHb;g/dL;12,1;11,6\nK;mmol/L;4,2;5,6\n",
    "headings between": "Analyse;Unité;14/03/2024;02/04/2024\nHEMATOLOGIE;;;\nHb;g/dL;12,1;11,6\nIONOGRAMME;;;\nK;mmol/L;4,2;5,6\n",
    "numbers of reports": "Analyse;Unité;14/03/2024;02/04/2024\nN° dossier;;2403140012;2404020044\nHb;g/dL;12,1;11,6\nK;mmol/L;4,2;5,6\n",
    "a LOINC column": "Analyse,LOINC,Unit,2024-03-14,2024-04-02\nHb,718-7,g/dL,12.1,11.6\nK,2823-3,mmol/L,4.2,5.6\n",
    "a code and a label": "COD_ANA;LIB_ANA;UNT;14/03/2024;02/04/2024\nHB;Hémoglobine;g/dL;12,1;11,6\nK;Potassium;mmol/L;4,2;5,6\n",
    "only codes": "CODE_ANA;UNT;14/03/2024;02/04/2024\nHB;g/dL;12,1;11,6\nK;mmol/L;4,2;5,6\n",
    "quotes": '"Analyse","Unité","14/03/2024","02/04/2024"\n"Hb","g/dL","12,1","11,6"\n"K","mmol/L","4,2","5,6"\n',
    "an analysis without results": "Analyse;Unité;14/03/2024;02/04/2024\nHb;g/dL;12,1;11,6\nFerritine;µg/L;;\nK;mmol/L;4,2;5,6\n",
    "pipes": "Examen|Unité|Valeurs usuelles|14/03/2024|02/04/2024\nHb|g/dL|12-16|12,1|11,6\nK|mmol/L|3,5-5,1|4,2|5,6\n",
    "dates and midnight": "Test;Unit;2024-03-14 00:00;2024-04-02 00:00\nHb;g/dL;12.1;11.6\nK;mmol/L;4.2;5.6\n",
}  # fmt: skip


def found(rows: pl.DataFrame) -> dict[tuple[str, datetime], float]:
    return {(a, t): v for a, t, v in rows.select("analyte", "collected_at", "value").rows()}


def in_workbook(tmp_path, text: str):
    """The same table as a workbook, its numbers and dates as texts."""
    book = Workbook()
    mark = next(mark for mark in "\t|;," if mark in text.partition("\n")[0])
    for line in text.splitlines():
        book.active.append([cell.strip('"') or None for cell in line.split(mark)])
    book.save(tmp_path / "across.xlsx")
    return tmp_path / "across.xlsx"


@pytest.mark.parametrize("kind", ACROSS)
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_dates_across_are_one_result_for_each_cell(export, kind, encoding):
    mark = next(mark for mark in "\t|;," if mark in ACROSS[kind])
    above = f"Laboratoire du Port{mark}\nPatient : 0077120{mark}Sexe : F{mark}\n"
    rows, rejects = read(export(above + ACROSS[kind], encoding=encoding))
    assert found(rows) == TWO_DAYS
    assert set(rows["patient_id"]) == {"0077120"}
    assert set(rows["sex"]) == {"F"}
    assert rejects["results"].sum() == 0
    assert rows["report_id"].n_unique() == 2


@pytest.mark.parametrize("kind", [kind for kind in ACROSS if kind != "quotes"])
def test_a_workbook_with_dates_across_is_read_like_the_csv(tmp_path, kind):
    mark = next(mark for mark in "\t|;," if mark in ACROSS[kind])
    rows, _ = read(in_workbook(tmp_path, f"Patient{mark}P5\n{ACROSS[kind]}"))
    assert found(rows) == TWO_DAYS


def test_a_workbook_whose_dates_are_dates(tmp_path):
    book = Workbook()
    for row in (
        ["Patient P77", "Sexe M"],
        ["Analyse", "Unité", datetime(2024, 3, 14), datetime(2024, 4, 2)],
        ["Hb", "g/dL", 12.1, 11.6],
        ["K", "mmol/L", 4.2, 5.6],
    ):
        book.active.append(row)
    book.save(tmp_path / "dated.xlsx")
    rows, _ = read(tmp_path / "dated.xlsx")
    assert found(rows) == TWO_DAYS
    assert set(rows["patient_id"]) == {"P77"}


def test_what_stands_beside_the_dates_is_of_each_result(export):
    rows, _ = read(export("IPP;0012\n" + ACROSS["a flag beside each"]))
    assert rows.select("laboratory_flag").to_series().to_list() == [None, "L", None, "H"]
    rows, _ = read(export("IPP;0012\n" + ACROSS["header of its own"]))
    assert set(rows.filter(pl.col("analyte") == "potassium")["low"]) == {3.5}


def test_each_date_is_a_panel_of_its_own(export):
    panels = read_panels(export("Patient : 12;;;;\n" + ACROSS["header of its own"]))
    assert [(len(one.results), one.collected_at) for one in panels] == [
        (2, datetime(2024, 3, 14)),
        (2, datetime(2024, 4, 2)),
    ]


def test_the_place_of_a_result_has_its_line_and_its_column(export):
    _, rejects = read(export("IPP;1\n" + ACROSS["header of its own"].replace("5,6", "hémolysé")))
    assert rejects.select("place", "code").rows() == [
        ("line 4, column 02/04/2024", "unusable_sample")
    ]


def test_numbers_of_reports_and_times_under_the_dates_are_read(export):
    rows, _ = read(
        export(
            "IPP;1;;\nAnalyse;Unité;14/03/2024;14/03/2024\nHeure;;08:15;20:40\n"
            "N° dossier;;A1;A2\nHb;g/dL;12,1;11,6\n"
        )
    )
    assert rows.select("report_id", "collected_at").rows() == [
        ("A1", datetime(2024, 3, 14, 8, 15)),
        ("A2", datetime(2024, 3, 14, 20, 40)),
    ]


def test_what_stands_under_a_heading_of_urine_is_refused(export):
    rows, rejects = read(
        export(
            "IPP;1;;\nAnalyse;Unité;14/03/2024;02/04/2024\nSANG;;;\nSodium;mmol/L;140;139\n"
            "URINES;;;\nSodium;mmol/L;64;71\nBIOCHIMIE SANGUINE;;;\nPotassium;mmol/L;4,2;5,6\n"
        )
    )
    assert rows.filter(pl.col("analyte") == "sodium")["value"].to_list() == [140, 139]
    assert rows.height == 4
    assert rejects.filter(pl.col("results") > 0)["code"].to_list() == ["other_specimen"] * 2


def test_a_second_patient_below_is_not_the_first(export):
    text = "Patient : A1;;\nAnalyse;Unité;14/03/2024\nHb;g/dL;12,1\nPatient : B2;;\nHb;g/dL;9,1\n"
    with pytest.raises(SourceError, match=r"line 4.*another patient"):
        read(export(text))


GROUPED = {
    "merged cells": "Patient;Prélèvement;Hémoglobine;;Créatinine;\n;;Résultat;Unité;Résultat;Unité\nP1;15/01/2024;112;g/L;92;µmol/L\nP2;16/01/2024;13,1;g/dL;10,4;mg/L\n",
    "the name over each": "Patient;Prélèvement;Hémoglobine;Hémoglobine;Créatinine;Créatinine\n;;Résultat;Unité;Résultat;Unité\nP1;15/01/2024;112;g/L;92;µmol/L\nP2;16/01/2024;13,1;g/dL;10,4;mg/L\n",
    "english": ",,Hemoglobin,,Creatinine,\nPatient,Collected,Value,Unit,Value,Unit\nP1,2024-01-15,112,g/L,92,umol/L\nP2,2024-01-16,13.1,g/dL,10.4,mg/L\n",
    "unit before value": "Patient;Prélèvement;Hémoglobine;;Créatinine;\n;;Unité;Résultat;Unité;Résultat\nP1;15/01/2024;g/L;112;µmol/L;92\nP2;16/01/2024;g/dL;13,1;mg/L;10,4\n",
    "limits too": "Patient;Prélèvement;Hémoglobine;;;;Créatinine;;;\n;;Résultat;Unité;Min;Max;Résultat;Unité;Min;Max\nP1;15/01/2024;112;g/L;120;160;92;µmol/L;45;84\nP2;16/01/2024;13,1;g/dL;12;16;10,4;mg/L;5;10\n",
    "flags and a comment": "Patient;Prélèvement;Hémoglobine;;;Créatinine;;;\n;;Résultat;Unité;Flag;Résultat;Unité;Commentaire\nP1;15/01/2024;112;g/L;L;92;µmol/L;vu\nP2;16/01/2024;13,1;g/dL;;10,4;mg/L;\n",
    "units in a third line": "Patient;Prélèvement;Hémoglobine;;Créatinine;\n;;Résultat;Flag;Résultat;Flag\n;;g/L;;µmol/L;\nP1;15/01/2024;112;L;92;H\nP2;16/01/2024;131;;92;H\n",
    "in one line, unit after": "Patient;Prélèvement;Hémoglobine;Unité;Créatinine;Unité\nP1;15/01/2024;112;g/L;92;µmol/L\nP2;16/01/2024;13,1;g/dL;10,4;mg/L\n",
    "in one line, named": "patient_id,collected_at,hemoglobin,hemoglobin_unit,creatinine,creatinine_unit\nP1,2024-01-15,112,g/L,92,umol/L\nP2,2024-01-16,13.1,g/dL,10.4,mg/L\n",
    "in one line, value and unit named": "patient_id,collected_at,hemoglobin_value,hemoglobin_unit,creatinine_value,creatinine_unit\nP1,2024-01-15,112,g/L,92,umol/L\nP2,2024-01-16,13.1,g/dL,10.4,mg/L\n",
    "all units at the end": "patient_id,collected_at,hemoglobin,creatinine,unit_hemoglobin,unit_creatinine\nP1,2024-01-15,112,92,g/L,umol/L\nP2,2024-01-16,13.1,10.4,g/dL,mg/L\n",
    "tabs": "Patient\tCollected\tHb\t\tCreatinine\t\n\t\tResult\tUnits\tResult\tUnits\nP1\t2024-01-15\t112\tg/L\t92\tumol/L\nP2\t2024-01-16\t13.1\tg/dL\t10.4\tmg/L\n",
    "a title above": "Consultation du lundi;;;;;\nPatient;Prélèvement;Hémoglobine;;Créatinine;\n;;Résultat;Unité;Résultat;Unité\nP1;15/01/2024;112;g/L;92;µmol/L\nP2;16/01/2024;13,1;g/dL;10,4;mg/L\n",
    "comparators": "Patient;Prélèvement;Hémoglobine;;;Créatinine;;\n;;Signe;Résultat;Unité;Signe;Résultat;Unité\nP1;15/01/2024;;112;g/L;<;92;µmol/L\nP2;16/01/2024;;13,1;g/dL;;10,4;mg/L\n",
    "one without a group": "Patient;Prélèvement;Hémoglobine;;Créatinine;;Commentaire\n;;Résultat;Unité;Résultat;Unité;\nP1;15/01/2024;112;g/L;92;µmol/L;vu\nP2;16/01/2024;13,1;g/dL;10,4;mg/L;\n",
    "trailing marks": "Patient;Prélèvement;Hémoglobine;;Créatinine;;;\n;;Résultat;Unité;Résultat;Unité;;\nP1;15/01/2024;112;g/L;92;µmol/L;;\nP2;16/01/2024;13,1;g/dL;10,4;mg/L;;\n",
    "short lines": "Patient;Prélèvement;Hémoglobine;;Créatinine\n;;Résultat;Unité;Résultat;Unité\nP1;15/01/2024;112;g/L;92;µmol/L\nP2;16/01/2024;13,1;g/dL;10,4;mg/L\n",
    "pipes": "Patient|Collected|Hb||Creatinine|\n||Value|Unit|Value|Unit\nP1|2024-01-15|112|g/L|92|umol/L\nP2|2024-01-16|13.1|g/dL|10.4|mg/L\n",
    "valeur": "Patient;Prélèvement;Hémoglobine;;Créatinine;\n;;Valeur;Unité;Valeur;Unité\nP1;15/01/2024;112;g/L;92;µmol/L\nP2;16/01/2024;13,1;g/dL;10,4;mg/L\n",
    "who below the names": ";;Hémoglobine;;Créatinine;\nPatient;Prélèvement;Résultat;Unité;Résultat;Unité\nP1;15/01/2024;112;g/L;92;µmol/L\nP2;16/01/2024;13,1;g/dL;10,4;mg/L\n",
    "prefixes": "Patient,Collected,Unit Hb,Hb,Unit creatinine,Creatinine\nP1,2024-01-15,g/L,112,umol/L,92\nP2,2024-01-16,g/dL,13.1,mg/L,10.4\n",
    "an analyte nobody knows": "Patient;Prélèvement;Hémoglobine;;Créatinine;;Zorbine;\n;;Résultat;Unité;Résultat;Unité;Résultat;Unité\nP1;15/01/2024;112;g/L;92;µmol/L;;\nP2;16/01/2024;13,1;g/dL;10,4;mg/L;;\n",
}  # fmt: skip


@pytest.mark.parametrize("kind", GROUPED)
def test_columns_grouped_under_analytes_are_results_with_their_units(export, kind):
    rows, rejects = read(export(GROUPED[kind]))
    first = rows.filter(pl.col("patient_id") == "P1").sort("analyte", descending=True)
    assert first.select("analyte", pl.col("value").round(1)).rows() == [
        ("hemoglobin", 11.2), ("creatinine", 92.0),
    ]  # fmt: skip
    second = rows.filter(pl.col("patient_id") == "P2").sort("analyte", descending=True)
    values = second["value"].round(1).to_list()
    assert values == ([13.1, 92.0] if "third" in kind else [13.1, 91.9])
    assert not rows["unit_inferred"].any()
    assert rejects["results"].sum() == 0
    assert rows["report_id"].n_unique() == 2


@pytest.mark.parametrize("kind", [kind for kind in GROUPED if kind != "short lines"])
def test_a_workbook_with_groups_is_read_like_the_csv(tmp_path, kind):
    rows, _, _ = read_all([in_workbook(tmp_path, GROUPED[kind])])
    assert sorted(rows["analyte"]) == ["creatinine", "creatinine", "hemoglobin", "hemoglobin"]


def test_a_group_of_an_unknown_name_is_refused_by_its_name(export):
    text = GROUPED["an analyte nobody knows"].replace("µmol/L;;", "µmol/L;7;U/L")
    _, rejects = read(export(text))
    assert rejects.select("code", "reported_name").rows() == [("unknown_analyte", "Zorbine")]


@pytest.mark.parametrize(
    "text",
    [
        "patient,collected,Hb (g/dL),K (mmol/L)\nP1,2024-01-15,11.2,4.1\n",
        "Patient;Date;Hb;K\n;;g/dL;mmol/L\nP1;15/01/2024;11,2;4,1\n",
        "patient,collected,test,value,unit\nP1,2024-01-15,Hb,11.2,g/dL\nP1,2024-01-15,K,4.1,mmol/L\n",
        "patient,date of birth,collected,Hb,Unit,K\nP1,1960-02-13,2024-01-15,11.2,g/dL,4.1\n",
    ],
)
def test_plain_tables_are_still_what_they_were(export, text):
    rows, _ = read(export(text))
    assert sorted(rows.select("analyte", "value").rows()) == [
        ("hemoglobin", 11.2),
        ("potassium", 4.1),
    ]


def test_columns_without_a_name_that_hold_something_are_said(export):
    text = "IPP;1;;;\nAnalyse;Unité;14/03/2024;;02/04/2024\nHb;g/dL;12,1;zz;11,6\n"
    _, _, notices = read_all([export(text)])
    assert any("without a name" in one and "column 4" in one for one in notices.sentences)
