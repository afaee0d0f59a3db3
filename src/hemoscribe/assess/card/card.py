"""``model-card.md``: a model card in the Hugging Face form, from what the stages wrote.

The form: a YAML header with a model-index (huggingface.co/docs/hub/model-cards), then sections
after Mitchell et al. 2019 (arXiv:1810.03993).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hemoscribe.assess.bootstrap import Estimate
from hemoscribe.assess.card.sources import Sources
from hemoscribe.assess.gates import percent
from hemoscribe.models.catalogue import BaseModel
from hemoscribe.pages import templates_of
from hemoscribe.settings import CardSettings

CARD = "model-card.md"
_JOULES_PER_KWH = 3.6e6
_METRICS = (
    ("accuracy", "accuracy", "Accuracy"),
    ("recall", "abnormal_recall", "Recall of abnormal results, with direction"),
    ("precision", "abnormal_precision", "Precision of abnormal results, with direction"),
    ("f1", "abnormal_f1", "F1 of abnormal results"),
    ("recall", "critical_recall", "Recall of critical values"),
)
_WORST_SHOWN = 10


def model_card(sources: Sources, settings: CardSettings) -> str:
    """The card, in Markdown with its YAML header."""
    import yaml

    energy = _energy(sources, settings)
    environment = templates_of("hemoscribe.assess")
    environment.filters["interval"] = interval
    environment.filters["yaml"] = lambda value: yaml.safe_dump(
        value, sort_keys=False, allow_unicode=True, width=100
    ).rstrip()
    shown = _shown(sources.assessment)
    return environment.get_template("model-card.md.j2").render(
        s=sources,
        header=_header(sources, energy),
        a=sources.assessment,
        shown=shown,
        metrics=_METRICS,
        worst=[] if shown is None else _worst(shown),
        energy=energy,
        card=settings,
    )


def _header(sources: Sources, energy: Mapping[str, float] | None) -> dict[str, Any]:
    base = sources.base
    header: dict[str, Any] = {"language": ["en", "fr"]}
    header |= _licence(base)
    header |= {"library_name": "transformers", "pipeline_tag": "text-generation"}
    if base is not None:
        header["base_model"] = base.hub or base.name
    header["tags"] = ["laboratory-medicine", "blood-test", "hemoscribe"]
    if energy is not None:
        header["co2_eq_emissions"] = {
            "emissions": round(energy["grams"], 3),
            "source": "estimate: seconds of training x stated watts x stated grid",
            "training_type": "fine-tuning",
        }
    results = [*_assessed(sources), *_benchmarked(sources)]
    if results:
        header["model-index"] = [{"name": sources.name, "results": results}]
    return header


def _licence(base: BaseModel | None) -> dict[str, str]:
    """The base's licence, which what is tuned from it keeps."""
    known = ("apache-2.0", "mit", "cc-by-nc-4.0")
    if base is not None and base.licence.lower() in known:
        return {"license": base.licence.lower()}
    return {"license": "other", "license_name": "unknown" if base is None else base.licence}


def _assessed(sources: Sources) -> list[dict[str, Any]]:
    found = sources.assessment
    if found is None:
        return []
    results = []
    for name, track in found["tracks"].items():
        metrics = [
            {
                "type": type_,
                "value": round(track[key]["value"], 6),
                "name": f"{label} ({interval(track[key])})",
            }
            for type_, key, label in _METRICS
            if track.get(key) and track[key]["value"] is not None
        ]
        if metrics:
            data = found.get("folder", "held-out reports")
            results.append(
                {
                    "task": {"type": "text-classification", "name": f"Reading, {name} track"},
                    "dataset": {"name": f"{data}, {found['split']} side", "type": "private"},
                    "metrics": metrics,
                }
            )
    return results


def _benchmarked(sources: Sources) -> list[dict[str, Any]]:
    if sources.benchmark is None:
        return []
    return [
        {
            "task": {"type": "multiple-choice", "name": "Multiple choice, by likelihood"},
            "dataset": {"name": task["title"], "type": task["follows"]},
            "metrics": [
                {
                    "type": "accuracy",
                    "value": round(task["model"]["accuracy"], 6),
                    "name": f"Accuracy (standard error {task['model']['stderr']:.3f}, "
                    f"n {task['model']['n']:,})",
                }
            ],
        }
        for task in sources.benchmark["tasks"].values()
    ]


def _shown(assessment: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    if assessment is None:
        return None
    found: Mapping[str, Any] = assessment["tracks"][assessment["shown_track"]]
    return found


def _worst(track: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The worst slices by accuracy and by recall, each once, worst first."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for part in [*track["worst_recall"], *track["worst_accuracy"]]:
        found.setdefault((part["dimension"], part["name"]), part)
    return sorted(found.values(), key=_low_first)[:_WORST_SHOWN]


def _low_first(part: Mapping[str, Any]) -> float:
    found = (part[metric]["value"] for metric in ("abnormal_recall", "accuracy"))
    return min((value for value in found if value is not None), default=1.0)


def _energy(sources: Sources, settings: CardSettings) -> dict[str, float] | None:
    """Kilowatt-hours and grams of CO2 equivalent: an estimate from two stated numbers."""
    if sources.seconds is None:
        return None
    kwh = sources.seconds * settings.watts / _JOULES_PER_KWH
    return {
        "seconds": sources.seconds,
        "kwh": kwh,
        "grams": kwh * settings.grams_co2_per_kwh,
    }


def interval(estimate: Estimate | None) -> str:
    """``98.6% (97.9% to 99.1%, n 2,310)``."""
    if estimate is None or estimate["value"] is None:
        return "not measured"
    value, low, high = estimate["value"], estimate["low"], estimate["high"]
    n = f"n {estimate['n']:,}"
    within = n if low is None or high is None else f"{percent(low)} to {percent(high)}, {n}"
    return f"{percent(value)} ({within})"
