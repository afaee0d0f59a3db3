"""The files of a bulk export that stand beside one of them, looked through once for a reading.

Files are known by their names (``Patient.ndjson``, ``2.DiagnosticReport.ndjson.gz``). Of
Observations only the panels are looked at, so a file without any costs little more than a reading.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from hemoscribe.sources.batches import Notices
from hemoscribe.sources.exports import Export, exports
from hemoscribe.sources.fhir.bulk import Bulk
from hemoscribe.sources.fhir.documents import (
    MAX_RESOURCE_BYTES,
    NotJson,
    is_ndjson,
    parse_json,
)
from hemoscribe.sources.lines import blocks
from hemoscribe.sources.mapping import Mapping

# Specimens first: what a report holds depends on whether its specimens are blood.
_KINDS = ("Specimen", "Patient", "DiagnosticReport", "Observation")
_MEMBERS = b'"hasMember"'
_MARKS = (_MEMBERS, *(f'"{kind}"'.encode() for kind in _KINDS[:-1]))
_RESOURCE = re.compile(rb'"resourceType"\s*:\s*"(?:Specimen|Patient|DiagnosticReport)"')


@dataclass
class _Folder:
    bulk: Bulk
    looked_at: set[str] = field(default_factory=set)  # names of files


def bulk_of(export: Export, mapping: Mapping, notices: Notices) -> Bulk:
    """What the files of an NDJSON file's folder say, found once for all files of a reading.

    Raises:
        SourceError: more results of withdrawn reports than can be held.
    """
    if not is_ndjson(export):
        return Bulk()
    paths = tuple(sorted(_beside(export)))
    key = (export.path.parent, paths)
    known = notices.beside.get(key)
    if not isinstance(known, _Folder):
        own = {code.casefold(): meant for code, meant in mapping.specimens.items()}
        known = _Folder(Bulk(own))
        notices.beside[key] = known
        notices.at_end += [known.bulk.left, lambda: known.bulk.say(notices)]
        files = [file for file in exports(paths) if is_ndjson(file)] if paths else []
        for file in sorted(files, key=_rank):
            _look_at(file, known)
    if export.name not in known.looked_at and not _is_beside(export):
        _look_at(export, known)
    return known.bulk


def _rank(file: Export) -> int:
    ranks = (at for at, kind in enumerate(_KINDS) if f'"{kind}"'.encode() in file.sample[:4096])
    return next(ranks, len(_KINDS))


def _is_beside(export: Export) -> bool:
    return any(kind in export.path.name for kind in _KINDS)


def _beside(export: Export) -> set[Path]:
    """The files of its folder named after what they hold; its own, or its archive, if it may."""
    folder = export.path.parent
    beside = folder.iterdir() if folder.is_dir() else ()
    found = {path for path in beside if any(kind in path.name for kind in _KINDS)}
    in_archive = not export.name.endswith(export.path.name)
    if _may_hold(export) or in_archive:
        found.add(export.path)
    return {path for path in found if path.is_file() and path.stat().st_size}


def _may_hold(file: Export) -> bool:
    return any(mark in file.sample for mark in _MARKS[1:])


def _look_at(file: Export, folder: _Folder) -> None:
    folder.looked_at.add(file.name)
    for block in blocks(file, quoted=False, record_bytes=MAX_RESOURCE_BYTES):
        if not any(mark in block.data for mark in _MARKS):
            continue
        for line in block.data.split(b"\n"):
            if _MEMBERS in line or _RESOURCE.search(line) is not None:
                try:
                    folder.bulk.note(file.name, parse_json(line))
                except NotJson:
                    continue  # named when the file is read
