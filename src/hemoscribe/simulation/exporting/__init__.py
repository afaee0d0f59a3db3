"""How a laboratory exports what it printed: one module per kind of file, chosen by its `layout`.

A writer takes a printout and the folder, writes one file or one for each report, and returns how
many. The same printout gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hemoscribe.simulation.exporting import (
    cda,
    fhir,
    hl7,
    pdf,
    report_texts,
    table_files,
    workbooks,
)
from hemoscribe.simulation.exporting.printout import Printout
from hemoscribe.simulation.laboratory import Laboratory


@dataclass(frozen=True)
class Layout:
    """A way to export: the format that reads it back, what writes it, what it cannot say.

    Attributes:
        format: the name of the reader (``sources.formats.FORMATS``).
        per_patient_and_time: the file has no report number that its reader goes by.
    """

    format: str
    write: Callable[[Printout, Path], int]
    per_patient_and_time: bool = False


LAYOUTS: Mapping[str, Layout] = {
    "long": Layout("csv-long", table_files.write_long),
    "wide": Layout("csv-wide", table_files.write_wide),
    "hl7": Layout("hl7", hl7.write_messages, per_patient_and_time=True),
    "fhir-ndjson": Layout("fhir", fhir.write_ndjson, per_patient_and_time=True),
    "fhir-json": Layout("fhir", fhir.write_json, per_patient_and_time=True),
    "fhir-xml": Layout("fhir", fhir.write_xml, per_patient_and_time=True),
    "cda": Layout("cda", cda.write_documents),
    "xlsx-long": Layout("xlsx", workbooks.write_long),
    "xlsx-wide": Layout("xlsx", workbooks.write_wide),
    "text": Layout("text", report_texts.write_texts),
    "pdf-table": Layout("pdf", pdf.write_tables),
    "pdf-lines": Layout("pdf", pdf.write_lines),
}


def format_of(laboratory: Laboratory) -> str:
    """The format its exports are read with."""
    return LAYOUTS[laboratory.layout].format


def export(printout: Printout, folder: Path) -> tuple[int, int]:
    """Write what the laboratory exports; (files, results that they state).

    An empty cell of a table with one report per line states no result.
    """
    layout = printout.laboratory.layout
    files = LAYOUTS[layout].write(printout, folder)
    wide = layout.endswith("wide")
    return files, printout.rows["value"].count() if wide else printout.rows.height
