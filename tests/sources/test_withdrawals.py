"""A result that a later row withdraws without a value does not stand, wherever that row is."""

import json

import polars as pl
import pytest

from hemoscribe.records import REPORTED
from hemoscribe.sources import intake, read, read_folder, read_panels
from hemoscribe.sources.fhir import resources
from hemoscribe.sources.hl7 import messages
from hemoscribe.sources.withdrawals import Withdrawals


def frame(*rows: tuple[str | None, str | None, str | None]) -> pl.DataFrame:
    """Potassium of (patient, value, status)."""
    return pl.DataFrame(
        [
            {"patient_id": patient, "reported_name": "K", "reported_value": value, "status": status}
            for patient, value, status in rows
        ],
        schema=dict(REPORTED),
    )


def test_only_what_stood_before_a_withdrawal_is_cancelled():
    taken = Withdrawals().take(
        frame(
            ("P1", "4.1", "final"),
            ("P2", "4.2", "final"),
            ("P1", None, "cancelled"),
            ("P1", "4.3", "final"),
        )
    )
    assert taken["status"].to_list() == ["cancelled", "final", "cancelled", "final"]


@pytest.mark.parametrize(
    ("value", "status", "withdrawn"),
    [
        (None, "entered-in-error", True), ('""', "W", True), ("Hémolysé", "corrected", True),
        ("Coagulé", "Annulé", True), (None, "amended", True), ("4.0", "corrected", False),
        (None, "final", False), (None, None, False), (None, "preliminary", False),
    ],
)  # fmt: skip
def test_what_withdraws_a_result(value, status, withdrawn):
    taken = Withdrawals().take(frame(("P1", "4.1", "final"), ("P1", value, status)))
    assert taken["status"][0] == ("cancelled" if withdrawn else "final")


def test_a_row_of_nobody_withdraws_nothing():
    taken = Withdrawals().take(frame((None, "4.1", "final"), (None, None, "cancelled")))
    assert taken["status"].to_list() == ["final", "cancelled"]


def hl7(patient: str, value: str, status: str = "F", name: str = "K") -> str:
    return (
        "MSH|^~\\&|LAB|X|||20240102||ORU^R01|1|P|2.5.1\r"
        f"PID|1||{patient}^^^CHU^MR||||19600312|F\rOBR|1|||CBC|||202401020815\r"
        f"OBX|1|NM|2823-3^{name}^LN||{value}|mmol/L|||||{status}\r"
    )


def fhir(patient: str, value: str, status: str = "final") -> str:
    quantity = {"valueQuantity": {"value": float(value), "unit": "mmol/L"}} if value else {}
    absent = {} if value else {"dataAbsentReason": {"text": "Haemolysed"}}
    return (
        json.dumps(
            {"resourceType": "Observation", "status": status, "code": {"text": "K"},
             "subject": {"reference": f"Patient/{patient}"}, "effectiveDateTime": "2024-01-02",
             **quantity, **absent}
        )
        + "\n"
    )  # fmt: skip


FORMATS = {
    "hl7": (hl7, messages, "W"),
    "hl7 corrected": (hl7, messages, "C"),
    "fhir": (fhir, resources, "entered-in-error"),
    "fhir amended": (fhir, resources, "amended"),
}


@pytest.mark.parametrize("case", FORMATS.values(), ids=FORMATS)
def test_a_withdrawal_reaches_every_earlier_part_and_file(tmp_path, monkeypatch, case):
    one, reader, withdrawn = case
    monkeypatch.setattr(reader, "RESULTS_PER_BATCH", 2)
    monkeypatch.setattr(intake, "ROWS_PER_PART", 2)
    others = "".join(one(f"Q{at}", "5") for at in range(5))
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "1").write_text(one("P1", "4.1") + one("P2", "4.2") + others, newline="")
    (folder / "2").write_text(
        others + one("P1", "", withdrawn) + others + one("P1", "4.4"), newline=""
    )
    read_folder(folder, tmp_path / "out")
    rows = pl.read_parquet(tmp_path / "out" / "results.parquet")
    mine = rows.filter(pl.col("patient_id").is_in(["P1", "P2"]))
    assert mine.select("patient_id", "value", "status").rows() == [
        ("P1", 4.1, "cancelled"), ("P2", 4.2, "final"), ("P1", 4.4, "final"),
    ]  # fmt: skip
    assert rows.height == 18
    assert read(folder)[0].equals(rows)


def test_what_is_kept_are_the_withdrawals_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(messages, "RESULTS_PER_BATCH", 10)
    monkeypatch.setattr(intake, "ROWS_PER_PART", 10)
    path = tmp_path / "a.hl7"
    path.write_text("".join(hl7(f"Q{at}", "5") for at in range(50)) + hl7("Q3", "", "D"))
    withdrawals = Withdrawals()
    list(
        intake.read_parts(
            [path], format=None, mapping=None, notices=intake.Notices(), withdrawals=withdrawals
        )
    )
    assert sum(kept.height for kept in withdrawals.kept) == 1


def test_one_report_read_alone_knows_its_withdrawals(tmp_path):
    path = tmp_path / "a.hl7"
    path.write_text(hl7("P1", "6.8") + hl7("P1", "Hemolysed", "C"), newline="")
    (panel,) = read_panels(path)
    assert [result.status for result in panel.results] == ["cancelled", "corrected"]
