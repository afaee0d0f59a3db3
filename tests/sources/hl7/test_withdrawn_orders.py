"""A withdrawn order withdraws its results, and a specimen that is no patient's is not read."""

import pytest

from hemoscribe.sources import read

HEAD = "MSH|^~\\&|LIS|Lab|||20240304||ORU^R01|77|P|2.5.1\rPID|1||P1^^^LAB^MR\r"
HPRIM = "H|~^\\&|A1.HPR||0131~LABO||ORU|||0044~CHU||P|H2.1~C|202401021200\rP|1|398||B10|NOM~PRE\r"
OBX = "OBX|1|NM|2823-3^Potassium^LN||4.1|mmol/L|||||{own}\r"
OBR = "OBR|1|||BMP|||20240304081200" + "|" * 18 + "{order}\r"
STATES = [
    *((order, own, "cancelled") for order in ("X", "D", "W", "x") for own in ("F", "C", "P", "")),
    *((order, "F", "cancelled") for order in ("Entered in error", "ENTERED-IN-ERROR", "Cancelled")),
    *((order, "X", "cancelled") for order in ("F", "C", "P", "A")),
    *((order, "F", "preliminary") for order in ("P", "R")),
    *((order, "F", "final") for order in ("F", "A", "I", "S", "O", "Z", "")),
    *(("C", own, word) for own, word in (("F", "corrected"), ("P", "preliminary"))),
    ("F", "C", "corrected"),
]


@pytest.mark.parametrize("start", [HEAD, HPRIM])
@pytest.mark.parametrize(("order", "own", "word"), STATES)
def test_the_worse_of_order_and_result_holds(tmp_path, start, order, own, word):
    text = start + OBR.format(order=order) + OBX.format(own=own)
    if start == HPRIM:
        text = text.replace("2823-3^Potassium^LN", "2823-3~Potassium~LN")
    path = tmp_path / "a.hl7"
    path.write_text(text, encoding="utf-8")
    assert read([path])[0]["status"].to_list() == [word]


def test_an_order_says_nothing_of_the_next(tmp_path):
    path = tmp_path / "a.hl7"
    orders = [OBR.format(order=order) + OBX.format(own="F") for order in ("X", "F")]
    later = orders[1].replace("20240304081200", "20240305081200")
    path.write_text(HEAD + orders[0] + later, encoding="utf-8")
    assert read([path])[0]["status"].to_list() == ["cancelled", "final"]


def spm(role: str) -> str:
    return "SPM|1|||SER^Serum" + "|" * 7 + role + "\r"


NOT_PATIENTS = [
    *"BCEFGLOQRVq",
    *("Q^Control specimen^HL70369", "QC", "^Quality control", "LOCAL^Calibrator", "EQA", "^EEQ"),
    *("^Proficiency testing", "POOL^Pooled sera", "^Contrôle interne", "^Calibrateur"),
]


@pytest.mark.parametrize("role", NOT_PATIENTS)
@pytest.mark.parametrize("after", [True, False])
def test_a_specimen_that_is_no_patients_is_refused(tmp_path, role, after):
    path = tmp_path / "a.hl7"
    results = [OBX.format(own="F"), spm(role)]
    order = OBR.format(order="F")
    path.write_text(HEAD + order + "".join(results if after else results[::-1]), encoding="utf-8")
    with pytest.raises(Exception, match="no patient's specimen"):
        read([path])


@pytest.mark.parametrize("role", ["", "P", "P^Patient^HL70369", "^Patient specimen", "N", "PAT"])
def test_a_patients_specimen_is_read(tmp_path, role):
    path = tmp_path / "a.hl7"
    path.write_text(HEAD + OBR.format(order="F") + OBX.format(own="F") + spm(role), "utf-8")
    assert read([path])[0]["value"].to_list() == [4.1]


def test_a_control_before_its_orders_holds_for_them(tmp_path):
    path = tmp_path / "a.hl7"
    text = HEAD.replace("ORU^R01", "OUL^R22") + spm("Q") + OBR.format(order="F")
    text += OBX.format(own="F") + spm("P") + OBR.format(order="F") + OBX.format(own="F")
    path.write_text(text, encoding="utf-8")
    rows, rejects = read([path])
    assert rows.height == 1
    assert rejects["code"].to_list() == ["unknown_specimen"]
    assert "control" in rejects["message"][0]
