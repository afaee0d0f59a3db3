"""A patient's earlier results as a reading holds them: of which reports, in order, and ringing.

One report that is read with earlier ones and many that are read at once hold the same: the newest
reports before the sample's time, each of its results with the report's time, laboratory and
pregnancy. Within ``CRITICAL_FOR`` an earlier result rings as it rang in its own report, also where
only one beside it tells so (``derived_alarms``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final

import numpy as np
import polars as pl

from hemoscribe.knowledge.courses import RESULT_COLUMNS
from hemoscribe.knowledge.derived_alarms import ALARM_INDICES, may_ring, ring
from hemoscribe.knowledge.indices import indices_of
from hemoscribe.knowledge.positions import Positions
from hemoscribe.knowledge.report_facts import facts_of_panel
from hemoscribe.records import CRITICAL_FOR, EarlierResult, FlaggedResult, Panel, Reading

MOST_REPORTS: Final = 60
OLDEST: Final = timedelta(days=5 * 365)
"""How many earlier reports a reading holds, and how old the oldest may be."""
_PANEL: Final = ("patient_id", "laboratory", "collected_at", "sex", "age_years", "pregnant")


class Past:
    """A report of known time, as the readings of later ones hold it."""

    def __init__(self, panel: Panel, results: Sequence[FlaggedResult]) -> None:
        assert panel.collected_at is not None
        self.at: datetime = panel.collected_at
        self.panel = panel
        self.results = results

    @cached_property
    def held(self) -> tuple[EarlierResult, ...]:
        """Its results."""
        return self._held(self.results)

    @cached_property
    def rung(self) -> tuple[EarlierResult, ...]:
        """Its results, with the alarms that one beside them or the time tells."""
        if not may_ring(self.panel.age_years, {one.analyte for one in self.results}):
            return self.held
        facts = facts_of_panel(self.panel, self.results)
        indices_of(facts, ALARM_INDICES)
        return self._held(ring(self.results, facts))

    def _held(self, results: Iterable[FlaggedResult]) -> tuple[EarlierResult, ...]:
        of = self.panel
        return tuple(
            [
                EarlierResult(one, of.report_id, self.at, of.laboratory, of.pregnant)
                for one in results
            ]
        )


def in_order(pasts: Iterable[Past]) -> list[Past]:
    """The oldest first; those of one time by their names."""
    return sorted(pasts, key=lambda one: (one.at, one.panel.report_id))


def results_before(at: datetime | None, pasts: Sequence[Past]) -> tuple[EarlierResult, ...]:
    """Every result before a time, the oldest first, of ``MOST_REPORTS`` that are ``in_order``."""
    if at is None:
        return ()
    held = [one for one in pasts if timedelta(0) < at - one.at <= OLDEST][-MOST_REPORTS:]
    return tuple(
        [
            result
            for one in held
            for result in (one.rung if at - one.at <= CRITICAL_FOR else one.held)
        ]
    )


class PastRows:
    """The reports of many patients, from which those before a report are taken.

    Args:
        rows: flagged rows, the result that counts of an analyte first.
    """

    def __init__(self, rows: pl.DataFrame, where: Positions) -> None:
        self._rows, self._where = rows, where

    @cached_property
    def _reports(self) -> Mapping[str, list[int]]:
        """Patient -> the numbers of its reports of known time, of patients with several."""
        found: dict[str, list[int]] = {}
        heads = self._rows[["patient_id", "collected_at"]][self._where.first_row]
        for number, (patient, at) in enumerate(heads.iter_rows()):
            if patient is not None and at is not None:
                found.setdefault(patient, []).append(number)
        return {patient: numbers for patient, numbers in found.items() if len(numbers) > 1}

    @cached_property
    def _rows_of(self) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """The rows in order of their reports, and where each report begins among them."""
        order = np.argsort(self._where.report, kind="stable")
        count = len(self._where.report_ids)
        return order, np.searchsorted(self._where.report[order], np.arange(count + 1))

    def completed(self, readings: Sequence[Reading]) -> Iterator[Reading]:
        """The readings, each with the patient's earlier results."""
        own = {one.panel.report_id: one for one in readings}
        patients = {one.panel.patient_id for one in readings} & self._reports.keys()
        known = {one: self._pasts(self._reports[one], own) for one in patients if one is not None}
        for reading in readings:
            pasts = known.get(reading.panel.patient_id or "", ())
            before = results_before(reading.panel.collected_at, pasts)
            yield replace(reading, before=before) if before else reading

    def _pasts(self, numbers: Sequence[int], own: Mapping[str, Reading]) -> list[Past]:
        names = self._where.report_ids
        found = []
        for number in numbers:
            held = own.get(names[number])
            found.append(
                self._read(number, names[number])
                if held is None
                else Past(held.panel, held.results)
            )
        return in_order(found)

    def _read(self, number: int, report_id: str) -> Past:
        order, starts = self._rows_of
        rows = self._rows[order[starts[number] : starts[number + 1]]]
        patient = dict(zip(_PANEL, rows.select(_PANEL).row(0), strict=True))
        results = [FlaggedResult(*row) for row in rows.select(RESULT_COLUMNS).iter_rows()]
        return Past(Panel((), report_id=report_id, **patient), results)
