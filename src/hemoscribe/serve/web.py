"""The pages: log in, drop an export, read the report, review it. HTML forms that need no script."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.responses import HTMLResponse, RedirectResponse, Response

from hemoscribe import audit_log
from hemoscribe.errors import HemoscribeError, InputError
from hemoscribe.pages import templates_of
from hemoscribe.prose.guard.check import UNFAITHFUL
from hemoscribe.records import LANGUAGES, Language
from hemoscribe.serve import keys
from hemoscribe.serve.access import COOKIE, identity_of, local_path, session_token
from hemoscribe.serve.api import Open, Reader, Reviewer
from hemoscribe.serve.bodies import MAX_COMMENT_CHARACTERS, MAX_TEXT_CHARACTERS
from hemoscribe.serve.keys import SESSION_HOURS, Identity
from hemoscribe.serve.service import Service, Verdict
from hemoscribe.serve.store import Interpretation
from hemoscribe.serve.uploads import interpret_export
from hemoscribe.serve.views import document_view, report_view, review_row, row_view
from hemoscribe.serve.words import LANGUAGE_COOKIE, language_of, words
from hemoscribe.serve.worker import Busy

HERE = Path(__file__).parent
PAGE_ROWS = 25
MAX_FIELDS = 20
LANGUAGE_DAYS = 365
router = APIRouter(include_in_schema=False)
templates = templates_of("hemoscribe.serve")


def page(
    request: Request, template: str, values: dict[str, Any] | None = None, status: int = 200
) -> HTMLResponse:
    """A page in the reader's language."""
    language = language_of(request)
    service: Service = request.app.state.service
    model = service.worker.model
    text = templates.get_template(template).render(
        {
            "w": words(language),
            "language": language,
            "identity": request.scope["state"].get("identity"),
            "here": "",
            "model": f"{model.name} ({model.engine})" if model else None,
            "problem": None,
            "said": None,
            **(values or {}),
        }
    )
    response = HTMLResponse(text, status)
    if request.query_params.get("lang") in LANGUAGES:
        response.set_cookie(
            LANGUAGE_COOKIE, language, max_age=LANGUAGE_DAYS * 86_400, samesite="strict"
        )
    return response


@asynccontextmanager
async def form_of(request: Request, identity: Identity) -> AsyncIterator[FormData]:
    """The form of one of our own pages; 403 when it does not carry the session's token."""
    async with request.form(max_files=1, max_fields=MAX_FIELDS) as form:
        if identity.form_token is None or form.get("form_token") != identity.form_token:
            raise HTTPException(403, words(language_of(request))["form_expired"])
        yield form


@router.get("/login")
def login_page(request: Request) -> Response:
    """The form that asks for a key."""
    if request.scope["state"].get("identity"):
        return RedirectResponse("/", 303)
    return page(request, "login.html", {"next": local_path(request.query_params.get("next"))})


