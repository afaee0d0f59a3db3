"""A stage's folder is complete or absent, whatever happens on the way."""

import errno
import json
import os
from pathlib import Path

import pytest

from hemoscribe.assess.cases.loader import read_cases
from hemoscribe.corpus.review_record import read_reviews
from hemoscribe.errors import InputError, SettingsError, SourceError, StageError
from hemoscribe.files import (
    hash_inputs,
    read_bytes,
    read_json,
    require_file,
    write_bytes,
    write_json,
)
from hemoscribe.settings import load_settings
from hemoscribe.stages import (
    MANIFEST,
    read_manifest,
    run_stage,
    stage_folder,
    verify,
)


def write_one(folder: Path) -> dict[str, int]:
    (folder / "rows.txt").write_text("1\n")
    return {"rows": 1}


def run_one(out: Path, work=write_one, **settings: object):
    return run_stage(out, stage="read", inputs={"a": "1"}, settings=settings, work=work)


def test_a_stage_writes_its_manifest_last_and_is_not_run_twice(tmp_path: Path) -> None:
    first, again = run_one(tmp_path / "out"), run_one(tmp_path / "out")
    assert (first.skipped, again.skipped) == (False, True)
    manifest = again.manifest
    assert manifest == first.manifest
    assert manifest.summary == {"rows": 1}
    assert set(manifest.files) == {"rows.txt"}


def test_other_settings_run_the_stage_again(tmp_path: Path) -> None:
    run_one(tmp_path / "out")
    again = run_one(tmp_path / "out", seed=2)
    assert (again.skipped, again.redone) == (False, "setting read.seed changed")


def test_a_file_that_went_missing_runs_the_stage_again(tmp_path: Path) -> None:
    run_one(tmp_path / "out")
    (tmp_path / "out" / "rows.txt").unlink()
    assert run_one(tmp_path / "out").redone == "rows.txt went missing"


def test_a_stage_that_fails_leaves_the_old_output_and_no_rest(tmp_path: Path) -> None:
    run_one(tmp_path / "out")

    def fail(folder: Path) -> dict[str, int]:
        (folder / "rows.txt").write_text("half")
        raise SourceError("a.csv", "it is broken")

    with pytest.raises(SourceError):
        run_one(tmp_path / "out", fail, seed=3)
    assert (tmp_path / "out" / "rows.txt").read_text() == "1\n"
    assert os.listdir(tmp_path) == ["out"]


def test_a_first_run_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail(folder: Path) -> dict[str, int]:
        (folder / "rows.txt").write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_one(tmp_path / "out", fail)
    assert os.listdir(tmp_path) == []


def test_a_folder_of_somebody_elses_files_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="name another folder"):
        run_one(tmp_path / "out")
    assert (tmp_path / "out" / "thesis.txt").read_text() == "mine"


def test_a_stage_without_a_manifest_is_not_complete(tmp_path: Path) -> None:
    with pytest.raises(StageError), stage_folder(tmp_path / "out") as folder:
        (folder / "rows.txt").write_text("1")
    assert not (tmp_path / "out").exists()


def test_a_folder_of_another_stage_is_named(tmp_path: Path) -> None:
    run_one(tmp_path / "out")
    with pytest.raises(StageError, match="output of `read`; the output of `curate`"):
        read_manifest(tmp_path / "out", stage="curate")
    with pytest.raises(StageError, match="no such folder"):
        read_manifest(tmp_path / "none", stage="read")


def test_a_changed_file_is_found_by_its_hash(tmp_path: Path) -> None:
    manifest = run_one(tmp_path / "out").manifest
    verify(tmp_path / "out", manifest)
    (tmp_path / "out" / "rows.txt").write_text("2\n")
    with pytest.raises(StageError, match=r"rows\.txt"):
        verify(tmp_path / "out", manifest)


