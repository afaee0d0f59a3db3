"""The formats that are read, recognised by what a file holds and never by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from hemoscribe.errors import SettingsError, SourceError
from hemoscribe.sources.batches import Batch, Notices
from hemoscribe.sources.cda import reports
from hemoscribe.sources.datasets import eicu, meds, mimic, nhanes, omop, synthea
from hemoscribe.sources.enclosed import Opener
from hemoscribe.sources.exports import Export
from hemoscribe.sources.fhir import resources
from hemoscribe.sources.hl7 import messages
from hemoscribe.sources.hprim import exchanges
from hemoscribe.sources.known_format import Format, Reads
from hemoscribe.sources.lines import sample_text
from hemoscribe.sources.mapping import Mapping as MappingFile
from hemoscribe.sources.printed import pdf, text
from hemoscribe.sources.tables import csv_long, csv_wide, xlsx

Encloses = Callable[[Export, MappingFile, Notices, Opener], Iterator[Batch]]
_SHOWN_CHARACTERS = 80


def _opening(read: Encloses) -> Reads:
    """A reader of exports that documents stand in, which it is given the means to open."""

    def reads(export: Export, mapping: MappingFile, notices: Notices) -> Iterator[Batch]:
        return read(export, mapping, notices, Opener(format_of, mapping, notices))

    return reads


FORMATS: Mapping[str, Format] = {
    entry.name: entry
    for entry in (
        Format("hl7", "HL7 v2 messages", messages.recognises, _opening(messages.read)),
        Format("hprim", "HPRIM messages", exchanges.recognises, _opening(exchanges.read)),
        Format("fhir", "FHIR R4 (JSON, NDJSON or XML)", resources.recognises, resources.read),
        Format(
            "cda", "CDA R2 laboratory reports (CR-BIO)", reports.recognises, _opening(reports.read)
        ),
        Format("nhanes", "NHANES (XPT, Parquet or CSV)", nhanes.recognises, nhanes.read),
        Format("mimic", "MIMIC LABEVENTS", mimic.recognises, mimic.read),
        Format("omop", "OMOP MEASUREMENT", omop.recognises, omop.read),
        Format("eicu", "eICU lab", eicu.recognises, eicu.read),
        Format("synthea", "Synthea observations", synthea.recognises, synthea.read),
        Format("meds", "MEDS (Parquet)", meds.recognises, meds.read),
        Format("pdf", "PDF reports with text", pdf.recognises, pdf.read),
        Format("text", "printed reports as text", text.recognises, text.read),
        Format("xlsx", "spreadsheets (.xlsx)", xlsx.recognises, xlsx.read),
        Format("csv-long", "CSV, one result per line", csv_long.recognises, csv_long.read),
        Format("csv-wide", "CSV, one report per line", csv_wide.recognises, csv_wide.read),
    )
}
_ALIASES = {"csv": ("csv-long", "csv-wide"), "long": ("csv-long",), "wide": ("csv-wide",)}

_XLS_REMEDY = "Save it as .xlsx or CSV, without a password."
_IN_PARQUET = ("nhanes", "mimic", "omop", "eicu", "synthea", "meds")
KINDS = (  # what a file begins with, what it is, the formats that may begin so
    (b"%PDF", "a PDF", ("pdf",)),
    (b"\xd0\xcf\x11\xe0", "an old Office file, such as .xls, or one with a password", ()),
    (b"PK\x03\x04", "a spreadsheet or another Office file", ("xlsx",)),
    (b"\x89PNG", "an image", ()),
    (b"\xff\xd8\xff", "an image", ()),
    (b"SQLite format 3", "a database", ()),
    (b"<?xml", "an XML document", ("fhir", "cda")),
    (b"{", "a JSON document", ("fhir", "text", "meds")),
    (b"PAR1", "a Parquet file that is not NHANES, MIMIC, OMOP, eICU, Synthea or MEDS", _IN_PARQUET),
    (b"HEADER RECORD", "a SAS transport file that is not NHANES", ("nhanes",)),
)


def format_of(export: Export, mapping: MappingFile, wanted: str | None = None) -> Format:
    """The format of an export: the wanted one, or the first that recognises its content.

    Raises:
        SettingsError: ``wanted`` is no format.
        SourceError: the file is of no format we read, or not of the wanted one; says what it is.
    """
    names = _ALIASES.get(wanted, (wanted,)) if wanted else tuple(FORMATS)
    if unknown := [name for name in names if name not in FORMATS]:
        allowed = ", ".join([*FORMATS, "csv"])
        raise SettingsError(f"{unknown[0]!r} is not a format; the formats are {allowed}.")
    kinds = (entry for entry in KINDS if export.sample.startswith(entry[0]))
    _, other, may_be = next(kinds, (b"", None, tuple(FORMATS)))
    for name in names:
        if name in may_be and FORMATS[name].recognises(export, mapping):
            return FORMATS[name]
    raise _unknown(export, mapping, wanted, other)


def _unknown(
    export: Export, mapping: MappingFile, wanted: str | None, other: str | None
) -> SourceError:
    if other is not None:
        readable = "; ".join(entry.title for entry in FORMATS.values())
        remedy = _XLS_REMEDY if ".xls" in other else f"What is read: {readable}."
        return SourceError(export.name, f"it is {other}, which is not read", remedy=remedy)
    if wanted and not wanted.startswith(("csv", "long", "wide")):
        title = FORMATS[wanted].title
        return SourceError(
            export.name, f"it is not {title}", remedy="Leave --format out to have it recognised."
        )
    first = next(
        (line for line in sample_text(export, mapping.encoding).split("\n") if line.strip()), ""
    ).strip()
    shown = first[:_SHOWN_CHARACTERS] + ("..." if len(first) > _SHOWN_CHARACTERS else "")
    return SourceError(
        export.name,
        "no column for what was measured and its value, and no column named after an analyte, "
        f"was found in the header ({shown!r})",
        remedy="Name the columns in a file given with --mapping.",
    )
