"""Rows as a reader took them from a file to rows of recognised results, in canonical units.

Names, units and numbers are resolved once per distinct text and joined back, so that millions of
rows cost little more than thousands. Every row leaves as one result or one reject.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from hemoscribe.knowledge import printed
from hemoscribe.knowledge.analytes import MAX_AGE_YEARS, Analyte
from hemoscribe.knowledge.conversions import UnitRefused, resolve
from hemoscribe.knowledge.inference import decimal_or_thousands, infer_unit
from hemoscribe.knowledge.names import Candidate, candidates
from hemoscribe.records import REPORTED, Reject, RejectCode, Result

_COMBINATION = ("reported_name", "loinc", "reported_unit")
_SEXES = {"f": "F", "female": "F", "femme": "F", "w": "F", "m": "M", "male": "M", "homme": "M"}


@dataclass(frozen=True, slots=True)
class _Option:
    """One analyte and unit a row may be in."""

    analyte: Analyte
    unit: str
    scale: float
    offset: float
    annotation: str | None


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a distinct name, code and unit stand for: options, or a reject."""

    options: tuple[_Option, ...]
    inferred: bool = False
    code: RejectCode | None = None
    message: str = ""


def recognise(
    reported: pl.DataFrame, *, trimmed: bool = False
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Recognised results and rejects; together they are as many as the rows that came in.

    Args:
        reported: columns of ``records.REPORTED``; missing ones count as null.
        trimmed: no text is empty or has spaces around it, so none is looked for.

    Returns:
        Rows of ``records.Result`` (values and limits in canonical units; flags not yet set) and
        rows of ``records.Reject``, both in the order they came in. Implausible values pass: they
        are the curator's business, except that a missing unit is inferred from plausible values.
    """
    rows = _prepared(reported, trimmed=trimmed)
    rows = _with_numbers(_with_options(rows))
    rows = _with_codes(rows)
    results = _results(rows.filter(pl.col("code").is_null()))
    rejects = _rejects(rows.filter(pl.col("code").is_not_null()))
    assert len(results) + len(rejects) == len(reported), "recognise lost a row"
    return results, rejects


def _prepared(reported: pl.DataFrame, *, trimmed: bool) -> pl.DataFrame:
    missing = [
        pl.lit(None, kind).alias(name) for name, kind in REPORTED.items() if name not in reported
    ]
    rows = reported.with_columns(missing).select(
        pl.col(name).cast(kind) for name, kind in REPORTED.items()
    )
    if not trimmed:
        text = pl.col([name for name, kind in REPORTED.items() if kind == pl.String])
        bare = text.str.strip_chars()
        rows = rows.with_columns(pl.when(bare != "").then(bare).name.keep())
    return rows.with_row_index("row")


def _with_options(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per row and option (``choice``), with what the combination was resolved to."""
    distinct = rows.select(_COMBINATION).unique(maintain_order=True)
    table = pl.DataFrame(
        list(_option_rows(distinct)),
        schema={
            **dict.fromkeys(_COMBINATION, pl.String()),
            "analyte": pl.String(),
            "unit": pl.String(),
            "annotation": pl.String(),
            "scale": pl.Float64(),
            "offset": pl.Float64(),
            "plausible_low": pl.Float64(),
            "plausible_high": pl.Float64(),
            "usual_low": pl.Float64(),
            "usual_high": pl.Float64(),
            "unit_inferred": pl.Boolean(),
            "resolution": pl.String(),
            "resolution_message": pl.String(),
        },
        orient="row",
    )
    return rows.join(
        table, on=list(_COMBINATION), how="left", nulls_equal=True, maintain_order="left"
    )


def _option_rows(distinct: pl.DataFrame) -> Iterator[tuple[object, ...]]:
    for name, loinc, unit in distinct.iter_rows():
        resolved = resolve_name(name, loinc, unit)
        if resolved.code is not None:
            blank = (None,) * 9
            yield (name, loinc, unit, *blank, False, str(resolved.code), resolved.message)
        for option in resolved.options:
            analyte = option.analyte
            yield (
                name, loinc, unit, analyte.id, option.unit, option.annotation,
                option.scale, option.offset, *analyte.plausible, *_usual(analyte),
                resolved.inferred, None, "",
            )  # fmt: skip


def _usual(analyte: Analyte) -> tuple[float | None, float | None]:
    """The widest limits of the adult's ranges (else of all), to judge what is printed by."""
    adult = [row for row in analyte.ranges if row.age_high_years == MAX_AGE_YEARS]
    lows = [row.low for row in adult or analyte.ranges if row.low]
    highs = [row.high for row in adult or analyte.ranges if row.high]
    return (min(lows) if lows else None), (max(highs) if highs else None)


def resolve_name(name: str | None, loinc: str | None, unit: str | None) -> Resolved:
    """The analytes and units that a printed name, code and unit may stand for, or why none."""
    if name is None and loinc is None:
        return Resolved((), code=RejectCode.UNREADABLE, message="The result has no name.")
    found, why = candidates(name, loinc)
    if not found:
        return Resolved((), code=RejectCode.UNKNOWN_ANALYTE, message=why)
    if unit is None:
        return _without_unit(found)
    options, refusals = [], []
    for candidate in found:
        try:
            options.append(_option(candidate, unit))
        except UnitRefused as refused:
            refusals.append(refused)
    if not options:
        first = refusals[0]
        return Resolved((), code=first.code, message=str(first))
    if len({option.analyte.id for option in options}) > 1:
        names = " or ".join(option.analyte.id for option in options)
        message = f"{name!r} in {unit} may be {names}."
        return Resolved((), code=RejectCode.UNKNOWN_ANALYTE, message=message)
    return Resolved((options[0],))


def _option(candidate: Candidate, unit: str) -> _Option:
    scale, offset, code = resolve(candidate.analyte, unit)
    if candidate.annotation and "{" not in code and "g" in code.split("/")[0]:
        annotated = f"{code}{{{candidate.annotation}}}"
        scale, offset, _ = resolve(candidate.analyte, annotated)
        return _Option(candidate.analyte, unit, scale, offset, annotated)
    return _Option(candidate.analyte, unit, scale, offset, None)


def _without_unit(found: tuple[Candidate, ...]) -> Resolved:
    """The units a value without one may be in; a number that has no unit is not inferred."""
    options: dict[tuple[str, float, float], _Option] = {}
    for candidate in found:
        for unit in candidate.analyte.units:
            option = _option(candidate, unit)
            options.setdefault((candidate.analyte.id, option.scale, option.offset), option)
    chosen = tuple(options.values())
    return Resolved(chosen, inferred=any(option.analyte.unit != "1" for option in chosen))


def _with_numbers(rows: pl.DataFrame) -> pl.DataFrame:
    """The value and limits as numbers, read once per distinct text."""
    values = rows.select("reported_value").unique().drop_nulls()
    plain = values["reported_value"].str.contains(r"^-?[0-9]{1,15}(\.[0-9]{1,15})?$")
    easy = values.filter(plain).select(
        "reported_value",
        number=pl.col("reported_value").cast(pl.Float64),
        comparator=pl.lit(None, pl.String),
        value_flag=pl.lit(None, pl.String),
        alternative=pl.lit(None, pl.Float64),
        trouble=pl.lit(None, pl.String),
    )
    read = []
    for text in values.filter(~plain)["reported_value"]:
        value = printed.read_number(text)
        trouble = None if value.trouble is None else str(value.trouble)
        read.append((text, value.number, value.comparator, value.flag, value.alternative, trouble))
    table = pl.concat([easy, pl.DataFrame(read, schema=easy.schema, orient="row")])
    limits = rows.select("reported_low", "reported_high").unique()
    limit_rows = []
    for low, high in limits.iter_rows():
        span = printed.read_limits(low, high)
        other = span.alternative
        others = (None, None) if other is None else (other.low, other.high)
        limit_rows.append((low, high, span.low, span.high, *others))
    limit_table = pl.DataFrame(
        limit_rows,
        schema={
            "reported_low": pl.String,
            "reported_high": pl.String,
            "low": pl.Float64,
            "high": pl.Float64,
            "other_low": pl.Float64,
            "other_high": pl.Float64,
        },
        orient="row",
    )
    return rows.join(table, on="reported_value", how="left", maintain_order="left").join(
        limit_table,
        on=["reported_low", "reported_high"],
        how="left",
        nulls_equal=True,
        maintain_order="left",
    )


def _canonical(name: str) -> pl.Expr:
    return pl.col(name) * pl.col("scale") + pl.col("offset")


def _with_codes(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per row again: the option that fits, or the reject code (``code``, ``message``)."""
    rows = rows.with_columns(
        value=_canonical("number"),
        alternative=_canonical("alternative"),
        low=_canonical("low"),
        high=_canonical("high"),
        other_low=_canonical("other_low"),
        other_high=_canonical("other_high"),
        status_code=pl.col("status")
        .fill_null("final")
        .str.to_lowercase()
        .replace_strict(printed.status_words(), default="?", return_dtype=pl.String),
    )
    rows = decimal_or_thousands(rows)
    inferring = pl.col("unit_inferred").fill_null(False)
    single = rows.filter(~inferring).with_columns(fitting=pl.lit(1, pl.UInt32))
    several = rows.filter(inferring)
    rows = single if several.is_empty() else pl.concat([single, infer_unit(several)]).sort("row")
    code, message = _code_and_message()
    return rows.with_columns(code=code).with_columns(message=message)


SENTENCES = {
    RejectCode.UNREADABLE: "The status of the result is not one we know.",
    RejectCode.CANCELLED: "The laboratory cancelled the result.",
    RejectCode.NO_PATIENT: "The row names no patient.",
    RejectCode.NO_VALUE: "The result has no value.",
    RejectCode.UNUSABLE_SAMPLE: "The laboratory could not use the sample.",
    RejectCode.NOT_A_NUMBER: "The value is not a number.",
}
"""What is said of a row whose name and unit have no part in its refusal."""


def _code_and_message() -> tuple[pl.Expr, pl.Expr]:
    trouble = pl.col("trouble")
    unread = (RejectCode.NO_VALUE, RejectCode.UNUSABLE_SAMPLE)
    cases: list[tuple[pl.Expr, RejectCode]] = [
        (pl.col("status_code") == "?", RejectCode.UNREADABLE),
        (
            (pl.col("status_code") == "cancelled")
            & (pl.col("reported_value").is_null() | trouble.is_not_null()),
            RejectCode.CANCELLED,
        ),
        (pl.col("patient_id").is_null(), RejectCode.NO_PATIENT),
        (pl.col("reported_value").is_null(), RejectCode.NO_VALUE),
        *((trouble == str(code), code) for code in unread),
        (trouble.is_not_null(), RejectCode.NOT_A_NUMBER),
    ]
    after = [
        (
            pl.col("two_readings"),
            RejectCode.NOT_A_NUMBER,
            "The comma may mark decimals or thousands, and both values are plausible.",
        ),
        (
            pl.col("unit_inferred") & (pl.col("fitting") > 1),
            RejectCode.AMBIGUOUS_UNIT,
            "The result has no unit, and its value fits more than one.",
        ),
        (
            pl.col("unit_inferred") & (pl.col("fitting") == 0),
            RejectCode.UNKNOWN_UNIT,
            "The result has no unit, and its value fits none of those we know.",
        ),
    ]
    code: pl.Expr = pl.lit(None, pl.String)
    message: pl.Expr = pl.lit(None, pl.String)
    for condition, reject, sentence in reversed(after):
        code = pl.when(condition.fill_null(False)).then(pl.lit(str(reject))).otherwise(code)
        message = pl.when(condition.fill_null(False)).then(pl.lit(sentence)).otherwise(message)
    code = pl.coalesce("resolution", code)
    unresolved = pl.col("resolution").is_not_null()
    message = pl.when(unresolved).then(pl.col("resolution_message")).otherwise(message)
    for condition, reject in reversed(cases):
        sentence = SENTENCES[reject]
        code = pl.when(condition.fill_null(False)).then(pl.lit(str(reject))).otherwise(code)
        message = pl.when(condition.fill_null(False)).then(pl.lit(sentence)).otherwise(message)
    return code, message


def _results(rows: pl.DataFrame) -> pl.DataFrame:
    report = pl.col("report_id")
    if rows["report_id"].null_count():
        time = pl.col("collected_at").dt.strftime("%Y%m%dT%H%M%S").fill_null("undated")
        report = pl.coalesce(report, pl.concat_str("patient_id", time, separator="@"))
    has_range = pl.col("low").is_not_null() | pl.col("high").is_not_null()
    reported_flag = pl.col("reported_flag").str.to_lowercase().replace_strict(
        printed.flag_words(), default=None, return_dtype=pl.String
    )  # fmt: skip
    return rows.select(
        report_id=report,
        patient_id="patient_id",
        laboratory="laboratory",
        collected_at="collected_at",
        sex=pl.col("sex")
        .str.to_lowercase()
        .replace_strict(_SEXES, default=None, return_dtype=pl.String),
        age_years=pl.when(pl.col("age_years").is_between(0, MAX_AGE_YEARS)).then("age_years"),
        pregnant="pregnant",
        analyte="analyte",
        loinc="loinc",
        reported_name=pl.coalesce("reported_name", "loinc"),
        value="value",
        comparator="comparator",
        unit=pl.col("analyte").replace_strict(_units(), default=None, return_dtype=pl.String),
        unit_inferred="unit_inferred",
        reported_value="reported_value",
        reported_unit=pl.coalesce("annotation", "reported_unit"),
        low="low",
        high="high",
        range_source=pl.when(has_range).then(pl.lit("laboratory")),
        laboratory_flag=pl.coalesce(reported_flag, "value_flag"),
        comment="comment",
        status="status_code",
    ).cast(Result.create_empty().schema)


def _units() -> dict[str, str]:
    from hemoscribe.knowledge.analytes import analytes

    return {analyte.id: analyte.unit for analyte in analytes().values()}


def _rejects(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(
        source=pl.col("source").fill_null("unnamed source"),
        place=pl.coalesce("place", pl.format("row {}", pl.col("row") + 1)),
        code="code",
        message="message",
        results=pl.lit(1, pl.UInt32),
        reported_name="reported_name",
        reported_value="reported_value",
        reported_unit="reported_unit",
    ).cast(Reject.create_empty().schema)
