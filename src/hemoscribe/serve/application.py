"""The server put together: gate, API, pages, health, metrics, and the errors' sentences."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from hemoscribe.errors import HemoscribeError, InputError, MissingError, SettingsError
from hemoscribe.serve import keys, web
from hemoscribe.serve.access import API, TOO_LARGE, Gate
from hemoscribe.serve.api import router as api_router
from hemoscribe.serve.logs import logger
from hemoscribe.serve.metrics import CONTENT_TYPE, Metrics
from hemoscribe.serve.overlay_in_service import OverlayInService
from hemoscribe.serve.service import Service
from hemoscribe.serve.store import Store, open_store
from hemoscribe.serve.web import HERE
from hemoscribe.serve.web import router as page_router
from hemoscribe.serve.worker import Busy, Interpreter, Worker
from hemoscribe.settings import Settings


def app(settings: Settings, *, model: Interpreter | str | None = None) -> FastAPI:
    """The server as an ASGI application.

    Args:
        model: a loaded model, or the name of one to keep to; None follows the registry's champion,
            and takes the shipped model where there is none.

    Raises:
        SettingsError: the laboratory's overlay is refused; says its line.
        InputError: the store cannot be opened.
    """
    overlays = OverlayInService(settings.overlay)
    store = open_store(settings.serve)
    metrics = Metrics()
    worker = _worker(settings, model, metrics)
    metrics.waiting.set_function(lambda: worker.waiting)

    @asynccontextmanager
    async def life(application: FastAPI) -> AsyncIterator[None]:
        overlays.begin()
        worker.start()
        yield
        worker.stop()
        store.close()

    application = FastAPI(
        title="Hemoscribe",
        summary="Blood-test results in; flags, findings and words out, for a qualified reader.",
        lifespan=life,
        docs_url=None,
        redoc_url=None,
        openapi_url="/v1/openapi.json",
    )
    application.state.service = Service(settings.serve, store, worker, metrics, overlays)
    application.include_router(api_router)
    application.include_router(page_router)
    application.mount("/static", StaticFiles(directory=HERE / "static"))
    _add_health(application, store, worker, metrics)
    _add_errors(application)
    application.add_middleware(
        Gate,
        store=store,
        metrics=metrics,
        settings=settings.serve,
    )
    return application


def serve(
    settings: Settings, *, host: str, port: int, model: Interpreter | str | None = None
) -> None:
    """Serve until stopped. At the first start without keys, print one admin key, once."""
    import uvicorn

    application = app(settings, model=model)
    service: Service = application.state.service
    first = keys.create_first_key(service.store)
    if first is not None:
        print(  # noqa: T201 - the one place and time where a key is shown
            f"The first admin key, shown this once: {first}\nMake others with it: POST /v1/keys.",
            file=sys.stderr,
            flush=True,
        )
    print(f"Hemoscribe: http://{host}:{port}/", file=sys.stderr, flush=True)  # noqa: T201
    uvicorn.run(
        application,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        h11_max_incomplete_event_size=64 * 1024,
        timeout_keep_alive=15,
    )


def _worker(settings: Settings, model: Interpreter | str | None, metrics: Metrics) -> Worker:
    def load(name: str) -> Interpreter:
        from hemoscribe.engines import load as load_model

        return load_model(name)

    def champion() -> str:
        from hemoscribe.engines import champion_or_shipped

        return champion_or_shipped()

    def loaded(found: Interpreter) -> None:
        from hemoscribe import __version__

        metrics.model.info({"name": found.name, "engine": found.engine, "version": __version__})

    timeout = settings.serve.request_timeout_seconds
    if model is None:
        return Worker(load, champion, timeout_seconds=timeout, loaded=loaded)
    if isinstance(model, str):
        name = model
        return Worker(load, lambda: name, timeout_seconds=timeout, loaded=loaded)
    given = model
    return Worker(lambda name: given, lambda: given.name, timeout_seconds=timeout, loaded=loaded)


def _add_health(application: FastAPI, store: Store, worker: Worker, metrics: Metrics) -> None:
    @application.get("/healthz", include_in_schema=False)
    async def healthz() -> dict[str, str]:
        """The process answers."""
        return {"status": "alive"}

    @application.get("/readyz", include_in_schema=False)
    def readyz() -> Response:
        """The store answers and a model is loaded."""
        ready = {"store": store.ready(), "model": worker.ready}
        body: dict[str, Any] = {"ready": all(ready.values()), **ready}
        return JSONResponse(body, 200 if body["ready"] else 503)

    @application.get("/metrics", include_in_schema=False)
    def prometheus() -> Response:
        """Counts and times for Prometheus."""
        return Response(metrics.text(), media_type=CONTENT_TYPE)


def _add_errors(application: FastAPI) -> None:
    @application.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return _answer(request, 422, _validation_sentence(error))

    @application.exception_handler(HTTPException)
    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return _answer(request, error.status_code, _sentence(error), error.headers)

    @application.exception_handler(Busy)
    async def busy(request: Request, error: Exception) -> Response:
        assert isinstance(error, Busy)
        return _answer(request, 503, str(error), {"Retry-After": str(error.seconds)})

    @application.exception_handler(HemoscribeError)
    async def failed(request: Request, error: Exception) -> Response:
        if isinstance(error, InputError | SettingsError):
            return _answer(request, 422, str(error))
        status = 503 if isinstance(error, MissingError) else 500
        logger().error("failed", error=type(error).__name__, message=str(error))
        return _answer(request, status, str(error))


def _answer(
    request: Request, status: int, sentence: str, headers: Mapping[str, str] | None = None
) -> Response:
    if request.url.path.startswith(API):
        body = {"error": {"status": status, "message": sentence}}
        return JSONResponse(body, status, dict(headers or {}))
    response = web.page(request, "error.html", {"problem": sentence}, status)
    response.headers.update(headers or {})
    return response


def _sentence(error: HTTPException) -> str:
    if error.status_code == 413:
        return TOO_LARGE
    detail = str(error.detail)
    return detail if detail.endswith(".") else f"{detail}."


def _validation_sentence(error: RequestValidationError) -> str:
    """The first thing that is wrong and its place."""
    first = error.errors()[0]
    place = ""
    for part in first["loc"]:
        if part in ("body", "query", "path") and not place:
            continue
        if isinstance(part, int):
            place += f"[{part}]"
        elif part.isidentifier():
            place += f".{part}" if place else part
    message = str(first["msg"]).removeprefix("Value error, ").rstrip(".")
    if first["type"] == "json_invalid":
        return "The body is not valid JSON."
    return f"{place}: {message}." if place else f"{message}."
