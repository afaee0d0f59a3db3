import contextlib
import re
import time
from datetime import datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemoscribe.errors import SourceError
from hemoscribe.sources import read, read_panels
from hemoscribe.sources.batches import Notices
from hemoscribe.sources.exports import exports
from hemoscribe.sources.formats import FORMATS
from hemoscribe.sources.hl7.fields import unescape
from hemoscribe.sources.hl7.messages import recognises
from hemoscribe.sources.mapping import Mapping

SEGMENTS = [
    "MSH|^~\\&|LIS|Lab One|||20240304||ORU^R01|77|P|2.5.1",
    "PID|1||P1^^^LAB^MR||Duck^Donald||19700301|F",
    "OBR|1||F9^LIS|58410-2^CBC^LN|||20240304081200",
    "OBX|1|NM|718-7^Hemoglobin^LN||10.2|g/dL^^UCUM|12.0-16.0|L|||F",
    "NTE|1|L|Repeated \\T\\ confirmed",
    "OBX|2|SN|1988-5^CRP^LN||<^5|mg/L|<5||||F",
    "OBX|3|ST|^Potassium||HEMOLYZED|mmol/L|||||F",
    "OBX|4|CWE|883-9^ABO group^LN||112144000^Group A^SCT||||||F",
    "OBX|5|ED|^Report||^application^pdf^Base64^JVBERi0=||||||F",
    "OBX|6|NM|2951-2^Sodium^LN||140|mmol/L|135 to 145||||C",
]


def message(end: str = "\r", *, extra: list[str] | None = None) -> bytes:
    return end.join([*SEGMENTS, *(extra or []), ""]).encode()


def write(tmp_path, data: bytes, name: str = "message.dat"):
    path = tmp_path / name
    path.write_bytes(data)
    return path


def test_one_obx_is_one_row_or_one_reject(tmp_path):
    rows, rejects = read(write(tmp_path, message()))
    assert rows.select("analyte", "value", "comparator", "low", "high", "status").rows() == [
        ("hemoglobin", 10.2, None, 12.0, 16.0, "final"),
        ("crp", 5.0, "<", None, 5.0, "final"),
        ("sodium", 140.0, None, 135.0, 145.0, "corrected"),
    ]
    first = rows.row(0, named=True)
    assert (first["patient_id"], first["sex"], first["laboratory"]) == ("P1", "F", "Lab One")
    assert first["collected_at"] == datetime(2024, 3, 4, 8, 12)
    assert round(first["age_years"], 1) == 54.0
    assert first["comment"] == "Repeated & confirmed"
    assert sorted(rejects.select("place", "code").rows()) == [
        ("message 1, OBX 3", "unusable_sample"),
        ("message 1, OBX 4", "not_a_number"),
        ("message 1, OBX 5", "unreadable"),
    ]


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
@pytest.mark.parametrize("frame", [(b"", b""), (b"\x0b", b"\x1c\r"), (b"\xef\xbb\xbf", b"\n\n")])
def test_every_line_end_and_framing(tmp_path, end, frame):
    before, after = frame
    data = (before + message(end) + after) * 2
    rows, rejects = read(write(tmp_path, data))
    assert (rows.height, rejects.height) == (6, 6)


def test_batches_and_many_messages_are_counted_apart(tmp_path):
    data = b"FHS|^~\\&|\rBHS|^~\\&|\r" + message() + message() + b"BTS|2\rFTS|1\r"
    _, rejects = read(write(tmp_path, data))
    assert set(rejects["place"].str.extract(r"(message \d)")) == {"message 1", "message 2"}


def test_other_fluids_are_not_read_as_blood(tmp_path):
    urine = [
        "OBR|2||F10|^Urine chemistry|||20240304",
        "OBX|1|NM|^Glucose||5.1|mmol/L|||||F",
        "SPM|1|||UR^Urine",
    ]
    rows, rejects = read(write(tmp_path, message(extra=urine)))
    assert "glucose" not in rows["analyte"].to_list()
    assert "A result of Urine; only blood is read." in rejects["message"].to_list()


def test_the_character_set_may_be_an_older_one(tmp_path):
    text = message().decode().replace("Hemoglobin", "Hémoglobine").encode("cp1252")
    assert read(write(tmp_path, text))[0]["reported_name"][0] == "Hémoglobine"


