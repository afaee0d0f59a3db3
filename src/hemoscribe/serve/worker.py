"""One model at a time, in one thread of its own: reports wait their turn, and not for ever."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol

from hemoscribe.errors import HemoscribeError, MissingError
from hemoscribe.records import LANGUAGES, Language, Panel, Report, ReportedResult
from hemoscribe.serve.logs import logger, where

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hemoscribe.overlay_record import Overlay

MAX_WAITING = 32
CHECK_SECONDS = 2.0
"""How often the registry is asked whether another model is champion."""
RETRY_SECONDS = 60.0
"""How long after a model that could not be loaded it is tried again."""


LOADING_RETRY_SECONDS = 10


class Interpreter(Protocol):
    """What the server needs of a model (``engines.Model`` has it)."""

    name: str
    engine: str

    def interpret(
        self,
        panel: Panel,
        *,
        language: Language = "en",
        earlier: Sequence[Panel] = (),
        overlay: Overlay | None = None,
    ) -> Report:
        """The report of one panel."""
        ...


class Busy(Exception):
    """Too many reports wait, or one took too long; ``seconds`` is when to ask again."""

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message)
        self.seconds = seconds


_TRIAL = Panel(
    results=(
        ReportedResult("Hemoglobin", "9.1", "g/dL", "12.0", "16.0"),
        ReportedResult("Potassium", "4.2", "mmol/L", "3.5", "5.1"),
    ),
    sex="F",
    age_years=54,
)


def try_out(model: Interpreter) -> None:
    """Have a model interpret one report in each language before it is put in service.

    A model that cannot is never in service, and the first reader does not wait for what loads once.
    """
    for language in LANGUAGES:
        model.interpret(_TRIAL, language=language)


class Worker:
    """Interprets panels one after the other; follows the champion when it changes.

    Args:
        load: the model of a name; called in the worker's thread.
        champion: the name of the model that should be in service now.
        timeout_seconds: how long one report may wait and take, together.
    """

    def __init__(
        self,
        load: Callable[[str], Interpreter],
        champion: Callable[[], str],
        *,
        timeout_seconds: float,
        loaded: Callable[[Interpreter], None] = lambda model: None,
    ) -> None:
        self._load = load
        self._champion = champion
        self._loaded = loaded
        self._timeout_seconds = timeout_seconds
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hemoscribe-model")
        self._lock = threading.Lock()
        self._waiting = 0
        self._loading = False
        self._check_at = 0.0
        self._wanted: str | None = None
        self.model: Interpreter | None = None
        self.problem: str | None = "the model is being loaded"

    def start(self) -> None:
        """Begin to load the model, without waiting for it."""
        self._loading = True
        self._thread.submit(self._follow_champion).add_done_callback(self._loaded_first)

    def stop(self) -> None:
        """Let the report in hand end, drop those that wait."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    @property
    def ready(self) -> bool:
        """Whether a model is in service."""
        return self.model is not None and not self._loading

    @property
    def waiting(self) -> int:
        """How many reports wait or are being interpreted."""
        return self._waiting

    async def interpret(
        self,
        panel: Panel,
        language: Language,
        *,
        earlier: Sequence[Panel] = (),
        overlay: Overlay | None = None,
    ) -> Report:
        """The report of one panel with the patient's earlier ones, in its turn.

        Raises:
            Busy: too many wait already, or it took longer than the timeout.
            HemoscribeError: the panel cannot be read, or there is no model.
        """
        if self._loading:
            raise Busy("The model is being loaded.", LOADING_RETRY_SECONDS)
        with self._lock:
            if self._waiting >= MAX_WAITING:
                raise Busy(f"{self._waiting} reports are waiting already.", 5)
            self._waiting += 1
        future = self._thread.submit(self._interpret, panel, language, earlier, overlay)
        future.add_done_callback(self._done)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), self._timeout_seconds)
        except TimeoutError as error:
            raise Busy(
                f"The report was not ready within {self._timeout_seconds:g} seconds.", 10
            ) from error

    def _loaded_first(self, future: object) -> None:
        self._loading = False

    def _done(self, future: object) -> None:
        with self._lock:
            self._waiting -= 1

    def _interpret(
        self,
        panel: Panel,
        language: Language,
        earlier: Sequence[Panel],
        overlay: Overlay | None,
    ) -> Report:
        self._follow_champion()
        if self.model is None:
            raise MissingError(f"There is no model to interpret with: {self.problem}")
        return self.model.interpret(panel, language=language, earlier=earlier, overlay=overlay)

    def _follow_champion(self) -> None:
        """Load the champion when it is not the model in service; keep the old one if that fails."""
        now = time.monotonic()
        if now < self._check_at:
            return
        self._check_at = now + CHECK_SECONDS
        try:
            wanted = self._champion()
            if wanted == self._wanted and self.model is not None:
                return
            model = self._load(wanted)
            try_out(model)
        except HemoscribeError as error:
            self._refuse(f"{error}", error)
            return
        except Exception as error:  # noqa: BLE001 - the old model goes on serving, and it is said
            self._refuse(f"the model cannot be loaded ({type(error).__name__}).", error)
            return
        self._wanted, self.model, self.problem = wanted, model, None
        self._loaded(model)
        logger().info("model", model=model.name, engine=model.engine)

    def _refuse(self, problem: str, error: Exception) -> None:
        self.problem = problem
        self._check_at = time.monotonic() + RETRY_SECONDS
        logger().error("model_not_loaded", error=type(error).__name__, where=where(error))
