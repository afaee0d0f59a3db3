"""``data-card.md``: a datasheet of the curated rows, in honest words."""

from __future__ import annotations

from pathlib import Path

from hemoscribe.curate.account.outcome import Outcome
from hemoscribe.curate.account.quality import count_years, measure_sides
from hemoscribe.curate.account.quality_page import REJECT_SENTENCES, environment, missing_table
from hemoscribe.curate.scrub import models_found
from hemoscribe.files import write_text
from hemoscribe.settings import CurateSettings

DATA_CARD = "data-card.md"


def write_data_card(target: Path, outcome: Outcome, settings: CurateSettings) -> None:
    """Write ``data-card.md`` beside the written rows."""
    years = [year for year, _ in count_years(outcome.reports) if year != "not known"]
    card = environment().get_template("data-card.md.j2")
    write_text(
        target / DATA_CARD,
        card.render(
            summary=outcome.summary,
            sides=measure_sides(outcome.reports),
            years=f"{years[0]} to {years[-1]}" if years else "not known",
            missing=missing_table(outcome, settings),
            reject_sentences=REJECT_SENTENCES,
            anonymity=outcome.anonymity,
            disclosure=outcome.disclosure,
            generalised=outcome.generalised,
            same_panels=outcome.same_panels,
            same_comments=outcome.same_comments,
            scrubbed_with=_scrubbed_with(settings),
            scrubbed=sorted(outcome.counts.scrubbed.items()),
            settings=settings.model_dump(mode="json"),
        ),
    )


def _scrubbed_with(settings: CurateSettings) -> str:
    """What scrubbed beside the rules, in words."""
    if settings.scrub_with == "rules":
        return ""
    models = models_found()
    names = f"names with {' and '.join(models)}" if models else "no spaCy model for names"
    return f" and by Presidio (patterns; {names})"
