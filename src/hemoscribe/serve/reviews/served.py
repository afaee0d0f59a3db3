"""Reviews of served reports as the store keeps them: whose stands, and what was judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from hemoscribe.engines.document import reading_from_document
from hemoscribe.prose.prompt import completion
from hemoscribe.prose.unread import without_unread
from hemoscribe.records import Language
from hemoscribe.serve.store import Interpretation, Review, Store, open_store
from hemoscribe.settings import Settings

RATINGS = ("correct", "useful", "safe")


def reviewed(settings: Settings) -> Sequence[Interpretation]:
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


def latest_of_each(reviews: Iterable[Review]) -> dict[str, Review]:
    """Each reviewer's newest review of one report."""
    return {review.reviewer: review for review in sorted(reviews, key=lambda one: one.id)}


def standing(latest: Mapping[str, Review]) -> Review | None:
    """The review whose words stand; None when the report is rejected and not corrected."""
    newest = sorted(latest.values(), key=lambda review: -review.id)
    for decision in ("corrected", "rejected", "accepted"):
        for review in newest:
            if review.decision == decision:
                return None if decision == "rejected" else review
    return None


def draft_of(interpretation: Interpretation) -> str:
    """What was judged: the model's own text where it was withheld, else the one shown."""
    report = interpretation.report
    withheld: str | None = report.get("draft")
    language: Language = "fr" if interpretation.language == "fr" else "en"
    shown = own_words(interpretation, report["interpretation"])
    return withheld or completion(shown, report["follow_up"], language)


def own_words(interpretation: Interpretation, text: str) -> str:
    """A text on a served report without the rules' own sentences on what was not read."""
    language: Language = "fr" if interpretation.language == "fr" else "en"
    reading = reading_from_document(interpretation.panel)
    return without_unread(text, reading, language)
