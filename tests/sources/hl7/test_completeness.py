"""What HL7 v2 laboratories send beside plain ORU^R01: one claim a test."""

import base64
from datetime import datetime

import pytest

from hemoscribe.errors import SourceError
from hemoscribe.sources import read
from hemoscribe.sources.intake import read_all

MSH = "MSH|^~\\&|LIS|Lab One|||20240304||{kind}|77|P|{version}||||||{charset}"
PID = "PID|1||P1^^^LAB^MR||Duck^Donald||19700301|F"
OBR = "OBR|1||F9^LIS|58410-2^CBC^LN|||20240304081200"
K = "OBX|1|NM|2823-3^Potassium^LN||{value}|mmol/L|{limits}|{flag}|||{status}"


def obx(value: str = "4.1", *, limits="", flag="", status="F") -> str:
    return K.format(value=value, limits=limits, flag=flag, status=status)


def pid(patient: str) -> str:
    return PID.replace("P1", patient)


def message(*segments: str, kind="ORU^R01", version="2.5.1", charset="") -> str:
    head = MSH.format(kind=kind, version=version, charset=charset)
    return "\r".join([head, *segments, ""])


def file(tmp_path, text: str, encoding: str = "utf-8"):
    path = tmp_path / "m.hl7"
    path.write_bytes(text.encode(encoding))
    return path


VERSIONS = ["2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.6", "2.7", "2.8"]
MESSAGES = ["ORU^R01^ORU_R01", "OUL^R21", "ORL^O22", "OML^O21", "ORU"]
RANGES = [
    ("3.5-5.1", 3.5, 5.1),
    ("3,5 à 5,1", 3.5, 5.1),
    ("3.5 - 5.1 mmol/L", 3.5, 5.1),
    ("[3.5;5.1]", 3.5, 5.1),
    ("3.5–5.1", 3.5, 5.1),
    ("3.5_5.1", 3.5, 5.1),
    ("3.5 to 5.1", 3.5, 5.1),
    ("entre 3,5 et 5,1", 3.5, 5.1),
    ("<5", None, 5.0),
    ("> 3", 3.0, None),
    ("≤5,0", None, 5.0),
    (">=3", 3.0, None),
    ("jusqu'à 5", None, 5.0),
    ("up to 5", None, 5.0),
    ("inférieur à 5,0 mmol/L", None, 5.0),
    ("3.5-5.1 g/L", None, None),
    ("5.1-3.5", None, None),
    ("5", None, None),
    ("see below", None, None),
    ("^^10.0", None, None),
    ("", None, None),
]
FLAGS = [
    ("H", "H"), ("HH", "HH"), ("A~L", "A"), ("S~L", "L"), ("B", None), ("D", None),
    ("POS", None), ("L^Low^HL70078", "L"), ("<", "L"), ("", None),
]  # fmt: skip
STATES = [
    ("C", "", "corrected"), ("P", "", "preliminary"), ("X", "", "cancelled"),
    ("", "P", "preliminary"), ("", "C", "corrected"), ("F", "P", "preliminary"), ("", "", "final"),
]  # fmt: skip


@pytest.fixture(scope="module")
def of_patient(read_of_each):
    """A message, with a patient of its own, for every version, range, flag and state."""
    kinds = [(version, kind) for version in VERSIONS for kind in MESSAGES]
    texts = [
        *(
            message(
                pid(f"{version} {kind.replace('^', ' ')}"), OBR, obx(), kind=kind, version=version
            )
            for version, kind in kinds
        ),
        *(message(pid(f"R{n}"), OBR, obx(limits=one)) for n, (one, _, _) in enumerate(RANGES)),
        *(message(pid(f"F{n}"), OBR, obx(flag=one)) for n, (one, _) in enumerate(FLAGS)),
        *(
            message(pid(f"S{n}"), OBR + "|" * 18 + of_order, obx(status=status))
            for n, (status, of_order, _) in enumerate(STATES)
        ),
    ]
    return read_of_each("".join(texts), "m.hl7")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", MESSAGES)
def test_every_version_and_message_with_results(of_patient, version, kind):
    rows, rejects = of_patient(f"{version} {kind.replace('^', ' ')}")
    assert (rows["value"].to_list(), rejects.height) == ([4.1], 0)


def test_nothing_of_the_messages_is_nobodys(of_patient):
    assert [one.height for one in of_patient(None)] == [0, 0]


@pytest.mark.parametrize("kind", MESSAGES)
def test_a_message_of_every_kind_alone_in_its_file_is_recognised(tmp_path, kind):
    rows, rejects = read(file(tmp_path, message(PID, OBR, obx(), kind=kind, version="2.1")))
    assert (rows["value"].to_list(), rejects.height) == ([4.1], 0)


