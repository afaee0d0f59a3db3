"""How a text is put together: phrases drawn by a seed, names, numbers with units, sentences."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from hemoscribe.knowledge import analytes
from hemoscribe.prose.numbers import show
from hemoscribe.prose.wording import families, phrases, wordings
from hemoscribe.records import Finding, FlaggedResult, Language

MAX_NAMED_EVIDENCE = 4

_COMMON_NOUN = re.compile(r"[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿ]{2,}(?![a-zà-öø-ÿ]*[A-Z])")


class Voice:
    """One text's choice of words: the same seed always says the same, in the same order."""

    def __init__(self, language: Language, seed: int) -> None:
        self.language = language
        self.seed = seed
        self.words: Mapping[str, Any] = phrases(language)
        self._openings: set[str] = set()

    def draw(self, name: str, count: int) -> int:
        """A number from 0 to ``count`` - 1 that depends on the seed and the name alone."""
        return zlib.crc32(f"{self.seed}:{name}".encode()) % count

    def turned(self, name: str, listed: Sequence[Any]) -> Sequence[Any]:
        """The list from the place that the seed draws."""
        start = self.draw(name, len(listed))
        return [*listed[start:], *listed[:start]]

    def pick(self, name: str) -> Any:
        """A phrase, drawn by the seed among those that do not begin as an earlier one did."""
        turned = self.turned(name, self.words[name])
        chosen = next((one for one in turned if _opening(one) not in self._openings), turned[0])
        self._openings.add(_opening(chosen))
        return chosen

    def listed(self, items: Sequence[str]) -> str:
        """``a, b and c``."""
        if len(items) < 2:
            return "".join(items)
        return f"{', '.join(items[:-1])} {self.words['and']} {items[-1]}"

    def name(self, analyte: str) -> str:
        """An analyte's name inside a sentence."""
        return plain_name(analyte, self.language)

    def value(self, result: FlaggedResult) -> str:
        """A result's value with its unit, as the report prints them."""
        shown = show(result, self.language)
        return _quantity(shown.value, shown.unit, self.language)

    def named_value(self, result: FlaggedResult, template: str) -> str:
        """A result by the phrase ``template``: ``result`` or ``result_named``."""
        text: str = self.words[template]
        return text.format(name=self.name(result.analyte), value=self.value(result))

    def named(self, results: Iterable[FlaggedResult], *, quoted: bool) -> str:
        """Results in a list, each with its value where they are ``quoted``."""
        if not quoted:
            return self.listed([self.name(result.analyte) for result in results])
        return self.listed([self.named_value(result, "result_named") for result in results])

    def short(self, finding: Finding) -> str:
        """A finding by its name, with its grade."""
        return self.filled(wordings(self.language)[finding.id].short, finding, None)

    def evidence(self, finding: Finding, key: FlaggedResult) -> str:
        """The result a finding is told with, without its name where the finding's says it."""
        bare = families()[finding.id].bare == key.analyte
        return self.value(key) if bare else self.named_value(key, "result")

    def filled(self, text: str, finding: Finding, key: FlaggedResult | None) -> str:
        """A statement with the finding's grade, result and names in their places."""
        evidence = "" if key is None else self.evidence(finding, key)
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


def length(texts: Iterable[str]) -> int:
    """Characters that sentences take together."""
    return sum(len(text) + 2 for text in texts)


def squeezed(text: str) -> str:
    """One space at a time, none before a comma or a closing bracket."""
    return re.sub(r" (?=[,.)])", "", " ".join(text.split()))


def sentence(text: str) -> str:
    """With capitals after each stop, but not on names such as pO2, and one stop at the end."""
    text = squeezed(text).rstrip(".") + "."
    return re.sub(r"(^|\. )(\w)(?![A-Z])", lambda match: match[1] + match[2].upper(), text)


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
