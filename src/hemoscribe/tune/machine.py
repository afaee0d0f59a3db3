"""``hemoscribe doctor``: this machine, against what a profile needs to be tuned.

The memory of a method is estimated from the base model's size and shape:

- weights: 2 bytes a parameter in 16 bits, 0.55 in NF4 with double quantisation (QLoRA, Dettmers et
  al. 2023, arXiv:2305.14314, section 3);
- what is trained: 16 bytes a parameter (weight, gradient and two moments of AdamW, in float32);
- activations kept for the backward pass: 34 bytes per token, hidden unit and layer in 16 bits
  (Korthikanti et al. 2022, arXiv:2205.05198, equation 1, without the attention term that fused
  attention does not keep); with checkpointing 2 per layer, and one whole layer.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from hemoscribe.errors import MissingError
from hemoscribe.models.catalogue import BaseModel, base_folder, base_model
from hemoscribe.settings import Settings

Method = Literal["full", "lora", "qlora"]
GIB = 1024**3
PYTHON = (3, 11)
_BYTES_16_BIT = 2.0
_BYTES_NF4 = 0.55
_BYTES_TRAINED = 16.0
_BYTES_ACTIVATION = 34.0
_RUNTIME_GIB = 1.0  # context, kernels and fragmentation
_RESERVE = 0.92  # of a device's memory that a plan may fill
_DISK_GIB_PER_GIB = 4.0  # base, merged, GGUF and checkpoints, per GiB of 16-bit weights
_LINEAR_PER_LAYER = 7  # q, k, v, o, gate, up, down


@dataclass(frozen=True, slots=True)
class Plan:
    """How a profile is tuned on a device; ``estimated_vram_gb`` is main memory without a GPU."""

    method: Method
    micro_batch: int
    accumulation: int
    checkpointing: bool
    estimated_vram_gb: float


def examine(settings: Settings) -> dict[str, Any]:
    """What the machine has, the plan for this profile, and what stands in its way.

    Returns:
        ``gpu`` (name or None), ``vram_gb``, ``ram_gb``, ``disk_gb`` (free), ``cores``, ``python``,
        ``torch``, ``base``, ``plan``, ``problems`` (sentences; empty when nothing does).
    """
    import torch

    entry = base_model(settings.tune.base)
    gpu = torch.cuda.get_device_name(0) if torch.cuda.is_available() else None
    vram = torch.cuda.get_device_properties(0).total_memory / GIB if gpu else 0.0
    ram = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
    disk = shutil.disk_usage(_existing(settings.runs)).free / GIB
    memory = vram if gpu else ram
    chosen = plan(settings, entry, memory_gib=memory, gpu=gpu is not None)
    return {
        "gpu": gpu,
        "vram_gb": round(vram, 1),
        "ram_gb": round(ram, 1),
        "disk_gb": round(disk, 1),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "base": entry.id,
        "plan": asdict(chosen),
        "problems": list(_problems(entry, chosen, memory=memory, disk=disk, gpu=gpu is not None)),
    }


def plan(settings: Settings, entry: BaseModel, *, memory_gib: float, gpu: bool) -> Plan:
    """The first of LoRA, QLoRA and smaller micro-batches that fits; the effective batch stays.

    A method that the profile names is kept; only its micro-batch is made to fit.
    """
    tune = settings.tune
    methods: tuple[Method, ...] = ("lora", "qlora") if gpu else ("lora",)
    if tune.method != "auto":
        methods = (tune.method,)
    effective = tune.batch * tune.accumulation
    tried = [
        _plan(settings, entry, method, micro, effective, gpu)
        for method in methods
        for micro in _halvings(tune.batch)
    ]
    fitting = [found for found in tried if found.estimated_vram_gb <= memory_gib * _RESERVE]
    return fitting[0] if fitting else tried[-1]


def _plan(
    settings: Settings, entry: BaseModel, method: Method, micro: int, effective: int, gpu: bool
) -> Plan:
    gib = estimate_gib(
        entry,
        method,
        tokens=micro * settings.tune.max_tokens,
        rank=settings.tune.lora_rank,
        checkpointing=gpu,
    )
    return Plan(method, micro, -(-effective // micro), gpu, round(gib, 1))


def estimate_gib(
    entry: BaseModel, method: Method, *, tokens: int, rank: int, checkpointing: bool
) -> float:
    """Memory of one training step, in GiB.

    Args:
        tokens: in one micro-batch, padding included.
    """
    weights = entry.parameters * (_BYTES_NF4 if method == "qlora" else _BYTES_16_BIT)
    # each LoRA pair has rank * (inputs + outputs) weights; about 3.3 hidden sizes on average
    adapter = entry.layers * _LINEAR_PER_LAYER * rank * 3.3 * entry.hidden
    trained = entry.parameters if method == "full" else adapter
    per_layer = tokens * entry.hidden * _BYTES_ACTIVATION
    kept = tokens * entry.hidden * _BYTES_16_BIT * entry.layers + per_layer
    activations = kept if checkpointing else per_layer * entry.layers
    return (weights + trained * _BYTES_TRAINED + activations) / GIB + _RUNTIME_GIB


def _halvings(batch: int) -> list[int]:
    found = [batch]
    while found[-1] > 1:
        found.append(found[-1] // 2)
    return found


def _problems(
    entry: BaseModel, chosen: Plan, *, memory: float, disk: float, gpu: bool
) -> list[str]:
    problems = []
    if sys.version_info < PYTHON:
        problems.append(f"Python {platform.python_version()} is too old; install 3.11 or newer.")
    needed_disk = entry.parameters * _BYTES_16_BIT / GIB * _DISK_GIB_PER_GIB
    if disk < needed_disk:
        problems.append(f"{disk:.0f} GiB of disk are free and {needed_disk:.0f} are needed.")
    if chosen.estimated_vram_gb > memory * _RESERVE:
        where = "of GPU memory" if gpu else "of memory"
        problems.append(
            f"{entry.name} needs about {chosen.estimated_vram_gb:.0f} GiB and this machine has "
            f"{memory:.0f} {where}; take a smaller base or `tune.max_tokens`."
        )
    if not gpu and entry.parameters > 1e9:
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
