"""A store of an earlier version gets the columns it lacks, filled from what it holds."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, inspect, text

from hemoscribe.files import fingerprint
from hemoscribe.knowledge.refusals import stated_flag
from hemoscribe.records import UNKNOWN_PATIENT

_OF_REJECT = ("code", "place", "reported_name", "reported_value", "reported_unit")
_ADDED = {"patient_id": "VARCHAR(200)", "digest": "VARCHAR(64)"}


def migrate(connection: Connection) -> None:
    """Bring ``interpretations`` of version 1 (0.1.0) to version 2; nothing is done twice."""
    known = {column["name"] for column in inspect(connection).get_columns("interpretations")}
    missing = [name for name in _ADDED if name not in known]
    if not missing:
        return
    for name in missing:
        connection.execute(text(f"ALTER TABLE interpretations ADD COLUMN {name} {_ADDED[name]}"))
        connection.execute(
            text(f"CREATE INDEX ix_interpretations_{name} ON interpretations ({name})")
        )
    rows = connection.execute(text("SELECT id, panel, language FROM interpretations")).all()
    for number, panel, language in rows:
        held = json.loads(panel) if isinstance(panel, str) else panel
        connection.execute(
            text("UPDATE interpretations SET patient_id = :who, digest = :digest WHERE id = :id"),
            {"id": number, "who": patient_of(held), "digest": digest_of(held, language)},
        )


def patient_of(panel: dict[str, Any]) -> str | None:
    """The patient's number of a stored panel; None where nobody was named."""
    who = panel.get("patient_id")
    return None if who in (None, UNKNOWN_PATIENT) else str(who)[:200]


def digest_of(panel: dict[str, Any], language: str) -> str:
    """What makes two served reports the same: what was sent, what it was read with, the language.

    What a reader said of its file is left out; what it refused counts, and so do the patient's
    earlier reports: with another one a report may hold another finding. So does the laboratory's
    overlay, whichever of its entries are kept with the report.
    """
    own = {
        name: value
        for name, value in panel.items()
        if name not in ("earlier", "rejects", "notices", "overlay") and value is not None
    }
    refused = [_refused(one) for one in panel.get("rejects") or ()]
    if refused:
        own["rejects"] = refused
    if panel.get("earlier"):
        own["earlier"] = [digest_of(one, language) for one in panel["earlier"]]
    if panel.get("overlay"):
        own["overlay"] = panel["overlay"]["digest"]
    return fingerprint([own, language])


def _refused(reject: dict[str, Any]) -> list[Any]:
    """What tells a refusal from another; a critical flag is never taken for none."""
    flag = stated_flag(reject)
    return [*(reject.get(key) for key in _OF_REJECT), *([flag] if flag else [])]
