"""Exposure: what Carlini's definition gives where the distribution of the secrets is known."""

import numpy as np
import pytest
from scipy import stats

from hemoscribe.assess.privacy.exposure import SPACE_BITS, extrapolated, perplexities, summarise
from hemoscribe.assess.privacy.subject import Audited


@pytest.mark.parametrize("shape", [0.0, 3.0, -3.0])
@pytest.mark.parametrize("bits", [1, 5, 9])
def test_a_secret_at_a_known_quantile_has_that_exposure(shape, bits):
    known = stats.skewnorm(shape, 30, 2)
    sample = known.rvs(4000, random_state=np.random.default_rng(3))
    exposure, fit_p = extrapolated(float(known.ppf(2.0**-bits)), sample)
    assert exposure == pytest.approx(bits, rel=0.15)
    assert fit_p > 0.01


def test_secrets_never_seen_have_an_exposure_of_1_44_bits_in_the_mean():
    rng = np.random.default_rng(4)
    draws = [rng.normal(30, 2, 501) for _ in range(200)]
    found = [extrapolated(float(draw[0]), draw[1:])[0] for draw in draws]
    assert np.mean(found) == pytest.approx(1.4427, abs=0.35)
    assert np.median(found) == pytest.approx(1.0, abs=0.3)
    assert sum(exposure > 10 for exposure in found) <= 2


def test_no_exposure_is_above_the_whole_space():
    sample = np.random.default_rng(5).normal(30, 1, 500)
    assert extrapolated(0.0, sample)[0] == SPACE_BITS == pytest.approx(29.897, abs=1e-3)
    assert extrapolated(60.0, sample)[0] == 0.0


def test_log_perplexities_are_those_of_the_whole_text_read_at_once(laboratory):
    import torch

    model = Audited(laboratory.overfitted / "merged")
    canary = laboratory.canaries[0]
    secrets = [canary.secret, "000000000", "987654321", "123456789"]
    found = perplexities(model, canary, secrets)
    tokenizer = model.tokenizer
    [prompt] = tokenizer.encode([canary.prompt], [canary.slots])
    texts = [ids[:-1] for ids in tokenizer.encode_completions([canary.head + s for s in secrets])]
    head = tokenizer.encode_completions([canary.head])[0][:-1]
    common = min(
        next(i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
        for one in texts
        for other in texts
        if one != other
    )
    assert common >= len(head) - 1
    for text, bits in zip(texts, found, strict=True):
        ids = torch.tensor([prompt.ids + text])
        with torch.inference_mode():
            logits = model._engine.network(input_ids=ids).logits[0].float().log_softmax(-1)
        start = len(prompt.ids) + common
        whole = -sum(
            float(logits[place - 1, ids[0, place]]) for place in range(start, ids.shape[1])
        ) / np.log(2)
        assert bits == pytest.approx(whole, rel=0.05, abs=0.3)  # 16-bit weights


def test_planted_secrets_are_held_against_controls():
    def one(planted, exposure):
        return {"planted": planted, "exposure_bits": exposure}

    found = summarise([one(True, 20.0 + i) for i in range(6)] + [one(False, i) for i in range(6)])
    assert found["highest_bits"] == 25.0
    assert found["control_mean_bits"] == 2.5
    planted, controls = [20.0 + i for i in range(6)], [float(i) for i in range(6)]
    assert found["p"] == stats.mannwhitneyu(planted, controls, alternative="greater").pvalue < 0.01
    assert summarise([one(False, 1.0)]) is None
