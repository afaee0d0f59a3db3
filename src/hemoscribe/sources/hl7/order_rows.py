"""The results of many orders as stated rows: what each states, beside what its order states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from hemoscribe.sources.hl7.order import Order
from hemoscribe.sources.hl7.order_specimens import (
    is_mixed,
    order_specimen,
    sections,
    specimen_asked,
    stated_in_comments,
    stated_in_fields,
    stated_inside,
)
from hemoscribe.sources.hl7.order_status import worse_status
from hemoscribe.sources.hl7.order_times import OrderTime, order_time
from hemoscribe.sources.specimens import OtherSpecimen, SpecimenJudge, heading_specimen

_TEXT = pl.String()
_CARRIED = (
    *("patient_id", "laboratory", "report", "born", "sex", "ward", "specimen", "sample_id"),
    *("requested", "requester", "clinical_note"),
)
_OF_ORDER: Mapping[str, Any] = {
    **dict.fromkeys(_CARRIED, _TEXT),
    **dict.fromkeys(("order_status", "stated", "otherwise", "what"), _TEXT),
    **dict.fromkeys(("order_comment", "order_author"), _TEXT),
    "message": pl.Int64(),
    "other": pl.Int32(),
}


def order_rows(
    results: pl.DataFrame, orders: Sequence[Order], judge: SpecimenJudge, result_time: str | None
) -> tuple[pl.DataFrame, list[OtherSpecimen]]:
    """(the results with what their orders state, the specimens that are not known to be blood).

    Args:
        results: the columns ``observations.OBSERVED``, ``order`` (a place in ``orders``) and
            ``number``.
        result_time: what the time of a result is the time of, where it is no collection.

    Returns:
        The columns of a stated row less its comment and place, and ``message``, ``number``,
        ``order``, ``other`` (a place among the specimens), ``refusal``, ``what`` (of what its time
        is, where it is no collection), ``order_comment``, ``order_author`` and ``observer``.
    """
    others: list[OtherSpecimen] = []
    for at, fluids in stated_inside(results).items():
        orders[at].specimens.append(fluids)
    for order in orders:
        if order.comments:
            order.specimens += stated_in_comments(order)
    of_orders = _of_orders(results, orders, judge, result_time, others)
    rows = pl.concat([results, of_orders[results["order"]]], how="horizontal")
    if mixed := [at for at, order in enumerate(orders) if is_mixed(order)]:
        rows = _as_asked(rows, orders, mixed, others)
    rows = _in_fields(_in_sections(rows, others), others)
    return _placed(rows, result_time), others


def _of_orders(
    results: pl.DataFrame,
    orders: Sequence[Order],
    judge: SpecimenJudge,
    result_time: str | None,
    others: list[OtherSpecimen],
) -> pl.DataFrame:
    timed = results.filter(pl.col("time").is_not_null())
    firsts = dict(timed.group_by("order").agg(pl.col("time").first()).iter_rows())
    stated = []
    for at, order in enumerate(orders):
        first = firsts.get(at)
        if result_time is not None:
            order.later.append((first, result_time))
            first = None
        other = order_specimen(order, judge) if order.results else None
        if other is not None:
            others.append(other)
        place = None if other is None else len(others) - 1
        stated.append(_stated(order, order_time(order, first), place))
    return pl.DataFrame(stated, schema=dict(_OF_ORDER), orient="row")


def _stated(order: Order, time: OrderTime, other: int | None) -> tuple[Any, ...]:
    whose = order.whose
    specimen = next((texts for texts in order.specimens if any(texts)), [])
    return (
        whose.patient_id,
        whose.laboratory,
        whose.report_number,
        whose.born,
        whose.sex,
        whose.ward,
        next((text for text in [*specimen[1:2], *specimen] if text), None),
        order.sample_id,
        order.requested,
        order.requester,
        order.notes,
        order.status,
        time.stated,
        time.otherwise,
        time.what,
        " ".join(order.comments) or None,
        order.author,
        whose.message,
        other,
    )


def _as_asked(
    rows: pl.DataFrame, orders: Sequence[Order], mixed: Sequence[int], others: list[OtherSpecimen]
) -> pl.DataFrame:
    """In an order for several fluids, each result by the analysis that its codes name."""
    here = rows["order"].is_in(list(mixed))
    told: list[int | None] = []
    for at, other, *named in rows.filter(here).select("order", "other", "code", "asked").rows():
        known = specimen_asked(orders[at], named, others[other])
        if known is None or known == others[other]:
            told.append(None if known is None else other)
        else:
            others.append(known)
            told.append(len(others) - 1)
    found = pl.Series(told, dtype=pl.Int32)
    return rows.with_columns(rows["other"].scatter(here.arg_true(), found))


def _in_sections(rows: pl.DataFrame, others: list[OtherSpecimen]) -> pl.DataFrame:
    """Results under a heading of another fluid are of it, whatever their order says."""
    section = sections(rows)
    if section is None:
        return rows
    places = {}
    for heading in section.unique().drop_nulls():
        if (other := heading_specimen(heading)) is not None:
            others.append(other)
            places[heading] = len(others) - 1
    found = section.replace_strict(places, default=None, return_dtype=pl.Int32)
    return rows.with_columns(other=pl.coalesce(pl.col("other"), pl.lit(found)))


def _in_fields(rows: pl.DataFrame, others: list[OtherSpecimen]) -> pl.DataFrame:
    """Results whose own sub-id, site or method names another fluid are of it."""
    for (name, text), other in stated_in_fields(rows).items():
        others.append(other)
        place = pl.when(pl.col(name) == text).then(pl.lit(len(others) - 1, pl.Int32))
        rows = rows.with_columns(other=pl.coalesce("other", place))
    return rows


def _placed(rows: pl.DataFrame, result_time: str | None) -> pl.DataFrame:
    own = pl.lit(None, _TEXT) if result_time is not None else pl.col("time")
    known = pl.coalesce("stated", own)
    return rows.select(
        *_CARRIED,
        *("loinc", "method", "instrument", "observer", "order_comment", "order_author"),
        *("other", "refusal", "order", "message", "number"),
        what=pl.when(known.is_null()).then("what"),
        collected=pl.coalesce(known, "otherwise"),
        status=_status(rows),
        reported_name="name",
        reported_value="value",
        reported_unit="unit",
        reported_low="low",
        reported_high="high",
        reported_flag="flag",
    )


def _status(rows: pl.DataFrame) -> pl.Series:
    """The worse of what a result and its order state; the result's own where they are alike."""
    pairs = rows.select("status", "order_status")
    distinct = pairs.unique()
    worse = [worse_status(own, order) for own, order in distinct.iter_rows()]
    told = distinct.with_columns(pl.Series("worse", worse, dtype=_TEXT))
    joined = pairs.join(
        told, on=["status", "order_status"], how="left", nulls_equal=True, maintain_order="left"
    )
    return joined["worse"]
