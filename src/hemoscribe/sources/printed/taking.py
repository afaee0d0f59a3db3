"""What a line states, put into its report: rows, earlier values, refusals with their flag."""

from __future__ import annotations

from dataclasses import replace

from hemoscribe.records import RejectCode
from hemoscribe.sources.printed.headed.table_lines import AN_EARLIER_RESULT, Placed
from hemoscribe.sources.printed.lines.one_line import in_other_unit
from hemoscribe.sources.printed.lines.plain_lines import may_be_result
from hemoscribe.sources.printed.lines.two_units import same_quantity, settled
from hemoscribe.sources.printed.lines.unread_lines import flag_on
from hemoscribe.sources.printed.parts import (
    EarlierValue,
    PrintedReport,
    PrintedResult,
    Refused,
    Taken,
)
from hemoscribe.sources.printed.sections import Fluid

_NOT_UNDERSTOOD = "The line has numbers and is no result that is understood."
_OF_ANOTHER_FLUID = "A remark under a heading of another fluid; it is given to no result of blood."
_BEHIND = "What stands behind the result is not understood: {rest!r}."
_NEAR = 40  # the results among which the one above a line is looked for
_SAME = "The same result in another unit, read from {place}."
_NO_FIRST = "A value in another unit, and no result stands above it."


class Taking:
    """Puts results into a report, each with the fluid that holds where it stands."""

    def __init__(self, report: PrintedReport, fluid: Fluid) -> None:
        self._report = report
        self._fluid = fluid

    def take(
        self,
        result: PrintedResult,
        place: str,
        collected: str | None = None,
        request: str | None = None,
    ) -> None:
        """Take a result with its second unit and its values of earlier days."""
        stated = settled(result)
        if stated.refusal is not None:
            self._refuse(result, place, stated.refusal, RejectCode.CONTRADICTION, collected)
        for one in stated.results:
            self._add(replace(one, earlier=()), place, collected, request)
        if stated.no_range is not None:
            why = f"The range {stated.no_range} fits neither of the two units and is left out."
            self._refuse(replace(result, value=None), place, why, results=0)
        if result.rest:
            why = _BEHIND.format(rest=result.rest)
            counted = int(may_be_result(result.rest))
            self._refuse(replace(result, value=None, flag=None), place, why, results=counted)
        unclear = stated.refusal is not None or result.second is not None
        self._take_earlier(result, place, unclear=unclear)

    def _take_earlier(self, result: PrintedResult, place: str, *, unclear: bool) -> None:
        """Values of earlier days: of their day where it is printed, else refused."""
        for earlier in result.earlier:
            unit = earlier.unit or (None if unclear else result.unit)
            old = replace(
                result, value=earlier.value, flag=None, unit=unit, second=None, earlier=(), rest=""
            )
            where = f"{place}, earlier"
            if earlier.date is None:
                self._refuse(old, where, AN_EARLIER_RESULT)
            elif unit is None and result.unit is not None:
                why = "A value of an earlier day; which of the two units it is in is not printed."
                self._refuse(old, where, why, collected=earlier.date)
            else:
                self._report.dates.append(earlier.date)
                self._add(old, where, earlier.date, None)

    def take_placed(self, result: PrintedResult, placed: Placed, place: str) -> None:
        """Take a result of a column."""
        column, where = placed.column, f"{place}, column {placed.number}"
        if placed.refusal is not None:
            self._refuse(result, where, placed.refusal, collected=column.collected)
            return
        if column.kind == "earlier" and column.date is not None:
            self._report.dates.append(column.date)
        self.take(result, where, column.collected, column.request)

    def take_in_other_unit(self, text: str, earlier: tuple[EarlierValue, ...], place: str) -> bool:
        """Whether a line is ``soit 87 µmol/L``: today's result above it in another unit."""
        again = in_other_unit(text)
        if again is None:
            return False
        again = replace(again, earlier=(*again.earlier, *earlier))
        self._take_again(again, place, None, None)
        return True

    def take_placed_again(self, placed: Placed, place: str) -> None:
        """As ``take_in_other_unit``, of one column of a table."""
        column, where = placed.column, f"{place}, column {placed.number}"
        if placed.refusal is not None:
            self._refuse(placed.result, where, placed.refusal, collected=column.collected)
        else:
            self._take_again(placed.result, where, column.collected, column.request)

    def _take_again(
        self, again: PrintedResult, place: str, collected: str | None, request: str | None
    ) -> None:
        near = self._report.results[-_NEAR:]
        above = next(
            (one for one in reversed(near) if (one.collected, one.request) == (collected, request)),
            None,
        )
        if above is None:
            self._refuse(again, place, _NO_FIRST)
            return
        again = replace(again, name=above.result.name)
        same = same_quantity(above.result, again)
        if same is None:
            self.take(again, place, collected, request)
        elif same:
            self._take_same(above, again, place)
        else:
            shown = f"{above.result.value} {above.result.unit} and {again.value} {again.unit}"
            why = f"Its two units contradict each other: {shown}."
            self._report.results.remove(above)
            self._refuse(above.result, above.place, why, RejectCode.CONTRADICTION)
            self._refuse(again, place, why, RejectCode.CONTRADICTION)

    def _take_same(self, above: Taken, again: PrintedResult, place: str) -> None:
        """Of one result in two units the first stands, or the one that has a range."""
        kept, left = above.place, place
        said = again
        flag = above.result.flag or again.flag
        if again.has_range and not above.result.has_range:
            kept, left = left, kept
            above.result, again = replace(again, earlier=()), above.result
            above.place = kept
        above.result = replace(above.result, flag=flag)
        self._refuse(again, left, _SAME.format(place=kept), RejectCode.DUPLICATE)
        if said.rest:
            why = _BEHIND.format(rest=said.rest)
            self._refuse(replace(said, value=None, flag=None), place, why)
        for earlier in said.earlier:
            old = replace(said, value=earlier.value, flag=None)
            why = AN_EARLIER_RESULT if earlier.date is None else _SAME.format(place=kept)
            code = RejectCode.DUPLICATE if earlier.date else RejectCode.UNREADABLE
            self._refuse(old, f"{place}, earlier", why, code, earlier.date)

    def refuse_line(self, text: str, place: str) -> None:
        """A line that is understood by nothing, with the flag that stands on it."""
        shown = " ".join(text.split())
        self._report.refused.append(
            Refused(place, _NOT_UNDERSTOOD, None, shown, flag=flag_on(text))
        )

    def refuse_words(self, text: str, place: str) -> None:
        """A sentence under a heading of another fluid: of no result that is read."""
        shown = " ".join(text.split())
        self._report.refused.append(Refused(place, _OF_ANOTHER_FLUID, None, shown, results=0))

    def _add(
        self, result: PrintedResult, place: str, collected: str | None, request: str | None
    ) -> None:
        other = self._fluid.other
        self._report.results.append(
            Taken(result, place, collected, request, self._fluid.stated, other)
        )

    def _refuse(
        self,
        result: PrintedResult,
        place: str,
        why: str,
        code: RejectCode = RejectCode.UNREADABLE,
        collected: str | None = None,
        *,
        results: int = 1,
    ) -> None:
        """Refuse a result; one in another unit, or of a day that is not printed, counts as none."""
        if why == AN_EARLIER_RESULT or code == RejectCode.DUPLICATE:
            results = 0
        self._report.refused.append(
            Refused(
                place, why, result.name, result.value, result.unit, result.flag, code, collected,
                results,
            )
        )  # fmt: skip
