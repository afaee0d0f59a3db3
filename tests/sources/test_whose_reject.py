"""A refusal is told with its own report's number, so that no other report shows it."""

from pathlib import Path

import polars as pl
import pytest

from hemoscribe import read_panels
from hemoscribe.knowledge import read_panel
from hemoscribe.records import CARRIED
from hemoscribe.sources import read


def segment(name: str, fields: dict[int, str]) -> str:
    """A segment by the numbers of its fields."""
    return "|".join([name, *(fields.get(at, "") for at in range(1, max(fields) + 1))])


OBR = {
    **{1: "1", 4: "BMP", 7: "202603020800", 13: "chest pain, on digoxin"},
    **{16: "77^Legendre^Anne", 25: "F", 32: "88&Roussel&Marc"},
}
POTASSIUM = {
    **{1: "1", 2: "NM", 3: "2823-3^Potassium^LN", 5: "6.9", 6: "mmol/L", 7: "3.5-5.1", 8: "HH"},
    **{11: "F", 17: "EM^enzymatic", 18: "C8^Cobas 8000"},
}
RATIO = {1: "2", 2: "SN", 3: "2160-0^Creatinine^LN", 5: "1^:^80", 6: "umol/L", 8: "HH", 11: "F"}
SODIUM = {1: "3", 2: "NM", 3: "2951-2^Sodium^LN", 5: "139", 6: "mmol/L", 7: "136-145", 11: "F"}
HL7 = "\r".join(
    (
        "MSH|^~\\&|LAB|HOSP|||202603020900||ORU^R01|1|P|2.5",
        segment("PID", {1: "1", 3: "P1^^^HOSP", 5: "X", 7: "19500101", 8: "F"}),
        segment("PV1", {2: "I", 3: "CARD3^12^1"}),
        segment("ORC", {1: "RE", 9: "202603020730"}),
        segment("OBR", OBR),
        segment("SPM", {1: "1", 2: "P-5^T-889", 4: "SER^Serum"}),
        segment("OBX", POTASSIUM),
        segment("NTE", {1: "1", 3: "Seen twice."}),
        segment("OBX", RATIO),
        segment("OBX", SODIUM),
    )
)
TABLE = """patient;date;analyse;resultat;unite;sexe;service;prescripteur;nature;contexte clinique
P1;2026-03-02;Potassium;4,1;mmol/L;F;Cardiologie;Dr LEGENDRE;Sang;dyspnée
P1;2026-03-02;Sodium;5-mars;mmol/L;F;Cardiologie;Dr LEGENDRE;Sang;dyspnée
P2;2026-03-02;Potassium;4,2;mmol/L;M;Urgences;Dr BERNARD;Sang;
P2;2026-03-02;Sodium;140;mmol/L;M;Urgences;Dr BERNARD;Sang;
"""


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_message_gives_the_row_what_it_states(tmp_path: Path) -> None:
    rows, _ = read([written(tmp_path, "one.hl7", HL7)])
    row = rows.filter(pl.col("analyte") == "potassium").row(0, named=True)
    told = {name: row[name] for name in CARRIED if name != "requested_at"}
    assert told == {
        "specimen": "Serum",
        "sample_id": "T-889",
        "requester": "Legendre Anne",
        "ward": "CARD3",
        "instrument": "Cobas 8000",
        "method": "enzymatic",
        "comment_author": "Roussel Marc",
        "clinical_note": "chest pain, on digoxin",
    }
    assert f"{row['requested_at']:%Y-%m-%d %H:%M}" == "2026-03-02 07:30"
    sodium = rows.filter(pl.col("analyte") == "sodium").row(0, named=True)
    assert sodium["comment_author"] is None  # nobody is the author of no comment


def test_a_panel_of_a_message_tells_who_asked_and_why(tmp_path: Path) -> None:
    (panel,) = read_panels(written(tmp_path, "one.hl7", HL7))
    assert (panel.requester, panel.ward) == ("Legendre Anne", "CARD3")
    assert panel.context == "chest pain, on digoxin"
    assert panel.results[0].sample_id == "T-889"


