"""How a text is put together: phrases drawn by a seed, names, numbers with units, sentences."""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from hemoscribe.knowledge import analytes, index_definitions
from hemoscribe.prose.clause_bank import (
    EARLIER,
    INDEX,
    NOTE,
    Means,
    Request,
    filled,
    texts_quoted,
)
from hemoscribe.prose.facts import Facts
from hemoscribe.prose.numbers import show, show_index
from hemoscribe.prose.wording import families, phrases, wordings
from hemoscribe.records import Finding, FlaggedResult, Language

MAX_NAMED_EVIDENCE = 4
MAX_NAMED_OF_NOTE = 3
_NO_WORDS: Mapping[str, str] = {}

_COMMON_NOUN = re.compile(r"[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿ]{2,}(?![a-zà-öø-ÿ]*[A-Z])")


class Voice:
    """One text's choice of words: the same seed always says the same, in the same order."""

    def __init__(self, language: Language, seed: int) -> None:
        self.language = language
        self.seed = seed
        self.words: Mapping[str, Any] = phrases(language)
        self._picked: dict[str, set[int]] = {}

    def draw(self, name: str, count: int) -> int:
        """A number from 0 to ``count`` - 1 that depends on the seed and the name alone."""
        return zlib.crc32(f"{self.seed}:{name}".encode()) % count

    def turned(self, name: str, listed: Sequence[Any]) -> Sequence[Any]:
        """The list from the place that the seed draws."""
        start = self.draw(name, len(listed))
        return [*listed[start:], *listed[:start]]

    def pick(self, name: str) -> Any:
        """A phrase of a list, drawn by the seed: the same place in both languages, none twice."""
        listed = self.words[name]
        used = self._picked.setdefault(name, set())
        start = self.draw(name, len(listed))
        turned = [(start + step) % len(listed) for step in range(len(listed))]
        chosen = next((place for place in turned if place not in used), start)
        used.add(chosen)
        return listed[chosen]

    def listed(self, items: Sequence[str]) -> str:
        """``a, b and c``."""
        if len(items) < 2:
            return "".join(items)
        return f"{', '.join(items[:-1])} {self.words['and']} {items[-1]}"

    def name(self, analyte: str) -> str:
        """An analyte's name inside a sentence."""
        return plain_name(analyte, self.language)

    def named_with_article(self, analyte: str) -> str:
        """An analyte's name inside a sentence, behind the article that the language asks for."""
        name = self.name(analyte)
        articles: Mapping[str, str] = self.words["articles"]
        if not articles:
            return name
        if self.is_plural(analyte):
            return f"{articles['plural']} {name}"
        if plain_start(name) in self.words["elided"]:
            return f"{articles['elided']}{name}"
        kind = "feminine" if analyte in self.words["feminine"] else "masculine"
        return f"{articles[kind]} {name}"

    def is_plural(self, analyte: str) -> bool:
        """Whether an analyte's name is a plural in this language."""
        return analyte in self.words["plural"]

    def verb(self, results: Sequence[FlaggedResult]) -> str:
        """``is`` or ``are``, for results that are named as the subject of a sentence."""
        single, several = self.words["is"]
        plural = len(results) > 1 or any(self.is_plural(one.analyte) for one in results)
        return str(several if plural else single)

    def subject(self, results: Sequence[FlaggedResult], *, quoted: bool) -> str:
        """Results as the subject of a sentence, each with its value where they are ``quoted``."""
        names = [
            self.words["result_told"].format(
                name=self.named_with_article(one.analyte), value=self.value(one)
            )
            if quoted
            else self.named_with_article(one.analyte)
            for one in results
        ]
        return self.listed(names)

    def value(self, result: FlaggedResult) -> str:
        """A result's value with its unit, as the report prints them."""
        shown = show(result, self.language)
        return _quantity(shown.value, shown.unit, self.language)

    def named_value(self, result: FlaggedResult, template: str) -> str:
        """A result by ``template`` (``result`` or ``result_named``); a bound has its own phrase."""
        value = self.value(result)
        text: str = self.words["result_bound" if value.startswith(("<", ">")) else template]
        return text.format(name=self.name(result.analyte), value=value)

    def said(
        self, clause: Means | Request, facts: Facts, words: Mapping[str, str] = _NO_WORDS
    ) -> str:
        """A clause in this voice, with the values that it quotes.

        Args:
            words: what stands for the names that are no values.
        """
        return self.worded(self.drawn(clause, self.language), facts, words)

    def drawn(self, clause: Means | Request, language: Language) -> str:
        """The text of a clause that the seed draws, the same in each language."""
        first, texts = clause.texts["en"][0], clause.texts[language]
        return texts[self.draw(first, len(texts))]

    def worded(self, text: str, facts: Facts, words: Mapping[str, str] = _NO_WORDS) -> str:
        """The text of a clause with the values that it quotes."""
        values = {name: self._quoted(name, facts) for name in texts_quoted(text)}
        return filled(text, {**values, **words})

    def _quoted(self, name: str, facts: Facts) -> str:
        if name.startswith(EARLIER):
            return self.value(facts.earlier[name.removeprefix(EARLIER)])
        if name.startswith(NOTE):
            named = facts.note.of(name.removeprefix(NOTE))
            return self.listed([one.name(self.language) for one in named[:MAX_NAMED_OF_NOTE]])
        if not name.startswith(INDEX):
            return self.value(facts.by_analyte[name][0])
        index = name.removeprefix(INDEX)
        shown = show_index(facts.indices[index], index_definitions()[index].unit, self.language)
        return _quantity(*shown, self.language)

    def named(self, results: Iterable[FlaggedResult], *, quoted: bool) -> str:
        """Results in a list, each with its value where they are ``quoted``."""
        if not quoted:
            return self.listed([self.name(result.analyte) for result in results])
        return self.listed([self.named_value(result, "result_named") for result in results])

    def short(self, finding: Finding) -> str:
        """A finding by its name, with its grade."""
        return self.filled(wordings(self.language)[finding.id].short, finding)

    def short_with_article(self, finding: Finding) -> str:
        """A finding by its name inside a sentence."""
        return f"{wordings(self.language)[finding.id].article} {self.short(finding)}".strip()

    def evidence(self, finding: Finding, keys: Sequence[FlaggedResult]) -> str:
        """The results a finding is told with, without the name that the finding's says."""
        bare = families()[finding.id].bare
        return ", ".join(
            self.value(one) if bare == one.analyte else self.named_value(one, "result")
            for one in keys
        )

    def filled(self, text: str, finding: Finding, keys: Sequence[FlaggedResult] = ()) -> str:
        """A statement with the finding's grade, results and names in their places."""
        evidence = self.evidence(finding, keys)
        names = [self.name(name) for name in finding.evidence]
        if len(names) > MAX_NAMED_EVIDENCE:
            names = [*names[: MAX_NAMED_EVIDENCE - 1], self.words["others"]]
        return squeezed(
            text.format(grade=self._grade(finding), evidence=evidence, names=self.listed(names))
        )

    def _grade(self, finding: Finding) -> str:
        own = wordings(self.language)[finding.id].grades
        if finding.grade is None:
            return own.get("none", "")
        grade: str = own.get(finding.grade) or self.words["grades"].get(
            finding.grade, finding.grade
        )
        return grade


