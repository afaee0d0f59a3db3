"""Who asked for a result, for where, and with what it was made: carried as FHIR states it."""

import json
from datetime import datetime

import pytest

from hemoscribe.sources import read

REQUEST = {
    "resourceType": "ServiceRequest", "id": "q", "authoredOn": "2024-03-03T16:00:00Z",
    "requester": {"reference": "PractitionerRole/z"}, "reasonCode": [{"text": "Asthénie."}],
    "note": [{"text": "Sous fer."}], "encounter": {"reference": "Encounter/e"},
}  # fmt: skip
BESIDE = [
    REQUEST,
    {"resourceType": "PractitionerRole", "id": "z",
     "practitioner": {"reference": "Practitioner/y"}},
    {"resourceType": "Practitioner", "id": "y", "name": [{"family": "Presc", "given": ["Zoé"]}]},
    {"resourceType": "Practitioner", "id": "b", "name": [{"text": "Dr Bio"}]},
    {"resourceType": "Organization", "id": "l", "name": "Labo des Charmes"},
    {"resourceType": "Location", "id": "w", "name": "Réa 2"},
    {"resourceType": "Encounter", "id": "e",
     "location": [{"location": {"reference": "Location/w"}}]},
    {"resourceType": "Device", "id": "d", "deviceName": [{"name": "Auto 9"}]},
    {"resourceType": "Specimen", "id": "s",
     "type": {"coding": [{"code": "SER", "display": "Serum"}]},
     "accessionIdentifier": {"value": "T5"}, "identifier": [{"value": "order-5"}],
     "collection": {"collectedDateTime": "2024-03-04T07:30:00Z"}},
]  # fmt: skip


def observation(**more: object) -> dict:
    return {
        "resourceType": "Observation", "id": "o", "status": "final", "code": {"text": "Potassium"},
        "subject": {"reference": "Patient/p1"}, "valueQuantity": {"value": 4.1, "unit": "mmol/L"},
        **more,
    }  # fmt: skip


def read_one(export, *resources: dict) -> dict:
    entries = [{"resource": one} for one in resources]
    rows, _ = read(export(json.dumps({"resourceType": "Bundle", "entry": entries})))
    return rows.row(0, named=True)


STATED = {
    "specimen": {"reference": "Specimen/s"}, "basedOn": [{"reference": "ServiceRequest/q"}],
    "device": {"reference": "Device/d"}, "method": {"coding": [{"display": "ISE"}]},
    "note": [{"text": "Vu.", "authorReference": {"reference": "Practitioner/b"}}],
}  # fmt: skip


@pytest.mark.parametrize("level", ["result", "panel", "report"])
def test_it_is_found_at_the_result_and_at_what_groups_it(export, level):
    of = {name: (STATED if name == level else {}) for name in ("result", "panel", "report")}
    one = observation(**of["result"])
    members = [{"reference": "Observation/o"}]
    panel = {**observation(), "id": "b", "hasMember": members, **of["panel"]}
    del panel["valueQuantity"]
    report = {
        "resourceType": "DiagnosticReport", "id": "r", "status": "final",
        "result": [{"reference": "Observation/b"}], "performer": [{"reference": "Organization/l"}],
        **of["report"],
    }  # fmt: skip
    row = read_one(export, *BESIDE, one, panel, report)
    assert (row["specimen"], row["sample_id"]) == ("Serum", "T5")
    assert (row["requester"], row["requested_at"]) == ("Presc Zoé", datetime(2024, 3, 3, 16))
    assert (row["ward"], row["clinical_note"]) == ("Réa 2", "Asthénie. Sous fer.")
    assert (row["instrument"], row["method"]) == ("Auto 9", "ISE")
    assert (row["comment"], row["comment_author"]) == ("Vu.", "Dr Bio")
    assert row["collected_at"] == datetime(2024, 3, 4, 7, 30)
    assert row["laboratory"] == "Labo des Charmes"


def test_who_concluded_is_the_author_of_the_conclusion(export):
    report = {
        "resourceType": "DiagnosticReport", "id": "r", "status": "final", "conclusion": "Low.",
        "result": [{"reference": "Observation/o"}], "resultsInterpreter": [{"display": "Dr C"}],
    }  # fmt: skip
    row = read_one(export, observation(), report)
    assert (row["comment"], row["comment_author"]) == ("Low.", "Dr C")
    silent = {**report, "conclusion": None}
    assert read_one(export, observation(), silent)["comment_author"] is None


def test_times_are_taken_from_the_nearest_and_release_comes_last(export):
    report = {
        "resourceType": "DiagnosticReport", "id": "r", "status": "final",
        "result": [{"reference": "Observation/o"}], "effectiveDateTime": "2024-03-02",
    }  # fmt: skip
    issued = {"issued": "2024-03-09T10:00:00Z"}
    serum = {"specimen": {"reference": "Specimen/s"}}
    own = {"effectivePeriod": {"start": "2024-03-01"}}
    for more, wanted in (
        (issued | serum | own, datetime(2024, 3, 1)),
        (issued | serum, datetime(2024, 3, 4, 7, 30)),
        (issued, datetime(2024, 3, 2)),
    ):
        assert read_one(export, *BESIDE, observation(**more), report)["collected_at"] == wanted
    del report["effectiveDateTime"]
    late = read_one(export, observation(**issued), report)
    assert late["collected_at"] == datetime(2024, 3, 9, 10)
