"""Who gave a patient's number: the same number given by two laboratories is two patients.

Readers of formats that name who gave a number put that name into ``patient_id`` (``identity``),
because only the whole export tells whether there are several. ``Identities`` then reads it out:
where one authority gave all numbers they stay as they are, else each has its authority before it,
whatever the order of the files. A number that a country gave (``authorities.yaml``) is the
person's everywhere and never has anything before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import polars as pl

from hemoscribe.files import package_yaml
from hemoscribe.sources.batches import Notices
from hemoscribe.sources.mapping import PatientRule

_MARK = "\ufdd0"  # a code point that is no character, so that no number holds it
_STATED = f"(?s)^{_MARK}([^{_MARK}]*){_MARK}([^{_MARK}]*){_MARK}(.*)$"
_OID = "urn:oid:"
_SHOWN = 5
_REMEDY = (
    "Write `patient: authority` in a file given with --mapping to have them so in every reading, "
    "or `patient: number` where these are names of one authority."
)

Giver = tuple[str, str]  # authority, facility; either may be empty


@cache
def _national() -> Mapping[str, int]:
    names = package_yaml(__package__, "authorities.yaml")["national"]
    return {name: rank for rank, name in enumerate(names)}


def authority_named(text: str | None) -> str:
    """An authority's name as all formats write it: an OID without ``urn:oid:``."""
    return (text or "").strip().removeprefix(_OID)


def identity(number: str | None, authority: str | None = None, facility: str = "") -> str | None:
    """A patient's number with who gave it, for ``Identities`` to read; None without a number.

    Args:
        authority: who gave the number, by name or OID.
        facility: who sent the document, which counts where it names no authority.
    """
    if not number:
        return None
    given = authority_named(authority)
    if given in _national():
        return "".join(number.split())
    if not given and not facility:
        return number
    named = (part.replace(_MARK, "") for part in (given, facility))
    return _MARK.join(("", *named, number))


def best(identifiers: Iterable[tuple[str, str]]) -> tuple[str, str] | None:
    """The (number, authority) that a country gave, where one of them is; the best such one."""
    ranked = [
        (_national()[name], number, name)
        for number, authority in identifiers
        if number and (name := authority_named(authority)) in _national()
    ]
    return min(ranked)[1:] if ranked else None


@dataclass(frozen=True)
class Identities:
    """What stands before the numbers of each giver; None: nothing."""

    before: Mapping[Giver, str | None]

    @classmethod
    def of(cls, rows: pl.LazyFrame, rule: PatientRule | None, notices: Notices) -> Identities:
        """Those of an export's rows, by a mapping's rule or by how many authorities there are."""
        parts = _parts(pl.col("patient_id"))
        found = (
            rows.filter(pl.col("patient_id").str.starts_with(_MARK))
            .select(parts.struct.field("authority", "facility"))
            .unique()
            .drop_nulls()
            .collect(engine="streaming")
            .rows()
        )
        given = {giver: _given(giver, found) for giver in found}
        names = sorted({name for name in given.values() if name})
        if rule == "number" or (rule != "authority" and len(names) < 2):
            return cls(dict.fromkeys(found))
        if len(names) > 1:
            shown = ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
            also = "" if rule == "authority" else f" {_REMEDY}"
            notices.say(
                f"Patients' numbers are given by {len(names)} authorities ({shown}) and are read "
                f"with the authority before each.{also}"
            )
        return cls(given)

    def read(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """The rows with patients as they are known outside, in ``report_id`` too."""
        return self._read(rows, self.before) if self.before else rows

    def read_rejects(self, rejects: pl.DataFrame) -> pl.DataFrame:
        """The rejects of the same export: no number of theirs keeps the mark of who gave it."""
        if rejects["patient_id"].null_count() == len(rejects):
            return rejects
        return self._read(rejects.lazy(), self.before or {("", ""): None}).collect()

    @staticmethod
    def _read(rows: pl.LazyFrame, before: Mapping[Giver, str | None]) -> pl.LazyFrame:
        parts = _parts(pl.col("patient_id"))
        giver = pl.concat_str(parts.struct.field("authority", "facility"), separator=_MARK)
        names = {_MARK.join(giver): name for giver, name in before.items()}
        prefix = giver.replace_strict(names, default=None, return_dtype=pl.String)
        known = pl.concat_str(
            prefix, parts.struct.field("number"), separator=" ", ignore_nulls=True
        )
        stated = pl.col("patient_id").str.starts_with(_MARK)
        patient = pl.when(stated).then(known).otherwise("patient_id")
        report, rest = (
            pl.col("report_id"),
            pl.col("report_id").str.strip_prefix(pl.col("patient_id")),
        )
        its_own = stated & report.str.starts_with(pl.col("patient_id"))
        return rows.with_columns(
            patient_id=patient, report_id=pl.when(its_own).then(patient + rest).otherwise(report)
        )


def _parts(patient: pl.Expr) -> pl.Expr:
    return patient.str.extract_groups(_STATED).struct.rename_fields(
        ["authority", "facility", "number"]
    )


def _given(giver: Giver, givers: Iterable[Giver]) -> str:
    """Who gave a number: the authority; else the only one the facility names elsewhere, else it."""
    authority, facility = giver
    if authority:
        return authority
    named = {other for other, at in givers if other and at == facility}
    return named.pop() if len(named) == 1 else facility
