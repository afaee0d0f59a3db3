import json
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemoscribe.errors import SourceError
from hemoscribe.sources import read, read_panels
from hemoscribe.sources.batches import Notices
from hemoscribe.sources.exports import exports
from hemoscribe.sources.fhir.resources import read as read_documents
from hemoscribe.sources.mapping import Mapping

PATIENT = {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1970-03-01"}


def observation(name: str, value: object, unit: str | None = None, **more: object) -> dict:
    found = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": name},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2024-03-04T08:12:00+01:00",
        **more,
    }
    if isinstance(value, str):
        found["valueString"] = value
    elif value is not None:
        found["valueQuantity"] = {"value": value, "unit": unit}
    return found


def bundle(*resources: dict) -> str:
    return json.dumps(
        {
            "resourceType": "Bundle",
            "type": "collection",
            "entry": [{"resource": r} for r in resources],
        }
    )


def test_a_bundle_of_a_patient_a_report_and_its_results(export):
    hb = observation(
        "Hb", 10.2, "g/dL", id="o1", interpretation=[{"coding": [{"code": "L"}]}],
        referenceRange=[
            {"type": {"coding": [{"code": "critical"}]}, "low": {"value": 5}},
            {"low": {"value": 12.0}, "high": {"value": 16.0}},
        ],
    )  # fmt: skip
    report = {
        "resourceType": "DiagnosticReport", "id": "r1", "result": [{"reference": "Observation/o1"}],
        "conclusion": "Anaemia.", "performer": [{"reference": "Organization/l", "display": "Lab"}],
    }  # fmt: skip
    rows, rejects = read(export(bundle(PATIENT, report, hb)))
    assert rejects.height == 0
    row = rows.row(0, named=True)
    assert (row["patient_id"], row["sex"], round(row["age_years"], 1)) == ("p1", "F", 54.0)
    assert row["collected_at"] == datetime(2024, 3, 4, 8, 12)
    assert (row["value"], row["low"], row["high"], row["laboratory_flag"]) == (
        10.2,
        12.0,
        16.0,
        "L",
    )
    assert (row["comment"], row["laboratory"]) == ("Anaemia.", "Lab")


def test_numbers_keep_the_text_of_the_file(export):
    text = bundle(observation("K", 4.1, "mmol/L")).replace("4.1", "4.10")
    assert read(export(text))[0]["reported_value"].to_list() == ["4.10"]


def test_components_members_and_absent_values(export):
    components = observation("Iron studies", None) | {
        "component": [
            {"code": {"text": "Ferritin"}, "valueQuantity": {"value": 12, "unit": "ug/L"}},
            {
                "code": {"text": "Iron"},
                "valueQuantity": {"value": 5, "comparator": "<", "unit": "umol/L"},
            },
        ]
    }
    panel = observation("Panel", None) | {"hasMember": [{"reference": "Observation/o1"}]}
    absent = observation("Na", None) | {"dataAbsentReason": {"text": "not done"}}
    rows, rejects = read(export(bundle(components, panel, absent)))
    assert rows.select("analyte", "value", "comparator").rows() == [
        ("ferritin", 12.0, None),
        ("iron", 5.0, "<"),
    ]
    assert rejects.select("place", "code").rows() == [("document 1, entry 3", "no_value")]


def test_a_specimen_that_is_not_blood_is_said(export):
    urine = {"resourceType": "Specimen", "id": "s1", "type": {"text": "Urine"}}
    glucose = observation("Glucose", 5.1, "mmol/L", specimen={"reference": "Specimen/s1"})
    rows, rejects = read(export(bundle(PATIENT, urine, glucose, observation("K", 4.1, "mmol/L"))))
    assert rows["analyte"].to_list() == ["potassium"]
    assert rejects["message"].to_list() == ["A result of Urine; only blood is read."]


