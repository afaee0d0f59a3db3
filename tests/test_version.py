"""One version: the package's, its metadata's and the command's, told of in the changelog."""

import re
import tomllib
from pathlib import Path

import pytest

from hemoscribe import __version__
from hemoscribe.cli.main import main

ROOT = Path(__file__).resolve().parents[1]


def test_the_version_has_its_heading_in_the_changelog_first_and_with_its_day() -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert re.fullmatch(rf"{re.escape(__version__)} \(\d{{4}}-\d\d-\d\d\)", headings[0])


def test_the_package_and_its_metadata_have_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == __version__


def test_the_command_tells_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as done:
        main(["--version"])
    assert done.value.code == 0
    assert capsys.readouterr().out == f"hemoscribe {__version__}\n"
