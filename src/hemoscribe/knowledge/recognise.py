"""Rows as a reader took them from a file to rows of recognised results, in canonical units.

Names, units and numbers are resolved once per distinct text and joined back, so that millions of
rows cost little more than thousands. Every row leaves as one result or one reject.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from hemoscribe.knowledge import printed
from hemoscribe.knowledge.applicable import ADULT_YEARS
from hemoscribe.knowledge.conversions import UnitRefused
from hemoscribe.knowledge.decimal_commas import decimal_or_thousands
from hemoscribe.knowledge.fluids import not_blood
from hemoscribe.knowledge.impossible_ranges import NONE, critical_within, is_called_normal
from hemoscribe.knowledge.mislabelled_units import in_another_unit
from hemoscribe.knowledge.missing_units import MissingUnits
from hemoscribe.knowledge.name_index import Candidate
from hemoscribe.knowledge.names import candidates
from hemoscribe.knowledge.refusals import refusal, reject_rows
from hemoscribe.knowledge.unit_options import UnitOption, option_in, options_of
from hemoscribe.knowledge.units import display_unit
from hemoscribe.knowledge.units_in_values import with_units_of_values
from hemoscribe.knowledge.usual_limits import usual_limits
from hemoscribe.knowledge.vessels import rows_by_vessel
from hemoscribe.panel_input import MAX_AGE_YEARS, SEX_WORDS
from hemoscribe.records import CARRIED, REPORTED, RejectCode, no_rejects, no_results, report_number

_COMBINATION = ("reported_name", "loinc", "reported_unit")
_TO_CONVERT = ("analyte", "scale", "offset", "resolution")
_TO_DECIDE = ("plausible_low", "plausible_high", "usual_low", "usual_high")
_TO_WRITE = ("unit", "annotation")
_READ = ("number", "comparator", "value_flag", "alternative", "trouble")
_READ_LIMITS = ("low", "high", "other_low", "other_high")
_OTHERS = ("alternative", "other_low", "other_high")


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a distinct name, code and unit stand for: options, or a reject."""

    options: tuple[UnitOption, ...]
    code: RejectCode | None = None
    message: str = ""


def recognise(
    reported: pl.DataFrame, *, trimmed: bool = False, units: MissingUnits | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Recognised results and rejects; together they are as many as the rows that came in.

    Args:
        reported: columns of ``records.REPORTED``; missing ones count as null.
        trimmed: no text is empty or has spaces around it, so none is looked for.
        units: what is settled of the units that the same files do not state.

    Returns:
        Rows of ``records.Result`` (values and limits in canonical units; flags not yet set) and
        rows of ``records.Reject``, both in the order they came in. Implausible values pass: they
        are the curator's business.
    """
    rows = with_units(reported, trimmed=trimmed, units=units).with_row_index("row")
    rows, options = _with_options(rows)
    rows = _with_refusals(_with_numbers(rows), options)
    refused = rows["refusal"] > 0
    if not refused.any():
        return _results(rows, options), no_rejects()
    results = _results(rows.filter(~refused), options)
    refused_rows = _with(rows.filter(refused), options, "option", ["resolution_message"])
    rejects = reject_rows(refused_rows)
    assert len(results) + len(rejects) == len(reported), "recognise lost a row"
    return results, rejects


def with_units(
    reported: pl.DataFrame, *, trimmed: bool = False, units: MissingUnits | None = None
) -> pl.DataFrame:
    """Reported rows with the unit that stands in the value, or that their column settles.

    Returns:
        The columns of ``records.REPORTED``, as many rows as came in, texts trimmed.
    """
    rows = with_units_of_values(_prepared(reported, trimmed=trimmed))
    return (units or MissingUnits()).settle(rows)


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
    return rows.with_columns(pl.col("unit_inferred").fill_null(value=False))


def _with_options(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows with the number of their ``option``, and the table of the options."""
    distinct = rows.select(_COMBINATION).unique(maintain_order=True)
    options = pl.DataFrame(
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
            "resolution": pl.String(),
            "resolution_message": pl.String(),
        },
        orient="row",
    )
    rows = _indexed(rows, options, _COMBINATION, "option")
    return _with(rows, options, "option", _TO_CONVERT), options


