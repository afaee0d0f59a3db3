"""One model, one report at a time; a timeout, a bounded queue, and the champion followed."""

import asyncio
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from hemoscribe.errors import MissingError
from hemoscribe.records import Panel
from hemoscribe.serve import worker as module
from hemoscribe.serve.worker import Busy, Worker

PANEL = Panel(results=())


class Slow:
    """Answers with its name when ``gate`` is open, and notes how many were at work at once."""

    engine = "test"

    def __init__(self, name: str = "slow") -> None:
        self.name = name
        self.gate = threading.Event()
        self.gate.set()
        self.at_work = self.most_at_work = 0

    def interpret(self, panel: Panel, **_: object) -> Any:
        self.at_work += 1
        self.most_at_work = max(self.most_at_work, self.at_work)
        self.gate.wait(5)
        self.at_work -= 1
        return SimpleNamespace(model=self.name)


def make(model: Slow, timeout: float = 5.0) -> Worker:
    return Worker(lambda name: model, lambda: model.name, timeout_seconds=timeout)


@pytest.fixture
def model() -> Iterator[Slow]:
    model = Slow()
    yield model
    model.gate.set()


def test_reports_are_read_one_after_the_other(model):
    worker = make(model)

    async def many() -> list[Any]:
        return await asyncio.gather(*(worker.interpret(PANEL, "en") for _ in range(10)))

    assert len(asyncio.run(many())) == 10
    assert model.most_at_work == 1
    worker.stop()
    assert worker.waiting == 0


def test_a_report_that_takes_too_long_is_given_up(model):
    worker = make(model, timeout=0.05)
    worker.start()
    asyncio.run(wait_loaded(worker))
    model.gate.clear()
    with pytest.raises(Busy, match=r"not ready within 0\.05 seconds") as caught:
        asyncio.run(worker.interpret(PANEL, "en"))
    assert caught.value.seconds > 0
    model.gate.set()
    worker.stop()
    assert worker.waiting == 0


def test_while_the_model_is_loaded_nobody_waits_for_it():
    gate = threading.Event()

    def load(name: str) -> Slow:
        gate.wait(5)
        return Slow(name)

    worker = Worker(load, lambda: "x", timeout_seconds=5)
    worker.start()
    with pytest.raises(Busy, match="being loaded"):
        asyncio.run(worker.interpret(PANEL, "en"))
    gate.set()

    async def ask() -> str:
        await wait_loaded(worker)
        return (await worker.interpret(PANEL, "en")).model

    assert asyncio.run(ask()) == "x"
    worker.stop()


def test_too_many_waiting_are_refused_at_once(model, monkeypatch):
    monkeypatch.setattr(module, "MAX_WAITING", 2)
    worker = make(model)
    model.gate.clear()

    async def crowd() -> None:
        waiting = [asyncio.create_task(worker.interpret(PANEL, "en")) for _ in range(2)]
        await asyncio.sleep(0.05)
        with pytest.raises(Busy, match="2 reports are waiting"):
            await worker.interpret(PANEL, "en")
        model.gate.set()
        await asyncio.gather(*waiting)

    asyncio.run(crowd())
    worker.stop()


def test_a_new_champion_is_taken_up_between_reports(monkeypatch):
    monkeypatch.setattr(module, "CHECK_SECONDS", 0.0)
    champion = ["first"]
    loads: list[str] = []

    def load(name: str) -> Slow:
        loads.append(name)
        return Slow(name)

    worker = Worker(load, lambda: champion[0], timeout_seconds=5)

    async def ask() -> str:
        return (await worker.interpret(PANEL, "en")).model

    assert [asyncio.run(ask()), asyncio.run(ask())] == ["first", "first"]
    champion[0] = "second"
    assert asyncio.run(ask()) == "second"
    assert loads == ["first", "second"]
    worker.stop()


def test_a_champion_that_cannot_be_loaded_leaves_the_old_one_in_service(monkeypatch, capfd):
    monkeypatch.setattr(module, "CHECK_SECONDS", 0.0)
    champion = ["good"]
    tried: list[str] = []

    def load(name: str) -> Slow:
        tried.append(name)
        if name == "bad":
            raise OSError("SECRET path")
        return Slow(name)

    worker = Worker(load, lambda: champion[0], timeout_seconds=5)

    async def ask() -> str:
        return (await worker.interpret(PANEL, "en")).model

    assert asyncio.run(ask()) == "good"
    champion[0] = "bad"
    assert [asyncio.run(ask()) for _ in range(3)] == ["good"] * 3
    assert tried == ["good", "bad"]  # not tried again at every report
    assert worker.problem == "the model cannot be loaded (OSError)."
    log = capfd.readouterr().err
    assert "OSError" in log
    assert "SECRET" not in log
    worker.stop()


def test_a_model_that_cannot_interpret_is_not_put_in_service(monkeypatch):
    monkeypatch.setattr(module, "CHECK_SECONDS", 0.0)
    champion = ["good"]

    class Broken(Slow):
        def interpret(self, panel: Panel, **_: object) -> Any:
            raise RuntimeError("no weights")

    worker = Worker(
        lambda name: Slow(name) if name == "good" else Broken(name),
        lambda: champion[0],
        timeout_seconds=5,
    )
    assert asyncio.run(worker.interpret(PANEL, "en")).model == "good"
    champion[0] = "bad"
    assert asyncio.run(worker.interpret(PANEL, "en")).model == "good"
    assert worker.problem == "the model cannot be loaded (RuntimeError)."
    worker.stop()


def test_without_a_model_it_is_said_why():
    def load(name: str) -> Slow:
        raise MissingError("Run `hemoscribe models pull x`.")

    worker = Worker(load, lambda: "x", timeout_seconds=5)
    with pytest.raises(MissingError, match="models pull x"):
        asyncio.run(worker.interpret(PANEL, "en"))
    assert worker.model is None
    worker.stop()


async def wait_loaded(worker: Worker) -> None:
    for _ in range(500):
        if worker.ready:
            return
        await asyncio.sleep(0.01)
