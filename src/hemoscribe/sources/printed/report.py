"""One printed report: its title block, its results by line and column, its comments."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from hemoscribe.sources.heading_marks import is_heading_of_blood, is_of_blood
from hemoscribe.sources.printed import layout_words
from hemoscribe.sources.printed.headed.guided_lines import today_of
from hemoscribe.sources.printed.headed.heading_lines import is_date, is_rule, is_time
from hemoscribe.sources.printed.headed.headings import Columns, find_columns
from hemoscribe.sources.printed.headed.table_lines import under
from hemoscribe.sources.printed.lines.cells import chunks, tokens
from hemoscribe.sources.printed.lines.one_line import results_of
from hemoscribe.sources.printed.lines.plain_lines import has_grave_flag, is_result, without_value
from hemoscribe.sources.printed.lines.unread_lines import (
    has_range_or_flag,
    has_value,
    holds_a_result,
    is_run_together,
)
from hemoscribe.sources.printed.lines.value_texts import is_number
from hemoscribe.sources.printed.parts import (
    MAX_LINE_CHARACTERS,
    EarlierValue,
    Line,
    PrintedReport,
    PrintedResult,
    Refused,
    head_of,
)
from hemoscribe.sources.printed.range_lines import RangeLines
from hemoscribe.sources.printed.report_comments import Comment, attach
from hemoscribe.sources.printed.sections import Fluid, tell_by_results
from hemoscribe.sources.printed.taking import Taking
from hemoscribe.sources.printed.titles import take_title
from hemoscribe.sources.printed.told_lines import ToldLines
from hemoscribe.sources.printed.withdrawn import (
    Withdrawn,
    begins_withdrawal,
    cancelled,
    without_withdrawal,
)
from hemoscribe.sources.specimens import heading_specimen
from hemoscribe.sources.tables.analyte_names import is_analyte
from hemoscribe.sources.withdrawal_words import says_withdrawn

_OPENS_COMMENT = re.compile(r"\s*(?P<label>[^:\d]{2,60}?)\s*:(?:\s+(?P<text>.*))?$")
_DAY_OF_URINE = re.compile(r"24 ?(?:h|hr|hrs|heures|hours)?", re.IGNORECASE)
_LEADERS = re.compile(r"\w ?\.{4,}")
_INITIALS = re.compile(r"(?:[^\W\d]\. ?){2,5}")
_TWO_SENTENCES = re.compile(r"[^\W\d]{4,}\. +[^\W\d]")
_ALIGNED_CHARACTERS = 3
_SENTENCE_WORDS = 5
_SECTION_WORDS = 8


def read_report(lines: Sequence[Line], titles: Mapping[str, str]) -> PrintedReport:
    """A report from its lines.

    Args:
        titles: what is known of it from elsewhere; the report's own title block wins. ``section``
            is what the whole of it is called.
    """
    return _Reader(lines, PrintedReport(titles=dict(titles))).read()


class _Reader:
    """Goes down the lines once; each is a title, a heading, a result, a comment or a section."""

    def __init__(self, lines: Sequence[Line], report: PrintedReport) -> None:
        self._lines = lines
        self._texts = [head_of(line.text).expandtabs().rstrip() for line in lines]
        self._report = report
        self._columns: Columns | None = None
        self._comments: list[Comment] = []
        self._comment: Comment | None = None
        self._locator: tuple[str | None, str | None] = (None, None)
        self._fluid = Fluid.of(report.titles.pop("section", None))
        self._taking = Taking(report, self._fluid)
        self._ranges = RangeLines(report)
        self._withdrawn = Withdrawn(report)
        self._told = ToldLines(report)
        self._value_end: int | None = None
        self._after_blank = True
        self._in_body = False  # past the title block: what is not understood is refused
        self._above: str | None = None  # a line of words right above: perhaps a name's first half

    def read(self) -> PrintedReport:
        self._report.french = layout_words.is_french("\n".join(self._texts))
        at = 0
        while at < len(self._texts):
            at += self._take(at)
        self._ranges.end()
        tell_by_results(self._report.results)
        self._withdrawn.settle()
        for comment in self._comments:
            attach(comment, self._report.results, self._withdrawn)
            self._told.note_all(comment.lines, comment.places)
        self._told.settle()
        return self._report

    def _take(self, at: int) -> int:
        """Take what begins at a line; returns how many lines it is."""
        text = self._texts[at]
        if not text.strip():
            self._after_blank, self._above = True, None
            self._ranges.end()
            self._withdrawn.apart()
            if self._comment is not None:
                self._comment.after_blank = True
            return 1
        if (found := find_columns(self._texts, at)) is not None:
            self._columns, height = found
            self._enter_table(self._columns)
            return height
        line = self._lines[at]
        above, self._above = self._above, None
        if len(line.text) > MAX_LINE_CHARACTERS:
            self._take_long(text, " ".join(line.text.split()), line.place)
        else:
            self._take_line(text, line.place, above)
        self._after_blank = False
        return 1

    def _enter_table(self, columns: Columns) -> None:
        self._comment, self._above, self._in_body = None, None, True
        self._ranges.end()
        self._withdrawn.apart()
        if columns.section is not None:
            self._fluid.enter(columns.section)
        dates = [column.date for column in columns.columns if column.date]
        self._report.dates.extend(dates)
        self._after_blank = False

    def _take_line(self, text: str, place: str, above: str | None) -> None:
        if is_rule(text) or self._ranges.take(text):
            return
        if self._opens_comment(text, place):
            return
        if self._comment is not None and not self._leaves_comment(text):
            self._add_to_comment(text, place)
            return
        if layout_words.is_second(text.split()[0].strip(".:")) and self._take_second(text, place):
            return
        if not begins_withdrawal(text) and take_title(text, self._report, self._fluid):
            if says_withdrawn(text):
                self._withdrawn.note(text, place)
            return
        self._comment = None
        if layout_words.is_footer(text):
            self._told.note(text, place)
            return
        if layout_words.explains(text) and self._is_section(text, place):
            return
        if self._take_all(text, place, above):
            return
        if is_run_together(text):
            self._taking.refuse_line(text, place)
        elif says_withdrawn(text) or (above and says_withdrawn(f"{above} {text}")):
            said = text if says_withdrawn(text) else f"{above} {text}"
            self._withdrawn.note(said, place)
        elif not self._is_section(text, place):
            self._take_rest(text, place)

    def _take_long(self, head: str, whole: str, place: str) -> None:
        """A line longer than a result's is a comment, or it is refused; none of it is left out."""
        if self._opens_comment(head, place) and self._comment is not None:
            said = " ".join(head.split())
            self._comment.add(whole[len(said) :].strip(), place)
        elif self._comment is not None:
            self._comment.add(whole, place)
        else:
            why = f"The line has more than {MAX_LINE_CHARACTERS:,} characters, as no result has."
            self._report.refused.append(Refused(place, why, None, whole))

    # comments

    def _opens_comment(self, text: str, place: str) -> bool:
        if self._is_locator(text):
            return True
        match = _OPENS_COMMENT.match(text)
        label, said = (match["label"], match["text"]) if match else (text.strip(), "")
        kind = layout_words.comment_label(label)
        if kind is None:
            return False
        if match is None and ("(" in label or "  " in label or without_value(text)):
            return False  # "Plaquettes   (voir commentaire)"
        if kind == "general" and self._after_blank:
            self._locator = (None, None)
        continues = self._comment is not None and (
            (self._comment.when, self._comment.request) == self._locator
        )
        if not continues:
            when, request = self._locator
            self._comment = Comment(when=when, request=request, here=self._withdrawn.here())
            self._comments.append(self._comment)
        assert self._comment is not None
        self._fluid.sections.content()
        self._comment.after_blank = self._comment.loose = False
        self._comment.indent = _indent(text)
        if kind != "plain" and match is not None:
            self._comment.add(f"{' '.join(label.split())}:", place)
        if said and said.strip():
            self._comment.add(said.strip(), place)
        return True

    def _is_locator(self, text: str) -> bool:
        """A line such as ``12Z268321 23/03/12 10:35``: the sample that comments below are of."""
        cells = tokens(text)
        dates = [cell.text for cell in cells if is_date(cell.text)]
        if len(dates) != 1 or len(cells) > 3 or self._columns is None or not self._report.results:
            return False
        times = [cell.text for cell in cells if is_time(cell.text)]
        others = [c.text for c in cells if not is_date(c.text) and not is_time(c.text)]
        if any(not any(map(str.isdigit, other)) for other in others):
            return False
        self._locator = (" ".join([*dates, *times]), others[0] if others else None)
        self._comment = None
        return True

    def _leaves_comment(self, text: str) -> bool:
        """Whether a line under a comment is a result or a new section and no more of it."""
        assert self._comment is not None
        if _indent(text) <= self._comment.indent and (is_result(text) or without_value(text)):
            return True
        indented = text.startswith("  ")
        if not indented and self._is_clear_heading(text):
            return True
        found = self._results_of(text)
        certain = [result for result in found if result.known and is_analyte(result.name)]
        if self._comment.loose and any(result.value and result.unit for result in certain):
            return True
        if certain and not indented and (self._comment.after_blank or self._aligned(text)):
            return True
        if not indented and text.isupper() and self._looks_like_section(text):
            heading = " ".join(text.split())
            return heading_specimen(heading) is not None or is_of_blood(heading)
        if found and _LEADERS.search(text) and any(result.value for result in found):
            return True
        if indented or not (self._comment.after_blank or self._comment.loose):
            return False
        return not found and self._looks_like_section(text) and bool(self._comment.lines)

    def _is_clear_heading(self, text: str) -> bool:
        """Whether a line is a heading of a fluid or of results of blood, and cannot be prose."""
        heading = " ".join(text.split()).rstrip(": ")
        if is_heading_of_blood(heading):
            return True
        stands_alone = text.rstrip().endswith(":") or len(heading.split()) == 1
        return (
            stands_alone
            and heading[:1].isupper()
            and self._looks_like_section(text)
            and (heading_specimen(heading) is not None or is_of_blood(heading))
        )

    def _aligned(self, text: str) -> bool:
        ends = [cell.end for cell in tokens(text) if is_number(cell.text)]
        known = self._value_end
        return known is not None and any(abs(end - known) <= _ALIGNED_CHARACTERS for end in ends)

    def _add_to_comment(self, text: str, place: str) -> None:
        assert self._comment is not None
        self._fluid.sections.content()
        if not layout_words.is_footer(text):
            self._comment.add(" ".join(text.split()), place)
        else:
            self._told.note(text, place)
            take_title(text, self._report, self._fluid)  # who wrote it

    def _begin_comment(self, text: str, place: str) -> None:
        self._comment = Comment(loose=True, here=self._withdrawn.here())
        self._comment.add(" ".join(text.split()), place)
        self._comments.append(self._comment)

    # results

    def _take_all(self, text: str, place: str, above: str | None) -> bool:
        """Whether a line holds results; what withdraws them beside them is none of them."""
        before = len(self._report.results)
        bare, said = without_withdrawal(text) if self._one_column() else (text, None)
        found = self._results_of(bare) if said else []
        if not found or not all(one.value and is_number(one.value) for one in found):
            bare, said = text, None
        at = self._withdrawn.here() if said is None and says_withdrawn(text) else None
        if not self._take_results(bare, place, above):
            return False
        taken = self._report.results[before:]
        if said is not None:
            cancelled(taken, said)
        elif at is not None:
            self._withdrawn.note(text, place, here=at, alone=False)
        self._withdrawn.passed(taken)
        self._fluid.passed(taken)
        return True

    def _one_column(self) -> bool:
        return self._columns is None or len(self._columns.values()) < 2

    def _take_results(self, text: str, place: str, above: str | None) -> bool:
        columns = self._columns
        placed = under(columns, text) if columns is not None else None
        if placed is not None:
            for one in placed:
                self._taking.take_placed(_named(one.result, above), one, place)
            return True
        found = self._free(text)
        if not found or not all(self._is_result(result, text) for result in found):
            blank = without_value(text)
            if blank is None:
                return False
            found = [blank]
        for result in found:
            self._taking.take(_named(result, above), place)
        self._in_body = True
        ends = [cell.end for cell in tokens(text) if is_number(cell.text)]
        self._value_end = ends[0] if ends else self._value_end
        return True

    def _take_second(self, text: str, place: str) -> bool:
        """Whether a line has the result above it in another unit; earlier ones apart."""
        columns = self._columns
        placed = under(columns, text) if columns is not None else None
        for one in placed or ():
            self._taking.take_placed_again(one, place)
        if placed:
            return True
        today = self._today(text)
        return today is not None and self._taking.take_in_other_unit(*today, place)

    def _today(self, text: str) -> tuple[str, tuple[EarlierValue, ...]] | None:
        """A line and what stands in it under headings of earlier results; None: unclear."""
        columns = self._columns
        if columns is None or not columns.columns or columns.values():
            return text, ()
        return today_of(columns, text)

    def _free(self, text: str) -> list[PrintedResult]:
        """The results of a line without headings of values; earlier ones apart."""
        today = self._today(text)
        if today is None:
            return []
        text, earlier = today
        found = results_of(text)
        if len(found) == 1 and earlier:
            return [replace(found[0], earlier=(*found[0].earlier, *earlier))]
        return [] if earlier else found

    def _results_of(self, text: str) -> list[PrintedResult]:
        placed = under(self._columns, text) if self._columns is not None else None
        if placed is not None:
            return [one.result for one in placed]
        return self._free(text)

    def _is_result(self, result: PrintedResult, text: str) -> bool:
        """Whether a line without headings is a result; in the title block, only if it must be."""
        if is_analyte(result.name):
            return True
        if result.value is None:
            return result.known
        if is_date(result.value) or is_time(result.value):
            return False
        number = is_number(result.value)
        if not self._in_body:
            return number and result.known
        return (number and not result.value.startswith("+")) or "  " in text.strip()

    def _is_section(self, text: str, place: str) -> bool:
        """Whether a line is a title over results; one that names a fluid sets it."""
        if not self._looks_like_section(text):
            return False
        self._told.note(text, place)
        if text.isupper():
            self._withdrawn.apart()
        heading = " ".join(text.split()).rstrip(":").strip()
        self._fluid.enter(text)
        self._above = heading
        if is_of_blood(heading) or self._fluid.other is not None:
            self._in_body = True
        if layout_words.explains(text):
            self._begin_comment(text, place)
        return True

    def _looks_like_section(self, text: str) -> bool:
        bare = text.rstrip().removesuffix(":").rstrip()
        if _TWO_SENTENCES.search(bare):
            return False
        if _INITIALS.fullmatch(bare):
            return heading_specimen(bare) is not None  # "L.C.R."
        if len(bare.split()) > _SECTION_WORDS or bare.endswith((".", ",", ";", ":")):
            return False
        if not any(is_number(cell.text) for cell in tokens(bare)):
            return True
        said = _DAY_OF_URINE.sub("", bare)
        return (
            len(chunks(bare)) == 1
            and ":" not in bare
            and heading_specimen(bare) is not None
            and not any(map(str.isdigit, said))
        )

    def _take_rest(self, text: str, place: str) -> None:
        """A line that is nothing known: words are a comment, numbers are a reject."""
        self._fluid.sections.content()
        numbered = any(is_number(cell.text) for cell in tokens(text))
        if not self._in_body and not (numbered and holds_a_result(text)):
            self._told.note(text, place)
            return  # the title block: addresses, telephone numbers
        sentence = len(text.split()) >= _SENTENCE_WORDS and "  " not in text.strip()
        sentence = sentence and not (has_value(text) and has_range_or_flag(text))
        if (sentence and not has_grave_flag(text)) or not numbered:
            if self._fluid.other is not None:
                self._taking.refuse_words(text, place)
            elif self._report.results:
                self._begin_comment(text, place)
            else:
                self._told.note(text, place)
            return
        self._taking.refuse_line(text, place)


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())


def _named(result: PrintedResult, above: str | None) -> PrintedResult:
    """A result whose name begins on the line above it, where only both together name it."""
    if above is None:
        return result
    joined = f"{above} {result.name}"
    if not layout_words.names_more(joined, result.name):
        return result
    second = result.second and replace(result.second, name=joined)
    return replace(result, name=joined, second=second)
