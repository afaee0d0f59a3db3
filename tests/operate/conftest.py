"""A small curated cohort, made once by the product's own commands."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from hemoscribe.curate import curate
from hemoscribe.settings import HOME_VARIABLE, CurateSettings
from hemoscribe.simulation import simulate
from hemoscribe.sources import read_folder

REPORTS = 400


@dataclass(frozen=True)
class Cohort:
    """Exports, the curated folder made of them, and the state folder with its pseudonym key."""

    exports: Path
    curated: Path
    home: Path


@pytest.fixture(scope="session")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    root = tmp_path_factory.mktemp("cohort")
    before = os.environ.get(HOME_VARIABLE)
    os.environ[HOME_VARIABLE] = str(root / "home")
    try:
        simulate(root / "exports", reports=REPORTS, seed=5)
        read_folder([root / "exports"], root / "read")
        curate(root / "read", root / "curated", CurateSettings())
    finally:
        if before is None:
            del os.environ[HOME_VARIABLE]
        else:
            os.environ[HOME_VARIABLE] = before
    return Cohort(root / "exports", root / "curated", root / "home")


@pytest.fixture
def cohort(_made: Cohort, state_home: Path) -> Cohort:
    """The cohort, with its pseudonym key in this test's own state folder."""
    shutil.copytree(_made.home, state_home, dirs_exist_ok=True)
    return _made
