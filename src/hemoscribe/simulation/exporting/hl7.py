"""A laboratory's printed rows as HL7 v2 messages, one report each."""

from __future__ import annotations

import re
from pathlib import Path

from hemoscribe.simulation.exporting.printout import Printout, Row

_NUMBER = re.compile(r"^[<>]?\d+(\.\d+)?$")
_COMPARATOR = re.compile(r"^([<>])(.+)$")
_ESCAPES = str.maketrans({"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\"})


def write_messages(printout: Printout, folder: Path) -> int:
    """ORU^R01 messages, one after the other, segments ended by the laboratory's newline."""
    laboratory = printout.laboratory
    segments: list[str] = []
    for about, results, comment in printout.reports():
        when = about["collected_at"]
        segments += [
            f"MSH|^~\\&|LIS|{laboratory.title}|EHR|WARD|{when}||ORU^R01^ORU_R01|"
            f"{about['report_id']}|P|2.5.1||||||UNICODE UTF-8",
            f"PID|1||{about['patient_id']}^^^LAB^MR||{about['family_name']}^{about['given_name']}||"
            f"{about['birth_date']}|{about['sex']}|||||{about['phone']}",
            f"OBR|1||{about['report_id']}^LIS|26436-6^Laboratory studies^LN|||{when}|||||||||"
            f"^{about['doctor']}",
        ]
        if comment:
            segments.append(f"NTE|1|L|{comment.translate(_ESCAPES)}")
        segments += [_obx(printout, number, row) for number, row in enumerate(results, start=1)]
    return printout.write_text(folder, laboratory.newline.join(segments) + laboratory.newline)


def _obx(printout: Printout, number: int, row: Row) -> str:
    laboratory = printout.laboratory
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
    flag, status = printout.flag(row), printout.status(row, "F")
    return f"OBX|{number}|{kind}|{code}^{name}^LN||{value}|{unit}^^UCUM|{limits}|{flag}|||{status}"
