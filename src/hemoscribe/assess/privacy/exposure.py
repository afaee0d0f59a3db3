"""Exposure of canaries: how much likelier the model finds a planted secret than others of its kind.

Carlini et al. 2019 (arXiv:1802.08232, section 4): exposure = log2 |R| - log2 rank, where the rank
is that of the secret's log-perplexity among the whole space R. R has 10**9 numbers here, so the
rank comes from a sample of R: the log-perplexities of random secrets in the same place are fitted
with a skew-normal distribution, and exposure = -log2 P(X <= x) (their section 4.3). A secret that
was never seen has an exposure above e bits with a chance of 2**-e: 1.44 in the mean, 1 in the
median.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import Any

import numpy as np

from hemoscribe.assess.privacy.subject import Audited, Floats
from hemoscribe.corpus.canaries import DIGITS, Canary, draw_secret

SPACE_BITS = float(DIGITS * np.log2(10))


def measure_canaries(
    model: Audited,
    canaries: Sequence[Canary],
    *,
    references: int,
    done: Callable[[int], None] = lambda _: None,
) -> list[dict[str, Any]]:
    """The exposure of each canary and control, in its own report's text.

    Args:
        references: random secrets that each is ranked among.

    Returns:
        Per canary: ``secret``, ``planted``, ``reports`` (that hold it), ``bits`` (its
        log-perplexity), ``rank`` among ``references`` + 1, ``exposure_bits`` by extrapolation, and
        ``fit_p``, the Kolmogorov-Smirnov p of the skew-normal fit.
    """
    found = []
    for canary in canaries:
        draw = random.Random(f"{canary.secret}:{canary.prompt}")
        others = [draw_secret(draw) for _ in range(references)]
        bits = perplexities(model, canary, [canary.secret, *others])
        exposure, fit_p = extrapolated(float(bits[0]), bits[1:])
        found.append(
            {
                "secret": canary.secret,
                "planted": canary.planted,
                "reports": len(canary.report_ids),
                "bits": float(bits[0]),
                "rank": 1 + int((bits[1:] <= bits[0]).sum()),
                "references": references,
                "exposure_bits": exposure,
                "fit_p": fit_p,
            }
        )
        done(1)
    return found


def perplexities(model: Audited, canary: Canary, secrets: Sequence[str]) -> Floats:
    """Log-perplexity in bits of each secret where the canary stands, shape (secrets,).

    Tokens are those of the whole text with each secret; what all have in common is read once.
    """
    [prompt] = model.tokenizer.encode([canary.prompt], [canary.slots])
    texts = [
        tokens[:-1]  # without the stop token
        for tokens in model.tokenizer.encode_completions(
            [canary.head + secret for secret in secrets]
        )
    ]
    shortest = min(len(text) for text in texts)
    same = (len({text[place] for text in texts}) == 1 for place in range(shortest - 1))
    common = sum(takewhile(bool, same))
    return model.secret_bits(prompt.ids + texts[0][:common], [text[common:] for text in texts])


def extrapolated(bits: float, sample: Floats) -> tuple[float, float]:
    """(exposure in bits, p of the fit) of a log-perplexity among a sample's, shape (references,).

    The exposure is never above that of the likeliest of the whole space.
    """
    from scipy import stats

    with np.errstate(all="ignore"):
        shape, place, scale = stats.skewnorm.fit(sample)
        chance = float(stats.skewnorm.cdf(bits, shape, place, scale))
        fit_p = float(stats.kstest(sample, stats.skewnorm(shape, place, scale).cdf).pvalue)
    exposure = SPACE_BITS if chance <= 0 else min(SPACE_BITS, -float(np.log2(chance)))
    return max(exposure, 0.0), fit_p


def summarise(found: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """Planted secrets against controls: means, the highest, and how surely they differ.

    ``p`` is that of the one-sided Mann-Whitney test that planted secrets are no more exposed.
    """
    from scipy import stats

    planted = [one["exposure_bits"] for one in found if one["planted"]]
    controls = [one["exposure_bits"] for one in found if not one["planted"]]
    if not planted or not controls:
        return None
    return {
        "planted": len(planted),
        "mean_bits": float(np.mean(planted)),
        "highest_bits": max(planted),
        "control_mean_bits": float(np.mean(controls)),
        "control_highest_bits": max(controls),
        "p": float(stats.mannwhitneyu(planted, controls, alternative="greater").pvalue),
        "space_bits": SPACE_BITS,
    }
