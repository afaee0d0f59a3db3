"""The names, codes and units that a mapping file gives to what a file calls otherwise.

A row keeps the name that the file has, wherever the mapping's own can be told by a LOINC code.
"""

from __future__ import annotations

from functools import lru_cache

import polars as pl

from hemoscribe.knowledge.fluids import not_blood
from hemoscribe.knowledge.name_index import loinc_index
from hemoscribe.knowledge.names import by_name
from hemoscribe.sources.mapping import MappedAnalyte, Mapping


def mapped_analytes(
    columns: dict[str, pl.Expr], mapping: Mapping, *, code: pl.Expr | None = None
) -> dict[str, pl.Expr]:
    """The columns of a row with what a mapping says of its name, else of its code.

    Args:
        columns: ``reported_name``, ``loinc`` and ``reported_unit`` among them.
        code: the laboratory's own code of the analysis, where the file has one.
    """
    named = mapping.analytes
    if not named:
        return columns
    told = {key: known(key, one) for key, one in named.items()}
    name = columns["reported_name"]

    def given(part: int) -> pl.Expr:
        values = [one[part] for one in told.values()]
        found = [
            key.replace_strict(list(told), values, default=None, return_dtype=pl.String)
            for key in (name, code)
            if key is not None
        ]
        return pl.coalesce(found)

    return {
        **columns,
        "reported_name": pl.coalesce(given(0), name),
        "loinc": pl.coalesce(given(1), columns["loinc"]),
        "reported_unit": pl.coalesce(columns["reported_unit"], given(2)),
    }


@lru_cache(maxsize=4096)
def known(key: str, mapped: MappedAnalyte) -> tuple[str | None, str | None, str | None]:
    """(the name to read by, LOINC code, unit) of what a mapping calls ``key``.

    No name to read by: the file's own stays, and the code says what it is.
    """
    own = {candidate.analyte.id for candidate in by_name(key)}
    if mapped.name is None or not_blood(key):
        return mapped.name, mapped.loinc, mapped.unit
    meant = {candidate.analyte.id: candidate.analyte for candidate in by_name(mapped.name)}
    if own:
        return (None if own == set(meant) else mapped.name), mapped.loinc, mapped.unit
    codes = [code for analyte in meant.values() for code in analyte.loinc[:1]]
    code = mapped.loinc or (codes[0] if len(meant) == len(codes) == 1 else None)
    is_told = code is not None and code in loinc_index()
    return (None if is_told else mapped.name), code, mapped.unit
