"""What FHIR servers send beside one value and one range: one claim a test."""

import json

import pytest

from hemoscribe.errors import SourceError
from hemoscribe.sources import read
from hemoscribe.sources.intake import read_all

PATIENT = {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1970-03-01"}


def observation(name: str, value: float | None, unit: str | None = None, **more: object) -> dict:
    found = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": name},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2024-03-04T08:12:00+01:00",
        **more,
    }
    return found if value is None else found | {"valueQuantity": {"value": value, "unit": unit}}


def bundle(*resources: dict) -> str:
    entries = [{"resource": resource} for resource in resources]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries})


def span(low: float, high: float, **more: object) -> dict:
    return {"low": {"value": low}, "high": {"value": high}, **more}


def concept(code: str) -> dict:
    return {"coding": [{"code": code}]}


WOMEN = {"appliesTo": [concept("248152002")]}
MEN = {"appliesTo": [{"text": "Male"}]}
CHILDREN = {"age": {"high": {"value": 15, "code": "a"}}}
ADULTS = {"age": {"low": {"value": 15, "unit": "years"}}}


@pytest.mark.parametrize(
    ("ranges", "wanted"),
    [
        ([span(1, 2, **MEN), span(3, 4, **WOMEN)], (3.0, 4.0)),
        ([span(1, 2, **CHILDREN), span(3, 4, **ADULTS)], (3.0, 4.0)),
        ([span(1, 2), span(3, 4, **WOMEN)], (3.0, 4.0)),
        ([span(1, 2), span(3, 4, appliesTo=[concept("77386006")])], (1.0, 2.0)),
        ([span(1, 2, type=concept("critical")), span(3, 4, type=concept("normal"))], (3.0, 4.0)),
        ([span(1, 2, type={"text": "therapeutic"})], (None, None)),
        ([span(1, 2), span(3, 4)], (None, None)),
        ([span(1, 2, **MEN)], (None, None)),
        ([{"text": "3,5 à 5,1 mmol/L"}], (3.5, 5.1)),
        ([{"low": {"value": 63, "unit": "mg/dL"}, "high": {"value": 110, "unit": "mg/dL"}}],
         (None, None)),
    ],
)  # fmt: skip
def test_the_range_is_the_patient_s(export, ranges, wanted):
    potassium = observation("K", 3.9, "mmol/L", referenceRange=ranges)
    rows, _ = read(export(bundle(PATIENT, potassium)))
    assert rows.select("low", "high").row(0) == wanted


def test_a_range_for_a_sex_that_is_not_known_is_none(export):
    ranges = [span(1, 2, **MEN), span(3, 4, **WOMEN)]
    rows, _ = read(export(bundle(observation("K", 3.9, "mmol/L", referenceRange=ranges))))
    assert rows.select("low", "high").row(0) == (None, None)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 80}}}, "a ratio"),
        ({"valueRange": {"low": {"value": 3}, "high": {"value": 5}}}, "a range"),
        ({"valueSampledData": {"data": "1 2 3"}}, "a series of samples"),
        ({"valueAttachment": {"contentType": "application/pdf"}}, "an attached document"),
        ({"valueReference": {"reference": "MolecularSequence/1"}}, "a reference to another"),
        ({"valueMoney": {"value": 3}}, "a value of another kind (valueMoney)"),
        ({"valuePeriod": {"start": "2024"}}, "A date or time is no quantity"),
        ({"valueString": "3", "valueInteger": 3}, "two values, valueString and valueInteger"),
    ],
)
def test_values_that_are_no_quantity_are_refused_by_name(export, value, said):
    text = bundle(observation("K", None) | value, observation("Na", 140, "mmol/L"))
    rows, rejects = read(export(text))
    assert (rows["analyte"].to_list(), rejects["code"].to_list()) == (["sodium"], ["not_a_number"])
    assert said in rejects["message"][0]


def test_r5_is_recognised_and_read(export):
    newer = observation("K", 4.1, "mmol/L", triggeredBy=[{"type": "reflex"}])
    attached = observation("Image", None) | {"valueAttachment": {"title": "film"}}
    grouped = observation("Panel", None) | {"organizer": True, "hasMember": [{"reference": "x"}]}
    path = export(bundle(newer, attached, grouped))
    rows, rejects, notices = read_all([path])
    assert (rows["analyte"].to_list(), rejects.height) == (["potassium"], 1)
    assert any("FHIR R5 (triggeredBy)" in one for one in notices.sentences)


def test_a_modifier_extension_is_not_overlooked(export):
    modified = observation("K", 4.1, "mmol/L", modifierExtension=[{"url": "http://x/negated"}])
    ruled = observation("Na", 140, "mmol/L", implicitRules="http://x/rules")
    rows, rejects = read(export(bundle(modified, ruled, observation("Ca", 2.3, "mmol/L"))))
    assert (rows["analyte"].to_list(), rejects["code"].to_list()) == (
        ["calcium"],
        ["negated", "negated"],
    )
    assert "http://x/negated" in rejects["message"][0]


