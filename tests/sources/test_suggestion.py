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


def read_by_line(path, folder):
    """As ``suggested``, after a person said that each line is a patient."""
    text = suggest_mapping(path)
    mapping = folder / "mapping.yaml"
    mapping.write_text(text.replace("# patient: line", "patient: line"), encoding="utf-8")
    return *read(path, mapping=mapping), text


def test_a_wide_workbook_with_words_around_its_analytes(tmp_path):
    book = Workbook()
    for row in WIDE:
        book.active.append(row)
    book.save(tmp_path / "study.xlsx")
    rows, rejects, text = read_by_line(tmp_path / "study.xlsx", tmp_path)
    assert rejects.is_empty()
    assert rows.filter(pl.col("reported_name") == "res_Hb (g/dL)")["value"].to_list() == [
        13.1,
        14.2,
        10.9,
    ]
    assert rows.filter(pl.col("analyte") == "sodium")["unit"].unique().to_list() == ["mmol/L"]
    assert '#  "Score": {name: ..., unit: ...}  # unknown; median 2' in text


def test_the_hepatitis_data_set_is_read_but_for_two_unknown_names(shared_data, tmp_path):
    rows, rejects, text = read_by_line(shared_data / "uci_hcv" / "hcvdat0.csv", tmp_path)
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


NUMBERS = ["Na", "Sodium", "K", "Hb_x", "mystery", "Glucose", "code_5", "Zahl", "n1", "Foo", "Wert"]


@pytest.mark.parametrize("header", NUMBERS)
def test_a_column_of_numbers_is_never_the_patient(export, header):
    lines = "".join(f"{140 + n % 3};M;{4.1 + n / 10:.1f}\n" for n in range(9))
    text = suggest_mapping(export(f"{header};Sexe;Cl\n{lines}"))
    written = [line for line in text.splitlines() if not line.startswith("#")]
    assert not any("patient_id" in line or "report_id" in line for line in written)


def test_what_may_be_the_patient_is_asked(export):
    lines = "".join(
        f"A{10 + n % 3};Hb;{11 + n};g/dL\nA{10 + n % 3};K;4.{n};mmol/L\n" for n in range(9)
    )
    text = suggest_mapping(export(f"Wer;Was;Zahl;Einheit\n{lines}"))
    assert '# "Wer" holds numbers that repeat. The patient\'s?' in text


LEFT_OVER = [
    "platelet large cell ratio", "platelet distribution width index", "Hb electrophoresis ratio",
    "sodium intake", "potassium diet score", "glucose meter brand", "calcium supplement dose",
    "creatinine kit lot", "iron tablets", "age_Hb", "Hb_target", "res_K_delta", "urea breath",
    "glucose tolerance arm", "K minus Na", "CRP_ratio_to_first", "albumin infusion ml",
    "WBC_lab_name", "ferritin/CRP", "Na+K sum",
]  # fmt: skip


@pytest.mark.parametrize("header", LEFT_OVER)
def test_a_header_with_words_left_over_is_no_analyte(export, header):
    from hemoscribe.sources.tables.analyte_names import is_analyte

    if is_analyte(header):
        pytest.skip("knowledge has an analyte of this name")
    lines = "".join(f"P{n};{11 + n};140\n" for n in range(9))
    text = suggest_mapping(export(f"patient_id;{header};Na\n{lines}"))
    assert f'\n  "{header}": {{name:' not in text
    assert f'#  "{header}": {{name: ..., unit: ...}}  # unknown' in text


NAMED = [
    ("res_Hb (g/dL)", "hemoglobin"), ("Na_mmol/L", "sodium"), ("Taux K", "potassium"),
    ("HB_result", "hemoglobin"), ("value_CRP", "crp"), ("serum_K (mmol/L)", "potassium"),
    ("lab_Na", "sodium"), ("Dosage ferritine", "ferritin"), ("Potassium plasma", "potassium"),
    ("x_TSH", "tsh"), ("res_K_num", "potassium"),
]  # fmt: skip


@pytest.mark.parametrize(("header", "analyte"), NAMED)
def test_words_that_say_nothing_else_may_stand_beside_a_name(export, suggested, header, analyte):
    lines = "".join(f"P{n};{4 + n / 10};101\n" for n in range(9))
    rows, rejects, text = suggested(export(f"patient_id;{header};Cl (mmol/L)\n{lines}"))
    found = set(rows["analyte"]) | set(rejects["reported_name"])
    assert analyte in found or header in found, text
    stated = set(rows.filter(pl.col("analyte") == analyte)["reported_name"])
    assert all(header.startswith(name) for name in stated), "the name that the file has"


def test_every_guess_that_is_not_by_a_whole_name_says_so(export):
    text = suggest_mapping(export(GERMAN))
    guessed = [line for line in text.splitlines() if line.startswith("  ") and "# by" in line]
    assert guessed
    assert all("its name" in line.split("# by ")[1][:8] or "check it" in line for line in guessed)


