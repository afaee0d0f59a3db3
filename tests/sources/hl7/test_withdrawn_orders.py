"""A withdrawn order withdraws its results, and a specimen that is no patient's is not read."""

import pytest

from hemoscribe.sources import read

HEAD = "MSH|^~\\&|LIS|Lab|||20240304||ORU^R01|77|P|2.5.1\rPID|1||{patient}^^^LAB^MR\r"
HPRIM = (
    "H|~^\\&|A1.HPR||0131~LABO||ORU|||0044~CHU||P|H2.1~C|202401021200\rP|1|{patient}||B10|NOM~PRE\r"
)
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


def head(patient: str = "P1") -> str:
    return HEAD.format(patient=patient)


@pytest.fixture(scope="module")
def of_state(read_of_each):
    """The state read of an order and its result, each of a patient of its own, by their start."""

    def read_all_states(start: str):
        text = ""
        for patient, (order, own, _) in enumerate(STATES):
            text += start.format(patient=f"P{patient}")
            text += OBR.format(order=order) + OBX.format(own=own)
        if start == HPRIM:
            text = text.replace("2823-3^Potassium^LN", "2823-3~Potassium~LN")
        return read_of_each(text, "a.hl7")

    return {start: read_all_states(start) for start in (HEAD, HPRIM)}


@pytest.mark.parametrize("start", [HEAD, HPRIM])
@pytest.mark.parametrize(("order", "own", "word"), STATES)
def test_the_worse_of_order_and_result_holds(of_state, start, order, own, word):
    rows, _ = of_state[start](f"P{STATES.index((order, own, word))}")
    assert rows["status"].to_list() == [word]


def test_an_order_says_nothing_of_the_next(tmp_path):
    path = tmp_path / "a.hl7"
    orders = [OBR.format(order=order) + OBX.format(own="F") for order in ("X", "F")]
    later = orders[1].replace("20240304081200", "20240305081200")
    path.write_text(head() + orders[0] + later, encoding="utf-8")
    assert read([path])[0]["status"].to_list() == ["cancelled", "final"]


def spm(role: str) -> str:
    return "SPM|1|||SER^Serum" + "|" * 7 + role + "\r"


NOT_PATIENTS = [
    *"BCEFGLOQRVq",
    *("Q^Control specimen^HL70369", "QC", "^Quality control", "LOCAL^Calibrator", "EQA", "^EEQ"),
    *("^Proficiency testing", "POOL^Pooled sera", "^Contrôle interne", "^Calibrateur"),
]


PATIENTS = ["", "P", "P^Patient^HL70369", "^Patient specimen", "N", "PAT"]


@pytest.fixture(scope="module")
def of_role(read_of_each):
    """What is read of a specimen's role, that stands before or after the result."""
    text = ""
    for number, role in enumerate([*NOT_PATIENTS, *PATIENTS]):
        for after in (True, False):
            results = [OBX.format(own="F"), spm(role)]
            text += head(f"{number} {after}") + OBR.format(order="F")
            text += "".join(results if after else results[::-1])
    return read_of_each(text, "a.hl7")


@pytest.mark.parametrize("role", NOT_PATIENTS)
@pytest.mark.parametrize("after", [True, False])
def test_a_specimen_that_is_no_patients_is_refused(of_role, role, after):
    rows, rejects = of_role(f"{NOT_PATIENTS.index(role)} {after}")
    assert rows.is_empty()
    assert rejects.select("code", "results").rows() == [("unknown_specimen", 1)]
    assert "no patient's specimen" in rejects["message"][0]


def test_nothing_of_the_messages_is_nobodys(of_state, of_role):
    for of in (*of_state.values(), of_role):
        assert [one.height for one in of(None)] == [0, 0]


def test_an_export_of_specimens_that_are_no_patients_is_refused(tmp_path):
    path = tmp_path / "a.hl7"
    path.write_text(head() + OBR.format(order="F") + OBX.format(own="F") + spm("Q"), "utf-8")
    with pytest.raises(Exception, match="no patient's specimen"):
        read([path])


@pytest.mark.parametrize("role", PATIENTS)
def test_a_patients_specimen_is_read(of_role, role):
    number = len(NOT_PATIENTS) + PATIENTS.index(role)
    for after in (True, False):
        assert of_role(f"{number} {after}")[0]["value"].to_list() == [4.1]


def test_a_control_before_its_orders_holds_for_them(tmp_path):
    path = tmp_path / "a.hl7"
    text = head().replace("ORU^R01", "OUL^R22") + spm("Q") + OBR.format(order="F")
    text += OBX.format(own="F") + spm("P") + OBR.format(order="F") + OBX.format(own="F")
    path.write_text(text, encoding="utf-8")
    rows, rejects = read([path])
    assert rows.height == 1
    assert rejects["code"].to_list() == ["unknown_specimen"]
    assert "control" in rejects["message"][0]
