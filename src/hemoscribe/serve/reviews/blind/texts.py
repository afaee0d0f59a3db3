"""The comments a blinded pack may hold: the model's, the composer's, and people's, on real reports.

Two places have them. The store: what the model drafted on served reports, what reviewers wrote in
its place, or the laboratory's own comments sent with the results. And an assessment: the model's
texts on the held-out reports of a curated folder, beside the comments the laboratory released.
Whatever names somebody is left out by the rules that scrub comments, and counted.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hemoscribe.assess.held_out import EVERYTHING, from_rows, language_of
from hemoscribe.assess.writing import read_texts
from hemoscribe.curate import load_curated, load_rejects
from hemoscribe.curate.scrub import scrub
from hemoscribe.engines.document import reading_from_document
from hemoscribe.engines.interpreter import COMPOSER_SEED
from hemoscribe.errors import InputError
from hemoscribe.files import require_file
from hemoscribe.knowledge import read_panel
from hemoscribe.prose.compose import compose
from hemoscribe.prose.guard.check import check
from hemoscribe.prose.prompt import completion, parse_completion
from hemoscribe.records import Language, Reading
from hemoscribe.serve.reviews.served import latest_of_each, reviewed, standing
from hemoscribe.settings import Settings

TRACK = "assisted"  # the track that is written from in service
MIN_WORDS = 3
YOUNGEST_YEARS = 1 / 6  # a younger patient's age is printed in days, which is too fine
_SCRUBBED = re.compile(r"\[\w+\]")
_HEADINGS = re.compile(
    r"^\s*(interpretation|follow-up|interprétation|conduite à tenir)\s*:\s*", re.I | re.M
)
_BEFORE_A_SIGN = re.compile(r"\s+([,;:?!%]|\.(?!\d))")
_PLAIN = str.maketrans(
    {
        "\u00a0": " ",
        "\u202f": " ",
        "\u2019": "'",
        "\u2018": "'",
        "\u201c": '"',
        "\u201d": '"',
        "«": '"',
        "»": '"',
        "\u2013": "-",
        "\u2014": "-",
        "\u2212": "-",
        "\u2026": "...",
    }
)


@dataclass(frozen=True)
class Commented:
    """A report with the comments on it, by author, all in one language and one form."""

    report_id: str
    reading: Reading
    language: Language
    comments: Mapping[str, str]
    model: str


@dataclass
class Found:
    """Reports with comments, and what was left out and why."""

    reports: list[Commented] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


def of_assessment(curated: Path, assessment: Path) -> Found:
    """Comments on the reports that an assessment wrote on.

    Raises:
        InputError: the assessment holds no texts, or none of this folder's reports.
    """
    texts = [
        text for text in read_texts(require_file(assessment / "texts.jsonl")) if text.track == TRACK
    ]
    if not texts:
        raise InputError(
            f"{assessment}: it holds no text of the {TRACK} track; assess that track, with "
            "`assess.written` above 0."
        )
    drafts = {text.report_id: text.text for text in texts}
    rows = load_curated(curated)
    rows = rows.filter(rows["patient_id"].is_in([text.patient_id for text in texts]))
    found = Found()
    for reading in (
        from_rows(rows, load_rejects(curated), split=EVERYTHING).readings if len(rows) else []
    ):
        report_id = reading.panel.report_id
        if report_id in drafts and _rests_on_earlier_reports(reading):
            found.left_out["earlier_reports"] += 1
        elif report_id in drafts:
            _take(
                found,
                report_id,
                reading,
                language_of(report_id),
                {"model": drafts[report_id], "human": _released(reading)},
                assessment.name,
            )
    if not found.reports:
        raise InputError(f"{assessment}: none of its texts is on a report of {curated}.")
    return found


def of_store(settings: Settings) -> Found:
    """Comments on served reports that somebody reviewed: only these have a person's words."""
    from hemoscribe.curate.pseudonyms.keys import pseudonym_key
    from hemoscribe.curate.pseudonyms.patients import pseudonym

    found = Found()
    secret = pseudonym_key()
    for one in reviewed(settings):
        reading = reading_from_document(one.panel)
        panel = reading.panel
        if not reading.results:
            found.left_out["unreadable"] += 1
            continue
        if panel.age_years is not None and panel.age_years < YOUNGEST_YEARS:
            found.left_out["newborn"] += 1
            continue
        language: Language = "fr" if one.language == "fr" else "en"
        report = one.report
        draft = report.get("draft") or (
            completion(report["interpretation"], report["follow_up"], language)
            if report["written_by"] == "model"
            else ""
        )
        review = standing(latest_of_each(one.reviews))
        corrected = review is not None and review.decision == "corrected"
        human = f"{review.text} {review.follow_up}" if review and corrected else _released(reading)
        code = pseudonym(secret, "report", f"{panel.patient_id}\x00{panel.report_id}\x00{one.id}")
        _take(found, code, reading, language, {"model": draft, "human": human}, one.model)
    return found


