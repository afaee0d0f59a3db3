"""What the pages show of a stored report: the document, arranged for a reader's eye."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hemoscribe.knowledge import display_unit
from hemoscribe.records import Language
from hemoscribe.serve.store import Interpretation, Review
from hemoscribe.serve.words import date_words, words

BAR_WIDTH = 120.0
_BAR_EDGE = 5.0


def report_view(found: Interpretation, language: Language) -> dict[str, Any]:
    """One report: who, when, groups of results, critical ones, reviews and state."""
    document, panel = found.report, found.panel
    rules = _rules_view(document.get("laboratory_rules"))
    own = rules["by_result"] if rules else {}
    results = [
        {**_result_view(result, language), "decided_by": ", ".join(own.get(place, ()))}
        for place, result in enumerate(document["results"])
    ]
    latest = latest_review(found.reviews)
    return {
        "id": found.id,
        "report_id": panel["report_id"],
        "patient": document["patient"].rstrip("."),
        "collected": _date(panel.get("collected_at"), language),
        "laboratory": panel.get("laboratory"),
        "context": panel.get("context"),
        "seconds": _decimal(found.seconds, language),
        "groups": _groups(results, language),
        "critical": [result for result in results if result["critical"]],
        "unread_critical": [one for one in document["rejects"] if one.get("critical")],
        "rules": rules,
        "inferred": any(result.get("unit_inferred") for result in results),
        "ours": any(result["range_source"] in ("knowledge", "completed") for result in results),
        "failed": sum(not check["ok"] for check in document["checks"]),
        "state": state_of(found.reviews),
        "validated": None
        if latest is None or latest.decision == "rejected"
        else {
            "decision": words(language)[latest.decision],
            "name": latest.reviewer,
            "date": date_words(latest.created_at, language),
        },
        **_final_texts(found, latest),
        "reviews": [_review_view(review, language) for review in reversed(found.reviews)],
    }


def _rules_view(rules: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What the laboratory's overlay said of the report; None where it said nothing."""
    if not rules:
        return None
    told = [one["sentence"] for name in ("decided", "kept", "not_assessed") for one in rules[name]]
    alarms = rules["alarms"]
    by_result: dict[int, list[str]] = {}
    for one in rules["decided"]:
        if one["kind"] in ("critical", "decision"):
            for place in one["results"]:
                by_result.setdefault(place, []).append(one["entry"])
    return {
        "version": rules["version"],
        "told": told,
        "wordings": [one["says"] for one in alarms if one["kind"] == "alarm"],
        "calls": [one["says"] for one in alarms if one["kind"] == "phone"],
        "silenced": [one["name"] for one in rules["silenced"]],
        "by_result": by_result,
    }


def _final_texts(found: Interpretation, latest: Review | None) -> dict[str, str]:
    """What a print of the report says: the validated text, or the draft."""
    if latest is not None and latest.decision == "corrected":
        return {"text": latest.text, "follow_up": latest.follow_up}
    return {"text": found.report["interpretation"], "follow_up": found.report["follow_up"]}


