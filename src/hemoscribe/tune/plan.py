"""How a profile is tuned on a device: method, micro-batch, checkpointing, from estimated memory.

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
from dataclasses import dataclass, replace
from typing import Literal

from hemoscribe.models.catalogue import BaseModel
from hemoscribe.settings import TuneSettings

Method = Literal["full", "lora", "qlora"]
GIB = 1024**3
RESERVE = 0.92  # of a device's memory that a plan may fill
_BYTES_16_BIT = 2.0
_BYTES_NF4 = 0.55
_BYTES_TRAINED = 16.0
_BYTES_ACTIVATION = 34.0
_RUNTIME_GIB = 1.0  # context, kernels and fragmentation
_LINEAR_PER_LAYER = 7  # q, k, v, o, gate, up, down


@dataclass(frozen=True, slots=True)
class Device:
    """What trains: a GPU by its name, or this machine's processor and main memory."""

    gpu: str | None
    memory_gib: float


@dataclass(frozen=True, slots=True)
class Plan:
    """How a profile is tuned on a device; ``estimated_vram_gb`` is main memory without a GPU."""

    method: Method
    micro_batch: int
    accumulation: int
    checkpointing: bool
    estimated_vram_gb: float

    def halved(self) -> Plan | None:
        """The same effective batch in smaller parts; None when a part is one row already."""
        smaller = _parts(self.micro_batch)[1:2]
        if not smaller:
            return None
        times = self.micro_batch // smaller[0]
        return replace(self, micro_batch=smaller[0], accumulation=self.accumulation * times)


def this_device() -> Device:
    """The GPU that trains, the first where there are several, or the processor."""
    import torch

    if torch.cuda.is_available():
        memory = torch.cuda.get_device_properties(0).total_memory
        return Device(torch.cuda.get_device_name(0), memory / GIB)
    return Device(None, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB)


def plan(tune: TuneSettings, entry: BaseModel, device: Device, *, row_tokens: int) -> Plan:
    """The first of LoRA, QLoRA and smaller micro-batches that fits; the effective batch stays.

    A method that the profile names is kept; only its micro-batch is made to fit. Where nothing
    fits, the plan that needs least is returned, with its estimate.

    Args:
        row_tokens: tokens of the longest row, padding included.
    """
    methods: tuple[Method, ...] = ("lora", "qlora") if device.gpu else ("lora",)
    if tune.method != "auto":
        methods = (tune.method,)
    tried = [
        _plan(tune, entry, method, micro, row_tokens, gpu=device.gpu is not None)
        for method in methods
        for micro in _parts(tune.batch)
    ]
    limit = device.memory_gib * RESERVE
    fitting = [found for found in tried if found.estimated_vram_gb <= limit]
    return fitting[0] if fitting else tried[-1]


def _plan(
    tune: TuneSettings, entry: BaseModel, method: Method, micro: int, row_tokens: int, *, gpu: bool
) -> Plan:
    gib = estimate_gib(
        entry, method, tokens=micro * row_tokens, rank=tune.lora_rank, checkpointing=gpu
    )
    accumulation = tune.accumulation * (tune.batch // micro)
    return Plan(method, micro, accumulation, gpu, round(gib, 1))


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


def _parts(batch: int) -> list[int]:
    """The sizes a batch can be cut into without a rest, largest first: 8, 4, 2, 1."""
    return [size for size in range(batch, 0, -1) if batch % size == 0]
