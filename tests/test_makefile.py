"""``make run`` keeps its state to itself, unless the one who starts it says where."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def home_of(target: str, chosen: str | None, tmp_path: Path) -> str:
    """HEMOSCRIBE_HOME as the recipe of a target sees it."""
    shown = tmp_path / "show.mk"
    shown.write_text(
        f"include {ROOT / 'Makefile'}\n{target}:\n\t@echo $$HEMOSCRIBE_HOME\n", encoding="utf-8"
    )
    ready = tmp_path / "ready"
    ready.touch()
    given = {key: value for key, value in os.environ.items() if not key.startswith("HEMOSCRIBE_")}
    command = ["make", "-C", str(ROOT), "-s", "--no-print-directory", "-f", str(shown)]
    ran = subprocess.run(
        [*command, f"READY={ready}", "-o", str(ready), target],
        env=given if chosen is None else {**given, "HEMOSCRIBE_HOME": chosen},
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.strip()


@pytest.mark.parametrize(
    ("target", "chosen", "home"),
    [
        ("run", None, str(ROOT / "runs" / "home")),
        ("run", "/somewhere", "/somewhere"),
        ("test", None, ""),
    ],
)
def test_run_has_a_home_of_its_own(target: str, chosen: str | None, home: str, tmp_path: Path):
    assert home_of(target, chosen, tmp_path) == home
