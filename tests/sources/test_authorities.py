"""The same number from two laboratories is two patients, in every format that says who gave it."""

import json
from itertools import permutations
from pathlib import Path

import polars as pl
import pytest

from hemoscribe.sources import read, read_folder, read_panels
from hemoscribe.sources.authorities import best, identity

INS, INS_NIA = "1.2.250.1.213.1.4.8", "1.2.250.1.213.1.4.9"
MATRICULE = "279035121518989"


def hl7(pid_3: str, value: float, facility: str = "X") -> str:
    return (
        f"MSH|^~\\&|LAB|{facility}|||20240102||ORU^R01|{value}|P|2.5.1\r"
        f"PID|1||{pid_3}||||19600312|F\rOBR|1|||CBC|||202401020815\r"
        f"OBX|1|NM|K||{value}|mmol/L|||||F\r"
    )


def cda(ids: dict[str, str], value: float) -> str:
    stated = "".join(f'<id root="{root}" extension="{number}"/>' for root, number in ids.items())
    return (
        '<ClinicalDocument xmlns="urn:hl7-org:v3" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<recordTarget><patientRole>{stated}</patientRole></recordTarget>"
        "<component><structuredBody><component><section><entry><act><entryRelationship>"
        '<observation><code code="2823-3" codeSystem="2.16.840.1.113883.6.1"/>'
        f'<value xsi:type="PQ" value="{value}" unit="mmol/L"/></observation></entryRelationship>'
        "</act></entry></section></component></structuredBody></component></ClinicalDocument>"
    )


def observation(value: float, **more: object) -> dict:
    return {
        "resourceType": "Observation", "status": "final", "code": {"text": "Potassium"},
        "subject": {"reference": "Patient/71"}, "effectiveDateTime": "2024-01-02",
        "valueQuantity": {"value": value, "unit": "mmol/L"}, **more,
    }  # fmt: skip


def fhir(value: float, *systems: str, number: str = "71") -> str:
    identifiers = [{"system": system, "value": number} for system in systems]
    patient = {"resourceType": "Patient", "id": "71", "identifier": identifiers}
    resources = [patient, observation(value)] if systems else [observation(value)]
    return json.dumps(
        {"resourceType": "Bundle", "type": "collection",
         "entry": [{"resource": resource} for resource in resources]}
    )  # fmt: skip


def patients(folder: Path, *texts: str, mapping: str | None = None) -> list[str]:
    """The patient of each export, in the order of their values; all are read together."""
    folder.mkdir()
    paths = [folder / f"{at}.txt" for at in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text, newline="")
    rule = folder / "mapping.yaml"
    rule.write_text(f"patient: {mapping}" if mapping else "{}")
    rows, _ = read(paths, mapping=rule)
    return rows.sort("value")["patient_id"].to_list()


TWO_LABORATORIES = {
    "HL7 v2": (hl7("71^^^CHU^MR", 4.1), hl7("71^^^CLINIC&1.2&ISO^MR", 4.2), "CHU", "1.2"),
    "HL7 v2 by facility": (hl7("71", 4.1, "CHU"), hl7("71", 4.2, "CLINIC^1.2^ISO"), "CHU", "1.2"),
    "CDA": (cda({"1.2.3": "71"}, 4.1), cda({"1.2.4": "71"}, 4.2), "1.2.3", "1.2.4"),
    "FHIR": (fhir(4.1, "http://a/mrn"), fhir(4.2, "urn:oid:1.2.4"), "http://a/mrn", "1.2.4"),
    "two formats": (cda({"1.2.3": "71"}, 4.1), fhir(4.2, "urn:oid:1.2.4"), "1.2.3", "1.2.4"),
}


@pytest.mark.parametrize("case", TWO_LABORATORIES.values(), ids=TWO_LABORATORIES)
def test_one_number_of_two_laboratories_is_two_patients_in_any_order(tmp_path, case):
    first, second, *authorities = case
    wanted = [f"{authority} 71" for authority in authorities]
    assert patients(tmp_path / "a", first, second) == wanted
    assert patients(tmp_path / "b", second, first) == wanted


@pytest.mark.parametrize("case", TWO_LABORATORIES.values(), ids=TWO_LABORATORIES)
def test_an_export_of_one_authority_keeps_plain_numbers(tmp_path, case):
    assert patients(tmp_path / "a", case[0]) == ["71"]
    assert patients(tmp_path / "b", case[1]) == ["71"]
    assert patients(tmp_path / "c", case[0], mapping="authority") == [f"{case[2]} 71"]
    assert patients(tmp_path / "d", case[0], case[1], mapping="number") == ["71", "71"]


