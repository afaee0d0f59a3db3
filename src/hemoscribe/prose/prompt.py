"""The one renderer of prompts, for training, assessment and serving alike.

A prompt states the patient and each result on a line that ends in a slot:

    Blood test report. Woman, 54 years.
    Hemoglobin 10.2 g/dL [12.0-16.0] ->

The model's probabilities of `` low``, `` normal`` and `` high`` after ``->`` are its reading of
that result. Three tracks: ``bare`` (no ranges, slots empty), ``raw`` (ranges, slots empty) and
``assisted`` (slots filled with the rules' flags, then the findings).

What is written in service is written from ``writing_prompt``: on the assisted track, the rules'
brief of the report instead of its every line. What is abnormal stands on its line; what is normal
beside it is in one line without ranges, and a group that is wholly normal by its name. Then what
is to be told, in the order and shape of the text, so that a model words what code has decided:

    Blood test report. Woman, 54 years.
    Hemoglobin 10.2 g/dL [12.0-16.0] -> low
    MCV 74.0 fL [80.0-100.0] -> low
    Urea 9.1 mmol/L [2.5-7.5] -> high
    Within range: platelets 250; electrolytes
    Findings: moderate microcytic anemia (hemoglobin 10.2 g/dL, MCV 74.0 fL): iron deficiency from digestive blood loss is the first cause to rule out
    Also high: urea (9.1 mmol/L)
    Of these: urea: it may come from dehydration or the kidney
    Normal: platelets
    Next: This week: ferritin and CRP; hydration and creatinine.
    Write the interpretation and the follow-up.
"""  # noqa: E501

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from hemoscribe.knowledge import analytes, finding_name
from hemoscribe.prose.brief import SIDES, Brief, Statement, brief
from hemoscribe.prose.clause_bank import Means
from hemoscribe.prose.facts import Facts
from hemoscribe.prose.lexicon import lexicon
from hemoscribe.prose.numbers import show
from hemoscribe.prose.voice import Voice, plain_name
from hemoscribe.records import DIRECTIONS, FlaggedResult, Language, Panel, Reading

Track = Literal["bare", "raw", "assisted"]
SLOT = "->"
ANSWERS = tuple(f" {direction}" for direction in DIRECTIONS)
CRITICAL = ", critical"

_WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "title": "Blood test report.",
        "F": "Woman",
        "M": "Man",
        "girl": "Girl",
        "boy": "Boy",
        "person": "Patient",
        "pregnant": "pregnant",
        "years": "years",
        "months": "months",
        "days": "days",
        "context": "Context:",
        "normal": "Within range:",
        "without_range": "Without range:",
        "critical_low": "Critically low:",
        "critical_high": "Critically high:",
        "critical_none": "Critical:",
        "findings": "Findings:",
        "listed": "Also noted:",
        "also_low": "Also low:",
        "also_high": "Also high:",
        "remarks": "Of these:",
        "also_out": "Also out of range:",
        "reassuring": "Normal:",
        "unclassified": "Not classified:",
        "several": "several results",
        "next": "Next:",
        "none": "none",
        "write": "Write the interpretation and the follow-up.",
        "interpretation": "Interpretation:",
        "follow_up": "Follow-up:",
    },
    "fr": {
        "title": "Compte rendu de biologie.",
        "F": "Femme",
        "M": "Homme",
        "girl": "Fille",
        "boy": "Garçon",
        "person": "Patient",
        "pregnant": "enceinte",
        "years": "ans",
        "months": "mois",
        "days": "jours",
        "context": "Contexte :",
        "normal": "Dans les limites :",
        "without_range": "Sans limites :",
        "critical_low": "Critique, trop bas :",
        "critical_high": "Critique, trop haut :",
        "critical_none": "Critique :",
        "findings": "Constats :",
        "listed": "À noter aussi :",
        "also_low": "Aussi en baisse :",
        "also_high": "Aussi en hausse :",
        "remarks": "Dont :",
        "also_out": "Aussi hors limites :",
        "reassuring": "Normal :",
        "unclassified": "Non classés :",
        "several": "plusieurs résultats",
        "next": "Suite :",
        "none": "aucun",
        "write": "Rédige l'interprétation et la conduite à tenir.",
        "interpretation": "Interprétation :",
        "follow_up": "Conduite à tenir :",
    },
}
ADULT_YEARS = 18
MAX_CONTEXT_CHARACTERS = 300
WRITING_VOICE = 0
"""The voice in which the brief words its follow-up, where no other is asked for."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt and its slots: ``slots[i]`` is the character offset just after the i-th ``->``.

    ``guess`` is the text that code would write. An engine has the model check it instead of saying
    every token by itself: it changes the seconds, and the words only at a tie of rounding.
    """

    text: str
    slots: tuple[int, ...]
    language: Language
    track: Track
    guess: str = ""


