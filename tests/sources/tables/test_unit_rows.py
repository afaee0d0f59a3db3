"""A second line of the header that holds units is part of the header."""

from pathlib import Path

import polars as pl
import pytest

from hemoscribe.errors import SourceError
from hemoscribe.sources import read

WIDE = {
    "english": "patient_id,collected_at,Hb,K,MCV\n,,g/dL,mmol/L,fL\n7,2024-03-04,10.2,4.1,88\n",
    "french": (
        "N° patient;Date de prélèvement;Hémoglobine;Potassium;VGM\n"
        "Unités;JJ/MM/AAAA;g/dL;mmol/L;fL\n7;04/03/2024;10,2;4,1;88\n"
    ),
    "in brackets": (
        "patient_id,collected_at,Hb,K,MCV\n,,(g/dL),[mmol/L],(fL)\n7,2024-03-04,10.2,4.1,88\n"
    ),
    "named below": ",,Hb,K,MCV\npatient_id,collected_at,g/dL,mmol/L,fL\n7,2024-03-04,10.2,4.1,88\n",
    "under a title": (
        "Laboratory of the CHU\n\npatient_id,collected_at,Hb,K,MCV\nUnit,,g/dL,mmol/L,fL\n"
        "7,2024-03-04,10.2,4.1,88\n"
    ),
}  # fmt: skip


@pytest.mark.parametrize("text", WIDE.values(), ids=WIDE)
def test_units_under_the_names_of_analytes_are_theirs(export, text):
    rows, rejects = read(export(text))
    assert rejects.height == 0
    assert rows.sort("analyte").select("patient_id", "reported_name", "reported_unit").rows() in (
        [("7", "Hb", "g/dL"), ("7", "MCV", "fL"), ("7", "K", "mmol/L")],
        [("7", "Hémoglobine", "g/dL"), ("7", "VGM", "fL"), ("7", "Potassium", "mmol/L")],
    )
    assert rows["collected_at"].null_count() == 0
    assert not rows["unit_inferred"].any()


def test_the_unit_is_used_and_not_only_read(export):
    text = "patient_id,date,Hb,Créatinine\n,,g/L,mg/L\n7,2024-03-04,102,9\n"
    rows, _ = read(export(text))
    values = {analyte: round(value, 1) for analyte, value in rows["analyte", "value"].rows()}
    assert values == {"hemoglobin": 10.2, "creatinine": 79.6} or values["hemoglobin"] == 102
    assert rows.sort("analyte")["reported_unit"].to_list() == ["mg/L", "g/L"]


def test_a_spreadsheet_is_read_the_same(tmp_path: Path):
    from openpyxl import Workbook

    book = Workbook()
    for row in (
        ["Patient", "Date", "Hb", "K", "INR"],
        [None, None, "g/dL", "mmol/L", "sans unité"],
        ["007", "2024-03-04", 10.2, 4.1, 1.1],
    ):
        book.active.append(row)
    book.save(tmp_path / "book.xlsx")
    rows, rejects = read(tmp_path / "book.xlsx")
    assert (rows.height, rejects.height) == (3, 0)
    assert set(rows["reported_unit"].drop_nulls()) == {"g/dL", "mmol/L"}
    assert set(rows["patient_id"]) == {"007"}


LONG = (
    "patient_id,collected_at,analyte,value,low,high\n"
    "{}7,2024-03-04,K,4.1,3.5,5.1\n8,2024-03-04,Na,140,135,145\n"
)


@pytest.mark.parametrize("row", [",,,mmol/L,mmol/L,mmol/L\n", "Unit,,,mmol/L,,\n"])
def test_a_long_table_s_values_have_the_unit_under_their_column(export, row):
    rows, rejects = read(export(LONG.format(row)))
    assert rejects.height == 0
    assert rows.select("value", "low", "reported_unit").rows() == [
        (4.1, 3.5, "mmol/L"), (140, 135, "mmol/L"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "row",
    [
        "7,2024-03-04,,\n",
        "7,2024-03-04,4.0,5\n",
        "7,,g/dL,mmol/L\n",
        ",,NEG,POS\n",
        ",,12-16,3.5\n",
    ],
)
def test_a_line_of_results_is_no_line_of_units(export, row):
    text = f"patient_id,collected_at,Hb,K\n{row}8,2024-03-04,10.2,4.1\n"
    rows, rejects = read(export(text))
    cells = [cell for cell in row.strip().split(",")[2:] if cell]
    assert rows.height + rejects["results"].sum() == 2 + len(cells)


def test_an_unknown_unit_is_said_of_each_result_and_none_is_guessed(export):
    text = "patient_id,date,Hb,K,Na\n,,g/dL,mmol/L,zork\n7,2024-03-04,10.2,4.1,140\n"
    rows, rejects = read(export(text))
    assert rows.height == 2
    assert rejects.select("code", "reported_unit").rows() == [("unknown_unit", "zork")]


def test_two_units_of_one_column_are_refused_and_a_mapping_decides(export, tmp_path):
    text = "patient_id,date,Hb (g/dL),K\n,,g/L,mmol/L\n7,2024-03-04,10.2,4.1\n"
    path = export(text)
    with pytest.raises(SourceError, match=r"'Hb \(g/dL\)' says g/dL and the line under it g/L"):
        read(path)
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text("analytes:\n  Hb (g/dL): {name: Hb, unit: g/dL}\n")
    rows, _ = read(path, mapping=mapping)
    assert "g/dL" in rows["reported_unit"].to_list()
    same = export(text.replace(",,g/L,", ",,G/DL,"), "same.csv")
    assert read(same)[0].filter(pl.col("analyte") == "hemoglobin").height == 1
