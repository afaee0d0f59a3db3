"""What the laboratory's overlay decided in a report, as the document says it: who, when, which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hemoscribe.files import package_yaml
from hemoscribe.knowledge import analytes, display_unit, finding_name, linear_conversion
from hemoscribe.overlay_record import Decision, Entry
from hemoscribe.records import Finding, Language, Overruling, Reading

_Limits = tuple[float | None, float | None]


def overruling_document(reading: Reading, language: Language) -> dict[str, Any] | None:
    """The ``laboratory_rules`` of a document; None where no overlay was read with the report.

    Keys: ``version`` and ``digest`` of the overlay; ``decided``, ``kept`` and ``not_assessed``
    (each with the ``entry``, its ``kind``, what it is ``about``, the places of the ``results``,
    ``approved_by``, ``date``, ``reason`` and one ``sentence``); ``silenced`` (ids of the findings
    that are not told, with their names); ``alarms`` (of critical results: ``wording`` and
    ``phone``, each with its entry).
    """
    overruling = reading.overruling
    if overruling is None:
        return None
    told = _Told(reading, overruling, language)
    return {
        "version": overruling.overlay.version,
        "digest": overruling.overlay.digest,
        "decided": told.of("decided"),
        "kept": told.of("kept"),
        "not_assessed": told.of("not_assessed"),
        "silenced": [told.silenced(finding) for finding in overruling.silenced],
        "alarms": told.alarms(),
    }


def own_name(reading: Reading, finding: Finding, language: Language) -> str:
    """The name of a finding: the laboratory's where it has one, else the published one."""
    overruling = reading.overruling
    for decision in () if overruling is None else overruling.decisions:
        texts = decision.entry.texts
        if decision.entry.kind == "renamed" and decision.about == finding.id and texts is not None:
            return texts[language]
    return finding_name(finding, language)


