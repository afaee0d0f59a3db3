"""Plots as inline SVG: no script, no font to fetch, the same on paper as on a screen.

Every function returns markup whose labels are escaped; colours keep their contrast in print, and
each plot has a title that a screen reader speaks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup, escape

from hemoscribe.assess.bootstrap import Estimate

INK, FAINT, ACCENT, WARN = "#1d2733", "#c9d1da", "#1f5fa8", "#b3261e"
_FONT = 'font-family="system-ui, sans-serif" font-size="12"'


def confusion(matrix: Mapping[str, Mapping[str, int]]) -> Markup:
    """Counts and row shares: a row per truth, a column per reading."""
    columns = list(next(iter(matrix.values()))) if matrix else []
    cell_width, cell_height, left, top = 96, 48, 92, 44
    width, height = left + cell_width * len(columns) + 8, top + cell_height * len(matrix) + 8
    parts = [_text(left + cell_width * len(columns) / 2, 14, "read as", anchor="middle")]
    for j, name in enumerate(columns):
        parts.append(_text(left + cell_width * (j + 0.5), 34, name, anchor="middle"))
    for i, (truth, counts) in enumerate(matrix.items()):
        y, total = top + cell_height * i, sum(counts.values())
        parts.append(_text(left - 8, y + cell_height / 2 + 4, truth, anchor="end"))
        for j, name in enumerate(columns):
            share = counts[name] / total if total else 0.0
            right = truth == name or (truth == "abnormal" and name != "normal")
            parts.append(
                f'<rect x="{left + cell_width * j}" y="{y}" width="{cell_width - 3}" '
                f'height="{cell_height - 3}" fill="{ACCENT if right else WARN}" '
                f'fill-opacity="{0.08 + 0.42 * share:.3f}" stroke="{FAINT}"/>'
            )
            x = left + cell_width * (j + 0.5) - 1.5
            parts.append(_text(x, y + 20, f"{counts[name]:,}", anchor="middle", weight="600"))
            parts.append(_text(x, y + 36, f"{share:.1%}" if total else "-", anchor="middle"))
    return _svg(width, height, "Truth against reading, counts and share of each truth", parts)


def reliability(bins: Sequence[Mapping[str, float | int]]) -> Markup:
    """Predicted probability of an abnormal result against how often it is abnormal."""
    size, left, top = 240, 56, 16
    parts = [
        f'<rect x="{left}" y="{top}" width="{size}" height="{size}" fill="none" stroke="{FAINT}"/>',
        f'<line x1="{left}" y1="{top + size}" x2="{left + size}" y2="{top}" stroke="{FAINT}" '
        'stroke-dasharray="4 4"/>',
    ]
    for tick in (0.0, 0.5, 1.0):
        parts.append(_text(left + size * tick, top + size + 16, f"{tick:g}", anchor="middle"))
        parts.append(_text(left - 8, top + size * (1 - tick) + 4, f"{tick:g}", anchor="end"))
    parts.append(_text(left + size / 2, top + size + 34, "model says abnormal", anchor="middle"))
    middle = top + size / 2
    parts.append(
        f'<text x="16" y="{middle}" {_FONT} fill="{INK}" text-anchor="middle" '
        f'transform="rotate(-90 16 {middle})">truly abnormal</text>'
    )
    largest = max((entry["n"] for entry in bins), default=1)
    points = []
    for entry in bins:
        x, y = left + size * entry["predicted"], top + size * (1 - entry["observed"])
        points.append(f"{x:.1f},{y:.1f}")
        radius = 2.5 + 6 * (entry["n"] / largest) ** 0.5
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{ACCENT}" '
            f'fill-opacity="0.7"><title>{entry["n"]:,} results</title></circle>'
        )
    parts.append(f'<polyline points="{" ".join(points)}" fill="none" stroke="{ACCENT}"/>')
    title = "Calibration: predicted against observed share of abnormal results"
    return _svg(left + size + 24, top + size + 44, title, parts)


def interval_bars(rows: Sequence[tuple[str, Estimate]], title: str) -> Markup:
    """One line per row: its value as a dot, its 95 % interval as a bar, from 0 to 100 %."""
    left, scale, step, top = 210, 260, 22, 10
    bottom = top + step * len(rows)
    parts = []
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        x = left + scale * tick
        parts.append(
            f'<line x1="{x}" y1="{top}" x2="{x}" y2="{bottom}" stroke="{FAINT}" '
            'stroke-width="0.7"/>'
        )
        parts.append(_text(x, bottom + 16, f"{tick:.0%}", anchor="middle"))
    for i, (label, estimate) in enumerate(rows):
        y = top + step * (i + 0.5)
        parts.append(_text(left - 10, y + 4, label, anchor="end"))
        value, low, high = estimate["value"], estimate["low"], estimate["high"]
        if value is None:
            continue
        if low is not None and high is not None:
            parts.append(
                f'<line x1="{left + scale * low:.1f}" y1="{y}" x2="{left + scale * high:.1f}" '
                f'y2="{y}" stroke="{ACCENT}" stroke-width="5" stroke-opacity="0.35"/>'
            )
        parts.append(f'<circle cx="{left + scale * value:.1f}" cy="{y}" r="4" fill="{ACCENT}"/>')
        words = f"{value:.1%} of {estimate['n']:,}"
        parts.append(_text(left + scale + 14, y + 4, words))
    return _svg(left + scale + 130, bottom + 24, title, parts)


def curves(
    lines: Mapping[str, Sequence[tuple[float, float]]],
    title: str,
    x_name: str,
    *,
    highest: float | None = None,
) -> Markup:
    """One polyline per name over common axes that start at 0, such as a loss over steps."""
    width, height, left, top = 520, 220, 56, 16
    points = [point for line in lines.values() for point in line]
    most_x = max((x for x, _ in points), default=1.0) or 1.0
    most_y = highest or max((y for _, y in points), default=1.0) or 1.0
    parts = [
        f'<polyline points="{left},{top} {left},{top + height} {left + width},{top + height}" '
        f'fill="none" stroke="{FAINT}"/>',
        _text(left - 8, top + 8, f"{most_y:.3g}", anchor="end"),
        _text(left - 8, top + height, "0", anchor="end"),
        _text(left, top + height + 16, "0", anchor="middle"),
        _text(left + width, top + height + 16, f"{most_x:,.0f}", anchor="end"),
        _text(left + width / 2, top + height + 16, x_name, anchor="middle"),
    ]
    for i, (name, line) in enumerate(lines.items()):
        colour = (ACCENT, WARN, INK)[i % 3]
        path = " ".join(
            f"{left + width * x / most_x:.1f},{top + height * (1 - y / most_y):.1f}"
            for x, y in line
        )
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
        )
        y = top + height + 36 + 16 * i
        parts.append(
            f'<line x1="{left}" y1="{y - 4}" x2="{left + 24}" y2="{y - 4}" stroke="{colour}" '
            'stroke-width="2"/>'
        )
        parts.append(_text(left + 32, y, name))
    return _svg(left + width + 16, top + height + 32 + 16 * len(lines), title, parts)


def _text(
    x: float, y: float, words: str, *, anchor: str = "start", weight: str = "400", fill: str = INK
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" {_FONT} fill="{fill}" font-weight="{weight}" '
        f'text-anchor="{anchor}">{escape(words)}</text>'
    )


def _svg(width: float, height: float, title: str, parts: Sequence[str]) -> Markup:
    return Markup(
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {width:.0f} '
        f'{height:.0f}" width="{width:.0f}" height="{height:.0f}"><title>{escape(title)}</title>'
        + "".join(parts)
        + "</svg>"
    )
