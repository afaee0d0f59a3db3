"""One keyed hash decides all of a patient: pseudonym, side of the split, fold, date shift.

Everything here depends on the key and on the patient's number, and on nothing else: not on the
other patients, their order or their number. That is why adding data moves nobody.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from hemoscribe.records import FOLDS
from hemoscribe.settings import CurateSettings

PSEUDONYM_HEX_DIGITS = 24
"""96 bits: among ten million patients, two alike with a probability of 6e-16."""

MAX_SHIFT_WEEKS = 104
_UNIT = float(2**64)

PATIENTS_SCHEMA = pl.Schema(
    {
        "patient_id": pl.String(),
        "pseudonym": pl.String(),
        "split": pl.String(),
        "fold": pl.Int8(),
        "shift_days": pl.Int32(),
    }
)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a patient stands, for ever; ``fold`` is None on the test side."""

    pseudonym: str
    split: str
    fold: int | None
    shift_days: int


def keyed_hash(key: bytes, purpose: str, value: str) -> bytes:
    """HMAC-SHA-256 of ``value``; each purpose has hashes of its own."""
    message = f"{purpose}\x00{value}".encode("utf-8", "surrogatepass")
    return hmac.digest(key, message, hashlib.sha256)


def pseudonym(key: bytes, purpose: str, value: str) -> str:
    """A pseudonym as it is written: the purpose's first letter in capitals, then hexadecimal."""
    digits = keyed_hash(key, purpose, value).hex()[:PSEUDONYM_HEX_DIGITS]
    return f"{purpose[0].upper()}{digits}"


def place(
    key: bytes, patient_id: str, *, train_share: float = 0.70, validation_share: float = 0.15
) -> Placement:
    """The patient's pseudonym, side, fold and date shift (weeks into the past, in days)."""
    secret = keyed_hash(key, "placement", patient_id)
    share = int.from_bytes(secret[:8]) / _UNIT
    if share < train_share:
        split = "train"
    elif share < train_share + validation_share:
        split = "validation"
    else:
        split = "test"
    fold = None if split == "test" else int.from_bytes(secret[8:16]) % FOLDS
    weeks = 1 + int.from_bytes(secret[16:24]) % MAX_SHIFT_WEEKS
    return Placement(pseudonym(key, "patient", patient_id), split, fold, -7 * weeks)


def place_all(patient_ids: Iterable[str], key: bytes, settings: CurateSettings) -> pl.DataFrame:
    """One row per distinct patient, ordered by pseudonym; columns of ``PATIENTS_SCHEMA``."""
    shares = {"train_share": settings.train_share, "validation_share": settings.validation_share}
    columns: dict[str, list[object]] = {name: [] for name in PATIENTS_SCHEMA}
    for patient_id in patient_ids:
        placed = place(key, patient_id, **shares)
        columns["patient_id"].append(patient_id)
        columns["pseudonym"].append(placed.pseudonym)
        columns["split"].append(placed.split)
        columns["fold"].append(placed.fold)
        columns["shift_days"].append(placed.shift_days)
    return pl.DataFrame(columns, schema=PATIENTS_SCHEMA).sort("pseudonym")
