"""``quality.html``: one page, self-contained, that says what came in, what went, what is left."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment

from hemoscribe.curate.account import quality, small_charts
from hemoscribe.curate.account.outcome import Outcome
from hemoscribe.curate.cleaning.missing import COUNTED, FILLED
from hemoscribe.files import RESULTS, write_text
from hemoscribe.knowledge import display_unit
from hemoscribe.pages import templates_of
from hemoscribe.settings import CurateSettings

QUALITY = "quality.html"
_SMALLEST_CELLS = 10

REJECT_SENTENCES = {
    "unreadable": "A line, segment or entry that could not be read",
    "no_value": "No value was given",
    "not_a_number": "Text where a number belongs",
    "unknown_analyte": "A test that is not known",
    "unknown_unit": "A unit that is not known",
    "wrong_dimension": "A unit of another kind of quantity",
    "impossible_range": "An impossible range that calls a critical value normal",
    "ambiguous_unit": "A unit that could mean two things",
    "arbitrary_unit": "A unit that cannot be converted",
    "implausible": "A value outside what is possible",
    "no_patient": "No patient number",
    "duplicate": "The same result again",
    "superseded": "Replaced by a corrected or final result",
    "cancelled": "Cancelled by the laboratory",
    "preliminary": "Not yet validated",
    "unusable_sample": "A sample that could not be used",
    "impossible_unit": "A unit that the printed range makes impossible",
    "other_specimen": "A result of another specimen than blood",
    "unknown_specimen": "A result of a specimen that is not known to be blood",
    "negated": "A result that the file says does not hold",
    "contradiction": "Two different results of one specimen",
    "missing_policy": "Sex, age, unit or range missing",
    "small_cell": "Too few patients alike",
    "same_panel": "The same panel under another patient number",
    "other_side": "Of another period or laboratory than its patient's side",
    "invalid": "Breaks the row schema",
}
MISSING_SENTENCES = {
    "sex": "sex",
    "age": "age",
    "unit": "printed unit (inferred from value and range)",
    "range": "printed reference range",
    "time": "time of collection",
    "laboratory": "laboratory",
}


@cache
def environment() -> Environment:
    """The templates of this folder, with the ways a number is printed."""
    templates = templates_of("hemoscribe.curate.account")
    templates.filters["number"] = _number
    templates.filters["percent"] = _percent
    templates.filters["value"] = _value
    templates.filters["unit"] = display_unit
    templates.globals.update(histogram=small_charts.histogram, bar=small_charts.bar)
    return templates


def write_quality_page(target: Path, outcome: Outcome, settings: CurateSettings) -> None:
    """Write ``quality.html`` beside the written rows."""

    page = environment().get_template("quality.html.j2")
    write_text(
        target / QUALITY,
        page.render(
            summary=outcome.summary,
            analytes=quality.measure_analytes(target / RESULTS),
            rejects=quality.reject_examples(outcome.rejects),
            reject_sentences=REJECT_SENTENCES,
            sides=quality.measure_sides(outcome.reports),
            sites=quality.count_by(outcome.reports, "laboratory"),
            years=quality.count_years(outcome.reports),
            ages=quality.count_ages(outcome.reports),
            missing=missing_table(outcome, settings),
            ranges_filled=outcome.counts.missing_after[FILLED],
            scrubbed=sorted(outcome.counts.scrubbed.items()),
            same_panels=outcome.same_panels,
            same_comments=outcome.same_comments,
            anonymity=outcome.anonymity,
            disclosure=outcome.disclosure,
            generalised=outcome.generalised,
            smallest_cells=outcome.anonymity.cells.head(_SMALLEST_CELLS).to_dicts(),
            wanted_k=settings.wanted_k,
            settings=settings.model_dump(mode="json"),
        ),
    )


def missing_table(outcome: Outcome, settings: CurateSettings) -> list[dict[str, Any]]:
    """What is missing: how many results, the policy's name and what it says."""
    policies = settings.model_dump(mode="json")
    return [
        {
            "what": MISSING_SENTENCES[name],
            "results": outcome.counts.missing_before[name],
            "policy": f"missing_{name}" if f"missing_{name}" in policies else None,
            "setting": policies.get(f"missing_{name}"),
        }
        for name in COUNTED
    ]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share * 100:.1f} %"


def _value(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
