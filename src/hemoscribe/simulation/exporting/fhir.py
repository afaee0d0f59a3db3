"""A laboratory's printed rows as FHIR R4 Bundles: NDJSON, or one JSON or XML file a report."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from hemoscribe.records import Language
from hemoscribe.simulation.exporting.printout import OfFluid, Printout, Row, by_fluid
from hemoscribe.simulation.other_fluids import Fluid
from hemoscribe.simulation.other_fluids import blood as said_of_blood

_NUMBER = re.compile(r"^[<>]?\d+(\.\d+)?$")
_COMPARATOR = re.compile(r"^([<>])(.+)$")
_LOINC = "http://loinc.org"
_SNOMED = "http://snomed.info/sct"
_UCUM = "http://unitsofmeasure.org"
_NAMESPACE = "http://hl7.org/fhir"
_TITLES = {"en": "Laboratory report", "fr": "Biologie"}
_QUANTITY = ("value", "comparator", "unit", "system", "code")  # XML has elements in this order
_PANEL, _REPORT = 1, 2  # ways to state a fluid; in the other, each result states it


def write_ndjson(printout: Printout, folder: Path) -> int:
    """One file, one collection Bundle a line."""
    newline = printout.laboratory.newline
    lines = [
        json.dumps(_bundle(printout, about, results, comment), ensure_ascii=False)
        for about, results, comment in printout.reports()
    ]
    return printout.write_text(folder, newline.join(lines) + newline)


def write_json(printout: Printout, folder: Path) -> int:
    """A JSON file for each report."""
    return sum(
        printout.write_text(
            folder,
            json.dumps(_bundle(printout, about, results, comment), ensure_ascii=False, indent=2),
            about,
        )
        for about, results, comment in printout.reports()
    )


def write_xml(printout: Printout, folder: Path) -> int:
    """An XML file for each report."""
    return sum(
        printout.write_text(folder, _xml(_bundle(printout, about, results, comment)), about)
        for about, results, comment in printout.reports()
    )


def _xml(resource: Row) -> str:
    """A resource as FHIR's XML: values as attributes, a list as elements of one name."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines += _element(resource["resourceType"], resource, f' xmlns="{_NAMESPACE}"')
    return "\n".join(lines) + "\n"


def _element(name: str, value: Any, attributes: str = "") -> list[str]:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [line for item in value for line in _element(name, item)]
    if not isinstance(value, dict):
        return [f"<{name} value={quoteattr(str(value))}/>"]
    inner = [
        line
        for key, item in _in_order(value)
        if key != "resourceType"
        for line in (
            ["<resource>", *_element(item["resourceType"], item), "</resource>"]
            if key == "resource"
            else _element(key, item)
        )
    ]
    return [f"<{name}{attributes}>", *inner, f"</{name}>"]


def _in_order(value: dict[str, Any]) -> list[tuple[str, Any]]:
    """Fields as the schema orders them, where that is not how JSON was written."""
    if "comparator" in value:
        return [(name, value[name]) for name in _QUANTITY]
    return sorted(value.items(), key=lambda field: field[0] == "referenceRange")


def _bundle(
    printout: Printout, about: Row, results: Sequence[Row], comment: str | None
) -> dict[str, Any]:
    """Patient, DiagnosticReport and its Observations, as JSON has them."""
    patient = {
        "resourceType": "Patient",
        "id": about["patient_id"],
        "name": [{"family": about["family_name"], "given": [about["given_name"]]}],
        "telecom": [{"system": "phone", "value": about["phone"]}],
        "gender": about["sex"],
        "birthDate": about["birth_date"],
    }
    blood, others = by_fluid(results)
    observations = [
        _observation(printout, f"{about['report_id']}-{number}", about, row)
        for number, row in enumerate(blood, start=1)
    ]
    report = _report(printout, about, about["report_id"], observations)
    if comment:
        report["conclusion"] = comment
    if others and all(one.way == _REPORT for one in others):  # it holds results of blood alone
        report["specimen"] = [{"display": str(said_of_blood()[printout.laboratory.language])}]
    beside = [resource for one in others for resource in _of_fluid(printout, about, one, report)]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": one} for one in (patient, report, *observations, *beside)],
    }


