"""Killed at any moment, or with no room left: a rerun gives the same bytes."""

import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hemoscribe.curate import curate
from hemoscribe.errors import InputError, StageError
from hemoscribe.files import sha256
from hemoscribe.settings import CurateSettings
from hemoscribe.simulation import simulate
from hemoscribe.sources import read_folder
from hemoscribe.stages import read_manifest, verify

FEW = CurateSettings(few_reports_error=1)
SCRIPT = """
import sys
from pathlib import Path
from hemoscribe.curate import curate
from hemoscribe.settings import CurateSettings
from hemoscribe.sources import read_folder
stage, source, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
print("go", flush=True)
if stage == "read":
    read_folder(source, out)
else:
    curate(source, out, CurateSettings(few_reports_error=1))
"""


@pytest.fixture(scope="module")
def undisturbed_stages(tmp_path_factory):
    """Two exports, and what each stage gives when nothing disturbs it."""
    folder = tmp_path_factory.mktemp("stages")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("HEMOSCRIBE_HOME", str(folder / "home"))
        for name, seed in (("old", 1), ("new", 2)):
            simulate(folder / f"exports-{name}", reports=150, seed=seed)
            read_folder(folder / f"exports-{name}", folder / f"read-{name}")
            curate(folder / f"read-{name}", folder / f"curate-{name}", FEW)
    return folder


@pytest.fixture
def stages(undisturbed_stages, state_home, monkeypatch):
    """As ``undisturbed_stages``, with the key that they had and no output of another test."""
    monkeypatch.setenv("HEMOSCRIBE_HOME", str(undisturbed_stages / "home"))
    yield undisturbed_stages
    shutil.rmtree(undisturbed_stages / "out", ignore_errors=True)


NO_ROOM = (
    r"^[^\n]+: cannot be written: a file would be longer than the system allows\. "
    r"Nothing there was changed; make room, and run it again\.$"
)


def run(stage: str, source: Path, out: Path) -> None:
    read_folder(source, out) if stage == "read" else curate(source, out, FEW)


def source_of(stage: str, name: str) -> str:
    return f"exports-{name}" if stage == "read" else f"read-{name}"


def hashes(folder: Path) -> dict[str, str]:
    return {path.name: sha256(path) for path in folder.iterdir()}


def rests(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if re.search(r"\.(partial|old)$", path.name)]


def kill_and_rerun(stages: Path, stage: str, moments: int) -> None:
    """``out`` holds the old output or all of the new after each kill; a rerun completes it."""
    draw = random.Random(stage)
    undisturbed = {name: hashes(stages / f"{stage}-{name}") for name in ("old", "new")}
    source, out = stages / source_of(stage, "new"), stages / "out"
    longest = 0.0
    for moment in range(moments + 1):
        run(stage, stages / source_of(stage, "old"), out)
        process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, stage, str(source), str(out)],
            stdout=subprocess.PIPE,
            env=dict(os.environ),
        )
        assert process.stdout is not None
        process.stdout.readline()
        started = time.perf_counter()
        if moment == 0:  # once undisturbed, to learn how long it takes
            assert process.wait() == 0
            longest = time.perf_counter() - started
        else:
            time.sleep(draw.uniform(0, longest))
            process.kill()
            process.wait()
        process.stdout.close()
        assert hashes(out) in undisturbed.values()
        verify(out, read_manifest(out, stage=stage))
        run(stage, source, out)
        assert hashes(out) == undisturbed["new"]
        assert rests(stages) == []


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_killed_at_a_moment_the_output_is_old_or_new_and_a_rerun_gives_the_same_bytes(stages):
    kill_and_rerun(stages, "curate", moments=1)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
@pytest.mark.parametrize("stage", ["read", "curate"])
def test_killed_at_many_moments(stages, stage):
    kill_and_rerun(stages, stage, moments=25)


@pytest.fixture
def longest_file():
    """``longest_file(bytes)``: from now on no file may grow longer, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda count: resource.setrlimit(resource.RLIMIT_FSIZE, (count, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("stage", ["read", "curate"])
def test_with_no_room_it_says_so_changes_nothing_and_a_rerun_gives_the_same_bytes(
    stages, stage, longest_file
):
    out = stages / "out"
    undisturbed = {name: hashes(stages / f"{stage}-{name}") for name in ("old", "new")}
    biggest = max(path.stat().st_size for path in (stages / f"{stage}-new").iterdir())
    for share in (0.0, 0.3, 0.99):
        run(stage, stages / source_of(stage, "old"), out)
        longest_file(int(biggest * share))
        with pytest.raises(InputError, match=NO_ROOM):
            run(stage, stages / source_of(stage, "new"), out)
        longest_file(resource.RLIM_INFINITY)
        assert hashes(out) == undisturbed["old"]
        assert rests(stages) == []
        run(stage, stages / source_of(stage, "new"), out)
        assert hashes(out) == undisturbed["new"]


def test_a_file_cut_short_after_it_was_written_is_never_taken_for_complete(stages, tmp_path):
    shutil.copytree(stages / "read-new", tmp_path / "read")
    results = tmp_path / "read" / "results.parquet"
    results.write_bytes(results.read_bytes()[:-1000])
    with pytest.raises(StageError, match="missing, or changed since its manifest was written"):
        curate(tmp_path / "read", stages / "out", FEW)
    assert not (stages / "out").exists()
