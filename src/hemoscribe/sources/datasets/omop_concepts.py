"""What the concepts of an OMOP measurement stand for: LOINC code, name, specimen and unit.

They are settled once for each distinct combination. A measurement's own words count too: where the
source's name says urine or another analyte than the concept, ``recognise`` refuses the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import polars as pl

from hemoscribe.files import package_yaml
from hemoscribe.knowledge.fluids import not_blood
from hemoscribe.knowledge.names import by_loinc, by_name
from hemoscribe.knowledge.recognise import Resolved, resolve_name
from hemoscribe.sources.datasets.stated_texts import system_of

_WHAT = ["measurement_concept_id", "measurement_source_concept_id", "measurement_source_value"]
_UNITS = ["reported_name", "loinc", "unit_source_value", "unit_standard"]
_LOINC = r"^(?i:LOINC[:/ ]*)?(\d{1,7}-\d)$"
MEANT = {
    "loinc": pl.String(), "reported_name": pl.String(), "specimen": pl.String(),
    "kind": pl.String(), "no_name": pl.Boolean(),
}  # fmt: skip


@cache
def rules() -> Mapping[str, Any]:
    """Columns, vocabularies and the codes of units, operators and sexes."""
    loaded: Mapping[str, Any] = package_yaml(__package__, "omop.yaml")
    return loaded


def with_meaning(rows: pl.DataFrame, concepts: pl.DataFrame | None) -> pl.DataFrame:
    """Rows with ``MEANT``: ``kind`` is the class of a concept of no laboratory."""
    distinct = rows.select(_WHAT).unique(maintain_order=True)
    found = _with_concepts(distinct, concepts).with_columns(
        own=pl.col("measurement_source_value").str.extract(_LOINC)
    )
    found = found.with_columns(
        loinc=pl.coalesce("loinc", "source_loinc", "own"),
        named=pl.when(pl.col("own").is_null()).then("measurement_source_value"),
        told=pl.coalesce("concept_name", "source_name"),
    )
    meant = [_meant(row) for row in found.iter_rows(named=True)]
    table = pl.concat(
        [distinct, pl.DataFrame(meant, schema={**MEANT}, orient="row")], how="horizontal"
    ).with_columns(specimen=system_of(pl.col("specimen")))
    return rows.join(table, on=_WHAT, how="left", nulls_equal=True, maintain_order="left")


def _with_concepts(distinct: pl.DataFrame, concepts: pl.DataFrame | None) -> pl.DataFrame:
    """The concept of each measurement and of its source, as far as they are told."""
    names = ("concept_name", "loinc", "class", "source_name", "source_loinc")
    if concepts is None:
        return distinct.with_columns(pl.lit(None, pl.String).alias(name) for name in names)
    code = pl.when(pl.col("vocabulary_id") == rules()["loinc"]).then("concept_code")
    known = concepts.filter(pl.col("concept_id") != "0").select(
        "concept_id", "concept_name", loinc=code, **{"class": rules()["concept_class"]}
    )
    source = known.select("concept_id", source_name="concept_name", source_loinc="loinc")
    options: dict[str, Any] = {"how": "left", "right_on": "concept_id", "maintain_order": "left"}
    return distinct.join(known, left_on=_WHAT[0], **options).join(
        source, left_on=_WHAT[1], **options
    )


def _meant(row: Mapping[str, Any]) -> tuple[str | None, str | None, str | None, str | None, bool]:
    """The values of ``MEANT``, the specimen still as the name that it ends."""
    own, told, loinc = row["named"], row["told"], row["loinc"]
    says = own is not None and (bool(by_name(own)) or not_blood(own))
    name = own if says or told is None else told
    kind = row["class"]
    laboratory = kind in (None, rules()["laboratory_class"]) or bool(by_loinc(loinc)) or says
    code = loinc is not None and row["loinc"] is not None
    return (loinc, name, told, kind if code and not laboratory else None, not (name or loinc))


def standard_units(rows: pl.DataFrame, concepts: pl.DataFrame | None) -> pl.Expr:
    """The unit of ``unit_concept_id``: as concept.csv codes it, else as ``omop.yaml`` does."""
    codes: dict[str, str] = dict(rules()["units"])
    if concepts is not None:
        wanted = rows["unit_concept_id"].unique().implode()
        units = concepts.filter(
            pl.col("concept_id").is_in(wanted),
            pl.col("vocabulary_id") == rules()["unit_vocabulary"],
        )
        codes.update(units.select("concept_id", "concept_code").drop_nulls().iter_rows())
    return pl.col("unit_concept_id").replace_strict(codes, default=None, return_dtype=pl.String)


def with_units(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with ``unit``, and ``two_units`` where source and concept name two that differ.

    A unit that nobody knows gives way to one that is known; of two spellings the source's stays.
    """
    apart = pl.col("unit_source_value") != pl.col("unit_standard")
    if not rows.select(apart.any()).item():
        unit = pl.coalesce("unit_source_value", "unit_standard")
        return rows.with_columns(unit=unit, two_units=pl.lit(value=False))
    distinct = rows.select(_UNITS).unique(maintain_order=True)
    settled = [_settled(*row) for row in distinct.iter_rows()]
    schema = {"unit": pl.String(), "two_units": pl.Boolean()}
    table = pl.concat(
        [distinct, pl.DataFrame(settled, schema=schema, orient="row")], how="horizontal"
    )
    return rows.join(table, on=_UNITS, how="left", nulls_equal=True, maintain_order="left")


def _settled(
    name: str | None, loinc: str | None, source: str | None, standard: str | None
) -> tuple[str | None, bool]:
    if source is None or standard is None or source == standard:
        return source or standard, False
    by_source, by_concept = (resolve_name(name, loinc, unit) for unit in (source, standard))
    if not by_source.options:
        return (standard if by_concept.options else source), False
    return source, bool(by_concept.options) and _size(by_source) != _size(by_concept)


def _size(resolved: Resolved) -> tuple[str, float, float]:
    option = resolved.options[0]
    return option.analyte.id, option.scale, option.offset
