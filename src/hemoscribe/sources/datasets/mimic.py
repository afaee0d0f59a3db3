"""MIMIC-III and MIMIC-IV: LABEVENTS beside D_LABITEMS and PATIENTS (``mimic.yaml``).

Only blood is read; results of other fluids are rejects. LABEVENTS has no report number: a report is
what one patient's sample of one time gave.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import polars as pl

from hemoscribe.errors import SourceError
from hemoscribe.files import package_yaml
from hemoscribe.records import RejectCode, no_rejects, report_number
from hemoscribe.sources.batches import Batch, Notices, reject_frame, reported_frame
from hemoscribe.sources.dates import parse_dates
from hemoscribe.sources.exports import Export, exports
from hemoscribe.sources.mapping import Mapping as MappingFile
from hemoscribe.sources.patients import DAYS_PER_YEAR, sexes
from hemoscribe.sources.tables.delimited import LINE, Layout, layouts, tables

_LATEST_YEAR = 2300  # MIMIC's dates are shifted into the future


@cache
def rules() -> Mapping[str, Any]:
    """What marks each of the three tables, and how shifted ages are read."""
    loaded: Mapping[str, Any] = package_yaml(__package__, "mimic.yaml")
    return loaded


def recognises(export: Export, mapping: MappingFile) -> bool:
    """Whether this is LABEVENTS, or one of the two tables read beside it."""
    del mapping
    layout = _layout(export)
    return layout is not None and any(
        _has(layout, table) for table in ("events", "items", "patients")
    )


def _layout(export: Export) -> Layout | None:
    """The table's header, which MIMIC always prints on the first line."""
    first = next(layouts(export, delimiter=","), None)
    if first is None or first.header_line != 1:
        return None
    return Layout(",", tuple(name.casefold() for name in first.header), 1)


def _has(layout: Layout, table: str) -> bool:
    return set(rules()[table]) <= set(layout.header)


def read(export: Export, mapping: MappingFile, notices: Notices) -> Iterator[Batch]:
    """The reported rows of LABEVENTS; nothing for the tables that are read beside it.

    Raises:
        SourceError: D_LABITEMS is not in the same folder.
    """
    del mapping
    layout = _layout(export)
    assert layout is not None, "recognises() comes first"
    if not _has(layout, "events"):
        return
    items = _beside(export, "items")
    if items is None:
        raise SourceError(
            export.name,
            "the table D_LABITEMS, which says what each itemid is, is not in the same folder",
            remedy="Put D_LABITEMS.csv (or .csv.gz) beside it.",
        )
    people = _beside(export, "patients")
    if people is None:
        notices.say(
            f"{export.name}: PATIENTS is not in the same folder, so sex and age are unknown."
        )
    for table in tables(export, layout):
        frame = _named(table.frame, layout)
        batch = _batch(export.name, frame, items.unique("itemid"), people)
        yield Batch(batch.reported, pl.concat([batch.rejects, reject_frame(table.rejects)]))


