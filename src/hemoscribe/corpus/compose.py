"""The composer: words from the facts, as a careful biologist writes them.

The most urgent first, critical values named to be phoned, findings joined into one reasoning, what
is abnormal beside them, what is normal and matters, and what would settle the question. It says
nothing that is not in the report: no treatment, no diagnosis stated as certain. The same seed
always gives the same words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from hemoscribe.corpus.brief import brief
from hemoscribe.corpus.facts import Facts
from hemoscribe.corpus.follow_up import follow_up
from hemoscribe.corpus.lexicon import lexicon
from hemoscribe.corpus.voice import Voice, length, plain_name, sentence, squeezed
from hemoscribe.corpus.wording import Variant, Wording, families, links, wordings
from hemoscribe.records import Finding, FlaggedResult, Language, Reading

__all__ = ["compose", "plain_name"]

INTERPRETATION_CHARACTERS: Mapping[Language, int] = {"en": 260, "fr": 170}
"""What a text may take, where the report lets it: a small model writes some 3.9 characters of
English in a token and 2.7 of French, and a report must not be waited for."""
FIRST_STATEMENT_CHARACTERS = 80
"""The first finding is told in a sentence of at most this length whatever the rest takes."""
MAX_STATEMENTS = 2
"""Findings told in a sentence of their own; the others are named in a list."""
MAX_QUOTED = 2
"""Numbers quoted besides critical values."""
MAX_NAMED_EVIDENCE = 4
MAX_WITHOUT_RANGE = 3


def compose(reading: Reading, language: Language, seed: int) -> tuple[str, str]:
    """(interpretation, follow-up) of a reading, in words chosen by ``seed``."""
    return _Composer(reading, Voice(language, seed)).compose()


class _Composer:
    def __init__(self, reading: Reading, voice: Voice) -> None:
        self.reading = reading
        self.voice = voice
        self.facts = Facts(reading)
        self.brief = brief(reading)
        self.findings = self.brief.findings
        self.quoted: set[str] = set()
        self.quotes_left = MAX_QUOTED

    def compose(self) -> tuple[str, str]:
        voice = self.voice
        if not self.reading.results:
            return voice.pick("nothing"), voice.pick("follow_up_no_range")
        sentences = [*self._critical()]
        beyond = [*self._no_range()]
        names = sum(len(voice.name(result.analyte)) + 2 for result in self.brief.also)
        whole = INTERPRETATION_CHARACTERS[voice.language]
        sentences += self._reasoning(whole - length([*sentences, *beyond]) - names)
        sentences += self._out_of_range(begun=bool(sentences))
        if not self.findings and not self.reading.abnormal:
            sentences += self._all_normal()
        else:
            room = whole - length([*sentences, *beyond])
            sentences += [text for text in self._normal() if len(text) <= room]
        text = " ".join(map(sentence, [*sentences, *beyond]))
        return text, follow_up(self.facts, self.findings, voice)

    def _critical(self) -> Iterator[str]:
        critical = self.brief.critical
        parts = []
        for direction in ("low", "high", "none"):
            found = [self._with_value(r) for r in critical if _side(r) == direction]
            if found:
                template = self.voice.words[f"critical_{direction}"][len(found) > 1]
                parts.append(template.format(items=self.voice.listed(found)))
        if parts:
            yield self.voice.pick("critical").format(
                items=self.voice.words["critical_join"].join(parts)
            )

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
            yield self.voice.pick("also").format(also=self.voice.listed(shorts))

    def _joined(self, statement: str) -> str:
        joint = self.voice.pick("second").format(statement=statement)
        return str(joint)

    def _statement(self, finding: Finding, room: int) -> str | None:
        """A statement that holds and fits, from the one the seed draws; None if none does."""
        fitting = [v.text for v in self._wording(finding).statement if self._holds(v)]
        return self._first_fitting(f"statement:{finding.id}", fitting, finding, room)

    def _shortest(self, finding: Finding) -> str:
        """The shortest statement that quotes a result, or the finding's name."""
        key = self._key_result(finding)
        texts = [v.text for v in self._wording(finding).statement if v.unconditional]
        quoting = [text for text in texts if "{evidence}" in text or "{names}" in text]
        if not quoting or (key is None and all("{evidence}" in text for text in quoting)):
            return self._short(finding)
        shortest = self._first_fitting("shortest", sorted(quoting, key=len)[:1], finding, 10_000)
        return shortest or self._short(finding)

    def _first_fitting(
        self, name: str, texts: Sequence[str], finding: Finding, room: int
    ) -> str | None:
        key = self._key_result(finding)
        for text in self.voice.turned(name, texts):
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
        return squeezed(text.format(grade=grade, evidence=evidence, names=names))

    def _evidence(self, finding: Finding, key: FlaggedResult) -> str:
        if families()[finding.id].bare == key.analyte:
            return self.voice.value(key)
        return self.voice.named_value(key, "result")

    def _with_value(self, result: FlaggedResult) -> str:
        self.quoted.add(result.analyte)
        return self.voice.named_value(result, "result_named")

    def _wording(self, finding: Finding) -> Wording:
        return wordings(self.voice.language)[finding.id]

    def _grade(self, finding: Finding) -> str:
        own = self._wording(finding).grades
        if finding.grade is None:
            return own.get("none", "")
        return own.get(finding.grade) or self.voice.words["grades"].get(
            finding.grade, finding.grade
        )

    def _short(self, finding: Finding) -> str:
        return self._filled(self._wording(finding).short, finding, None)

    def _linked(
        self, finding: Finding, waiting: Sequence[Finding], room: int
    ) -> tuple[Finding, str] | None:
        """A sentence that joins a finding to one of those that wait, and which one."""
        partners = {
            frozenset((finding.id, other.id)): other
            for other in waiting
            if all(families()[one.id].links_at(one.grade) for one in (finding, other))
        }
        pair = next((pair for pair in links(self.voice.language) if pair in partners), None)
        if pair is None:
            return None
        other = partners[pair]
        first, second, sentences = links(self.voice.language)[pair]
        a, b = (finding, other) if finding.id == first else (other, finding)
        texts = [
            text.replace("{a}", self._short(a)).replace("{b}", self._short(b)) for text in sentences
        ]
        bare = [text.replace(" ({evidence})", "") for text in texts]
        name = f"link:{first}+{second}"
        sentence = self._first_fitting(name, texts, a, room) or self._first_fitting(
            name, bare, a, room
        )
        return None if sentence is None else (other, sentence)

    def _key_result(self, finding: Finding) -> FlaggedResult | None:
        """The result to quote: of the finding's evidence, not yet quoted, while quotes are left."""
        if self.quotes_left <= 0:
            return None
        for name in families()[finding.id].key:
            results = self.facts.by_analyte.get(name)
            if results and name in finding.evidence:
                return None if name in self.quoted else results[0]
        return None

    def _evidence_names(self, finding: Finding) -> str:
        names = [self.voice.name(name) for name in finding.evidence]
        if len(names) > MAX_NAMED_EVIDENCE:
            names = [*names[: MAX_NAMED_EVIDENCE - 1], self.voice.words["others"]]
        return self.voice.listed(names)

    def _holds(self, variant: Variant) -> bool:
        if variant.alone and len(self.findings) > 1:
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

    def _out_of_range(self, *, begun: bool) -> Iterator[str]:
        named = self.brief.also
        if named:
            style = self.voice.pick("out_of_range" if begun else "only_out_of_range")
            quoting = len(named) <= self.quotes_left
            parts = []
            for direction in ("low", "high"):
                items = [
                    self._with_value(r) if quoting else self.voice.name(r.analyte)
                    for r in named
                    if r.direction == direction
                ]
                if items:
                    parts.append(style[direction].format(items=self.voice.listed(items)))
            listed = self.voice.words["parts_join"].join(parts)
            yield style.get("lead", "") + listed + style.get("tail", "") + "."
        if self.brief.also_groups:
            names = lexicon(self.voice.language).group_names
            text = self.voice.listed([names[group] for group in self.brief.also_groups])
            yield self.voice.pick("groups_out_of_range").format(groups=text)

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
            items = self.voice.listed([self.voice.name(result.analyte) for result in found[:2]])
            yield self.voice.pick("normal_matters").format(items=items)

    def _no_range(self) -> Iterator[str]:
        without = [result for result in self.reading.results if result.flag is None]
        if without and len(without) == len(self.reading.results):
            if not self.findings:
                return  # all_normal has said so
            yield self.voice.pick("no_range_many")
        elif len(without) > MAX_WITHOUT_RANGE:
            yield self.voice.pick("no_range_many")
        elif without:
            names = dict.fromkeys(self.voice.name(result.analyte) for result in without)
            yield self.voice.pick("no_range").format(items=self.voice.listed(list(names)))

    def _all_normal(self) -> Iterator[str]:
        flags = [result.flag for result in self.reading.results]
        if all(flag is None for flag in flags):
            yield self.voice.pick("no_range_at_all")
        elif any(flag is None for flag in flags):
            yield self.voice.pick("all_ranged_normal")
        else:
            yield self.voice.pick("all_normal")


def _side(result: FlaggedResult) -> str:
    """The side on which a critical value lies; ``none`` where only a limit of its own says so."""
    return result.direction if result.direction in ("low", "high") else "none"
