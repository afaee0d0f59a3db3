"""How many reports an expert validation takes, for an interval of a wanted width."""

from __future__ import annotations

from typing import Any

import numpy as np

from hemoscribe.assess.bootstrap import wilson
from hemoscribe.errors import SettingsError

_Z = 1.959963984540054  # standard normal quantile of 97.5 %
_MOST = 10_000_000


def sample_size(
    width: float, *, share: float = 0.9, raters: int = 3, kappa: float = 0.6
) -> dict[str, Any]:
    """Reports needed for 95 % intervals as wide as ``width``, of a share and of kappa.

    Args:
        width: from the interval's lower to its upper limit.
        share: the share that is expected, such as of comments that experts would sign.
        raters: experts who rate each report.
        kappa: the agreement that is expected between them.

    Raises:
        SettingsError: a number out of its range.
    """
    if not 0 < width < 1:
        raise SettingsError("--width: is above 0 and below 1, such as 0.1 for ten points.")
    if not 0 < share < 1:
        raise SettingsError("--share: is above 0 and below 1, such as 0.9.")
    if not 0 <= kappa < 1:
        raise SettingsError("--kappa: is 0 or more and below 1, such as 0.6.")
    if raters < 1:
        raise SettingsError("--raters: is at least 1.")
    for_share = reports_for_share(width, share)
    found: dict[str, Any] = {
        "width": width,
        "share": {
            "expected": share,
            "reports": for_share,
            "sentence": f"{for_share:,} reports, for a 95 % interval of {width:.0%} around an "
            f"expected share of {share:.0%} (Wilson's interval, one comment of each report).",
        },
        "kappa": None,
    }
    if raters > 1:
        needed = reports_for_kappa(width, share, kappa, raters)
        found["kappa"] = {
            "expected": kappa,
            "raters": raters,
            "reports": needed,
            "sentence": f"{needed:,} reports, each rated by {raters} experts, for a 95 % interval "
            f"of {width:g} around an expected kappa of {kappa:g} on yes or no.",
        }
    return found


def reports_for_share(width: float, share: float) -> int:
    """The fewest reports for which Wilson's interval of ``share`` is at most ``width`` wide.

    Wilson 1927 (doi:10.1080/01621459.1927.10502953), solved for n by bisection; its width falls
    as n grows.
    """
    low, high = 1, 2
    while _wilson_width(share, high) > width:
        low, high = high, 2 * high
        if high > _MOST:
            raise SettingsError("--width: is so narrow that no study could reach it; widen it.")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _wilson_width(share, middle) > width else (low, middle)
    return high if _wilson_width(share, low) > width else low


def _wilson_width(share: float, n: int) -> float:
    lower, upper = wilson(share * n, n)
    return upper - lower


def reports_for_kappa(width: float, share: float, kappa: float, raters: int) -> int:
    """Reports for which kappa's large-sample 95 % interval is at most ``width`` wide."""
    return int(np.ceil((2 * _Z / width) ** 2 * kappa_variance(share, kappa, raters) - 1e-9))


def kappa_variance(share: float, kappa: float, raters: int) -> float:
    """n times the large-sample variance of Fleiss' kappa of yes or no.

    Experts' calls on a report are taken as exchangeable with correlation ``kappa`` (beta-binomial
    counts of yes), and the variance is the delta method's. For two raters this is Bloch and
    Kraemer's formula (Biometrics 1989;45:269-287), which assumes no more than that:
    (1 - k) ((1 - k)(1 - 2k) + k(2 - k) / (2 p (1 - p))).
    """
    from scipy.stats import betabinom, binom

    yes = np.arange(raters + 1)
    if kappa == 0:
        chances = binom.pmf(yes, raters, share)
    else:
        strength = 1 / kappa - 1
        chances = betabinom.pmf(yes, raters, share * strength, (1 - share) * strength)
    spread = 2 * share * (1 - share)
    apart = 2 * yes * (raters - yes) / (raters * (raters - 1))
    expected = spread * (1 - kappa)
    influence = (
        -(apart - expected) + (1 - kappa) * 2 * (1 - 2 * share) * (yes / raters - share)
    ) / spread
    return float(np.sum(chances * influence**2))
