"""Agreement corrected for chance: published worked examples, and other people's libraries."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from hemoscribe.assess.bootstrap import Bootstrap
from hemoscribe.serve.reviews.blind.chance import (
    alpha,
    cohen,
    coincidences,
    fleiss,
    fleiss_cells,
    pair_cells,
)

# Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", section C: four observers, twelve
# units, five categories, missing data; nominal alpha 0.743, ordinal 0.815.
KRIPPENDORFF = (
    np.array(
        [
            [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
            [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
            [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
            [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
        ]
    )
    - 1
)

# Fleiss 1971's method on the worked example of Wikipedia's article "Fleiss' kappa": 14 raters, 10
# subjects, counts of five categories; kappa 0.210.
FLEISS = np.array(
    [
        [0, 0, 0, 0, 14],
        [0, 2, 6, 4, 2],
        [0, 0, 3, 5, 6],
        [0, 3, 9, 2, 0],
        [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0],
        [3, 2, 6, 3, 0],
        [2, 5, 3, 2, 2],
        [6, 5, 2, 1, 0],
        [0, 2, 2, 3, 7],
    ]
)


def total(cells):
    return cells.sum(axis=0)


def drawn(seed, raters=3, items=60, missing=0.2, categories=5):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, categories, items)
    codes = np.clip(truth + rng.integers(-1, 2, (raters, items)), 0, categories - 1)
    codes[rng.random(codes.shape) < missing] = -1
    return codes


def raters_of(counts):
    return np.array([np.repeat(np.arange(len(row)), row) for row in counts]).T


def test_alpha_is_krippendorffs_worked_example():
    cells = total(coincidences(KRIPPENDORFF, 5))
    assert alpha(cells, "nominal") == pytest.approx(0.743, abs=5e-4)
    assert alpha(cells, "ordinal") == pytest.approx(0.815, abs=5e-4)


@pytest.mark.parametrize("scale", ["nominal", "ordinal"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_alpha_is_the_krippendorff_packages_missing_ratings_and_all(scale, seed):
    krippendorff = pytest.importorskip("krippendorff")
    codes = drawn(seed)
    expected = krippendorff.alpha(
        np.where(codes < 0, np.nan, codes),
        value_domain=list(range(5)),
        level_of_measurement=scale,
    )
    assert alpha(total(coincidences(codes, 5)), scale) == pytest.approx(expected, abs=1e-9)


def test_fleiss_kappa_is_the_published_example():
    cells = total(fleiss_cells(raters_of(FLEISS), 5))
    assert fleiss(cells) == pytest.approx(0.210, abs=5e-4)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_fleiss_kappa_is_statsmodels(seed):
    rater = pytest.importorskip("statsmodels.stats.inter_rater")
    codes = drawn(seed, missing=0)
    counts = np.stack([(codes == step).sum(axis=0) for step in range(5)], axis=1)
    expected = rater.fleiss_kappa(counts)
    assert fleiss(total(fleiss_cells(codes, 5))) == pytest.approx(expected, abs=1e-9)


def test_fleiss_kappa_leaves_out_items_that_not_all_rated():
    codes = drawn(4)
    whole = codes[:, (codes >= 0).all(axis=0)]
    assert fleiss(total(fleiss_cells(codes, 5))) == pytest.approx(
        fleiss(total(fleiss_cells(whole, 5))), abs=1e-12
    )


@pytest.mark.parametrize(("scale", "weights"), [("nominal", None), ("ordinal", "quadratic")])
def test_cohens_kappa_is_scikit_learns_on_items_both_rated(scale, weights):
    one, other = drawn(5, raters=2)
    both = (one >= 0) & (other >= 0)
    expected = cohen_kappa_score(one[both], other[both], labels=list(range(5)), weights=weights)
    assert cohen(total(pair_cells(one, other, 5)), scale) == pytest.approx(expected, abs=1e-9)


def test_agreement_by_chance_is_none_and_on_everything_is_whole():
    rng = np.random.default_rng(1)
    noise = rng.integers(0, 5, (3, 20_000))
    assert abs(alpha(total(coincidences(noise, 5)), "ordinal")) < 0.02
    assert abs(fleiss(total(fleiss_cells(noise, 5)))) < 0.02
    same = np.tile(noise[0], (3, 1))
    assert alpha(total(coincidences(same, 5)), "ordinal") == pytest.approx(1)
    assert fleiss(total(fleiss_cells(same, 5))) == pytest.approx(1)


def test_one_category_throughout_is_not_defined():
    same = np.full((3, 10), 4)
    assert np.isnan(alpha(total(coincidences(same, 5)), "ordinal"))
    assert np.isnan(fleiss(total(fleiss_cells(same, 5))))
    assert np.isnan(cohen(total(pair_cells(same[0], same[1], 5)), "nominal"))


def test_alphas_interval_covers_at_its_nominal_rate_over_reports():
    def rated(rng, reports):
        return np.clip(rng.integers(0, 5, reports) + rng.integers(-1, 2, (3, reports)), 0, 4)

    rng = np.random.default_rng(2)
    truth = float(alpha(total(coincidences(rated(rng, 400_000), 5)), "ordinal"))
    covered, rounds = 0, 300
    for _ in range(rounds):
        cells = coincidences(rated(rng, 100), 5)
        bootstrap = Bootstrap(np.arange(100), draws=300)
        found = bootstrap.statistic(
            bootstrap.per_patient(cells), lambda sums: alpha(sums, "ordinal"), 100
        )
        covered += found["low"] <= truth <= found["high"]
    # 95 % of 300 is 285; four standard errors (3.8 each) to either side
    assert 270 <= covered <= 300
