"""Why a recognised row is refused, in the order in which the reasons are looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from hemoscribe.knowledge.printed import flag_words
from hemoscribe.records import (
    ALARM,
    CRITICAL_FLAGS,
    NO_ALARM,
    RejectCode,
    no_rejects,
    report_number,
)

SENTENCES = {
    RejectCode.UNREADABLE: "The status of the result is not one we know.",
    RejectCode.CANCELLED: "The laboratory cancelled the result.",
    RejectCode.NO_PATIENT: "The row names no patient.",
    RejectCode.NO_VALUE: "The result has no value.",
    RejectCode.UNUSABLE_SAMPLE: "The laboratory could not use the sample.",
    RejectCode.NOT_A_NUMBER: "The value is not a number.",
    RejectCode.IMPOSSIBLE_UNIT: (
        "The printed range is impossible in the stated unit, and usual in another one: the unit, "
        "the range or the value is wrong."
    ),
    RejectCode.IMPOSSIBLE_RANGE: (
        "The printed range is impossible, and calls normal a value that is critical: the range or "
        "the value is wrong."
    ),
}
"""What is said of a row whose name and unit have no part in its refusal."""


_UNCLEAR_COMMA = "The comma may mark decimals or thousands, and both values are plausible."
_REFUSALS: Sequence[tuple[pl.Expr, RejectCode | None, str]] = (
    (pl.col("status_code") == "?", RejectCode.UNREADABLE, SENTENCES[RejectCode.UNREADABLE]),
    (
        (pl.col("status_code") == "cancelled")
        & (pl.col("reported_value").is_null() | pl.col("trouble").is_not_null()),
        RejectCode.CANCELLED,
        SENTENCES[RejectCode.CANCELLED],
    ),
    *(
        (condition, code, SENTENCES[code])
        for condition, code in (
            (pl.col("patient_id").is_null(), RejectCode.NO_PATIENT),
            (pl.col("reported_value").is_null(), RejectCode.NO_VALUE),
            (pl.col("trouble") == str(RejectCode.NO_VALUE), RejectCode.NO_VALUE),
            (pl.col("trouble") == str(RejectCode.UNUSABLE_SAMPLE), RejectCode.UNUSABLE_SAMPLE),
            (pl.col("trouble").is_not_null(), RejectCode.NOT_A_NUMBER),
        )
    ),
    (pl.col("resolution").is_not_null(), None, ""),  # as the option says
    (pl.col("two_readings"), RejectCode.NOT_A_NUMBER, _UNCLEAR_COMMA),
    (
        pl.col("contradicted"),
        RejectCode.IMPOSSIBLE_UNIT,
        SENTENCES[RejectCode.IMPOSSIBLE_UNIT],
    ),
    (
        pl.col("called_normal"),
        RejectCode.IMPOSSIBLE_RANGE,
        SENTENCES[RejectCode.IMPOSSIBLE_RANGE],
    ),
)
"""When a row is refused, as what and why: the first that holds is said."""


def refusal() -> pl.Expr:
    """The number, from 1, of the first refusal that holds of a row; 0 where none does."""
    number: pl.Expr = pl.lit(0, pl.UInt8)
    for place, (holds, *_) in reversed(list(enumerate(_REFUSALS, start=1))):
        number = pl.when(holds.fill_null(False)).then(pl.lit(place, pl.UInt8)).otherwise(number)
    return number


def reject_rows(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of ``records.Reject`` from refused rows, what was recognised of them and ``refusal``."""
    numbers = range(1, len(_REFUSALS) + 1)
    codes = {n: str(code) for n, (_, code, _) in zip(numbers, _REFUSALS, strict=True) if code}
    messages = {n: text for n, (_, code, text) in zip(numbers, _REFUSALS, strict=True) if code}
    number = pl.col("refusal")
    return rows.select(
        source=pl.col("source").fill_null("unnamed source"),
        place=pl.coalesce("place", pl.format("row {}", pl.col("row") + 1)),
        code=number.replace_strict(codes, default=pl.col("resolution"), return_dtype=pl.String),
        message=number.replace_strict(
            messages, default=pl.col("resolution_message"), return_dtype=pl.String
        ),
        results=pl.lit(1, pl.UInt32),
        reported_name="reported_name",
        reported_value="reported_value",
        reported_unit="reported_unit",
        reported_flag="reported_flag",
        patient_id="patient_id",
        report_id=report_number(),
    ).cast(no_rejects().schema)


def stated_flag(reject: Mapping[str, Any]) -> str | None:
    """The laboratory's flag on what was refused; a stored one may be in our words already."""
    return reject.get("reported_flag") or reject.get("laboratory_flag")


def with_flag(reject: Mapping[str, Any]) -> dict[str, Any]:
    """What was refused, with the laboratory's flag in our words and whether it is an alarm.

    A critical flag on what could not be understood is one, whoever refused it: a reader, the rules,
    or the sender of the report. So is a critical value that an impossible range calls normal.
    """
    stated = stated_flag(reject)
    flag = flag_words().get(stated.strip().casefold(), "?") if stated else None
    flagged = flag in CRITICAL_FLAGS and reject["code"] not in NO_ALARM
    critical = flagged or reject["code"] in ALARM
    return {**reject, "laboratory_flag": flag, "critical": critical}
