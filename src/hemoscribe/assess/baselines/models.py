"""Other language models on the same reports: the base without its adapter, and the champion.

Each costs a forward pass per report, so what was read is kept beside the assessment (``kept``), and
read on from there after an interruption, or for the next model that is assessed on the folder.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hemoscribe.assess.baselines.baseline import Baseline
from hemoscribe.assess.baselines.few_shot import FewShot, choose_shots, shots_before, solved
from hemoscribe.assess.held_out import Material
from hemoscribe.assess.kept import Kept, kept_file
from hemoscribe.assess.read_results import prompts_of, read_all
from hemoscribe.engines import load
from hemoscribe.errors import SettingsError
from hemoscribe.files import fingerprint
from hemoscribe.models import registry
from hemoscribe.models.catalogue import catalogue
from hemoscribe.models.tune_record import tune_record_of
from hemoscribe.prose.prompt import Track
from hemoscribe.records import DIRECTIONS

BASE, FEW_SHOT, CHAMPION = "base", "few-shot", "champion"

_NOTES = {
    BASE: "{model}: the same weights before tuning, asked the same prompts at the same slots.",
    FEW_SHOT: "{model}: the weights before tuning, with {shots} solved reports of the training "
    "side before each prompt.",
    CHAMPION: "{model}: the model in service, on the same prompts.",
}
_NOTE = "{model}, on the same prompts."


@dataclass(frozen=True)
class Other:
    """A model to compare with: its row's name, what is loaded, and how it is asked."""

    name: str
    kind: str
    model: str


def others_of(names: Sequence[str], model: str | None, *, base: str) -> list[Other]:
    """What ``--against`` names, as models. ``champion`` is nothing where there is none.

    Args:
        names: base, few-shot, champion, or anything that ``engines.load`` takes.
        model: the model that is assessed; None: one in memory.
        base: the base model where the assessed model does not name its own.

    Raises:
        SettingsError: a model would be compared with itself.
        InputError: nothing has that name.
    """
    own_base = base_of(model, base)
    found = []
    for name in dict.fromkeys(names):
        if name == CHAMPION:
            champion = registry.champion()
            if champion is not None and not _same(champion, model):
                found.append(Other(f"champion {champion}", CHAMPION, champion))
            continue
        what = own_base if name in (BASE, FEW_SHOT) else name
        registry.resolve(what)
        if name != FEW_SHOT and _same(what, model):
            raise SettingsError(
                f"--against {name}: that is the model being assessed; name another."
            )
        row = {BASE: "base model, zero-shot", FEW_SHOT: "base model, few-shot"}.get(name, name)
        found.append(Other(row, name if name in _NOTES else "", what))
    return found


def base_of(model: str | None, default: str) -> str:
    """The base model that a model was tuned from; a base model's own name."""
    if model is None:
        return default
    if any(model in (entry.id, entry.hub) for entry in catalogue().values()):
        return model
    tuned = tune_record_of(registry.resolve(model))
    return model if tuned is None else tuned.base


def _same(one: str, other: str | None) -> bool:
    return (
        other is not None and registry.resolve(one).resolve() == registry.resolve(other).resolve()
    )


def read_others(
    others: Sequence[Other],
    material: Material,
    track: Track,
    *,
    limit: int | None,
    keep: Path | None,
) -> list[Baseline]:
    """Each other model's reading of the held-out reports, one model in memory at a time.

    Args:
        limit: at most so many reports, the first by hash; None: all.
        keep: the folder where readings are kept and read on from; None: nowhere.
    """
    return [_baseline(other, material, track, limit, keep) for other in others]


def _baseline(
    other: Other, material: Material, track: Track, limit: int | None, keep: Path | None
) -> Baseline:
    test = material.test
    count = len(test.readings) if limit is None else min(limit, len(test.readings))
    readings, languages = test.readings[:count], test.languages[:count]
    shots = choose_shots(material.training) if other.kind == FEW_SHOT else []
    shown = [solved(reading, "en", track) for reading in shots]
    identity = [_weights(other.model), shown]
    kept = Kept(None if keep is None else kept_file(keep, other.name, identity))
    prompts = prompts_of(readings, languages, track)
    if any(kept.reading(prompt) is None for prompt in prompts):
        model = load(other.model)
        reader = FewShot(model, shots, kept) if shots else model
        read_all(reader, readings, languages, track, side=f"by {other.name}, held-out", kept=kept)
    read = [one for prompt in prompts if (one := kept.reading(prompt)) is not None]
    probabilities = np.full((len(test.table), len(DIRECTIONS)), np.nan)
    if read:
        every = np.concatenate(read)
        probabilities[: len(every)] = every
    note = _NOTES.get(other.kind, _NOTE).format(model=other.model, shots=len(shots))
    short = sum(shots_before(prompt, kept) is not None for prompt in prompts)
    if short:
        note += f" {short:,} prompts had room for fewer."
    if count < len(test.readings):
        note += f" On {count:,} of the {len(test.readings):,} reports, chosen by a hash."
    return Baseline(other.name, probabilities, note)


def _weights(model: str) -> str:
    """What tells a model's weights from another's: names, sizes and times of its files."""
    folder = registry.resolve(model)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return fingerprint(
        [
            [str(path.relative_to(folder)), path.stat().st_size, path.stat().st_mtime_ns]
            for path in files
        ]
    )
