"""What reviewers said, as training rows.

``export_reviews`` writes one line per reviewed report, pseudonymised exactly as ``curate`` does, so
that a reviewed patient stays on the side of the split where the curated folder has them.
``corpus --reviews`` and ``retrain`` take it: experts' words come before the laboratory's comments
and the composer's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hemoscribe.corpus.review_record import ReviewRecord, write_reviews
from hemoscribe.errors import InputError
from hemoscribe.records import UNKNOWN_PATIENT
from hemoscribe.serve.reviews.served import (
    RATINGS,
    draft_of,
    latest_of_each,
    own_words,
    reviewed,
    standing,
)
from hemoscribe.serve.reviews.unnamed import unnamed_panel
from hemoscribe.serve.store import Interpretation, Review
from hemoscribe.settings import Settings, load_settings

_LEFT_OUT = ("rejected", "identifying", "overruled", "repeated")


def export_reviews(
    out: Path, *, settings: Settings | None = None, curated: Sequence[Path] = ()
) -> dict[str, Any]:
    """Write the accepted and corrected texts of reviewed reports as JSON Lines.

    A line holds ``report_id`` and ``patient_id`` (pseudonyms; the patient's is null when it is not
    known), ``split`` (the patient's side, or null where nothing says it), ``language``,
    ``decision``, ``interpretation``, ``follow_up``, ``draft`` (what was judged), ``panel``
    (results, rejects, sex, coarse age, and the earlier reports it was read with; no date, no free
    text), ``failed_checks``, ``model``, ``reviewed_at``. Where several reviewed one report the
    newest correction stands, then the newest acceptance. Left out, and counted: a report that
    somebody rejects and nobody corrects, a text that names a person, a report whose limits or
    findings the laboratory's overlay decided (a model is taught the published ones), all but the
    newest review of one report.

    Args:
        curated: folders that say where patients are, as ``sides.sides_of_patients`` takes them.

    Returns:
        ``{lines, accepted, corrected, left_out: {rejected, identifying, overruled, repeated},
        sides, warnings, path}``; ``sides`` counts lines, those without one under ``none``.

    Raises:
        InputError: ``out`` is a directory.
        StageError: one of ``curated`` is no complete curated folder.
    """
    from hemoscribe.curate.pseudonyms.keys import pseudonym_key
    from hemoscribe.serve.reviews.sides import sides_of_patients

    settings = settings or load_settings()
    found: dict[tuple[str, str], ReviewRecord] = {}
    left_out: Counter[str] = Counter()
    served = reviewed(settings)
    key = pseudonym_key()
    patients = {one.panel["patient_id"] for one in served} - {UNKNOWN_PATIENT}
    sides, warnings = sides_of_patients(sorted(patients), curated, key, settings.curate)
    for interpretation in served:
        review = standing(latest_of_each(interpretation.reviews))
        if review is None:
            left_out["rejected"] += 1
            continue
        if _names_somebody(interpretation.panel, review):
            left_out["identifying"] += 1
            continue
        if _judged_otherwise(interpretation.report):
            left_out["overruled"] += 1
            continue
        line = _line(interpretation, review, sides, key)
        report = (line.report_id, line.language)
        if report in found:
            left_out["repeated"] += 1
            if found[report].reviewed_at > line.reviewed_at:
                continue
        found[report] = line
    lines = sorted(found.values(), key=lambda line: (line.reviewed_at, line.report_id))
    if out.is_dir():
        raise InputError(f"{out}: is a directory; name a file such as reviews.jsonl with --out.")
    write_reviews(out, lines)
    decisions = Counter(line.decision for line in lines)
    return {
        "lines": len(lines),
        "accepted": decisions["accepted"],
        "corrected": decisions["corrected"],
        "left_out": {name: left_out[name] for name in _LEFT_OUT},
        "sides": dict(Counter(line.split or "none" for line in lines)),
        "warnings": warnings,
        "path": str(out),
    }


def _judged_otherwise(report: Mapping[str, Any]) -> bool:
    """Whether the laboratory's overlay decided a limit or a finding of a served report."""
    rules = report.get("laboratory_rules")
    decided = rules["decided"] if rules else ()
    return any(one["kind"] in ("critical", "decision", "silenced") for one in decided)


def _names_somebody(panel: Mapping[str, Any], review: Review) -> bool:
    """Whether the rules that scrub comments find an identifier in the reviewer's words."""
    from hemoscribe.curate.scrub import scrub

    known = [panel["patient_id"], panel["report_id"]]
    return any(scrub(text, known=known).redactions for text in (review.text, review.follow_up))


def _line(
    interpretation: Interpretation, review: Review, sides: Mapping[str, str | None], key: bytes
) -> ReviewRecord:
    from hemoscribe.curate.pseudonyms.patients import pseudonym

    panel = interpretation.panel
    who, what = panel["patient_id"], panel["report_id"]
    known = who != UNKNOWN_PATIENT
    report_id = pseudonym(
        key, "report", f"{who}\x00{what}" if known else f"\x00{interpretation.id}"
    )
    given = {
        "report_id": report_id,
        "patient_id": pseudonym(key, "patient", who) if known else None,
        "split": sides.get(who),
        "language": interpretation.language,
        "decision": review.decision,
        "interpretation": own_words(interpretation, review.text),
        "follow_up": review.follow_up,
        "draft": draft_of(interpretation),
        "panel": unnamed_panel(panel),
        "failed_checks": review.failed_checks,
        **{name: getattr(review, name) for name in RATINGS},
        "model": interpretation.model,
        "reviewed_at": review.created_at.isoformat(timespec="seconds"),
    }
    return ReviewRecord.model_validate(given)
