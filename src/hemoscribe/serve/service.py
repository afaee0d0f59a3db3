"""One report or review from request to store: what the API and the pages both do."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload
from starlette.concurrency import run_in_threadpool

from hemoscribe import audit_log
from hemoscribe.engines.document import (
    history_document,
    panel_document,
    panel_from_document,
    reading_from_document,
    report_document,
)
from hemoscribe.engines.history import History, histories
from hemoscribe.errors import InputError
from hemoscribe.records import UNKNOWN_PATIENT, Language, Panel, Report
from hemoscribe.serve.keys import Identity
from hemoscribe.serve.metrics import Metrics
from hemoscribe.serve.migration import digest_of, patient_of
from hemoscribe.serve.overlay_in_service import OverlayInService
from hemoscribe.serve.store import (
    DECISIONS,
    Interpretation,
    RejectedResult,
    Review,
    ServedResult,
    Store,
    utc_now,
)
from hemoscribe.serve.worker import Worker
from hemoscribe.settings import ServeSettings

MAX_LISTED = 100
MAX_EARLIER_KEPT = 200
"""So many of a patient's kept reports are looked at."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A review as it is sent: the decision, the texts, three ratings from 1 to 5, a comment."""

    decision: str
    interpretation: str | None = None
    follow_up: str | None = None
    correct: int | None = None
    useful: int | None = None
    safe: int | None = None
    comment: str = ""


@dataclass(frozen=True)
class Service:
    """The open server: its settings, store, model, counters, and the laboratory's overlay."""

    settings: ServeSettings
    store: Store
    worker: Worker
    metrics: Metrics
    overlays: OverlayInService = field(default_factory=OverlayInService)

    async def interpret(
        self,
        panel: Panel,
        language: Language,
        identity: Identity,
        source: Literal["api", "page"],
        *,
        sent: Sequence[Panel] = (),
    ) -> dict[str, Any]:
        """Interpret a panel, keep it, and return its document with its ``id``.

        It is read with the same patient's earlier reports: those sent with it, and the store's.

        Args:
            sent: other reports that came with it.

        Raises:
            Busy: the model has too much to do.
            HemoscribeError: the panel cannot be read, or there is no model.
        """
        kept = await run_in_threadpool(self.kept_panels, panel)
        history = self._history(panel, sent, kept)
        overlay = await run_in_threadpool(self.overlays.current)
        report = await self.worker.interpret(
            panel, language, earlier=history.earlier, overlay=overlay
        )
        document = await run_in_threadpool(self._keep, panel, report, identity, source)
        self.metrics.count_report(document)
        return document

    def _history(self, panel: Panel, sent: Sequence[Panel], kept: Sequence[Panel]) -> History:
        others = [one for one in sent if one is not panel]
        return histories([panel, *others], kept)[0]

    def kept_panels(self, panel: Panel) -> list[Panel]:
        """The same patient's newest reports in the store, as they were sent."""
        if panel.patient_id == UNKNOWN_PATIENT or panel.collected_at is None:
            return []
        with self.store.session() as session:
            found = session.scalars(
                select(Interpretation.panel)
                .where(Interpretation.patient_id == patient_of(panel_document(panel)))
                .order_by(Interpretation.created_at.desc())
                .limit(MAX_EARLIER_KEPT)
            ).all()
        return [panel_from_document(one) for one in found]

    def same_as(
        self, panel: Panel, language: Language, sent: Sequence[Panel] = ()
    ) -> dict[str, Any] | None:
        """The document of this very report, if it was served in this language already.

        Args:
            sent: other reports that come with it; with a history it was not read with before it is
                another report, and so it is under another version of the laboratory's overlay.
        """
        read_with = self._history(panel, sent, self.kept_panels(panel)).earlier
        held = history_document(panel, read_with, self.overlays.current())
        digest = digest_of(held, language)
        with self.store.session() as session:
            return session.scalar(
                select(Interpretation.report)
                .where(Interpretation.digest == digest)
                .order_by(Interpretation.created_at.desc())
                .limit(1)
            )

    def _keep(
        self, panel: Panel, report: Report, identity: Identity, source: str
    ) -> dict[str, Any]:
        number = uuid.uuid4().hex
        document = report_document(report, id=number)
        overruling = report.reading.overruling
        overlay = None if overruling is None else overruling.overlay
        held = history_document(panel, report.reading.earlier, overlay)
        with self.store.session() as session:
            session.add(
                Interpretation(
                    id=number,
                    created_at=utc_now(),
                    key_name=identity.name,
                    source=source,
                    patient_id=patient_of(panel_document(panel)),
                    digest=digest_of(held, report.language),
                    panel=held,
                    report=document,
                    model=report.model,
                    language=report.language,
                    seconds=report.seconds,
                    results=[_served(result) for result in document["results"]],
                )
            )
            session.flush()
            session.add_all(
                RejectedResult(
                    interpretation_id=number,
                    reported_name=str(reject.get("reported_name") or "")[:200],
                    code=str(reject["code"]),
                )
                for reject in document["rejects"]
            )
        read_by = {} if overlay is None else {"overlay": overlay.digest}
        audit_log.append(
            identity.name, "interpretation", id=number, model=report.model, source=source, **read_by
        )
        return document

    def find(self, number: str) -> Interpretation | None:
        """A served report with its reviews; None when there is none of this id."""
        with self.store.session() as session:
            return session.scalar(
                select(Interpretation)
                .where(Interpretation.id == number)
                .options(selectinload(Interpretation.reviews))
            )

    def newest(self, *, limit: int, skip: int = 0) -> Sequence[Interpretation]:
        """Served reports, the newest first, with their reviews."""
        with self.store.session() as session:
            return session.scalars(
                select(Interpretation)
                .order_by(Interpretation.created_at.desc(), Interpretation.id)
                .limit(min(limit, MAX_LISTED))
                .offset(skip)
                .options(selectinload(Interpretation.reviews))
            ).all()

    def count(self) -> int:
        """How many reports are kept."""
        with self.store.session() as session:
            return session.scalar(select(func.count(Interpretation.id))) or 0

    def reviews(self, *, limit: int, skip: int = 0) -> Sequence[Review]:
        """Reviews, the newest first, with the report each is of."""
        with self.store.session() as session:
            return session.scalars(
                select(Review)
                .order_by(Review.id.desc())
                .limit(min(limit, MAX_LISTED))
                .offset(skip)
                .options(selectinload(Review.interpretation))
            ).all()

    def review(self, number: str, verdict: Verdict, identity: Identity) -> Review | None:
        """Keep a review; None when there is no report of this id.

        An accepted or rejected report keeps its own texts; a corrected one takes those that were
        sent, checked against the facts: what fails is kept beside the review and shown.

        Raises:
            InputError: an unknown decision, or texts that do not go with it.
        """
        found = self.find(number)
        if found is None:
            return None
        texts = _texts(found.report, verdict)
        review = Review(
            interpretation_id=number,
            created_at=utc_now(),
            reviewer=identity.name,
            decision=verdict.decision,
            text=texts[0],
            follow_up=texts[1],
            correct=verdict.correct,
            useful=verdict.useful,
            safe=verdict.safe,
            comment=verdict.comment.strip(),
            failed_checks=_failed_checks(found, texts) if verdict.decision == "corrected" else [],
        )
        with self.store.session() as session:
            session.add(review)
        audit_log.append(
            identity.name, "review", id=number, review=review.id, decision=review.decision
        )
        self.metrics.reviews.labels(review.decision).inc()
        return review


