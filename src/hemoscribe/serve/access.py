"""What every request passes: who asks, how often, from which page; and what every answer carries.

Who may ask:

- ``/v1/...`` by ``Authorization: Bearer hs_...`` only, so no other site's page can use a login;
- the pages by the cookie of a login only. It is ``SameSite=Strict`` and ``HttpOnly``; a form from
  another origin is refused, and every form carries the session's own token besides;
- ``/healthz``, ``/readyz``, ``/login`` and ``/static`` are open;
- ``/metrics`` is open on this machine (not through a proxy), and by any key elsewhere.
"""

from __future__ import annotations

import ipaddress
import secrets
import time
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from fastapi import HTTPException, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hemoscribe.serve import keys
from hemoscribe.serve.keys import Identity
from hemoscribe.serve.limits import RateLimit
from hemoscribe.serve.logs import logger, where
from hemoscribe.serve.metrics import Metrics
from hemoscribe.serve.store import Store
from hemoscribe.settings import ServeSettings

COOKIE = "hemoscribe_session"
OPEN_PATHS = ("/healthz", "/readyz", "/login", "/favicon.ico")
STATIC = "/static/"
API = "/v1/"
METRICS = "/metrics"
PROBES = ("/healthz", "/readyz", METRICS)
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
LOGINS_PER_MINUTE = 20
TOO_LARGE = "The body is larger than this server reads (`serve.max_body_bytes`)."
SECURITY_HEADERS: Mapping[str, str] = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not "no-referrer": with it a browser sends `Origin: null` on our own forms.
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class Gate:
    """The outermost layer of the server (ASGI)."""

    def __init__(
        self, app: ASGIApp, *, store: Store, metrics: Metrics, settings: ServeSettings
    ) -> None:
        # For bodies that do not say their length; those that do are refused before they are read.
        self.app = RequestBodyLimitMiddleware(app, settings.max_body_bytes)
        self._store = store
        self._metrics = metrics
        self._by_key = RateLimit(settings.requests_per_minute)
        self._max_body_bytes = settings.max_body_bytes
        self._by_address = RateLimit(LOGINS_PER_MINUTE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through with its identity, or answer why not."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start = time.perf_counter()
        request_id = secrets.token_hex(8)
        status = 500
        answered = False

        async def send_guarded(message: Message) -> None:
            nonlocal status, answered
            if message["type"] == "http.response.start":
                status, answered = message["status"], True
                _add_headers(MutableHeaders(scope=message), scope["path"], request_id)
            await send(message)

        scope.setdefault("state", {})["request_id"] = request_id
        try:
            refusal = await self._refusal(scope)
            if refusal is not None:
                await refusal(scope, receive, send_guarded)
            else:
                await self.app(scope, receive, send_guarded)
        except Exception as error:  # noqa: BLE001 - the log names it, the answer does not quote it
            logger().error(
                "error", request=request_id, error=type(error).__name__, where=where(error)
            )
            if not answered:
                sentence = f"Something went wrong here; the server's log has it as {request_id}."
                await refuse(scope, 500, sentence)(scope, receive, send_guarded)
        finally:
            self._report(scope, request_id, status, time.perf_counter() - start)

    async def _refusal(self, scope: Scope) -> Response | None:
        """Why this request does not go on, or None; sets ``scope["state"]["identity"]``."""
        headers = Headers(scope=scope)
        path: str = scope["path"]
        if path.startswith(STATIC):
            return None
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length[:20]) > self._max_body_bytes:
            return refuse(scope, 413, TOO_LARGE)
        identity, browser = await run_in_threadpool(self._identify, path, headers)
        scope["state"]["identity"] = identity
        if not path.startswith(API) and scope["method"] not in SAFE_METHODS and foreign(headers):
            return refuse(scope, 403, "This form was sent from another site's page.")
        if identity is not None:
            wait = self._by_key.take(identity.name)
        elif scope["method"] in SAFE_METHODS and path in OPEN_PATHS:
            wait = 0
        else:
            wait = self._by_address.take(_address(scope))
        if wait:
            return refuse(
                scope,
                429,
                f"Too many requests; ask again in {wait} s.",
                {"Retry-After": str(wait)},
            )
        if identity is not None or path in OPEN_PATHS:
            return None
        if path == METRICS and _from_this_machine(scope, headers):
            return None
        if path.startswith(API) or path == METRICS:
            return refuse(
                scope,
                401,
                "A key is needed: send `Authorization: Bearer hs_...`.",
                {"WWW-Authenticate": "Bearer"},
            )
        response = RedirectResponse(f"/login?next={quote(path)}", 303)
        if browser:
            response.delete_cookie(COOKIE, path="/")
        return response

    def _identify(self, path: str, headers: Headers) -> tuple[Identity | None, bool]:
        """(who asks, whether a cookie was sent)."""
        if path.startswith(API) or path == METRICS:
            scheme, _, key = headers.get("authorization", "").partition(" ")
            if scheme.lower() != "bearer":
                return None, False
            return keys.identify(self._store, key.strip()), False
        token = session_token(headers)
        return (keys.identify_session(self._store, token) if token else None), bool(token)

    def _report(self, scope: Scope, request_id: str, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", None)
        label = route or ("/static" if scope["path"].startswith(STATIC) else "none")
        self._metrics.requests.labels(scope["method"], label, status).inc()
        self._metrics.request_seconds.labels(label).observe(seconds)
        if label in PROBES:
            return  # counted, and too frequent to be worth a line each
        identity: Identity | None = scope["state"].get("identity")
        logger().info(
            "request",
            request=request_id,
            method=scope["method"],
            route=label,
            status=status,
            seconds=round(seconds, 4),
            key=identity.name if identity else None,
        )


def identity_of(request: Request) -> Identity:
    """Who asks; 401 when nobody is known."""
    identity = request.scope["state"].get("identity")
    if not isinstance(identity, Identity):
        raise HTTPException(401, "A key is needed.")
    return identity


def reviewer_of(request: Request) -> Identity:
    """Who asks, if they may review; 403 otherwise."""
    return _holding(request, "reviewer")


def admin_of(request: Request) -> Identity:
    """Who asks, if they are an admin; 403 otherwise."""
    return _holding(request, "admin")


def _holding(request: Request, role: str) -> Identity:
    identity = identity_of(request)
    if not identity.may(role):
        raise HTTPException(
            403, f"The key {identity.name!r} is a {identity.role}'s; this needs a {role}'s."
        )
    return identity


def refuse(
    scope: Scope, status: int, sentence: str, headers: Mapping[str, str] | None = None
) -> Response:
    """A refusal in one sentence: JSON for programs, plain text for pages."""
    headers = dict(headers or {})
    if scope["path"].startswith((API, METRICS)):
        return JSONResponse({"error": {"status": status, "message": sentence}}, status, headers)
    return Response(sentence + "\n", status, headers, media_type="text/plain")


def session_token(headers: Headers) -> str | None:
    """The session's cookie, if one was sent."""
    from starlette.requests import cookie_parser

    return cookie_parser(headers.get("cookie", "")).get(COOKIE)


def foreign(headers: Headers) -> bool:
    """Whether a browser says that a form comes from another origin than this one."""
    if headers.get("sec-fetch-site") not in (None, "same-origin", "none"):
        return True
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != headers.get("host")


def local_path(path: str | None) -> str:
    """``path`` if it is one of this server, ``/`` otherwise: a login leads nowhere else."""
    if not path or not path.startswith("/") or path.startswith(("//", "/\\")):
        return "/"
    parts = urlsplit(path)
    return "/" if parts.scheme or parts.netloc or not path.isprintable() else path


def _add_headers(headers: MutableHeaders, path: str, request_id: str) -> None:
    for name, value in SECURITY_HEADERS.items():
        headers[name] = value
    headers["x-request-id"] = request_id
    headers["cache-control"] = "max-age=3600" if path.startswith(STATIC) else "no-store"


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return f"address {client[0]}" if client else "address unknown"


def _from_this_machine(scope: Scope, headers: Headers) -> bool:
    client = scope.get("client")
    if client is None or "forwarded" in headers or "x-forwarded-for" in headers:
        return False
    try:
        return ipaddress.ip_address(client[0]).is_loopback
    except ValueError:
        return False