def test_a_critical_value_of_no_number_rings_with_its_flag(tmp_path: Path) -> None:
    (panel,) = read_panels(written(tmp_path, "one.hl7", HL7))
    reading = read_panel(panel)
    (refused,) = [one for one in reading.rejects if one["reported_name"] == "Creatinine"]
    assert refused["laboratory_flag"] == "HH"
    assert refused["critical"]


def test_a_table_gives_the_row_what_its_columns_say(tmp_path: Path) -> None:
    rows, rejects = read([written(tmp_path, "two.csv", TABLE)])
    first = rows.row(0, named=True)
    assert (first["ward"], first["requester"]) == ("Cardiologie", "Dr LEGENDRE")
    assert (first["specimen"], first["clinical_note"]) == ("Sang", "dyspnée")
    assert rejects.select("patient_id", "report_id").row(0) == (
        "P1",
        rows.filter(pl.col("patient_id") == "P1")["report_id"][0],
    )


def test_a_refusal_stands_with_its_own_report_alone(tmp_path: Path) -> None:
    one, two = read_panels(written(tmp_path, "two.csv", TABLE))
    assert [reject["reported_name"] for reject in one.rejects] == ["Sodium"]
    assert one.rejects[0]["reported_value"] == "5-mars"
    assert two.rejects == ()


@pytest.mark.parametrize("rejected", ["1", "2"])
def test_every_reject_of_a_report_has_the_number_of_its_rows(tmp_path: Path, rejected: str) -> None:
    lines = [line.replace(f"P{rejected};2026-03-02;Sodium;", f"P{rejected};2026-03-02;Plouf;")
             for line in TABLE.replace("5-mars", "139").splitlines()]  # fmt: skip
    rows, rejects = read([written(tmp_path, "two.csv", "\n".join(lines) + "\n")])
    assert rejects["patient_id"].to_list() == [f"P{rejected}"]
    own = rows.filter(pl.col("patient_id") == f"P{rejected}")["report_id"].unique()
    assert rejects["report_id"].to_list() == own.to_list()


def test_a_report_of_which_nothing_is_read_is_said_and_shows_no_value(tmp_path: Path) -> None:
    text = TABLE + "P3;2026-03-02;Sodium;5-mars;mmol/L;M;Urgences;Dr BERNARD;Sang;\n"
    text += "P1;2026-03-09;Sodium;7-mars;mmol/L;F;Cardiologie;Dr LEGENDRE;Sang;\n"
    one, two = read_panels(written(tmp_path, "two.csv", text))
    said = [sentence for sentence in two.notices if "nothing of its report can be read" in sentence]
    assert len(said) == 1
    assert "line 6" in said[0]
    assert two.rejects == ()
    own = [reject["place"] for reject in one.rejects]
    assert own == ["line 3", "line 7"]  # the patient's other day stands with what is read of them


def test_without_a_patients_number_a_refusal_stays_with_its_own_report(tmp_path: Path) -> None:
    text = (
        "report_id,sex,age,analyte,value,unit,specimen,flag\n"
        "R1,M,70,Sodium,140,mmol/L,Serum,\n"
        "R2,F,30,hCG,98765,IU/L,Urine,HH\n"
    )
    (panel,) = read_panels(written(tmp_path, "np.csv", text))
    assert panel.rejects == ()
    assert not any("hCG" in one or "98765" in one for one in panel.notices)
    other = HL7.replace("P1^^^HOSP", "").replace("2823-3^Potassium^LN", "HCG^hCG^L")
    other = other.replace("SER^Serum", "UR^Urine").replace("202603020800", "202603020900")
    both = HL7.replace("P1^^^HOSP", "") + "\r" + other
    (first,) = read_panels(written(tmp_path, "np.hl7", both))
    assert "hCG" not in {one["reported_name"] for one in first.rejects}


