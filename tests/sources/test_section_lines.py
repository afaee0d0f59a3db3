"""A line that holds the heading of a section alone is no result, so none that was not read."""

from pathlib import Path

import pytest

from hemoscribe.sources.heading_marks import is_section
from hemoscribe.sources.intake import read_all
from hemoscribe.sources.panels import panels

_HL7 = (
    "MSH|^~\\&|LIS|LAB|HEMO|LAB|202601020800||ORU^R01|1|P|2.5\r"
    "PID|1||P1^^^LAB\rOBR|1||R1|BIO^Bilan|||202601020730\r"
    "OBX|1|NM|K^Potassium||4.1|mmol/L|3.5-5.1|||F\r"
    "OBX|2|ST|T1^{first}||||||||F\r"
    "OBX|3|NM|NA^Sodium||80|mmol/L||||F\r"
    "OBX|4|ST|T2^{second}||||||||F\r"
    "OBX|5|NM|CA^{last}||{value}|{unit}||||F\r"
)
_TABLE = (
    "patient;date;analyse;resultat;unite\n"
    "P1;02/01/2026;Potassium;4,1;mmol/L\n"
    "P1;02/01/2026;{first};;\n"
    "P1;02/01/2026;Sodium;80;mmol/L\n"
    "P1;02/01/2026;{second};;\n"
    "P1;02/01/2026;{last};{value};{unit}\n"
)
HEADINGS = (
    "URINES", "LCR", "Liquide pleural", "BIOCHIMIE", "HEMATOLOGIE", "Hémostase", "Immunologie",
    "Chemistry", "CEREBROSPINAL FLUID", "Microscopy", "Urine", "BILAN LIPIDIQUE", "Cytologie",
    "CBC", "Toxicologie", "SEROLOGIE", "Body fluid", "Vitamines", "Urinalysis", "Coagulation",
)  # fmt: skip
NO_HEADINGS = (
    "Glucose", "Protéinurie", "Glucose urinaire", "Albumine", "Troponine", "Hb", "D-dimères",
    "Anticorps anti-TPO", "Procalcitonine", "Facteur XIII", "Sodium urinaire", "Chaînes légères",
)  # fmt: skip


def _written(tmp_path: Path, kind: str, **cells: str) -> Path:
    text, name = (_HL7, "a.hl7") if kind == "hl7" else (_TABLE, "a.csv")
    path = tmp_path / name
    path.write_text(text.format(**cells), encoding="utf-8")
    return path


@pytest.mark.parametrize("kind", ["hl7", "table"])
@pytest.mark.parametrize("heading", HEADINGS)
def test_a_heading_is_no_result_at_any_door(kind: str, heading: str, tmp_path: Path) -> None:
    cells = {"last": "Hb", "value": "13.1", "unit": "g/dL", "second": "HEMATOLOGIE"}
    path = _written(tmp_path, kind, first=heading, **cells)
    _, rejects, _ = read_all([path])
    lines = rejects.filter(results=0)
    assert set(lines["reported_name"]) == {heading, "HEMATOLOGIE"}
    assert lines["patient_id"].null_count() == lines["report_id"].null_count() == len(lines)
    assert set(rejects.filter(results=1)["reported_name"]) <= {"Sodium"}
    (panel,) = panels([path], format=None, mapping=None)
    told = {one.analyte for one in panel.results} | {one["reported_name"] for one in panel.rejects}
    assert told == {"Potassium", "Sodium", "Hb"}


@pytest.mark.parametrize("kind", ["hl7", "table"])
@pytest.mark.parametrize("name", NO_HEADINGS)
def test_an_analysis_without_its_value_is_still_told(kind: str, name: str, tmp_path: Path) -> None:
    path = _written(
        tmp_path, kind, first="BIOCHIMIE", second=name, last="Hb", value="13.1", unit="g/dL"
    )
    (panel,) = panels([path], format=None, mapping=None)
    told = {one.analyte for one in panel.results} | {one["reported_name"] for one in panel.rejects}
    assert name in told
    assert not is_section(name)


def test_a_heading_with_a_flag_or_a_value_is_told(tmp_path: Path) -> None:
    path = _written(
        tmp_path, "table", first="BIOCHIMIE", second="x", last="URINES", value="voir", unit=""
    )
    (panel,) = panels([path], format=None, mapping=None)
    told = {one.analyte for one in panel.results} | {one["reported_name"] for one in panel.rejects}
    assert "URINES" in told
