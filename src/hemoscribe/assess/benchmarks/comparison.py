"""Three columns that are never mixed: quoted, published, measured here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files as package_files
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel as _Record
from pydantic import ConfigDict

from hemoscribe.errors import KnowledgeError


class Told(_Record):
    """One model's figures as somebody states them, in per cent by benchmark; errors where given."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str
    accuracy: Mapping[str, float]
    stderr: Mapping[str, float] = {}
    setting: str = ""
    source: str = ""


class Quoted(_Record):
    """The source documents' own table, and what is known of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    note: str
    models: tuple[Told, ...]


class Published(_Record):
    """Figures as they stand where they were measured, each with its source."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    models: tuple[Told, ...]


class Comparison(_Record):
    """What ``comparison.yaml`` holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    quoted: Quoted
    published: Published
    sources: Mapping[str, str]


@cache
def comparison() -> Comparison:
    """The figures of ``comparison.yaml``; KnowledgeError where one has no source."""
    path = Path(str(package_files(__package__))) / "comparison.yaml"
    return parse(yaml.safe_load(path.read_text(encoding="utf-8")))


def parse(values: Any) -> Comparison:
    """As ``comparison``, of the values given."""
    found = Comparison.model_validate(values)
    without = [told.model for told in found.published.models if told.source not in found.sources]
    if without:
        raise KnowledgeError(f"comparison.yaml: {without[0]} names no source that is listed.")
    return found


def rows(
    tasks: Sequence[str], measured: Mapping[str, Mapping[str, Any]], told: Comparison
) -> Iterator[dict[str, Any]]:
    """One row per model and benchmark that somebody gives a figure of.

    Args:
        measured: model -> task -> what ``measures.measure`` gives.

    Yields:
        ``model``, ``setting``, ``task``; ``quoted``, ``published``, ``here``: text, or a dash.
    """
    names = [one.model for one in (*told.quoted.models, *told.published.models)]
    for name in dict.fromkeys([*names, *measured]):
        quoted = {one.model: one for one in told.quoted.models}.get(name)
        published = {one.model: one for one in told.published.models}.get(name)
        for task in tasks:
            columns = {
                "quoted": _told(quoted, task),
                "published": _told(published, task),
                "here": _here(measured.get(name, {}).get(task)),
            }
            if set(columns.values()) != {"-"}:
                setting = published.setting if published else ""
                yield {"model": name, "setting": setting, "task": task, **columns}


def _told(told: Told | None, task: str) -> str:
    if told is None or task not in told.accuracy:
        return "-"
    error = f" ± {told.stderr[task]:.1f}" if task in told.stderr else ""
    return f"{told.accuracy[task]:.1f}{error}"


def _here(found: Mapping[str, Any] | None) -> str:
    return "-" if found is None else percent(found)


def percent(found: Mapping[str, Any]) -> str:
    """``26.4 ± 1.2``: accuracy and its standard error in points."""
    if found["accuracy"] is None:
        return "-"
    error = "" if found["stderr"] is None else f" ± {100 * found['stderr']:.1f}"
    return f"{100 * found['accuracy']:.1f}{error}"
