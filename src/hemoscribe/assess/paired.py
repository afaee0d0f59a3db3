"""Two readers of the same results: how much better is one, and could that be chance?

The difference has a 95 % interval by bootstrap over patients, as a patient's results resemble
each other. McNemar's test stands beside it; it takes results as independent, so its p is too small
where patients have many results, while the bootstrap is too narrow where patients are few. So a
difference is called sure only when both say so, on ten patients or more.
"""

from __future__ import annotations

from typing import TypedDict

import numpy as np
import numpy.typing as npt

from hemoscribe.assess.bootstrap import NOT_MEASURED, Bootstrap, Estimate, Floats, divide, wilson
from hemoscribe.assess.directions import Read

MIN_PATIENTS = 10
SIGNIFICANT = 0.05


class Contrast(TypedDict):
    """One share of the model less that of the other reader, on the same results."""

    difference: Estimate
    model_only: int  # results that the model alone reads right
    other_only: int  # results that the other alone reads right
    patients: int
    p_exact: float | None
    p_mid: float | None


class Paired(TypedDict):
    """The model against another reader; ``sentence`` says it in words."""

    accuracy: Contrast
    abnormal_recall: Contrast
    sentence: str


def paired(model: Read, other: Read, name: str) -> Paired:
    """Accuracy and recall of abnormal results, with direction, of the model against ``name``.

    Both must be of the same results in the same order.

    Raises:
        ValueError: they are not.
    """
    if not np.array_equal(model.truth, other.truth):
        raise ValueError("paired readings must be of the same results in the same order")
    every = np.ones(len(model.truth), dtype=np.bool_)
    accuracy = contrast(model.bootstrap, model.correct, other.correct, every)
    recall = contrast(model.bootstrap, model.correct, other.correct, model.abnormal)
    return Paired(
        accuracy=accuracy, abnormal_recall=recall, sentence=_sentence(accuracy, recall, name)
    )


def contrast(
    bootstrap: Bootstrap,
    model: npt.NDArray[np.bool_],
    other: npt.NDArray[np.bool_],
    among: npt.NDArray[np.bool_],
) -> Contrast:
    """The share of ``among`` on which the model is right, less the other's, shapes (results,).

    Where the two never differ there is nothing to resample: the interval then is Wilson's upper
    limit, over patients, of a share of differing results of which none was seen, to either side.
    """
    n = int(among.sum())
    if not n:
        return Contrast(
            difference=NOT_MEASURED,
            model_only=0,
            other_only=0,
            patients=0,
            p_exact=None,
            p_mid=None,
        )
    model_only, other_only = (
        int((model & ~other & among).sum()),
        int((other & ~model & among).sum()),
    )
    sums = bootstrap.per_patient(
        np.column_stack([(model & among), (other & among), among]).astype(np.float64)
    )
    difference = bootstrap.statistic(sums, _difference, n)
    patients = int((sums[:, 2] > 0).sum())
    if model_only + other_only == 0:
        reach = wilson(0, patients)[1]
        difference = Estimate(value=0.0, low=-reach, high=reach, n=n)
    p_exact, p_mid = mcnemar(model_only, other_only)
    return Contrast(
        difference=difference,
        model_only=model_only,
        other_only=other_only,
        patients=patients,
        p_exact=p_exact,
        p_mid=p_mid,
    )


def mcnemar(model_only: int, other_only: int) -> tuple[float, float]:
    """McNemar's test of two counts of discordant pairs: two-sided exact p, and mid-p.

    Exact: the binomial test of McNemar 1947 (doi:10.1007/BF02295996). Mid-p: half of the observed
    count's probability taken off, which errs less (Fagerland 2013, doi:10.1186/1471-2288-13-91).
    """
    n, fewer = model_only + other_only, min(model_only, other_only)
    if n == 0:
        return 1.0, 1.0
    from scipy.stats import binom

    below, at = float(binom.cdf(fewer, n, 0.5)), float(binom.pmf(fewer, n, 0.5))
    return min(1.0, 2 * below), min(1.0, 2 * below - at)


def _difference(sums: Floats) -> Floats:
    """(model right - other right) / all, along the last axis."""
    return divide(sums[..., 0] - sums[..., 1], sums[..., 2])


def _sentence(accuracy: Contrast, recall: Contrast, name: str) -> str:
    n = accuracy["difference"]["n"]
    return (
        f"Against {name}, on the same {n:,} results: accuracy {_words(accuracy)}; "
        f"recall of abnormal results {_words(recall)}."
    )


def _words(found: Contrast) -> str:
    difference = found["difference"]
    value, low, high = difference["value"], difference["low"], difference["high"]
    if value is None or low is None or high is None:
        return "not measured"
    verdict = _verdict(found, low, high)
    return (
        f"{100 * value:+.1f} points (95 % interval {100 * low:+.1f} to {100 * high:+.1f}; "
        f"right alone: the model {found['model_only']:,} times, the other {found['other_only']:,}; "
        f"McNemar mid-p {p_value(found['p_mid'])}), {verdict}"
    )


def _verdict(found: Contrast, low: float, high: float) -> str:
    if found["patients"] < MIN_PATIENTS:
        return f"too few patients ({found['patients']}) to say"
    chance = found["p_mid"] is None or found["p_mid"] >= SIGNIFICANT
    if chance or low <= 0 <= high:
        return "no sure difference"
    return "the model is better" if low > 0 else "the model is WORSE"


def p_value(value: float | None) -> str:
    """``0.012``, ``< 0.001``; a dash where nothing was tested."""
    return "-" if value is None else "< 0.001" if value < 0.001 else f"{value:.3f}"
