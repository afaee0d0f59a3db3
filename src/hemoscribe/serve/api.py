"""The native API, under ``/v1``: interpretations, reviews, keys."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, UploadFile

from hemoscribe import audit_log
from hemoscribe.errors import InputError
from hemoscribe.records import Language
from hemoscribe.serve import keys
from hemoscribe.serve.access import admin_of, identity_of, reviewer_of
from hemoscribe.serve.bodies import InterpretationBody, KeyBody, ReviewBody, earlier_of, panel_of
from hemoscribe.serve.keys import Identity
from hemoscribe.serve.service import MAX_LISTED, Service, Verdict
from hemoscribe.serve.store import Interpretation, Key, Review
from hemoscribe.serve.uploads import interpret_export
from hemoscribe.serve.words import words

router = APIRouter(prefix="/v1")
Reader = Annotated[Identity, Depends(identity_of)]
Reviewer = Annotated[Identity, Depends(reviewer_of)]
Admin = Annotated[Identity, Depends(admin_of)]
Limit = Annotated[int, Query(ge=1, le=MAX_LISTED)]
FormLanguage = Annotated[Language, Form(description="of the documents")]
Skip = Annotated[int, Query(ge=0, le=1_000_000)]


def service_of(request: Request) -> Service:
    """The open server behind a request."""
    service = request.app.state.service
    assert isinstance(service, Service)
    return service


Open = Annotated[Service, Depends(service_of)]


@router.post("/interpretations")
async def interpret(body: InterpretationBody, service: Open, identity: Reader) -> dict[str, Any]:
    """One report's results in; flags, findings, words and checks out, and kept under ``id``."""
    panel = panel_of(body, max_results=service.settings.max_results)
    sent = earlier_of(body, max_results=service.settings.max_results)
    return await service.interpret(panel, body.language, identity, "api", sent=sent)


@router.post("/exports")
async def interpret_file(
    file: UploadFile, service: Open, identity: Reader, language: FormLanguage = "en"
) -> dict[str, Any]:
    """An export file in, as the page takes it; its reports' documents out, and why others lack."""
    sent = (file.filename or "", await file.read())
    served = await interpret_export(sent, language, service, identity, "api", words("en"))
    if not served.documents:
        raise InputError(served.unread[0]["why"])
    return {"reports": served.documents, "unread": served.unread}


@router.get("/interpretations/{number}")
def interpretation(number: str, service: Open, identity: Reader) -> dict[str, Any]:
    """A report that was served, as it was answered, with its reviews."""
    found = _found(service.find(number))
    return {**found.report, "reviews": [review_document(review) for review in found.reviews]}


@router.post("/interpretations/{number}/reviews", status_code=201)
def add_review(number: str, body: ReviewBody, service: Open, identity: Reviewer) -> dict[str, Any]:
    """Accept, correct or reject a report; a correction is checked against the facts."""
    review = service.review(number, Verdict(**body.model_dump()), identity)
    if review is None:
        raise HTTPException(404, "There is no report of this id.")
    return review_document(review)


@router.get("/reviews")
def list_reviews(
    service: Open, identity: Reader, limit: Limit = 50, skip: Skip = 0
) -> dict[str, Any]:
    """Reviews, the newest first."""
    return {
        "reviews": [review_document(review) for review in service.reviews(limit=limit, skip=skip)]
    }


@router.get("/keys")
def list_keys(service: Open, identity: Admin) -> dict[str, Any]:
    """Every key by name and role; the keys themselves are not kept."""
    return {"keys": [_key_document(key) for key in keys.list_keys(service.store)]}


@router.post("/keys", status_code=201)
def create_key(body: KeyBody, service: Open, identity: Admin) -> dict[str, Any]:
    """Make a key; the answer is the only place where it is ever shown."""
    key = keys.create_key(service.store, body.name, body.role)
    audit_log.append(identity.name, "key made", name=body.name, role=body.role)
    return {"name": body.name, "role": body.role, "key": key}


@router.delete("/keys/{number}")
def revoke_key(number: int, service: Open, identity: Admin) -> dict[str, Any]:
    """Refuse a key from now on."""
    name = keys.revoke_key(service.store, number)
    if name is None:
        raise HTTPException(404, "There is no such key, or it is revoked already.")
    audit_log.append(identity.name, "key revoked", name=name)
    return {"name": name, "revoked": True}


def review_document(review: Review) -> dict[str, Any]:
    """A review as a JSON object."""
    return {
        "id": review.id,
        "interpretation_id": review.interpretation_id,
        "created_at": review.created_at.isoformat(),
        "reviewer": review.reviewer,
        "decision": review.decision,
        "interpretation": review.text,
        "follow_up": review.follow_up,
        "correct": review.correct,
        "useful": review.useful,
        "safe": review.safe,
        "comment": review.comment,
        "failed_checks": review.failed_checks,
    }


def _key_document(key: Key) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "role": key.role,
        "created_at": key.created_at.isoformat(),
        "revoked_at": key.revoked_at.isoformat() if key.revoked_at else None,
    }


def _found(interpretation: Interpretation | None) -> Interpretation:
    if interpretation is None:
        raise HTTPException(404, "There is no report of this id.")
    return interpretation
