"""A cell is read as the sheet shows it, as far as that changes the number."""

import pytest
from openpyxl import Workbook

from hemoscribe.sources import read
from hemoscribe.sources.tables.cell_texts import number_text

SHOWN = [
    (11.25, "0.0", "11.3"), (11.35, "0.0", "11.4"), (2.675, "0.00", "2.68"), (-2.5, "0", "-3"),
    (1.005, "0.00", "1.01"), (0.1 + 0.2, "0.00", "0.30"), (12.3, "0.00", "12.30"),
    (0.42, "0%", "42%"), (0.425, "0.0%", "42.5%"), (0.005, "0.00E+00", "0.005"),
    (250000, "#,##0", "250000"), (12, "00000", "00012"), (7, "General", "7"),
    (0.5, '[<1]"<1";0.0', "<1"), (2.25, '[<1]"<1";0.0', "2.3"), (95, '[>90]">90";0', ">90"),
    (1.0, '[<1]"<1";0.0', "1.0"), (3.0, '"<"0.0', "<3.0"), (3.0, '"<" 0.0', "<3.0"),
    (-1.5, '0.0;"<LOD"', "<LOD"), (0, "0;-0;;@", "0"), (0, '0.0;-0.0;"nul"', "nul"),
    (11.2, '0.0" g/dL"', "11.2 g/dL"), (4.1, '0.0\\ "mmol/L"', "4.1 mmol/L"),
    (5, '0" boxes"', "5"), (1e22, "0", "1" + "0" * 22), (3, "0.0_)", "3.0"),
    (1234.5, "#,##0.0", "1234.5"), (4.15, "[Red]0.0", "4.2"), (4.15, "0.0;[Red]-0.0", "4.2"),
    (float("inf"), "0.0", "inf"), (10**400, "0.0", str(10**400)),
]  # fmt: skip


@pytest.mark.parametrize(("value", "number_format", "text"), SHOWN)
def test_a_number_is_read_as_it_is_shown(value, number_format, text):
    assert number_text(value, number_format) == text


def test_formats_say_comparators_units_and_per_cent(tmp_path):
    book = Workbook()
    book.active.append(["Patient", "Analyse", "Résultat", "Unité"])
    for name, value, unit, number_format in (
        ("Hématocrite", 0.42, "%", "0%"),
        ("Hémoglobine", 11.25, "g/dL", "0.0"),
        ("CRP", 0.5, "mg/L", '[<1]"<1";0.0'),
        ("Potassium", 4.1, None, '0.0" mmol/L"'),
    ):
        book.active.append(["P1", name, value, unit])
        book.active.cell(book.active.max_row, 3).number_format = number_format
    book.save(tmp_path / "shown.xlsx")
    rows, rejects = read(tmp_path / "shown.xlsx")
    assert rejects.is_empty()
    assert rows.select("analyte", "value", "comparator", "unit").rows() == [
        ("hematocrit", 42.0, None, "%"), ("hemoglobin", 11.3, None, "g/dL"),
        ("crp", 1.0, "<", "mg/L"), ("potassium", 4.1, None, "mmol/L"),
    ]  # fmt: skip
