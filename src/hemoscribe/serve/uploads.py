"""An export that was sent whole, to the page or to the API: bounded, interpreted, kept once."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from starlette.concurrency import run_in_threadpool

from hemoscribe.errors import InputError
from hemoscribe.records import Language, Panel
from hemoscribe.serve.keys import Identity
from hemoscribe.serve.service import Service
from hemoscribe.settings import home

MAX_REPORTS_PER_FILE = 20
MAX_NAME_CHARACTERS = 100
Words = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Served:
    """The documents of a file's reports that can be read, and of each other one why not."""

    documents: tuple[dict[str, Any], ...]
    unread: tuple[dict[str, str], ...]


async def interpret_export(
    sent: tuple[str, bytes],
    language: Language,
    service: Service,
    identity: Identity,
    source: Literal["api", "page"],
    words: Words,
) -> Served:
    """Every report of a file with the same patient's earlier ones; a file sent twice is kept once.

    Args:
        sent: the file's name and content.
        words: the sentences of refusals (``serve.words``).

    Raises:
        InputError: the file cannot be read, or holds too much.
        Busy: the model has too much to do.
    """
    name, data = safe_name(sent[0]), sent[1]
    panels = await run_in_threadpool(_read_panels, name, data)
    _refuse_too_much(name, panels, service, words)
    return await _serve_all(panels, language, service, identity, source)


async def _serve_all(
    panels: Sequence[Panel],
    language: Language,
    service: Service,
    identity: Identity,
    source: Literal["api", "page"],
) -> Served:
    documents, unread = [], []
    for panel in panels:
        same = await run_in_threadpool(service.same_as, panel, language, panels)
        if same is not None:
            documents.append(same)
            continue
        try:
            found = await service.interpret(panel, language, identity, source, sent=panels)
        except InputError as error:
            unread.append({"report_id": panel.report_id, "why": str(error)})
        else:
            documents.append(found)
    return Served(tuple(documents), tuple(unread))


def _refuse_too_much(name: str, panels: list[Panel], service: Service, words: Words) -> None:
    if not panels:
        raise InputError(words["no_report"].format(name=name))
    if len(panels) > MAX_REPORTS_PER_FILE:
        raise InputError(
            words["too_many_reports"].format(
                name=name, count=len(panels), most=MAX_REPORTS_PER_FILE
            )
        )
    most = service.settings.max_results
    for panel in panels:
        if len(panel.results) > most:
            raise InputError(
                words["too_many_results"].format(
                    report=panel.report_id, count=len(panel.results), most=most
                )
            )


def _read_panels(name: str, data: bytes) -> list[Panel]:
    """The panels of an uploaded file, read from a folder of its own that is gone afterwards."""
    from hemoscribe.sources import read_panels

    with tempfile.TemporaryDirectory(prefix=".upload-", dir=home()) as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        try:
            return [_uploaded(panel, name, f"{folder}/") for panel in read_panels(path)]
        except InputError as error:
            raise InputError(str(error).replace(f"{folder}/", "")) from error


def _uploaded(panel: Panel, name: str, folder: str) -> Panel:
    """The panel, without the name of the folder that its file was read in."""
    return replace(
        panel,
        rejects=tuple({**one, "source": name} for one in panel.rejects),
        notices=tuple(notice.replace(folder, "") for notice in panel.notices),
    )


def safe_name(name: str) -> str:
    """A file's own name, without a folder and without what a name should not hold."""
    last = Path(name.replace("\\", "/")).name
    kept = "".join(c if c.isalnum() or c in " ._-()" else "_" for c in last).lstrip(". ")
    return kept[:MAX_NAME_CHARACTERS] or "export"
