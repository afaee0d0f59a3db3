"""The composer: words from the brief, as a careful biologist writes them.

The most urgent first, critical values named to be phoned, findings with what they mean, what
is abnormal beside them, what is normal and matters, and what would settle the question. It says
nothing that is not in the report: no treatment, no diagnosis stated as certain. The same seed
always gives the same words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from hemoscribe.knowledge import analytes
from hemoscribe.knowledge.unassessed import read_as_adult
from hemoscribe.prose.brief import Statement, brief, without_range
from hemoscribe.prose.clause_bank import Means
from hemoscribe.prose.facts import Facts
from hemoscribe.prose.left_open import nothing_left_open
from hemoscribe.prose.lexicon import lexicon
from hemoscribe.prose.told_beside import unmeasured_anticoagulant
from hemoscribe.prose.voice import Voice, in_sentences, plain_name, sentence
from hemoscribe.prose.wording import wordings
from hemoscribe.records import TIMED, Finding, FlaggedResult, Language, Reading

__all__ = ["compose", "plain_name"]

_POINTS_BACK = re.compile(r"\b(?:it|its|they|their|them|this|these|both)\b")
"""Words by which a sentence speaks of what stands before it (the English of the clause bank)."""
MAX_WITHIN = 6
"""More results within range are told by their groups, where the report is not whole."""


def compose(reading: Reading, language: Language, seed: int) -> tuple[str, str]:
    """(interpretation, follow-up) of a reading, in words chosen by ``seed``."""
    return _Composer(reading, Voice(language, seed)).compose()


class _Composer:
    def __init__(self, reading: Reading, voice: Voice) -> None:
        self.reading = reading
        self.voice = voice
        self.facts = Facts(reading)
        self.brief = brief(reading, voice)
        self.begun = ""
        self.told: set[str] = set()

    def compose(self) -> tuple[str, str]:
        voice, told = self.voice, self.brief
        if not self.reading.results:
            return voice.pick("nothing"), voice.pick("follow_up_no_range")
        sentences = [*self._critical(), *self._remarked(told.remarked_first)]
        sentences += self._reasoning()
        first = {id(one) for one in told.remarked_first}
        sentences += self._remarked([one for one in told.critical if id(one) not in first])
        sentences += self._remarked(told.also)
        sentences += self._out_of_range(begun=bool(sentences))
        if not told.findings and not self.reading.abnormal:
            sentences += self._all_normal()
        sentences += self._reassuring()
        return " ".join(map(sentence, [*sentences, *self._no_range()])), told.follow_up

    def _critical(self) -> Iterator[str]:
        parts = []
        for direction in self.brief.critical_sides:
            found = self.brief.critical_on(direction)
            if found:
                template = self.voice.words[f"critical_{direction}"][len(found) > 1]
                parts.append(template.format(items=self.voice.named(found, quoted=True)))
        if parts:
            yield self.voice.pick("critical").format(
                items=self.voice.words["critical_join"].join(parts)
            )

    def _reasoning(self) -> Iterator[str]:
        """The findings: the brief's statements, then the others by their names."""
        for place, statement in enumerate(self.brief.statements):
            told = self._told(statement)
            yield self.voice.pick("second").format(statement=told) if place else told
        shorts = [self.voice.short_with_article(finding) for finding in self.brief.listed]
        if shorts:
            yield self.voice.pick("also").format(also=self.voice.listed(shorts))

    def _told(self, statement: Statement) -> str:
        """A statement in words that the seed draws, and what it means in sentences behind it."""
        finding, keys = statement.finding, statement.keys
        texts = wordings(self.voice.language)[finding.id].statement
        fitting = [text for text in texts if ("{evidence}" in text) == bool(keys)] or texts
        said = self.voice.filled(self._unlike_the_last(finding, fitting), finding, keys)
        if statement.means is None:
            return said
        return self._with_meaning(said, statement.means)

    def _with_meaning(self, said: str, means: Means) -> str:
        """A sentence and those on what it means, each said once in a text.

        Where a sentence was said already, of something else ("... may account for it"), it is
        joined to the one before it, so that it is heard of what.
        """
        sentences = [said]
        known = in_sentences(self.voice.drawn(means, "en"))
        parts = in_sentences(self.voice.said(means, self.facts))
        for key, part in zip(known, parts, strict=True):
            if key not in self.told:
                sentences.append(part)
            elif _POINTS_BACK.search(key):
                sentences[-1] += f", {self.voice.words['and']} {part}"
        self.told.update(known)
        return ". ".join(sentences)

    def _unlike_the_last(self, finding: Finding, texts: Sequence[str]) -> str:
        """The statement that the seed draws, of those that begin in other words than the last."""
        turned = self.voice.turned(f"statement:{finding.id}", texts)
        chosen: str = next((one for one in turned if _beginning(one) != self.begun), turned[0])
        self.begun = _beginning(chosen)
        return chosen

    def _remarked(self, results: Sequence[FlaggedResult]) -> Iterator[str]:
        """What is said of results that no finding tells."""
        for result in results:
            means = self.brief.remark(result)
            if means is not None:
                side = f"critical_{result.direction}" if result.critical else str(result.direction)
                said = self.voice.words["remark"][side].format(
                    subject=self.voice.subject([result], quoted=not result.critical),
                    verb=self.voice.verb([result]),
                )
                yield self._with_meaning(said, means)

    def _out_of_range(self, *, begun: bool) -> Iterator[str]:
        """The results that nothing else tells, and the groups of those beyond, in one sentence."""
        parts = [*self._named_out_of_range(begun=begun)]
        if self.brief.also_groups:
            names = lexicon(self.voice.language).group_names
            text = self.voice.listed([names[group] for group in self.brief.also_groups])
            parts.append(self.voice.pick("groups_out_of_range").format(groups=text))
        if parts:
            yield ". ".join(parts)

    def _named_out_of_range(self, *, begun: bool) -> Iterator[str]:
        named = [one for one in self.brief.also if self.brief.remark(one) is None]
        if not named:
            return
        alone = "only_out_of_range" if nothing_left_open(self.reading) else "out_of_range_plain"
        style = self.voice.pick("out_of_range" if begun else alone)
        parts = []
        for direction in ("low", "high"):
            found = [result for result in named if result.direction == direction]
            if found:
                items = self.voice.subject(found, quoted=self.brief.also_quoted)
                parts.append(style[direction].format(items=items, verb=self.voice.verb(found)))
        joined = self.voice.words["sides_join"].join(parts)
        yield f"{style.get('lead', '')}{joined}{style.get('tail', '')}"

    def _reassuring(self) -> Iterator[str]:
        """What is normal and matters for the first finding."""
        if self.brief.reassuring:
            yield self._of_subject("normal_matters", self.brief.reassuring)

    def _of_subject(self, phrase: str, results: Sequence[FlaggedResult]) -> str:
        """A phrase whose subject are these results."""
        items = self.voice.subject(results, quoted=False)
        return str(self.voice.pick(phrase).format(items=items, verb=self.voice.verb(results)))

    def _no_range(self) -> Iterator[str]:
        without = without_range(self.reading)
        if not without:
            return
        if len(without) == len(self.reading.results):
            if not self.brief.findings:
                return  # all_normal has said so
            yield self.voice.pick("no_range_many")
        elif self.brief.unclassified:
            items = self.voice.subject(self.brief.unclassified, quoted=False)
            yield self.voice.pick("no_range").format(items=items)
        else:
            yield self.voice.pick("no_range_many")

    def _all_normal(self) -> Iterator[str]:
        """That all is normal where the report is whole; else, which results are within range."""
        unplaced = {TIMED[index.id] for index in self.reading.unplaced}
        normal = [
            result
            for result in self.reading.counting
            if result.direction == "normal"
            and not result.critical
            and result.analyte not in unplaced
        ]
        told_of_all = self.reading.whole and not read_as_adult(self.reading)
        told_of_all = told_of_all and unmeasured_anticoagulant(self.reading) is None
        if told_of_all and nothing_left_open(self.reading):
            yield self.voice.pick("all_normal")
        elif len(without_range(self.reading)) == len(self.reading.results):
            yield self.voice.pick("no_range_at_all")
        elif not normal:
            yield self.voice.pick("not_classified")  # the rules say why
        elif len(normal) <= MAX_WITHIN:
            yield self._of_subject("within", normal)
        else:
            groups = dict.fromkeys(analytes()[result.analyte].group for result in normal)
            names = lexicon(self.voice.language).group_names
            text = self.voice.listed([names[group] for group in groups])
            yield self.voice.pick("within_groups").format(groups=text)


def _beginning(statement: str) -> str:
    """The words by which two statements are heard to be alike."""
    return " ".join(statement.split()[:2])
