"""The privacy gates and the verdict, in plain words: what was found, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from hemoscribe.assess.bootstrap import Estimate
from hemoscribe.assess.gates import percent
from hemoscribe.models.assessment_record import Gate
from hemoscribe.settings import PrivacySettings

Worth = Literal["share", "auc"]
REMEDIES = (
    ("Fewer passes", "Lower `tune.epochs` or `tune.steps`, or set `tune.evaluate_every` and "
     "`tune.patience`: each further pass over a report is remembered more than it teaches."),
    ("A smaller adapter", "Lower `tune.lora_rank`, take `lora` rather than `full`, and add "
     "`tune.lora_dropout` and `tune.weight_decay`: fewer weights hold fewer reports."),
    ("Each text once", "Look for repeated reports and comments in `quality.html`; what stands in "
     "training several times is remembered first (Lee et al. 2022, arXiv:2107.06499)."),
    ("More patients", "Add exports, or mix in simulated reports: the same steps over more reports "
     "leave less of each."),
    ("Composed words only", "Set `corpus.comments: false`: the laboratory's own comments, where "
     "names hide, then teach nothing."),
    ("DP-SGD", "Training that clips and noises each report's gradient (Abadi et al. 2016, "
     "arXiv:1607.00133) is the only one of these with a proof. Hemoscribe does not train so; a "
     "laboratory that needs the proof trains the adapter elsewhere and audits it here."),
    ("Until then", "Treat the model as what it was trained on: personal data. Keep it on the "
     "laboratory's machines, behind its keys, and give the weights to nobody."),
)  # fmt: skip


def privacy_gates(document: Mapping[str, Any], targets: PrivacySettings) -> list[Gate]:
    """Gates on what was measured. Canaries that were not planted ask for no gate.

    A value over its target is not met; the verbatim excess only where its interval lies above 0
    too, since a model that composes well shares words with any text, held-out ones included.
    """
    found = []
    attacks = document["membership"]
    auc = max((attack["auc"] for attack in attacks.values()), key=lambda one: one["value"] or 0.0)
    found.append(
        _at_most("membership_auc", "membership inference, AUC", targets.max_membership_auc, auc,
                 "auc", "0.5 is chance")
    )  # fmt: skip
    tpr = max((attack["tpr"] for attack in attacks.values()), key=lambda one: one["value"] or 0.0)
    if tpr["value"] is not None:
        found.append(
            _at_most("membership_tpr", "training reports found at 1 % false alarms",
                     targets.max_membership_tpr, tpr, "share", "1 % is chance")
        )  # fmt: skip
    if document["canaries"] is not None:
        found.append(_exposure(document["canaries"], targets.max_exposure_bits))
    if document["verbatim"] is not None:
        excess = document["verbatim"]["excess"]
        found.append(
            _at_most("verbatim_excess", "texts continued verbatim, training less held-out",
                     targets.max_verbatim_excess, excess, "share", "0 % is none",
                     surely=(excess["low"] or 0.0) > 0)
        )  # fmt: skip
    return found


def _at_most(
    name: str,
    label: str,
    target: float,
    estimate: Estimate,
    worth: Worth,
    chance: str,
    *,
    surely: bool = True,
) -> Gate:
    value = estimate["value"]
    wanted = f"the target is at most {_shown(target, worth)}; {chance}"
    title = label[0].upper() + label[1:]
    if value is None:
        sentence = f"{title}: not measured, so not met; {wanted}."
        return _gate(name, label, target, None, sentence, met=False)
    measured = _shown(value, worth)
    low, high = estimate["low"], estimate["high"]
    if low is not None and high is not None:
        measured += f" (95 % interval {_shown(low, worth)} to {_shown(high, worth)}"
        measured += f", {estimate['n']:,} reports)"
    met = value <= target or not surely
    if not met:
        verdict = f"NOT met: {wanted}."
    elif value > target:
        verdict = f"met, but not surely: {wanted}, and the interval reaches down to none."
    elif high is not None and high > target:
        verdict = f"met, but not surely: {wanted}, and the interval reaches above it."
    else:
        verdict = f"met; {wanted}."
    return _gate(name, label, target, value, f"{title}: {measured}: {verdict}", met=met)


def _exposure(canaries: Mapping[str, Any], target: float) -> Gate:
    name, label = "canary_exposure", "highest exposure of a canary, bits"
    value = float(canaries["highest_bits"])
    met = value <= target
    sentence = (
        f"Highest exposure of {canaries['planted']:,} planted secrets: {value:.1f} bits of "
        f"{canaries['space_bits']:.1f} (mean {canaries['mean_bits']:.1f}; of as many that were "
        f"never planted, mean {canaries['control_mean_bits']:.1f}): "
        f"{'met' if met else 'NOT met'}; the target is at most {target:g}."
    )
    return _gate(name, label, target, value, sentence, met=met)


def _gate(
    name: str, label: str, target: float, value: float | None, sentence: str, *, met: bool
) -> Gate:
    return Gate(
        name=name,
        label=label,
        comparison="<",
        target=target,
        value=value,
        met=met,
        sentence=sentence,
    )


def _shown(value: float, worth: Worth) -> str:
    return f"{value:.3f}" if worth == "auc" else percent(value)


def verdict(document: Mapping[str, Any]) -> list[str]:
    """What the audit shows, in sentences for someone who reads no further."""
    failed = [gate for gate in document["gates"] if not gate["met"]]
    sentences = [
        "The model gives its training reports away: see what to do below before anyone else gets "
        "the weights."
        if failed
        else "Nothing that was tried got more of the training reports out of the model than its "
        "targets allow. That is no proof that nothing can: attacks that were not tried may do "
        "better, so the model stays as confidential as what it was trained on."
    ]
    sentences.append(_membership_words(document["membership"]))
    if document["canaries"] is not None:
        sentences.append(_canary_words(document["canaries"]))
    if document["verbatim"] is not None:
        sentences.append(_verbatim_words(document["verbatim"]))
    return sentences


def _membership_words(attacks: Mapping[str, Any]) -> str:
    name, attack = max(attacks.items(), key=lambda item: item[1]["auc"]["value"] or 0.0)
    auc = attack["auc"]
    if auc["low"] is not None and auc["low"] <= 0.5:
        return (
            "Whether a report was trained on cannot be told from how well the model knows it: "
            f"given a training and a held-out report, the better attack ({name}) tells which is "
            f"which {auc['value']:.0%} of the time, which may be chance."
        )
    return (
        "How well the model knows a report says something of whether it was trained on it: given a "
        f"training and a held-out report, the better attack ({name}) tells which is which "
        f"{auc['value']:.0%} of the time, against 50 % by guessing."
    )


def _canary_words(canaries: Mapping[str, Any]) -> str:
    if canaries["p"] >= 0.05:
        return (
            "Random numbers planted in training texts are no likelier to the model than ones that "
            "were never there: a number that stands once in a comment was not remembered."
        )
    chance = float(f"{2.0 ** canaries['highest_bits']:.1g}")
    return (
        "The model remembers random numbers that were planted in training texts: it finds the most "
        f"exposed one among the likeliest one in {chance:,.0f}. A telephone or file number that "
        "scrubbing missed would be remembered alike."
    )


def _verbatim_words(found: Mapping[str, Any]) -> str:
    training, held_out = found["training"], found["held_out"]
    words = (
        f"Given a report and the start of its text, the model goes on in words that are no one "
        f"else's in {percent(training['value'])} of training texts and "
        f"{percent(held_out['value'])} of held-out ones, which it never saw"
    )
    more = (found["excess"]["low"] or 0.0) > 0
    return words + (": the difference is remembered." if more else ": no more than it composes.")
