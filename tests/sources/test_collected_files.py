"""Every collected message and document, against counts made here from the raw files.

The counts know nothing of the readers: HL7 segments are split by hand, JSON is walked with
``json.load``, XML with ElementTree. Each numeric result must leave as one row or one reject of its
own, and nothing else may appear.
"""

import csv
import json
import re
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import polars as pl
import pytest

from hemoscribe.errors import SourceError
from hemoscribe.knowledge import recognise
from hemoscribe.sources import read
from hemoscribe.sources.batches import Notices
from hemoscribe.sources.exports import exports
from hemoscribe.sources.formats import format_of
from hemoscribe.sources.mapping import Mapping

GOLDEN = Path(__file__).parent / "golden"
NUMBER = re.compile(r"[<>=]*\s*-?\d+([.,]\d+)?")
V3 = "{urn:hl7-org:v3}"
FHIR = "{http://hl7.org/fhir}"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}type"


def placed(path: Path) -> tuple[Counter, Counter]:
    """(rows, rejects) of a file by place, once knowledge has seen the rows."""
    (export,) = exports([path])
    batches = list(format_of(export, Mapping()).read(export, Mapping(), Notices()))
    reported = pl.concat([batch.reported for batch in batches])
    rejects = pl.concat([batch.rejects for batch in batches]).filter(pl.col("results") > 0)
    rows, refused = recognise(reported)
    assert rows.height + refused.height == reported.height
    places = Counter(reported["place"])
    places.subtract(Counter(refused["place"]))
    return +places, Counter(refused["place"]) + Counter(rejects["place"])


def hl7_places(path: Path) -> tuple[set[str], set[str]]:
    """(every OBX, those with a numeric value) of a file, counted in the raw segments."""
    every, numeric = set(), set()
    message = obx = 0
    for segment in re.split(rb"[\r\n]+", path.read_bytes().removeprefix(b"\xef\xbb\xbf")):
        fields = segment.lstrip(b"\x0b ").split(b"|")
        if fields[0] == b"MSH":
            message, obx = message + 1, 0
        elif fields[0] == b"OBX":
            obx += 1
            place = f"message {message}, OBX {obx}"
            every.add(place)
            parts = [*(fields[5].split(b"^") if len(fields) > 5 else []), b"", b""]
            value = parts[1] if fields[2] == b"SN" else parts[0]
            if fields[2] in (b"NM", b"SN") and NUMBER.match(value.decode("latin-1")):
                numeric.add(place)
    return every, numeric


def fhir_places(path: Path) -> tuple[set[str], set[str]]:
    """As ``hl7_places``, for Observations of a Bundle, of contained resources or alone."""
    if path.suffix == ".json":
        root = json.loads(path.read_bytes())
        entries = [one["resource"] for one in root.get("entry", [])] or [root]
        whole = "entry" in root
        found = [
            (at, inside, one.get("valueQuantity", {}).get("value") is not None)
            for at, resource in enumerate(entries, start=1)
            for inside, one in enumerate([resource, *resource.get("contained", [])])
            if one["resourceType"] == "Observation"
            and not ("hasMember" in one and "valueQuantity" not in one)
        ]
    else:
        tree = ElementTree.parse(path).getroot()
        whole = tree.tag == FHIR + "Bundle"
        held = [one[0] for one in tree.findall(f"{FHIR}entry/{FHIR}resource")] or [tree]
        found = []
        for at, resource in enumerate(held, start=1):
            contained = [one[0] for one in resource.findall(FHIR + "contained")]
            for inside, one in enumerate([resource, *contained]):
                number = one.find(f"{FHIR}valueQuantity/{FHIR}value")
                panel = one.find(FHIR + "hasMember") is not None and number is None
                if one.tag == FHIR + "Observation" and not panel:
                    found.append((at, inside, number is not None))
    places = {
        "document 1"
        + (f", entry {at}" if whole else "")
        + (f", contained {inside}" if inside else ""): numeric
        for at, inside, numeric in found
    }
    return set(places), {place for place, numeric in places.items() if numeric}


