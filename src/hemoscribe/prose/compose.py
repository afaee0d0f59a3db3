"""The composer: words from the brief, as a careful biologist writes them.

The most urgent first, critical values named to be phoned, findings joined into one reasoning, what
is abnormal beside them, what is normal and matters, and what would settle the question. It says
nothing that is not in the report: no treatment, no diagnosis stated as certain. The same seed
always gives the same words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hemoscribe.knowledge import analytes
from hemoscribe.knowledge.report_facts import unread_analytes
from hemoscribe.prose.brief import (
    INTERPRETATION_CHARACTERS,
    SIDES,
    Statement,
    brief,
    without_range,
)
from hemoscribe.prose.facts import Facts
from hemoscribe.prose.left_open import nothing_left_open
from hemoscribe.prose.lexicon import lexicon
from hemoscribe.prose.voice import Voice, length, plain_name, sentence
from hemoscribe.prose.wording import Variant, links, wordings
from hemoscribe.records import TIMED, Language, Reading

__all__ = ["compose", "plain_name"]

MAX_WITHIN = 6
"""More results within range are told by their groups, where the report is not whole."""
FIRST_STATEMENT_CHARACTERS = 80
"""The first finding is told in a sentence of at most this length whatever the rest takes."""


def compose(reading: Reading, language: Language, seed: int) -> tuple[str, str]:
    """(interpretation, follow-up) of a reading, in words chosen by ``seed``."""
    return _Composer(reading, Voice(language, seed)).compose()


class _Composer:
    def __init__(self, reading: Reading, voice: Voice) -> None:
        self.reading = reading
        self.voice = voice
        self.facts = Facts(reading)
        self.brief = brief(reading, voice)

    def compose(self) -> tuple[str, str]:
        voice, told = self.voice, self.brief
        if not self.reading.results:
            return voice.pick("nothing"), voice.pick("follow_up_no_range")
        sentences = [*self._critical()]
        beyond = [*self._no_range()]
        names = length(voice.name(result.analyte) for result in told.also)
        whole = INTERPRETATION_CHARACTERS[voice.language]
        sentences += self._reasoning(whole - length([*sentences, *beyond]) - names)
        sentences += self._out_of_range(begun=bool(sentences))
        if not told.findings and not self.reading.abnormal:
            sentences += self._all_normal()
        sentences += self._reassuring()
        return " ".join(map(sentence, [*sentences, *beyond])), told.follow_up

    def _critical(self) -> Iterator[str]:
        parts = []
        for direction in SIDES:
            found = self.brief.critical_on(direction)
            if found:
                template = self.voice.words[f"critical_{direction}"][len(found) > 1]
                parts.append(template.format(items=self.voice.named(found, quoted=True)))
        if parts:
            yield self.voice.pick("critical").format(
                items=self.voice.words["critical_join"].join(parts)
            )

    def _reasoning(self, room: int) -> Iterator[str]:
        """The findings: the brief's statements, then the others by their names."""
        shorts = [self.voice.short(finding) for finding in self.brief.listed]
        text = ""
        for place, statement in enumerate(self.brief.statements):
            later = self.brief.statements[place + 1 :]
            named = [self.voice.short(one) for other in later for one in other.findings]
            left = room - len(text) - length([*named, *shorts])
            left = left if text else max(left, FIRST_STATEMENT_CHARACTERS)
            told = self._told(statement, left)
            text = text + self.voice.pick("second").format(statement=told) if text else told
        if text:
            yield text
        if shorts:
            yield self.voice.pick("also").format(also=self.voice.listed(shorts))

    def _told(self, statement: Statement, room: int) -> str:
        """A statement in the words that the seed draws, in shorter ones if they do not fit."""
        if statement.beside is not None:
            return self._linked(statement, room)
        finding = statement.finding
        fitting = [v.text for v in self._variants(statement) if self._holds(v)]
        told = self._first_fitting(f"statement:{finding.id}", fitting, statement, room)
        if told is not None:
            return told
        texts = [v.text for v in self._variants(statement) if v.unconditional]
        quoting = sorted((t for t in texts if "{evidence}" in t or "{names}" in t), key=len)
        shortest = self._first_fitting("shortest", quoting[:1], statement, None)
        return shortest or self.voice.short(finding)

    def _variants(self, statement: Statement) -> tuple[Variant, ...]:
        return wordings(self.voice.language)[statement.finding.id].statement

    def _linked(self, statement: Statement, room: int) -> str:
        """Two findings as one reasoning."""
        beside = statement.beside
        assert beside is not None  # as the caller has seen
        pair = frozenset((statement.finding.id, beside.id))
        first, second, sentences = links(self.voice.language)[pair]
        a, b = self.voice.short(statement.finding), self.voice.short(beside)
        texts = [text.replace("{a}", a).replace("{b}", b) for text in sentences]
        bare = [text.replace(" ({evidence})", "") for text in texts]
        name = f"link:{first}+{second}"
        told = self._first_fitting(name, texts, statement, room)
        told = told or self._first_fitting(name, bare, statement, room)
        shortest = min(texts if statement.key is not None else bare, key=len)
        return told or self.voice.filled(shortest, statement.finding, statement.key)

    def _first_fitting(
        self, name: str, texts: Sequence[str], statement: Statement, room: int | None
    ) -> str | None:
        """The first of the texts, as the seed turns them, that can be filled and fits."""
        for text in self.voice.turned(name, texts) if texts else ():
            if statement.key is None and "{evidence}" in text:
                continue
            filled = self.voice.filled(text, statement.finding, statement.key)
            if room is None or len(filled) <= room:
                return filled
        return None

    def _holds(self, variant: Variant) -> bool:
        if variant.alone and len(self.brief.findings) > 1:
            return False
        known: dict[str, str | None] = dict.fromkeys(unread_analytes(self.reading.unread))
        known |= {
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
            alone = "only_out_of_range" if nothing_left_open(self.reading) else "out_of_range_plain"
            style = self.voice.pick("out_of_range" if begun else alone)
            parts = []
            for direction in ("low", "high"):
                found = [result for result in named if result.direction == direction]
                if found:
                    items = self.voice.named(found, quoted=self.brief.also_quoted)
                    parts.append(style[direction].format(items=items))
            listed = self.voice.words["parts_join"].join(parts)
            yield style.get("lead", "") + listed + style.get("tail", "") + "."
        if self.brief.also_groups:
            names = lexicon(self.voice.language).group_names
            text = self.voice.listed([names[group] for group in self.brief.also_groups])
            yield self.voice.pick("groups_out_of_range").format(groups=text)

    def _reassuring(self) -> Iterator[str]:
        """What is normal and matters for the first finding."""
        items = self.voice.named(self.brief.reassuring, quoted=False)
        if items:
            yield self.voice.pick("normal_matters").format(items=items)

    def _no_range(self) -> Iterator[str]:
        without = without_range(self.reading)
        if not without:
            return
        if len(without) == len(self.reading.results):
            if not self.brief.findings:
                return  # all_normal has said so
            yield self.voice.pick("no_range_many")
        elif self.brief.unclassified:
            items = self.voice.named(self.brief.unclassified, quoted=False)
            yield self.voice.pick("no_range").format(items=items)
        else:
            yield self.voice.pick("no_range_many")

    def _all_normal(self) -> Iterator[str]:
        """That all is normal where the report is whole; else, which results are within range."""
        unplaced = {TIMED[index.id] for index in self.reading.unplaced}
        normal = [
            result
            for result in self.reading.results
            if result.direction == "normal"
            and not result.critical
            and result.analyte not in unplaced
        ]
        if self.reading.whole:
            yield self.voice.pick("all_normal")
        elif len(without_range(self.reading)) == len(self.reading.results):
            yield self.voice.pick("no_range_at_all")
        elif not normal:
            yield self.voice.pick("not_classified")  # the rules say why
        elif len(normal) <= MAX_WITHIN:
            yield self.voice.pick("within").format(items=self.voice.named(normal, quoted=False))
        else:
            groups = dict.fromkeys(analytes()[result.analyte].group for result in normal)
            names = lexicon(self.voice.language).group_names
            text = self.voice.listed([names[group] for group in groups])
            yield self.voice.pick("within_groups").format(groups=text)
