"""The results of many orders, gathered as they are read, as one batch of rows and rejects."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from hemoscribe.records import RejectCode
from hemoscribe.sources.batches import Batch, Notices
from hemoscribe.sources.hl7.observations import observed
from hemoscribe.sources.hl7.order import Order
from hemoscribe.sources.hl7.order_rows import order_rows
from hemoscribe.sources.hl7.order_times import LaterTimes
from hemoscribe.sources.said_beside import has_number, may_say, said_of
from hemoscribe.sources.specimens import OtherSpecimen, SpecimenJudge
from hemoscribe.sources.stated import (
    CUT,
    MAX_TEXT_CHARACTERS,
    bounded,
    of_other,
    refused,
    stated_batch,
    unread_comment,
)

Observe = Callable[[Sequence[str], str], pl.DataFrame]
Reject = Mapping[str, Any]
_TEXT = pl.String()


class Gathered:
    """Results in the order they stand in, with the orders they are of, until ``batch``.

    Args:
        observe: what lines state, with the separators that they have; as ``observations.observed``.
        result_time: what the time of a result is the time of, where it is no collection.
        words: what a place says: a message, and a result in it.
    """

    def __init__(
        self,
        source: str,
        notices: Notices,
        judge: SpecimenJudge,
        *,
        observe: Observe = observed,
        result_time: str | None = None,
        words: tuple[str, str] = ("message", "OBX"),
    ) -> None:
        self.source, self.notices, self.judge = source, notices, judge
        self.observe, self.result_time, self.words = observe, result_time, words
        self.later = LaterTimes()
        self.rejects: list[Reject] = []
        self._clear()

    def _clear(self) -> None:
        self.orders: list[Order] = []
        self.count = 0  # how many results wait for ``batch``
        self._runs: list[list[int]] = []  # order, number of the first result, how many
        self.comments: dict[int, list[str]] = {}
        self.authors: dict[int, str] = {}
        self._lines: list[str] = []
        self._separators = ""
        self._observed: list[pl.DataFrame] = []

    def begin(self, order: Order) -> Order:
        """The results that follow are of this order."""
        self.orders.append(order)
        return order

    def add(self, lines: Sequence[str], separators: str, number: int) -> None:
        """Results of the order begun last; ``number`` is the first one's own in the message."""
        if separators != self._separators:
            self._observe()
            self._separators = separators
        self._lines += lines
        self._runs.append([len(self.orders) - 1, number, len(lines)])
        self.count += len(lines)
        self.orders[-1].results += len(lines)

    def comment(self, text: str, author: str | None = None) -> None:
        """A comment on the last result of the order begun last, else on that order."""
        order, last = self.orders[-1], self.count - 1
        comments = self.comments.setdefault(last, []) if order.results else order.comments
        if author and order.results:
            self.authors[last] = author
        elif author:
            order.author = author
        if sum(map(len, comments)) <= MAX_TEXT_CHARACTERS:  # beyond it, the row says it is cut
            comments.append(bounded(text))

    def batch(self) -> Batch:
        """What was gathered since the last time, as rows and rejects."""
        self._observe()
        rows = pl.concat(self._observed) if self._observed else None
        kept = None if rows is None else self._read(rows)
        if rows is None:
            self._say_unread(frozenset(), {})
        rejects, self.rejects = self.rejects, []
        self._clear()
        return stated_batch(self.source, [] if kept is None else kept, rejects, self.notices)

    def say_times(self) -> None:
        """Say of how many results the time is a later one."""
        self.later.say(self.source, self.notices)

    def _observe(self) -> None:
        if self._lines:
            self._observed.append(self.observe(self._lines, self._separators))
            self._lines = []

    def _read(self, results: pl.DataFrame) -> pl.DataFrame:
        """The rows that are read; the others and their comments go among the rejects."""
        order, first, many = np.array(self._runs, dtype=np.int64).T
        begins = np.repeat(np.cumsum(many) - many, many)
        order_of = np.repeat(order, many)
        results = results.with_columns(
            order=pl.Series(order_of.astype(np.uint32)),
            number=pl.Series(np.repeat(first, many) + np.arange(self.count) - begins),
        )
        rows, others = order_rows(results, self.orders, self.judge, self.result_time)
        rows = self._as_remarked(rows, others)
        message, result = self.words
        place = pl.format(f"{message} {{}}, {result} {{}}", "message", "number")
        rows = self._commented(rows.with_columns(place=place))
        is_read = rows.select(pl.col("other").is_null() & pl.col("refusal").is_null()).to_series()
        kept = rows if is_read.all() else rows.filter(is_read)
        self._refuse(rows.filter(~is_read), others)
        counts = kept["what"].drop_nulls().value_counts()
        self.later.take(dict(counts.iter_rows()))
        strays = {at: int(order_of[at]) for at in self.comments if not is_read[at]}
        self._say_unread(frozenset(kept["order"].unique()), strays)
        return kept

    def _as_remarked(self, rows: pl.DataFrame, others: list[OtherSpecimen]) -> pl.DataFrame:
        """What remarks make of results, one by one: withdrawn, or of another fluid."""
        told: dict[int, int] = {}
        for at, texts in self._remarks(rows).items():
            row = rows.row(at, named=True)
            if row["other"] is not None or not has_number(row["reported_value"]):
                continue
            if (other := said_of(texts, row)) is not None:
                others.append(other)
                told[at] = len(others) - 1
        if not told:
            return rows
        column = rows["other"].scatter(list(told), pl.Series(list(told.values()), dtype=pl.Int32))
        return rows.with_columns(column)

    def _remarks(self, rows: pl.DataFrame) -> Mapping[int, Sequence[str]]:
        """The remarks on each result that may say more of it than words, those on its order too."""
        found = {at: texts for at, texts in self.comments.items() if any(map(may_say, texts))}
        orders = [at for at, order in enumerate(self.orders) if any(map(may_say, order.comments))]
        if orders:
            places = rows["order"].is_in(orders)
            for at, order in zip(places.arg_true(), rows["order"].filter(places), strict=True):
                found[at] = [*self.orders[order].comments, *self.comments.get(at, ())]
        return found

    def _commented(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The comment of each result, the order's before its own, and who wrote it."""
        own = {at: " ".join(texts) for at, texts in self.comments.items()}
        rows = rows.with_columns(
            _sparse(own, rows.height).alias("own"), _sparse(self.authors, rows.height).alias("by")
        )
        comment = pl.concat_str("order_comment", "own", separator=" ", ignore_nulls=True)
        cut = comment.str.slice(0, MAX_TEXT_CHARACTERS - len(CUT)) + CUT
        is_long = comment.str.len_chars() > MAX_TEXT_CHARACTERS
        bound = pl.when(is_long).then(cut).when(comment != "").then(comment)
        author = pl.coalesce("by", "order_author", "observer")
        return rows.with_columns(comment=bound).with_columns(
            comment_author=pl.when(pl.col("comment").is_not_null()).then(author)
        )

    def _refuse(self, unread: pl.DataFrame, others: Sequence[OtherSpecimen]) -> None:
        """The results of other fluids and those that are no quantity."""
        for row in unread.iter_rows(named=True):
            if row["other"] is not None:
                self.rejects.append(of_other(self.source, row, others[row["other"]]))
            else:
                why = row["refusal"]
                self.rejects.append(refused(self.source, row, RejectCode.NOT_A_NUMBER, why))

    def _say_unread(self, read: frozenset[int], unread: Mapping[int, int]) -> None:
        """Comments on orders not in ``read``, and on results ``unread`` (-> their order)."""
        strays: dict[int, list[str]] = {
            at: [*order.comments] for at, order in enumerate(self.orders) if at not in read
        }
        for at in sorted(unread):
            strays.setdefault(unread[at], []).extend(self.comments[at])
        whose_read = {id(self.orders[at].whose) for at in read}
        noted = {id(order.whose) for order in self.orders} - whose_read
        for at in sorted(strays):
            whose = self.orders[at].whose
            texts = [*strays[at], *(whose.notes if id(whose) in noted else ())]
            noted.discard(id(whose))
            for text in dict.fromkeys(texts):
                place = f"{self.words[0]} {whose.message}, comment"
                self.rejects.append(unread_comment(self.source, place, text))


def _sparse(found: Mapping[int, str], height: int) -> pl.Series:
    """A column that is null but at a few places."""
    column = pl.repeat(None, height, dtype=_TEXT, eager=True)
    if not found:
        return column
    return column.scatter(list(found), pl.Series(list(found.values()), dtype=_TEXT))
