"""Two models on the same reports: whether the challenger is good enough, and why."""

from __future__ import annotations

from hemoscribe.models.assessment_record import Judgement
from hemoscribe.settings import Settings

COMPARED = (
    ("accuracy", "accuracy", "max_accuracy_loss"),
    ("abnormal_recall", "recall of abnormal results", "max_recall_loss"),
)


def decide(champion: Judgement, challenger: Judgement, settings: Settings) -> tuple[bool, str]:
    """Whether the challenger takes the champion's place, and why, in a sentence.

    Args:
        champion, challenger: what ``assess`` found of them on the same reports.
    """
    reasons = [gate.sentence for gate in challenger.gates if not gate.met]
    gains = []
    for metric, words, allowed in COMPARED:
        old, new = (one.headline.value(metric) for one in (champion, challenger))
        most: float = getattr(settings.retrain, allowed)
        reason = _against(words, old, new, most, f"retrain.{allowed}")
        if reason is not None:
            reasons.append(reason)
        elif old is None:
            gains.append(f"{words} {new:.4f}, the champion's not measured")
        else:
            gains.append(f"{words} {new:.4f} against {old:.4f}")
    if reasons:
        return False, " ".join(reasons)
    return True, f"No worse than the champion on the same reports: {', '.join(gains)}."


def compared(before: Judgement, after: Judgement) -> dict[str, dict[str, dict[str, float | None]]]:
    """Every figure of every track, the champion's beside the challenger's."""
    return {
        name: {
            metric: {"champion": old.value, "challenger": after.tracks[name].value(metric)}
            for metric, old in track.figures.items()
        }
        for name, track in before.tracks.items()
    }


def _against(
    words: str, old: float | None, new: float | None, most: float, setting: str
) -> str | None:
    """Why one metric refuses the challenger, or None."""
    if new is None:
        return f"The challenger's {words} could not be measured."
    # Both are shares of counted results: a difference in the sixteenth digit is none.
    if old is None or old - new <= most + 1e-12:
        return None
    return (
        f"The challenger's {words} is {new:.4f}, {old - new:.4f} under the champion's {old:.4f}; "
        f"at most {most:g} is allowed (`{setting}`)."
    )