def test_separators_are_those_of_the_message(tmp_path):
    text = message().decode().replace("\\T\\", "and").replace("|", "#").replace("^", "$")
    assert read(write(tmp_path, text.encode()))[0]["value"].to_list() == [10.2, 5.0, 140.0]


def test_a_broken_message_costs_itself_alone(tmp_path):
    rows, rejects = read(write(tmp_path, b"MSH|\r" + message()))
    assert rows.height == 3
    assert ("message 1", "unreadable") in rejects.select("place", "code").rows()


def test_a_message_makes_a_panel(tmp_path):
    (panel,) = read_panels(write(tmp_path, message()))
    assert (panel.sex, panel.collected_at) == ("F", datetime(2024, 3, 4, 8, 12))
    assert ("Hemoglobin", "10.2", "g/dL", "12.0", "16.0", "718-7") in [
        (r.analyte, r.value, r.unit, r.low, r.high, r.loinc) for r in panel.results
    ]


def test_no_escape_sequence_grows():
    assert unescape("a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f") == "a|b^c&d~e\\f"
    assert unescape("a\\.sp50000000\\b\\.br\\c\\H\\d\\X4142\\") == "a b cdAB"
    assert unescape("50\\\\60 \\unclosed") == "5060 \\unclosed"


def test_hostile_lengths_end_in_bounded_time(tmp_path):
    results = [f"OBX|{n}|NM|2951-2^Sodium^LN||140|mmol/L|||||F" for n in range(20_000)]
    started = time.monotonic()
    rows, _ = read(write(tmp_path, message(extra=results)))
    assert rows.height == 20_003
    document = "OBX|9|ED|^Report||^application^pdf^Base64^" + "A" * 10_000_000
    assert read(write(tmp_path, message(extra=[document])))[0].height == 3
    assert time.monotonic() - started < 20


def test_every_segment_of_the_collected_messages_is_accounted_for(shared_data):
    counted = 0
    for path in sorted((shared_data / "hl7v2").iterdir()):
        text = path.read_bytes().replace(b"\r", b"\n")
        expected = len(re.findall(rb"^[\x0b\s]*OBX\|", text, re.MULTILINE))
        (export,) = exports([path])
        assert recognises(export, Mapping()), path.name
        batches = list(FORMATS["hl7"].read(export, Mapping(), Notices()))
        found = sum(b.reported.height + int(b.rejects["results"].sum()) for b in batches)
        assert found == expected, path.name
        counted += found
    assert counted == 89


def test_the_nist_blood_count(shared_data):
    rows, rejects = read(shared_data / "hl7v2" / "LRI_2.0-NG_CBC_Typ_Message.hl7")
    assert rows.height + rejects.height == 28
    by = {row["analyte"]: row for row in rows.iter_rows(named=True)}
    assert (round(by["leukocytes"]["value"], 6), by["leukocytes"]["low"]) == (105.6, 4.3)
    assert by["leukocytes"]["laboratory_flag"] == "HH"
    assert (by["platelets"]["value"], by["platelets"]["high"]) == (210.0, 350.0)
    assert by["erythrocytes"]["value"] == 4.41
    assert rows["age_years"].round(1).unique().to_list() == [49.6]


@settings(max_examples=80, deadline=None)
@given(data=st.binary(max_size=400))
def test_any_bytes_are_rows_rejects_or_one_sentence(tmp_path_factory, data: bytes):
    path = tmp_path_factory.mktemp("fuzz") / "x.hl7"
    path.write_bytes(b"MSH|^~\\&|\rPID|1||P1\rOBX|1|NM|^K||" + data)
    with contextlib.suppress(SourceError):
        (export,) = exports([path])
        for batch in FORMATS["hl7"].read(export, Mapping(), Notices()):
            assert isinstance(batch.reported, pl.DataFrame)


def test_counts_and_a_unit_inside_a_text_are_read_with_their_alarms(shared_data):
    rows, rejects = read(shared_data / "outside" / "readers" / "h07_unread_but_normal.hl7")
    flags = dict(rows.select("analyte", "laboratory_flag").rows())
    values = dict(rows.select("analyte", "value").rows())
    alarms = ("leukocytes", "platelets", "potassium")
    assert [values[one] for one in alarms] == [0.4, 8.0, 7.4]
    assert [flags[one] for one in alarms] == ["LL", "LL", "HH"]
    assert rejects.is_empty()