def test_what_is_contained_belongs_to_what_contains_it(export):
    def report(name: str, gender: str, value: float) -> dict:
        return {
            "resourceType": "DiagnosticReport",
            "id": name,
            "conclusion": f"Comment {name}.",
            "subject": {"reference": "#p"},
            "effectiveDateTime": "2024-03-04",
            "result": [{"reference": "#o"}],
            "contained": [
                {"resourceType": "Patient", "id": "p", "gender": gender,
                 "identifier": [{"value": f"number {name}"}]},
                {k: v for k, v in observation("K", value, "mmol/L", id="o").items()
                 if k not in ("subject", "effectiveDateTime")},
            ],
        }  # fmt: skip

    rows, _ = read(export(bundle(report("a", "female", 4.1), report("b", "male", 5.2))))
    assert rows.select("patient_id", "sex", "value", "comment").rows() == [
        ("number a", "F", 4.1, "Comment a."),
        ("number b", "M", 5.2, "Comment b."),
    ]


def test_bundles_in_bundles_and_urns_are_followed(export):
    inner = json.loads(bundle(observation("K", 4.1, "mmol/L", subject={"reference": "urn:uuid:1"})))
    inner["entry"].append({"fullUrl": "urn:uuid:1", "resource": PATIENT})
    rows, _ = read(export(bundle(inner)))
    assert rows.select("patient_id", "sex").rows() == [("p1", "F")]


def test_a_withdrawn_report_takes_its_results_with_it(export):
    report = {
        "resourceType": "DiagnosticReport",
        "status": "entered-in-error",
        "result": [{"reference": "Observation/o1"}],
    }
    rows, _ = read(export(bundle(report, observation("K", 4.1, "mmol/L", id="o1"))))
    assert rows["status"].to_list() == ["cancelled"]


@pytest.mark.parametrize(
    ("status", "read_as"),
    [("amended", "corrected"), ("corrected", "corrected"), ("registered", "preliminary"),
     ("entered-in-error", "cancelled"), ("final", "final")],
)  # fmt: skip
def test_every_status(export, status, read_as):
    rows, _ = read(export(bundle(observation("K", 4.1, "mmol/L", status=status))))
    assert rows["status"].to_list() == [read_as]


def test_why_a_value_is_absent_is_said(export):
    absent = observation("Na", None) | {"dataAbsentReason": {"coding": [{"display": "Clotted"}]}}
    _, rejects = read(export(bundle(absent, observation("K", 4.1, "mmol/L"))))
    assert rejects["message"].to_list() == ["The result has no value: Clotted."]


def test_bulk_specimens_beside_the_results_are_looked_up(tmp_path):
    lines = [
        json.dumps(observation("Glucose", 5.1, "mmol/L", specimen={"reference": "Specimen/s1"})),
        json.dumps(observation("K", 4.1, "mmol/L", specimen={"reference": "Specimen/s2"})),
    ]
    specimens = [
        {"resourceType": "Specimen", "id": "s1", "type": {"text": "Urine"}},
        {"resourceType": "Specimen", "id": "s2", "type": {"text": "Serum"}},
    ]
    (tmp_path / "Observation.ndjson").write_text("\n".join(lines) + "\n")
    (tmp_path / "Specimen.ndjson").write_text("\n".join(map(json.dumps, specimens)) + "\n")
    rows, rejects = read(tmp_path / "Observation.ndjson")
    assert rows["analyte"].to_list() == ["potassium"]
    assert rejects["message"].to_list() == ["A result of Urine; only blood is read."]
    assert read(tmp_path)[0].height == 1


def test_a_file_without_observations_says_what_it_holds(export):
    text = bundle({"resourceType": "MedicationRequest"}, {"resourceType": "MedicationRequest"})
    with pytest.raises(SourceError, match=r"MedicationRequest: no Observation.*\(2 in the file\)"):
        read(export(text))


def test_xml_keeps_values_that_carry_extensions(export):
    text = (
        '<Observation xmlns="http://hl7.org/fhir"><!-- a note --><status value="final"/>'
        '<code><text value="K"/></code><subject><reference value="Patient/1"/></subject>'
        '<valueQuantity><value value="4.10"><extension url="x"><valueString value="y"/>'
        '</extension></value><unit value="mmol/L"/></valueQuantity></Observation>'
    )
    rows, _ = read(export(text, "o.xml"))
    assert rows.select("reported_value", "patient_id").rows() == [("4.10", "1")]
    modified = text.replace("<status", '<modifierExtension url="http://x/not"/><status')
    with pytest.raises(SourceError, match=r"modifier extension \(http://x/not\)"):
        read(export(modified, "o.xml"))
