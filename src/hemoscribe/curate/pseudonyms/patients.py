"""One keyed hash decides all of a patient: pseudonym, side of the split, fold, date shift.

Everything here depends on the key and on the patient's number, and on nothing else: not on the
other patients, their order or their number. That is why adding data moves nobody.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import polars as pl

from hemoscribe.records import FOLDS, SPLITS
from hemoscribe.settings import CurateSettings

PSEUDONYM_HEX_DIGITS = 24
"""96 bits: among ten million patients, two alike with a probability of 6e-16."""

MAX_SHIFT_WEEKS = 104
_UNIT = float(2**64)
_BLOCK_BYTES = 64

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


def place_all(
    patient_ids: Iterable[str],
    key: bytes,
    settings: CurateSettings,
    sides: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """One row per distinct patient, ordered by pseudonym; columns of ``PATIENTS_SCHEMA``.

    The same as ``place`` of each, on arrays.

    Args:
        sides: ``patient_id`` and ``split``, where something else than the keyed hash decides.
    """
    numbers = pl.Series("patient_id", patient_ids, dtype=pl.String)
    secrets = hashes(key, "placement", numbers)
    words = np.frombuffer(b"".join(secrets), dtype=">u8").reshape(len(numbers), -1)
    share = words[:, 0].astype(np.float64) / _UNIT
    bounds = (settings.train_share, settings.train_share + settings.validation_share)
    side = np.searchsorted(bounds, share, side="right")
    weeks = 1 + words[:, 2] % np.uint64(MAX_SHIFT_WEEKS)
    placed = pl.DataFrame(
        {
            "patient_id": numbers,
            "pseudonym": pseudonyms(key, "patient", numbers),
            "split": pl.Series(SPLITS, dtype=pl.String).gather(side),
            "fold": pl.Series((words[:, 1] % np.uint64(FOLDS)).astype(np.int8)),
            "shift_days": pl.Series(weeks.astype(np.int32) * np.int32(-7)),
        }
    )
    if sides is not None:
        placed = placed.update(
            sides.with_columns(pl.col("split").fill_null(SPLITS[0])), on="patient_id"
        )
    in_a_fold = pl.col("split") != SPLITS[-1]
    return (
        placed.with_columns(pl.when(in_a_fold).then("fold").alias("fold"))
        .cast(PATIENTS_SCHEMA)
        .sort("pseudonym")
    )


def hashes(key: bytes, purpose: str, values: Iterable[str]) -> list[bytes]:
    """``keyed_hash`` of each value.

    HMAC as RFC 2104 writes it, with the two keyed states made once instead of once a value.
    """
    assert len(key) <= _BLOCK_BYTES
    padded = np.frombuffer(key.ljust(_BLOCK_BYTES, b"\0"), dtype=np.uint8)
    inner = hashlib.sha256((padded ^ 0x36).tobytes() + f"{purpose}\x00".encode())
    outer = hashlib.sha256((padded ^ 0x5C).tobytes())

    def one(value: str) -> bytes:
        inside, outside = inner.copy(), outer.copy()
        inside.update(value.encode("utf-8", "surrogatepass"))
        outside.update(inside.digest())
        return outside.digest()

    return [one(value) for value in values]


def pseudonyms(key: bytes, purpose: str, values: Iterable[str]) -> pl.Series:
    """``pseudonym`` of each value."""
    digits = pl.Series(hashes(key, purpose, values), dtype=pl.Binary).bin.encode("hex")
    return purpose[0].upper() + digits.str.slice(0, PSEUDONYM_HEX_DIGITS)
