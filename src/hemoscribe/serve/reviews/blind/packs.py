"""``reviews export --blind``: a pack per expert, the same comments in each, and the key apart.

A pack has the same form for every comment, whoever wrote it. Who wrote which stands in the key
alone, which the person who leads the validation keeps from the experts.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hemoscribe.curate.pseudonyms.pseudonymise import OLDEST_AGE_YEARS
from hemoscribe.errors import InputError, SettingsError
from hemoscribe.files import read_json, write_bytes, write_json, write_text
from hemoscribe.knowledge import analytes
from hemoscribe.prose.numbers import show
from hemoscribe.prose.prompt import patient_words
from hemoscribe.records import Language, Reading
from hemoscribe.serve.reviews.blind import forms
from hemoscribe.serve.reviews.blind.scale import AUTHORS
from hemoscribe.serve.reviews.blind.texts import (
    Commented,
    Found,
    authors_of,
    of_assessment,
    of_store,
)
from hemoscribe.settings import Settings, load_settings

KEY = "KEY-keep-from-raters.json"
FORMAT = 1
MAX_RATERS = 50
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ23456789"  # no word, and no letter that is taken for another
_CODE_LENGTH = 4


@dataclass(frozen=True)
class Item:
    """One comment to be rated, as the form shows it; ``author`` is for the key alone."""

    code: str
    report_id: str
    patient: str
    results: tuple[forms.Line, ...]
    comment: str
    author: str
    language: Language
    model: str


def export_packs(
    out: Path,
    *,
    reports: int = 30,
    raters: int = 3,
    seed: int = 1,
    language: Language = "en",
    curated: Path | None = None,
    assessment: Path | None = None,
    settings: Settings | None = None,
) -> dict[str, Any]:
    """Write a pack for each rater, and the key.

    Args:
        out: a new or empty folder: ``rater-1/`` (a form as .csv, .xlsx and .html) and so on, and
            the key.
        reports: how many reports; those with comments of the most authors first, then by chance.
        language: of the form's own words; each comment stays in the language it was written in.
        curated: the folder that ``assessment`` was made on; without both, reviewed served reports.
        assessment: what ``assess`` wrote: its texts are the model's comments.

    Returns:
        ``{reports, items, authors, raters, left_out, key, packs}``.

    Raises:
        InputError: there is nothing to review, or the folder has files already.
        SettingsError: one of ``curated`` and ``assessment`` without the other, or no rater.
    """
    if (curated is None) != (assessment is None):
        raise SettingsError("--curated and --assessment go together: name both or neither.")
    if not 1 <= raters <= MAX_RATERS or reports < 1:
        raise SettingsError(f"--raters is 1 to {MAX_RATERS}, and --reports at least 1.")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out}: is not empty, and a key must never be overwritten; name another.")
    found = (
        of_assessment(curated, assessment)
        if curated is not None and assessment is not None
        else of_store(settings or load_settings())
    )
    if not found.reports:
        raise InputError(
            "There is nothing to review: no served report has been reviewed. Review some, or name "
            "held-out ones with --curated and --assessment."
        )
    draw = random.Random(seed)
    chosen = _choose(found, reports, draw)
    items = _items(chosen, draw)
    names = [f"rater-{number}" for number in range(1, raters + 1)]
    for name in names:
        order = list(items)
        draw.shuffle(order)
        pack = out / name
        write_bytes(pack / f"{name}.csv", forms.csv_form(order, name, language))
        write_bytes(pack / f"{name}.xlsx", forms.xlsx_form(order, name, language))
        write_text(pack / f"{name}.html", forms.html_form(order, name, language))
    write_json(out / KEY, _key(items, names, seed))
    (out / KEY).chmod(0o600)
    return {
        "reports": len(chosen),
        "reports_with_every_author": sum(len(one.comments) == len(AUTHORS) for one in chosen),
        "items": len(items),
        "authors": authors_of(chosen),
        "raters": len(names),
        "left_out": dict(found.left_out),
        "packs": [str(out / name) for name in names],
        "key": str(out / KEY),
    }


def _choose(found: Found, count: int, draw: random.Random) -> list[Commented]:
    """The reports with comments of the most authors, by chance among those alike."""
    ordered = sorted(found.reports, key=lambda report: report.report_id)
    draw.shuffle(ordered)
    ordered.sort(key=lambda report: -len(report.comments))
    return ordered[:count]


def _items(chosen: Sequence[Commented], draw: random.Random) -> list[Item]:
    """One item per comment, under codes that say nothing, in an order that says nothing."""
    pairs = [(report, author) for report in chosen for author in sorted(report.comments)]
    draw.shuffle(pairs)
    codes: dict[str, None] = {}
    while len(codes) < len(pairs):
        codes["".join(draw.choices(_LETTERS, k=_CODE_LENGTH))] = None
    return [
        Item(
            code=code,
            report_id=report.report_id,
            patient=_patient(report.reading, report.language),
            results=_results(report.reading, report.language),
            comment=report.comments[author],
            author=author,
            language=report.language,
            model=report.model,
        )
        for code, (report, author) in zip(codes, pairs, strict=True)
    ]


def _patient(reading: Reading, language: Language) -> str:
    """Sex and age as ``curate`` leaves them: whole years, at most 90."""
    from dataclasses import replace

    panel = reading.panel
    age = panel.age_years
    if age is not None and age > OLDEST_AGE_YEARS:
        panel = replace(panel, age_years=float(OLDEST_AGE_YEARS))
    return patient_words(panel, language)


def _results(reading: Reading, language: Language) -> tuple[forms.Line, ...]:
    """The recognised results under our names: no free text, number or date of the export."""
    found = []
    for result in reading.results:
        shown = show(result, language)
        found.append(
            forms.Line(
                analytes()[result.analyte].name(language),
                shown.value,
                shown.unit,
                shown.range,
                result.direction if result.direction in ("low", "high") else None,
            )
        )
    return tuple(found)


def _key(items: Sequence[Item], raters: Sequence[str], seed: int) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "seed": seed,
        "raters": list(raters),
        "items": {
            item.code: {
                "report": item.report_id,
                "author": item.author,
                "language": item.language,
                "model": item.model,
                "comment": item.comment,
            }
            for item in items
        },
    }


def read_key(folder: Path) -> dict[str, Any]:
    """The key of a folder of packs.

    Raises:
        InputError: there is none, or it is no key.
    """
    path = folder / KEY
    if not path.is_file():
        raise InputError(
            f"{folder}: it has no {KEY}; name the folder that `reviews export --blind` wrote."
        )
    key = read_json(path)
    if not isinstance(key, dict) or not {"items", "raters"} <= key.keys():
        raise InputError(f"{path}: is no key of a blinded review; restore it from a backup.")
    return key