def render(reading: Reading, *, language: Language, track: Track) -> Prompt:
    """The prompt of one reading. One slot per result, in the report's order."""
    words = _WORDS[language]
    parts = [_head(reading.panel, language)]
    length = len(parts[0])
    slots = []
    for result in reading.results:
        line = _line(result, language, ranges=track != "bare")
        slots.append(length + len(line))
        if track == "assisted":
            line += _flag(result)
        parts.append(line + "\n")
        length += len(line) + 1
    if track == "assisted":
        names = [finding_name(finding, language) for finding in reading.findings]
        parts.append(f"{words['findings']} {'; '.join(names) or words['none']}\n")
    parts.append(words["write"])
    return Prompt("".join(parts), tuple(slots), language, track)


def writing_prompt(
    reading: Reading,
    *,
    language: Language,
    track: Track,
    seed: int = WRITING_VOICE,
    facts: Facts | None = None,
) -> Prompt:
    """The prompt that a text is written from: on the assisted track the brief, without slots.

    Args:
        seed: the voice of the text to be taught, which words the brief's follow-up.
        facts: of the reading, where they are known already.
    """
    if track != "assisted":
        return render(reading, language=language, track=track)
    words, voice = _WORDS[language], Voice(language, seed)
    facts = facts or Facts(reading)
    told = brief(reading, voice, facts)
    lines = [_line(result, language, ranges=True) + _flag(result) for result in told.places.shown]
    groups = lexicon(language).group_names
    normal = _values(told.places.normal, language)
    normal += dict.fromkeys(voice.name(one.analyte) for one in told.places.normal_beside)
    normal += [groups[group] for group in told.places.normal_groups]
    for part, items in (
        ("normal", normal),
        ("without_range", _values(told.places.without_range, language)),
    ):
        if items:
            lines.append(f"{words[part]} {'; '.join(items)}")
    lines += [f"{words[part]} {text}" for part, text in _to_tell(told, voice, facts) if text]
    text = _head(reading.panel, language) + "\n".join([*lines, words["write"]])
    return Prompt(text, (), language, track)


def _to_tell(told: Brief, voice: Voice, facts: Facts) -> Iterator[tuple[str, str]]:
    """What a text says, part by part, in the order and shape in which it says it."""
    words = _WORDS[voice.language]
    for side in SIDES:
        yield f"critical_{side}", voice.named(told.critical_on(side), quoted=True)
    findings = "; ".join(_statement(one, voice, facts) for one in told.statements)
    yield "findings", findings or words["none"]
    yield "listed", voice.listed([voice.short(finding) for finding in told.listed])
    for side in ("low", "high"):
        named = [result for result in told.also if result.direction == side]
        yield f"also_{side}", voice.named(named, quoted=told.also_quoted)
    yield (
        "remarks",
        "; ".join(
            _with_meaning(voice.name(one.result.analyte), one.means, voice, facts)
            for one in told.remarks
        ),
    )
    groups = lexicon(voice.language).group_names
    yield "also_out", voice.listed([groups[group] for group in told.also_groups])
    yield "reassuring", voice.named(told.reassuring, quoted=False)
    names = voice.named(told.unclassified, quoted=False)
    yield "unclassified", names or (words["several"] if told.places.without_range else "")
    yield "next", told.follow_up


