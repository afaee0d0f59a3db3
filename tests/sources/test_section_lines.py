"""A line that holds the heading of a section alone is no result, so none that was not read."""

from pathlib import Path

import polars as pl
import pytest
from polars import DataFrame

from hemoscribe.records import Panel
from hemoscribe.sources.heading_marks import is_section
from hemoscribe.sources.intake import read_all
from hemoscribe.sources.panels import panels

_HL7 = (
    "MSH|^~\\&|LIS|LAB|HEMO|LAB|202601020800||ORU^R01|1|P|2.5\r"
    "PID|1||P{number}^^^LAB\rOBR|1||R{number}|BIO^Bilan|||202601020730\r"
    "OBX|1|NM|K^Potassium||4.1|mmol/L|3.5-5.1|||F\r"
    "OBX|2|ST|T1^{first}||||||||F\r"
    "OBX|3|NM|NA^Sodium||80|mmol/L||||F\r"
    "OBX|4|ST|T2^{second}||||||||F\r"
    "OBX|5|NM|CA^{last}||{value}|{unit}||||F\r"
)
_TABLE = (
    "P{number};02/01/2026;Potassium;4,1;mmol/L\n"
    "P{number};02/01/2026;{first};;\n"
    "P{number};02/01/2026;Sodium;80;mmol/L\n"
    "P{number};02/01/2026;{second};;\n"
    "P{number};02/01/2026;{last};{value};{unit}\n"
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


KINDS = ("hl7", "table")
HB = {"last": "Hb", "value": "13.1", "unit": "g/dL"}


def _written(folder: Path, kind: str, *members: dict[str, str]) -> Path:
    """A file with a patient for each member: P0, P1, ..."""
    text, name, head = _HL7, "a.hl7", ""
    if kind == "table":
        text, name, head = _TABLE, "a.csv", "patient;date;analyse;resultat;unite\n"
    path = folder / name
    texts = [text.format(number=number, **cells) for number, cells in enumerate(members)]
    path.write_text(head + "".join(texts), encoding="utf-8", newline="")
    return path


def _places(kind: str, number: int) -> tuple[str, str]:
    """Where the two lines of headings of a member stand."""
    if kind == "hl7":
        return f"message {number + 1}, OBX 2", f"message {number + 1}, OBX 4"
    return f"line {1 + 5 * number + 2}", f"line {1 + 5 * number + 4}"


def _told(found: list[Panel], number: int) -> set[str | None]:
    (panel,) = [one for one in found if one.patient_id == f"P{number}"]
    return {one.analyte for one in panel.results} | {one["reported_name"] for one in panel.rejects}


@pytest.fixture(scope="module")
def headings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[DataFrame, list[Panel]]]:
    """The rejects and the panels of a file of either kind, in which each heading has a patient."""
    members = [{"first": heading, "second": "HEMATOLOGIE", **HB} for heading in HEADINGS]
    paths = {kind: _written(tmp_path_factory.mktemp(kind), kind, *members) for kind in KINDS}
    return {
        kind: (read_all([path])[1], panels([path], format=None, mapping=None))
        for kind, path in paths.items()
    }


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("heading", HEADINGS)
def test_a_heading_is_no_result_at_any_door(kind: str, heading: str, headings) -> None:
    number = HEADINGS.index(heading)
    rejects, found = headings[kind]
    first, second = _places(kind, number)
    lines = rejects.filter(pl.col("place").is_in((first, second)))
    names = dict(lines.select("place", "reported_name").rows())
    assert names == {first: heading, second: "HEMATOLOGIE"}
    assert lines["results"].to_list() == [0, 0]
    assert lines["patient_id"].null_count() == lines["report_id"].null_count() == len(lines)
    refused = rejects.filter(patient_id=f"P{number}")
    assert set(refused.filter(results=1)["reported_name"]) <= {"Sodium"}
    assert _told(found, number) == {"Potassium", "Sodium", "Hb"}


@pytest.mark.parametrize("kind", KINDS)
def test_no_other_line_is_refused(kind: str, headings) -> None:
    rejects, _ = headings[kind]
    assert rejects.filter(results=0).height == 2 * len(HEADINGS)
    assert set(rejects.filter(pl.col("results") > 0)["reported_name"]) == {"Sodium"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_heading_in_a_file_of_one_report_is_no_result(kind: str, tmp_path: Path) -> None:
    path = _written(tmp_path, kind, {"first": "URINES", "second": "HEMATOLOGIE", **HB})
    found = panels([path], format=None, mapping=None)
    assert len(found) == 1
    assert _told(found, 0) == {"Potassium", "Sodium", "Hb"}


@pytest.fixture(scope="module")
def analyses(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Panel]]:
    """The panels of a file of either kind, in which each analysis without a value has a patient."""
    members = [{"first": "BIOCHIMIE", "second": name, **HB} for name in NO_HEADINGS]
    paths = {kind: _written(tmp_path_factory.mktemp(kind), kind, *members) for kind in KINDS}
    return {kind: panels([path], format=None, mapping=None) for kind, path in paths.items()}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NO_HEADINGS)
def test_an_analysis_without_its_value_is_still_told(kind: str, name: str, analyses) -> None:
    assert name in _told(analyses[kind], NO_HEADINGS.index(name))
    assert not is_section(name)


def test_a_heading_with_a_flag_or_a_value_is_told(tmp_path: Path) -> None:
    cells = {"first": "BIOCHIMIE", "second": "x", "last": "URINES", "value": "voir", "unit": ""}
    path = _written(tmp_path, "table", cells)
    assert "URINES" in _told(panels([path], format=None, mapping=None), 0)
