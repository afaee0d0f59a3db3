"""Spreadsheets are read as they are seen; what Excel has damaged is refused, never guessed."""

import io
import time
import zipfile
from datetime import datetime

import pytest
from openpyxl import Workbook

from hemoscribe.errors import SourceError
from hemoscribe.sources import read

from ..conftest import values

HEADER = ["Patient ID", "Collected", "Test", "Result", "Units", "Ref range"]


@pytest.fixture
def workbook(tmp_path):
    """``workbook(rows, ...)`` -> path of an .xlsx with one sheet per list of rows."""

    def write(*sheets, formats=None, name="export.xlsx"):
        book = Workbook()
        book.remove(book.active)
        for number, rows in enumerate(sheets, start=1):
            sheet = book.create_sheet(f"Sheet {number}")
            for row in rows:
                sheet.append(row)
            for cell, shape in (formats or {}).items():
                sheet[cell].number_format = shape
        path = tmp_path / name
        book.save(path)
        return path

    return write


def test_a_long_sheet_under_title_lines_keeps_zeros_decimals_and_dates(workbook):
    path = workbook(
        [
            ["Export of the laboratory", None, None],
            [],
            HEADER,
            ["00123", datetime(2024, 3, 12, 8, 15), "Potassium", 4.1, "mmol/L", "3.5-5.1"],
            [456, datetime(2024, 3, 12), "TSH", 12.3, "mIU/L", "0.4-4.0"],
        ],
        formats={"D5": "0.00", "A5": "00000", "D4": "0.00"},
    )
    rows, rejects = read(path)
    assert rejects.is_empty()
    assert rows.select("patient_id", "analyte", "reported_value").rows() == [
        ("00123", "potassium", "4.10"),
        ("00456", "tsh", "12.30"),
    ]
    assert [str(when) for when in rows["collected_at"]] == [
        "2024-03-12 08:15:00", "2024-03-12 00:00:00",
    ]  # fmt: skip


def test_a_wide_sheet_with_units_in_its_headers(workbook):
    path = workbook(
        [
            ["N° patient", "Date de prélèvement", "Hémoglobine (g/dL)", "Plaquettes (G/L)"],
            ["0007", datetime(2024, 3, 12), 13.2, None],
            ["0008", datetime(2024, 3, 12), "<5,0", 250],
        ]
    )
    rows, rejects = read(path)
    assert rows.select("patient_id", "analyte", "comparator", "value").rows() == [
        ("0007", "hemoglobin", None, 13.2),
        ("0008", "hemoglobin", "<", 5.0),
        ("0008", "platelets", None, 250.0),
    ]
    assert rejects.is_empty()


def test_every_sheet_with_a_header_is_read_and_the_others_are_said(workbook, tmp_path):
    from hemoscribe.sources import read_folder

    path = workbook(
        [HEADER, ["P1", None, "Potassium", 4.1, "mmol/L", None]],
        [["This workbook holds the results of March."]],
        [HEADER, ["P2", None, "Sodium", 140, "mmol/L", None]],
    )
    summary = read_folder(path, tmp_path / "out")
    assert (summary["files"], summary["results"]) == (1, 2)
    assert summary["notices"] == [
        "export.xlsx: sheets without a header of results are not read: Sheet 2."
    ]


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ((datetime(2024, 10, 5), "3.5-5.1"), "turned the value into a date"),
        ((4.1, datetime(2024, 10, 5)), "turned the range into a date"),
        (("05-oct", "3.5-5.1"), "turned the value into a date"),
        ((4.1, "oct-05"), "turned the range into a date"),
        (("1E+05", "3.5-5.1"), "turned the value into a shortened number"),
    ],
)
def test_what_a_spreadsheet_has_damaged_is_a_reject(workbook, cells, sentence):
    value, span = cells
    path = workbook(
        [
            HEADER,
            ["P1", None, "Potassium", value, "mmol/L", span],
            ["P1", None, "Sodium", 140, "mmol/L", "135-145"],
        ]
    )
    rows, rejects = read(path)
    assert values(rows) == {"sodium": 140.0}
    assert rejects["code"].to_list() == ["unreadable"]
    assert sentence in rejects["message"][0]
    assert rejects["place"].to_list() == ["line 2"]


