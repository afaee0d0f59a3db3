"""A laboratory's printed rows as HL7 v2 messages, one report each."""

from __future__ import annotations

import re
from pathlib import Path

from hemoscribe.simulation.exporting.printout import OfFluid, Printout, Row, by_fluid
from hemoscribe.simulation.other_fluids import blood as said_of_blood

_NUMBER = re.compile(r"^[<>]?\d+(\.\d+)?$")
_COMPARATOR = re.compile(r"^([<>])(.+)$")
_ESCAPES = str.maketrans({"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\"})

_STUDIES = "26436-6^Laboratory studies^LN"
_SPM, _SOURCE = 0, 1  # ways to state a fluid


def write_messages(printout: Printout, folder: Path) -> int:
    """ORU^R01 messages, one after the other, segments ended by the laboratory's newline."""
    laboratory = printout.laboratory
    segments: list[str] = []
    for about, results, comment in printout.reports():
        when = about["collected_at"]
        blood, others = by_fluid(results)
        segments += [
            f"MSH|^~\\&|LIS|{laboratory.title}|EHR|WARD|{when}||ORU^R01^ORU_R01|"
            f"{about['report_id']}|P|2.5.1||||||UNICODE UTF-8",
            f"PID|1||{about['patient_id']}^^^LAB^MR||{about['family_name']}^{about['given_name']}||"
            f"{about['birth_date']}|{about['sex']}|||||{about['phone']}",
            _obr(about, 1),
        ]
        if comment:
            segments.append(f"NTE|1|L|{comment.translate(_ESCAPES)}")
        segments += [_obx(printout, number, row) for number, row in enumerate(blood, start=1)]
        if any(one.way == _SPM for one in others):
            segments.append(_spm(about, str(said_of_blood()["hl7"]), _words(printout)))
        for number, one in enumerate(others, start=2):
            segments += _of_fluid(printout, about, number, one)
    return printout.write_text(folder, laboratory.newline.join(segments) + laboratory.newline)


def _obr(about: Row, number: int, name: str = _STUDIES, source: str = "") -> str:
    """An order; ``source`` is OBR-15, the specimen in versions before 2.5."""
    when, doctor = about["collected_at"], about["doctor"]
    return f"OBR|{number}||{about['report_id']}^LIS|{name}|||{when}||||||||{source}|^{doctor}"


def _spm(about: Row, code: str, name: str) -> str:
    return f"SPM|1|||{code}^{name}^HL70487|||||||||||||{about['collected_at']}"


def _words(printout: Printout) -> str:
    return said_of_blood()[printout.laboratory.language]


def _of_fluid(printout: Printout, about: Row, number: int, one: OfFluid) -> list[str]:
    """An order of a fluid's own, which says so in SPM, in OBR-15, or by its name alone."""
    words = one.fluid.words(printout.laboratory.language)
    name = f"^{words.order}^L" if one.way not in (_SPM, _SOURCE) else _STUDIES
    source = f"{one.fluid.hl7}&{words.name}&HL70070" if one.way == _SOURCE else ""
    results = [_obx(printout, place, row) for place, row in enumerate(one.results, start=1)]
    specimen = [_spm(about, one.fluid.hl7, words.name)] if one.way == _SPM else []
    return [_obr(about, number, name, source), *results, *specimen]


def _obx(printout: Printout, number: int, row: Row) -> str:
    laboratory = printout.laboratory
    value, kind = row["value"] or "", "ST"
    compared = _COMPARATOR.match(value)
    if compared is not None:
        kind, value = "SN", f"{compared[1]}^{compared[2]}"
    elif not value or _NUMBER.match(value):
        kind = "NM"
    name = laboratory.name(row["analyte"]).translate(_ESCAPES)
    code = printout.code(row) or ""
    unit = laboratory.unit(row["analyte"]) if row["fault"] != "wrong_unit" else row["unit"]
    low, high = row["low"], row["high"]
    limits = f"{low}-{high}" if low and high else f"<{high}" if high else f">{low}" if low else ""
    flag, status = printout.flag(row), printout.status(row, "F")
    return f"OBX|{number}|{kind}|{code}^{name}^LN||{value}|{unit}^^UCUM|{limits}|{flag}|||{status}"