def test_bad_files_are_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "long").write_bytes(b"x" * 100)
    (tmp_path / "bad.json").write_text('{"a": 1,\n "b": }')
    for path, words in [
        (tmp_path / "none", "there is no such file"),
        (tmp_path / "empty", "it is empty"),
        (tmp_path, "it is a directory"),
    ]:
        with pytest.raises(SourceError, match=words):
            require_file(path)
    with pytest.raises(SourceError, match="at most 10"):
        read_bytes(tmp_path / "long", limit_bytes=10)
    with pytest.raises(SourceError, match=r"bad\.json, line 2: it is not valid JSON"):
        read_json(tmp_path / "bad.json")


@pytest.mark.parametrize("sign", ["[", '{"a":'])
def test_what_is_nested_too_deeply_is_refused_in_one_sentence(tmp_path: Path, sign: str) -> None:
    path = tmp_path / "deep"
    path.write_text(sign * 100_000)
    for read in (read_json, read_reviews, load_settings):
        with pytest.raises((SourceError, SettingsError), match=r"deep.*: its brackets are nested"):
            read(path)
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "deep.yaml").write_text(sign * 3000)
    with pytest.raises(SourceError, match=r"deep\.yaml: its brackets are nested"):
        read_cases(tmp_path / "cases")


def test_writing_is_whole_with_the_asked_permissions(tmp_path: Path) -> None:
    write_bytes(tmp_path / "deep" / "key", b"secret", mode=0o600)
    assert (tmp_path / "deep" / "key").stat().st_mode & 0o777 == 0o600
    write_json(tmp_path / "a.json", {"é": 1})
    assert json.loads((tmp_path / "a.json").read_text()) == {"é": 1}
    with pytest.raises(ValueError, match="nan"):
        write_json(tmp_path / "a.json", {"x": float("nan")})
    assert json.loads((tmp_path / "a.json").read_text()) == {"é": 1}


def test_inputs_of_the_same_name_are_both_kept(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.csv").write_text(folder)
    found = hash_inputs([tmp_path / "a" / "x.csv", tmp_path / "b" / "x.csv"])
    assert set(found) == {"x.csv", "x.csv (2)"}
    assert MANIFEST not in found


def test_what_a_killed_run_left_is_swept_and_what_a_running_one_holds_stays(tmp_path: Path) -> None:
    left = tmp_path / ".out.abc.partial"
    left.mkdir()
    (left / "rows.txt").write_text("half")
    of_another_stage = tmp_path / ".outer.abc.partial"
    of_another_stage.mkdir()
    with stage_folder(tmp_path / "out") as first:
        assert not left.exists()
        run_one(tmp_path / "out")
        assert first.exists()
        write_json(first / MANIFEST, {})
    assert of_another_stage.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == [".outer.abc.partial", "out"]


def test_killed_between_two_renames_the_old_output_comes_back(tmp_path: Path) -> None:
    run_one(tmp_path / "out")
    manifest = (tmp_path / "out" / MANIFEST).read_bytes()
    (tmp_path / ".out.abc.old").mkdir()
    os.rename(tmp_path / "out", tmp_path / ".out.abc.old" / "out")

    def fail(folder: Path) -> dict[str, int]:
        raise InputError("no")

    with pytest.raises(InputError, match="no"):
        run_one(tmp_path / "out", fail)
    assert (tmp_path / "out" / MANIFEST).read_bytes() == manifest


@pytest.mark.parametrize(
    "error",
    [OSError(errno.ENOSPC, "No space left on device"), OSError("No space left (os error 28)")],
)
def test_a_full_disk_is_said_in_one_sentence(tmp_path: Path, error: OSError) -> None:
    def fail(folder: Path) -> dict[str, int]:
        raise error

    with pytest.raises(InputError, match=r"the disk is full.*Nothing there was changed"):
        run_one(tmp_path / "out", fail)
    assert list(tmp_path.iterdir()) == [tmp_path / "home"] or not list(tmp_path.iterdir())
