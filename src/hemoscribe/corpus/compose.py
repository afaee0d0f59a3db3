"""The composer: words from the facts, as a careful biologist writes them.

The most urgent first, critical values named to be phoned, findings joined into one reasoning, what
is abnormal beside them, what is normal and matters, and what would settle the question. It says
nothing that is not in the report: no treatment, no diagnosis stated as certain. The same seed
always gives the same words.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from hemoscribe.corpus.extraction import claims
from hemoscribe.corpus.facts import Facts
from hemoscribe.corpus.lexicon import lexicon
from hemoscribe.corpus.numbers import show
from hemoscribe.corpus.wording import Variant, Wording, families, links, phrases, wordings
from hemoscribe.knowledge import analytes
from hemoscribe.records import Finding, FlaggedResult, Language, Reading

INTERPRETATION_CHARACTERS: Mapping[Language, int] = {"en": 260, "fr": 170}
FOLLOW_UP_CHARACTERS: Mapping[Language, int] = {"en": 120, "fr": 90}
"""What a text may take, where the report lets it: a small model writes some 3.9 characters of English
in a token and 2.7 of French, and a report must not be waited for."""
FIRST_STATEMENT_CHARACTERS = 80
"""The first finding is told in a sentence of at most this length whatever the rest takes."""
MAX_STATEMENTS = 2
"""Findings told in a sentence of their own; the others are named in a list."""
MAX_QUOTED = 2
"""Numbers quoted besides critical values."""
MAX_LISTED = 6
"""Results out of range named one by one; beyond, by their group."""
MAX_FOLLOW_UPS = 3
_SEVERE = frozenset(("severe", "profound", "marked"))
_COMMON_NOUN = re.compile(r"[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿ]{2,}(?![a-zà-öø-ÿ]*[A-Z])")


def compose(reading: Reading, language: Language, seed: int) -> tuple[str, str]:
    """(interpretation, follow-up) of a reading, in words chosen by ``seed``."""
    return _Composer(reading, language, seed).compose()


def leading_findings(reading: Reading) -> tuple[Finding, ...]:
    """The findings worth telling, the most urgent first: without those that another one contains.

    A finding whose grade comes from another (a microcytic anemia that is severe) carries it, and
    the urgency of what it stands for.
    """
    by_id = {finding.id: finding for finding in reading.findings}
    dropped = {
        other
        for finding in by_id
        for other in _subsumed(finding)
        if other in by_id and not _told_apart(by_id[other], finding)
    }
    kept = []
    for place, finding in enumerate(reading.findings):
        if finding.id in dropped or finding.id not in families():
            continue
        inner = [by_id[other] for other in _subsumed(finding.id) if other in dropped]
        urgency = max([finding.urgency, *(one.urgency for one in inner)])
        source = families()[finding.id].grade_from
        grade = finding.grade
        if grade is None and source in by_id:
            grade = by_id[source].grade
        order = (-urgency, not families()[finding.id].first, place)
        kept.append((order, Finding(finding.id, grade, finding.evidence, urgency)))
    return tuple(finding for _, finding in sorted(kept, key=lambda item: item[0]))


def _subsumed(finding: str) -> frozenset[str]:
    family = families().get(finding)
    return frozenset() if family is None else family.subsumes | family.subsumes_mild


def _told_apart(finding: Finding, by: str) -> bool:
    return finding.id in families()[by].subsumes_mild and finding.grade in _SEVERE


@dataclass
class _Composer:
    reading: Reading
    language: Language
    seed: int
    quoted: set[str] = field(default_factory=set)
    openings: set[str] = field(default_factory=set)
    quotes_left: int = MAX_QUOTED

    def __post_init__(self) -> None:
        self.facts = Facts(self.reading)
        self.words: Mapping[str, Any] = phrases(self.language)
        self.wordings: Mapping[str, Wording] = wordings(self.language)
        self.findings = [
            finding for finding in leading_findings(self.reading) if finding.id in self.wordings
        ]

    def compose(self) -> tuple[str, str]:
        if not self.reading.results:
            return self._pick("nothing"), self._pick("follow_up_no_range")
        sentences = [*self._critical()]
        beyond = [*self._no_range()]
        left = self._untold()
        others = sum(len(self._name(result)) + 2 for result in left[:MAX_LISTED])
        room = INTERPRETATION_CHARACTERS[self.language] - _length([*sentences, *beyond])
        sentences += self._reasoning(room - others)
        sentences += self._out_of_range(left, bool(sentences))
        if not self.findings and not self.reading.abnormal:
            sentences += self._all_normal()
        else:
            room = INTERPRETATION_CHARACTERS[self.language] - _length([*sentences, *beyond])
            sentences += [text for text in self._normal() if len(text) <= room]
        sentences += beyond
        return " ".join(map(_sentence, sentences)), self._follow_up()

    # -- choosing words

    def _draw(self, name: str, count: int) -> int:
        return zlib.crc32(f"{self.seed}:{name}".encode()) % count

    def _pick(self, name: str) -> Any:
        """A phrase, drawn by the seed among those that do not begin as an earlier one did."""
        listed = self.words[name]
        start = self._draw(name, len(listed))
        turned = [*listed[start:], *listed[:start]]
        chosen = next((one for one in turned if _opening(one) not in self.openings), turned[0])
        self.openings.add(_opening(chosen))
        return chosen

    def _name(self, result: FlaggedResult) -> str:
        return plain_name(result.analyte, self.language)

    def _with_value(self, result: FlaggedResult) -> str:
        shown = show(result, self.language)
        self.quoted.add(result.analyte)
        value = _quantity(shown.value, shown.unit, self.language)
        text: str = self.words["result_named"].format(name=self._name(result), value=value)
        return text

    def _listed(self, items: Sequence[str]) -> str:
        return _join(items, self.words["and"])

    # -- what is said

    def _critical(self) -> Iterator[str]:
        critical = [result for result in self.reading.results if result.critical]
        parts = []
        for direction in ("low", "high", "none"):
            found = [self._with_value(r) for r in critical if _side(r) == direction]
            if found:
                template = self.words[f"critical_{direction}"][len(found) > 1]
                parts.append(template.format(items=self._listed(found)))
        if parts:
            yield self._pick("critical").format(items=self.words["critical_join"].join(parts))

    def _reasoning(self, room: int) -> Iterator[str]:
        """The findings: the first in a sentence, the next too while there is room, then a list."""
        waiting = list(self.findings)
        text = ""
        for _ in range(MAX_STATEMENTS):
            if not waiting:
                break
            finding = waiting[0]
            named = sum(len(self._short(other)) + 2 for other in waiting[1:])
            left = room - len(text) - named
            left = left if text else max(left, FIRST_STATEMENT_CHARACTERS)
            linked = self._linked(finding, waiting[1:], left)
            statement = linked[1] if linked else self._statement(finding, left)
            if statement is None and text:
                break
            if statement is None:
                statement = self._shortest(finding)
            waiting.remove(finding)
            if linked:
                waiting.remove(linked[0])
            text = text + self._joined(statement) if text else statement
        if text:
            yield text
        if waiting:
            shorts = [self._short(finding) for finding in waiting]
            yield self._pick("also").format(also=self._listed(shorts))

    def _joined(self, statement: str) -> str:
        joint = self._pick("second").format(statement=statement)
        head, mark, tail = joint.partition(". ")
        return f"{head}. {tail}" if mark else joint

    def _statement(self, finding: Finding, room: int) -> str | None:
        """A statement that holds and fits, the one the seed draws or the next; None when none does."""
        fitting = [v.text for v in self.wordings[finding.id].statement if self._holds(v)]
        return self._first_fitting(f"statement:{finding.id}", fitting, finding, room)

    def _shortest(self, finding: Finding) -> str:
        """The shortest statement that quotes a result, or the finding's name."""
        key = self._key_result(finding)
        texts = [v.text for v in self.wordings[finding.id].statement if v.unconditional]
        quoting = [text for text in texts if "{evidence}" in text or "{names}" in text]
        if not quoting or (key is None and all("{evidence}" in text for text in quoting)):
            return self._short(finding)
        shortest = self._first_fitting("shortest", sorted(quoting, key=len)[:1], finding, 10_000)
        return shortest or self._short(finding)

    def _first_fitting(
        self, name: str, texts: Sequence[str], finding: Finding, room: int
    ) -> str | None:
        key = self._key_result(finding)
        start = self._draw(name, len(texts))
        for text in (*texts[start:], *texts[:start]):
            if key is None and "{evidence}" in text:
                continue
            filled = self._filled(text, finding, key)
            if len(filled) <= room:
                if key is not None and "{evidence}" in text:
                    self.quoted.add(key.analyte)
                    self.quotes_left -= 1
                return filled
        return None

    def _filled(self, text: str, finding: Finding, key: FlaggedResult | None) -> str:
        evidence = "" if key is None else self._evidence(finding, key)
        grade, names = self._grade(finding), self._evidence_names(finding)
        return _squeezed(text.format(grade=grade, evidence=evidence, names=names))

    def _evidence(self, finding: Finding, key: FlaggedResult) -> str:
        shown = show(key, self.language)
        value = _quantity(shown.value, shown.unit, self.language)
        if families()[finding.id].bare == key.analyte:
            return value
        text: str = self.words["result"].format(name=self._name(key), value=value)
        return text

    def _grade(self, finding: Finding) -> str:
        own = self.wordings[finding.id].grades
        if finding.grade is None:
            return own.get("none", "")
        return own.get(finding.grade) or self.words["grades"].get(finding.grade, finding.grade)

    def _short(self, finding: Finding) -> str:
        return self._filled(self.wordings[finding.id].short, finding, None)

    def _linked(
        self, finding: Finding, waiting: Sequence[Finding], room: int
    ) -> tuple[Finding, str] | None:
        """A sentence that joins a finding to one of those that wait, and which one."""
        partners = {
            frozenset((finding.id, other.id)): other
            for other in waiting
            if all(families()[one.id].links_at(one.grade) for one in (finding, other))
        }
        pair = next((pair for pair in links(self.language) if pair in partners), None)
        if pair is None:
            return None
        other = partners[pair]
        first, second, sentences = links(self.language)[pair]
        a, b = (finding, other) if finding.id == first else (other, finding)
        texts = [
            text.replace("{a}", self._short(a)).replace("{b}", self._short(b)) for text in sentences
        ]
        texts += [text.replace(" ({evidence})", "") for text in texts]
        sentence = self._first_fitting(f"link:{first}+{second}", texts, a, room)
        return None if sentence is None else (other, sentence)

    def _key_result(self, finding: Finding) -> FlaggedResult | None:
        """The result to quote for a finding: known, not yet quoted, while quotes are left."""
        if self.quotes_left <= 0:
            return None
        for name in families()[finding.id].key:
            results = self.facts.by_analyte.get(name)
            if results:
                return None if name in self.quoted else results[0]
        return None

    def _evidence_names(self, finding: Finding) -> str:
        names = [plain_name(name, self.language) for name in finding.evidence]
        if len(names) > MAX_NAMED_EVIDENCE:
            names = [*names[: MAX_NAMED_EVIDENCE - 1], self.words["others"]]
        return self._listed(names)

    def _holds(self, variant: Variant) -> bool:
        if variant.alone and (len(self.findings) > 1):
            return False
        known = {
            name: result.direction
            for name, results in self.facts.by_analyte.items()
            for result in results
        }
        return (
            all(known.get(name) == direction for name, direction in variant.when.items())
            and all(known.get(name) == "normal" for name in variant.normal)
            and not any(name in known for name in variant.absent)
        )

    def _untold(self) -> list[FlaggedResult]:
        """The abnormal results that neither a finding nor a critical value tells."""
        stated = {finding.id for finding in self.findings}
        stated |= {other for finding in stated for other in families()[finding].implies}
        return [
            result
            for result in self.reading.abnormal
            if not self.facts.told_by(stated, result) and not result.critical
        ]

    def _out_of_range(self, left: Sequence[FlaggedResult], begun: bool) -> Iterator[str]:
        named, grouped = left[:MAX_LISTED], left[MAX_LISTED:]
        if len(grouped) == 1:
            named, grouped = left, []
        if named:
            style = self._pick("out_of_range" if begun else "only_out_of_range")
            tell = self._with_value if len(named) <= self.quotes_left else self._name
            parts = []
            for direction in ("low", "high"):
                items = [tell(r) for r in named if r.direction == direction]
                if items:
                    parts.append(style[direction].format(items=self._listed(items)))
            listed = self.words["parts_join"].join(parts)
            yield style.get("lead", "") + listed + style.get("tail", "") + "."
        if grouped:
            groups = dict.fromkeys(analytes()[result.analyte].group for result in grouped)
            names = lexicon(self.language).group_names
            text = self._listed([names[group] for group in groups])
            yield self._pick("groups_out_of_range").format(groups=text)


    def _normal(self) -> Iterator[str]:
        """What is normal and matters for the first finding."""
        if not self.findings:
            return
        found = [
            result
            for name in families()[self.findings[0].id].normal
            for result in self.facts.by_analyte.get(name, ())[:1]
            if result.direction == "normal"
            and not any(name in finding.evidence for finding in self.findings)
        ]
        if found:
            items = self._listed([self._name(result) for result in found[:2]])
            yield self._pick("normal_matters").format(items=items)

    def _no_range(self) -> Iterator[str]:
        without = [result for result in self.reading.results if result.flag is None]
        if without and len(without) == len(self.reading.results):
            if not self.findings:
                return  # all_normal has said so
            yield self._pick("no_range_many")
        elif len(without) > MAX_WITHOUT_RANGE:
            yield self._pick("no_range_many")
        elif without:
            names = dict.fromkeys(self._name(result) for result in without)
            yield self._pick("no_range").format(items=self._listed(list(names)))

    def _all_normal(self) -> Iterator[str]:
        flags = [result.flag for result in self.reading.results]
        if all(flag is None for flag in flags):
            yield self._pick("no_range_at_all")
        elif any(flag is None for flag in flags):
            yield self._pick("all_ranged_normal")
        else:
            yield self._pick("all_normal")

    # -- what would settle it

    def _follow_up(self) -> str:
        if not self.findings:
            return _sentence(self._plain_follow_up())
        asked: set[str] = set()
        clauses: list[str] = []
        for finding in self.findings:
            clause = self._clause(finding, asked)
            if clause is None:
                continue
            if clauses and _length([*clauses, clause]) > FOLLOW_UP_CHARACTERS[self.language]:
                continue
            clauses.append(clause)
            asked |= _requested(clause, self.language) | self._topics(clause)
            if len(clauses) == MAX_FOLLOW_UPS:
                break
        if not clauses:
            clauses = [self._plain_follow_up()]
        return " ".join(map(_sentence, clauses))

    def _topics(self, text: str) -> set[str]:
        """What a follow-up is about, besides results, so that it is not asked twice."""
        folded = text.casefold()
        return {topic for topic in self.words["topics"] if topic in folded} or {text}

    def _plain_follow_up(self) -> str:
        if any(result.critical for result in self.reading.results):
            return str(self._pick("follow_up_critical"))
        if self.reading.abnormal or self.findings:
            return str(self._pick("follow_up_abnormal"))
        if all(result.flag is None for result in self.reading.results):
            return str(self._pick("follow_up_no_range"))
        return str(self._pick("follow_up_normal"))

    def _clause(self, finding: Finding, asked: set[str]) -> str | None:
        """A follow-up that asks for nothing the report holds, nor what has been asked already."""
        listed = self.wordings[finding.id].follow_up
        start = self._draw(f"follow_up:{finding.id}", len(listed))
        for text in (*listed[start:], *listed[:start]):
            separator = " ; " if self.language == "fr" else "; "
            kept = [part for part in text.split(separator) if self._is_needed(part, asked)]
            if kept:
                return separator.join(kept)
        return None

    def _is_needed(self, part: str, asked: set[str]) -> bool:
        wanted = _requested(part, self.language)
        if self._topics(part) & asked or (wanted and wanted <= asked):
            return False
        words = set(re.findall(r"\w+", part.casefold()))
        if words & set(self.words["repeat_words"]):
            return True
        return not wanted & (self.facts.by_analyte.keys() | self.facts.groups)


