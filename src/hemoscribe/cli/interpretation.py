"""``hemoscribe interpret``: one report of an export, or all of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hemoscribe.cli.output import answer, say, show
from hemoscribe.cli.stages import Format, Json, Mapping

if TYPE_CHECKING:
    from hemoscribe.engines import History
    from hemoscribe.overlay_record import Overlay
    from hemoscribe.records import Language

OverlayFile = Annotated[
    Path | None,
    typer.Option("--overlay", help="The laboratory's own limits and rules, docs/overlay.md."),
]


def add_to(app: typer.Typer) -> None:
    """Add this module's command."""
    app.command()(interpret)


def interpret(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="One export.")],
    format_: Format = None,
    mapping: Mapping = None,
    language: Annotated[str, typer.Option(help="en or fr.")] = "en",
    model: Annotated[
        str | None, typer.Option(help="The champion when not given; `shipped` when there is none.")
    ] = None,
    report: Annotated[
        str | None,
        typer.Option(help="Which report of the file, by its id; a patient's newest otherwise."),
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Every report of the file.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write the report as a page.")] = None,
    overlay: OverlayFile = None,
    as_json: Json = False,
) -> None:
    """One report with the patient's history: flags, findings, words, and how far they agree."""
    from hemoscribe.engines import choose, histories
    from hemoscribe.errors import SettingsError
    from hemoscribe.sources import read_panels

    if all_ and (report is not None or html is not None):
        raise SettingsError("--all takes every report: leave --report and --html out.")
    chosen = _language(language)
    own = _overlay(overlay)
    panels = read_panels(file, format=format_, mapping=mapping)
    for notice in panels[0].notices:
        say(notice)
    if all_:
        _interpret_all(histories(panels), file, model, chosen, own, as_json=as_json)
        return
    one = [choose(panels, file, report)]
    (document,), _ = _documents(one, file, model, chosen, own, one=True)
    if html is not None:
        from hemoscribe.serve.standalone import write_report_page

        write_report_page(document, html)
        say(f"written: {html}")
    if len(panels) > 1:
        say(f"{file}: {len(panels)} reports; this is {document['report_id']}.")
    if as_json:
        answer(document, as_json=True)
    elif html is None:
        from hemoscribe.engines.terminal import report_text

        show(report_text(document))


def _overlay(path: Path | None) -> Overlay | None:
    """The overlay of the option, else of the settings; checked before anything is read."""
    from hemoscribe.knowledge.overlay import load_overlay
    from hemoscribe.settings import load_settings

    path = path or load_settings().overlay
    return None if path is None else load_overlay(path)


def _language(language: str) -> Language:
    from hemoscribe.errors import SettingsError
    from hemoscribe.records import LANGUAGES

    chosen = next((known for known in LANGUAGES if known == language), None)
    if chosen is None:
        raise SettingsError(f"--language {language}: it is one of {', '.join(LANGUAGES)}.")
    return chosen


def _interpret_all(
    found: list[History],
    file: Path,
    model: str | None,
    language: Language,
    overlay: Overlay | None,
    *,
    as_json: bool,
) -> None:
    from hemoscribe.engines.terminal import report_text

    documents, unread = _documents(found, file, model, language, overlay)
    for one in unread:
        say(one["why"])
    if as_json:
        answer({"reports": documents, "unread": unread}, as_json=True)
        return
    show("\n\n".join(report_text(document) for document in documents))


def _documents(
    found: list[History],
    file: Path,
    model: str | None,
    language: Language,
    overlay: Overlay | None,
    *,
    one: bool = False,
) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """(documents of the reports that can be read, why each other cannot).

    Raises:
        InputError: none can be read, or the only one asked for.
    """
    from hemoscribe.engines import (
        champion_or_shipped,
        facts,
        interpret_reading,
        load,
        report_document,
    )
    from hemoscribe.errors import InputError

    readings = []
    unread: list[dict[str, str]] = []
    for history in found:
        try:
            reading = facts(
                history.panel, earlier=history.earlier, source=str(file), overlay=overlay
            )
            readings.append(reading)
        except InputError as error:
            if one or (len(found) == len(unread) + 1 and not readings):
                raise
            unread.append({"report_id": history.panel.report_id, "why": str(error)})
    loaded = load(model or champion_or_shipped())
    reports = [interpret_reading(loaded, reading, language=language) for reading in readings]
    return [report_document(report) for report in reports], unread
