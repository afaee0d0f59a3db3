"""The audit log: who did what and when, each line sealed by the SHA-256 of the line before it.

``home()/audit.jsonl`` only grows. A line changed, removed or inserted breaks the chain at that
line; ``audit.head`` beside it remembers the newest line, so that lines cut off the end are missed
too. No patient data is written: a report is named by its random id.

A person who can write the file can rewrite it whole: to prove more, copy ``audit.head`` elsewhere.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock

from hemoscribe.errors import InputError
from hemoscribe.files import read_json, write_json
from hemoscribe.settings import home

AUDIT_FILE = "audit.jsonl"
HEAD_FILE = "audit.head"
FIRST = "0" * 64
LOCK_SECONDS = 30.0
_TAIL_BYTES = 64 * 1024


def append(who: str, what: str, **details: str | int | float | bool | None) -> dict[str, Any]:
    """Add one line, whole or not at all, in turn with every other process.

    Args:
        who: the name of the key, or ``command line``.
        what: login, interpretation, review, promote, rollback, retrain...
        details: ids and names; never a result, a text or a patient.

    Returns:
        The line, with its ``line`` number and the ``previous`` line's SHA-256.
    """
    folder = home()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / AUDIT_FILE
    with FileLock(folder / f"{AUDIT_FILE}.lock", timeout=LOCK_SECONDS):
        _drop_unfinished_line(path)
        last = _last_line(path)
        entry = {
            "line": _last_number(last, folder) + 1,
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "who": who,
            "what": what,
            "details": details,
            "previous": FIRST if last is None else _digest(last),
        }
        line = json.dumps(entry, ensure_ascii=False, allow_nan=False).encode("utf-8")
        _write(path, line)
        write_json(folder / HEAD_FILE, {"lines": entry["line"], "sha256": _digest(line)})
    return entry


def verify() -> dict[str, Any]:
    """Whether every line is there, in order and unchanged.

    Returns:
        ``{lines, whole, broken_at, why}``: ``broken_at`` is the first line (from 1) that does not
        follow from the one before it, or None.
    """
    folder = home()
    path = folder / AUDIT_FILE
    if not path.exists():
        missing = (folder / HEAD_FILE).exists()
        why = "the log is gone, and its head is there" if missing else None
        return {"lines": 0, "whole": not missing, "broken_at": 1 if missing else None, "why": why}
    with FileLock(folder / f"{AUDIT_FILE}.lock", timeout=LOCK_SECONDS):
        head = _read_head(folder)
        count, broken_at, why = 0, None, None
        before = last = FIRST
        with path.open("rb") as file:
            for count, raw in enumerate(file, start=1):
                line = raw.rstrip(b"\n")
                wrong = _wrong(line, count, last)
                if wrong and broken_at is None:
                    broken_at, why = count, wrong
                before, last = last, _digest(line)
    # A crash between a line and its head leaves the head one line behind, which is no break.
    if broken_at is None and head not in ((count, last), (count - 1, before)):
        there = "none" if head is None else f"{head[0]}"
        broken_at = count + 1 if head is None else min(count, head[0]) + 1
        why = f"the head names {there} lines, and {count} are there"
    return {"lines": count, "whole": broken_at is None, "broken_at": broken_at, "why": why}


def _wrong(line: bytes, number: int, previous: str) -> str | None:
    """Why a line does not follow from the one before it, or None."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return "it is not JSON"
    if not isinstance(entry, dict) or entry.get("line") != number:
        return "its number does not follow"
    if entry.get("previous") != previous:
        return "the line before it was changed, removed or inserted"
    return None


def _digest(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()


def _drop_unfinished_line(path: Path) -> None:
    """Cut off what a crash or a full disk left of a line that was never acknowledged."""
    if not path.exists():
        return
    with path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        start = max(0, size - _TAIL_BYTES)
        file.seek(start)
        tail = file.read()
        if tail and not tail.endswith(b"\n"):
            file.truncate(start + tail.rfind(b"\n") + 1)


def _last_line(path: Path) -> bytes | None:
    """The last line, without its end; None when the log is new."""
    if not path.exists():
        return None
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _TAIL_BYTES))
        lines = file.read().splitlines()
    return lines[-1] if lines else None


def _last_number(last: bytes | None, folder: Path) -> int:
    """The last line's number; the head's where the line is gone or cannot be read."""
    with contextlib.suppress(ValueError, TypeError, KeyError, RecursionError):
        if last is not None:
            return int(json.loads(last)["line"])
    head = _read_head(folder)
    return 0 if head is None else head[0]


def _read_head(folder: Path) -> tuple[int, str] | None:
    """(lines, SHA-256 of the newest) of the head; None when it is missing or spoilt."""
    with contextlib.suppress(InputError, ValueError, TypeError, KeyError):
        head = read_json(folder / HEAD_FILE)
        return int(head["lines"]), str(head["sha256"])
    return None


def _write(path: Path, line: bytes) -> None:
    """Append one line and see it on the disk; what a full disk took of it is cut off again."""
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        data = line + b"\n"
        try:
            if os.write(descriptor, data) != len(data):
                raise OSError("the disk is full")
            os.fsync(descriptor)
        except OSError as error:
            os.ftruncate(descriptor, size)
            raise InputError(f"{path}: the audit log cannot be written ({error}).") from error
    finally:
        os.close(descriptor)
