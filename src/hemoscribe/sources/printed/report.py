"""One printed report: its title block, its results by line and column, its comments."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hemoscribe.sources.printed import layout_words
from hemoscribe.sources.printed.cells import PrintedResult, chunks, is_number, single, tokens
from hemoscribe.sources.printed.headings import (
    Columns,
    find_columns,
    is_date,
    is_rule,
    is_time,
)
from hemoscribe.sources.printed.parts import (
    MAX_LINE_CHARACTERS,
    Line,
    PrintedReport,
    Refused,
    Taken,
    head_of,
)
from hemoscribe.sources.printed.table_lines import Placed, under
from hemoscribe.sources.tables.analyte_names import is_analyte
from hemoscribe.sources.tables.headers import IDENTIFIER

_COLON = re.compile(r"\s*:\s+|\s+:")
_TITLE = re.compile(r"(?P<label>[^:]{1,40}): ?(?P<text>.*)")
_OPENS_COMMENT = re.compile(r"\s*(?P<label>[^:\d]{2,60}?)\s*:(?:\s+(?P<text>.*))?$")
_NAME = re.compile(r"[^\W\d]+(?:[ ,.'-]+[^\W\d]+)*")
_ALIGNED_CHARACTERS = 3
_SENTENCE_WORDS = 5
_SECTION_WORDS = 8


def read_report(lines: Sequence[Line], titles: Mapping[str, str]) -> PrintedReport:
    """A report from its lines.

    Args:
        titles: what is known of it from elsewhere; the report's own title block wins.
    """
    return _Reader(lines, PrintedReport(titles=dict(titles))).read()


@dataclass
class _Comment:
    """A comment as it is collected; ``when`` and ``request`` say which column it is of."""

    lines: list[str] = field(default_factory=list)
    when: str | None = None
    request: str | None = None
    after_blank: bool = False


class _Reader:
    """Goes down the lines once; each is a title, a heading, a result, a comment or a section."""

    def __init__(self, lines: Sequence[Line], report: PrintedReport) -> None:
        self._lines = lines
        self._texts = [head_of(line.text).expandtabs().rstrip() for line in lines]
        self._report = report
        self._columns: Columns | None = None
        self._comments: list[_Comment] = []
        self._comment: _Comment | None = None
        self._locator: tuple[str | None, str | None] = (None, None)
        self._blood = layout_words.specimen(report.titles.get("specimen", "")) is not False
        self._value_end: int | None = None
        self._after_blank = True

    def read(self) -> PrintedReport:
        self._report.french = layout_words.is_french("\n".join(self._texts))
        at = 0
        while at < len(self._texts):
            at += self._take(at)
        for comment in self._comments:
            self._attach(comment)
        return self._report

    def _take(self, at: int) -> int:
        """Take what begins at a line; returns how many lines it is."""
        text = self._texts[at]
        if not text.strip():
            self._after_blank = True
            if self._comment is not None:
                self._comment.after_blank = True
            return 1
        if (found := find_columns(self._texts, at)) is not None:
            self._columns, height = found
            self._comment = None
            dates = [column.date for column in self._columns.columns if column.date]
            self._report.dates.extend(dates)
            self._after_blank = False
            return height
        line = self._lines[at]
        if len(line.text) > MAX_LINE_CHARACTERS:
            self._take_long(text, " ".join(line.text.split()), line.place)
        else:
            self._take_line(text, line.place)
        self._after_blank = False
        return 1

    def _take_line(self, text: str, place: str) -> None:
        if self._opens_comment(text) or is_rule(text):
            return
        if self._comment is not None and not self._leaves_comment(text):
            self._add_to_comment(text)
            return
        if self._is_title(text):
            return
        if layout_words.is_footer(text):
            self._comment = None
            return
        self._comment = None
        if layout_words.explains(text) and self._is_section(text):
            return
        if not (self._take_results(text, place) or self._is_section(text)):
            self._take_rest(text, place)

    def _take_long(self, head: str, whole: str, place: str) -> None:
        """A line longer than a result's is a comment, or it is refused; none of it is left out."""
        if self._opens_comment(head) and self._comment is not None:
            said = " ".join(head.split())
            self._comment.lines.append(whole[len(said) :].strip())
        elif self._comment is not None:
            self._comment.lines.append(whole)
        else:
            why = f"The line has more than {MAX_LINE_CHARACTERS:,} characters, as no result has."
            self._report.refused.append(Refused(place, why, None, whole))

    # comments

    def _opens_comment(self, text: str) -> bool:
        if self._is_locator(text):
            return True
        match = _OPENS_COMMENT.match(text)
        label, said = (match["label"], match["text"]) if match else (text.strip(), "")
        kind = layout_words.comment_label(label)
        if kind is None:
            return False
        if kind == "general" and self._after_blank:
            self._locator = (None, None)
        continues = self._comment is not None and (
            (self._comment.when, self._comment.request) == self._locator
        )
        if not continues:
            self._comment = _Comment(when=self._locator[0], request=self._locator[1])
            self._comments.append(self._comment)
        assert self._comment is not None
        self._comment.after_blank = False
        if kind != "plain" and match is not None:
            self._comment.lines.append(f"{' '.join(label.split())}:")
        if said and said.strip():
            self._comment.lines.append(said.strip())
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
        indented = text.startswith("  ")
        found = self._results_of(text)
        certain = [result for result in found if result.known and is_analyte(result.name)]
        if certain and not indented and (self._comment.after_blank or self._aligned(text)):
            return True
        if not self._comment.after_blank or indented:
            return False
        return not found and self._looks_like_section(text) and bool(self._comment.lines)

    def _aligned(self, text: str) -> bool:
        ends = [cell.end for cell in tokens(text) if is_number(cell.text)]
        known = self._value_end
        return known is not None and any(abs(end - known) <= _ALIGNED_CHARACTERS for end in ends)

    def _add_to_comment(self, text: str) -> None:
        assert self._comment is not None
        if not layout_words.is_footer(text):
            self._comment.lines.append(" ".join(text.split()))

    def _attach(self, comment: _Comment) -> None:
        """Give a comment to the results of its sample; where it names none, to those of today."""
        said = " ".join(comment.lines)
        if not said:
            return
        results = self._report.results
        if comment.when is None:
            ours = [taken for taken in results if taken.collected is None]
        else:
            ours = [taken for taken in results if _is_of(taken, comment)]
        for taken in ours or results:
            taken.comment = f"{taken.comment} {said}" if taken.comment else said

    # titles

    def _is_title(self, text: str) -> bool:
        """Whether a line is of the title block; what it says is kept."""
        known = False
        for chunk in chunks(_COLON.sub(": ", text)):
            match = _TITLE.fullmatch(chunk.text)
            meaning = layout_words.title(match["label"]) if match is not None else None
            if match is not None and meaning is not None:
                self._keep(meaning, match["text"].strip())
                known = True
            elif (said := layout_words.phrase(chunk.text)) is not None:
                self._keep(*said)
                known = True
        return known

    def _keep(self, meaning: str, text: str) -> None:
        if meaning == "specimen":
            blood = layout_words.specimen(text)
            self._blood = blood is not False
        if not text or meaning in ("specimen", "other", IDENTIFIER):
            return
        if meaning == "patient_id" and _NAME.fullmatch(text):
            return  # a name, and no number
        if meaning == "collected_day":
            meaning = "collected_at"
        self._report.titles[meaning] = text
        if meaning == "collected_at":
            self._report.dates.append(text)

    # results

    def _take_results(self, text: str, place: str) -> bool:
        placed = under(self._columns, text) if self._columns is not None else None
        if placed is not None:
            for one in placed:
                self._take_placed(one, place)
            return True
        result = single(text)
        if result is None or not self._is_result(result, text):
            return False
        if result.rest:
            self._report.refused.append(
                Refused(place, f"What stands behind the result is not understood: {result.rest!r}.",
                        result.name)
            )  # fmt: skip
        self._report.results.append(Taken(result, place, blood=self._blood))
        ends = [cell.end for cell in tokens(text) if is_number(cell.text)]
        self._value_end = ends[0] if ends else self._value_end
        return True

    def _take_placed(self, placed: Placed, place: str) -> None:
        where = f"{place}, column {placed.number}"
        if placed.refusal is not None:
            self._report.refused.append(
                Refused(where, placed.refusal, placed.result.name, placed.result.value)
            )
            return
        column = placed.column
        self._report.results.append(
            Taken(placed.result, where, column.collected, column.request, self._blood)
        )

    def _results_of(self, text: str) -> list[PrintedResult]:
        placed = under(self._columns, text) if self._columns is not None else None
        if placed is not None:
            return [one.result for one in placed]
        result = single(text)
        return [] if result is None else [result]

    def _is_result(self, result: PrintedResult, text: str) -> bool:
        """Whether a line without headings is a result; before the first one, only if it must be."""
        if is_analyte(result.name):
            return True
        if result.value is None:
            return result.known
        if is_date(result.value) or is_time(result.value):
            return False
        number = is_number(result.value)
        if not self._report.results:
            return number and result.known
        return (number and not result.value.startswith("+")) or "  " in text.strip()

    def _is_section(self, text: str) -> bool:
        """Whether a line is a title over results; one that names a fluid sets it."""
        if not self._looks_like_section(text):
            return False
        blood = layout_words.specimen(text)
        if blood is not None:
            self._blood = blood
        if layout_words.explains(text):
            self._comment = _Comment(lines=[" ".join(text.split())])
            self._comments.append(self._comment)
        return True

    def _looks_like_section(self, text: str) -> bool:
        return (
            len(text.split()) <= _SECTION_WORDS
            and not any(is_number(cell.text) for cell in tokens(text))
            and not text.rstrip().endswith((".", ",", ";", ":"))
        )

    def _take_rest(self, text: str, place: str) -> None:
        """A line that is nothing known: a sentence is a comment, numbers are a reject."""
        if not self._report.results:
            return  # the title block: addresses, telephone numbers
        if len(text.split()) >= _SENTENCE_WORDS and "  " not in text.strip():
            self._comment = _Comment(lines=[" ".join(text.split())])
            self._comments.append(self._comment)
        elif any(is_number(cell.text) for cell in tokens(text)):
            shown = " ".join(text.split())
            self._report.refused.append(
                Refused(place, "The line has numbers and is no result that is understood.",
                        None, shown)
            )  # fmt: skip


def _is_of(taken: Taken, comment: _Comment) -> bool:
    return taken.collected == comment.when or (
        comment.when is not None
        and " " not in comment.when
        and taken.request is not None
        and comment.request is not None
        and taken.request in comment.request
    )
