"""A served panel as it may leave the store: what a reading depends on, and nothing that names.

No dates: an earlier report says how long before the report it was. No free text: comments, context,
notices and the places of files are left out, and what looks like an identifier in a name or a value
is too. A result that may not leave becomes a reject without its words, so no report seems whole
that was not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from hemoscribe.corpus.review_record import ReviewedResult
from hemoscribe.knowledge.refusals import stated_flag
from hemoscribe.records import RejectCode

_WORDS = ("reported_name", "reported_value", "reported_unit")
_LEFT_OUT = "Left out of the export: it may name a person."


def unnamed_panel(panel: Mapping[str, Any]) -> dict[str, Any]:
    """The panel of a stored document (``engines.document.history_document``), for an export."""
    return {
        "sex": panel["sex"],
        "age_years": _coarse(panel["age_years"]),
        "pregnant": panel["pregnant"],
        **_told(panel),
        "earlier": list(_earlier(panel)),
    }


def _coarse(age: float | None) -> float | None:
    """As in ``curate``: whole years from two on, months before, at most 90."""
    from hemoscribe.curate.pseudonyms.pseudonymise import OLDEST_AGE_YEARS

    if age is None:
        return None
    return min(float(int(age)), OLDEST_AGE_YEARS) if age >= 2 else int(age * 12 + 1e-9) / 12


def _earlier(panel: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for one in panel.get("earlier", ()):
        between = _time(panel) - _time(one)
        yield {"seconds_before": round(between.total_seconds()), **_told(one)}


def _time(panel: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(panel["collected_at"])


def _told(panel: Mapping[str, Any]) -> dict[str, Any]:
    results, hidden = [], []
    for result in panel["results"]:
        if _names(f"{result['analyte']}\n{result['value']}"):
            flag = {"code": RejectCode.INVALID, "laboratory_flag": result["flag"]}
            hidden.append(_bare({**flag, "message": _LEFT_OUT}))
        else:
            results.append({name: result.get(name) for name in ReviewedResult.model_fields})
    refused = [_bare(one) for one in panel.get("rejects", ())]
    return {"results": results, "rejects": [*refused, *hidden]}


def _bare(reject: Mapping[str, Any]) -> dict[str, Any]:
    """The reject without where it stood; without its words where they may name somebody."""
    words = {name: reject.get(name) for name in _WORDS}
    said = str(reject.get("message") or "")
    if _names("\n".join(str(word or "") for word in (*words.values(), said))):
        words, said = dict.fromkeys(_WORDS), _LEFT_OUT
    return {
        "source": "review",
        "place": "result",
        "code": str(reject["code"]),
        "message": said,
        "results": reject.get("results", 1),
        **words,
        "laboratory_flag": stated_flag(reject),
    }


def _names(text: str) -> bool:
    from hemoscribe.curate.scrub import scrub

    return bool(scrub(text).redactions)
