"""Sample size: the fewest reports that give the width, and published formulas."""

import numpy as np
import pytest

from hemoscribe.assess.bootstrap import wilson
from hemoscribe.errors import SettingsError
from hemoscribe.serve.reviews.blind.chance import fleiss, fleiss_cells
from hemoscribe.serve.reviews.blind.sample_size import (
    kappa_variance,
    reports_for_kappa,
    reports_for_share,
    sample_size,
)


@pytest.mark.parametrize("share", [0.5, 0.9, 0.97])
@pytest.mark.parametrize("width", [0.05, 0.1, 0.3])
def test_no_fewer_reports_give_the_width(share, width):
    n = reports_for_share(width, share)
    for reports, wide_enough in ((n, True), (n - 1, False)):
        low, high = wilson(share * reports, reports)
        assert (high - low <= width) == wide_enough


def test_the_width_is_statsmodels(monkeypatch):
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    n = reports_for_share(0.1, 0.9)
    low, high = proportion.proportion_confint(0.9 * n, n, method="wilson")
    assert wilson(0.9 * n, n) == pytest.approx((low, high), abs=1e-9)
    assert high - low <= 0.1


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.8])
@pytest.mark.parametrize("kappa", [0.0, 0.2, 0.6, 0.9])
def test_two_raters_are_bloch_and_kraemers_formula(share, kappa):
    expected = (1 - kappa) * (
        (1 - kappa) * (1 - 2 * kappa) + kappa * (2 - kappa) / (2 * share * (1 - share))
    )
    assert kappa_variance(share, kappa, 2) == pytest.approx(expected, abs=1e-9)


def test_the_variance_is_that_of_simulated_reviews():
    rng = np.random.default_rng(1)
    share, kappa, raters, reports = 0.7, 0.5, 3, 300
    strength = 1 / kappa - 1
    found = []
    for _ in range(1_500):
        own = rng.beta(share * strength, (1 - share) * strength, reports)
        codes = (rng.random((raters, reports)) < own).astype(int)
        found.append(float(fleiss(fleiss_cells(codes, 2).sum(axis=0))))
    # the variance of 1,500 draws is known within 4 standard errors of 3.7 % each
    assert np.var(found) * reports == pytest.approx(kappa_variance(share, kappa, raters), rel=0.15)


def test_more_raters_need_fewer_reports():
    needed = [reports_for_kappa(0.2, 0.8, 0.6, raters) for raters in (2, 3, 5)]
    assert needed == sorted(needed, reverse=True)
    assert sample_size(0.2, raters=1)["kappa"] is None


@pytest.mark.parametrize(
    "wrong", [{"width": 0}, {"share": 1.0}, {"kappa": 1.0}, {"raters": 0}, {"width": 1e-9}]
)
def test_impossible_wishes_are_refused_by_name(wrong):
    with pytest.raises(SettingsError, match=f"--{next(iter(wrong))}"):
        sample_size(**{"width": 0.1, **wrong})
