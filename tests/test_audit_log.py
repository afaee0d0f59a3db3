"""The audit log: every line sealed by the one before it, and what verify says of each break."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hemoscribe import audit_log


def log(home: Path) -> Path:
    return home / audit_log.AUDIT_FILE


def write(count: int) -> None:
    for number in range(count):
        audit_log.append("ada", "interpretation", id=f"{number}")


def test_an_empty_log_is_whole():
    assert audit_log.verify() == {"lines": 0, "whole": True, "broken_at": None, "why": None}


def test_lines_are_numbered_and_chained(state_home: Path):
    write(3)
    lines = [json.loads(line) for line in log(state_home).read_text().splitlines()]
    assert [line["line"] for line in lines] == [1, 2, 3]
    assert lines[0]["previous"] == audit_log.FIRST
    assert audit_log.verify()["whole"]
    assert audit_log.verify()["lines"] == 3


def test_the_log_is_for_its_owner_alone(state_home: Path):
    write(1)
    assert log(state_home).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("changed", [1, 2, 3, 4])
def test_a_changed_line_breaks_the_log_there(state_home: Path, changed: int):
    write(4)
    lines = log(state_home).read_text().splitlines(keepends=True)
    lines[changed - 1] = lines[changed - 1].replace("ada", "eve")
    log(state_home).write_text("".join(lines))
    found = audit_log.verify()
    assert not found["whole"]
    # A line shows no change of its own; the next line, or the head, does.
    assert found["broken_at"] in (changed, changed + 1)


@pytest.mark.parametrize("removed", [0, 1, 2, 3])
def test_a_removed_line_breaks_the_log(state_home: Path, removed: int):
    write(4)
    lines = log(state_home).read_text().splitlines(keepends=True)
    del lines[removed]
    log(state_home).write_text("".join(lines))
    found = audit_log.verify()
    assert not found["whole"]
    assert found["broken_at"] == removed + 1


def test_a_log_cut_short_breaks_at_the_cut(state_home: Path):
    write(5)
    lines = log(state_home).read_text().splitlines(keepends=True)
    log(state_home).write_text("".join(lines[:2]))
    assert audit_log.verify()["broken_at"] == 3


def test_a_log_that_is_gone_is_not_whole(state_home: Path):
    write(2)
    log(state_home).unlink()
    assert audit_log.verify()["broken_at"] == 1
    audit_log.append("ada", "login")
    assert not audit_log.verify()["whole"]


def test_a_line_of_brackets_breaks_the_log_there(state_home: Path):
    write(1)
    with log(state_home).open("a") as file:
        file.write("[" * 100_000 + "\n")
    found = audit_log.verify()
    assert (found["whole"], found["broken_at"], found["why"]) == (False, 2, "it is not JSON")


def test_a_spoilt_head_is_no_proof(state_home: Path):
    write(2)
    (state_home / audit_log.HEAD_FILE).write_text("nonsense")
    assert not audit_log.verify()["whole"]


def test_a_crash_between_a_line_and_its_head_is_no_break(state_home: Path):
    write(2)
    head = (state_home / audit_log.HEAD_FILE).read_bytes()
    write(1)
    (state_home / audit_log.HEAD_FILE).write_bytes(head)
    assert audit_log.verify()["whole"]
    write(1)
    assert audit_log.verify() == {"lines": 4, "whole": True, "broken_at": None, "why": None}


def test_a_line_that_a_crash_left_unfinished_is_dropped(state_home: Path):
    write(2)
    with log(state_home).open("ab") as file:
        file.write(b'{"line": 3, "at"')
    assert not audit_log.verify()["whole"]
    write(1)
    assert audit_log.verify() == {"lines": 3, "whole": True, "broken_at": None, "why": None}


def test_a_full_disk_leaves_no_half_line(state_home: Path, monkeypatch: pytest.MonkeyPatch):
    write(1)
    before = log(state_home).read_bytes()
    true_write = os.write

    def short(descriptor: int, data: bytes) -> int:
        return true_write(descriptor, data[:10])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", short)
        with pytest.raises(audit_log.InputError, match="the disk is full"):
            audit_log.append("ada", "review")
    assert log(state_home).read_bytes() == before
    assert audit_log.verify()["whole"]


def test_many_writers_take_turns():
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: audit_log.append("ada", "review", id=number), range(40)))
    assert audit_log.verify() == {"lines": 40, "whole": True, "broken_at": None, "why": None}
