"""Which side of the split a reviewed patient is on: the side that the curated folders say.

A patient who stands in a curated folder has a side there. One who does not would get the side of
the keyed hash, with that folder's shares, if the hash decides in it. Where dates or laboratories
decide, or the folder was curated with another pseudonym key, nothing says where such a patient
belongs, and the patient has no side.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

import polars as pl

from hemoscribe.curate.pseudonyms.keys import fingerprint_of
from hemoscribe.curate.pseudonyms.patients import place
from hemoscribe.curate.stage import STAGE
from hemoscribe.files import RESULTS
from hemoscribe.settings import CurateSettings
from hemoscribe.stages import read_manifest

HASHED: Final = "patient"
"""``curate.split`` where the keyed hash of the patient decides."""

_HASH_ALONE = (
    "No curated folder is known, so reviewed patients are on the sides of the keyed hash; where "
    "another split decided for the model's rows, name their folder with --curated."
)


def sides_of_patients(
    patient_ids: Collection[str], folders: Sequence[Path], key: bytes, settings: CurateSettings
) -> tuple[dict[str, str | None], list[str]]:
    """The side of each patient, None where nothing says it; and what a person must be told.

    Args:
        patient_ids: as the laboratory writes them.
        folders: curated folders; the first that holds a patient decides.
        settings: how patients are placed where there is no folder.

    Raises:
        StageError: one of ``folders`` is no complete curated folder.
    """
    shares = _shares(folders, settings)
    placed = {
        patient: place(
            key,
            patient,
            train_share=shares.train_share,
            validation_share=shares.validation_share,
        )
        for patient in patient_ids
    }
    if not placed:
        return {}, []
    found: dict[str, str] = {}
    for folder in reversed(folders):
        found.update(_written_sides(folder, [one.pseudonym for one in placed.values()]))
    why = _why_not_hashed(folders, key, settings)
    sides = {
        patient: found.get(one.pseudonym, one.split if why is None else None)
        for patient, one in placed.items()
    }
    without = sum(side is None for side in sides.values())
    if without:
        return sides, [f"{without:,} reviewed patients have no side of the split: {why}"]
    return sides, [] if folders else [_HASH_ALONE]


def _shares(folders: Sequence[Path], settings: CurateSettings) -> CurateSettings:
    """The settings with the shares of the folder that decides."""
    if not folders:
        return settings
    told = _settings_of(folders[0])
    names = ("train_share", "validation_share")
    return settings.model_copy(update={name: told[name] for name in names if name in told})


def _settings_of(folder: Path) -> Mapping[str, object]:
    return read_manifest(folder, stage=STAGE).settings


def _written_sides(folder: Path, pseudonyms: Sequence[str]) -> dict[str, str]:
    rows = pl.scan_parquet(folder / RESULTS).select("patient_id", "split")
    wanted = pl.Series(pseudonyms, dtype=pl.String).implode()
    sides = rows.filter(pl.col("patient_id").is_in(wanted)).unique()
    return dict(sides.collect(engine="streaming").iter_rows())


def _why_not_hashed(folders: Sequence[Path], key: bytes, settings: CurateSettings) -> str | None:
    """Why the keyed hash says nothing of a patient who is in no folder; None where it does."""
    if not folders and settings.split != HASHED:
        return (
            f"`curate.split: {settings.split}` decides, and no curated folder is known; name one "
            "with --curated."
        )
    for folder in folders:
        manifest = read_manifest(folder, stage=STAGE)
        if manifest.inputs.get("pseudonym key") != fingerprint_of(key):
            return (
                f"{folder} was curated with another pseudonym key, so nobody can be found in it; "
                "restore that key, or curate again and name the new folder with --curated."
            )
        split = manifest.settings.get("split", HASHED)
        if split != HASHED:
            return (
                f"they are not in {folder}, where `curate.split: {split}` decides; curate an "
                "export with their reports, and name that folder with --curated."
            )
    return None
