"""Small charts as inline SVG, so that a page needs no network and no script."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

_WIDTH, _HEIGHT = 180, 44


def histogram(
    bins: Sequence[int], first: float, last: float, low: float | None, high: float | None
) -> Markup:
    """Bars of ``bins`` from ``first`` to ``last``, over a band from ``low`` to ``high``."""
    tallest = max(bins, default=0)
    if not tallest or last <= first:
        return Markup("")
    step = _WIDTH / len(bins)
    bars = "".join(
        f"M{place * step:.1f} {_HEIGHT}"
        f"v{-count / tallest * (_HEIGHT - 2):.1f}h{step - 0.6:.1f}V{_HEIGHT}z"
        for place, count in enumerate(bins)
        if count
    )

    def across(value: float) -> float:
        return min(max((value - first) / (last - first), 0.0), 1.0) * _WIDTH

    left = 0.0 if low is None else across(low)
    right = float(_WIDTH) if high is None else across(high)
    band = ""
    if (low is not None or high is not None) and right > left:
        band = f'<rect class="range" x="{left:.1f}" width="{right - left:.1f}" height="{_HEIGHT}"/>'
    return Markup(
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" role="img" '
        f'aria-label="distribution from {first:.4g} to {last:.4g}">{band}<path d="{bars}"/></svg>'
    )


def bar(share: float) -> Markup:
    """A horizontal bar, ``share`` of the full width."""
    width = min(max(share, 0.0), 1.0) * 160
    return Markup(
        f'<svg viewBox="0 0 160 10" width="160" height="10" aria-hidden="true">'
        f'<rect width="{width:.1f}" height="10"/></svg>'
    )
