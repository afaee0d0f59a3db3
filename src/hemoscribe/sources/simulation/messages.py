"""A laboratory's printed rows as HL7 v2 messages or as FHIR bundles, one report each."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from hemoscribe.sources.simulation.laboratory import Laboratory

_NUMBER = re.compile(r"^[<>]?\d+(\.\d+)?$")
_COMPARATOR = re.compile(r"^([<>])(.+)$")
_ESCAPES = str.maketrans({"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\"})
_LOINC = "http://loinc.org"
_UCUM = "http://unitsofmeasure.org"

Row = Mapping[str, Any]


def _reports(rows: pl.DataFrame, who: pl.DataFrame) -> Iterator[tuple[Row, list[dict[str, Any]]]]:
    """Each report's identity and its rows, in order."""
    identity = {row["report"]: row for row in who.iter_rows(named=True)}
    for part in rows.partition_by("report", maintain_order=True):
        yield identity[part["report"][0]], part.rows(named=True)


def hl7_messages(
    laboratory: Laboratory, rows: pl.DataFrame, who: pl.DataFrame, comments: Mapping[int, str]
) -> str:
    """ORU^R01 messages, one after the other, segments ended by the laboratory's newline."""
    segments: list[str] = []
    for about, results in _reports(rows, who):
        when = about["collected_at"]
        segments += [
            f"MSH|^~\\&|LIS|{laboratory.title}|EHR|WARD|{when}||ORU^R01^ORU_R01|"
            f"{about['report_id']}|P|2.5.1||||||UNICODE UTF-8",
            f"PID|1||{about['patient_id']}^^^LAB^MR||{about['family_name']}^{about['given_name']}||"
            f"{about['birth_date']}|{about['sex']}|||||{about['phone']}",
            f"OBR|1||{about['report_id']}^LIS|26436-6^Laboratory studies^LN|||{when}|||||||||"
            f"^{about['doctor']}",
        ]
        text = comments.get(about["report"])
        if text:
            segments.append(f"NTE|1|L|{text.translate(_ESCAPES)}")
        segments += [_obx(laboratory, number, row) for number, row in enumerate(results, start=1)]
    return laboratory.newline.join(segments) + laboratory.newline


def _obx(laboratory: Laboratory, number: int, row: Row) -> str:
    value, kind = row["value"] or "", "ST"
    compared = _COMPARATOR.match(value)
    if compared is not None:
        kind, value = "SN", f"{compared[1]}^{compared[2]}"
    elif not value or _NUMBER.match(value):
        kind = "NM"
    name = laboratory.name(row["analyte"]).translate(_ESCAPES)
    code = laboratory.code(row["analyte"]) or ""
    unit = laboratory.unit(row["analyte"]) if row["fault"] != "wrong_unit" else row["unit"]
    low, high = row["low"], row["high"]
    limits = f"{low}-{high}" if low and high else f"<{high}" if high else f">{low}" if low else ""
    flag = (laboratory.flags or {}).get(row["flag"] or "", "")
    status = (laboratory.statuses or {}).get(row["status"], "F")
    return f"OBX|{number}|{kind}|{code}^{name}^LN||{value}|{unit}^^UCUM|{limits}|{flag}|||{status}"


def fhir_bundles(
    laboratory: Laboratory, rows: pl.DataFrame, who: pl.DataFrame, comments: Mapping[int, str]
) -> str:
    """One collection Bundle a line: Patient, DiagnosticReport and its Observations."""
    lines = []
    for about, results in _reports(rows, who):
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
            _observation(laboratory, f"{about['report_id']}-{number}", subject, about, row)
            for number, row in enumerate(results, start=1)
        ]
        report: dict[str, Any] = {
            "resourceType": "DiagnosticReport",
            "id": about["report_id"],
            "status": "final",
            "code": {"text": "Biologie"},
            "subject": subject,
            "effectiveDateTime": about["collected_at"],
            "performer": [{"reference": "Organization/lab", "display": laboratory.title}],
            "result": [{"reference": f"Observation/{one['id']}"} for one in observations],
        }
        if about["report"] in comments:
            report["conclusion"] = comments[about["report"]]
        bundle = {
            "resourceType": "Bundle",
            "type": "collection",
            "entry": [{"resource": resource} for resource in (patient, report, *observations)],
        }
        lines.append(json.dumps(bundle, ensure_ascii=False))
    return laboratory.newline.join(lines) + laboratory.newline


def _observation(
    laboratory: Laboratory, identifier: str, subject: Row, about: Row, row: Row
) -> dict[str, Any]:
    code = laboratory.code(row["analyte"])
    found: dict[str, Any] = {
        "resourceType": "Observation",
        "id": identifier,
        "status": (laboratory.statuses or {}).get(row["status"], "final"),
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
        found["interpretation"] = [{"coding": [{"code": (laboratory.flags or {})[row["flag"]]}]}]
    return found


def _quantity(text: str, unit: str) -> dict[str, Any]:
    number = float(text)
    whole = number.is_integer() and "." not in text
    return {"value": int(number) if whole else number, "unit": unit, "system": _UCUM, "code": unit}
