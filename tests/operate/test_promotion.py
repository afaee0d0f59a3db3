"""The champion changes hands in one place: by hand, or by a challenger that is no worse."""

import ast
import itertools
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hemoscribe import audit_log
from hemoscribe.cli import app
from hemoscribe.errors import MissingError
from hemoscribe.files import read_json, write_json
from hemoscribe.models import registry
from hemoscribe.models.assessment_record import Judgement, judgement_of
from hemoscribe.operate import run
from hemoscribe.operate.promotion import challenge, promote, rollback
from hemoscribe.operate.run import Folders, put_forward
from hemoscribe.settings import SHIPPED, Settings
from hemoscribe.stages import write_manifest

SOURCE = Path(run.__file__).parents[1]


def assessed(accuracy: float, *, met: bool = True) -> dict[str, Any]:
    raw = {"accuracy": {"value": accuracy}, "abnormal_recall": {"value": accuracy}}
    gate = {
        "name": "accuracy",
        "label": "accuracy",
        "comparison": ">",
        "target": 0.9,
        "value": accuracy,
        "met": met,
        "sentence": "Accuracy: NOT met.",
    }
    return {"tracks": {"raw": raw}, "gates": [gate]}


def tuned(folder: Path) -> Path:
    folder.mkdir(parents=True)
    write_json(folder / "tune.json", {"base": "tiny", "made_in": str(folder)})
    write_manifest(folder, stage="tune", inputs={}, settings={}, summary={"base": "tiny"})
    return folder


@pytest.fixture
def registered(tmp_path: Path) -> Callable[[str], str]:
    return lambda name: registry.register(tuned(tmp_path / "models" / name), name=name)


@pytest.fixture
def log(state_home: Path) -> Callable[[], list[tuple[str, str, str | None, str | None]]]:
    """What the audit log tells of champions: who, what, which model, which one before."""

    def read() -> list[tuple[str, str, str | None, str | None]]:
        assert audit_log.verify()["whole"]
        lines = (state_home / audit_log.AUDIT_FILE).read_text(encoding="utf-8").splitlines()
        entries = [json.loads(line) for line in lines]
        assert all(entry["details"]["why"] for entry in entries)
        return [
            (entry["who"], entry["what"], entry["details"]["model"], entry["details"].get("before"))
            for entry in entries
        ]

    return read


class Run:
    """A run whose model is tuned and assessed, and what ``assess`` would find of each model."""

    def __init__(self, root: Path) -> None:
        self.folders = Folders(root)
        tuned(self.folders["tune"])
        self.accuracy = {SHIPPED: 0.90}
        self.asked: list[tuple[str, Path]] = []

    def assess(self, model: str, folder: Path, **_: Any) -> dict[str, Any]:
        self.asked.append((model, folder))
        return assessed(self.accuracy[model])

    def put_forward(self, accuracy: float, settings: Settings | None = None) -> dict[str, Any]:
        summary = assessed(accuracy)
        write_json(self.folders["assess"] / "assessment.json", summary)
        return put_forward(settings or Settings(), self.folders, summary)


@pytest.fixture
def a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    made = Run(tmp_path / "runs" / "laptop")
    made.folders["assess"].mkdir()
    monkeypatch.setattr(run, "assess", made.assess)
    return made


def test_the_first_model_of_a_run_is_compared_with_the_shipped_one(a_run: Run, log):
    found = a_run.put_forward(0.95)
    assert found["promoted"]
    assert "0.9500 against 0.9000" in found["why"]
    assert a_run.asked == [(SHIPPED, a_run.folders["curate"])]  # the reports that judged the other
    assert registry.champion() == found["name"]
    assert log() == [("run", "promote", found["name"], None)]


def test_run_does_not_promote_a_worse_model(a_run: Run, registered, log):
    promote(registered("ours"), "the first")
    a_run.accuracy["ours"] = 0.97
    found = a_run.put_forward(0.95)
    assert not found["promoted"]
    assert "0.0200 under the champion's 0.9700" in found["why"]
    assert registry.champion() == "ours"
    assert log()[-1][:3] == ("run", "refuse", found["name"])


def test_a_model_worse_than_the_shipped_one_is_not_promoted(a_run: Run):
    assert not a_run.put_forward(0.85)["promoted"]
    assert registry.champion() is None


def test_run_does_not_put_back_what_was_rolled_back(a_run: Run, registered, log):
    promote(registered("ours"), "the first")
    a_run.accuracy["ours"] = 0.90
    name = a_run.put_forward(0.95)["name"]
    assert registry.champion() == name
    rollback("it frightened a patient")
    again = a_run.put_forward(0.95)
    assert (again["name"], again["promoted"]) == (name, False)
    assert "was rolled back on" in again["why"]
    assert "it frightened a patient" in again["why"]
    assert f"hemoscribe registry promote {name}" in again["why"]
    assert registry.champion() == "ours"
    assert log() == [
        ("command line", "promote", "ours", None),
        ("run", "promote", name, "ours"),
        ("command line", "rollback", "ours", name),
        ("run", "refuse", name, None),
    ]


def test_by_hand_a_rolled_back_model_is_promoted_and_audited(a_run: Run, log):
    name = a_run.put_forward(0.95)["name"]
    rollback("in haste")
    ran = CliRunner().invoke(app, ["registry", "promote", name, "--why", "looked at", "--json"])
    assert ran.exit_code == 0, ran.output
    assert json.loads(ran.stdout) == {"champion": name, "before": None, "why": "looked at"}
    assert registry.champion() == name
    assert log()[-1] == ("command line", "promote", name, None)
    event = registry.history()[-1]
    assert (event["who"], event["before"], event["why"]) == ("command line", None, "looked at")


