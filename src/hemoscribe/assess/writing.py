"""How well the model writes: its own words, before the guard, held against the facts.

A text is unfaithful when a number, a direction, a finding or a treatment in it is not borne out by
the report. An omission, a text that is cut, words that its report does not call for withhold it
without making it unfaithful. Findings are compared as sets: a finding told by a narrower one that
the text asserts (microcytic anaemia tells anaemia) is not missed, and a name that only says that a
result is low or high is not invented.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from hemoscribe.assess.bootstrap import NOT_MEASURED, Bootstrap, Estimate, Floats, divide
from hemoscribe.assess.kept import Kept, asked
from hemoscribe.assess.progress import progress
from hemoscribe.engines.interpreter import MAX_NEW_TOKENS, Writer, to_write
from hemoscribe.errors import InputError
from hemoscribe.knowledge import analytes
from hemoscribe.prose.claims import asserted_findings, body_of, reflected
from hemoscribe.prose.facts import Facts
from hemoscribe.prose.guard.check import check, own_assertions, unfaithful
from hemoscribe.prose.guard.vocabulary import Vocabulary
from hemoscribe.prose.prompt import Prompt, Track
from hemoscribe.prose.wording import families
from hemoscribe.records import Check, Language, Reading

BATCH = 8
"""Texts that are kept together: what an interruption may cost."""
_SHARES = (
    *("unfaithful_rate", "withheld_rate", "form_valid", "language_valid"),
    *("strange_words_rate", "omission_rate", "groups_told_rate"),
)
_FINDINGS = ("finding_f1", "finding_precision", "finding_recall", "finding_macro_f1")


class Assessed(Writer, Protocol):
    """A model whose tokens can be counted too."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text takes, without those of the chat format."""
        ...


@dataclass(frozen=True, slots=True)
class Written:
    """One text and what it was held against: a line of ``texts.jsonl``."""

    report_id: str
    patient_id: str
    track: str
    language: Language
    text: str
    checks: tuple[Check, ...]
    right: tuple[str, ...]  # findings asserted that the rules state
    invented: tuple[str, ...]  # findings asserted that nothing bears out
    missed: tuple[str, ...]  # findings stated by the rules that the text does not tell
    abnormal: int
    omitted: int  # abnormal results that the text leaves out
    groups: int  # groups of analytes with an abnormal result
    groups_left_out: int  # of which the text tells no abnormal result
    seconds: float

    @property
    def unfaithful(self) -> bool:
        """Whether the text says something the facts do not bear out."""
        return unfaithful(self.checks)

    def holds(self, code: str) -> bool:
        """Whether the text passes one check."""
        return all(found.ok for found in self.checks if found.code == code)


def write_all(
    model: Writer,
    readings: Sequence[Reading],
    languages: Sequence[Language],
    track: Track,
    *,
    kept: Kept | None = None,
) -> list[Written]:
    """Every report's text on one track, each judged, in the order of ``readings``.

    Args:
        kept: what was written before, where each batch is kept; the same prompt is asked once.

    Raises:
        InputError: the model does not write one text per prompt.
    """
    prompts = [
        to_write(reading, language, track)
        for reading, language in zip(readings, languages, strict=True)
    ]
    kept = Kept() if kept is None else kept
    unwritten = {
        asked(prompt, tokens=MAX_NEW_TOKENS): prompt
        for prompt in prompts
        if kept.text(prompt, MAX_NEW_TOKENS) is None
    }
    todo = sorted(unwritten.items(), key=lambda pair: len(pair[1].text))
    earlier = f" ({len(prompts) - len(todo):,} written before)" if len(todo) < len(prompts) else ""
    with progress(f"writing, {track} track{earlier}", len(todo)) as advance:
        for first in range(0, len(todo), BATCH):
            batch = dict(todo[first : first + BATCH])
            _write_batch(model, batch, kept)
            advance(len(batch))
    found = []
    for prompt, reading, language in zip(prompts, readings, languages, strict=True):
        text = kept.text(prompt, MAX_NEW_TOKENS)
        assert text is not None  # it was asked above
        seconds = kept.seconds(asked(prompt, tokens=MAX_NEW_TOKENS))
        found.append(judge(text, reading, language, track, model.vocabulary, seconds))
    return found


def _write_batch(model: Writer, batch: Mapping[str, Prompt], kept: Kept) -> None:
    start = time.perf_counter()
    texts = model.write(list(batch.values()), MAX_NEW_TOKENS)
    seconds = (time.perf_counter() - start) / len(batch)
    if len(texts) != len(batch):
        raise InputError(
            f"{model.name}: it wrote {len(texts)} texts for {len(batch)} prompts; "
            "a model must write one for each."
        )
    kept.add(
        {
            question: {"text": text, "seconds": seconds}
            for question, text in zip(batch, texts, strict=True)
        }
    )


def judge(
    text: str,
    reading: Reading,
    language: Language,
    track: str,
    vocabulary: Vocabulary,
    seconds: float = 0.0,
) -> Written:
    """A model's text against the facts of its report."""
    facts = Facts(reading)
    asserted = asserted_findings(text, language)
    own = own_assertions(body_of(text), reading, language) & asserted
    told = {
        other
        for finding in asserted & facts.stated
        if finding in families()
        for other in _tells(finding)
    }
    reflects = set(reflected(text, reading, language))
    groups = {analytes()[result.analyte].group for result in reading.abnormal}
    return Written(
        report_id=reading.panel.report_id,
        patient_id=reading.panel.patient_id,
        track=track,
        language=language,
        text=text,
        checks=check(text, reading, language, vocabulary),
        right=tuple(sorted(asserted & facts.stated)),
        invented=tuple(sorted(name for name in own if not facts.allows(name, ()))),
        missed=tuple(sorted(facts.stated - asserted - told)),
        abnormal=len(reading.abnormal),
        omitted=sum(result.analyte not in reflects for result in reading.abnormal),
        groups=len(groups),
        groups_left_out=len(groups - {analytes()[analyte].group for analyte in reflects}),
        seconds=seconds,
    )