@pytest.mark.parametrize(("limits", "low", "high"), RANGES)
def test_every_spelling_of_a_range(of_patient, limits, low, high):
    rows, _ = of_patient(f"R{RANGES.index((limits, low, high))}")
    assert rows.select("low", "high").row(0) == (low, high)


@pytest.mark.parametrize(("flag", "read_as"), FLAGS)
def test_flags_that_compare_with_before_are_none(of_patient, flag, read_as):
    rows, _ = of_patient(f"F{FLAGS.index((flag, read_as))}")
    assert rows["laboratory_flag"].to_list() == [read_as]


@pytest.mark.parametrize(
    ("charset", "encoding", "name"),
    [
        ("8859/1", "latin-1", "Hémoglobine"),
        ("8859/1", "utf-8", "Hémoglobine"),  # MSH-18 left behind when the laboratory changed
        ("8859/2", "iso8859_2", "Hemoglobin krevní číslo"),
        ("8859/15", "iso8859_15", "Cœur"),
        ("UNICODE UTF-8", "utf-8", "Hémoglobine"),
        ("8859/1~UNICODE", "latin-1", "Hémoglobine"),
        ("", "cp1252", "Hémoglobine"),
        ("WINDOWS-1251", "cp1251", "Гемоглобин"),
        ("GB 18030-2000", "gb18030", "血红蛋白"),
    ],
)
def test_the_character_set_is_that_of_msh_18(tmp_path, charset, encoding, name):
    line = f"OBX|1|NM|718-7^{name}^LN||10.2|g/dL|||||F"
    text = message(PID, OBR, line, charset=charset)
    batch = read_reported(file(tmp_path, text, encoding))
    assert batch["reported_name"].to_list() == [name]


def read_reported(path):
    from hemoscribe.sources.batches import Notices
    from hemoscribe.sources.exports import exports
    from hemoscribe.sources.formats import FORMATS
    from hemoscribe.sources.mapping import Mapping

    (export,) = exports([path])
    (batch,) = FORMATS["hl7"].read(export, Mapping(), Notices())
    return batch.reported


def test_an_unknown_character_set_is_said(tmp_path):
    path = file(tmp_path, message(PID, OBR, obx(), charset="EBCDIC"))
    _, _, notices = read_all([path])
    assert any("'EBCDIC' of MSH-18 is not known" in one for one in notices.sentences)


def test_specimens_that_stand_before_their_orders_are_theirs(tmp_path):
    glucose = "OBX|1|NM|^Glucose||5.1|mmol/L|||||F"
    blood, urine = "SPM|1|||SER^Serum", "SPM|2|||UR^Urine"
    text = message(PID, blood, OBR, obx(), urine, "OBR|2||F10", glucose, kind="OUL^R22^OUL_R22")
    rows, rejects = read(file(tmp_path, text))
    assert rows["analyte"].to_list() == ["potassium"]
    assert rejects["message"].to_list() == ["A result of Urine; only blood is read."]


def test_an_order_of_another_fluid_says_so_by_its_name(tmp_path):
    other = "OBR|2||F10|^Ionogramme urinaire|||20240304"
    _, rejects = read(file(tmp_path, message(PID, OBR, obx(), other, obx("40"))))
    assert rejects["message"].to_list() == ["A result of Ionogramme urinaire; only blood is read."]


def test_repetitions_ratios_and_documents_elsewhere_are_named(tmp_path):
    text = message(
        PID,
        OBR,
        obx(),
        "OBX|2|NM|718-7^Hb^LN||10~11|g/dL|||||F",
        "OBX|3|NM|718-7^Hb^LN||10~10|g/dL|||||F",
        "OBX|4|SN|^ANA||^1^:^80||||||F",
        "OBX|5|RP|^Image||https://pacs/1^^image^PICT||||||F",
        "OBX|6|CQ|2951-2^Sodium^LN||140^mmol/L||||||F",
        "OBX|7|DT|^Onset||20240411||||||F",
    )
    rows, rejects = read(file(tmp_path, text))
    assert rows.select("analyte", "value").rows() == [
        ("potassium", 4.1),
        ("hemoglobin", 10.0),
        ("sodium", 140.0),
    ]
    said = dict(rejects.select("place", "message").rows())
    assert "Several values in one OBX" in said["message 1, OBX 2"]
    assert "a ratio" in said["message 1, OBX 4"].lower()
    assert "not fetched" in said["message 1, OBX 5"]
    assert "type DT" in said["message 1, OBX 7"]


def test_the_unit_is_that_of_ucum_where_two_are_given(tmp_path):
    line = "OBX|1|NM|2823-3^K^LN||4.1|MMOLL^millimole^L^mmol/L^^UCUM|||||F"
    assert read(file(tmp_path, message(PID, OBR, line)))[0]["reported_unit"][0] == "mmol/L"


