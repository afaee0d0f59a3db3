"""A command without a model collects less often, and only while it runs."""

import gc
import sys

import pytest

from hemoscribe.cli import main
from hemoscribe.cli.collection import collected_less
from hemoscribe.errors import InputError


def test_it_ends_with_its_block_whatever_ended_it() -> None:
    before = gc.get_threshold()
    seen = []

    def work() -> None:
        with collected_less():
            seen.append(gc.get_threshold())
            raise InputError("nothing to read")

    with pytest.raises(InputError):
        work()
    assert seen == [(10_000, *before[1:])]
    assert gc.get_threshold() == before


def test_one_who_asked_for_less_still_gets_it() -> None:
    before = gc.get_threshold()
    gc.set_threshold(50_000)
    try:
        with collected_less():
            assert gc.get_threshold()[0] == 50_000
    finally:
        gc.set_threshold(*before)
    assert gc.get_threshold() == before


@pytest.mark.parametrize(
    ("command", "collected_after"),
    [("simulate", 10_000), ("read", 10_000), ("curate", 10_000), ("tune", None), ("serve", None)],
)
def test_only_commands_without_a_model(
    monkeypatch: pytest.MonkeyPatch, command: str, collected_after: int | None
) -> None:
    before = gc.get_threshold()
    seen: list[int] = []

    def run(words: list[str], *, verbose: bool) -> int:
        seen.append(gc.get_threshold()[0])
        return 0

    monkeypatch.setattr(sys.modules["hemoscribe.cli.main"], "_run", run)
    with pytest.raises(SystemExit):
        main([command, "--help"])
    assert seen == [before[0] if collected_after is None else collected_after]
    assert gc.get_threshold() == before
