"""The title block of a printed report: whose it is, when the sample was taken, who asked for it."""

from __future__ import annotations

import re
from dataclasses import replace

from hemoscribe.sources.printed.parts import PrintedReport
from hemoscribe.sources.printed.sections import Fluid
from hemoscribe.sources.printed.title_parts import number_of, parts_of
from hemoscribe.sources.tables.headers import IDENTIFIER

_NAME = re.compile(r"[^\W\d]+(?:[ ,.'-]+[^\W\d]+)*")
_ZONE = re.compile(r"\s+(?!(?:AM|PM)$)(?:[A-Z]{2,4}|local(?: time)?|uhr)$", re.IGNORECASE)
_SLASH = re.compile(r"(?<=\d)\s+(?:/|um|at|-)\s+(?=\d{1,2}[:hH]?\d{2})")
_COMPACT_TIME = re.compile(r"(?<=\d)\s+([01]\d|2[0-3])([0-5]\d)$")
_HOUR = re.compile(r"(?<=\s)(\d{1,2})\s?h$", re.IGNORECASE)
_ON = re.compile(r"^(?:le|du|on|am|vom)\s+(?=\d)", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d]{3,}")
_DATES = ("collected_at", "requested_at", "birth_date")


def take_title(text: str, report: PrintedReport, fluid: Fluid) -> bool:
    """Whether a line is of the title block; what it says is kept in the report."""
    known = False
    for _, meaning, said in parts_of(text):
        _keep(meaning, said, report, fluid)
        known = True
    return known


def _keep(meaning: str, text: str, report: PrintedReport, fluid: Fluid) -> None:
    if not text or meaning in ("other", IDENTIFIER):
        return
    if meaning == "specimen":
        if _WORD.search(text):
            fluid.state(text)
            return
        meaning = "sample_id"  # a number, and no kind of sample
    if meaning == "patient_id" and _NAME.fullmatch(text):
        return  # a name, and no number
    if meaning == "patient_id":
        text = number_of(text) or text
    if meaning == "collected_day":
        meaning = "collected_at"
    if meaning == "method" and report.results:
        last = report.results[-1]
        last.result = replace(last.result, method=text)
        return
    if meaning in _DATES:
        text = when(text)
    report.titles[meaning] = text
    if meaning == "collected_at":
        report.dates.append(text)


def when(text: str) -> str:
    """A date and time as the readers of dates take it: ``01/08/2024 0831 Local`` has 08:31."""
    bare = _SLASH.sub(" ", _ZONE.sub("", _ON.sub("", text.strip())))
    return _HOUR.sub(r"\1:00", _COMPACT_TIME.sub(r" \1:\2", bare))