def cda_places(path: Path) -> tuple[set[str], set[str]]:
    """As ``hl7_places``, for coded observations outside the section of the attached copy."""
    root = ElementTree.parse(path).getroot()
    copies = [
        section
        for section in root.iter(V3 + "section")
        if section.find(V3 + "code").get("code") == "55108-5"
    ]
    attached = {id(one) for copy in copies for one in copy.iter(V3 + "observation")}
    coded = [one for one in root.iter(V3 + "observation") if id(one) not in attached]
    every, numeric = set(), set()
    for number, observation in enumerate(coded, start=1):
        every.add(f"entry {number}")
        values = observation.findall(V3 + "value")
        if any((value.get(XSI) or "").endswith(("PQ", "REAL", "INT")) for value in values):
            numeric.add(f"entry {number}")
    return every, numeric


@pytest.mark.parametrize(
    ("folder", "count", "files", "results", "numbers"),
    [
        ("hl7v2", hl7_places, 14, 89, 55),
        ("fhir", fhir_places, 4, 36, 36),
        ("cda_fr", cda_places, 6, 83, 74),
    ],
)
def test_every_result_is_one_row_or_one_reject(shared_data, folder, count, files, results, numbers):
    paths = sorted(path for path in (shared_data / folder).iterdir() if path.is_file())
    seen = [0, 0]
    for path in paths:
        every, numeric = count(path)
        rows, rejects = placed(path)
        both = rows + rejects
        assert set(both) == every, path.name
        assert all(both[place] == 1 for place in numeric), path.name
        seen = [seen[0] + len(every), seen[1] + len(numeric)]
    assert (len(paths), *seen) == (files, results, numbers)


@pytest.mark.parametrize("folder", ["hl7v2", "fhir", "cda_fr"])
def test_every_file_ends_in_rows_or_in_one_sentence(shared_data, folder):
    for path in sorted((shared_data / folder).iterdir()):
        said = ""
        try:
            read(path)
        except SourceError as error:
            said = str(error)
        assert said == "" or "no result in it can be read" in said, path.name


@pytest.mark.parametrize(
    ("golden", "source"),
    [
        ("nist_lri_cbc.csv", "hl7v2/LRI_2.0-NG_CBC_Typ_Message.hl7"),
        ("r4_cbc_bundle.csv", "fhir/r4-diagnosticreport-example-cbc-bundle.json"),
        ("cr_bio_glycaemia.csv", "cda_fr/BIO-CR-BIO_2024.01_Glycémie_mole.xml"),
    ],
)
def test_golden_rows(shared_data, golden, source):
    """Typed from the printed documents: values and limits in the laboratory's own unit.

    The haemoglobin that the message states in g/mL, with a range in g/dL, is not among them.
    """
    with (GOLDEN / golden).open(encoding="utf-8", newline="") as file:
        expected = list(csv.DictReader(file))
    rows, _ = read(shared_data / source)
    assert rows.height == len(expected)
    for row, wanted in zip(rows.iter_rows(named=True), expected, strict=True):
        name = wanted["analyte"]
        assert row["analyte"] == name
        assert (row["reported_value"], row["reported_unit"]) == (wanted["value"], wanted["unit"])
        assert row["laboratory_flag"] == (wanted["flag"] or None), name
        scale = row["value"] / float(wanted["value"]) if float(wanted["value"]) else 1.0
        for side in ("low", "high"):
            limit = float(wanted[side]) * scale if wanted[side] else None
            assert row[side] == (None if limit is None else pytest.approx(limit)), name
        assert row["value"] == pytest.approx(float(wanted["canonical"])), name


def test_the_second_unit_of_the_glycaemia_is_a_named_reject(shared_data):
    _, rejects = read(shared_data / "cda_fr" / "BIO-CR-BIO_2024.01_Glycémie_mole.xml")
    second = rejects.row(0, named=True)
    assert (second["reported_value"], second["reported_unit"]) == ("0.88", "g/L")
    assert (second["code"], second["results"]) == ("duplicate", 0)
    assert second["message"] == "The same result as 4.89 mmol/L, in another unit."