def _named(frame: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """The columns under their names; of two with one name the first."""
    pairs = zip(reversed(layout.header), reversed(layout.columns), strict=True)
    columns = {name: column for name, column in pairs if name and name != LINE}
    return frame.select(LINE, *(pl.col(column).alias(name) for name, column in columns.items()))


def _beside(export: Export, table: str) -> pl.DataFrame | None:
    """The whole of another table of the same folder, told by its columns."""
    for path in sorted(export.path.parent.iterdir()):
        if path.is_file() and ".csv" in path.suffixes and path.stat().st_size:
            for other in exports([path]):
                layout = _layout(other)
                if layout is not None and _has(layout, table) and not _has(layout, "events"):
                    return pl.concat([_named(part.frame, layout) for part in tables(other, layout)])
    return None


def _batch(
    name: str, events: pl.DataFrame, items: pl.DataFrame, people: pl.DataFrame | None
) -> Batch:
    code = pl.col("loinc_code") if "loinc_code" in items.columns else pl.lit(None, dtype=pl.String)
    own = pl.col("itemid").replace_strict(rules()["codes"], default=None, return_dtype=pl.String)
    items = items.select("itemid", "label", "fluid", loinc=pl.coalesce(own, code))
    joined = events.join(items, on="itemid", how="left", maintain_order="left")
    blood = pl.col("fluid").str.to_lowercase() == rules()["fluid"]
    other = joined.filter(~blood.fill_null(value=False))
    joined = joined.filter(blood)
    about = _about(joined, people)
    flag = _maybe(joined, "flag").str.to_lowercase()
    reported = reported_frame(
        {
            "patient_id": pl.col("subject_id"),
            "laboratory": pl.lit("MIMIC"),
            "collected_at": pl.col("collected_at"),
            "sex": pl.col("sex"),
            "age_years": pl.col("age_years"),
            "reported_name": pl.col("label"),
            "loinc": pl.col("loinc"),
            "reported_value": _value(joined),
            "comment": _comment(joined),
            "reported_unit": _maybe(joined, "valueuom"),
            "reported_low": _maybe(joined, "ref_range_lower"),
            "reported_high": _maybe(joined, "ref_range_upper"),
            "reported_flag": pl.when(~flag.is_in(rules()["flags_left_out"])).then(flag),
            "source": pl.lit(name),
            "place": pl.format("line {}", pl.col(LINE)),
        },
        pl.concat([joined, about], how="horizontal"),
    )
    return Batch(reported, _not_blood(name, other))


def _value(events: pl.DataFrame) -> pl.Expr:
    """The value as text; MIMIC-IV masks some texts and keeps their number in ``valuenum``."""
    masked = pl.col("value").is_in(rules()["masked"])
    return pl.coalesce(pl.when(~masked).then(pl.col("value")), _maybe(events, "valuenum"))


def _comment(events: pl.DataFrame) -> pl.Expr:
    said = _maybe(events, "comments")
    return pl.when(~said.is_in(rules()["masked"])).then(said)


def _maybe(frame: pl.DataFrame, column: str) -> pl.Expr:
    return pl.col(column) if column in frame.columns else pl.lit(None, dtype=pl.String)


def _about(events: pl.DataFrame, people: pl.DataFrame | None) -> pl.DataFrame:
    """collected_at, sex and age_years of each event."""
    collected = parse_dates(events["charttime"], None, latest_year=_LATEST_YEAR)
    about = events.select("subject_id", collected.alias("collected_at"))
    if people is None:
        return about.select(
            "collected_at",
            pl.lit(None, dtype=pl.String).alias("sex"),
            pl.lit(None, dtype=pl.Float64).alias("age_years"),
        )
    one = people.unique("subject_id", maintain_order=True)
    who = pl.DataFrame({"subject_id": one["subject_id"], "sex": sexes(one["gender"])})
    if "dob" in one.columns:
        who = who.with_columns(
            parse_dates(one["dob"], None, latest_year=_LATEST_YEAR).alias("born")
        )
        years = (pl.col("collected_at") - pl.col("born")).dt.total_days() / DAYS_PER_YEAR
    elif {"anchor_age", "anchor_year"} <= set(one.columns):
        who = who.with_columns(
            (one["anchor_age"].cast(pl.Float64) - one["anchor_year"].cast(pl.Float64)).alias("born")
        )
        years = pl.col("collected_at").dt.year() + pl.col("born")
    else:
        years = pl.lit(None, dtype=pl.Float64)
    age = (
        pl.when(years > rules()["shifted_above_years"])
        .then(pl.lit(float(rules()["shifted_age_years"])))
        .when(years >= 0)
        .then(years.round(2))
    )
    return about.join(who, on="subject_id", how="left", maintain_order="left").select(
        "collected_at", "sex", age.alias("age_years")
    )


def _not_blood(name: str, events: pl.DataFrame) -> pl.DataFrame:
    fluid = pl.col("fluid").fill_null("an unknown fluid")
    collected = parse_dates(events["charttime"], None, latest_year=_LATEST_YEAR)
    events = events.with_columns(
        patient_id="subject_id", report_id=pl.lit(None, pl.String), collected_at=collected
    )
    return events.select(
        source=pl.lit(name),
        place=pl.format("line {}", pl.col(LINE)),
        code=pl.lit(str(RejectCode.OTHER_SPECIMEN)),
        message=pl.format("A result of {}; only blood is read.", fluid),
        results=pl.lit(1, dtype=pl.UInt32),
        reported_name=pl.col("label"),
        reported_value=pl.col("value"),
        reported_unit=_maybe(events, "valueuom"),
        reported_flag=_maybe(events, "flag"),
        patient_id="patient_id",
        report_id=report_number(),
    ).select(no_rejects().columns)