def _rests_on_earlier_reports(reading: Reading) -> bool:
    """Whether a finding comes from the patient's earlier reports, which no form shows."""
    alone = {finding.id for finding in read_panel(reading.panel).findings}
    return any(finding.id not in alone for finding in reading.findings)


def _released(reading: Reading) -> str:
    """What the laboratory's own comments on the results say, each once."""
    comments = [result.comment.strip() for result in reading.results if result.comment]
    return " ".join(dict.fromkeys(comments))


def _take(
    found: Found,
    report_id: str,
    reading: Reading,
    language: Language,
    written: Mapping[str, str],
    model: str,
) -> None:
    composed = completion(*compose(reading, language, COMPOSER_SEED), language)
    known = [reading.panel.patient_id, reading.panel.report_id]
    comments = {}
    for author, text in {**written, "composer": composed}.items():
        comment = one_form(text, language)
        why_not = _why_not(comment, reading, language)
        if author != "composer" and _names_somebody(text, known):  # ours has no words but our own
            found.left_out["identifying"] += 1
        elif why_not:
            found.left_out[why_not] += 1
        elif comment:
            comments[author] = comment
    if comments:
        found.reports.append(Commented(report_id, reading, language, comments, model))


def _names_somebody(text: str, known: list[str]) -> bool:
    """Whether the rules that scrub comments find an identifier, or have taken one out before."""
    return bool(_SCRUBBED.search(text) or scrub(text, known=known).redactions)


def _why_not(comment: str, reading: Reading, language: Language) -> str | None:
    """Why a comment cannot be shown; an absent one needs no reason."""
    if not comment:
        return None
    if len(comment.split()) < MIN_WORDS:
        return "too_short"
    said = check(completion(comment, "-", language), reading, language)
    if not all(one.ok for one in said if one.code == "language"):
        return "other_language"
    return None


def one_form(text: str, language: Language) -> str:
    """A comment as one paragraph, without headings or signs that only one author types."""
    parsed = parse_completion(text, language)
    joined = " ".join(_sentences(parsed)) if parsed else _HEADINGS.sub(" ", text)
    plain = " ".join(joined.translate(_PLAIN).split()).strip(' "')
    plain = _BEFORE_A_SIGN.sub(r"\1", plain)
    if not plain:
        return ""
    plain = plain[0].upper() + plain[1:]
    return plain if plain[-1] in ".!?" else f"{plain}."


def _sentences(parts: tuple[str, str]) -> Iterator[str]:
    for part in parts:
        text = part.strip()
        if text:
            yield text if text[-1] in ".!?" else f"{text}."


def authors_of(reports: list[Commented]) -> dict[str, int]:
    """How many comments of each author."""
    counts: defaultdict[str, int] = defaultdict(int)
    for report in reports:
        for author in report.comments:
            counts[author] += 1
    return dict(counts)
