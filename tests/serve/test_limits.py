"""How often a caller may ask."""

from hypothesis import given
from hypothesis import strategies as st

from hemoscribe.serve import limits
from hemoscribe.serve.limits import RateLimit


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_last_request_of_the_minute_passes_and_the_next_waits():
    clock = Clock()
    limit = RateLimit(3, clock=clock)
    assert [limit.take("a") for _ in range(3)] == [0, 0, 0]
    assert limit.take("a") == 20  # one request comes back every 20 s
    clock.now += 20
    assert limit.take("a") == 0
    assert limit.take("a") == 20


def test_callers_do_not_share():
    limit = RateLimit(1, clock=Clock())
    assert limit.take("a") == 0
    assert limit.take("a") > 0
    assert limit.take("b") == 0


def test_a_caller_refused_does_not_wait_longer_for_asking_again():
    clock = Clock()
    limit = RateLimit(1, clock=clock)
    limit.take("a")
    for _ in range(10):
        assert limit.take("a") == 60
    clock.now += 60
    assert limit.take("a") == 0


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(limits, "MAX_CALLERS", 10)
    limit = RateLimit(5)
    for number in range(100):
        limit.take(f"address {number}")
    assert len(limit._buckets) == 10


@given(
    per_minute=st.integers(1, 50),
    pauses=st.lists(st.floats(0, 30, allow_nan=False), max_size=200),
)
def test_never_more_than_twice_the_limit_in_a_minute(per_minute: int, pauses: list[float]):
    clock = Clock()
    limit = RateLimit(per_minute, clock=clock)
    passed = []
    for pause in pauses:
        clock.now += pause
        if limit.take("a") == 0:
            passed.append(clock.now)
    for start in passed:
        assert sum(start <= at <= start + 60 for at in passed) <= 2 * per_minute


@given(per_minute=st.integers(1, 200), used=st.integers(0, 300))
def test_waiting_as_told_is_enough(per_minute: int, used: int):
    clock = Clock()
    limit = RateLimit(per_minute, clock=clock)
    for _ in range(used):
        wait = limit.take("a")
    if used > per_minute:
        clock.now += wait
        assert limit.take("a") == 0