def _tells(finding: str) -> frozenset[str]:
    """The findings that need not be said beside this one."""
    family = families()[finding]
    return family.subsumes | family.subsumes_mild | family.implies


def measure_writing(
    texts: Sequence[Written],
    *,
    draws: int,
    seed: int = 1,
    count_tokens: Callable[[Sequence[str]], Sequence[int]] | None = None,
) -> dict[str, Any]:
    """Every metric of one track's writing, with intervals over patients."""
    empty: dict[str, Any] = dict.fromkeys((*_SHARES, *_FINDINGS), NOT_MEASURED)
    if not texts:
        return {
            **empty,
            "written": 0,
            "failed_checks": {},
            "by_finding": {},
            "write_seconds_per_report": None,
            "words_per_report": None,
            "tokens_per_report": None,
        }
    bootstrap = Bootstrap([text.patient_id for text in texts], draws=draws, seed=seed)
    every = np.ones(len(texts))
    failed = Counter(found.code for text in texts for found in text.checks if not found.ok)
    return {
        "written": len(texts),
        "unfaithful_rate": bootstrap.ratio([text.unfaithful for text in texts], every),
        "withheld_rate": bootstrap.ratio(
            [not all(found.ok for found in text.checks) for text in texts], every
        ),
        "form_valid": bootstrap.ratio([text.holds("form") for text in texts], every),
        "language_valid": bootstrap.ratio([text.holds("language") for text in texts], every),
        "strange_words_rate": bootstrap.ratio([not text.holds("words") for text in texts], every),
        "omission_rate": bootstrap.ratio(
            [text.omitted for text in texts], [text.abnormal for text in texts]
        ),
        "groups_told_rate": bootstrap.ratio(
            [text.groups > 0 and not text.groups_left_out for text in texts],
            [text.groups > 0 for text in texts],
        ),
        **_measure_findings(texts, bootstrap),
        "failed_checks": dict(failed),
        "by_finding": _by_finding(texts),
        "write_seconds_per_report": float(np.mean([text.seconds for text in texts])),
        "words_per_report": float(np.mean([len(text.text.split()) for text in texts])),
        "tokens_per_report": None
        if count_tokens is None
        else float(np.mean(count_tokens([text.text for text in texts]))),
    }


def _measure_findings(texts: Sequence[Written], bootstrap: Bootstrap) -> dict[str, Estimate]:
    right = np.array([len(text.right) for text in texts], dtype=np.float64)
    invented = np.array([len(text.invented) for text in texts], dtype=np.float64)
    missed = np.array([len(text.missed) for text in texts], dtype=np.float64)
    micro = bootstrap.ratio(2 * right, 2 * right + invented + missed)
    micro["n"] = int((right + missed).sum())
    names = sorted({name for text in texts for name in _named(text)})
    column = {name: i for i, name in enumerate(names)}
    counts = np.zeros((len(texts), 3 * len(names)))
    for row, text in enumerate(texts):
        for part, kind in enumerate((text.right, text.invented, text.missed)):
            for name in kind:
                counts[row, part * len(names) + column[name]] += 1
    macro = NOT_MEASURED
    if names:
        macro = bootstrap.statistic(bootstrap.per_patient(counts), _macro_f1, len(names))
    return {
        "finding_f1": micro,
        "finding_precision": bootstrap.ratio(right, right + invented),
        "finding_recall": bootstrap.ratio(right, right + missed),
        "finding_macro_f1": macro,
    }


def _macro_f1(counts: Floats) -> Floats:
    """Mean F1 over the kinds of finding that occur; columns: right, then invented, then missed."""
    right, invented, missed = np.split(counts, 3, axis=-1)
    total = 2 * right + invented + missed
    f1 = np.nan_to_num(divide(2 * right, total))
    return divide(f1.sum(axis=-1), (total > 0).sum(axis=-1))


def _by_finding(texts: Iterable[Written]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for text in texts:
        for kind in ("right", "invented", "missed"):
            for name in getattr(text, kind):
                counts = found.setdefault(name, {"right": 0, "invented": 0, "missed": 0})
                counts[kind] += 1
    return dict(sorted(found.items(), key=lambda pair: -sum(pair[1].values())))


def _named(text: Written) -> tuple[str, ...]:
    return (*text.right, *text.invented, *text.missed)


def save_texts(path: Path, texts: Iterable[Written]) -> None:
    """One text a line."""
    with path.open("w", encoding="utf-8") as file:
        for text in texts:
            file.write(json.dumps(asdict(text), ensure_ascii=False) + "\n")


def read_texts(path: Path) -> list[Written]:
    """What ``save_texts`` wrote."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [_written(json.loads(line)) for line in lines]


def _written(fields: Mapping[str, Any]) -> Written:
    checks = tuple(Check(**entry) for entry in fields["checks"])
    names = {name: tuple(fields[name]) for name in ("right", "invented", "missed")}
    return Written(**{**fields, "checks": checks, **names})