def test_a_column_of_comparators_is_suggested(export, suggested):
    text = "Pat;Day;What;Bem;Num;U\nA1;2024-04-13;Ferritin;<;13;ug/L\nA1;2024-04-13;K;;4.1;mmol/L\n"
    rows, _, written = suggested(export(text.replace("Pat;", "IPP;")))
    assert 'comparator: "Bem"  # by its comparators; check it' in written
    assert rows["comparator"].to_list() == ["<", None]


def test_a_table_with_dates_across_needs_no_mapping(export, suggested):
    path = export("IPP;12;;\nAnalyse;Unité;14/03/2024;02/04/2024\nHb;g/dL;12,1;11,6\n")
    rows, _, text = suggested(path)
    assert rows.height == 2
    assert "read without a mapping" in text


def active(text):
    return [line for line in text.splitlines() if not line.startswith("#")]


@pytest.mark.parametrize(
    "header", ["Hb (g/dL);K (mmol/L)", "Sexe;K (mmol/L)", "res_Hb (g/dL);Na_mmol/L", "Age;Na"]
)
def test_that_each_line_is_a_patient_is_never_said_for_a_person(export, header):
    lines = "".join(f"{11 + n};{140 + n / 10}\n" for n in range(9))
    text = suggest_mapping(export(f"{header}\n{lines}"))
    assert "# patient: line" in text
    assert not any("patient" in line for line in active(text))


GERMAN_HEADERS = [
    ("PatNr;Kürzel;Wert;Einh;Mat;Dat", "Serum"),
    ("PatNr;Kuerzel;Ergebnis;Einheit;Material;Datum", "EDTA"),
    ("Patientennummer;Parameter;Messwert;Einheit;Mat;Entnahmedatum", "Blut"),
    ("Patienten-Nr.;Analyt;Wert;Einh.;Probenmaterial;Abnahmedatum", "Plasma"),
    ("PatientenID;Untersuchung;Ergebnis;Einheit;Materialart;Datum", "Vollblut"),
]  # fmt: skip


@pytest.mark.parametrize(("header", "blood"), GERMAN_HEADERS)
def test_a_german_header_is_read_with_a_mapping_and_without(export, suggested, header, blood):
    path = export(
        f"{header}\n1001;Na;140;mmol/L;{blood};13.03.2026\n1001;K;44;mmol/L;Urin;13.03.2026\n"
        f"1002;Hb;13,1;g/dL;{blood};14.03.2026\n"
    )
    for rows, rejects in (read(path), suggested(path)[:2]):
        assert rows["patient_id", "analyte"].rows() == [("1001", "sodium"), ("1002", "hemoglobin")]
        assert rows["collected_at"].null_count() == 0
        assert rejects["code"].to_list() == ["other_specimen"]


@pytest.mark.parametrize(
    "header", ["Nr,Kürzel,Wert,Op,Einh,Mat,Dat,Off", "Nr,Par,Messwert,Op,Einheit,Mat,Datum,Off"]
)
def test_a_value_by_its_name_is_no_number_beside_it(export, header):
    lines = "".join(
        f"{1001 + n},{name},{40 + n % 3},,mmol/L,SER,13.03.2026,1\n"
        for n, name in enumerate(["Na", "K", "Cl"] * 3)
    )
    text = suggest_mapping(export(f"{header}\n{lines}"))
    value = header.split(",")[2]
    assert f'value: "{value}"' in "\n".join(active(text))
    assert '"Mat"' not in text.split("ignore:")[-1]


@pytest.mark.parametrize(
    "header", ["a;b;c;d", "Nr;Was;Zahl;E", "x1;x2;x3;x4", "Lfd;Name2;Q;R", "F1;F2;F3;F4"]
)
def test_of_two_columns_of_numbers_none_is_written_as_the_value(export, header):
    lines = "".join(
        f"{1001 + n};{name};{4 + n / 10};mmol/L\n" for n, name in enumerate(["Na", "K", "Cl"] * 3)
    )
    text = suggest_mapping(export(f"{header}\n{lines}"))
    first, _, third, _ = header.split(";")
    assert not any("value:" in line for line in active(text))
    assert f'value: "{first}"' in text
    assert f'value: "{third}"' in text
    ignored = text.split("ignore:")[1] if "ignore:" in text else ""
    assert f'"{third}"' not in ignored


