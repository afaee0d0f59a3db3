"""The earlier results of a report's patient, as a text may compare with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from hemoscribe.records import EarlierResult, FlaggedResult, Reading


class Earlier(Mapping[str, FlaggedResult]):
    """Analyte -> the newest of the earlier results; gathered when a text first asks for them."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._found: dict[str, EarlierResult] | None = None

    def __getitem__(self, analyte: str) -> FlaggedResult:
        return self._read()[analyte].result

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def ago(self, analyte: str) -> timedelta | None:
        """How long before the report's sample it was; None where there is none."""
        one, now = self._read().get(analyte), self._reading.panel.collected_at
        return None if one is None or now is None else now - one.collected_at

    def since(self, analyte: str) -> list[tuple[timedelta, FlaggedResult]]:
        """(how long ago, result) of each earlier report that holds the analyte, oldest first."""
        now = self._reading.panel.collected_at
        if now is None:
            return []
        found: dict[tuple[str, datetime], tuple[timedelta, FlaggedResult]] = {}
        for one in self._reading.before:  # of one report the first result of an analyte counts
            if one.result.analyte == analyte:
                found.setdefault(one.report, (now - one.collected_at, one.result))
        return list(found.values())

    def _read(self) -> dict[str, EarlierResult]:
        if self._found is None:
            since = [one for finding in self._reading.findings for one in finding.since]
            every = sorted((*since, *self._reading.before), key=lambda one: one.collected_at)
            newest: dict[str, EarlierResult] = {}
            for one in every:  # of one report the first result of an analyte counts
                known = newest.get(one.result.analyte)
                if known is None or known.collected_at < one.collected_at:
                    newest[one.result.analyte] = one
            self._found = newest
        return self._found
