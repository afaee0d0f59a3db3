"""What reviewers said, as training rows and as agreement.

``export_reviews`` writes one line per reviewed report, pseudonymised exactly as ``curate`` does, so
that a reviewed patient stays on the side of the split where they are. ``corpus --reviews`` and
``retrain`` take it: experts' words come before the laboratory's comments and the composer's.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from statistics import fmean
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from hemoscribe.corpus import completion
from hemoscribe.errors import InputError
from hemoscribe.files import write_text
from hemoscribe.records import Language
from hemoscribe.serve.bodies import UNKNOWN_PATIENT
from hemoscribe.serve.store import DECISIONS, Interpretation, Review, Store, open_store
from hemoscribe.settings import Settings, load_settings

RATINGS = ("correct", "useful", "safe")


def export_reviews(out: Path, *, settings: Settings | None = None) -> dict[str, Any]:
    """Write the accepted and corrected texts of reviewed reports as JSON Lines.

    A line holds ``report_id`` and ``patient_id`` (pseudonyms; the patient's is null when it is not
    known), ``split`` (the patient's side, or null), ``language``, ``decision``, ``interpretation``,
    ``follow_up``, ``draft`` (what was judged), ``panel`` (results, sex, coarse age; no date, no
    free text), ``failed_checks``, ``model``, ``reviewed_at``. Where several reviewed one report the
    newest correction stands, then the newest acceptance. Left out, and counted: a report that
    somebody rejects and nobody corrects, a text that names a person, all but the newest review of
    one report.

    Returns:
        ``{lines, accepted, corrected, left_out: {rejected, identifying, repeated}, path}``.
    """
    settings = settings or load_settings()
    found: dict[tuple[str, str], dict[str, Any]] = {}
    left_out: Counter[str] = Counter()
    for interpretation in _reviewed(settings):
        review = _standing(_latest_of_each(interpretation.reviews))
        if review is None:
            left_out["rejected"] += 1
            continue
        if _names_somebody(interpretation.panel, review):
            left_out["identifying"] += 1
            continue
        line = _line(interpretation, review, settings)
        key = (line["report_id"], line["language"])
        if key in found:
            left_out["repeated"] += 1
            if found[key]["reviewed_at"] > line["reviewed_at"]:
                continue
        found[key] = line
    lines = sorted(found.values(), key=lambda line: (line["reviewed_at"], line["report_id"]))
    if out.is_dir():
        raise InputError(f"{out}: is a directory; name a file such as reviews.jsonl with --out.")
    write_text(out, "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    decisions = Counter(line["decision"] for line in lines)
    return {
        "lines": len(lines),
        "accepted": decisions["accepted"],
        "corrected": decisions["corrected"],
        "left_out": {name: left_out[name] for name in ("rejected", "identifying", "repeated")},
        "path": str(out),
    }


def agreement(*, settings: Settings | None = None) -> dict[str, Any]:
    """How often reviewers take the words as they are, and how far they agree with each other.

    Returns:
        ``{reviews, reports, accepted_share, decisions, ratings, by_reviewer, by_model, by_writer,
        pairs}``; a pair has ``n`` reports in common, ``agreed`` (the share with the same decision)
        and Cohen's ``kappa`` (null, with ``why_not``, where it is not defined). The latest review
        of each reviewer counts.
    """
    by_report = [
        (interpretation, _latest_of_each(interpretation.reviews))
        for interpretation in _reviewed(settings or load_settings())
    ]
    latest = [(one, review) for one, reviews in by_report for review in reviews.values()]
    by_reviewer: dict[str, list[Review]] = defaultdict(list)
    by_model: dict[str, list[Review]] = defaultdict(list)
    by_writer: dict[str, list[Review]] = defaultdict(list)
    for interpretation, review in latest:
        by_reviewer[review.reviewer].append(review)
        by_model[interpretation.model].append(review)
        by_writer[interpretation.report["written_by"]].append(review)
    return {
        "reports": len(by_report),
        **_tally([review for _, review in latest]),
        "by_reviewer": {name: _tally(reviews) for name, reviews in sorted(by_reviewer.items())},
        "by_model": {name: _tally(reviews) for name, reviews in sorted(by_model.items())},
        "by_writer": {name: _tally(reviews) for name, reviews in sorted(by_writer.items())},
        "pairs": [
            _pair(left, right, [reviews for _, reviews in by_report])
            for left, right in combinations(sorted(by_reviewer), 2)
        ],
    }


def _reviewed(settings: Settings) -> Sequence[Interpretation]:
    """Every report that has a review, the oldest first."""
    store: Store = open_store(settings.serve)
    try:
        with store.session() as session:
            return session.scalars(
                select(Interpretation)
                .where(Interpretation.reviews.any())
                .order_by(Interpretation.created_at, Interpretation.id)
                .options(selectinload(Interpretation.reviews))
            ).all()
    finally:
        store.close()


def _latest_of_each(reviews: Iterable[Review]) -> dict[str, Review]:
    """Each reviewer's newest review of one report."""
    return {review.reviewer: review for review in sorted(reviews, key=lambda one: one.id)}


def _standing(latest: Mapping[str, Review]) -> Review | None:
    """The review whose words stand; None when the report is rejected and not corrected."""
    newest = sorted(latest.values(), key=lambda review: -review.id)
    for decision in ("corrected", "rejected", "accepted"):
        for review in newest:
            if review.decision == decision:
                return None if decision == "rejected" else review
    return None


def _names_somebody(panel: Mapping[str, Any], review: Review) -> bool:
    """Whether the rules that scrub comments find an identifier in the reviewer's words."""
    from hemoscribe.curate.scrub import scrub

    known = [panel["patient_id"], panel["report_id"]]
    return any(scrub(text, known=known).redactions for text in (review.text, review.follow_up))


def _line(interpretation: Interpretation, review: Review, settings: Settings) -> dict[str, Any]:
    from hemoscribe.curate.keys import pseudonym_key
    from hemoscribe.curate.patients import place, pseudonym

    panel = interpretation.panel
    key = pseudonym_key()
    who, what = panel["patient_id"], panel["report_id"]
    placed = None
    if who != UNKNOWN_PATIENT:
        placed = place(
            key,
            who,
            train_share=settings.curate.train_share,
            validation_share=settings.curate.validation_share,
        )
        report_id = pseudonym(key, "report", f"{who}\x00{what}")
    else:
        report_id = pseudonym(key, "report", f"\x00{interpretation.id}")
    return {
        "report_id": report_id,
        "patient_id": placed.pseudonym if placed else None,
        "split": placed.split if placed else None,
        "language": interpretation.language,
        "decision": review.decision,
        "interpretation": review.text,
        "follow_up": review.follow_up,
        "draft": _draft(interpretation),
        "panel": _bare_panel(panel),
        "failed_checks": review.failed_checks,
        **{name: getattr(review, name) for name in RATINGS},
        "model": interpretation.model,
        "reviewed_at": review.created_at.isoformat(timespec="seconds"),
    }


def _draft(interpretation: Interpretation) -> str:
    """What was judged: the model's own text where it was withheld, else the one shown."""
    report = interpretation.report
    withheld: str | None = report.get("draft")
    language: Language = "fr" if interpretation.language == "fr" else "en"
    return withheld or completion(report["interpretation"], report["follow_up"], language)


def _bare_panel(panel: Mapping[str, Any]) -> dict[str, Any]:
    """What a reading depends on, without what may name a person: no dates, no free text."""
    from hemoscribe.curate.pseudonymise import OLDEST_AGE_YEARS
    from hemoscribe.curate.scrub import scrub

    age = panel["age_years"]
    if age is not None:
        # As in ``curate``: whole years from two on, months before, at most 90.
        age = min(float(int(age)), OLDEST_AGE_YEARS) if age >= 2 else int(age * 12 + 1e-9) / 12
    return {
        "sex": panel["sex"],
        "age_years": age,
        "pregnant": panel["pregnant"],
        "results": [
            {name: value for name, value in result.items() if name != "comment"}
            for result in panel["results"]
            if not scrub(f"{result['analyte']}\n{result['value']}").redactions
        ],
    }


def _tally(reviews: Sequence[Review]) -> dict[str, Any]:
    decisions = Counter(review.decision for review in reviews)
    ratings = {}
    for name in RATINGS:
        given = [getattr(review, name) for review in reviews if getattr(review, name) is not None]
        ratings[name] = {"mean": round(fmean(given), 2) if given else None, "n": len(given)}
    return {
        "reviews": len(reviews),
        "accepted_share": round(decisions["accepted"] / len(reviews), 4) if reviews else None,
        "decisions": {decision: decisions[decision] for decision in DECISIONS},
        "ratings": ratings,
    }


def _pair(left: str, right: str, reports: Sequence[Mapping[str, Review]]) -> dict[str, Any]:
    both = [
        (latest[left].decision, latest[right].decision)
        for latest in reports
        if left in latest and right in latest
    ]
    kappa, why_not = _kappa(both)
    return {
        "reviewers": [left, right],
        "n": len(both),
        "agreed": round(sum(a == b for a, b in both) / len(both), 4) if both else None,
        "kappa": kappa,
        "why_not": why_not,
    }


def _kappa(both: Sequence[tuple[str, str]]) -> tuple[float | None, str | None]:
    """Cohen's kappa (Cohen 1960, doi:10.1177/001316446002000104), or why there is none."""
    if not both:
        return None, "they reviewed no report in common"
    if len({decision for pair in both for decision in pair}) == 1:
        return None, "both gave the same one decision throughout"
    from sklearn.metrics import cohen_kappa_score

    kappa = cohen_kappa_score([a for a, _ in both], [b for _, b in both], labels=list(DECISIONS))
    return round(float(kappa), 4), None