@lru_cache(maxsize=1024)
def plain_name(analyte: str, language: Language) -> str:
    """An analyte's name inside a sentence: a common noun loses its capital, an acronym does not."""
    name: str = phrases(language)["names"].get(analyte) or analytes()[analyte].name(language)
    return name[0].lower() + name[1:] if _COMMON_NOUN.match(name) else name


def plain_start(name: str) -> str:
    """The first letter of a name without case and accent."""
    return unicodedata.normalize("NFKD", name[0].casefold())[0]


def in_sentences(text: str) -> list[str]:
    """The sentences of a clause of the bank, which a semicolon parts."""
    return [part for part in re.split(r"\s*;\s*", text) if part]


def squeezed(text: str) -> str:
    """One space at a time, none before a comma or a closing bracket."""
    return re.sub(r" (?=[,.)])", "", " ".join(text.split()))


def sentence(text: str) -> str:
    """With capitals after each stop, but not on names such as pO2, and one stop at the end."""
    text = squeezed(text).rstrip(".") + "."
    return re.sub(r"(^|\. )(\w)(?![A-Z])", lambda match: match[1] + match[2].upper(), text)


def _quantity(value: str, unit: str, language: Language) -> str:
    if not unit or unit in phrases(language)["no_units"]:
        return value
    if unit.startswith("10"):
        unit = f"x {unit}"
    return f"{value}{'' if unit == '%' and language == 'en' else ' '}{unit}"
