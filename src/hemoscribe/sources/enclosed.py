"""Documents inside messages: a report in base64 within an OBX or a CDA, read by its own reader."""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import polars as pl

from hemoscribe.errors import SourceError
from hemoscribe.records import RejectCode
from hemoscribe.sources.batches import Batch, Notices, reject
from hemoscribe.sources.exports import Export
from hemoscribe.sources.known_format import Format
from hemoscribe.sources.mapping import Mapping as MappingFile

MAX_ENCLOSED_BYTES = 24 * 1024 * 1024
_COMPRESSED = (
    (b"PK\x03\x04", "a zip"),
    (b"\x1f\x8b", "a gzip file"),
    (b"\xfd7zXZ\x00", "an xz file"),
    (b"PAR1", "a Parquet file"),
)
_INSIDE = "A document inside the message"
# several files that stand together on disk
_DATA_SETS = ("nhanes", "mimic", "omop", "synthea", "eicu", "meds")


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A document inside an export: the export's name, where it stands, what it is said to be."""

    source: str
    place: str
    kind: str | None = None
    name: str | None = None
    patient_id: str | None = None

    def refusal(self, why: str) -> dict[str, Any]:
        """A reject of the document as a whole."""
        return reject(
            self.source, self.place, RejectCode.UNREADABLE, why, name=self.name, value=self.kind
        )


def decoded(
    enclosed: Enclosed, text: str, encoding: str, rejects: list[Mapping[str, Any]]
) -> bytes | None:
    """A document's bytes, of base64, hexadecimal or text; None, and a reject, if unreadable."""
    how = encoding.strip().casefold()
    if len(text) > 2 * MAX_ENCLOSED_BYTES:
        rejects.append(enclosed.refusal(f"A document of more than {MAX_ENCLOSED_BYTES:,} bytes."))
        return None
    try:
        if how in ("base64", "b64"):
            data = base64.b64decode("".join(text.split()), validate=True)
        elif how == "hex":
            data = bytes.fromhex(text)
        else:
            data = text.encode()
    except (ValueError, binascii.Error):
        rejects.append(enclosed.refusal(f"A document whose {encoding} cannot be decoded."))
        return None
    if not data:
        rejects.append(enclosed.refusal("A document that is empty."))
        return None
    return data


@dataclass(frozen=True, slots=True)
class Opener:
    """Opens the documents inside an export, each with the reader of its own format.

    It is handed to a reader from above: ``format_of`` knows every format, that reader among them.
    """

    format_of: Callable[[Export, MappingFile], Format]
    mapping: MappingFile
    notices: Notices

    def batches(
        self,
        enclosed: Enclosed,
        data: bytes,
        rejects: list[Mapping[str, Any]],
        *,
        without: Sequence[str],
    ) -> Iterator[Batch]:
        """The results of a document, placed where it stands; a reject where no reader takes it.

        Args:
            without: formats that are not opened here, so that no document encloses itself.
        """
        packed = next((kind for mark, kind in _COMPRESSED if data.startswith(mark)), None)
        if packed is not None:
            rejects.append(enclosed.refusal(f"{_INSIDE}, {packed}: not opened."))
            return
        export = _export_of(enclosed, data)
        try:
            known = self.format_of(export, self.mapping)
            if known.name in (*without, *_DATA_SETS):
                rejects.append(enclosed.refusal(f"{_INSIDE}: {known.title}."))
                return
            found = list(known.read(export, self.mapping, self.notices))
        except SourceError as error:
            rejects.append(enclosed.refusal(f"{_INSIDE}: {error.reason}."))
            return
        if not any(batch.reported.height or batch.rejects.height for batch in found):
            rejects.append(enclosed.refusal(f"{_INSIDE} that holds no result."))
        for batch in found:
            yield _placed(batch, enclosed)


def _export_of(enclosed: Enclosed, data: bytes) -> Export:
    """The document as an export of its own; it has no file, nor any beside it."""
    name = f"{enclosed.source}, {enclosed.place}"
    nowhere = Path(enclosed.source) / enclosed.place
    return Export(nowhere, name, lambda: cast(BinaryIO, io.BytesIO(data)), True, True)


def _placed(batch: Batch, enclosed: Enclosed) -> Batch:
    """The batch with the place of the document, and its patient, where the message names one."""
    place = pl.format("{}, {}", pl.lit(enclosed.place), pl.col("place"))
    here = [pl.lit(enclosed.source).alias("source"), place.alias("place")]
    patient = pl.coalesce(pl.lit(enclosed.patient_id, pl.String), "patient_id")
    return Batch(
        batch.reported.with_columns(*here, patient_id=patient), batch.rejects.with_columns(here)
    )