NO_ROLE = [  # (header, cells, the columns that it is not)
    ("PID", ["4.1", "4.2", "3.9"], "patient_id"), ("Patient", ["4,1", "4,2", "3,9"], "patient_id"),
    ("IPP", ["<5", "12", ">300"], "patient_id"), ("Subject", ["13.1", "9.8", "14"], "patient_id"),
    ("MRN", ["140 mmol/L", "138 mmol/L", "141 mmol/L"], "patient_id"),
    ("NIP", ["Sodium", "Potassium", "Glucose"], "patient_id"),
    ("Patient number", ["g/dL", "mmol/L", "U/L"], "patient_id"),
    ("Patient key", ["F", "M", "F"], "patient_id"),
    ("Subject value", ["4.1", "4.2", "3.9"], "patient_id"),
    ("Subject value", ["P001", "P002", "P003"], "patient_id"),
    ("Patient result", ["140", "138", "141"], "patient_id"),
    ("Résultat patient", ["140", "138", "141"], "patient_id"),
    ("Patient mood", ["A0012", "A0013", "A0014"], "patient_id"),
    ("Subject_lvl", ["4.1", "4.2", "3.9"], "patient_id"),
    ("Patient raw", ["140", "138", "141"], "patient_id"),
    ("xx_Patient_code", ["1", "2", "3"], "patient_id"),
    ("Report value", ["A0012", "A0013", "A0014"], "report_id"),
    ("report_id", ["4.1", "4.2", "3.9"], "report_id"),
    ("Accession number", ["0.92", "1.10", "0.85"], "report_id"),
    ("Sample result", ["4.1", "4.2", "3.9"], "sample_id"),
    ("Barcode", ["4.1", "4.2", "3.9"], "sample_id"),
    ("Date", ["4.1", "4.2", "3.9"], "collected_day"),
    ("Collected at", ["140", "138", "9"], "collected_at"),
    ("Collection date", ["<5", "<5", ">9"], "collected_at"),
    ("Date of birth", ["4.1", "4.2", "3.9"], "birth_date"),
    ("DDN", ["54", "61", "3"], "birth_date"),
    ("Sex", ["4.1", "4.2", "3.9"], "sex"), ("Sexe", ["140", "138", "141"], "sex"),
    ("Sex score", ["F", "M", "F"], ""), ("Age", ["1400", "1380", "1410"], "age"),
    ("Age result", ["54", "61", "33"], "age"), ("Vascular age", ["54", "61", "33"], "age"),
    ("Age of sample", ["54", "61", "33"], "age"),
]  # fmt: skip


@pytest.mark.parametrize(("header", "cells", "column"), NO_ROLE)
@pytest.mark.parametrize("long", [True, False])
def test_what_is_no_person_no_time_and_no_age_is_not_taken_for_one(
    export, header, cells, column, long
):
    more, line = ("Name;Zahl", "{};Hb;{}") if long else ("Na (mmol/L);Cl (mmol/L)", "{};140;10{}")
    lines = "\n".join(line.format(cell, n) for n, cell in enumerate(cells * 4))
    text = suggest_mapping(export(f"{header};{more}\n{lines}\n"))
    assert not any(one.startswith(f"  {column}:") for one in active(text)), text
    assert f'patient_id: "{header}"' not in "\n".join(active(text))


def test_a_name_that_its_cells_belie_is_told(export):
    lines = "".join(f"{4 + n / 10};140;10{n}\n" for n in range(9))
    text = suggest_mapping(export(f"PID;Na (mmol/L);Cl (mmol/L)\n{lines}"))
    assert '# "PID" is called as patient_id is, but holds texts such as "4.0"' in text
    assert "# No column names the patient." in text


ROLES = [
    ("patient_id", "PID", ["1", "2", "3"]), ("patient_id", "IPP", ["0012", "0013", "0014"]),
    ("patient_id", "Patient", ["A", "B", "C"]), ("patient_id", "MRN", ["1234567.0", "1234568.0"]),
    ("patient_id", "ext_patient_no", ["P-1001", "P-1002"]),
    ("patient_id", "Old patient no", ["20241001", "20241002"]),
    ("patient_id", "PatientCode", ["7f3a-11", "7f3a-12"]),
    ("patient_id", "Code Patient", ["12/345", "12/346"]),
    ("report_id", "report_id", ["R1", "R2"]),
    ("sample_id", "Barcode", ["9900112233", "9900112234"]),
    ("collected_day", "Date", ["12/03/2024", "13/03/2024"]),
    ("collected_day", "Date", ["20240312", "20240313"]),
    ("collected_day", "Date", ["45363.35", "45364.5"]),
    ("collected_day", "Date", ["45363", "45364"]),
    ("birth_date", "DDN", ["04.05.1960", "14.11.1971"]),
    ("birth_date", "Birth date", ["1960", "1971"]),
    ("sex", "Sexe", ["1", "2"]), ("sex", "Pat_Sexe", ["F", "M"]), ("sex", "Sex", ["w", "m"]),
    ("age", "Age", ["0.5", "54"]), ("age", "Age", ["54 ans", "6 mois"]),
    ("age", "Age", ["90+", "54"]), ("collected_at", "Collected at", ["2024-03-12 08:15"]),
]  # fmt: skip


@pytest.mark.parametrize(("column", "header", "cells"), ROLES)
def test_what_is_one_is_still_taken(export, column, header, cells):
    lines = "\n".join(f"{cell};140;10{n}" for n, cell in enumerate(cells * 4))
    text = suggest_mapping(export(f"{header};Na (mmol/L);Cl (mmol/L)\n{lines}\n"))
    assert any(one.startswith(f'  {column}: "{header}"') for one in active(text)), text
