"""FHIR: results withdrawn in words, and other fluids stated where no type of a specimen stands."""

import json
from typing import Any

import pytest


def observation(name: str, **more: Any) -> dict[str, Any]:
    stated = {
        "resourceType": "Observation", "id": f"o-{name}", "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "2823-3"}]},
        "subject": {"reference": f"Patient/{name}"}, "effectiveDateTime": "2026-03-02T08:00:00Z",
        "valueQuantity": {"value": 6.9, "unit": "mmol/L"}, **more,
    }  # fmt: skip
    return {key: value for key, value in stated.items() if value is not None}


def notes(*texts: str) -> dict[str, Any]:
    return {"note": [{"text": text} for text in texts]}


def tube(**more: Any) -> dict[str, Any]:
    return {"resourceType": "Specimen", "id": "s", "type": {"text": "Blood"}, **more}


OF_TUBE = {"specimen": {"reference": "Specimen/s"}}
ASKED = {"basedOn": [{"reference": "ServiceRequest/r"}]}
REQUEST = {"resourceType": "ServiceRequest", "id": "r", "status": "active", "intent": "order"}
REFUSED: dict[str, tuple[dict[str, Any], list[dict[str, Any]], str]] = {
    "note": (notes("Résultat annulé"), [], "cancelled"),
    "second-note": (notes("Hémolyse", "Annulé"), [], "cancelled"),
    "note-en": (notes("Entered in error, wrong patient"), [], "cancelled"),
    "note-name": (notes("Potassium cancelled due to haemolysis"), [], "cancelled"),
    "interpretation": ({"interpretation": [{"text": "Invalid"}]}, [], "cancelled"),
    "two-interpretations": (
        {"interpretation": [{"coding": [{"code": "N"}], "text": "Annulé"}]}, [], "cancelled"
    ),
    "absent": (
        {"dataAbsentReason": {"text": "Cancelled"}, "valueQuantity": None}, [], "cancelled"
    ),
    "absent-and-value": ({"dataAbsentReason": {"text": "Résultat annulé"}}, [], "contradiction"),
    "note-fluid": (notes("Specimen: ascites"), [], "other_specimen"),
    "note-fluid-fr": (notes("Dosé sur urines"), [], "other_specimen"),
    "method": ({"method": {"text": "Urine dipstick"}}, [], "other_specimen"),
    "site": ({"bodySite": {"text": "Bladder"}}, [], "other_specimen"),
    "tube-site": (OF_TUBE, [tube(collection={"bodySite": {"text": "Pleural cavity"}})],
                  "other_specimen"),
    "tube-note": (OF_TUBE, [tube(note=[{"text": "urine"}])], "other_specimen"),
    "request-name": (ASKED, [{**REQUEST, "code": {"text": "Urine potassium"}}], "other_specimen"),
    "request-tube": (ASKED, [{**REQUEST, "specimen": [{"reference": "Specimen/s"}]},
                             tube(type={"text": "CSF"})], "other_specimen"),
    "request-note": (ASKED, [{**REQUEST, "note": [{"text": "Urine des 24 h"}]}], "other_specimen"),
}  # fmt: skip
READ: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]] = {
    "nothing": ({}, []),
    "control": (notes("contrôle de la demande annulée du 3/5"), []),
    "denied": (notes("Résultat contrôlé, non annulé"), []),
    "other-analyte": (notes("Sodium annulé"), []),
    "normal": ({"interpretation": [{"coding": [{"code": "N"}], "text": "Normal"}]}, []),
    "infection": (notes("Infection urinaire"), []),
    "a-method": ({"method": {"text": "Liquid chromatography"}}, []),
    "an-arm": ({"bodySite": {"text": "Left arm"}}, []),
    "a-vein": (OF_TUBE, [tube(collection={"bodySite": {"text": "Antecubital vein"}})]),
    "a-note": (OF_TUBE, [tube(note=[{"text": "ECBU urine en cours"}])]),
    "request": (ASKED, [{**REQUEST, "code": {"text": "Potassium"}}]),
    "request-reason": (ASKED, [{**REQUEST, "reasonCode": [{"text": "infection urinaire"}]}]),
    "request-and-tube": ({**ASKED, **OF_TUBE}, [{**REQUEST, "code": {"text": "Urine"}}, tube()]),
}


@pytest.fixture(scope="module")
def of_each(read_of_each):
    """(rows, rejects) of each member, a Bundle of its own."""
    members = {name: (more, beside) for name, (more, beside, _) in REFUSED.items()}
    members |= {f"read-{name}": member for name, member in READ.items()}
    lines = []
    for name, (more, beside) in members.items():
        patient = {"resourceType": "Patient", "id": name, "gender": "male"}
        entries = [{"resource": one} for one in (patient, observation(name, **more), *beside)]
        lines.append(json.dumps({"resourceType": "Bundle", "entry": entries}))
    return read_of_each("\n".join(lines) + "\n", "a.ndjson")


@pytest.mark.parametrize("name", REFUSED)
def test_a_result_is_refused_with_the_reason(of_each, name):
    rows, rejects = of_each(name)
    assert rows.is_empty()
    assert rejects["code"].to_list() == [REFUSED[name][2]]


@pytest.mark.parametrize("name", READ)
def test_a_result_is_read(of_each, name):
    rows, rejects = of_each(f"read-{name}")
    assert rows["status"].to_list() == ["final"]
    assert rejects.is_empty()