def _statement(statement: Statement, voice: Voice, facts: Facts) -> str:
    """``moderate anemia (hemoglobin 10.2 g/dL): what it means``."""
    text = voice.short(statement.finding)
    if statement.keys:
        text += f" ({voice.evidence(statement.finding, statement.keys)})"
    return _with_meaning(text, statement.means, voice, facts)


def _with_meaning(text: str, means: Means | None, voice: Voice, facts: Facts) -> str:
    if means is None:
        return text
    return str(voice.words["meaning"]).format(statement=text, means=voice.said(means, facts))


def _head(panel: Panel, language: Language) -> str:
    """The title and the patient, and the context where one was given."""
    words = _WORDS[language]
    head = f"{words['title']} {patient_words(panel, language)}\n"
    context = " ".join(panel.context.split())[:MAX_CONTEXT_CHARACTERS]
    return head + (f"{words['context']} {context}\n" if context else "")


def _flag(result: FlaggedResult) -> str:
    if result.direction is None:
        return ""
    return f" {result.direction}" + (CRITICAL if result.critical else "")


def _values(results: Iterable[FlaggedResult], language: Language) -> list[str]:
    """Results with their values and no units: what a text seldom quotes, in few tokens."""
    return [f"{plain_name(one.analyte, language)} {show(one, language).value}" for one in results]


def _line(result: FlaggedResult, language: Language, *, ranges: bool) -> str:
    shown = show(result, language)
    line = f"{analytes()[result.analyte].name(language)} {shown.value}"
    if shown.unit:
        line += f" {shown.unit}"
    if ranges and shown.range:
        line += f" [{shown.range}]"
    return f"{line} {SLOT}"


def patient_words(panel: Panel, language: Language) -> str:
    """The patient as a prompt names them: ``Woman, 54 years.``"""
    words = _WORDS[language]
    age = panel.age_years
    child = age is not None and age < ADULT_YEARS
    if panel.sex is None:
        who = words["person"]
    elif child:
        who = words["girl" if panel.sex == "F" else "boy"]
    else:
        who = words[panel.sex]
    parts = [who]
    if panel.pregnant and panel.sex == "F":
        parts.append(words["pregnant"])
    if age is not None:
        parts.append(_age_words(age, words))
    return ", ".join(parts) + "."


def _age_words(age_years: float, words: dict[str, str]) -> str:
    if age_years >= 2:
        return f"{int(age_years)} {words['years']}"
    if age_years >= 1 / 6:
        return f"{int(age_years * 12)} {words['months']}"
    return f"{int(age_years * 365.25)} {words['days']}"


def completion(interpretation: str, follow_up: str, language: Language) -> str:
    """What the model is taught to write after the prompt; ``parse_completion`` reads it back.

    Both parts end with a full stop where they end with no other sign: a text without is a text cut.
    """
    words = _WORDS[language]
    return (
        f"{words['interpretation']} {_ended(interpretation)}\n"
        f"{words['follow_up']} {_ended(follow_up)}"
    )


def _ended(text: str) -> str:
    text = " ".join(text.split())
    return text + "." if text and (text[-1].isalnum() or text[-1] == "%") else text


def parse_completion(text: str, language: Language) -> tuple[str, str] | None:
    """(interpretation, follow-up) of a completion; None when it has not that form."""
    words = _WORDS[language]
    head, mark, follow_up = text.strip().partition(f"\n{words['follow_up']}")
    if not mark or not head.startswith(words["interpretation"]):
        return None
    interpretation = head.removeprefix(words["interpretation"]).strip()
    follow_up = follow_up.strip()
    return (interpretation, follow_up) if interpretation and follow_up else None


def answers(reading: Reading) -> tuple[str | None, ...]:
    """What the rules say at each slot: low, normal, high, or None where there is no range."""
    return tuple(result.direction for result in reading.results)


def parts(reading: Reading, max_results: int) -> Sequence[Reading]:
    """A reading cut into parts of at most ``max_results`` results, for reports too long to read."""
    from dataclasses import replace

    results = reading.results
    if len(results) <= max_results:
        return [reading]
    return [
        replace(reading, results=results[start : start + max_results])
        for start in range(0, len(results), max_results)
    ]
