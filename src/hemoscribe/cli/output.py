"""How every command answers: progress on standard error, one JSON object on standard output."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_SHOWN = 12  # files that are named


def say(text: str) -> None:
    """One line for a person, on standard error."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201


def say_why(summary: Mapping[str, Any]) -> None:
    """Why a stage was redone, or what is stale of it; nothing where there is no more to say."""
    from hemoscribe.stages import said

    why = said(summary, redo="--redo")
    if why is not None:
        say(why)


def say_unread(summary: Mapping[str, Any]) -> None:
    """What of a folder is not read, so that nobody takes the rest for the whole."""
    unread = summary.get("unread") or []
    if unread:
        more = f" and {len(unread) - _SHOWN:,} more" if len(unread) > _SHOWN else ""
        say(
            f"INCOMPLETE: of {summary['files']:,} files, not read or not to the end: "
            f"{', '.join(unread[:_SHOWN])}{more}. The notices say why and what to do."
        )


def answer(summary: Mapping[str, Any], *, as_json: bool) -> None:
    """The command's result: one JSON object, or its lines for a person."""
    if as_json:
        print(json.dumps(summary, ensure_ascii=False, allow_nan=False, default=_plain))  # noqa: T201
        return
    for name, value in summary.items():
        if value not in (None, "", [], {}):
            print(f"{name}: {_short(value)}")  # noqa: T201


def show(text: str) -> None:
    """Text that is itself the answer, on standard output."""
    print(text)  # noqa: T201


def gates_met(gates: list[Mapping[str, Any]]) -> bool:
    """Whether every gate is met; says each one, met or not, in words."""
    for gate in gates:
        say(gate["sentence"])
    return all(gate["met"] for gate in gates)


def _short(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_short(item)}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return "; ".join(_short(item) for item in value)
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)


def _plain(value: object) -> object:
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in a JSON answer")
