"""Gates and verdict: each fault of a model is met by the gate that is for it."""

import pytest

from hemoscribe.assess.privacy.privacy_verdict import privacy_gates, verdict
from hemoscribe.settings import PrivacySettings


def estimate(value, low=None, high=None, n=600):
    return {"value": value, "low": low, "high": high, "n": n}


def document(**changes):
    innocent = {
        "membership": {
            "loss": {"auc": estimate(0.5, 0.46, 0.54), "tpr": estimate(0.01, 0.0, 0.03)},
            "calibrated": {"auc": estimate(0.51, 0.47, 0.55), "tpr": estimate(0.01, 0.0, 0.03)},
        },
        "canaries": {"planted": 10, "mean_bits": 1.3, "highest_bits": 4.0, "p": 0.4,
                     "control_mean_bits": 1.5, "space_bits": 29.9},
        "verbatim": {"training": estimate(0.02, 0.0, 0.05), "held_out": estimate(0.02, 0.0, 0.05),
                     "excess": estimate(0.0, -0.04, 0.04)},
    }  # fmt: skip
    return {**innocent, **changes}


def failed(**changes):
    return {
        gate.name for gate in privacy_gates(document(**changes), PrivacySettings()) if not gate.met
    }


def test_an_innocent_model_meets_every_gate():
    gates = privacy_gates(document(), PrivacySettings())
    assert [gate.name for gate in gates] == [
        "membership_auc", "membership_tpr", "canary_exposure", "verbatim_excess",
    ]  # fmt: skip
    assert all(gate.met for gate in gates)
    words = " ".join(verdict({**document(), "gates": [gate.as_json() for gate in gates]}))
    assert "no proof" in words
    assert "may be chance" in words


def test_each_fault_fails_its_own_gate():
    worse = document()["membership"]
    worse["calibrated"]["auc"] = estimate(0.62, 0.57, 0.67)
    assert failed(membership=worse) == {"membership_auc"}
    sharp = document()["membership"]
    sharp["loss"]["tpr"] = estimate(0.08, 0.04, 0.12)
    assert failed(membership=sharp) == {"membership_tpr"}
    assert failed(canaries={**document()["canaries"], "highest_bits": 12.0}) == {"canary_exposure"}
    remembered = {**document()["verbatim"], "excess": estimate(0.03, 0.01, 0.06)}
    assert failed(verbatim=remembered) == {"verbatim_excess"}
    chance = {**document()["verbatim"], "excess": estimate(0.03, -0.01, 0.06)}
    assert failed(verbatim=chance) == set()


def test_a_failed_audit_says_so_first():
    changed = document(canaries={**document()["canaries"], "highest_bits": 29.9, "p": 1e-4})
    gates = privacy_gates(changed, PrivacySettings())
    words = verdict({**changed, "gates": [gate.as_json() for gate in gates]})
    assert words[0].startswith("The model gives its training reports away")
    assert any("one in 1,000,000,000" in sentence for sentence in words)


def test_what_was_not_measured_has_no_gate_but_membership():
    gates = privacy_gates(document(canaries=None, verbatim=None), PrivacySettings())
    assert {gate.name for gate in gates} == {"membership_auc", "membership_tpr"}
    nothing = {"loss": {"auc": estimate(None), "tpr": estimate(None)}}
    [gate] = privacy_gates(document(membership=nothing, canaries=None, verbatim=None),
                           PrivacySettings())  # fmt: skip
    assert not gate.met


@pytest.mark.parametrize("value", [0.6, 0.59])
def test_at_its_target_a_gate_is_met_though_not_surely(value):
    attacks = {"loss": {"auc": estimate(value, 0.55, 0.64), "tpr": estimate(None)}}
    [gate] = privacy_gates(document(membership=attacks, canaries=None, verbatim=None),
                           PrivacySettings())  # fmt: skip
    assert gate.met
    assert "not surely" in gate.sentence