def _indexed(
    rows: pl.DataFrame, table: pl.DataFrame, keys: Sequence[str], index: str
) -> pl.DataFrame:
    """Rows with the place of the table's row of the same keys."""
    found = rows.select(keys).join(
        table.select(keys).with_row_index(index),
        on=list(keys),
        how="left",
        nulls_equal=True,
        maintain_order="left",
    )
    return rows.with_columns(found[index])


def _with(
    rows: pl.DataFrame, table: pl.DataFrame, index: str, names: Iterable[str]
) -> pl.DataFrame:
    """Rows with columns of the table's rows at ``index``; a column of one value costs nothing."""
    return rows.with_columns(
        pl.lit(table[name].first(), dtype=table.schema[name]).alias(name)
        if table[name].n_unique() == 1
        else table[name].gather(rows[index])
        for name in names
    )


def _option_rows(distinct: pl.DataFrame) -> Iterator[tuple[object, ...]]:
    for name, loinc, unit in distinct.iter_rows():
        resolved = resolve_name(name, loinc, unit)
        if resolved.code is not None:
            blank = (None,) * 9
            yield (name, loinc, unit, *blank, str(resolved.code), resolved.message)
        for option in resolved.options:
            analyte = option.analyte
            yield (
                name, loinc, unit, analyte.id, analyte.unit, option.annotation,
                option.scale, option.offset, *analyte.plausible, *usual_limits(analyte.id),
                None, "",
            )  # fmt: skip


def resolve_name(name: str | None, loinc: str | None, unit: str | None) -> Resolved:
    """The analytes and units that a printed name, code and unit may stand for, or why none."""
    if name is None and loinc is None:
        return Resolved((), code=RejectCode.UNREADABLE, message="The result has no name.")
    found, why = candidates(name, loinc)
    if not found:
        other = name is not None and not_blood(name)
        code = RejectCode.OTHER_SPECIMEN if other else RejectCode.UNKNOWN_ANALYTE
        return Resolved((), code=code, message=why)
    if unit is None:
        return _without_unit(name or loinc, found)
    options, refusals = [], []
    for candidate in found:
        try:
            options.append(option_in(candidate, unit))
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


def _without_unit(name: str | None, found: tuple[Candidate, ...]) -> Resolved:
    """A plain number needs no unit; of what has one, only the column may settle it."""
    if any(candidate.needs_unit for candidate in found):
        message = "The name or code stands for several quantities, and no unit says for which."
        return Resolved((), code=RejectCode.AMBIGUOUS_UNIT, message=message)
    options = options_of(found)
    if len(options) == 1:
        return Resolved(options)
    named = (display_unit(option.unit) or "a plain number" for option in options)
    units = " or ".join(dict.fromkeys(named))
    message = (
        f"The result has no unit, and neither the ranges nor the values of its column settle "
        f"whether it is in {units}; a mapping may say it (`analytes: {{{name}: {{unit: ...}}}}`)."
    )
    return Resolved((), code=RejectCode.AMBIGUOUS_UNIT, message=message)


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
    rows = _with(_indexed(rows, table, ["reported_value"], "reading"), table, "reading", _READ)
    rows = _indexed(rows, limit_table, ["reported_low", "reported_high"], "limits")
    return _with(rows, limit_table, "limits", _READ_LIMITS)


def _canonical(name: str) -> pl.Expr:
    return pl.col(name) * pl.col("scale") + pl.col("offset")


def _with_refusals(rows: pl.DataFrame, options: pl.DataFrame) -> pl.DataFrame:
    """One row per row again: the option that fits, and ``refusal()`` of it."""
    rows = rows.with_columns(
        value=_canonical("number"), low=_canonical("low"), high=_canonical("high")
    )
    status = _meant(rows["status"], printed.status_words(), unknown="?")
    rows = _one_reading(rows, options).with_columns(status_code=status.fill_null("final"))
    rows = rows_by_vessel(rows)
    rows = _with_contradicted(rows)
    return rows.with_columns(refusal=refusal())


def _one_reading(rows: pl.DataFrame, options: pl.DataFrame) -> pl.DataFrame:
    """A comma that may mark decimals or thousands read as one of them, where that is told."""
    if all(rows[name].null_count() == len(rows) for name in _OTHERS):
        return rows.drop(_OTHERS).with_columns(two_readings=pl.lit(False))
    rows = _with(rows, options, "option", _TO_DECIDE)
    rows = rows.with_columns(**{name: _canonical(name) for name in _OTHERS})
    return decimal_or_thousands(rows).drop(*_OTHERS, *_TO_DECIDE)


