"""One report out of an export, with the same patient's earlier ones for delta checks."""

from __future__ import annotations

from pathlib import Path

from hemoscribe.errors import SourceError
from hemoscribe.records import Panel
from hemoscribe.sources import read_panels

_NAMED = 5


def choose_panel(
    path: Path,
    *,
    format: str | None = None,  # noqa: A002
    mapping: Path | None = None,
    report_id: str | None = None,
) -> tuple[Panel, tuple[Panel, ...]]:
    """(the report, the patient's earlier reports in the same export).

    Args:
        report_id: which report; the export's first when None.

    Raises:
        SourceError: the export cannot be read, or has no such report; names some that it has.
    """
    panels = read_panels(path, format=format, mapping=mapping)
    if report_id is None:
        chosen = panels[0]
    else:
        found = [panel for panel in panels if panel.report_id == report_id]
        if not found:
            named = ", ".join(panel.report_id for panel in panels[:_NAMED])
            raise SourceError(
                path, f"it has no report {report_id}", remedy=f"Its reports begin with: {named}."
            )
        chosen = found[0]
    return chosen, _earlier(chosen, panels)


def _earlier(chosen: Panel, panels: list[Panel]) -> tuple[Panel, ...]:
    at = chosen.collected_at
    if at is None:
        return ()
    return tuple(
        panel
        for panel in panels
        if panel.patient_id == chosen.patient_id
        and panel.collected_at is not None
        and panel.collected_at < at
    )
