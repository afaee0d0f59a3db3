"""``hemoscribe corpus``: curated rows become training, validation and test conversations.

Every report gives one example (a long one gives several): its track and language are drawn by the
seed, its answers come from the rules, and its words, in this order of trust, from an expert's
review, the laboratory's own validated comment where the facts support every statement of it, or the
composer.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from hemoscribe.corpus.canaries import plant, write_canaries
from hemoscribe.corpus.example import Example, write_examples
from hemoscribe.corpus.jitter import jitter_ranges
from hemoscribe.corpus.lessons import Lessons
from hemoscribe.corpus.review_record import ReviewRecord, read_reviews
from hemoscribe.corpus.reviewed import PREFERENCES, write_preferences
from hemoscribe.corpus.taught_reports import choose_reports, track_of
from hemoscribe.curate import load_curated, load_rejects
from hemoscribe.errors import InputError
from hemoscribe.files import REJECTS, RESULTS, sha256
from hemoscribe.knowledge import read_rows
from hemoscribe.prose.compose import compose
from hemoscribe.prose.guard.check import check
from hemoscribe.prose.guard.vocabulary import write_vocabulary
from hemoscribe.prose.prompt import answers, completion, writing_prompt
from hemoscribe.records import SPLITS, Language, Reading
from hemoscribe.settings import CorpusSettings
from hemoscribe.stages import MANIFEST, content_of, run_stage

_SCRUBBED = re.compile(r"\[\w+\]")


class CountTokens(Protocol):
    """Texts -> number of tokens of each, by a tokenizer that ``identity`` tells from others."""

    @property
    def identity(self) -> str:
        """The digest of its files."""

    def __call__(self, texts: Sequence[str], /) -> Sequence[int]:
        """How long each text is."""


@dataclass(frozen=True, slots=True)
class _Words:
    completion: str
    whose: str
    expert: str = ""  # what of it an expert wrote


@dataclass
class _Tally:
    """What went into the corpus, for the summary."""

    examples: Counter[str] = field(default_factory=Counter)
    tracks: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    words: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    lessons: Lessons = field(default_factory=Lessons)


def build(
    folder: Path,
    out: Path,
    settings: CorpusSettings,
    *,
    reviews: Path | None = None,
    count_tokens: CountTokens | None = None,
    max_tokens: int = 1024,
) -> dict[str, Any]:
    """Write ``train.jsonl``, ``validation.jsonl`` and ``test.jsonl`` from a curated folder.

    Beside them ``vocabulary.json``: the words that experts' training comments use for a finding.

    Args:
        reviews: what ``reviews export`` wrote; replaces the words of the reports it names.
        count_tokens: texts -> number of tokens of each, by the tokenizer of the model to be tuned;
            without it ``tokens`` and ``truncated`` are None.
        max_tokens: longer examples are counted as ``truncated`` (``tune`` leaves them out, whole).

    Returns:
        The stage's summary, with ``skipped``.

    Raises:
        InputError: no report has enough results to be read.
    """
    inputs = (
        {"curated": content_of(folder, RESULTS, REJECTS)} if (folder / MANIFEST).exists() else {}
    )
    if reviews is not None:
        inputs["reviews"] = sha256(reviews)
    if count_tokens is not None:
        inputs["tokenizer"] = count_tokens.identity

    def work(target: Path) -> dict[str, Any]:
        tally = _Tally()
        expert = _expert_words(reviews)
        texts: list[str] = []
        rejects = load_rejects(folder)
        for split in SPLITS:
            rows = load_curated(folder, split)
            examples = list(_examples(rows, rejects, split, settings, expert, tally))
            if split == "train" and settings.canaries:
                examples = _with_canaries(examples, settings, target)
            tally.examples[split] = write_examples(target / f"{split}.jsonl", examples)
            texts += [example.prompt + (example.completion or "") for example in examples]
        write_vocabulary(target, tally.lessons.words())
        preferences = write_preferences(
            target / PREFERENCES, [review for review in expert.values() if review.split == "train"]
        )
        if not tally.examples["train"]:
            raise InputError(
                f"{folder}: no training report has {settings.min_results} results or more; "
                "lower `corpus.min_results` or add exports."
            )
        summary = _summary(tally, texts, count_tokens, max_tokens)
        return {**summary, "preferences": preferences, "canaries": settings.canaries}

    values = settings.model_dump(mode="json")
    if count_tokens is not None:
        values["max_tokens"] = max_tokens
    return run_stage(out, stage="corpus", inputs=inputs, settings=values, work=work).summary()


def _with_canaries(
    examples: Sequence[Example], settings: CorpusSettings, target: Path
) -> list[Example]:
    planted, canaries = plant(
        examples, canaries=settings.canaries, repeats=settings.canary_repeats, seed=settings.seed
    )
    write_canaries(target, canaries)
    return planted


def _summary(
    tally: _Tally, texts: Sequence[str], count_tokens: CountTokens | None, max_tokens: int
) -> dict[str, Any]:
    lengths = None if count_tokens is None else count_tokens(texts)
    return {
        "examples": sum(tally.examples.values()),
        "tokens": None if lengths is None else sum(lengths),
        "truncated": None if lengths is None else sum(n > max_tokens for n in lengths),
        "by_split": dict(tally.examples),
        "by_track": dict(tally.tracks),
        "by_language": dict(tally.languages),
        "words_from": dict(tally.words),
        "answers": dict(tally.answers),
        "left_out": dict(tally.left_out),
    }


def _of_parts(rejects: pl.DataFrame, reports: pl.DataFrame) -> pl.DataFrame:
    """The rejects of each report at every part of it."""
    of_a_part = rejects.join(reports.select("report_id", "part"), on="report_id")
    return of_a_part.with_columns(report_id="part").drop("part")


def _examples(
    rows: pl.DataFrame,
    rejects: pl.DataFrame,
    split: str,
    settings: CorpusSettings,
    expert: Mapping[str, ReviewRecord],
    tally: _Tally,
) -> Iterator[Example]:
    if rows.is_empty():
        return
    rows, left_out = choose_reports(rows, settings)
    tally.left_out.update(left_out)
    if split == "train":
        rows = jitter_ranges(
            rows, share=settings.range_jitter, seed=settings.seed, far_share=settings.far_share
        )
    reports = rows.select("report_id", "part", "fold").unique(maintain_order=True)
    folds = dict(zip(reports["part"], reports["fold"], strict=True))
    whole = dict(zip(reports["part"], reports["report_id"], strict=True))
    parts = rows.with_columns(pl.col("part").alias("report_id")).drop("part", "split", "fold")
    for reading in read_rows(parts, _of_parts(rejects, reports)):
        part = reading.panel.report_id
        draw = random.Random(f"{settings.seed}:{part}")
        track = track_of(whole[part], settings)
        language: Language = draw.choice(settings.languages)
        written = track == "assisted" or draw.random() < settings.written_share
        seed = draw.getrandbits(32)
        voice = seed if settings.voices is None else seed % settings.voices
        prompt = writing_prompt(reading, language=language, track=track, seed=voice)
        words = (
            _words(reading, language, voice, expert.get(whole[part]), settings) if written else None
        )
        tally.tracks[track] += 1
        tally.languages[language] += 1
        slot_answers = answers(reading) if prompt.slots else ()
        tally.answers.update(answer or "none" for answer in slot_answers)
        if words:
            tally.words[words.whose] += 1
            if split == "train" and words.expert:
                tally.lessons.add(words.expert, reading, language)
        yield Example(
            report_id=whole[part],
            track=track,
            language=language,
            prompt=prompt.text,
            slots=prompt.slots,
            answers=slot_answers,
            completion=words.completion if words else None,
            words_from=words.whose if words else None,
            fold=folds[part],
        )


def _expert_words(reviews: Path | None) -> dict[str, ReviewRecord]:
    found = [] if reviews is None else read_reviews(reviews)
    return {review.report_id: review for review in found}


def _words(
    reading: Reading,
    language: Language,
    voice: int,
    expert: ReviewRecord | None,
    settings: CorpusSettings,
) -> _Words:
    """The words to be learnt for a reading."""
    if expert is not None and expert.language == language:
        own = (expert.interpretation, expert.follow_up)
        return _Words(completion(*own, language), "review", " ".join(own))
    interpretation, follow_up = compose(reading, language, voice)
    comment = _comment(reading) if settings.comments else None
    if comment:
        text = completion(comment, follow_up, language)
        if all(found.ok for found in check(text, reading, language)):
            return _Words(text, "laboratory", comment)
    return _Words(completion(interpretation, follow_up, language), "composer")


def _comment(reading: Reading) -> str | None:
    """The report's validated comment: what its results' comments say, each once.

    A comment from which curation took a name or a date ("[name]") teaches nothing to write.
    """
    comments = [result.comment.strip() for result in reading.results if result.comment]
    text = " ".join(dict.fromkeys(comments))
    return None if not text or _SCRUBBED.search(text) else text