_LIMITED = ("analyte", "scale", "offset", "low", "high", "child")


def _with_contradicted(rows: pl.DataFrame) -> pl.DataFrame:
    """Whether printed limits are impossible in the stated unit and usual in another one.

    ``called_normal``: whether impossible ones hold a value that is critical.
    """
    rows = rows.with_columns(child=(pl.col("age_years") < ADULT_YEARS).fill_null(value=False))
    limited = rows.filter(pl.col("low").is_not_null() | pl.col("high").is_not_null())
    distinct = limited.select(_LIMITED).drop_nulls("analyte").unique()
    found = []
    for row in distinct.iter_rows():
        analyte, _, _, *limits = row
        contradicted, within = in_another_unit(*row) is not None, critical_within(analyte, *limits)
        if contradicted or within != NONE:
            found.append((*row, contradicted, *within))
    if not found:
        return rows.with_columns(contradicted=pl.lit(False), called_normal=pl.lit(False))
    schema = {name: rows.schema[name] for name in _LIMITED}
    schema |= {"contradicted": pl.Boolean(), **dict.fromkeys(_WITHIN, pl.Float64())}
    table = pl.DataFrame(found, schema=schema, orient="row")
    joined = rows.join(table, on=_LIMITED, how="left", nulls_equal=True, maintain_order="left")
    return joined.with_columns(
        pl.col("contradicted").fill_null(value=False), called_normal=_called_normal(joined)
    )


_WITHIN = ("critical_low", "critical_high")


def _called_normal(rows: pl.DataFrame) -> pl.Series:
    """Of the few rows whose range holds a critical limit, which have a critical value in it."""
    holds = pl.any_horizontal(pl.col(_WITHIN).is_not_null()) & pl.col("value").is_not_null()
    places = rows.select(holds).to_series().arg_true()
    few = rows.select("value", "comparator", "low", "high", *_WITHIN)[places]
    normal = [
        is_called_normal(value, comparator, (low, high), (critical_low, critical_high))
        for value, comparator, low, high, critical_low, critical_high in few.iter_rows()
    ]
    return pl.repeat(value=False, n=len(rows), dtype=pl.Boolean, eager=True).scatter(
        places, pl.Series(normal, dtype=pl.Boolean)
    )


def _results(rows: pl.DataFrame, options: pl.DataFrame) -> pl.DataFrame:
    rows = _with(rows, options, "option", _TO_WRITE)
    report = report_number() if rows["report_id"].null_count() else pl.col("report_id")
    has_range = pl.col("low").is_not_null() | pl.col("high").is_not_null()
    return rows.select(
        report_id=report,
        patient_id="patient_id",
        laboratory="laboratory",
        collected_at="collected_at",
        sex=_meant(rows["sex"], SEX_WORDS),
        age_years=pl.when(pl.col("age_years").is_between(0, MAX_AGE_YEARS)).then("age_years"),
        pregnant="pregnant",
        analyte="analyte",
        loinc="loinc",
        reported_name=pl.coalesce("reported_name", "loinc"),
        value="value",
        comparator="comparator",
        unit="unit",
        unit_inferred="unit_inferred",
        reported_value="reported_value",
        reported_unit=pl.coalesce("annotation", "reported_unit"),
        low="low",
        high="high",
        range_source=pl.when(has_range).then(pl.lit("laboratory")),
        laboratory_flag=pl.coalesce(
            _meant(rows["reported_flag"], printed.flag_words(), unknown="?"), "value_flag"
        ),
        comment="comment",
        status="status_code",
        **{name: name for name in CARRIED},
    ).cast(no_results().schema)


def _meant(texts: pl.Series, words: Mapping[str, str], *, unknown: str | None = None) -> pl.Expr:
    """What the texts of a column of few distinct ones mean, whatever their case."""
    meant = {text: words.get(text.lower(), unknown) for text in texts.unique().drop_nulls()}
    if not any(meant.values()):
        return pl.lit(None, pl.String)
    return pl.col(texts.name).replace_strict(meant, default=None, return_dtype=pl.String)
