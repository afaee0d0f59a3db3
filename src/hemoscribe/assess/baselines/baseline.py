"""A baseline: another reader's probabilities of the results that a model is assessed on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hemoscribe.assess.bootstrap import Floats


@dataclass(frozen=True)
class Baseline:
    """A reader beside the model. ``probabilities`` has a row per result, in the table's order.

    A row of NaN is a result that this reader did not read. ``is_truth``: its reading is what the
    truth is taken from, so comparing with it says nothing.
    """

    name: str
    probabilities: Floats  # (results, 3): low, normal, high
    note: str
    is_truth: bool = False

    @property
    def reads(self) -> npt.NDArray[np.bool_]:
        """Which results it read, shape (results,)."""
        return np.asarray(~np.isnan(self.probabilities).any(axis=1), dtype=np.bool_)
