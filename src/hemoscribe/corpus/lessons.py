"""What experts' comments teach a model to say: the words of several patients' comments."""

from __future__ import annotations

from hemoscribe.prose.guard.vocabulary import ANY, finding_words, is_judged
from hemoscribe.prose.lexicon import tokenize
from hemoscribe.records import Language, Reading

FEWEST_PATIENTS = 5
"""A word that fewer patients' comments hold is not kept: it may tell of one of them."""


class Lessons:
    """What experts' comments teach to say, gathered one by one.

    A word with a capital is not learnt: it may be somebody's name, and a biologist's or a village's
    stands in many comments. A word is taught for every finding of its report, but for one that our
    own wordings have for another of them.
    """

    def __init__(self) -> None:
        self._patients: dict[tuple[str, str, str], set[str]] = {}

    def add(self, comment: str, reading: Reading, language: Language) -> None:
        """An expert's words, and no others, with the report they stand on."""
        words = {token.word for token in tokenize(comment) if token.raw.islower()}
        words = {word for word in words if is_judged(word)}
        findings = {finding.id for finding in reading.findings} or {ANY}
        known = finding_words(language)
        for finding in findings:
            of_others = set[str]().union(*(known.get(one, ()) for one in findings - {finding}))
            for word in words - (of_others - known.get(finding, frozenset())):
                patients = self._patients.setdefault((language, finding, word), set())
                if len(patients) < FEWEST_PATIENTS:
                    patients.add(reading.panel.patient_id)

    def words(self) -> dict[str, dict[str, list[str]]]:
        """Language -> finding -> the words of ``FEWEST_PATIENTS`` patients' comments or more."""
        found: dict[str, dict[str, list[str]]] = {}
        for (language, finding, word), patients in sorted(self._patients.items()):
            if len(patients) >= FEWEST_PATIENTS:
                found.setdefault(language, {}).setdefault(finding, []).append(word)
        return found
