"""Gates: what a model must reach before it is promoted, each met or not in plain words."""

from __future__ import annotations

from typing import Literal

from hemoscribe.models.assessment_record import (
    HEADLINE_TRACK,
    Figure,
    Gate,
    Latency,
    Measurements,
    Pen,
    Track,
)
from hemoscribe.settings import Gates, Writing

_LABELS = {
    "accuracy": "accuracy of the model's own reading",
    "abnormal_recall": "recall of abnormal results, with direction",
    "seconds_per_report": "seconds per report, 95th percentile",
}


def gates(measured: Measurements, latency: Latency, targets: Gates) -> list[Gate]:
    """The gates: accuracy and recall on the raw track, seconds per report (95th percentile).

    A value must be above its target (below it, for seconds); a target of 0 asks only that it was
    measured. What was not measured is not met.
    """
    track = measured.headline
    return [
        _share("accuracy", targets.accuracy, track.accuracy),
        _share("abnormal_recall", targets.abnormal_recall, track.abnormal_recall),
        _seconds(targets.seconds_per_report, latency),
    ]


_COMPOSER = "the reader sees the composer's words, and the model only reads"


def may_write(assisted: Track | None, wanted: Writing) -> Pen:
    """The decision on a model's words, from its texts on the assisted track before the guard."""
    if assisted is None:
        return Pen(value=False, sentence=f"Its writing was not assessed: {_COMPOSER}.")
    short = []
    for metric, words, target, sign in (
        ("finding_f1", "F1 of findings", wanted.finding_f1, 1),
        ("unfaithful_rate", "share of unfaithful texts", wanted.unfaithful_rate, -1),
        ("withheld_rate", "share of texts withheld", wanted.withheld_rate, -1),
    ):
        value = assisted.value(metric)
        if value is None or sign * value < sign * target:
            found = "not measured" if value is None else _number(value, target)
            short.append(f"{words} {found} ({'at least' if sign > 0 else 'at most'} {target:g})")
    if short:
        return Pen(
            value=False, sentence=f"It does not write well enough: {'; '.join(short)}; {_COMPOSER}."
        )
    return Pen(value=True, sentence="It writes well enough: its words are used, and checked.")


def in_time(pen: Pen, latency: Latency, targets: Gates) -> Pen:
    """The same decision, once reports were timed with the model's words: no where they are late."""
    target, p95 = targets.seconds_per_report, latency.p95_s
    if not pen.value or p95 is None or p95 < target:
        return pen
    return Pen(
        value=False,
        sentence=f"It writes well enough, but with its words a report takes {p95:.2f} s here at "
        f"the 95th percentile (under {target:g} s asked): {_COMPOSER}.",
    )


def _share(name: str, target: float, estimate: Figure | None) -> Gate:
    label, wanted = _LABELS[name], f"the target is more than {target:.1%}"
    value = None if estimate is None else estimate.value
    if estimate is None or value is None:
        sentence = (
            f"{_title(label)}: not measured, so not met; {wanted} on the {HEADLINE_TRACK} track."
        )
        return _gate(name, ">", target, None, sentence)
    low, high = estimate.low, estimate.high
    measured = percent(value, target)
    if low is not None and high is not None:
        measured += f" (95 % interval {percent(low, target)} to {percent(high, target)}"
        measured += f", {estimate.n:,} results)"
    if target == 0:
        verdict = "met; no more is asked than that it is measured."
    elif value <= target:
        verdict = f"NOT met: it is under its target; {wanted}."
    elif low is not None and low <= target:
        verdict = (
            f"met, but not surely: {wanted}, and the interval reaches below it; "
            "more held-out reports would tell."
        )
    else:
        verdict = f"met; {wanted}."
    return _gate(name, ">", target, value, f"{_title(label)}: {measured}: {verdict}")


def _seconds(target: float, latency: Latency) -> Gate:
    name = "seconds_per_report"
    label, wanted = _LABELS[name], f"the target is under {target:g} s"
    value, middle = latency.p95_s, latency.p50_s
    if value is None or middle is None:
        return _gate(
            name, "<", target, None, f"{_title(label)}: not measured, so not met; {wanted}."
        )
    verdict = f"met; {wanted}." if value < target else f"NOT met: it is over its target; {wanted}."
    sentence = (
        f"{_title(label)}: {value:.2f} s (half of the reports within {middle:.2f} s): {verdict}"
    )
    return _gate(name, "<", target, value, sentence)


def _gate(
    name: str, comparison: Literal[">", "<"], target: float, value: float | None, sentence: str
) -> Gate:
    if value is None:
        met = False
    elif comparison == "<":
        met = value < target
    else:
        met = value > target or target == 0
    return Gate(
        name=name,
        label=_LABELS[name],
        comparison=comparison,
        target=target,
        value=value,
        met=met,
        sentence=sentence,
    )


def _title(label: str) -> str:
    return label[0].upper() + label[1:]


def percent(share: float, target: float | None = None) -> str:
    """``0.8513`` as ``85.1%``, with as many decimals as it takes to tell it from its target."""
    return f"{share:.{_decimals(share, target, 1, '%')}%}"


def _number(value: float, target: float) -> str:
    """``0.0219`` as ``0.022``, where ``0.02`` would be its target."""
    return f"{value:.{_decimals(value, target, 2, 'f')}f}"


def _decimals(value: float, target: float | None, fewest: int, form: str) -> int:
    """How many decimals tell a value from its target, up to three more than the fewest."""
    if target is None or value == target:
        return fewest
    telling = (
        decimals
        for decimals in range(fewest, fewest + 3)
        if f"{value:.{decimals}{form}}" != f"{target:.{decimals}{form}}"
    )
    return next(telling, fewest + 3)
