"""A laboratory's printed rows as FHIR R4 Bundles: NDJSON, or one JSON or XML file a report."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from hemoscribe.simulation.exporting.printout import Printout, Row

_NUMBER = re.compile(r"^[<>]?\d+(\.\d+)?$")
_COMPARATOR = re.compile(r"^([<>])(.+)$")
_LOINC = "http://loinc.org"
_UCUM = "http://unitsofmeasure.org"
_NAMESPACE = "http://hl7.org/fhir"
_TITLES = {"en": "Laboratory report", "fr": "Biologie"}
_QUANTITY = ("value", "comparator", "unit", "system", "code")  # XML has elements in this order


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
    subject = {"reference": f"Patient/{about['patient_id']}"}
    observations = [
        _observation(printout, f"{about['report_id']}-{number}", subject, about, row)
        for number, row in enumerate(results, start=1)
    ]
    report: dict[str, Any] = {
        "resourceType": "DiagnosticReport",
        "id": about["report_id"],
        "status": "final",
        "code": {"text": _TITLES[printout.laboratory.language]},
        "subject": subject,
        "effectiveDateTime": about["collected_at"],
        "performer": [{"reference": "Organization/lab", "display": printout.laboratory.title}],
        "result": [{"reference": f"Observation/{one['id']}"} for one in observations],
    }
    if comment:
        report["conclusion"] = comment
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": resource} for resource in (patient, report, *observations)],
    }


def _observation(
    printout: Printout, identifier: str, subject: Row, about: Row, row: Row
) -> dict[str, Any]:
    laboratory = printout.laboratory
    code = laboratory.code(row["analyte"])
    found: dict[str, Any] = {
        "resourceType": "Observation",
        "id": identifier,
        "status": printout.status(row, "final"),
        "category": [{"coding": [{"code": "laboratory"}]}],
        "code": {
            "coding": [{"system": _LOINC, "code": code}] if code else [],
            "text": laboratory.name(row["analyte"]),
        },
        "subject": subject,
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
