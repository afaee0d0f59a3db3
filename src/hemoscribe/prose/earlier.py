"""The earlier results of a report's patient, as a text may compare with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hemoscribe.knowledge import read_panel
from hemoscribe.records import FlaggedResult, Reading


class Earlier(Mapping[str, FlaggedResult]):
    """Analyte -> the newest of the earlier results; read when a text first asks for them."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._found: dict[str, FlaggedResult] | None = None

    def __getitem__(self, analyte: str) -> FlaggedResult:
        return self._read()[analyte]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def _read(self) -> dict[str, FlaggedResult]:
        if self._found is None:
            self._found = {
                since.result.analyte: since.result
                for finding in self._reading.findings
                for since in finding.since
            }
            dated = [one for one in self._reading.earlier if one.collected_at is not None]
            for panel in sorted(dated, key=lambda one: str(one.collected_at)):
                self._found |= {one.analyte: one for one in read_panel(panel).results}
        return self._found
