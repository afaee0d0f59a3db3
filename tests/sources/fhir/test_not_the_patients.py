"""What is no patient's, of another fluid's site, or stated in two ways is refused."""

import json
from pathlib import Path

import pytest

from hemoscribe.sources import read

PATIENT = {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1970-03-01"}
LOINC = "http://loinc.org"


def observation(number: int, **more: object) -> dict:
    return {
        "resourceType": "Observation",
        "id": f"o{number}",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": "2823-3", "display": "Potassium"}]},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": f"2024-03-04T08:{number % 60:02}:00+01:00",
        "valueQuantity": {"value": 4.0 + number / 100, "unit": "mmol/L"},
        **more,
    }


def codes_of(folder: Path, members: list[dict], *beside: dict) -> list[str]:
    """The code of each member's reject; one more Observation is read."""
    found = [observation(at, **more) for at, more in enumerate(members)]
    resources = [PATIENT, *beside, *found, observation(59)]
    entries = [{"resource": one} for one in resources]
    path = folder / "a.json"
    path.write_text(json.dumps({"resourceType": "Bundle", "entry": entries}), encoding="utf-8")
    rows, rejects = read([path])
    assert rows["value"].to_list() == [4.59], rows["value"].to_list()
    assert all(message.endswith(".") for message in rejects["message"])
    return rejects["code"].to_list()


def test_a_subject_that_is_no_patient_is_refused(tmp_path):
    kinds = ["Device", "Group", "Location", "Substance", "Medication", "Procedure"]
    subjects: list[dict] = [{"reference": f"{kind}/x1"} for kind in kinds]
    subjects += [{"reference": f"http://h/fhir/{kind}/x1"} for kind in kinds]
    subjects += [{"reference": f"{kind}/x1/_history/2"} for kind in kinds]
    subjects += [{"type": kind, "display": "C8000"} for kind in kinds]
    subjects += [{"reference": "urn:uuid:1"}]
    device = {"resourceType": "Device", "id": "u"}
    path = tmp_path / "a.json"
    members = [{"subject": one} for one in subjects]
    found = [{"resource": observation(at, **more)} for at, more in enumerate(members)]
    entries = [{"resource": PATIENT}, {"fullUrl": "urn:uuid:1", "resource": device}, *found]
    entries += [{"resource": observation(59)}]
    path.write_text(json.dumps({"resourceType": "Bundle", "entry": entries}), encoding="utf-8")
    rows, rejects = read([path])
    assert rows["value"].to_list() == [4.59]
    assert rejects["code"].to_list() == ["no_patient"] * len(subjects)


PATIENTS = [
    {"reference": "Patient/p1"}, {"type": "Patient", "reference": "Patient/p1"},
    {"reference": "http://h/Patient/p1"}, {"reference": "Patient/p1/_history/1"},
]  # fmt: skip


@pytest.mark.parametrize("subject", PATIENTS)
def test_a_patient_is_read(tmp_path, subject):
    assert codes_of(tmp_path, []) == []
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    path = tmp_path / "b.json"
    path.write_text(text.replace(json.dumps({"reference": "Patient/p1"}), json.dumps(subject)))
    assert read([path])[0].height == 1


def test_another_focus_than_the_subject_is_refused(tmp_path):
    names = ["Patient/donor", "RelatedPerson/r1", "Device/d1", "Patient/fetus", "Specimen/s9"]
    members = [{"focus": [{"reference": name}]} for name in names]
    members += [{"focus": [{"display": name}]} for name in ("Foetus", "Donor", "Mother", "Pump")]
    assert codes_of(tmp_path, members) == ["negated"] * len(members)


def test_a_focus_that_is_the_subject_is_read(tmp_path):
    one = observation(1, focus=[{"reference": "Patient/p1"}])
    path = tmp_path / "a.json"
    entries = [{"resource": PATIENT}, {"resource": one}]
    path.write_text(json.dumps({"resourceType": "Bundle", "entry": entries}), encoding="utf-8")
    assert read([path])[0].height == 1


SITES = [
    "Pleural fluid", "Pleural cavity", "Pleural cavity structure", "Peritoneal cavity",
    "Urinary bladder", "Knee joint", "CSF", "Cerebrospinal fluid", "Liquide pleural",
    "Liquide d'ascite", "Synovial fluid", "Amniotic fluid",
]  # fmt: skip


def test_a_body_site_of_another_fluid_is_refused(tmp_path):
    members: list[dict] = [{"bodySite": {"text": one}} for one in SITES]
    members += [{"bodySite": {"coding": [{"code": "1", "display": one}]}} for one in SITES]
    members += [{"bodySite": {"text": SITES[0]}, "specimen": {"reference": "Specimen/s"}}]
    serum = {"resourceType": "Specimen", "id": "s", "type": {"text": "Serum"}}
    assert codes_of(tmp_path, members, serum) == ["other_specimen"] * len(members)


def test_a_site_of_collection_of_another_fluid_is_refused(tmp_path):
    tubes = [
        {"resourceType": "Specimen", "id": f"s{at}", **kind, "collection": {"bodySite": site}}
        for at, one in enumerate(SITES)
        for site, kind in [({"text": one}, {}) if at % 2 else ({"coding": [{"display": one}]},
                           {"type": {"text": "Serum"}})]
    ]  # fmt: skip
    members = [{"specimen": {"reference": f"Specimen/s{at}"}} for at in range(len(SITES))]
    assert codes_of(tmp_path, members, *tubes) == ["other_specimen"] * len(members)


@pytest.mark.parametrize("site", ["Arm", "Left antecubital fossa", "Vein", "Bras gauche", "Heel"])
def test_where_blood_is_drawn_is_no_other_fluid(tmp_path, site):
    tube = {"resourceType": "Specimen", "id": "s", "type": {"text": "Serum"},
            "collection": {"bodySite": {"text": site}}}  # fmt: skip
    one = observation(1, bodySite={"text": site}, specimen={"reference": "Specimen/s"})
    path = tmp_path / "a.json"
    entries = [{"resource": two} for two in (PATIENT, tube, one)]
    path.write_text(json.dumps({"resourceType": "Bundle", "entry": entries}), encoding="utf-8")
    assert read([path])[0].height == 1


CONTROLS = [
    {"condition": [{"text": "Control specimen"}]}, {"condition": [{"text": "QC"}]},
    {"condition": [{"coding": [{"code": "X", "display": "Quality control"}]}]},
    {"note": [{"text": "QC"}]}, {"note": [{"text": "Control specimen"}]},
    {"note": [{"text": "Contrôle de qualité"}]}, {"note": [{"text": "CIQ"}]},
    {"note": [{"text": "Échantillon de contrôle"}]}, {"note": [{"text": "Calibrator"}]},
    {"role": [{"coding": [{"code": "Q"}]}]}, {"role": [{"coding": [{"code": "C"}]}]},
    {"type": {"text": "Control serum"}}, {"type": {"text": "Sérum de contrôle"}},
]  # fmt: skip


def test_a_control_is_of_no_known_specimen(tmp_path):
    tubes = [
        {"resourceType": "Specimen", "id": f"s{at}", "type": {"text": "Serum"}, **one}
        for at, one in enumerate(CONTROLS)
    ]
    members = [{"specimen": {"reference": f"Specimen/s{at}"}} for at in range(len(CONTROLS))]
    assert codes_of(tmp_path, members, *tubes) == ["unknown_specimen"] * len(members)


def coded(*codes: str) -> dict:
    return {"code": {"coding": [{"system": LOINC, "code": code} for code in codes]}}


def test_two_codes_of_which_one_is_not_of_blood_contradict(tmp_path):
    others = ["2828-2", "2829-0", "5811-5", "99999-9", "12812-4"]
    members = [coded("2823-3", other) for other in others]
    members += [coded(other, "2823-3") for other in others]
    assert codes_of(tmp_path, members) == ["contradiction"] * len(members)


TWO_UNITS = [
    ("mmol/L", "umol/L"), ("g/L", "g/dL"), ("mg/dL", "mg/L"), ("mmol/L", "mg/dL"),
    ("g/dL", "mmol/L"), ("10*9/L", "10*6/L"), ("ug/L", "mg/L"), ("%", "1"), ("ng/mL", "ng/L"),
    ("nmol/L", "pmol/L"),
]  # fmt: skip
ONE_UNIT = [
    ("mmol/l", "mmol/L"), ("mEq/L", "mmol/L"), ("mM", "mmol/L"), ("millimole", "mmol/L"),
    ("mmol/L", "mmol/L"), ("meq/L", "mmol/L"), ("mmol / L", "mmol/L"),
]  # fmt: skip


@pytest.mark.parametrize("system", [{"system": "http://unitsofmeasure.org"}, {}])
def test_a_unit_of_two_sizes_is_a_contradiction(tmp_path, system):
    members = [
        {"valueQuantity": {"value": 4.1, "unit": unit, "code": code, **system}}
        for unit, code in [*TWO_UNITS, *(pair[::-1] for pair in TWO_UNITS)]
    ]
    assert codes_of(tmp_path, members) == ["contradiction"] * len(members)


@pytest.mark.parametrize(("unit", "code"), ONE_UNIT)
def test_a_unit_spelt_in_two_ways_is_read(tmp_path, unit, code):
    quantity = {"value": 4.1, "unit": unit, "code": code, "system": "http://unitsofmeasure.org"}
    path = tmp_path / "a.json"
    entries = [{"resource": PATIENT}, {"resource": observation(1, valueQuantity=quantity)}]
    path.write_text(json.dumps({"resourceType": "Bundle", "entry": entries}), encoding="utf-8")
    assert read([path])[0]["value"].to_list() == [4.1]


@pytest.mark.parametrize(("unit", "code"), TWO_UNITS)
def test_a_range_of_two_units_is_left_out(tmp_path, unit, code):
    limits = {
        name: {"value": value, "unit": unit, "code": code} for name, value in (("low", 3),
        ("high", 5))
    }  # fmt: skip
    path = tmp_path / "a.json"
    entries = [{"resource": PATIENT}, {"resource": observation(1, referenceRange=[limits])}]
    path.write_text(json.dumps({"resourceType": "Bundle", "entry": entries}), encoding="utf-8")
    assert read([path])[0].select("low", "high").rows() == [(None, None)]
