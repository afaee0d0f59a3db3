"""Numbers and tables as they stand on the page of results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

ESTIMATE = frozenset({"value", "low", "high", "n"})


def is_estimate(value: object) -> bool:
    """Whether it is a measured number with its interval."""
    return isinstance(value, Mapping) and value.keys() == ESTIMATE


def estimate_words(estimate: Mapping[str, Any] | None, *, signed: bool = False) -> str:
    """``0.9861 (0.9753 to 0.9948), n 1,508``; a dash where nothing was measured."""
    if estimate is None or estimate["value"] is None:
        return "-"
    form = "{:+.4f}" if signed else "{:.4f}"
    words = form.format(estimate["value"])
    if estimate["low"] is not None and estimate["high"] is not None:
        words += f" ({form.format(estimate['low'])} to {form.format(estimate['high'])})"
    return f"{words}, n {estimate['n']:,}"


def number_words(value: float | None, form: str = "{:.3f}") -> str:
    """A plain number; a dash where there is none."""
    return "-" if value is None else form.format(value)


def label(name: str) -> str:
    """``abnormal_recall`` as ``abnormal recall``."""
    return name.replace("_", " ")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A Markdown table."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