def _served(result: dict[str, Any]) -> ServedResult:
    return ServedResult(
        analyte=result["analyte"],
        value=result["value"],
        comparator=result["comparator"],
        unit=result["unit"],
        low=result["low"],
        high=result["high"],
        range_source=result["range_source"],
        flag=result["flag"],
        critical=result["critical"],
        agrees=result["agrees"],
    )


def same_text(left: str, right: str) -> bool:
    """Whether two texts say the same, white space apart (a form turns line ends)."""
    return left.split() == right.split()


def _texts(report: dict[str, Any], verdict: Verdict) -> tuple[str, str]:
    """(interpretation, follow-up) that a review stands for."""
    if verdict.decision not in DECISIONS:
        raise InputError(f"decision: {verdict.decision!r} is not one of {', '.join(DECISIONS)}.")
    shown = (report["interpretation"], report["follow_up"])
    sent = (
        shown[0] if verdict.interpretation is None else verdict.interpretation.strip(),
        shown[1] if verdict.follow_up is None else verdict.follow_up.strip(),
    )
    changed = not (same_text(sent[0], shown[0]) and same_text(sent[1], shown[1]))
    if verdict.decision == "accepted" and changed:
        raise InputError("The text was changed: save it as a correction, or undo the change.")
    if verdict.decision == "corrected":
        if not changed:
            raise InputError("Nothing was changed: accept the text as it is, or correct it.")
        if not all(sent):
            raise InputError("A correction needs both an interpretation and a follow-up.")
        return sent
    return shown


def _failed_checks(found: Interpretation, texts: tuple[str, str]) -> list[dict[str, str]]:
    """What the facts do not bear out in a corrected text."""
    from hemoscribe.prose.guard.check import check
    from hemoscribe.prose.prompt import completion

    language: Language = "fr" if found.language == "fr" else "en"
    reading = reading_from_document(found.panel)
    checks = check(completion(*texts, language), reading, language)
    return [{"code": one.code, "message": one.message} for one in checks if not one.ok]
