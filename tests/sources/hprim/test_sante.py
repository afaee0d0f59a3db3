"""H' Santé messages: segments, separators, whose and when, comments, other fluids."""

from datetime import datetime

import pytest

from hemoscribe.errors import SourceError
from hemoscribe.sources import read, read_panels
from hemoscribe.sources.exports import exports
from hemoscribe.sources.formats import format_of
from hemoscribe.sources.intake import read_all
from hemoscribe.sources.mapping import Mapping

H = "H|~^\\&|A1.HPR||0131~LABO CENTRAL||ORU|||0044~CHU||P|H2.1~C|202401021200"
P = "P|1|398||B10|NOM~PRENOM|NAISSANCE|19550312|F"
OBR = (
    "OBR|1|E7~|~D9|NFS~NFS~L|R|202401020700|202401020815||||N||Fi"
    "èvre|202401020830||44~DR MARTIN~L~UF2~Cardio"
)
HB = "OBX|1|NM|HB~Hémoglobine~L||10,2|g/dL|12 - 16|L|||F|||202401021100|HEMA~1~NFS"
K = "OBX|2|ST|2823-3~Potassium~LN||{value}|mmol/L|3.5-5.1|{flag}|||{status}"
L = "L|1"


def k(value: str = "4.1", flag: str = "", status: str = "F") -> str:
    return K.format(value=value, flag=flag, status=status)


def file(tmp_path, *segments: str, encoding: str = "cp1252", end: str = "\r\n"):
    path = tmp_path / "a.hpr"
    path.write_bytes((end.join(segments) + end).encode(encoding))
    return path


def test_a_message_is_read_with_all_that_it_states(tmp_path):
    rows, rejects = read(file(tmp_path, H, P, OBR, HB, "C|1|L|Vu au microscope", k("< 2", "LL"), L))
    assert rejects.is_empty()
    assert rows.select(
        "analyte", "value", "comparator", "low", "high", "laboratory_flag"
    ).rows() == [
        ("hemoglobin", 10.2, None, 12.0, 16.0, "L"),
        ("potassium", 2.0, "<", 3.5, 5.1, "LL"),
    ]
    first = rows.row(0, named=True)
    assert (first["patient_id"], first["sex"], first["laboratory"]) == ("398", "F", "LABO CENTRAL")
    assert first["collected_at"] == datetime(2024, 1, 2, 8, 15)
    assert round(first["age_years"], 1) == 68.8
    assert rows["comment"].to_list() == ["Vu au microscope", None]
    stated = ("requester", "ward", "sample_id", "clinical_note", "requested_at")
    assert rows.select(stated).row(0) == (
        "DR MARTIN", "Cardio", "E7", "Fièvre", datetime(2024, 1, 2, 7, 0)
    )  # fmt: skip
    (panel,) = read_panels(tmp_path / "a.hpr")
    assert panel.context == "Fièvre"


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "cp850", "latin-1", "utf-16"])
def test_every_line_end_and_character_set(tmp_path, end, encoding):
    rows, _ = read(file(tmp_path, H, P, OBR, HB, k(), L, encoding=encoding, end=end))
    assert rows["reported_name"].to_list() == ["Hémoglobine", "Potassium"]


def test_dos_letters_are_said(tmp_path):
    _, _, notices = read_all([file(tmp_path, H, P, OBR, HB, L, encoding="cp850")])
    assert any("cp850" in one for one in notices.sentences)


@pytest.mark.parametrize(
    "separators", ["|~^\\&", "|^~\\&", "|\\^&~", "#~^\\&", "|~^", "|~"]
)  # field, component, repetition, escape, subcomponent
def test_the_header_names_the_separators(tmp_path, separators):
    marks = [*separators, *"|~^\\&"[len(separators) :]]
    change = str.maketrans(dict(zip("|~^\\&", marks, strict=True)))
    head = H.translate(change).replace("".join(marks[1:]), separators[1:], 1)
    plain = [one.translate(change) for one in (P, OBR, HB, k(), L)]
    rows, _ = read(file(tmp_path, head, *plain))
    assert rows.select("analyte", "value", "patient_id").rows() == [
        ("hemoglobin", 10.2, "398"), ("potassium", 4.1, "398")
    ]  # fmt: skip


@pytest.mark.parametrize("at", [9, 20, 40, 60, len(OBR) - 3])
def test_a_line_that_goes_on_is_one_with_the_line_before(tmp_path, at):
    whole, _ = read(file(tmp_path, H, P, OBR, HB, k(), L))
    cut, _ = read(file(tmp_path, H, P, OBR[:at], f"A|{OBR[at:]}", HB[:22], f"A|{HB[22:]}", k(), L))
    assert cut.equals(whole)


@pytest.mark.parametrize(
    ("status", "read_as"),
    [("F", "final"), ("P", "preliminary"), ("C", "corrected"), ("R", "preliminary"),
     ("I", "preliminary"), ("X", "cancelled"), ("D", "cancelled"), ("U", "final"), ("", "final")],
)  # fmt: skip
def test_every_state_of_a_result(tmp_path, status, read_as):
    rows, _ = read(file(tmp_path, H, P, OBR, k(status=status), L))
    assert rows["status"].to_list() == [read_as]


def test_a_withdrawal_without_a_value_cancels_the_result_before(tmp_path):
    first, again = (H, P, OBR, k(), L), (H, P, OBR, k("", status="D"), L)
    rows, rejects = read(file(tmp_path, *first, *again))
    assert rows["status"].to_list() == ["cancelled"]
    assert rejects["place"].to_list() == ["message 2, OBX 1"]


