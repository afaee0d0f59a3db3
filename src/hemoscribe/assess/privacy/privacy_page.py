"""``privacy.html``: the audit as one page to read from the top and to print."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hemoscribe.assess import charts
from hemoscribe.assess.assessment_page import environment
from hemoscribe.assess.privacy.privacy_verdict import REMEDIES
from hemoscribe.pages import style

_ATTACKS = {
    "loss": "by its loss: a report that the model predicts well was trained on",
    "calibrated": "by its loss against the base model's: a report that tuning made easier was",
}


def privacy_page(document: Mapping[str, Any]) -> str:
    """The page of what ``privacy.json`` holds."""
    attacks = document["membership"]
    rows = [(name, attack["auc"]) for name, attack in attacks.items()]
    rows += [
        (f"{name}: {kind}", auc)
        for name, attack in attacks.items()
        for kind, auc in attack["by_kind"].items()
    ]
    return (
        environment()
        .get_template("privacy.html.j2")
        .render(
            a=document,
            css=style(),
            attacks=_ATTACKS,
            remedies=REMEDIES,
            any_failed=not all(gate["met"] for gate in document["gates"]),
            plot=charts.interval_bars(rows, "AUC of membership inference"),
        )
    )
