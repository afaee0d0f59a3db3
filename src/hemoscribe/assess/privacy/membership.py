"""Membership inference: can the loss of a report tell whether the model was trained on it?

Two attacks on each report's loss over its supervised tokens, through training's own renderer and
masks: ``loss`` (a low loss means a member; Yeom et al. 2018, arXiv:1709.01604), and ``calibrated``
(a loss far below the untuned base model's means a member; Carlini et al. 2022, arXiv:2112.03570,
section IV; Watson et al. 2022, arXiv:2111.08440), which no report is easy enough to mislead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from hemoscribe.assess.bootstrap import Bootstrap, Estimate, Floats, divide, interval_of

FALSE_ALARMS: Final = 0.01
FEWEST_HELD_OUT: Final = 100
"""Held-out reports under which a rate of 1 % cannot be measured."""
_FEWEST_OF_A_KIND = 20
_DRAWS_AT_ONCE = 64


def measure_membership(
    member: npt.NDArray[np.bool_],
    patients: Sequence[str],
    losses: Floats,
    base_losses: Floats | None,
    written: npt.NDArray[np.bool_],
    *,
    draws: int,
) -> dict[str, Any]:
    """AUC and TPR at 1 % FPR of each attack, intervals over patients; all shapes are (reports,).

    Args:
        base_losses: the base model's; None where the model has none but itself.
        written: whether the report's row holds a text; AUC is given for each kind apart.
    """
    scores = {"loss": -losses}
    if base_losses is not None:
        scores["calibrated"] = base_losses - losses
    kinds = {"reading alone": ~written, "reading and text": written}
    bootstrap = Bootstrap(patients, draws=draws)
    names = np.asarray(patients)
    return {
        name: {
            "auc": bootstrap.roc_auc(member, score),
            "tpr": tpr_at(bootstrap, member, score),
            "by_kind": {
                kind: Bootstrap(names[own], draws=draws).roc_auc(member[own], score[own])
                for kind, own in kinds.items()
                if min((member & own).sum(), (~member & own).sum()) >= _FEWEST_OF_A_KIND
            },
        }
        for name, score in scores.items()
    }


def tpr_at(
    bootstrap: Bootstrap,
    member: npt.NDArray[np.bool_],
    scores: Floats,
    false_alarms: float = FALSE_ALARMS,
) -> Estimate:
    """The most members found while at most ``false_alarms`` of the others are called members."""
    n = len(scores)
    if (~member).sum() < FEWEST_HELD_OUT or not member.any():
        return Estimate(value=None, low=None, high=None, n=n)
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    ends = np.flatnonzero(np.append(np.diff(ordered) != 0, True))  # ties are told apart by nobody
    who, ups = bootstrap.index[order], member[order]

    def rates(weights: Floats) -> Floats:
        """Shape (draws, rows in order) to the rate in each draw."""
        found = np.cumsum(weights * ups, axis=1)
        wrong = np.cumsum(weights * ~ups, axis=1)
        share = divide(wrong[:, ends], wrong[:, -1:])
        rate = divide(found[:, ends], found[:, -1:])
        best: Floats = np.where(share <= false_alarms, rate, 0.0).max(axis=1, initial=0.0)
        return best

    value = float(rates(np.ones((1, n)))[0])
    drawn = [
        rates(chunk[i : i + _DRAWS_AT_ONCE, who].astype(np.float64))
        for chunk in bootstrap.weights()
        for i in range(0, len(chunk), _DRAWS_AT_ONCE)
    ]
    return interval_of(value, np.concatenate(drawn), n)