def of_two(first: str, second: str) -> str:
    """One message of two patients, each with a result that is read and what ``refused`` holds."""
    lines = ["MSH|^~\\&|LAB|HOSP|||202603020900||ORU^R01|1|P|2.5"]
    for number, own in ((1, first), (2, second)):
        pid = f"P{number}^^^HOSP" if own != "nobody" else ""
        lines += [segment("PID", {1: str(number), 3: pid, 8: "F"}), segment("OBR", OBR)]
        lines += [segment("OBX", {**POTASSIUM, 5: f"4.{number}"})]
        lines += [segment("OBX", {**RATIO, 5: f"{number}^:^80"})]
    return "\r".join(lines)


def in_hprim(text: str) -> str:
    """The same message in HPRIM's shape."""
    lines = ["H|^~\\&|A1.HPR||LAB||ORU|||CHU||P|H2.1^C|202603020900"]
    for line in text.split("\r")[1:]:
        fields = line.split("|")
        is_patient = fields[0] == "PID"
        number = fields[3].partition("^")[0] if is_patient else ""
        lines.append(f"P|{fields[1]}|{number}" if is_patient else line)
    return "\r".join(lines)


@pytest.mark.parametrize("shape", [str, in_hprim])
@pytest.mark.parametrize("code", ["2160-0^Creatinine^LN", "PSA^PSA^L", "HIV^HIV 1^L", "X1^Plouf^L"])
def test_a_refusal_of_one_message_stands_with_its_own_patient(tmp_path, shape, code) -> None:
    text = shape(of_two("", "").replace("2160-0^Creatinine^LN", code))
    one, two = read_panels(written(tmp_path, "two.hl7", text))
    assert [panel.results[0].value for panel in (one, two)] == ["4.1", "4.2"]
    for panel, number in ((one, "1"), (two, "2")):
        assert [reject["reported_value"] for reject in panel.rejects] == [f"{number}:80"]
        assert {reject["patient_id"] for reject in panel.rejects} == {f"P{number}"}


@pytest.mark.parametrize("shape", [str, in_hprim])
def test_of_a_patient_with_nothing_read_no_other_shows_a_refusal(tmp_path, shape) -> None:
    second = segment("OBX", {**POTASSIUM, 5: "4.2"})
    text = shape(of_two("", "").replace(f"{second}\r", ""))
    panel, unread = read_panels(written(tmp_path, "two.hl7", text))
    assert [reject["reported_value"] for reject in panel.rejects] == ["1:80"]
    assert [reject["reported_value"] for reject in unread.rejects] == ["2:80"]  # flagged critical
    assert unread.results == ()
    assert any("nothing of its report can be read" in one for one in panel.notices)
    assert not any("2:80" in one for one in panel.notices)


@pytest.mark.parametrize("shape", [str, in_hprim])
def test_a_refusal_without_a_patient_shows_no_other_its_value(tmp_path, shape) -> None:
    text = shape(of_two("", "nobody"))
    one, two = read_panels(written(tmp_path, "two.hl7", text))
    assert "2:80" not in {reject["reported_value"] for reject in one.rejects}
    assert {"1:80"}.isdisjoint(reject["reported_value"] for reject in two.rejects)
    assert "2:80" in {reject["reported_value"] for reject in two.rejects}


def test_a_critical_flag_of_a_report_of_which_nothing_is_read_has_a_panel(tmp_path):
    path = tmp_path / "lab.csv"
    path.write_text(
        "IPP;Date;Nature;Examen;Resultat;Unité;Flag\n"
        "1;2026-03-02;DIVERS;Potassium;6,9;mmol/L;HH\n"
        "2;2026-03-02;Sang;Sodium;140;mmol/L;N\n"
        "3;2026-03-02;DIVERS;Potassium;4,1;mmol/L;N\n"
    )
    panels = {panel.patient_id: panel for panel in read_panels(path)}
    assert set(panels) == {"1", "2"}
    assert panels["2"].rejects == ()
    assert panels["1"].results == ()
    [refused] = panels["1"].rejects
    assert (refused["reported_value"], refused["reported_flag"]) == ("6,9", "HH")
