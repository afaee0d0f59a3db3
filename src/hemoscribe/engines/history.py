"""A patient's reports in time: each with those before it, whichever door they came through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hemoscribe.errors import SettingsError, SourceError
from hemoscribe.records import UNKNOWN_PATIENT, Panel

_NAMED = 8
DAYS_PER_YEAR = 365.25
AGE_SLACK_YEARS = 2.0
"""Ages may be whole years in one report and exact in another, or today's in all of them."""


@dataclass(frozen=True, slots=True)
class History:
    """A report, and the same patient's reports that were collected before it, oldest first."""

    panel: Panel
    earlier: tuple[Panel, ...] = ()


def histories(panels: Sequence[Panel], kept: Sequence[Panel] = ()) -> list[History]:
    """Each panel with the patient's earlier ones, in the order given.

    Reports of one submission without a patient's number are one patient's. A report without a
    time has no earlier ones and is no report's earlier one.

    Args:
        kept: reports known from before, such as the store's; the same report among ``panels``
            stands in for them.
    """
    sent = {_identity(panel) for panel in panels}
    known = [panel for panel in kept if panel.patient_id != UNKNOWN_PATIENT]
    known = [panel for panel in known if _identity(panel) not in sent]
    return [History(panel, _before(panel, [*known, *panels])) for panel in panels]


def _identity(panel: Panel) -> tuple[object, ...]:
    return panel.patient_id, panel.laboratory, panel.report_id, panel.collected_at


def _before(panel: Panel, panels: Sequence[Panel]) -> tuple[Panel, ...]:
    at = panel.collected_at
    if at is None:
        return ()
    found = [
        (one.collected_at, one)
        for one in panels
        if one.patient_id == panel.patient_id
        and one.collected_at is not None
        and one.collected_at < at
        and may_be_one_person(panel, one)
    ]
    return tuple(one for _, one in sorted(found, key=lambda pair: pair[0]))


def may_be_one_person(panel: Panel, old: Panel) -> bool:
    """Whether sex and age let two reports be one person's: two laboratories may give one number."""
    if None not in (panel.sex, old.sex) and panel.sex != old.sex:
        return False
    if panel.age_years is None or old.age_years is None:
        return True
    between = 0.0
    if panel.collected_at is not None and old.collected_at is not None:
        between = (panel.collected_at - old.collected_at).days / DAYS_PER_YEAR
    older_by = panel.age_years - old.age_years
    return -AGE_SLACK_YEARS <= older_by <= between + AGE_SLACK_YEARS


def choose(panels: Sequence[Panel], path: object, report_id: str | None = None) -> History:
    """The report asked for; without a name, the newest of the file's only patient.

    Raises:
        SourceError: the file has no such report, or several of that name; names some it has.
        SettingsError: the file holds several patients and no report was named, or one of several.
    """
    found = histories(panels)
    if report_id is not None:
        named = [one for one in found if one.panel.report_id == report_id]
        if not named:
            raise SourceError(
                path, f"it has no report {report_id}", remedy=f"Its reports: {listed(panels)}."
            )
        if len({one.panel.patient_id for one in named}) > 1:
            raise SettingsError(
                f"{path}: report {report_id} is of several patients; take all reports with --all."
            )
        return _newest(named)
    if len({panel.patient_id for panel in panels}) > 1:
        raise SettingsError(
            f"{path}: it holds {len(panels)} reports of several patients: {listed(panels)}. "
            "Name one with --report, or take all of them with --all."
        )
    return _newest(found)


def _newest(found: Sequence[History]) -> History:
    """The newest; the last of the file where times are missing or equal."""
    dated = [one for one in found if one.panel.collected_at is not None]
    if not dated:
        return found[-1]
    newest = max(one.panel.collected_at for one in dated if one.panel.collected_at is not None)
    return [one for one in dated if one.panel.collected_at == newest][-1]


def listed(panels: Sequence[Panel]) -> str:
    """The reports of a file by name and time, the first of them where they are many."""
    shown = ", ".join(_named(panel) for panel in panels[:_NAMED])
    left = len(panels) - _NAMED
    return f"{shown} and {left} more" if left > 0 else shown


def _named(panel: Panel) -> str:
    at = panel.collected_at
    return panel.report_id if at is None else f"{panel.report_id} ({at:%Y-%m-%d %H:%M})"
