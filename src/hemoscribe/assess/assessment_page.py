"""``assessment.html``: one file that a committee can open, read from the top, and print."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hemoscribe.assess import charts
from hemoscribe.assess.bootstrap import Estimate
from hemoscribe.assess.paired import p_value
from hemoscribe.assess.slices import Slice
from hemoscribe.assess.system import SHOWN
from hemoscribe.pages import style, templates_of

if TYPE_CHECKING:
    from jinja2 import Environment

_ALSO = (
    ("Recall of critical values", "critical_recall", "Results beyond a critical limit that were "
     "read with the right direction."),
    ("Abnormal seen as abnormal", "detection_recall", "Recall whatever the direction."),
    ("Precision, whatever the direction", "detection_precision", "Of the results read as "
     "abnormal, how many are."),
    ("F1 of abnormal results", "abnormal_f1", "Harmonic mean of recall and precision."),
    ("Macro F1", "macro_f1", "Mean F1 of low, normal and high, each weighing the same."),
)  # fmt: skip
_WRITING = (
    ("unfaithful texts", "unfaithful_rate"),
    ("texts that the guard withholds, for any check", "withheld_rate"),
    ("texts with a word that the report does not call for", "strange_words_rate"),
    ("findings, F1 (every finding counts once)", "finding_f1"),
    ("findings, macro F1 (every kind of finding weighs the same)", "finding_macro_f1"),
    ("abnormal results the text leaves out", "omission_rate"),
    ("reports whose every abnormal group is told", "groups_told_rate"),
    ("texts in the agreed form", "form_valid"),
    ("texts in the report's language", "language_valid"),
)

_SYSTEM = (
    ("texts whose words are the model's", "by_model"),
    *(row for row in _WRITING if row[1] in SHOWN),
    (
        "reports marked for a person, where the model reads otherwise",
        "marked_reports",
    ),
)


def assessment_page(assessment: Mapping[str, Any]) -> str:
    """The page of an assessment, from the same document that ``assessment.json`` holds."""
    tracks = assessment["tracks"]
    shown = tracks[assessment["shown_track"]]
    written = [name for name, track in tracks.items() if track["written"]]
    codes = sorted({code for name in written for code in tracks[name]["failed_checks"]})
    return (
        environment()
        .get_template("assessment.html.j2")
        .render(
            a=assessment,
            css=style(),
            also=_ALSO,
            written=written,
            writing_rows=_WRITING,
            system_rows=_SYSTEM,
            check_codes=codes,
            plots={
                "confusion": charts.confusion(shown["confusion"]),
                "reliability": charts.reliability(shown["reliability"]),
                "worst_accuracy": _worst(shown["worst_accuracy"], "accuracy"),
                "worst_recall": _worst(shown["worst_recall"], "abnormal_recall"),
            },
        )
    )


def _worst(found: list[Slice], metric: str) -> object:
    if not found:
        return "No slice is large enough."
    rows = [(f"{part['dimension']}: {part['name']}", _estimate(part, metric)) for part in found]
    return charts.interval_bars(rows, f"The worst slices by {metric.replace('_', ' ')}")


def _estimate(part: Slice, metric: str) -> Estimate:
    return part["accuracy"] if metric == "accuracy" else part["abnormal_recall"]


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The templates of this folder, with the ways a measured number is printed."""
    made = templates_of("hemoscribe.assess")
    made.filters["interval"] = interval
    made.filters["score"] = score
    made.filters["points"] = points
    made.filters["p_value"] = p_value
    made.filters["seconds"] = seconds
    made.filters["count_of"] = count_of
    return made


def interval(estimate: Estimate | None) -> object:
    """``98.6%`` over ``97.9 to 99.1, n 2,310``; a dash where nothing was measured."""
    return _two_lines(estimate, "{:.1%}", lambda bound: f"{100 * bound:.1f}")


def score(estimate: Estimate | None) -> object:
    """As ``interval``, of a number that is no share: ``0.986`` over ``0.979 to 0.991, n 2,310``."""
    return _two_lines(estimate, "{:.3f}", lambda bound: f"{bound:.3f}")


def points(estimate: Estimate | None) -> object:
    """A difference of two shares: ``+2.3`` over ``+1.1 to +3.5, n 2,310``, in points."""
    if estimate is None or estimate["value"] is None:
        return "-"
    scaled = Estimate(
        value=100 * estimate["value"],
        low=None if estimate["low"] is None else 100 * estimate["low"],
        high=None if estimate["high"] is None else 100 * estimate["high"],
        n=estimate["n"],
    )
    return _two_lines(scaled, "{:+.1f}", lambda bound: f"{bound:+.1f}")


def _two_lines(estimate: Estimate | None, form: str, show_bound: Callable[[float], str]) -> object:
    from markupsafe import Markup

    if estimate is None or estimate["value"] is None:
        return "-"
    low, high, n = estimate["low"], estimate["high"], f"n {estimate['n']:,}"
    below = n if low is None or high is None else f"{show_bound(low)} to {show_bound(high)}, {n}"
    return Markup("{}<br><small>{}</small>").format(form.format(estimate["value"]), below)


def seconds(value: float | None) -> str:
    """``1.24 s``; a dash where nothing was measured."""
    return "-" if value is None else f"{value:.2f} s"


def count_of(count: int, noun: str) -> str:
    """``1 report``, ``1,500 reports``."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
