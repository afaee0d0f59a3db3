"""The command that an assessment was made by, told from its manifest: what the page prints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hemoscribe.settings import AssessSettings
from hemoscribe.stages import Manifest

_AGAINST = "against "
_NAMES = {"base model, zero-shot": "base", "base model, few-shot": "few-shot"}
_OPTIONS = frozenset({"reports", "tracks", "against"})  # told as options of the command


def as_it_ran(command: str, manifest: Manifest) -> str:
    """A listed ``hemoscribe assess MODEL DIR ... --out OUT`` with the settings it really had.

    What stands between DIR and ``--out`` is put anew from the manifest, and settings that are not
    the default stand before as the environment.
    """
    words = command.split()
    start = words.index("hemoscribe")
    before = [*_environment(manifest.settings["assess"]), *words[start : start + 4]]
    return " ".join([*before, *_options(manifest), *words[words.index("--out") :]])


def _environment(settings: Mapping[str, Any]) -> Iterator[str]:
    default = AssessSettings().model_dump(mode="json")
    for name, value in settings.items():
        if name not in _OPTIONS and name in default and value != default[name]:
            yield f"HEMOSCRIBE_ASSESS__{name.upper()}={value}"


def _options(manifest: Manifest) -> Iterator[str]:
    settings = manifest.settings
    if settings["split"] != "test":
        yield f"--split {settings['split']}"
    if settings["truth"] != "rules":
        yield f"--truth {settings['truth']}"
    if settings["tracks"] != list(AssessSettings().tracks):
        yield from (f"--track {track}" for track in settings["tracks"])
    if settings["limit"] is not None:
        yield f"--limit {settings['limit']}"
    for name in manifest.inputs:
        if name.startswith(_AGAINST):
            other = name.removeprefix(_AGAINST)
            yield f"--against {_NAMES.get(other, other.split()[0])}"
