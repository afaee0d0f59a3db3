"""The pages for newcomers are followed to the letter, on a copy of the project."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("add-an-analyte.md", "add-a-finding.md", "add-a-format.md")
COPIED = ("src", "tests/knowledge", "tests/prose", "tests/sources/conftest.py")
BESIDE = ("pyproject.toml", "docs/knowledge.md", "tests/conftest.py")
_STEP = re.compile(
    r"^(?P<what>Append to `[^`]+`|Create `[^`]+`|Run"
    r"|In `[^`]+`, above the line that begins with `[^`]+`):\n\n```\w+\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Step:
    """What a page asks for: text for a file, or commands."""

    what: str
    names: tuple[str, ...]
    text: str


def steps(page: str) -> Iterator[Step]:
    for found in _STEP.finditer(page):
        names = tuple(re.findall(r"`([^`]+)`", found["what"]))
        yield Step(found["what"].split()[0], names, found["text"])


def follow(step: Step, project: Path) -> None:
    if step.what == "Run":
        run(step.text, project)
        return
    path = project / step.names[0]
    if step.what == "Append":
        path.write_text(path.read_text("utf-8") + step.text, "utf-8")
    elif step.what == "Create":
        assert not path.exists(), path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(step.text, "utf-8")
    else:
        lines = path.read_text("utf-8").splitlines(keepends=True)
        at = next(at for at, line in enumerate(lines) if line.startswith(step.names[1]))
        path.write_text("".join([*lines[:at], step.text, *lines[at:]]), "utf-8")


def run(commands: str, project: Path) -> None:
    folder = Path(sys.executable).parent
    environment = {
        **os.environ,
        "PYTHONPATH": str(project / "src"),
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
    }
    done = subprocess.run(
        ["bash", "-e", "-c", commands],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, f"{commands}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy that holds what the pages touch."""
    for name in COPIED:
        source, target = ROOT / name, tmp_path / name
        if source.is_dir():
            left_out = shutil.ignore_patterns("*.safetensors")  # compiled files spare a second
            shutil.copytree(source, target, ignore=left_out)
    for name in (*BESIDE, *(name for name in COPIED if name.endswith(".py"))):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.mark.timeout(1200)  # the tests that hold every finding take minutes
@pytest.mark.parametrize("page", PAGES)
def test_a_page_followed_to_the_letter_does_what_it_says(page: str, project: Path) -> None:
    asked = list(steps((ROOT / "docs" / page).read_text("utf-8")))
    assert len(asked) >= 5
    for step in asked:
        follow(step, project)


@pytest.mark.parametrize("page", PAGES)
def test_no_block_of_a_page_is_left_out(page: str) -> None:
    text = (ROOT / "docs" / page).read_text("utf-8")
    assert len(list(steps(text))) == len(re.findall(r"^```\w+$", text, re.MULTILINE))


@pytest.mark.parametrize("page", PAGES)
def test_contributing_leads_to_the_page(page: str) -> None:
    assert f"docs/{page}" in (ROOT / "CONTRIBUTING.md").read_text("utf-8")
