"""``drift.html``: one page that stands alone, with a pair of histograms per analyte."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from hemoscribe.knowledge import analytes, display_unit
from hemoscribe.pages import templates_of

if TYPE_CHECKING:
    from jinja2 import Template

BARS_WIDTH, BARS_HEIGHT = 240, 60


def drift_page(document: Mapping[str, Any]) -> str:
    """The page of what ``drift`` found."""
    entries = [
        {
            **entry,
            "name": analytes()[entry["analyte"]].name("en"),
            "shown_unit": display_unit(entry["unit"]),
            "bars": _bars(entry["bins"]),
        }
        for entry in document["analytes"]
    ]
    return _template().render({**document, "entries": entries})


@cache
def _template() -> Template:
    environment = templates_of("hemoscribe.operate")
    environment.filters["number"] = _number
    environment.filters["share"] = _share
    environment.filters["p"] = _p
    return environment.get_template("drift.html")


def _bars(bins: Mapping[str, Sequence[float]] | None) -> list[dict[str, float]]:
    """Pairs of bars in a drawing, the taller share of any bin full height."""
    if bins is None:
        return []
    most = max(*bins["training"], *bins["served"])
    step = BARS_WIDTH / len(bins["training"])
    return [
        {
            "x": round(i * step, 1),
            "width": round(step * 0.42, 1),
            "training": round(BARS_HEIGHT * old / most, 1),
            "served": round(BARS_HEIGHT * new / most, 1),
        }
        for i, (old, new) in enumerate(zip(bins["training"], bins["served"], strict=True))
    ]


def _number(value: float | None) -> str:
    """Four significant digits, without an exponent where people would not write one."""
    if value is None or not math.isfinite(value):
        return "–"
    return f"{value:.4g}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _p(value: float | None) -> str:
    if value is None:
        return "–"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
