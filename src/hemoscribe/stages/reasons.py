"""Why a stage's output is not what the same command would write now, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hemoscribe.stages.manifest import MANIFEST_FORMAT, Manifest, Origin

_SHOWN = 3
AREAS = {
    "simulation": "simulation",
    "sources": "reading",
    "knowledge": "knowledge",
    "curate/scrub": "scrubbing",
    "curate/cleaning": "cleaning",
    "curate/split": "splitting",
    "curate/privacy": "privacy",
    "curate/pseudonyms": "pseudonyms",
    "curate": "curation",
    "corpus": "the corpus",
    "prose": "wording",
    "models": "models",
    "tune": "tuning",
    "engines": "inference",
    "assess": "assessment",
}
"""Folder of the package -> what its rules are about; the first that holds a file names it."""


def changes(folder: Path, manifest: Manifest, origin: Origin) -> list[str]:
    """What differs between a manifest and what would be made now; none: it is up to date."""
    if manifest.stage != origin.stage:
        return [f"it was the output of `{manifest.stage}`"]
    if manifest.format < MANIFEST_FORMAT:
        return ["it was made by an earlier version"]
    data = _data_changes(folder, manifest, origin)
    return [*data, *_code_changes(manifest.code, origin.code)]


def told(summary: Mapping[str, Any], redo: str = "") -> str:
    """How a stage ended, in words: from its summary.

    Args:
        redo: the option that makes what is stale again.
    """
    if "stale" in summary:
        return f"already complete, but stale until `{redo}`: {summary['stale']}"
    if "judged" in summary:
        return f"judged anew, not measured: {summary['judged']}"
    if "redone" in summary:
        return f"redone: {summary['redone']}"
    return "already complete" if summary.get("skipped") else "done"


def said(summary: Mapping[str, Any], redo: str = "") -> str | None:
    """As ``told``, only where there is more to say than that it is done."""
    worth = summary.keys() & {"redone", "stale", "judged"}
    return told(summary, redo) if worth else None


def same_data(folder: Path, manifest: Manifest, origin: Origin) -> bool:
    """Whether inputs and settings are those of now and every file is there, whatever the rules."""
    known = manifest.stage == origin.stage
    return known and not any(_data_changes(folder, manifest, origin))


def _code_changes(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    by_area: dict[str, list[str]] = {}
    for name in _differing(old, new):
        by_area.setdefault(_area_of(name), []).append(name)
    for area, names in by_area.items():
        yield f"the rules of {area} changed ({_some(names)})"


def _data_changes(folder: Path, manifest: Manifest, origin: Origin) -> Iterator[str]:
    missing = [name for name in manifest.files if not (folder / name).exists()]
    if missing:
        yield f"{_some(missing)} went missing"
    inputs = _differing(manifest.inputs, origin.inputs)
    if inputs:
        yield f"its input changed ({_some(inputs)})"
    settings = changed_settings(manifest.settings, origin.settings, of=origin.stage)
    if settings is not None:
        yield settings


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    return sorted(name for name in {*old, *new} if old.get(name) != new.get(name))


def _flat(values: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Nested settings by dotted names."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping) and value:
            found |= _flat(value, f"{before}{name}.")
        else:
            found[f"{before}{name}"] = value
    return found


def changed_settings(
    old: Mapping[str, Any], new: Mapping[str, Any], *, of: str | None = None
) -> str | None:
    """Which settings differ, in words, those of a section by its name; None: none does."""
    names = _differing(_flat(old), _flat(new))
    if not names:
        return None
    told = [name if of is None or name.startswith(f"{of}.") else f"{of}.{name}" for name in names]
    return f"{'setting' if len(told) == 1 else 'settings'} {_some(told)} changed"


def _area_of(name: str) -> str:
    held = (words for folder, words in AREAS.items() if name.startswith(f"{folder}/"))
    return next(held, "the program")


def _some(names: list[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