TIMES = {
    "OBR-7": (OBR, datetime(2024, 1, 2, 8, 15), None),
    "OBR-8": ("OBR|1|||B|R||||".replace("||||", "||202401020900", 1).replace("R||2", "R|||2"),
              datetime(2024, 1, 2, 9, 0), "the end of the collection (OBR-8)"),
    "OBR-14": ("OBR|1|||B|R|||||||||202401020930", datetime(2024, 1, 2, 9, 30),
               "the reception of the sample (OBR-14)"),
    "OBX-14": ("OBR|1|||B|R", datetime(2024, 1, 2, 11, 0), "the result (OBX-14)"),
}  # fmt: skip


@pytest.mark.parametrize("case", TIMES.values(), ids=TIMES)
def test_the_time_is_of_the_collection_else_named(tmp_path, case):
    order, time, what = case
    rows, _, notices = read_all([file(tmp_path, H, P, order, HB, L)])
    assert rows["collected_at"].to_list() == [time]
    said = [f"a.hpr: the time of 1 results is that of {what}, as no collection is stated."]
    assert list(notices.sentences) == (said if what else [])


@pytest.mark.parametrize(
    ("order", "kept"),
    [
        ("OBR|1|||NFS~NFS~L|R||202401020815||||||||SANG~Sang~L", [10.2]),
        ("OBR|1|||NFS~NFS~L|R||202401020815||||||||UR&Urines", []),
        ("OBR|1|||NFS~NFS~L|R||202401020815||||||||~Liquide pleural", []),
        ("OBR|1|||BU~Ionogramme urinaire~L|R||202401020815", []),
        ("OBR|1|||NFS~NFS~L^ECBU~ECBU~L|R||202401020815", [10.2]),  # HB answers NFS (OBX-15)
        ("OBR|1|||X~Bilan~L^ECBU~ECBU~L|R||202401020815", []),  # of which it is, nothing tells
        ("OBR|1|||BU~Ionogramme urinaire~L^ECBU~ECBU~L|R||202401020815", []),
    ],
)
def test_only_blood_is_read(tmp_path, order, kept):
    sound = (P.replace("398", "399"), OBR, HB)
    rows, rejects = read(file(tmp_path, H, P, order, HB, *sound, L))
    assert rows.filter(rows["patient_id"] == "398")["value"].to_list() == kept
    assert rejects["results"].sum() == 1 - len(kept)


def test_numbers_of_the_requester_and_of_the_laboratory_are_two_series(tmp_path):
    other = P.replace("|398|", "||398", 1).replace("||398|", "||398|")
    rows, _ = read(file(tmp_path, H, P, OBR, HB, other, OBR, HB, L))
    assert rows["patient_id"].n_unique() == 2


def test_a_national_number_is_preferred(tmp_path):
    ins = P + "|||279035121518989~INS-NIR~20240101"
    assert read(file(tmp_path, H, ins, OBR, HB, L))[0]["patient_id"][0] == "279035121518989"


def test_a_note_on_the_patient_is_the_clinical_note(tmp_path):
    rows, _ = read(file(tmp_path, H, P, "C|1|P|Sous AVK", OBR, HB, L))
    assert rows["clinical_note"].to_list() == ["Sous AVK Fièvre"]


def test_what_is_no_quantity_is_named(tmp_path):
    other = [
        "OBX|3|FIC|TXT~~L||A~B.TXT",
        "OBX|4|GC|COURBE~~L||1~2",
        "OBX|5|NM|NA~Sodium~L||1^2|mmol/L",
    ]
    _, rejects = read(file(tmp_path, H, P, OBR, HB, *other, L))
    said = rejects.sort("place")["message"].to_list()
    assert "sent beside the message" in said[0]
    assert "type GC" in said[1]
    assert "Several values" in said[2]


def test_a_message_of_another_kind_is_counted(tmp_path):
    adm = H.replace("|ORU|", "|ADM|")
    _, rejects = read(file(tmp_path, adm, P, L, H, P, OBR, HB, L))
    assert rejects.select("place", "message", "results").rows() == [
        ("message 1", "A message of type ADM holds no result.", 0)
    ]


def test_a_count_keeps_its_unit_although_hprim_repeats_by_its_sign(tmp_path):
    line = "OBX|1|NM|PLQ~Plaquettes~L||250|10^9/L|150-400 10^9/L|N|||F"
    rows, _ = read(file(tmp_path, H, P, OBR, line, L))
    assert rows.select("value", "unit", "low", "high").rows() == [(250.0, "10*9/L", 150.0, 400.0)]


@pytest.mark.parametrize(
    "text",
    ["H|\\^&|||Analyzer^V1|||||||P|1|20240101", "Hb;12", "H", "H|", "Hello|ORU", "P|1|2",
     "HEADER|ORU|"],
)  # fmt: skip
def test_what_is_no_header_of_hprim_is_left_alone(tmp_path, text):
    path = tmp_path / "a"
    path.write_text(f"{text}\nR|1|^^^GLU|5\n")
    (export,) = exports([path])
    with pytest.raises(SourceError):
        format_of(export, Mapping(), "hprim")


def test_a_long_line_and_many_results_stay_bounded(tmp_path):
    many = [HB] * 20_000
    rows, _ = read(file(tmp_path, H, P, OBR, *many, "C|1|L|" + "x" * 300_000, L))
    assert rows.height == 20_000
    assert rows["comment"][-1].endswith(" [...]")