def test_bulk_ndjson_finds_its_patients_beside_it(tmp_path):
    lines = [
        json.dumps(observation("K", 4.1, "mmol/L")),
        "{broken",
        json.dumps(observation("Na", 140, "mmol/L")),
    ]
    (tmp_path / "Observation.ndjson").write_text("\n".join(lines) + "\n")
    (tmp_path / "Patient.ndjson").write_text(
        json.dumps(PATIENT) + "\n" + json.dumps(PATIENT) + "\n"
    )
    rows, rejects = read(tmp_path / "Observation.ndjson")
    assert rows.select("analyte", "sex").rows() == [("potassium", "F"), ("sodium", "F")]
    assert rejects.select("place", "code").rows() == [("line 2", "unreadable")]


def test_a_single_observation_makes_a_panel(export):
    (panel,) = read_panels(export(json.dumps(observation("Hb", 10.2, "g/dL"), indent=1)))
    assert [(r.analyte, r.value, r.unit) for r in panel.results] == [("Hb", "10.2", "g/dL")]


def test_the_published_blood_count_in_json_and_in_xml(shared_data):
    json_rows, json_rejects = read(
        shared_data / "fhir" / "r4-diagnosticreport-example-cbc-bundle.json"
    )
    xml_rows, xml_rejects = read(shared_data / "fhir" / "diagnosticreport-example.xml")
    assert json_rows.equals(xml_rows)
    assert (json_rows.height, json_rejects.height, xml_rejects.height) == (17, 0, 0)
    by = {row["analyte"]: row for row in json_rows.iter_rows(named=True)}
    assert (by["hemoglobin"]["value"], by["hemoglobin"]["low"]) == (17.6, 13.5)
    assert (by["neutrophils"]["value"], by["neutrophils"]["laboratory_flag"]) == (0.9, "LL")
    assert by["neutrophils_pct"]["value"] == 20.0


def test_the_other_published_observations(shared_data):
    rows, rejects = read(shared_data / "fhir" / "observation-example-f001-glucose.xml")
    assert rows.select("analyte", "value", "low", "high").row(0) == ("glucose", 6.3, 3.1, 6.2)
    assert rejects.height == 0


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            '{"resourceType": "Observation", "a": ' + "[" * 100_000,
            "nested too deeply|not valid JSON",
        ),
        (
            '{"resourceType": "Observation", "valueQuantity": {"value": NaN}}',
            "NaN is no JSON number",
        ),
        ('<Bundle xmlns="http://hl7.org/fhir"><entry>', "not valid XML"),
        (
            '<!DOCTYPE a [<!ENTITY b "c">]><Bundle xmlns="http://hl7.org/fhir">&b;</Bundle>',
            "declares entities",
        ),
    ],
)
def test_hostile_documents_are_one_sentence(export, text, sentence):
    with pytest.raises(SourceError, match=sentence):
        read(export(text), format="fhir")


def test_a_number_beyond_all_bounds_is_a_reject(export):
    text = bundle(observation("K", 4.1, "mmol/L"), observation("Na", 7, "mmol/L")).replace(
        "7,", "1e400,"
    )
    rows, rejects = read(export(text))
    assert (rows.height, rejects["code"].to_list()) == (1, ["not_a_number"])


FIELDS = (
    "code coding valueQuantity value component subject reference text referenceRange low "
    "interpretation status contained result note"
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(FIELDS.split()), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(inside=st.dictionaries(st.sampled_from(["code", "valueQuantity", "component", "subject",
       "referenceRange", "interpretation", "contained", "note", "effectivePeriod", "specimen",
       "valueCodeableConcept", "hasMember"]), json_values, max_size=6))  # fmt: skip
def test_any_shape_of_observation_is_rows_or_rejects(tmp_path_factory, inside):
    path = tmp_path_factory.mktemp("fuzz") / "x.json"
    path.write_text(json.dumps({"resourceType": "Observation", **inside}))
    (export,) = exports([path])
    batches = list(read_documents(export, Mapping(), Notices()))
    assert all(batch.reported.height + batch.rejects.height <= 50 for batch in batches)
