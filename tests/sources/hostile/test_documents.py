"""Hostile XML, JSON and HL7: entities, depth, numbers that are none, lengths without end."""

import time
from pathlib import Path

import polars as pl
import pytest

from .conftest import (
    MB,
    MSH,
    OBR,
    Hostile,
    check,
    data,
    laughs,
    long_line,
    read_hostile,
    read_limited,
    text,
)


def external(root: str, namespace: str, system: str) -> str:
    return (
        f'<?xml version="1.0"?><!DOCTYPE {root} [<!ENTITY x SYSTEM "{system}">]>'
        f'<{root} xmlns="{namespace}"><id>&x;</id></{root}>'
    )


def quadratic(root: str, namespace: str) -> str:
    return (
        f'<?xml version="1.0"?><!DOCTYPE {root} [<!ENTITY a "{"a" * 100_000}">]>'
        f'<{root} xmlns="{namespace}"><id>{"&a;" * 10_000}</id></{root}>'
    )


def deep_xml(root: str, namespace: str, depth: int = 100_000) -> str:
    return f'<{root} xmlns="{namespace}">{"<component>" * depth}{"</component>" * depth}</{root}>'


FHIR = ("Observation", "http://hl7.org/fhir")
CDA = ("ClinicalDocument", "urn:hl7-org:v3")


def observation(value: str, kind: str = "valueQuantity") -> str:
    quantity = value if kind != "valueQuantity" else f'{{"value":{value},"unit":"mmol/L"}}'
    return (
        '{"resourceType":"Observation","status":"final","code":{"text":"Potassium"},'
        '"subject":{"reference":"Patient/1"},"effectiveDateTime":"2024-01-02",'
        f'"{kind}":{quantity}}}'
    )


CASES = {
    # XML: entities are refused before anything is expanded, in any encoding.
    "laughs in fhir": Hostile(data(laughs(*FHIR)), says="entit"),
    "laughs in cda": Hostile(data(laughs(*CDA)), says="entit"),
    "laughs in utf-16": Hostile(data(laughs(*FHIR, encoding="utf-16"))),
    "laughs in utf-16 cda": Hostile(data(laughs(*CDA, encoding="utf-16"))),
    "quadratic blow-up": Hostile(text(quadratic(*FHIR)), says=""),
    "quadratic blow-up in cda": Hostile(text(quadratic(*CDA)), says=""),
    "external entity": Hostile(text(external(*FHIR, "secret.csv")), says="entit"),
    "external entity in cda": Hostile(text(external(*CDA, "secret.csv")), says="entit"),
    "external entity by network": Hostile(text(external(*CDA, "http://localhost:1/x"))),
    "deep xml": Hostile(text(deep_xml(*FHIR))),
    "deep cda": Hostile(text(deep_xml(*CDA))),
    # JSON
    "deep json": Hostile(text("[" * 100_000), says=""),
    "deep json object": Hostile(
        text('{"resourceType":"Observation","a":' + "[" * 100_000 + "]" * 100_000 + "}"),
        says="deep",
    ),
    "deep json line": Hostile(
        text(observation("4.1") + '\n{"a":' + '{"a":' * 100_000 + "1" + "}" * 100_001 + "\n"),
        rows=1, rejects=1, says="deep",
    ),
    "nan": Hostile(text(observation("4.1") + "\n" + observation("NaN") + "\n"), 1, 1, "NaN"),
    "infinity": Hostile(
        text(observation("4.1") + "\n" + observation("-Infinity") + "\n"), 1, 1, "Infinity"
    ),
    "1e400": Hostile(text(observation("4.1") + "\n" + observation("1e400") + "\n"), 1, 1),
    "10^5 digits": Hostile(
        text(observation("4.1") + "\n" + observation("7" * 100_000) + "\n"), 1, 1
    ),
    "10^5 digits in one document": Hostile(text(observation("7" * 100_000))),
    "lone surrogate": Hostile(
        text(observation("4.1") + "\n" + observation('"\\ud800"', "valueString") + "\n"), 1, 1
    ),
    "10 MB json line": Hostile(
        text(observation("4.1") + "\n" + long_line('{"a":"', '"}') + "\n"), rows=1, rejects=0
    ),
    # HL7
    "sp50000000": Hostile(
        text(MSH + OBR + "OBX|1|ST|K||4.1||||||F\rNTE|1||a\\.sp50000000\\b\r"), rows=1, rejects=0
    ),
    "10 MB value": Hostile(
        text(MSH + OBR + long_line("OBX|1|ST|K||", "|||||F\r") + "OBX|2|NM|Na||140|mmol/L|||||F\r"),
        rows=1, rejects=1,
    ),
    "10 MB comment": Hostile(
        text(MSH + OBR + "OBX|1|NM|Na||140|mmol/L|||||F\r" + long_line("NTE|1||", "\r")), rows=1
    ),
    "a million repetitions": Hostile(
        text(MSH + OBR + "OBX|1|ST|K||" + "4~" * 1_000_000 + "|mmol/L|||||F\r"), rejects=1
    ),
    "1e400 in hl7": Hostile(text(MSH + OBR + "OBX|1|NM|K||1e400|mmol/L|||||F\r")),
    "nul in hl7": Hostile(data((MSH + OBR + "OBX|1|NM|K||4\x001|mmol/L\r").encode()), says="NUL"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_hostile_file_is_refused_or_rejected(
    case: Hostile, place: Path, capsys: pytest.CaptureFixture[str]
):
    began = time.monotonic()
    check(case, read_hostile(case, place, capsys))
    assert time.monotonic() - began < 20


def test_a_message_of_20000_results_is_read_in_5_seconds_and_500_mb(place: Path):
    obx = "".join(f"OBX|{n}|NM|2823-3^K^LN||4.1|mmol/L|3.5-5.1|N|||F\r" for n in range(1, 20_001))
    (place / "long.hl7").write_text(MSH + OBR + obx, newline="")
    out = place.parents[1] / "out"
    [answer] = read_limited([place / "long.hl7"], out, limit_bytes=4 * 1024 * MB)
    assert answer["code"] == 0
    assert answer["seconds"] < 5
    assert answer["peak_bytes"] < 500 * MB
    assert pl.read_parquet(out / "0" / "results.parquet").height == 20_000
