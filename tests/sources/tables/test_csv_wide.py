import time

import pytest

from hemoscribe.errors import SourceError
from hemoscribe.sources import read
from hemoscribe.sources.intake import read_all

from ..conftest import values

WIDE = """N° patient;Prélevé le;Sexe;Âge;Hémoglobine (g/L);VGM [fL];Créatinine µmol/L;CRP (mg/L);Fax
0012;04.03.2024 08:12;F;54;102;78;80;<5;1
0013;05.03.2024 08:12;M;61;;90,5;hémolysé;12;1
"""


def test_one_report_per_line_with_units_in_the_header(export):
    rows, rejects = read(export(WIDE))
    assert values(rows.filter(rows["patient_id"] == "0012")) == {
        "hemoglobin": 10.2, "mcv": 78, "creatinine": 80, "crp": 5,
    }  # fmt: skip
    assert rows.filter(rows["analyte"] == "crp")["comparator"].to_list() == ["<", None]
    assert rejects.select("place", "code").rows() == [
        ("line 3, column Créatinine µmol/L", "unusable_sample")
    ]


def test_an_empty_cell_is_no_result(export):
    rows, _ = read(export(WIDE))
    assert rows.filter(rows["patient_id"] == "0013")["analyte"].to_list() == ["mcv", "crp"]


def test_columns_that_are_no_analyte_are_named(export):
    assert any("Fax" in sentence for sentence in read_all([export(WIDE)])[2].sentences)


def test_a_value_without_a_unit_is_marked_as_inferred(export):
    rows, _ = read(export("patient,Sodium (mmol/L),MCV\nP1,140,88\n"))
    assert rows.select("analyte", "value", "unit_inferred").rows() == [
        ("sodium", 140.0, False), ("mcv", 88.0, True),
    ]  # fmt: skip


def test_the_mapping_names_columns_and_units_and_lines_as_patients(export, shared_data):
    mapping = export(
        """
patient: line
columns: {sex: Sex, age: Age}
analytes:
  ALB: {name: albumin, unit: g/L}
  ALP: {name: alp, unit: U/L}
  ALT: {name: alt, unit: U/L}
  AST: {name: ast, unit: U/L}
  BIL: {name: bilirubin_total, unit: umol/L}
  CHE: {name: cholinesterase, unit: kU/L}
  CHOL: {name: cholesterol, unit: mmol/L}
  CREA: {name: creatinine, unit: umol/L}
  GGT: {name: ggt, unit: U/L}
  PROT: {name: total_protein, unit: g/L}
ignore: [Category]
""",
        "mapping.yaml",
    )
    rows, rejects = read(shared_data / "uci_hcv" / "hcvdat0.csv", mapping=mapping)
    assert rows["patient_id"].n_unique() == 615
    assert rows["analyte"].n_unique() == 10
    assert rows.height + rejects.height == 6150
    assert set(rejects["code"]) <= {"no_value"}


def test_lines_without_a_patient_are_refused_with_the_way_out(export):
    with pytest.raises(SourceError, match=r"names no patient.*patient: line"):
        read(export("Sex,Age,Hb (g/dL),K (mmol/L)\nF,54,10.2,4.1\n"))


def test_a_header_of_thousands_of_spaces_is_told_in_no_time(export):
    from hemoscribe.sources.exports import exports
    from hemoscribe.sources.mapping import Mapping
    from hemoscribe.sources.tables import csv_wide

    path = export("Hb" + " " * 8_000 + "x;K" + " " * 8_000 + "y\n1;2\n")
    started = time.process_time()
    assert not csv_wide.recognises(exports([path])[0], Mapping())
    assert time.process_time() - started < 2
