"""Ranges on lines of their own under a result: ``Bio. Ref. Interval. :-``, then ``260 - 830``."""

from __future__ import annotations

import re
from dataclasses import replace

from hemoscribe.sources.printed import layout_words
from hemoscribe.sources.printed.lines.range_texts import (
    is_range,
    limits,
    range_and_unit,
    starts_a_range,
)
from hemoscribe.sources.printed.lines.value_texts import with_signs
from hemoscribe.sources.printed.parts import PrintedReport, Taken
from hemoscribe.sources.stated_ranges import same_unit

_LABELLED = re.compile(r"\s*(?P<label>[^:\d<>]{3,40}?)\s*(?::-?|-)\s*(?P<said>.*)")
MAX_RANGE_LINES = 30


class RangeLines:
    """Collects the lines under a label of ranges; one range alone is the result's."""

    def __init__(self, report: PrintedReport) -> None:
        self._report = report
        self._of: Taken | None = None
        self._label = ""
        self._said: list[str] = []

    def take(self, text: str) -> bool:
        """Whether a line is a label of ranges under a result, or one of its ranges."""
        match = _LABELLED.fullmatch(text)
        if match is not None and layout_words.is_range_label(match["label"]):
            self.end()
            if not self._report.results:
                return False
            self._of, self._label = self._report.results[-1], " ".join(match["label"].split())
            self._said = [match["said"].strip()] if match["said"].strip() else []
            return True
        if self._of is None or len(self._said) >= MAX_RANGE_LINES:
            return False
        if not starts_a_range(with_signs(text)):
            self.end()
            return False
        self._said.append(" ".join(text.split()))
        return True

    def end(self) -> None:
        """The range goes to its result; several ranges, or words, are a comment on it."""
        taken, self._of = self._of, None
        if taken is None or not self._said:
            return
        one = with_signs(self._said[0])
        both = (one, None) if is_range(one) else range_and_unit(one)
        alone = len(self._said) == 1 and not taken.result.has_range
        if alone and both and both[0] and same_unit(both[1], taken.result.unit):
            low, high = limits(both[0])
            taken.result = replace(taken.result, low=low, high=high)
            return
        said = f"{self._label}: {'; '.join(self._said)}"
        taken.comment = f"{taken.comment} {said}" if taken.comment else said
