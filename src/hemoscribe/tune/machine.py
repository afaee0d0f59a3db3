"""``hemoscribe doctor``: this machine, against what a profile needs to be tuned."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hemoscribe.errors import MissingError
from hemoscribe.models.catalogue import BaseModel, base_folder, base_model
from hemoscribe.models.chat import ChatTokenizer
from hemoscribe.settings import Needs, Settings
from hemoscribe.stages import MANIFEST, read_manifest
from hemoscribe.tune.plan import GIB, RESERVE, Device, Plan, plan, this_device
from hemoscribe.tune.rows import read_rows

PYTHON = (3, 11)
_BYTES_16_BIT = 2.0
_DISK_GIB_PER_GIB = 4.0  # base, merged, GGUF and checkpoints, per GiB of 16-bit weights


def examine(settings: Settings, corpus: Path | None = None) -> dict[str, Any]:
    """What the machine has, the plan for this profile, and what stands in its way.

    Args:
        corpus: what will be trained on: its longest row is planned for. None: that of the
            profile's own run, where it is made already, else ``tune.max_tokens``.

    Returns:
        ``gpu`` (name or None), ``vram_gb``, ``ram_gb``, ``disk_gb`` (free), ``cores``, ``python``,
        ``torch``, ``base``, ``row_tokens``, ``rows_of`` (the corpus, or None), ``plan``, ``needs``
        (``what``, ``wanted``, ``here``, ``met``), ``problems`` (sentences; none where nothing is).

    Raises:
        StageError: ``corpus`` is no complete corpus.
    """
    import torch

    entry = base_model(settings.tune.base)
    device = this_device()
    ram = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
    disk = shutil.disk_usage(_existing(settings.runs)).free / GIB
    rows_of = _corpus(settings, corpus)
    row_tokens = settings.tune.max_tokens
    if rows_of is not None:
        row_tokens = _longest_row(settings, rows_of) or row_tokens
    chosen = plan(settings.tune, entry, device, row_tokens=row_tokens)
    needs = list(_needs(settings.needs, device, ram_gib=ram, disk_gib=disk))
    return {
        "gpu": device.gpu,
        "vram_gb": round(device.memory_gib, 1) if device.gpu else 0.0,
        "ram_gb": round(ram, 1),
        "disk_gb": round(disk, 1),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "base": entry.id,
        "row_tokens": row_tokens,
        "rows_of": None if rows_of is None else str(rows_of),
        "plan": asdict(chosen),
        "needs": needs,
        "problems": [
            *(
                f"This profile is made for {need['wanted']:g} GB of {need['what']}, and "
                f"{need['here']:g} GB are here."
                for need in needs
                if not need["met"]
            ),
            *_problems(entry, chosen, device, disk_gib=disk),
        ],
    }


def _corpus(settings: Settings, corpus: Path | None) -> Path | None:
    """The corpus whose rows are planned for: the one named, or the run's own if it is complete."""
    if corpus is not None:
        read_manifest(corpus, stage="corpus")
        return corpus
    own = settings.runs / settings.name / "corpus"
    return own if (own / MANIFEST).exists() else None


def _longest_row(settings: Settings, corpus: Path) -> int | None:
    """Tokens of the longest row, padding included; None where the base's tokenizer is not here."""
    from hemoscribe.tune.padded_batches import padded_tokens

    entry = base_model(settings.tune.base)
    try:
        tokenizer = ChatTokenizer.from_folder(base_folder(entry.id), entry.chat)
    except MissingError:
        return None
    rows = read_rows(corpus / "train.jsonl", tokenizer, max_tokens=settings.tune.max_tokens).rows
    return max((padded_tokens(len(row.input_ids)) for row in rows), default=None)


def _needs(
    needs: Needs, device: Device, *, ram_gib: float, disk_gib: float
) -> Iterator[dict[str, Any]]:
    """Each thing that the profile asks for beside what this machine has."""
    asked = (
        ("GPU memory", needs.vram_gb, device.memory_gib if device.gpu else 0.0),
        ("memory", needs.ram_gb, ram_gib),
        ("free disk", needs.disk_gb, disk_gib),
    )
    for what, wanted, here in asked:
        if wanted is not None:
            yield {"what": what, "wanted": wanted, "here": round(here, 1), "met": here >= wanted}


def _problems(entry: BaseModel, chosen: Plan, device: Device, *, disk_gib: float) -> list[str]:
    problems = []
    if sys.version_info < PYTHON:
        problems.append(f"Python {platform.python_version()} is too old; install 3.11 or newer.")
    needed_disk = entry.parameters * _BYTES_16_BIT / GIB * _DISK_GIB_PER_GIB
    if disk_gib < needed_disk:
        problems.append(f"{disk_gib:.0f} GiB of disk are free and {needed_disk:.0f} are needed.")
    if chosen.estimated_vram_gb > device.memory_gib * RESERVE:
        where = "of GPU memory" if device.gpu else "of memory"
        problems.append(
            f"{entry.name} needs about {chosen.estimated_vram_gb:.0f} GiB and this machine has "
            f"{device.memory_gib:.0f} {where}; take a smaller base or `tune.max_tokens`."
        )
    if device.gpu is None and entry.parameters > 1e9:
        problems.append(
            f"{entry.name} is not tuned on a machine without a GPU in any useful time; "
            "configs/laptop.yaml is meant for this one."
        )
    try:
        base_folder(entry.id)
    except MissingError as error:
        problems.append(str(error))
    return problems


def _existing(path: Path) -> Path:
    path = path.absolute()
    while not path.exists():
        path = path.parent
    return path