def test_one_authority_in_two_formats_is_one(tmp_path):
    texts = (
        cda({"1.2.4": "71"}, 4.1), fhir(4.2, "urn:oid:1.2.4"), hl7("71^^^CLINIC&1.2.4&ISO^MR", 4.3)
    )  # fmt: skip
    assert patients(tmp_path / "a", *texts) == ["71"] * 3


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_number_without_authority_is_of_the_one_its_facility_names(tmp_path, order):
    texts = [
        hl7("71^^^CHU^MR", 4.1, "LAB1"), hl7("71", 4.2, "LAB1"), hl7("71^^^CLINIC^MR", 4.3, "LAB2")
    ]  # fmt: skip
    found = patients(tmp_path / "a", *(texts[at] for at in order))
    assert found == ["CHU 71", "CHU 71", "CLINIC 71"]
    assert patients(tmp_path / "b", texts[0], texts[1]) == ["71", "71"]


NATIONAL = [
    cda({INS: MATRICULE, "1.2.3": "8"}, 4.1),
    cda({"1.2.4": "9", INS: MATRICULE}, 4.2),
    fhir(4.3, f"urn:oid:{INS}", number=f"{MATRICULE[:1]} {MATRICULE[1:]}"),
    hl7(f"9^^^LAB^MR~{MATRICULE}^^^ASIP-SANTE-INS-NIR&{INS}&ISO^INS", 4.4),
]
"""One person in four exports of four laboratories."""


def test_a_national_number_is_one_person_in_every_laboratory_and_reading(tmp_path):
    others = [cda({"1.2.3": "71"}, 4.5), cda({"1.2.4": "71"}, 4.6)]
    found = patients(tmp_path / "a", *NATIONAL, *others)
    assert found == [MATRICULE] * 4 + ["1.2.3 71", "1.2.4 71"]
    for at, text in enumerate(NATIONAL):
        assert patients(tmp_path / str(at), text) == [MATRICULE]
        assert patients(tmp_path / f"with {at}", text, mapping="authority") == [MATRICULE]


def test_the_nir_is_preferred_to_the_provisional_number():
    assert best([("9", INS_NIA), ("8", "1.2.3"), ("7", f"urn:oid:{INS}")]) == ("7", INS)
    assert best([("8", "1.2.3"), ("", INS)]) is None
    assert identity("", "1.2.3") is None


def test_two_servers_of_fhir_are_told_apart_by_their_addresses(tmp_path):
    def searched(server: str, value: float, subject: str) -> str:
        own = observation(value, subject={"reference": subject})
        entry = {"fullUrl": f"{server}/Observation/1", "resource": own}
        return json.dumps({"resourceType": "Bundle", "entry": [entry]})

    one = searched("https://a/fhir", 4.1, "Patient/71")
    other = searched("https://b/fhir", 4.2, "https://b/fhir/Patient/71")
    found = patients(tmp_path / "a", one, other)
    assert found == ["https://a/fhir 71", "https://b/fhir 71"]
    assert patients(tmp_path / "b", other) == ["71"]


def test_the_folder_and_the_panels_say_the_same_and_nothing_of_how_it_is_kept(tmp_path):
    path = tmp_path / "both.hl7"
    undated = hl7("71^^^CHU^MR", 4.3).replace("202401020815", "").replace("|20240102|", "||")
    texts = (hl7("71^^^CHU^MR", 4.1), hl7("71^^^CLINIC^MR", 4.2), undated)
    path.write_text("".join(texts), newline="")
    summary = read_folder(path, tmp_path / "out")
    written = pl.read_parquet(tmp_path / "out" / "results.parquet")
    assert written.select("patient_id", "report_id").rows() == [
        ("CHU 71", "CHU 71@20240102T081500"),
        ("CLINIC 71", "CLINIC 71@20240102T081500"),
        ("CHU 71", "CHU 71 4.3"),
    ]
    assert summary["reports"] == 3
    assert "given by 2 authorities (CHU, CLINIC)" in " ".join(summary["notices"])
    assert [panel.patient_id for panel in read_panels(path)] == ["CHU 71", "CLINIC 71", "CHU 71"]
    assert read(path)[0].equals(written)
    held = b"".join(file.read_bytes() for file in (tmp_path / "out").iterdir())
    assert "\ufdd0".encode() not in held
