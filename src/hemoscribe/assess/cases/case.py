"""A case: a patient's panels, what an expert concluded, and what must and must never be said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hemoscribe.records import Language, Panel

Phrases = Mapping[Language, Sequence[str]]
"""The ways to say one thing, by language: any of them says it."""


@dataclass(frozen=True, slots=True)
class Must:
    """What a reader of the report must be told.

    ``findings``: id -> grade, or None for any. ``flags``: analyte -> low, normal or high.
    ``critical``: the critical alarms, exactly. ``indices``: id -> (least, most). ``rejects``: the
    results that cannot be read, by the name printed. ``said``: name -> the ways to say it.
    """

    findings: Mapping[str, str | None]
    flags: Mapping[str, str]
    critical: tuple[str, ...]
    indices: Mapping[str, tuple[float, float]]
    rejects: tuple[str, ...]
    said: Mapping[str, Phrases]


@dataclass(frozen=True, slots=True)
class Never:
    """What must never be said.

    ``findings``: stated neither by the rules nor in words. ``told``: findings that the rules may
    state but the words must not assert, because another one puts them in doubt. ``flags``: analyte
    -> the direction it must not have. ``said``: name -> phrases that must not stand in the words.
    ``other_findings``: no finding but those that must be there.
    """

    findings: tuple[str, ...]
    told: tuple[str, ...]
    flags: Mapping[str, str]
    said: Mapping[str, Phrases]
    other_findings: bool


@dataclass(frozen=True, slots=True)
class Case:
    """One case. ``panels`` go from the first to the one that is read.

    ``not_yet``: requirement -> why the product does not meet it today; shown, never dropped.
    """

    id: str
    title: Mapping[Language, str]
    citation: str
    doi: str | None
    traps: tuple[str, ...]
    panels: tuple[Panel, ...]
    conclusion: Mapping[Language, str]
    must: Must
    never: Never
    not_yet: Mapping[str, str]

    @property
    def panel(self) -> Panel:
        """The panel that is read."""
        return self.panels[-1]

    @property
    def earlier(self) -> tuple[Panel, ...]:
        """The panels before it."""
        return self.panels[:-1]
