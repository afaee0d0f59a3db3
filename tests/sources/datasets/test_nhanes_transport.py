"""NHANES' own files: SAS transport, one an analysis, joined by person."""

import math
import struct

import pytest

from hemoscribe.errors import SourceError
from hemoscribe.sources import read


def ibm(value):
    """A number as the transport format keeps it: IBM floating point, big-endian."""
    if value is None:
        return b"." + b"\x00" * 7
    if value == 0:
        return b"\x00" * 8
    exponent = math.ceil(math.log(abs(value), 16))
    fraction = abs(value) / 16.0**exponent
    if fraction >= 1:
        exponent, fraction = exponent + 1, fraction / 16
    mantissa = round(fraction * (1 << 56))
    return struct.pack(">Q", ((value < 0) << 63) | ((exponent + 64) << 56) | mantissa)


def transport(name, columns):
    """A transport file (version 5) of one member: variable -> its numbers."""
    head = b"HEADER RECORD*******%-8bHEADER RECORD!!!!!!!%-30b  "
    zeros = b"0" * 30
    out = head % (b"LIBRARY ", zeros)
    out += b"SAS     SAS     SASLIB  6.06    bsd4.2  " + b" " * 24 + b"13NOV89:10:35:08"
    out += b"13NOV89:10:35:08" + b" " * 64
    out += head % (b"MEMBER  ", b"000000000000000001600000000140")
    out += head % (b"DSCRPTR ", zeros)
    out += b"SAS     %-8bSASDATA 6.06    bsd4.2  " % name + b" " * 24 + b"13NOV89:10:35:08"
    out += b"13NOV89:10:35:08" + b" " * 64
    out += head % (b"NAMESTR ", b"000000%04d00000000000000000000" % len(columns))
    described = b"".join(
        struct.pack(">hhhh8s40s8shhh2s8shhl52s", 1, 0, 8, at + 1, column.ljust(8).encode(),
                    b" " * 40, b" " * 8, 0, 0, 0, b"  ", b" " * 8, 0, 0, at * 8, b"")
        for at, column in enumerate(columns)
    )  # fmt: skip
    out += described + b" " * (-len(described) % 80)
    out += head % (b"OBS     ", zeros)
    rows = b"".join(ibm(value) for row in zip(*columns.values(), strict=True) for value in row)
    return out + rows + b" " * (-len(rows) % 80)


@pytest.fixture
def folder(tmp_path):
    files = {
        "DEMO_J.XPT": {
            "SEQN": [93703, 93704], "SDDSRVYR": [10, 10], "RIAGENDR": [2, 1],
            "RIDAGEYR": [54, 2], "RIDAGEMN": [None, 31],
        },
        "CBC_J.XPT": {
            "SEQN": [93703, 93704], "LBXWBCSI": [6.5, 0.0], "LBXHGB": [13.2, None],
            "LBXHCT": [39.1, 40.2],
        },
        "BIOPRO_J.XPT": {"SEQN": [93703], "LBXSCH": [190], "LBXSGL": [95], "LBXSKSI": [4.1]},
        "TCHOL_J.XPT": {"SEQN": [93703], "LBXTC": [188]},
        "COT_J.XPT": {"SEQN": [93704], "LBXCOT": [0.01], "LBXHCT": [0.02]},
    }  # fmt: skip
    for name, columns in files.items():
        (tmp_path / name).write_bytes(transport(name[:-4].encode(), columns))
    return tmp_path


def test_the_files_of_a_folder_are_joined_by_person(folder):
    rows, rejects = read(folder)
    assert sorted(rows.select("patient_id", "analyte", "reported_value").rows()) == [
        ("93703", "cholesterol", "188"),
        ("93703", "glucose", "95"),
        ("93703", "hematocrit", "39.1"),
        ("93703", "hemoglobin", "13.2"),
        ("93703", "leukocytes", "6.5"),
        ("93703", "potassium", "4.1"),
        ("93704", "hematocrit", "40.2"),
        ("93704", "leukocytes", "0.0"),
    ]
    assert rows.select("patient_id", "sex", "age_years", "laboratory").unique().sort(
        "patient_id"
    ).rows() == [
        ("93703", "F", 54.0, "NHANES 2017-2018"),
        ("93704", "M", 2.583, "NHANES 2017-2018"),
    ]
    assert rejects.select("code", "results", "reported_name").rows() == [("duplicate", 1, "CHOL_S")]


def test_a_file_by_name_gives_its_own_results_with_the_people_of_the_others(folder):
    rows, rejects = read(folder / "BIOPRO_J.XPT")
    assert rows.select("analyte", "reported_value").rows() == [
        ("cholesterol", "190"), ("glucose", "95"), ("potassium", "4.1"),
    ]  # fmt: skip
    assert rows["sex"].unique().to_list() == ["F"]
    assert rejects.is_empty()


def test_hydroxycotinine_is_no_hematocrit(folder):
    rows, _ = read(folder)
    assert "0.02" not in rows["reported_value"].to_list()


def test_a_damaged_file_is_refused_by_name(folder):
    path = folder / "CBC_J.XPT"
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(SourceError, match="SAS transport and is damaged"):
        read(path)