def test_by_hand_the_champion_is_said_to_be_it_already_and_nothing_is_logged(a_run: Run, log):
    name = a_run.put_forward(0.95)["name"]
    before = log()
    ran = CliRunner().invoke(app, ["registry", "promote", name, "--why", "again", "--json"])
    assert ran.exit_code == 0, ran.output
    said = {"champion": name, "before": name, "why": "It is the champion already."}
    assert json.loads(ran.stdout) == said
    assert log() == before
    assert len(registry.history()) == 1


def test_the_same_run_again_says_that_its_model_is_the_champion_already(a_run: Run, log):
    a_run.put_forward(0.95)
    again = a_run.put_forward(0.95)
    assert (again["promoted"], again["why"]) == (True, "It is the champion already.")
    assert len(log()) == len(registry.history()) == 1


def test_a_model_with_canaries_is_not_put_forward(a_run: Run):
    found = a_run.put_forward(0.99, Settings(corpus={"canaries": 3}))
    assert not found["promoted"]
    assert "canaries" in found["why"]
    assert registry.champion() is None


def test_a_model_in_service_that_is_not_here_is_no_reason_to_lose_the_run(registered):
    def missing(_: str) -> Judgement:
        raise MissingError("the base model is not on this machine.")

    found = challenge(
        registered("new"), judgement_of(assessed(0.99)), missing, settings=Settings(), who="run"
    )
    assert not found["promoted"]
    assert found["why"].endswith("the base model is not on this machine.")


def test_a_run_assesses_the_champion_where_it_assessed_its_model(a_run: Run, monkeypatch):
    asked: dict[str, Any] = {}
    monkeypatch.setattr(run, "assess", lambda *_, **how: asked.update(how) or assessed(0.9))
    settings = Settings(assess={"reports": 40, "range_jitter": 0.1})
    a_run.put_forward(0.95, settings)
    told = asked["settings"].assess
    assert (told.reports, told.range_jitter, told.written) == (40, 0.1, 0)
    assert asked["out"] == a_run.folders["champion"]


def test_of_two_compared_with_one_champion_at_once_one_is_promoted(registered, log):
    both = threading.Barrier(2)

    def assess(model: str) -> Judgement:
        assert model == SHIPPED
        both.wait(20)
        return judgement_of(assessed(0.90))

    def one(name: str) -> dict[str, Any]:
        return challenge(name, judgement_of(assessed(0.95)), assess, settings=Settings(), who="run")

    names = [registered("left"), registered("right")]
    with ThreadPoolExecutor(2) as pool:
        found = dict(zip(names, pool.map(one, names), strict=True))
    (won,) = [name for name in names if found[name]["promoted"]]
    (lost,) = [name for name in names if name != won]
    assert registry.champion() == won
    assert f"The champion changed to {won} while {lost} was compared" in found[lost]["why"]
    assert log() == [("run", "promote", won, None), ("run", "refuse", lost, None)]


def test_a_champion_that_left_and_came_back_meanwhile_is_another_state(registered):
    promote(registered("ours"), "the first")
    name = registered("new")

    def assess(_: str) -> Judgement:
        promote(name, "in haste")
        rollback("regretted")
        return judgement_of(assessed(0.90))

    found = challenge(name, judgement_of(assessed(0.95)), assess, settings=Settings(), who="run")
    assert not found["promoted"]
    assert registry.champion() == "ours"


def test_no_change_of_two_processes_at_once_is_lost(registered, log):
    code = (
        "import sys\nfrom hemoscribe.operate.promotion import promote\n"
        "print('ready', flush=True)\nsys.stdin.readline()\n"
        "for name in sys.argv[1:] * 4:\n    promote(name, 'in turn')\n"
    )
    both = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    running = [
        subprocess.Popen([sys.executable, "-c", code, *map(registered, names)], **both)
        for names in (("one", "two"), ("three", "four"))
    ]
    assert [one.stdout.readline() for one in running] == [b"ready\n"] * 2
    for one in running:
        one.stdin.write(b"go\n")
        one.stdin.close()
    assert [one.wait(60) for one in running] == [0, 0]
    for one in running:
        one.stdout.close()
    record = registry.history()
    assert len(record) == 16
    assert log() == [(one["who"], one["how"], one["name"], one["before"]) for one in record]
    for event, after in itertools.pairwise(record):
        assert after["before"] == event["name"]


def imported(path: Path) -> Iterator[tuple[str, str]]:
    """(module, name) of what a file takes from elsewhere, by import or by attribute."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    modules: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield node.module or "", alias.name
                modules[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield modules.get(node.value.id, node.value.id), node.attr


def users(module: str, names: set[str]) -> set[str]:
    return {
        str(path.relative_to(SOURCE))
        for path in SOURCE.rglob("*.py")
        if any(taken == module and name in names for taken, name in imported(path))
    }


def test_nothing_but_the_one_module_changes_the_champion():
    changing = {"promote", "rollback", "_record", "CHAMPION"}
    assert users("hemoscribe.models.registry", changing) == {"operate/promotion.py"}
    by_hand = {"promote", "rollback"}
    assert users("hemoscribe.operate.promotion", by_hand) == {"cli/loop.py"}
    written = {
        str(path.relative_to(SOURCE))
        for path in SOURCE.rglob("*.py")
        if '"champion.json"' in path.read_text(encoding="utf-8")
    }
    assert written == {"models/registry.py"}


def test_the_registrys_record_and_the_audit_log_tell_the_same(a_run: Run, registered, log):
    promote(registered("ours"), "the first")
    a_run.accuracy["ours"] = 0.90
    a_run.put_forward(0.95)
    rollback("why not")
    rollback("to the shipped one")
    record = read_json(registry.registry_folder() / "champion.json")["history"]
    assert log() == [(one["who"], one["how"], one["name"], one["before"]) for one in record]
