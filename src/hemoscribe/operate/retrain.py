"""``hemoscribe retrain``: new rows and reviews to a challenger, and the better model to the front.

    new curated rows + reviews -> corpus -> challenger (from the champion's adapter)
    champion and challenger -> the same frozen test side -> promoted, or refused with the reason

Every step writes into one folder named by what it starts from, so a retraining that was interrupted
goes on where it stopped.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from hemoscribe.errors import InputError
from hemoscribe.files import fingerprint, sha256, write_json
from hemoscribe.models.assessment_record import ASSESSMENT, Judgement, judgement_of
from hemoscribe.operate.contest import compared
from hemoscribe.operate.promotion import challenge
from hemoscribe.operate.retrain_corpus import add_reviews, choose_reviews, require_apart
from hemoscribe.operate.retrain_rows import champion_rows
from hemoscribe.serve.reviews import export_reviews
from hemoscribe.settings import Settings
from hemoscribe.stages import MANIFEST, said

Say = Callable[[str], None]
WHO = "retrain"
TRACKS = ("raw", "assisted")


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def retrain(
    settings: Settings,
    *,
    now: bool = False,
    new_folder: Path | None = None,
    test_folder: Path | None = None,
    say: Say = _say,
) -> dict[str, Any]:
    """Train a challenger on new rows and reviews, and promote it if it is no worse.

    Args:
        now: do it whatever the date; else only ``retrain.every_days`` after the last promotion.
        new_folder: new curated rows; those that the champion was trained on when None.
        test_folder: the curated folder whose test side judges both; the champion's own rows where
            they are known, else ``new_folder``.

    Returns:
        ``{champion, challenger, decision, why, compared, reviews, folder}``; ``decision`` is
        promoted, refused, or ``not due`` (then ``challenger`` is null).

    Raises:
        InputError: there are no rows to train on, or no test side to judge by.
        Interrupted: stopped; the same command goes on.
    """
    champion = _champion()
    if not now:
        due = _due(settings)
        if due is not None:
            return {"champion": champion, "challenger": None, "decision": "not due", "why": due}
    rows = new_folder or _known_rows(settings)
    test = test_folder or champion_rows(settings) or rows
    require_apart(rows, test)
    work = _Work.open(settings, champion, rows, test, say)
    say(f"retrain: {work.folder}")
    reviews = work.reviews()
    model = work.tune(work.corpus(reviews))
    before, after = work.assess("champion", champion), work.assess("challenger", str(model))
    challenger = _register(model, work.folder / "challenger" / ASSESSMENT)
    decision = challenge(
        challenger, after, partial(work.assess, "champion"), settings=settings, who=WHO
    )
    summary = {
        "champion": champion,
        "challenger": challenger,
        "decision": "promoted" if decision["promoted"] else "refused",
        "why": decision["why"],
        "compared": compared(before, after),
        "reviews": reviews,
        "folder": str(work.folder),
    }
    write_json(work.folder / "retrain.json", summary)
    return summary


@dataclass(frozen=True)
class _Work:
    """One retraining's folder and what it starts from."""

    folder: Path
    settings: Settings
    champion: str
    rows: Path
    test: Path
    say: Say

    @classmethod
    def open(cls, settings: Settings, champion: str, rows: Path, test: Path, say: Say) -> _Work:
        """The folder of this retraining: same champion, rows and reviews.

        Each stage in it knows by itself which settings it was made with, so other gates judge the
        same challenger again, and another learning rate makes a new one.
        """
        root = settings.runs / "retrain"
        root.mkdir(parents=True, exist_ok=True)
        exported = root / "reviews.jsonl"
        # The folder that judges decides first: whom it measures on must not teach.
        told = export_reviews(
            exported, settings=settings, curated=list(dict.fromkeys([test, rows]))
        )
        for warning in told["warnings"]:
            say(f"reviews: {warning}")
        key = fingerprint(
            [
                champion,
                sha256(rows / MANIFEST),
                sha256(test / MANIFEST),
                sha256(exported),
                settings.tune.model_dump(mode="json"),
                settings.corpus.model_dump(mode="json"),
            ]
        )
        folder = root / key[:16]
        folder.mkdir(exist_ok=True)
        exported.replace(folder / "reviews.jsonl")
        return cls(folder, settings, champion, rows, test, say)

    def reviews(self) -> dict[str, Any]:
        """Which reviews may teach."""
        self.say("reviews ...")
        return choose_reviews(
            self.folder / "reviews.jsonl", self.test, self.folder / "chosen.jsonl"
        )

    def corpus(self, reviews: Mapping[str, Any]) -> Path:
        """New rows as conversations, reviews added."""
        from hemoscribe.corpus import build

        self.say(f"corpus ... ({reviews['used']} reviews)")
        no_canaries = self.settings.corpus.model_copy(update={"canaries": 0})
        built = build(self.rows, self.folder / "rows", no_canaries)  # it goes into service
        self._told("corpus", built)
        if not reviews["used"]:
            return self.folder / "rows"
        added = add_reviews(
            self.folder / "rows",
            self.folder / "chosen.jsonl",
            self.folder / "corpus",
            weight=self.settings.retrain.review_weight,
        )
        self._told("corpus with reviews", added)
        return self.folder / "corpus"

    def tune(self, corpus: Path) -> Path:
        """The challenger, from the champion's adapter and on its base model."""
        from hemoscribe.operate.retrain_rows import base_of
        from hemoscribe.tune import tune

        self.say("tune ...")
        chosen = self.settings.tune.model_copy(
            update={"start_from": self.champion, "base": base_of(self.champion, self.settings)}
        )
        out = self.folder / "tune"
        own = self.settings.model_copy(update={"tune": chosen})
        self._told("tune", tune(own, corpus, out, resume=True))
        return out

    def assess(self, who: str, model: str) -> Judgement:
        """One of the two on the frozen test side."""
        from hemoscribe.assess import assess

        self.say(f"assess {who} ...")
        found = assess(
            model, self.test, settings=self.settings, tracks=TRACKS, out=self.folder / who
        )
        self._told(f"assess {who}", found)
        return judgement_of(found)

    def _told(self, stage: str, summary: Mapping[str, Any]) -> None:
        """Say why a stage was redone, or what is stale of it."""
        why = said(summary, redo="tune --redo")
        if why is not None:
            self.say(f"{stage}: {why}")


def _champion() -> str:
    from hemoscribe.engines import champion_or_shipped

    return champion_or_shipped()


def _due(settings: Settings) -> str | None:
    """Why it is not yet time; None when it is."""
    from hemoscribe.models import registry

    since = registry.promoted_at()
    if since is None:
        return None
    next_at = since + timedelta(days=settings.retrain.every_days)
    if datetime.now(UTC) >= next_at:
        return None
    return (
        f"The champion was promoted on {since:%Y-%m-%d}; the next retraining is due on "
        f"{next_at:%Y-%m-%d} (`retrain.every_days: {settings.retrain.every_days}`). "
        "`--now` does it today."
    )


def _known_rows(settings: Settings) -> Path:
    rows = champion_rows(settings)
    if rows is None:
        raise InputError(
            "The rows that the champion was trained on are not known; name a curated folder with "
            "--curated."
        )
    return rows


def _register(model: Path, assessment: Path) -> str:
    from hemoscribe.models import registry

    return registry.register(model, assessment=assessment)
