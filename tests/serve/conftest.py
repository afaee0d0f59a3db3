"""A server with a small model in it: the real reading, guard and composer, a plain writer."""

import time
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from fastapi.testclient import TestClient
from numpy.typing import NDArray

from hemoscribe.engines.interpreter import interpret
from hemoscribe.overlay_record import Overlay
from hemoscribe.prose.guard.vocabulary import Vocabulary
from hemoscribe.prose.prompt import Prompt, completion
from hemoscribe.records import Language, Panel, Report
from hemoscribe.serve import keys
from hemoscribe.serve.application import app
from hemoscribe.serve.service import Service
from hemoscribe.settings import ServeSettings, Settings


class Scribe:
    """Reads everything as normal and writes one sentence; ``draft`` may be set to another text."""

    name = "scribe"
    engine = "test"
    may_write = True
    vocabulary = Vocabulary()

    def __init__(self) -> None:
        self.draft: str | None = None

    def read(self, prompts: Sequence[Prompt]) -> list[NDArray[np.float64]]:
        return [np.tile([0.04, 0.9, 0.06], (len(prompt.slots), 1)) for prompt in prompts]

    def write(self, prompts: Sequence[Prompt], max_new_tokens: int) -> list[str]:
        return [
            self.draft or completion("Nothing more.", "None.", prompt.language)
            for prompt in prompts
        ]

    def interpret(
        self,
        panel: Panel,
        *,
        language: Language = "en",
        earlier: Sequence[Panel] = (),
        overlay: Overlay | None = None,
    ) -> Report:
        return interpret(self, panel, language=language, earlier=earlier, overlay=overlay)


class Server:
    """A running application: ``client`` as a program sees it, ``key`` of each role."""

    def __init__(self, client: TestClient, service: Service, scribe: Scribe) -> None:
        self.client, self.service, self.scribe = client, service, scribe
        self.key = {
            role: keys.create_key(service.store, name, role)
            for role, name in (("admin", "root"), ("reviewer", "Dr Martin"), ("reader", "lis"))
        }

    def headers(self, role: str = "reader") -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key[role]}"}

    def browser(self, role: str = "reviewer") -> TestClient:
        """A browser that has logged in."""
        browser = TestClient(self.client.app, follow_redirects=False)
        answer = browser.post("/login", data={"key": self.key[role], "next": "/"})
        assert answer.status_code == 303
        return browser


def start(settings: Settings) -> Iterator[Server]:
    scribe = Scribe()
    application = app(settings, model=scribe)
    with TestClient(application, follow_redirects=False) as client:
        deadline = time.monotonic() + 30
        while client.get("/readyz").status_code != 200:
            assert time.monotonic() < deadline, "the model was not loaded"
            time.sleep(0.01)
        yield Server(client, application.state.service, scribe)


@pytest.fixture
def server() -> Iterator[Server]:
    yield from start(Settings())


@pytest.fixture
def small_server() -> Iterator[Server]:
    """A server with tight limits."""
    limits = ServeSettings(max_body_bytes=2048, max_results=3, requests_per_minute=5)
    yield from start(Settings(serve=limits))


BODY = {
    "patient": {"sex": "F", "age": 54},
    "language": "en",
    "results": [
        {"analyte": "Hb", "value": 8.9, "unit": "g/dL", "low": 12.0, "high": 16.0},
        {"analyte": "Potassium", "value": 7.1, "unit": "mmol/L", "low": 3.5, "high": 5.1},
        {"analyte": "Sodium", "value": "139", "unit": "mmol/L", "low": 135, "high": 145},
        {"analyte": "Moonlight", "value": 1, "unit": "g/L"},
    ],
}


@pytest.fixture
def body() -> dict:
    return BODY
