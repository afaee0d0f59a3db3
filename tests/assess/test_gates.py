"""Gates: met or not, and a number under its target says so in plain words."""

from hemoscribe.assess.gates import gates, percent
from hemoscribe.models.assessment_record import Latency, Measurements
from hemoscribe.settings import Gates


def summary(accuracy, recall, p95, *, low=None):
    def estimate(value):
        return {"value": value, "low": value - 0.01 if low is None else low, "high": 1.0, "n": 900}

    raw = {"accuracy": estimate(accuracy), "abnormal_recall": estimate(recall)}
    return measured({"raw": raw}, p95)


def measured(tracks, p95):
    p50 = None if p95 is None else p95 / 2
    found = Measurements.model_validate({"tracks": tracks})
    return found, Latency(n=20, p50_s=p50, p95_s=p95, p99_s=p95)


def by_name(found):
    return {gate.name: gate for gate in found}


def test_a_good_model_meets_the_three_targets():
    found = gates(*summary(0.997, 0.986, 1.2), Gates())
    assert [gate.name for gate in found] == ["accuracy", "abnormal_recall", "seconds_per_report"]
    assert all(gate.met for gate in found)
    assert [gate.target for gate in found] == [0.85, 0.90, 2.0]


def test_a_number_under_its_target_says_so():
    found = by_name(gates(*summary(0.80, 0.95, 1.0), Gates()))
    assert not found["accuracy"].met
    assert "80.0%" in found["accuracy"].sentence
    assert "NOT met: it is under its target; the target is more than 85.0%." in (
        found["accuracy"].sentence
    )
    assert found["abnormal_recall"].met


def test_too_slow_says_so():
    gate = by_name(gates(*summary(0.9, 0.95, 2.5), Gates()))["seconds_per_report"]
    assert not gate.met
    assert "2.50 s" in gate.sentence
    assert "over its target" in gate.sentence


def test_exactly_the_target_is_not_more_than_the_target():
    found = by_name(gates(*summary(0.85, 0.90, 2.0), Gates()))
    assert not any(gate.met for gate in found.values())


def test_an_interval_that_reaches_below_the_target_is_met_but_not_surely():
    gate = by_name(gates(*summary(0.86, 0.95, 1.0, low=0.83), Gates()))["accuracy"]
    assert gate.met
    assert "met, but not surely" in gate.sentence


def test_what_was_not_measured_is_not_met():
    nothing = measured({"bare": {}}, None)
    for gate in gates(*nothing, Gates()):
        assert not gate.met
        assert gate.value is None
        assert "not measured, so not met" in gate.sentence


def test_a_share_just_under_its_target_is_never_rounded_up_to_it():
    assert percent(0.84996, 0.85) == "84.996%"
    assert percent(0.85, 0.85) == "85.0%"
    assert percent(0.9861) == "98.6%"


def test_a_target_of_nothing_asks_only_for_a_measurement():
    found = gates(*summary(0.0, 0.0, 1.0), Gates(accuracy=0.0, abnormal_recall=0.0))
    assert all(gate.met for gate in found)
    nothing = measured({}, None)
    assert not any(gate.met for gate in gates(*nothing, Gates(accuracy=0.0, abnormal_recall=0.0)))
