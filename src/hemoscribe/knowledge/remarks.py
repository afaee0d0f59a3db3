"""What a laboratory remarks on a sample: hemolyzed, platelets in clumps; in French or English.

A remark on the sample, not a hematologist's on the patient ("signs of hemolysis"), and none that is
denied ("no platelet clumps").
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import polars as pl

_DENIED = r"\b(?:no|not|non|nil|without|pas|sans|absence|free|negative)\b"
_SAMPLE = r"(?:sample|specimen|serum|plasma|tube|échantillon|prélèvement|sérum)"
_HEMOLYSIS = r"h(?:ae|e|æ|é|É)mol[yi][sz]"
_CLUMPS = r"(?:clump(?:s|ed|ing)?\b|aggregate[sd]?\b|agr[ée]gats?\b|agr[ée]gées?\b|amas\b)"
_PLATELETS = r"(?:platelet|plaquett)"


@dataclass(frozen=True)
class Remark:
    """``said``: the words of the remark; ``denied``: what is taken out before they are sought."""

    said: str
    denied: str

    @cached_property
    def _patterns(self) -> tuple[re.Pattern[str], re.Pattern[str]]:
        return re.compile(self.said), re.compile(self.denied)

    def stands_in(self, comment: str) -> bool:
        """Whether a comment says it (and not that it is not so)."""
        said, denied = self._patterns
        return said.search(denied.sub("", comment)) is not None

    def stands_in_all(self, comments: pl.Series) -> pl.Series:
        """The same for many comments; null where there is none."""
        return comments.str.replace_all(self.denied, "").str.contains(self.said)


HEMOLYZED: Final = "sample:hemolyzed"
PLATELET_CLUMPS: Final = "sample:platelet_clumps"
REMARKS: Final[Mapping[str, Remark]] = {
    HEMOLYZED: Remark(
        rf"(?i){_HEMOLYSIS}(?:ed|é)|{_SAMPLE}[^.;]{{0,40}}{_HEMOLYSIS}"
        rf"|{_HEMOLYSIS}[^.;]{{0,30}}{_SAMPLE}"
        rf"|(?:index|indice)[^.;]{{0,20}}{_HEMOLYSIS}|{_HEMOLYSIS}\w*[^.;]{{0,12}}(?:index|indice)",
        rf"(?i){_DENIED}[^.;\d]{{0,25}}{_HEMOLYSIS}",
    ),
    PLATELET_CLUMPS: Remark(
        rf"(?i){_PLATELETS}[^.;]{{0,30}}\b{_CLUMPS}|\b{_CLUMPS}[^.;]{{0,20}}{_PLATELETS}",
        rf"(?i){_DENIED}[^.;\d]{{0,25}}\b{_CLUMPS}",
    ),
}
"""The fact of a report -> the remark that states it."""
