"""What stands beside a result and takes it out of the rows: it is withdrawn, or of another fluid.

The remarks, flags, methods and clinical notes of every format are read here, once for each batch:
a result that they withdraw in words is a reject (``withdrawal_words``), as one of which they state
another specimen is (``fluid_statements``). Readers that hold a result's remarks one by one ask
``said_of`` before they join them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from typing import Any

import polars as pl

from hemoscribe.knowledge.printed import status_words
from hemoscribe.records import RejectCode
from hemoscribe.sources.batches import Batch, of_row, reject, reject_frame
from hemoscribe.sources.beside import Beside
from hemoscribe.sources.fluid_statements import (
    fluid_gate,
    fluid_in_field,
    fluid_in_text,
)
from hemoscribe.sources.specimens import OtherSpecimen
from hemoscribe.sources.withdrawal_words import (
    is_withdrawn_flag,
    says_withdrawn,
    withdrawal_gate,
)

CANCELLED = "cancelled"
_SHOWN_CHARACTERS = 300
_NOT_READ = "A comment on what is not read."
_DAY = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})")


@dataclass(frozen=True, slots=True)
class Withdrawn(OtherSpecimen):
    """A result that its laboratory withdraws in words; ``name`` is those."""

    @property
    def sentence(self) -> str:
        """Why it is not read."""
        shown = self.name[:_SHOWN_CHARACTERS]
        return f"The laboratory withdrew the result in words: {shown!r}."


def said_of(texts: Iterable[str | None], row: Mapping[str, Any]) -> OtherSpecimen | None:
    """What remarks on a result make of it: withdrawn, or of another fluid; None where neither.

    A result that its state withdraws already stays as it is.

    Args:
        row: a stated row, or one of ``REPORTED``.
    """
    if is_cancelled(row):
        return None
    beside = beside_of(row)
    for text in texts:
        if not text:
            continue
        if says_withdrawn(text, beside):
            return Withdrawn(text, RejectCode.CANCELLED)
        if (fluid := fluid_in_text(text, beside)) is not None:
            return fluid
    return None


def is_cancelled(row: Mapping[str, Any]) -> bool:
    """Whether the state of a row withdraws its result."""
    status = row.get("status")
    return bool(status) and status_words().get(str(status).strip().casefold()) == CANCELLED


def may_say(text: str) -> bool:
    """Whether a remark may make something of a result, whichever it is; few do."""
    return says_withdrawn(text) or fluid_in_text(text) is not None


def beside_of(row: Mapping[str, Any]) -> Beside:
    """What is known of a stated row, or of one of ``REPORTED``, that a text may speak of."""
    number, name = row.get("reported_value"), row.get("reported_name")
    return Beside(name, row.get("loinc"), number, _day(row))


def _day(row: Mapping[str, Any]) -> date | None:
    moment = row.get("collected_at")
    if isinstance(moment, datetime):
        return moment.date()
    found = _DAY.match(row.get("collected") or "")
    try:
        return None if found is None else date(*map(int, found.groups()))
    except ValueError:
        return None


def without_what_is_denied(batch: Batch) -> Batch:
    """The batch without the results that what stands beside them withdraws or says are no blood.

    They are rejects, with the words. A withdrawal without a number of its own stays a row that is
    cancelled, so that it withdraws the result before it.
    """
    rows = batch.reported
    in_question = _in_question(rows)
    if in_question is None or not in_question.any():
        return batch
    found: dict[int, OtherSpecimen] = {}
    orders: list[int] = []
    places = in_question.arg_true()
    for at, row in zip(places, rows.filter(in_question).iter_rows(named=True), strict=True):
        if (other := _judged(row)) is None:
            continue
        if other.code == RejectCode.CANCELLED and not has_number(row["reported_value"]):
            orders.append(at)
        else:
            found[at] = other
    if orders:
        status = rows["status"].scatter(orders, CANCELLED)
        rows = rows.with_columns(status)
    if not found:
        return replace(batch, reported=rows)
    refused = rows[list(found)].iter_rows(named=True)
    rejects = _rejects(list(refused), list(found.values()))
    is_read = ~pl.int_range(rows.height, eager=True).is_in(list(found))
    frame = reject_frame(rejects)
    return replace(batch, reported=rows.filter(is_read), rejects=pl.concat([batch.rejects, frame]))


def _in_question(rows: pl.DataFrame) -> pl.Series | None:
    """Whether a text beside each row may say so, whichever result it is; None: no text does.

    Stems of the lists are looked for first, so that few distinct texts are read.
    """
    found: pl.Series | None = None
    for name, (gate, tells) in _asked().items():
        texts = rows[name]
        if texts.null_count() == len(texts):
            continue
        distinct = texts.unique()
        holds = distinct.filter(distinct.str.contains_any(gate, ascii_case_insensitive=True))
        said = [text for text in holds if tells(text)]
        if said:
            says = texts.is_in(said).fill_null(value=False)
            found = says if found is None else found | says
    return found


@cache
def _asked() -> Mapping[str, tuple[list[str], Callable[[str], object]]]:
    """Column -> (stems, whether a text of it may say something of the result beside it)."""
    both = [*withdrawal_gate(), *fluid_gate()]
    return {
        "comment": (both, may_say),
        "reported_flag": (withdrawal_gate(), is_withdrawn_flag),
        "clinical_note": (fluid_gate(), fluid_in_text),
        "method": (fluid_gate(), lambda text: fluid_in_field(text, method=True)),
    }


def _judged(row: Mapping[str, Any]) -> OtherSpecimen | None:
    if is_cancelled(row):
        return None
    flag = row["reported_flag"]
    if flag and is_withdrawn_flag(flag):
        return Withdrawn(flag, RejectCode.CANCELLED)
    if (said := said_of((row["comment"],), row)) is not None:
        return said
    if row["method"] and (fluid := fluid_in_field(row["method"], method=True)) is not None:
        return fluid
    return fluid_in_text(row["clinical_note"], beside_of(row))


def has_number(text: str | None) -> bool:
    """Whether a value holds a digit."""
    return text is not None and any(sign.isdigit() for sign in text)


def _rejects(
    rows: Sequence[Mapping[str, Any]], others: Sequence[OtherSpecimen]
) -> list[Mapping[str, Any]]:
    """A reject for each row, and one of no result for each comment that none of them quotes."""
    found: list[Mapping[str, Any]] = []
    comments: dict[tuple[str, str], Mapping[str, Any]] = {}
    for row, other in zip(rows, others, strict=True):
        source = row["source"] or "unnamed source"
        bare = reject(
            source, row["place"], other.code, other.sentence, name=row["reported_name"],
            value=row["reported_value"], unit=row["reported_unit"], flag=row["reported_flag"],
        )  # fmt: skip
        found.append(of_row(bare, row))
        text = row["comment"]
        if text and text != other.name[:_SHOWN_CHARACTERS]:
            comments.setdefault((source, text), row)
    for (source, text), row in comments.items():
        place = f"comment, {row['place']}"
        found.append(reject(source, place, RejectCode.UNREADABLE, _NOT_READ, results=0, value=text))
    return found
