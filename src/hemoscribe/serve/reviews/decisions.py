"""What reviewers decided on served reports: how often words are taken as they are, by whom."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations
from statistics import fmean
from typing import Any

from hemoscribe.serve.reviews.served import RATINGS, latest_of_each, reviewed
from hemoscribe.serve.store import DECISIONS, Review
from hemoscribe.settings import Settings, load_settings


def agreement(*, settings: Settings | None = None) -> dict[str, Any]:
    """How often reviewers take the words as they are, and how far they agree with each other.

    Returns:
        ``{reviews, reports, accepted_share, decisions, ratings, by_reviewer, by_model, by_writer,
        pairs}``; a pair has ``n`` reports in common, ``agreed`` (the share with the same decision)
        and Cohen's ``kappa`` (null, with ``why_not``, where it is not defined). The latest review
        of each reviewer counts.
    """
    by_report = [
        (interpretation, latest_of_each(interpretation.reviews))
        for interpretation in reviewed(settings or load_settings())
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
