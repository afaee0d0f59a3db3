"""Other language models on the same reports: the base without its adapter, and the champion.

Each costs a forward pass per report, so what was read is kept beside the assessment, line by line,
and read on from there after an interruption, or for the next model that is assessed on the folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hemoscribe.assess.baselines.baseline import Baseline
from hemoscribe.assess.baselines.few_shot import FewShot, choose_shots, solved
from hemoscribe.assess.bootstrap import Floats
from hemoscribe.assess.held_out import HeldOut, Material
from hemoscribe.assess.observations import Reader, read_all
from hemoscribe.corpus.prompt import Track, parts, render
from hemoscribe.engines import load
from hemoscribe.engines.interpreter import MAX_READ_RESULTS
from hemoscribe.errors import SettingsError
from hemoscribe.files import fingerprint, read_json
from hemoscribe.models import registry
from hemoscribe.models.catalogue import catalogue
from hemoscribe.records import DIRECTIONS, Language, Reading

BASE, FEW_SHOT, CHAMPION = "base", "few-shot", "champion"
REPORTS_AT_ONCE = 64

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
    tuned = registry.resolve(model) / "tune.json"
    return str(read_json(tuned)["base"]) if tuned.is_file() else model


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
    shots = choose_shots(material.training) if other.kind == FEW_SHOT else []
    path = None
    if keep is not None:
        shown = [solved(reading, "en", track) for reading in shots]
        slug = re.sub(r"[^a-z0-9]+", "-", other.name.lower()).strip("-")[:40]
        key = fingerprint([_weights(other.model), shown])
        path = keep / f"{slug}-{key[:12]}.jsonl"
    kept = Kept(path)
    todo = [
        place
        for place in range(count)
        if kept.get(_asked(test.readings[place], test.languages[place], track)) is None
    ]
    short = 0
    if todo:
        model = load(other.model)
        reader = FewShot(model, shots) if shots else model
        _read(reader, test, todo, track, other.name, kept)
        short = (
            sum(reader.used.values()) - reader.used[len(shots)]
            if isinstance(reader, FewShot)
            else 0
        )
    probabilities = np.full((len(test.table), len(DIRECTIONS)), np.nan)
    row = 0
    for reading, language in zip(test.readings[:count], test.languages[:count], strict=True):
        found = kept.get(_asked(reading, language, track))
        assert found is not None
        probabilities[row : row + len(found)] = found
        row += len(found)
    note = _NOTES.get(other.kind, _NOTE).format(model=other.model, shots=len(shots))
    if short:
        note += f" {short:,} prompts had room for fewer."
    if count < len(test.readings):
        note += f" On {count:,} of the {len(test.readings):,} reports, chosen by a hash."
    return Baseline(other.name, probabilities, note)


def _read(
    reader: Reader,
    test: HeldOut,
    todo: Sequence[int],
    track: Track,
    name: str,
    kept: Kept,
) -> None:
    for first in range(0, len(todo), REPORTS_AT_ONCE):
        now = todo[first : first + REPORTS_AT_ONCE]
        readings, languages = [test.readings[i] for i in now], [test.languages[i] for i in now]
        side = f"{first + 1:,} to {first + len(now):,} of {len(todo):,} by {name}, held-out"
        probabilities, _ = read_all(reader, readings, languages, track, side=side)
        row = 0
        for reading, language in zip(readings, languages, strict=True):
            size = len(reading.results)
            kept.add(_asked(reading, language, track), probabilities[row : row + size])
            row += size


def _asked(reading: Reading, language: Language, track: Track) -> str:
    """What tells one question from another: the hash of its prompts, to the letter."""
    texts = [
        render(part, language=language, track=track).text
        for part in parts(reading, MAX_READ_RESULTS)
    ]
    return hashlib.sha256("\x00".join(texts).encode("utf-8")).hexdigest()


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


class Kept:
    """Readings by question, in a file of JSON Lines that grows as they are made; None: in memory.

    No value or name of a patient is in it: a hash of the prompt, and probabilities.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._found: dict[str, list[list[float]]] = {}
        self._torn = False  # the last line was cut short: the next one starts a line of its own
        if path is not None and path.is_file():
            text = path.read_text(encoding="utf-8")
            self._torn = bool(text) and not text.endswith("\n")
            for line in text.splitlines():
                entry = _entry(line)
                if entry is not None:
                    self._found[entry["asked"]] = entry["probabilities"]

    def get(self, asked: str) -> Floats | None:
        """The reading of a question, shape (results, 3); None: not read yet."""
        found = self._found.get(asked)
        return None if found is None else np.asarray(found, dtype=np.float64).reshape(-1, 3)

    def add(self, asked: str, probabilities: Floats) -> None:
        """Keep a reading, on disk before the next one is made."""
        self._found[asked] = probabilities.tolist()
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps({"asked": asked, "probabilities": self._found[asked]})
        with self._path.open("a", encoding="utf-8") as file:
            file.write(("\n" if self._torn else "") + line + "\n")
            self._torn = False
            file.flush()
            os.fsync(file.fileno())


def _entry(line: str) -> dict[str, Any] | None:
    """A line; None for one that an interruption cut short."""
    try:
        entry = json.loads(line)
    except json.JSONDecodeError:
        return None
    return entry if isinstance(entry, dict) and {"asked", "probabilities"} <= entry.keys() else None