@router.post("/login")
async def log_in(request: Request, service: Open) -> Response:
    """A key for a cookie."""
    async with request.form(max_files=0, max_fields=MAX_FIELDS) as form:
        key, target = _text(form, "key").strip(), local_path(_text(form, "next"))
    identity = await run_in_threadpool(keys.identify, service.store, key)
    if identity is None:
        problem = words(language_of(request))["key_wrong"]
        return page(request, "login.html", {"next": target, "problem": problem}, 401)
    token = await run_in_threadpool(keys.log_in, service.store, identity)
    await run_in_threadpool(audit_log.append, identity.name, "login")
    response = RedirectResponse(target, 303)
    response.set_cookie(
        COOKIE,
        token,
        max_age=SESSION_HOURS * 3600,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return response


@router.post("/logout")
async def log_out(request: Request, service: Open, identity: Reader) -> Response:
    """End the session."""
    async with form_of(request, identity):
        token = session_token(request.headers)
    if token:
        await run_in_threadpool(keys.log_out, service.store, token)
    response = RedirectResponse("/login", 303)
    response.delete_cookie(COOKIE)
    return response


@router.get("/")
def reports(request: Request, service: Open, identity: Reader) -> Response:
    """Where an export is dropped, and the newest reports."""
    return _reports(request, service)


def _reports(
    request: Request, service: Service, problem: str | None = None, status: int = 200
) -> HTMLResponse:
    language = language_of(request)
    skip = _whole_number(request.query_params.get("skip"))
    found = service.newest(limit=PAGE_ROWS, skip=skip)
    count = service.count()
    read = _whole_number(request.query_params.get("read"))
    values = {
        "here": "reports",
        "rows": [row_view(one, language) for one in found],
        "count": count,
        "first": skip + 1,
        "last": skip + len(found),
        "newer": max(0, skip - PAGE_ROWS) if skip else None,
        "older": skip + PAGE_ROWS if skip + len(found) < count else None,
        "problem": problem,
        "said": words(language)["uploaded"].format(count=read) if read else None,
    }
    return page(request, "reports.html", values, status)


@router.post("/reports")
async def upload(request: Request, service: Open, identity: Reader) -> Response:
    """Read a dropped export and interpret its reports; show the only one, or the list."""
    texts = words(language_of(request))
    async with form_of(request, identity) as form:
        chosen: Language = "fr" if form.get("language") == "fr" else "en"
        file = form.get("file")
        sent = isinstance(file, UploadFile) and bool(file.filename)
        name = (file.filename or "") if isinstance(file, UploadFile) else ""
        data = await file.read() if isinstance(file, UploadFile) else b""
    try:
        if not sent:
            raise InputError(texts["no_file"])
        served = await interpret_export((name, data), chosen, service, identity, "page", texts)
    except Busy as error:
        sentence = texts["try_again"].format(message=error, seconds=error.seconds)
        return await run_in_threadpool(_reports, request, service, sentence, 503)
    except HemoscribeError as error:
        status = 422 if isinstance(error, InputError) else 503
        return await run_in_threadpool(_reports, request, service, str(error), status)
    count = len(served.documents)
    if served.unread:
        said = texts["uploaded"].format(count=count) if count else ""
        sentence = " ".join(part for part in (said, *(one["why"] for one in served.unread)) if part)
        return await run_in_threadpool(_reports, request, service, sentence, 200 if count else 422)
    if count == 1:
        return RedirectResponse(f"/reports/{served.documents[0]['id']}", 303)
    return RedirectResponse(f"/?read={count}", 303)


@router.get("/reports/{number}")
def report(request: Request, number: str, service: Open, identity: Reader) -> Response:
    """One report, to be read and reviewed."""
    found = _found(request, service.find(number))
    saved = request.query_params.get("saved") is not None and bool(found.reviews)
    warnings: list[dict[str, str]] = []
    if saved:
        warnings = found.reviews[-1].failed_checks
    said = words(language_of(request))["review_saved"] if saved and not warnings else None
    return _report(request, found, said=said, warnings=warnings)


@router.post("/reports/{number}/reviews")
async def review(request: Request, number: str, service: Open, identity: Reviewer) -> Response:
    """Accept, correct or reject a report."""
    async with form_of(request, identity) as form:
        verdict = _verdict(form)
    found = _found(request, await run_in_threadpool(service.find, number))
    try:
        await run_in_threadpool(service.review, number, verdict, identity)
    except InputError as error:
        return _report(request, found, problem=str(error), verdict=verdict, status=422)
    return RedirectResponse(f"/reports/{number}?saved", 303)


@router.get("/reviews")
def reviews(request: Request, service: Open, identity: Reader) -> Response:
    """The newest reviews."""
    language = language_of(request)
    rows = [review_row(one, language) for one in service.reviews(limit=PAGE_ROWS * 4)]
    return page(request, "reviews.html", {"here": "reviews", "reviews": rows})


def _report(
    request: Request,
    found: Interpretation,
    *,
    problem: str | None = None,
    said: str | None = None,
    warnings: Sequence[Mapping[str, str]] = (),
    verdict: Verdict | None = None,
    status: int = 200,
) -> HTMLResponse:
    language = language_of(request)
    identity = identity_of(request)
    values = {
        "here": "reports",
        "view": report_view(found, language),
        "d": document_view(found.report, language),
        "texts": _texts(found, verdict, identity.name),
        "may_review": identity.may("reviewer"),
        "problem": problem,
        "said": said,
        "warnings": [check["message"] for check in warnings],
        "teaches_not": any(check["code"] in UNFAITHFUL for check in warnings),
    }
    return page(request, "report.html", values, status)


def _texts(found: Interpretation, verdict: Verdict | None, reviewer: str) -> dict[str, Any]:
    """What the form holds: what was just typed, else the reviewer's last word, else the draft."""
    if verdict is not None:
        return {
            "interpretation": verdict.interpretation,
            "follow_up": verdict.follow_up,
            "correct": verdict.correct,
            "useful": verdict.useful,
            "safe": verdict.safe,
            "comment": verdict.comment,
        }
    own = next((one for one in reversed(found.reviews) if one.reviewer == reviewer), None)
    if own is None:
        report = found.report
        return {
            "interpretation": report["interpretation"],
            "follow_up": report["follow_up"],
            "correct": None,
            "useful": None,
            "safe": None,
            "comment": "",
        }
    return {
        "interpretation": own.text,
        "follow_up": own.follow_up,
        "correct": own.correct,
        "useful": own.useful,
        "safe": own.safe,
        "comment": own.comment,
    }


def _verdict(form: FormData) -> Verdict:
    def rating(name: str) -> int | None:
        text = _text(form, name)
        return int(text) if text in ("1", "2", "3", "4", "5") else None

    return Verdict(
        decision=_text(form, "decision"),
        interpretation=_text(form, "interpretation")[:MAX_TEXT_CHARACTERS],
        follow_up=_text(form, "follow_up")[:MAX_TEXT_CHARACTERS],
        correct=rating("correct"),
        useful=rating("useful"),
        safe=rating("safe"),
        comment=_text(form, "comment")[:MAX_COMMENT_CHARACTERS],
    )


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""


def _whole_number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 7 else 0


def _found(request: Request, found: Interpretation | None) -> Interpretation:
    if found is None:
        raise HTTPException(404, words(language_of(request))["error_404"])
    return found
