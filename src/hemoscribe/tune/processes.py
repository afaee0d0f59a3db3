"""The processes of one training run: one, or as many as ``accelerate launch`` started.

    accelerate launch --num_processes 2 -m hemoscribe tune CONFIG

Each reads the corpus and trains on its share of every step; the first writes what is written.
"""

from __future__ import annotations

import os
from typing import Any

_COUNT, _RANK = "WORLD_SIZE", "RANK"


def several() -> bool:
    """Whether this process is one of several."""
    return int(os.environ.get(_COUNT, "1")) > 1


def count() -> int:
    """How many processes train."""
    return int(os.environ.get(_COUNT, "1"))


def is_first() -> bool:
    """Whether this process writes: always true of a single one."""
    return not several() or int(os.environ.get(_RANK, "0")) == 0


def wait() -> None:
    """Go on when all processes have come here."""
    if several():
        _state().wait_for_everyone()


def _state() -> Any:
    """accelerate's view of the processes, which it connects at first use."""
    import torch
    from accelerate import PartialState

    if torch.cuda.is_available():
        return PartialState()
    return PartialState(cpu=True, backend="gloo")
