"""An overlay file: read, checked entry by entry and one against another, refused with its line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from hemoscribe.errors import InputError, SettingsError, SourceError
from hemoscribe.files import fingerprint, read_bytes
from hemoscribe.knowledge.overlay.built_entries import entry_of
from hemoscribe.knowledge.overlay.conflicting_entries import conflicts
from hemoscribe.knowledge.overlay.entry_errors import EntryError
from hemoscribe.knowledge.overlay.located_yaml import LocatedYaml, MisplacedYaml, locate
from hemoscribe.knowledge.overlay.stated_entries import MODELS
from hemoscribe.overlay_record import KINDS, Entry, Kind, Overlay
from hemoscribe.panel_input import quoted

MAX_OVERLAY_BYTES = 1024 * 1024
_VERSION_CHARACTERS = 64


def load_overlay(path: Path) -> Overlay:
    """The overlay of a file.

    Raises:
        SettingsError: not YAML, an unknown key, analyte or finding, a unit that does not convert, a
            low limit that is not below the high one, entries that contradict each other, a missing
            approver or date, a critical result that would be silenced; says the line.
    """
    try:
        located = locate(read_bytes(path, limit_bytes=MAX_OVERLAY_BYTES))
    except MisplacedYaml as error:
        raise _refused(path, error.line, error.reason) from error
    except SourceError as error:
        raise SettingsError(f"{error}") from error
    version = _version(path, located)
    entries = tuple(_entries(path, located))
    if not entries:
        raise _refused(path, None, f"it has no entry; it takes {', '.join(KINDS)}")
    overlay = Overlay(version, _digest(version, entries), entries)
    for entry, reason in conflicts(overlay):
        raise _refused(path, entry.line, f"{entry.id}: {reason}")
    return overlay


def _refused(path: object, line: int | None, reason: str) -> SettingsError:
    place = "" if line is None else f", line {line}"
    return SettingsError(f"{path}{place}: {reason}.")


def _version(path: Path, located: LocatedYaml) -> str:
    values = located.values
    if not isinstance(values, dict):
        raise _refused(path, None, "an overlay is a mapping of keys, such as `critical:`")
    for key in values:
        if key not in ("version", *KINDS):
            allowed = ", ".join(("version", *KINDS))
            raise _refused(path, located.line((str(key),)), f"`{key}` is none of {allowed}")
    version = str(values.get("version") or "").strip()
    if not version or len(version) > _VERSION_CHARACTERS:
        reason = "`version` is missing: the laboratory's own name for this version of the file"
        raise _refused(path, located.line(("version",)), reason)
    return version


def _entries(path: Path, located: LocatedYaml) -> Iterator[Entry]:
    for kind in KINDS:
        stated = located.values.get(kind)
        if stated is None:
            continue
        if not isinstance(stated, list):
            raise _refused(path, located.line((kind,)), f"`{kind}` is a list of entries")
        for place, one in enumerate(stated):
            where = (kind, place)
            if not isinstance(one, dict):
                reason = f"an entry of `{kind}` is a mapping of keys, such as `id:`"
                raise _refused(path, located.line(where), reason)
            try:
                yield _entry(kind, one, located.line(where))
            except EntryError as error:
                line = located.line((*where, error.key))
                raise _refused(path, line, f"{_called(one, kind)}: {error.reason}") from error


def _called(stated: Mapping[str, Any], kind: Kind) -> str:
    return str(stated.get("id") or f"an entry of `{kind}`")


def _entry(kind: Kind, stated: Mapping[str, Any], line: int) -> Entry:
    try:
        return entry_of(kind, MODELS[kind].model_validate(stated), line)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = str(first["loc"][0]) if first["loc"] else ""
        raise EntryError(key, _sentence(key, first)) from error


def _sentence(key: str, error: Mapping[str, Any]) -> str:
    """What pydantic found, in words for somebody who wrote the file."""
    if error["type"] == "missing":
        needed = {
            "approved_by": "nobody answers for it: `approved_by` is missing",
            "date": "`date` is missing: when it was approved",
        }
        return needed.get(key, f"`{key}` is missing")
    if error["type"] == "extra_forbidden":
        return f"`{key}` is no key of such an entry"
    wanted = _WANTED.get(key, "text of 1 to 400 characters")
    return f"`{key}` is {wanted}, and not {quoted(error['input'])}"


_TEXTS = "a text, or a list of texts"
_WANTED = {
    "id": "a name of 1 to 64 letters, digits, spaces and . : / - _",
    "date": "a day, such as 2026-03-01",
    **dict.fromkeys(("ward", "method", "instrument", "analyte", "grade"), _TEXTS),
    "age": "[from, below] in years, or in days or months such as 28d and 6m; null is no limit",
    **dict.fromkeys(("low", "high"), "a number"),
    "minutes": "a whole number of minutes, at most a week of them",
}
"""What each key may hold; what is not named is a text."""


def _digest(version: str, entries: tuple[Entry, ...]) -> str:
    """Of what the file says, whatever its comments and the order of its lines."""
    stated = sorted((entry.kind, entry.id, fingerprint(dict(entry.stated))) for entry in entries)
    return fingerprint([version, stated])


def overlay_document(overlay: Overlay) -> dict[str, Any]:
    """An overlay as a JSON object: what a store keeps of it."""
    return {
        "version": overlay.version,
        "digest": overlay.digest,
        "entries": [{"kind": one.kind, "line": one.line, **one.stated} for one in overlay.entries],
    }


def overlay_from_document(document: Mapping[str, Any]) -> Overlay:
    """The overlay of a JSON object that ``overlay_document`` made.

    Raises:
        InputError: an entry names what is not known any more.
    """
    entries = []
    for one in document["entries"]:
        stated = {key: value for key, value in one.items() if key not in ("kind", "line")}
        try:
            entries.append(_entry(one["kind"], stated, one["line"]))
        except EntryError as error:
            raise InputError(
                f"The overlay {document['version']}, {one['id']}: {error.reason}."
            ) from error
    return Overlay(document["version"], document["digest"], tuple(entries))