MAX_NAMED_EVIDENCE = 4
MAX_WITHOUT_RANGE = 3


@lru_cache(maxsize=4096)
def _requested(text: str, language: Language) -> frozenset[str]:
    """The analytes, and the groups of analytes, that a follow-up names."""
    said = claims(text, language)
    groups = {claim.group for claim in said if claim.group is not None}
    return frozenset(name for claim in said for name in claim.analytes) | groups


@lru_cache(maxsize=1024)
def plain_name(analyte: str, language: Language) -> str:
    """An analyte's name inside a sentence: a common noun loses its capital, an acronym does not."""
    name: str = phrases(language)["names"].get(analyte) or analytes()[analyte].name(language)
    return name[0].lower() + name[1:] if _COMMON_NOUN.match(name) else name


def _side(result: FlaggedResult) -> str:
    """The side on which a critical value lies; ``none`` where only a limit of its own says so."""
    return result.direction if result.direction in ("low", "high") else "none"


def _opening(phrase: str | Mapping[str, str]) -> str:
    """The first word of a phrase."""
    text = phrase if isinstance(phrase, str) else phrase.get("lead") or phrase["low"]
    found = re.search(r"\w+", text.replace("{items}", "").replace("{groups}", ""))
    return found[0].casefold() if found else ""


def _quantity(value: str, unit: str, language: Language) -> str:
    if not unit or unit in phrases(language)["no_units"]:
        return value
    if unit.startswith("10"):
        unit = f"x {unit}"
    return f"{value}{'' if unit == '%' and language == 'en' else ' '}{unit}"


def _join(items: Sequence[str], conjunction: str) -> str:
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {conjunction} {items[-1]}"


def _length(texts: Iterable[str]) -> int:
    return sum(len(text) + 2 for text in texts)


def _squeezed(text: str) -> str:
    """One space at a time, none before a comma or a closing bracket."""
    return re.sub(r" (?=[,.)])", "", " ".join(text.split()))


def _sentence(text: str) -> str:
    """With capitals after each stop and one stop at the end."""
    text = _squeezed(text).rstrip(".") + "."
    return re.sub(r"(^|\. )(\w)", lambda match: match[1] + match[2].upper(), text)
