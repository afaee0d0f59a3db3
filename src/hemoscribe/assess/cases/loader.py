"""Case files: YAML that a biologist can write, checked word by word before anything is judged."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

import yaml

from hemoscribe.assess.cases.case import Case, Must, Never, Phrases
from hemoscribe.errors import SourceError
from hemoscribe.files import TOO_DEEP, read_bytes
from hemoscribe.knowledge import analytes, finding_definitions, index_definitions
from hemoscribe.records import DIRECTIONS, LANGUAGES, SEXES, Panel, ReportedResult, Sex

MAX_BYTES = 4_000_000
_ID = re.compile(r"[a-z][a-z0-9_]*")
_COLUMNS = re.compile(r"\s{2,}|\t+")
_RANGE = re.compile(r"(?P<low>-?[\d.,]+)\s*(?:-|–|to|à)\s*(?P<high>-?[\d.,]+)")
_LIMIT = re.compile(r"(?P<sign><=?|>=?)\s*(?P<limit>[\d.,]+)")
_EMPTY = "-"
_KEYS: Final[Mapping[str, tuple[frozenset[str], frozenset[str]]]] = {
    # part: (keys it must have, keys it may have besides)
    "case": (
        frozenset(("title", "citation", "patient", "panels", "conclusion")),
        frozenset(("doi", "traps", "context", "must", "never", "not_yet")),
    ),
    "patient": (frozenset(), frozenset(("sex", "age", "pregnant"))),
    "panel": (frozenset(("results",)), frozenset(("at",))),
    "must": (
        frozenset(),
        frozenset(("findings", "flags", "critical", "indices", "rejects", "said")),
    ),
    "never": (frozenset(), frozenset(("findings", "told", "flags", "said", "other_findings"))),
}


@cache
def shipped_cases() -> tuple[Case, ...]:
    """The cases inside the package, by file and then in the order of each file."""
    with resources.as_file(resources.files("hemoscribe.assess.cases") / "data") as folder:
        return read_cases(folder)


def read_cases(folder: Path) -> tuple[Case, ...]:
    """The cases of every ``*.yaml`` of a folder (or of one file).

    Raises:
        SourceError: there is none, one is not as docs/cases.md says, or two have one id.
    """
    paths = [folder] if folder.is_file() else sorted(folder.glob("*.yaml"))
    if not paths:
        raise SourceError(
            folder, "no case file is here", remedy="Name a folder with .yaml files of cases."
        )
    found: dict[str, Case] = {}
    for path in paths:
        for name, entry in _entries(path):
            if name in found:
                raise SourceError(path, "another case has this id", place=name)
            found[name] = _Entry(path, name).case(entry)
    return tuple(found.values())


def _entries(path: Path) -> list[tuple[str, Any]]:
    try:  # every scalar as the text it is: "5.10" keeps its zero
        read = yaml.load(read_bytes(path, limit_bytes=MAX_BYTES), Loader=yaml.BaseLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}" if mark else ""
        reason = getattr(error, "problem", None) or "it is not YAML"
        raise SourceError(path, reason, place=place) from None
    except RecursionError:
        raise SourceError(path, TOO_DEEP) from None
    if not isinstance(read, dict) or not read:
        raise SourceError(path, "it holds no cases", remedy="Write each case under its id.")
    return list(read.items())


class _Entry:
    """One case as the file holds it; every fault names the file, the case and the part."""

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self.name = name
        self.not_yet: Mapping[str, str] = {}

    def case(self, entry: Any) -> Case:
        if not _ID.fullmatch(self.name):
            raise self.fault("", "an id is lower-case words joined by _")
        self.mapping(entry, "case")
        self.not_yet = self.texts(entry.get("not_yet") or {}, "not_yet")
        case = Case(
            id=self.name,
            title=self.words(entry["title"], "title"),
            citation=self.text(entry["citation"], "citation"),
            doi=entry.get("doi") or None,
            traps=self.names(entry.get("traps"), "traps"),
            panels=self.panels(entry),
            conclusion=self.words(entry["conclusion"], "conclusion"),
            must=self.must(entry.get("must") or {}),
            never=self.never(entry.get("never") or {}),
            not_yet=self.not_yet,
        )
        if not any((case.must.findings, case.must.flags, case.never.findings, case.must.said)) and (
            not case.never.other_findings
        ):
            raise self.fault("must", "it asks for nothing, so nothing could fail")
        return case

    def panels(self, entry: Mapping[str, Any]) -> tuple[Panel, ...]:
        patient = self.mapping(entry["patient"] or {}, "patient")
        sex = patient.get("sex")
        if sex is not None and sex not in SEXES:
            raise self.fault("patient", f"sex is F or M, not {sex}")
        age = self.number(patient["age"], "patient, age") if "age" in patient else None
        pregnant = self.truth(patient["pregnant"], "pregnant") if "pregnant" in patient else None
        listed = entry["panels"]
        if not isinstance(listed, list) or not listed:
            raise self.fault("panels", "a list with at least one panel is needed")
        panels = []
        for number, panel in enumerate(listed, start=1):
            place = f"panel {number}"
            self.mapping(panel, "panel", place)
            last = number == len(listed)
            panels.append(
                Panel(
                    results=self.results(panel["results"], place),
                    sex=_sex(sex),
                    age_years=age,
                    pregnant=pregnant,
                    collected_at=self.moment(panel, place, needed=len(listed) > 1),
                    report_id=self.name if last else f"{self.name}-{number}",
                    patient_id=self.name,
                    context=" ".join(str(entry.get("context") or "").split()) if last else "",
                )
            )
        times = [panel.collected_at for panel in panels if panel.collected_at is not None]
        if times != sorted(set(times)):
            raise self.fault("panels", "they do not go from the first to the last in time")
        return tuple(panels)

    def results(self, text: Any, place: str) -> tuple[ReportedResult, ...]:
        """``name  value  unit  range  remark``, two spaces or more between them, one a line."""
        if not isinstance(text, str) or not text.strip():
            raise self.fault(place, "`results` holds no result")
        return tuple(self.result(line.strip(), place) for line in text.splitlines() if line.strip())

    def result(self, line: str, place: str) -> ReportedResult:
        parts = [None if part == _EMPTY else part for part in _COLUMNS.split(line)]
        shifted = len(parts) > 2 and parts[2] is not None and _is_range(parts[2])
        if not 2 <= len(parts) <= 5 or parts[0] is None or parts[1] is None or shifted:
            raise self.fault(
                place,
                f"`{line}` is not a result",
                "Write name, value, unit, range and remark with two spaces between them; - for "
                "none.",
            )
        padded: list[str | None] = [*parts, *[None] * (5 - len(parts))]
        name, value, unit, printed, remark = padded
        low, high = self.limits(printed, place) if printed is not None else (None, None)
        return ReportedResult(str(name), str(value), unit, low, high, comment=remark)

    def limits(self, printed: str, place: str) -> tuple[str | None, str | None]:
        both, one = _RANGE.fullmatch(printed), _LIMIT.fullmatch(printed)
        if both:
            return both["low"], both["high"]
        if one:
            return (one["limit"], None) if one["sign"][0] == ">" else (None, one["limit"])
        raise self.fault(
            place, f"`{printed}` is not a range", "Write 3.5-5.1, < 5 or > 60, or - for none."
        )

    def moment(self, panel: Mapping[str, Any], place: str, *, needed: bool) -> datetime | None:
        text = panel.get("at")
        if text is None:
            if needed:
                raise self.fault(place, "`at` is missing, and there are several panels")
            return None
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            raise self.fault(place, f"`at: {text}` is no time", "Write 2024-03-01 08:00.") from None

    def must(self, entry: Any) -> Must:
        self.mapping(entry, "must")
        graded = entry.get("findings") or {}
        if isinstance(graded, list):
            graded = dict.fromkeys(graded, "")
        for name, grade in self.texts(graded, "must, findings", empty=True).items():
            self.finding(name, "must", grade or None)
        indices = {
            name: self.between(limits, f"must, index {name}")
            for name, limits in self.keyed(entry.get("indices"), "must, indices").items()
        }
        for name in indices:
            if name not in index_definitions():
                raise self.fault("must, indices", f"there is no index {name}")
        return Must(
            findings={name: grade or None for name, grade in graded.items()},
            flags=self.flags(entry.get("flags"), "must, flags"),
            critical=self.analytes(entry.get("critical"), "must, critical"),
            indices=indices,
            rejects=self.names(entry.get("rejects"), "must, rejects"),
            said=self.said(entry.get("said"), "must, said"),
        )

    def never(self, entry: Any) -> Never:
        self.mapping(entry, "never")
        named = {
            part: self.names(entry.get(part), f"never, {part}") for part in ("findings", "told")
        }
        for name in (*named["findings"], *named["told"]):
            self.finding(name, "never", None)
        other = entry.get("other_findings", "false")
        return Never(
            findings=named["findings"],
            told=named["told"],
            flags=self.flags(entry.get("flags"), "never, flags"),
            said=self.said(entry.get("said"), "never, said"),
            other_findings=self.truth(other, "never, other_findings"),
        )

    def finding(self, name: str, part: str, grade: str | None) -> None:
        known = finding_definitions().get(name)
        if known is None:
            if f"{part} finding {name}" in self.not_yet:
                return
            raise self.fault(
                part,
                f"there is no finding {name}",
                f"Correct it, or say why under not_yet, as `{part} finding {name}`.",
            )
        if grade is not None and grade not in known.grades:
            grades = ", ".join(known.grades) or "none"
            raise self.fault(part, f"{name} has no grade {grade} (its grades: {grades})")

    def flags(self, entry: Any, place: str) -> Mapping[str, str]:
        flags = self.texts(entry or {}, place)
        self.analytes(list(flags), place)
        for name, direction in flags.items():
            if direction not in DIRECTIONS:
                raise self.fault(place, f"{name} is low, normal or high, not {direction}")
        return flags

    def analytes(self, entry: Any, place: str) -> tuple[str, ...]:
        names = self.names(entry, place)
        for name in names:
            if name not in analytes():
                raise self.fault(place, f"there is no analyte {name}")
        return names

    def said(self, entry: Any, place: str) -> Mapping[str, Phrases]:
        found = {}
        for name, ways in self.keyed(entry, place).items():
            self.keyed(ways, f"{place}, {name}")
            phrases = {
                language: self.names(ways.get(language), f"{place}, {name}")
                for language in LANGUAGES
            }
            if set(ways) - set(LANGUAGES) or not all(phrases.values()):
                raise self.fault(f"{place}, {name}", "it needs phrases under en and under fr")
            found[name] = phrases
        return found

    def between(self, entry: Any, place: str) -> tuple[float, float]:
        if not isinstance(entry, list) or len(entry) != 2:
            raise self.fault(place, "write [least, most]")
        least, most = (self.number(number, place) for number in entry)
        return least, most

    def words(self, entry: Any, place: str) -> Mapping[Any, str]:
        words = self.texts(entry, place)
        if set(words) != set(LANGUAGES):
            raise self.fault(place, "it needs en and fr, and no other language")
        return {language: " ".join(text.split()) for language, text in words.items()}

    def texts(self, entry: Any, place: str, *, empty: bool = False) -> Mapping[str, str]:
        for name, text in self.keyed(entry, place).items():
            if not isinstance(text, str) or not (empty or text.strip()):
                raise self.fault(place, f"{name} needs a text")
        return dict(entry)

    def text(self, entry: Any, place: str) -> str:
        if not isinstance(entry, str) or not entry.strip():
            raise self.fault(place, "it is empty")
        return " ".join(entry.split())

    def names(self, entry: Any, place: str) -> tuple[str, ...]:
        if entry in (None, ""):
            return ()
        if not isinstance(entry, list) or not all(isinstance(one, str) and one for one in entry):
            raise self.fault(place, "it is a list of texts")
        return tuple(entry)

    def keyed(self, entry: Any, place: str) -> Mapping[str, Any]:
        if entry in (None, ""):
            return {}
        if not isinstance(entry, dict):
            raise self.fault(place, "it is a mapping")
        return entry

    def mapping(self, entry: Any, part: str, place: str | None = None) -> Mapping[str, Any]:
        place = part if place is None else place
        needed, besides = _KEYS[part]
        if not isinstance(entry, dict):
            raise self.fault(place, "it is a mapping")
        if missing := sorted(needed - set(entry)):
            raise self.fault(place, f"`{missing[0]}` is missing")
        if unknown := sorted(set(entry) - needed - besides):
            allowed = ", ".join(sorted(needed | besides))
            raise self.fault(place, f"`{unknown[0]}` is not known here", f"Known: {allowed}.")
        return entry

    def number(self, text: Any, place: str) -> float:
        try:
            return float(text)
        except (TypeError, ValueError):
            raise self.fault(place, f"`{text}` is no number") from None

    def truth(self, text: Any, place: str) -> bool:
        if text not in ("true", "false"):
            raise self.fault(place, f"it is true or false, not {text}")
        return bool(text == "true")

    def fault(self, place: str, reason: str, remedy: str = "") -> SourceError:
        where = f"case {self.name}" + (f", {place}" if place and place != "case" else "")
        return SourceError(self.path, reason, place=where, remedy=remedy)


def _is_range(text: str) -> bool:
    return bool(_RANGE.fullmatch(text) or _LIMIT.fullmatch(text))


def _sex(text: str | None) -> Sex | None:
    known: Sequence[Sex] = ("F", "M")
    return next((sex for sex in known if sex == text), None)