def document_view(document: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """The document with the names of what findings rest on, and numbers in the page's language."""
    names = {result["analyte"]: result["name"] for result in document["results"]}
    return {
        **document,
        "findings": [
            {
                **finding,
                "name": _sentence_case(finding["name"]),
                "evidence_names": [names.get(id_, id_) for id_ in finding["evidence"]],
                "since": [_earlier_view(one, language) for one in finding.get("since", ())],
            }
            for finding in document["findings"]
        ],
        "indices": [
            {
                **index,
                "shown": None if index["value"] is None else _significant(index["value"], language),
                "shown_unit": "" if index["unit"] == "1" else display_unit(index["unit"]),
            }
            for index in document["indices"]
        ],
    }


def _earlier_view(one: Mapping[str, Any], language: Language) -> dict[str, str]:
    """An earlier result that a finding rests on."""
    return {
        "name": one["name"],
        "value": one["shown"]["value"],
        "unit": one["shown"]["unit"],
        "date": _date(one["collected_at"], language) or "",
    }


def row_view(found: Interpretation, language: Language) -> dict[str, Any]:
    """One line of the list of reports."""
    results = found.report["results"]
    findings = found.report["findings"]
    return {
        "id": found.id,
        "report_id": found.panel["report_id"],
        "patient": found.report["patient"].rstrip("."),
        "count": len(results),
        "abnormal": sum(result["flag"] not in (None, "N") for result in results),
        "critical": sum(bool(one.get("critical")) for one in [*results, *found.report["rejects"]]),
        "disagreements": sum(result["agrees"] is False for result in results),
        "finding": _sentence_case(findings[0]["name"]) if findings else None,
        "when": date_words(found.created_at, language),
        "state": state_of(found.reviews),
    }


def review_row(review: Review, language: Language) -> dict[str, Any]:
    """One line of the list of reviews."""
    return {
        "interpretation_id": review.interpretation_id,
        "report_id": review.interpretation.panel["report_id"],
        "decision": review.decision,
        "reviewer": review.reviewer,
        "correct": review.correct,
        "useful": review.useful,
        "safe": review.safe,
        "comment": review.comment,
        "when": date_words(review.created_at, language),
    }


def latest_review(reviews: Sequence[Review]) -> Review | None:
    """The newest review, whoever's."""
    return reviews[-1] if reviews else None


def state_of(reviews: Sequence[Review]) -> str:
    """to_review, or the newest decision."""
    latest = latest_review(reviews)
    return "to_review" if latest is None else latest.decision


def bar(value: float, low: float | None, high: float | None) -> dict[str, float] | None:
    """Where a value stands against its range, in the bar's own units; None without a range.

    A range with two limits fills the middle third, so that a value one range's width outside is at
    the end. With one limit the range reaches one end, and the value stands by its ratio to it.
    """
    third = BAR_WIDTH / 3
    if low is not None and high is not None and high > low:
        start, end = third, 2 * third
        at = third + (value - low) / (high - low) * third
    elif high is not None and high > 0:
        start, end = 0.0, 2 * third
        at = value / high * 2 * third
    elif low is not None and low > 0:
        start, end = third, BAR_WIDTH
        at = value / low * third
    else:
        return None
    at = min(max(at, _BAR_EDGE), BAR_WIDTH - _BAR_EDGE)
    return {"start": round(start, 1), "width": round(end - start, 1), "at": round(at, 1)}


def _result_view(result: Mapping[str, Any], language: Language) -> dict[str, Any]:
    reading: Mapping[str, float] | None = result["reading"]
    read_as = max(reading, key=lambda name: reading[name]) if reading else None
    flag: str | None = result["flag"]
    directions = {"L": "low", "N": "normal", "H": "high"}
    kind = "unranged" if flag is None else directions[flag[0]]
    return {
        **result,
        "kind": f"{kind} critical" if result["critical"] else kind,
        "bar": bar(result["value"], result["low"], result["high"]),
        "read_as": read_as,
        "percent": _percent(reading[read_as], language) if reading and read_as else None,
        "reading_words": ", ".join(
            f"{words(language)[name]} {_percent(share, language)}"
            for name, share in (reading or {}).items()
        ),
    }


def _groups(results: Sequence[Mapping[str, Any]], language: Language) -> list[dict[str, Any]]:
    """Results under their group's heading, groups in the order they first appear."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for result in results:
        groups.setdefault(result["group"], []).append(result)
    return [
        {
            "name": words(language)[f"group_{group}"],
            "results": members,
            "abnormal": any(one["flag"] != "N" or one["agrees"] is False for one in members),
        }
        for group, members in groups.items()
    ]


def _review_view(review: Review, language: Language) -> dict[str, Any]:
    ratings = [
        f"{words(language)[name]} {getattr(review, name)}/5"
        for name in ("correct", "useful", "safe")
        if getattr(review, name) is not None
    ]
    return {
        "decision": review.decision,
        "reviewer": review.reviewer,
        "when": date_words(review.created_at, language),
        "ratings": " · ".join(ratings),
        "text": review.text,
        "follow_up": review.follow_up,
        "comment": review.comment,
    }


def _sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]


def _date(text: str | None, language: Language) -> str | None:
    from datetime import datetime

    if not text:
        return None
    moment = datetime.fromisoformat(text)
    return date_words(moment, language, time=bool(moment.hour or moment.minute))


def _significant(value: float, language: Language) -> str:
    """Three significant digits, without an exponent; whole numbers from 100 on."""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return _mark(f"{value:.{digits}f}", language)


def _decimal(value: float, language: Language) -> str:
    return _mark(f"{value:.1f}" if value >= 0.1 else f"{value:.2f}", language)


def _percent(share: float, language: Language) -> str:
    return f"{share:.0%}" if language == "en" else f"{100 * share:.0f} %"


def _mark(text: str, language: Language) -> str:
    return text.replace(".", ",") if language == "fr" else text