def _report(
    printout: Printout, about: Row, identifier: str, observations: Sequence[Row]
) -> dict[str, Any]:
    return {
        "resourceType": "DiagnosticReport",
        "id": identifier,
        "status": "final",
        "code": {"text": _TITLES[printout.laboratory.language]},
        "subject": _subject(about),
        "effectiveDateTime": about["collected_at"],
        "performer": [{"reference": "Organization/lab", "display": printout.laboratory.title}],
        "result": [_reference(one) for one in observations],
    }


def _of_fluid(
    printout: Printout, about: Row, one: OfFluid, report: dict[str, Any]
) -> list[dict[str, Any]]:
    """The resources of a fluid: each result states its specimen, or only its panel or report does.

    ``report`` holds them too, where it is not the fluid's own that does.
    """
    name = f"{about['report_id']}-{one.fluid.id}"
    specimen = _specimen(one.fluid, name, about, printout.laboratory.language)
    observations = [
        _observation(printout, f"{name}-{number}", about, row)
        for number, row in enumerate(one.results, start=1)
    ]
    stated = _reference(specimen)
    if one.way == _REPORT:
        own = _report(printout, about, name, observations)
        return [{**own, "specimen": [stated]}, *observations, specimen]
    if one.way == _PANEL:
        panel = {
            "resourceType": "Observation",
            "id": f"{name}-panel",
            "status": "final",
            "code": {"text": _TITLES[printout.laboratory.language]},
            "subject": _subject(about),
            "effectiveDateTime": about["collected_at"],
            "specimen": stated,
            "hasMember": [_reference(member) for member in observations],
        }
        report["result"].append(_reference(panel))
        return [panel, *observations, specimen]
    observations = [{**member, "specimen": stated} for member in observations]
    report["result"] += [_reference(member) for member in observations]
    return [*observations, specimen]


def _specimen(fluid: Fluid, name: str, about: Row, language: Language) -> dict[str, Any]:
    """A Specimen whose type is coded in SNOMED CT, or has the words alone."""
    coding = [{"system": _SNOMED, "code": fluid.snomed}] if fluid.snomed else []
    kind = {**({"coding": coding} if coding else {}), "text": fluid.words(language).name}
    return {
        "resourceType": "Specimen",
        "id": f"{name}-specimen",
        "type": kind,
        "subject": _subject(about),
        "collection": {"collectedDateTime": about["collected_at"]},
    }


def _subject(about: Row) -> dict[str, str]:
    return {"reference": f"Patient/{about['patient_id']}"}


def _reference(resource: Row) -> dict[str, str]:
    return {"reference": f"{resource['resourceType']}/{resource['id']}"}


def _observation(printout: Printout, identifier: str, about: Row, row: Row) -> dict[str, Any]:
    laboratory = printout.laboratory
    code = printout.code(row)
    found: dict[str, Any] = {
        "resourceType": "Observation",
        "id": identifier,
        "status": printout.status(row, "final"),
        "category": [{"coding": [{"code": "laboratory"}]}],
        "code": {
            "coding": [{"system": _LOINC, "code": code}] if code else [],
            "text": laboratory.name(row["analyte"]),
        },
        "subject": _subject(about),
        "effectiveDateTime": about["collected_at"],
    }
    value = row["value"]
    if value is None:
        found["dataAbsentReason"] = {"coding": [{"code": "unknown"}]}
    elif _NUMBER.match(value):
        compared = _COMPARATOR.match(value)
        found["valueQuantity"] = _quantity(compared[2] if compared else value, row["unit"])
        if compared:
            found["valueQuantity"]["comparator"] = compared[1]
    else:
        found["valueString"] = value
    limits = {
        side: _quantity(row[side], row["unit"]) for side in ("low", "high") if row[side] is not None
    }
    if limits:
        found["referenceRange"] = [limits]
    if row["flag"]:
        found["interpretation"] = [{"coding": [{"code": printout.flag(row)}]}]
    return found


def _quantity(text: str, unit: str) -> dict[str, Any]:
    number = float(text)
    whole = number.is_integer() and "." not in text
    return {"value": int(number) if whole else number, "unit": unit, "system": _UCUM, "code": unit}