class _Told:
    """The sentences of one report, in one language."""

    def __init__(self, reading: Reading, overruling: Overruling, language: Language) -> None:
        self.reading = reading
        self.overruling = overruling
        self.language = language
        self.words: Mapping[str, Any] = package_yaml(__package__, "overlay_words.yaml")[language]

    def of(self, outcome: str) -> list[dict[str, Any]]:
        """One object for each entry: the results that it decided alike are in one sentence."""
        by_entry: dict[str, list[Decision]] = {}
        for one in self.overruling.decisions:
            if one.outcome == outcome:
                by_entry.setdefault(one.entry.id, []).append(one)
        return [self._entry(found) for found in by_entry.values()]

    def _entry(self, found: list[Decision]) -> dict[str, Any]:
        entry = found[0].entry
        return {
            "entry": entry.id,
            "kind": entry.kind,
            "about": list(dict.fromkeys(one.about for one in found if one.about)),
            "results": sorted({one.place for one in found if one.place is not None}),
            "approved_by": entry.approved_by,
            "date": entry.date.isoformat(),
            "reason": entry.reason,
            "sentence": self._signed(entry, self._what(found)),
        }

    def silenced(self, finding: Finding) -> dict[str, Any]:
        """A finding that is not told."""
        return {
            "id": finding.id,
            "name": own_name(self.reading, finding, self.language),
            "grade": finding.grade,
            "evidence": list(finding.evidence),
        }

    def alarms(self) -> list[dict[str, Any]]:
        """What is said of critical results, and who is called."""
        found = []
        for one in self.of("decided"):
            if one["kind"] not in ("alarm", "phone"):
                continue
            entry = next(e for e in self.overruling.overlay.entries if e.id == one["entry"])
            says = self._wording(entry) if one["kind"] == "alarm" else self._call(entry)
            found.append({**{key: one[key] for key in ("entry", "kind", "about")}, "says": says})
        return found

    def _wording(self, entry: Entry) -> str:
        return (entry.texts or {})[self.language]

    def _call(self, entry: Entry) -> str:
        number = self.words["number"].format(number=entry.number) if entry.number else ""
        minutes = self.words["minutes"].format(minutes=entry.minutes) if entry.minutes else ""
        return f"{entry.who}{number}{minutes}"

    def _signed(self, entry: Entry, what: str) -> str:
        words = self.words
        scope = "; ".join(self._scope(entry))
        text: str = words["signed"].format(
            what=what,
            entry=entry.id,
            scope=words["scope"].format(scope=scope) if scope else "",
            by=entry.approved_by,
            date=_day(entry, self.language),
            reason=words["reason"].format(reason=entry.reason) if entry.reason else "",
        )
        return text

    def _scope(self, entry: Entry) -> Iterable[str]:
        for key in ("ward", "method", "instrument"):
            stated = entry.stated.get(key)
            if stated:
                yield ", ".join(stated)
        age = entry.stated.get("age")
        if age:
            first, below = age[0] or 0, age[1]
            key = "ages_from" if below is None else "ages"
            yield self.words[key].format(first=self._age(first), below=self._age(below))

    def _age(self, age: object) -> str:
        """``18`` and ``"28d"`` as "18 years" and "28 days"."""
        if age is None:
            return ""
        number, unit = (str(age)[:-1], str(age)[-1]) if isinstance(age, str) else (f"{age:g}", "y")
        return f"{number} {self.words['age_units'][unit]}"

    def _what(self, found: list[Decision]) -> str:
        entry, words = found[0].entry, self.words
        names = list(dict.fromkeys(self._name(one) for one in found))
        name = ", ".join(names)
        if found[0].outcome == "not_assessed":
            unknown = dict.fromkeys(key for one in found for key in one.unknown)
            text: str = words["not_assessed"].format(
                name=name,
                kind=words["kinds"][entry.kind],
                unknown=words["and"].join(words[key] for key in unknown),
            )
            return text
        if found[0].outcome == "kept":
            which = "kept" if entry.kind == "silenced" else "kept_limit"
            return str(words[which].format(name=name))
        return str(words[entry.kind].format(name=name, **self._details(found[0])))

    def _details(self, decision: Decision) -> dict[str, str]:
        entry = decision.entry
        if entry.kind == "critical":
            return self._critical(decision)
        if entry.kind == "decision":
            return {"range": self._limits(decision, (entry.low, entry.high), "below", "above")}
        if entry.kind == "alarm":
            return {"text": self._wording(entry)}
        if entry.kind == "phone":
            return {"who": self._call(entry)}
        if entry.kind == "renamed":
            return {"usual": self._usual(decision)}
        return {}

    def _critical(self, decision: Decision) -> dict[str, str]:
        entry, sides = decision.entry, ("at_or_below", "at_or_above")
        kept: _Limits = (
            None if entry.low is None else decision.before[0],
            None if entry.high is None else decision.before[1],
        )
        instead = self.words["none_before"]
        if kept != (None, None):
            instead = self.words["instead"].format(limits=self._limits(decision, kept, *sides))
        limits = self._limits(decision, (entry.low, entry.high), *sides)
        return {"limits": limits, "instead": instead}

    def _limits(self, decision: Decision, limits: _Limits, low: str, high: str) -> str:
        parts = [
            self.words[key].format(limit=self._limit(decision, limit))
            for key, limit in ((low, limits[0]), (high, limits[1]))
            if limit is not None
        ]
        return str(self.words["and"].join(parts))

    def _limit(self, decision: Decision, limit: float) -> str:
        """A limit in the unit in which the result was reported."""
        assert decision.place is not None
        result = self.reading.results[decision.place]
        unit = result.reported_unit or result.unit
        scale, offset = linear_conversion(result.analyte, unit)
        text = f"{(limit - offset) / scale:.6g}"
        mark = text.replace(".", ",") if self.language == "fr" else text
        return f"{mark} {display_unit(unit)}".rstrip()

    def _name(self, decision: Decision) -> str:
        if decision.about is None:
            return str(self.words["unread"])
        if decision.about in analytes():
            return analytes()[decision.about].name(self.language)
        return own_name(self.reading, self._finding(decision), self.language)

    def _usual(self, decision: Decision) -> str:
        return finding_name(self._finding(decision), self.language)

    def _finding(self, decision: Decision) -> Finding:
        found = (*self.reading.findings, *self.overruling.silenced)
        return next(one for one in found if one.id == decision.about)


def _day(entry: Entry, language: Language) -> str:
    return f"{entry.date:%d/%m/%Y}" if language == "fr" else f"{entry.date:%Y-%m-%d}"