def test_a_shortened_patient_number_is_a_reject_in_csv_too(export):
    rows, rejects = read(export("patient;test;value;unit\n1.23E+12;K;4.1;mmol/L\n7;K;4.0;mmol/L\n"))
    assert rows["patient_id"].to_list() == ["7"]
    assert "the patient's number into a shortened number" in rejects["message"][0]


def test_a_number_shown_in_exponent_form_is_whole_in_its_cell(workbook):
    path = workbook(
        [HEADER, [1234567890123, None, "Platelets", 123456, "/uL", None]],
        formats={"A2": "0.00E+00", "D2": "0.00E+00"},
    )
    rows, _ = read(path)
    assert rows.select("patient_id", "value").rows() == [("1234567890123", 123.456)]


def test_formulas_count_by_their_last_result_and_errors_are_rejects(workbook):
    path = workbook([HEADER, ["P1", None, "Potassium", "#N/A", "mmol/L", None],
                     ["P1", None, "Sodium", 140, "mmol/L", None]])  # fmt: skip
    rows, rejects = read(path)
    assert (rows.height, rejects["code"].to_list()) == (1, ["not_a_number"])


def test_a_workbook_without_results_is_refused_with_its_sheets(workbook):
    with pytest.raises(SourceError, match=r"no sheet has a column .* \(Sheet 1\)"):
        read(workbook([["Name", "Colour"], ["a", "b"]]))


def test_an_old_workbook_is_refused_by_name(tmp_path):
    path = tmp_path / "old.xls"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600)
    with pytest.raises(SourceError, match=r"\.xls.*Save it as \.xlsx or CSV"):
        read(path)


def _rebuilt(path, part, change):
    """The workbook with one part of it changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            data = old.read(info)
            new.writestr(info.filename, change(data) if info.filename == part else data)
    path.write_bytes(out.getvalue())
    return path


SHEET = "xl/worksheets/sheet1.xml"


def test_a_sheet_that_lies_about_its_size_is_read_as_it_is(workbook):
    path = workbook([HEADER, ["P1", None, "Potassium", 4.1, "mmol/L", None]])

    def lie(data):
        assert b'<dimension ref="A1:F2"' in data
        return data.replace(b'<dimension ref="A1:F2"', b'<dimension ref="A1:XFD1048576"')

    rows, _ = read(_rebuilt(path, SHEET, lie))
    assert values(rows) == {"potassium": 4.1}


def test_a_last_row_far_below_the_others_costs_no_more_than_a_full_sheet(workbook):
    path = workbook([HEADER, ["P1", None, "Potassium", 4.1, "mmol/L", None]])
    started = time.monotonic()
    far = b'<row r="999999999"><c r="A999999999"><v>1</v></c></row></sheetData>'
    rows, _ = read(_rebuilt(path, SHEET, lambda data: data.replace(b"</sheetData>", far)))
    assert values(rows) == {"potassium": 4.1}
    assert time.monotonic() - started < 10


def test_a_bomb_and_entities_are_refused(workbook):
    path = workbook([HEADER, ["P1", None, "Potassium", 4.1, "mmol/L", None]])
    entities = b'<!DOCTYPE x [<!ENTITY a "aaaa">]>'
    with pytest.raises(SourceError, match="declares XML entities"):
        read(_rebuilt(path, SHEET, lambda data: entities + data))
    path = workbook([HEADER, ["P1", None, "Potassium", 4.1, "mmol/L", None]])
    with pytest.raises(SourceError, match="unpacks beyond any workbook"):
        read(_rebuilt(path, "xl/styles.xml", lambda data: data + b" " * 17 * 1024 * 1024))


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/styles.xml"])
def test_a_damaged_workbook_is_refused_by_name(workbook, part):
    path = workbook([HEADER, ["P1", None, "Potassium", 4.1, "mmol/L", None]])
    with pytest.raises(SourceError, match="damaged workbook"):
        read(_rebuilt(path, part, lambda data: data[: len(data) // 2]))
