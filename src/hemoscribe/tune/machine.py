"""``hemoscribe doctor``: this machine, against what a profile needs to be tuned."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hemoscribe.errors import MissingError
from hemoscribe.models.catalogue import BaseModel, base_folder, base_model
from hemoscribe.settings import Settings
from hemoscribe.tune.plan import GIB, RESERVE, Device, Plan, plan, this_device

PYTHON = (3, 11)
_BYTES_16_BIT = 2.0
_DISK_GIB_PER_GIB = 4.0  # base, merged, GGUF and checkpoints, per GiB of 16-bit weights


def examine(settings: Settings) -> dict[str, Any]:
    """What the machine has, the plan for this profile, and what stands in its way.

    Returns:
        ``gpu`` (name or None), ``vram_gb``, ``ram_gb``, ``disk_gb`` (free), ``cores``, ``python``,
        ``torch``, ``base``, ``plan``, ``problems`` (sentences; empty when nothing does).
    """
    import torch

    entry = base_model(settings.tune.base)
    device = this_device()
    ram = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
    disk = shutil.disk_usage(_existing(settings.runs)).free / GIB
    chosen = plan(settings.tune, entry, device, row_tokens=settings.tune.max_tokens)
    return {
        "gpu": device.gpu,
        "vram_gb": round(device.memory_gib, 1) if device.gpu else 0.0,
        "ram_gb": round(ram, 1),
        "disk_gb": round(disk, 1),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "base": entry.id,
        "plan": asdict(chosen),
        "problems": list(_problems(entry, chosen, device, disk_gib=disk)),
    }


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
