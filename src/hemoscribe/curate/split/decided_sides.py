"""Sides that dates or laboratories decide, instead of the keyed hash of the patient.

A patient is on one side whatever decides, so something is given up: with ``split: time`` what an
earlier patient had after the side's period is refused, with ``split: site`` what a patient of a
measuring laboratory had elsewhere. Results of the time after, or of a measuring laboratory, never
teach. Folds stay with the keyed hash. Adding data moves a patient only when it brings an earlier
first result, or a first result of a measuring laboratory.
"""

from __future__ import annotations

import polars as pl

from hemoscribe.curate.cleaning.rejection import Cleaned, part
from hemoscribe.errors import SettingsError
from hemoscribe.records import SPLITS, RejectCode, no_rejects
from hemoscribe.settings import CurateSettings

_TRAIN, _VALIDATION, _TEST = SPLITS


def require_whole_split(settings: CurateSettings) -> None:
    """Raise SettingsError when what the chosen split needs is not set, or contradicts itself."""
    if settings.train_share + settings.validation_share >= 1:
        raise SettingsError(
            "`curate.train_share` and `curate.validation_share` leave nothing for the test side; "
            "together they must stay under 1."
        )
    if settings.split == "time":
        if settings.validation_from is None or settings.test_from is None:
            raise SettingsError(
                "`curate.split: time` needs `curate.validation_from` and `curate.test_from`."
            )
        if settings.validation_from >= settings.test_from:
            raise SettingsError("`curate.validation_from` must be before `curate.test_from`.")
    if settings.split == "site":
        if not settings.test_laboratories:
            raise SettingsError("`curate.split: site` needs `curate.test_laboratories`.")
        if both := set(settings.test_laboratories) & set(settings.validation_laboratories):
            raise SettingsError(
                f"{sorted(both)[0]!r} is in `curate.test_laboratories` and in "
                "`curate.validation_laboratories`; a laboratory is on one side only."
            )


def sides_of(rows: pl.LazyFrame, patient: pl.Expr, settings: CurateSettings) -> pl.DataFrame | None:
    """``patient_id`` and ``split`` by dates or laboratories; None where the keyed hash decides."""
    if settings.split == "patient":
        return None
    if settings.split == "time":
        side = _by_time(pl.col("collected_at").min(), settings)
    else:
        measuring = [
            pl.col("laboratory").is_in(names).any()
            for names in (settings.test_laboratories, settings.validation_laboratories)
        ]
        _require_known(rows, settings)
        side = (
            pl.when(measuring[0])
            .then(pl.lit(_TEST))
            .when(measuring[1])
            .then(pl.lit(_VALIDATION))
            .otherwise(pl.lit(_TRAIN))
        )
    found = rows.group_by(patient.alias("patient_id")).agg(side.alias("split"))
    return found.collect(engine="streaming")


def refuse_other_sides(
    rows: pl.DataFrame, patients: pl.DataFrame, codes: dict[str, str], settings: CurateSettings
) -> Cleaned:
    """Rows of another period or laboratory than their patient's side become rejects.

    Args:
        rows: ``patient_id`` is a place in ``patients``.
        codes: laboratory's name -> what stands for it in ``rows``.
    """
    if settings.split == "patient":
        return rows, no_rejects()
    side = patients["split"].gather(rows["patient_id"]).cast(pl.String)
    if settings.split == "time":
        own = _by_time(pl.col("collected_at"), settings)
        message = (
            "The patient is on the side of an earlier period, and this result is of a later one "
            "or has no date (`curate.split: time`)."
        )
    else:
        names = (settings.test_laboratories, settings.validation_laboratories)
        test, validation = (
            pl.col("laboratory").cast(pl.String).is_in([codes.get(n, n) for n in laboratories])
            for laboratories in names
        )
        own = (
            pl.when(test)
            .then(pl.lit(_TEST))
            .when(validation)
            .then(pl.lit(_VALIDATION))
            .otherwise(pl.lit(_TRAIN))
        )
        message = (
            "The patient is on the side of another laboratory (`curate.split: site`); a patient is "
            "on one side only."
        )
    return part(rows, own.ne_missing(pl.lit(side)), RejectCode.OTHER_SIDE, message)


def _by_time(time: pl.Expr, settings: CurateSettings) -> pl.Expr:
    """The side whose period a time is in; null without a time."""
    return (
        pl.when(time < pl.lit(settings.validation_from))
        .then(pl.lit(_TRAIN))
        .when(time < pl.lit(settings.test_from))
        .then(pl.lit(_VALIDATION))
        .when(time.is_not_null())
        .then(pl.lit(_TEST))
    )


def _require_known(rows: pl.LazyFrame, settings: CurateSettings) -> None:
    found = set(rows.select(pl.col("laboratory").unique()).collect()["laboratory"])
    for name in (*settings.test_laboratories, *settings.validation_laboratories):
        if name not in found:
            raise SettingsError(
                f"{name!r} is no laboratory of these results; there are "
                f"{', '.join(sorted(str(one) for one in found if one))[:300] or 'none'}."
            )