def test_a_withdrawn_result_without_a_value_cancels_the_one_before(tmp_path):
    text = message(PID, OBR, obx()) + message(PID, OBR, obx('""', status="W"))
    rows, rejects = read(file(tmp_path, text))
    assert rows["status"].to_list() == ["cancelled"]
    assert rejects["code"].to_list() == ["cancelled"]


@pytest.mark.parametrize(("status", "of_order", "read_as"), STATES)
def test_the_state_of_a_result_is_its_own_else_its_order_s(of_patient, status, of_order, read_as):
    rows, _ = of_patient(f"S{STATES.index((status, of_order, read_as))}")
    assert rows["status"].to_list() == [read_as]


def test_each_result_has_the_time_of_its_order_or_its_own(tmp_path):
    own = obx() + "|||20240305090000"
    text = message(PID, OBR, obx(), "OBR|2||F10|^Chemistry", own)
    rows, _ = read(file(tmp_path, text))
    assert rows["collected_at"].to_list() == [
        datetime(2024, 3, 4, 8, 12),
        datetime(2024, 3, 5, 9, 0),
    ]


def test_the_record_number_is_preferred_among_identifiers(tmp_path):
    pid = PID.replace("P1^^^LAB^MR", "279^^^INSEE^NI~V7^^^LAB^MR")
    assert read(file(tmp_path, message(pid, OBR, obx())))[0]["patient_id"].to_list() == ["V7"]


def test_messages_without_results_say_so(tmp_path):
    adt = message(PID, kind="ADT^A01")
    _, rejects = read(file(tmp_path, adt + adt + message(PID, OBR, obx())))
    assert rejects.select("message", "results").rows() == [
        ("A message of type ADT^A01 holds no result (2 such messages).", 0)
    ]
    with pytest.raises(SourceError, match=r"type ADT\^A01 holds no result"):
        read(file(tmp_path, adt))


def test_an_addition_and_a_broken_line_go_on_from_the_segment_before(tmp_path):
    text = message(PID, OBR, obx(), "NTE|1|L|Hemol", "ADD|ysed, repeat\rthe sample.")
    rows, _ = read(file(tmp_path, text))
    assert rows["comment"].to_list() == ["Hemolysed, repeat the sample."]


def cda(value: str) -> str:
    return (
        '<ClinicalDocument xmlns="urn:hl7-org:v3" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><component><structuredBody>'
        '<component><section><entry><act><entryRelationship><observation><code code="2951-2" '
        f'codeSystem="2.16.840.1.113883.6.1"/><value xsi:type="PQ" value="{value}" '
        'unit="mmol/L"/></observation></entryRelationship></act></entry></section></component>'
        "</structuredBody></component></ClinicalDocument>"
    )


def enclosed(data: bytes) -> str:
    text = base64.b64encode(data).decode()
    return f"OBX|2|ED|11502-2^CR-BIO^LN||LAB^TEXT^XML^Base64^{text}||||||F"


def test_a_document_in_base64_is_read_where_it_stands(tmp_path):
    text = message(PID, OBR, obx(), enclosed(cda("140").encode()))
    rows, rejects = read(file(tmp_path, text))
    assert sorted(rows.select("analyte", "value", "patient_id").rows()) == [
        ("potassium", 4.1, "P1"),
        ("sodium", 140.0, "P1"),
    ]
    assert rejects.height == 0
    _, rejects = read(file(tmp_path, message(PID, OBR, obx(), enclosed(cda("trace").encode()))))
    assert rejects["place"].to_list() == ["message 1, OBX 2, entry 1"]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"%PDF-1.4 scanned", "A document"),
        (b"PK\x03\x04zip", "a zip: not opened"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><ClinicalDocument xmlns="urn:hl7-org:v3">&b;'
         b"</ClinicalDocument>", "declares entities"),
        (b"MSH|^~\\&|a|b\rOBX|1|NM|^K||4", "A document inside the message: HL7 v2 messages"),
        (b"just words", "A document inside the message"),
    ],
)  # fmt: skip
def test_a_document_that_cannot_be_read_is_a_named_reject(tmp_path, data, why):
    rows, rejects = read(file(tmp_path, message(PID, OBR, obx(), enclosed(data))))
    assert (rows.height, rejects["place"].to_list()) == (1, ["message 1, OBX 2"])
    assert why in rejects["message"][0]
    broken = enclosed(b"x").replace("eA==", "e===A")
    _, rejects = read(file(tmp_path, message(PID, OBR, obx(), broken)))
    assert "cannot be decoded" in rejects["message"][0]
