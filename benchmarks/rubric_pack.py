"""Blinded packs of reports and texts for readers with fresh eyes, and the marks they gave.

    python benchmarks/rubric_pack.py texts reports.json out.json
    python benchmarks/rubric_pack.py pack reports.json before.json after.json --out FOLDER
    python benchmarks/rubric_pack.py marks FOLDER reader1.json reader2.json

`reports.json` lists reports as a person states them: id, sex, age, pregnant, note, results (name,
value, unit, low, high), earlier (days_before, results), unread (name, value, unit, flag). Each text
is what a reader without a model is shown. A pack mixes the texts of two versions, each report once
with either; ten of the later ones carry a fault that was put in, in both languages. Readers see
results, note and texts, and nothing else; `key.json` stays behind.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from statistics import mean
from typing import Any

from hemoscribe.engines.interpreter import composed
from hemoscribe.knowledge import read_panel
from hemoscribe.records import Panel

MARKS = ("correctness", "completeness", "usefulness", "language")
LANGUAGES = ("en", "fr")
DAY = datetime(2026, 3, 2, 8)
SEED = 17
ALARM = "phone|call|télépho|appel"
Report = Mapping[str, Any]
Texts = Mapping[str, Sequence[str]]
FAULTS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    # kind: language -> (what is put before the interpretation, what replaces the follow-up)
    "alarm denied": {
        "en": ("None of these values calls for a phone call.", ""),
        "fr": ("Aucune de ces valeurs ne justifie un appel.", ""),
    },
    "too late": {
        "en": ("", "Repeat the panel at the next yearly visit."),
        "fr": ("", "Contrôler le bilan à la prochaine visite annuelle."),
    },
    "false cause": {
        "en": ("These changes are due to a viral hepatitis.", ""),
        "fr": ("Ces anomalies sont dues à une hépatite virale.", ""),
    },
    "invented course": {
        "en": ("The values have improved since the last report.", ""),
        "fr": ("Les valeurs se sont améliorées depuis le dernier compte rendu.", ""),
    },
    "treatment": {
        "en": ("", "Start oral iron and an antibiotic."),
        "fr": ("", "Débuter un traitement par fer oral et un antibiotique."),
    },
    "another patient": {
        "en": ("Usual values for a boy of four years.", ""),
        "fr": ("Valeurs habituelles pour un garçon de quatre ans.", ""),
    },
}
NUMBERS = re.compile(r"(?<![\w.,/^-])\d+(?:[.,]\d+)?(?![\w./^-])")
KINDS = (*FAULTS, "first sentence left out", "number changed", "side changed", "follow-up left out")
SIDES = {
    "en": (("low", "high"), ("high", "low"), ("hypo", "hyper"), ("hyper", "hypo")),
    "fr": (("basse", "haute"), ("haute", "basse"), ("hypo", "hyper"), ("hyper", "hypo")),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    texts = commands.add_parser("texts")
    texts.add_argument("reports", type=Path)
    texts.add_argument("out", type=Path)
    pack = commands.add_parser("pack")
    pack.add_argument("reports", type=Path)
    pack.add_argument("before", type=Path)
    pack.add_argument("after", type=Path)
    pack.add_argument("--out", type=Path, required=True)
    marks = commands.add_parser("marks")
    marks.add_argument("folder", type=Path)
    marks.add_argument("given", type=Path, nargs="+")
    given = parser.parse_args()
    if given.command == "texts":
        _write(given.out, {one["id"]: _texts(one) for one in _read(given.reports)})
    elif given.command == "pack":
        write_pack(_read(given.reports), _read(given.before), _read(given.after), out=given.out)
    else:
        print(marks_page(given.folder, [_read(path) for path in given.given]))


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _write(path: Path, document: object) -> None:
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _texts(report: Report) -> dict[str, list[str]]:
    """Language -> (interpretation, follow-up), as this version's code composes them."""
    earlier = [
        _panel(report, one["results"], days=one["days_before"], number=f"earlier {place}")
        for place, one in enumerate(report["earlier"])
    ]
    panel = _panel(report, report["results"], unread=report["unread"])
    reading = read_panel(panel, earlier=earlier)
    return {language: list(composed(reading, language)) for language in LANGUAGES}


def _panel(
    report: Report,
    results: Sequence[Sequence[str]],
    *,
    days: float = 0,
    number: str = "report",
    unread: Sequence[Sequence[str | None]] = (),
) -> Panel:
    age = report["age"]
    return Panel.of(
        [
            (name, value, unit, low or None, high or None)
            for name, value, unit, low, high in results
        ],
        sex=report["sex"],
        age=age if age is None else max(age - days / 365.25, 0.0),
        pregnant=report["pregnant"],
        context=report["note"],
        collected_at=(DAY - timedelta(days=days)).isoformat(),
        report_id=number,
        rejects=[
            {"reported_name": n, "reported_value": v, "reported_unit": u, "reported_flag": flag}
            for n, v, u, flag in unread
        ],
    )


def write_pack(
    reports: Sequence[Report], before: Mapping[str, Texts], after: Mapping[str, Texts], *, out: Path
) -> None:
    """``pack.json`` for the readers and ``key.json``: every report twice, in a mixed order."""
    draw = random.Random(SEED)
    faulty = _faulty(reports, after, draw)
    items = [(one, "before", before[one["id"]]) for one in reports]
    items += [(one, "after", faulty.get(one["id"], ("", after[one["id"]]))[1]) for one in reports]
    draw.shuffle(items)
    out.mkdir(parents=True, exist_ok=True)
    shown, key = [], {}
    for place, (report, version, texts) in enumerate(items, start=1):
        fault = faulty[report["id"]][0] if version == "after" and report["id"] in faulty else ""
        shown.append({"item": place, **report, "texts": {k: list(v) for k, v in texts.items()}})
        shown[-1].pop("id")
        key[str(place)] = {"report": report["id"], "version": version, "fault": fault}
    _write(out / "pack.json", shown)
    _write(out / "key.json", key)


def _faulty(
    reports: Sequence[Report], after: Mapping[str, Texts], draw: random.Random
) -> dict[str, tuple[str, Texts]]:
    """Report -> (fault, its texts with the fault): one of each kind, where it can be put in."""
    found: dict[str, tuple[str, Texts]] = {}
    ids = [one["id"] for one in reports]
    draw.shuffle(ids)
    for kind in KINDS:
        for name in ids:
            made = {
                language: _with_fault(kind, language, *after[name][language])
                for language in LANGUAGES
            }
            if name not in found and all(made.values()):
                found[name] = (kind, {k: list(v) for k, v in made.items() if v})
                break
    return found


def _with_fault(kind: str, language: str, told: str, asked: str) -> tuple[str, str] | None:
    """A text with a fault of this kind; None where it has no place for it."""
    if kind in FAULTS:
        if kind in ("alarm denied", "too late") and not re.search(ALARM, told.lower()):
            return None
        put, instead = FAULTS[kind][language]
        return " ".join(part for part in (told, put) if part), instead or asked
    first, stop, rest = told.partition(". ")
    if kind == "first sentence left out":
        return (rest, asked) if stop and re.search(ALARM, first.lower()) else None
    if kind == "follow-up left out":
        general = {"en": "No further test is called for.", "fr": "Pas d'examen complémentaire."}
        return (told, general[language]) if re.search("hour|heure", asked) else None
    if kind == "number changed":
        numbers = NUMBERS.findall(told)
        if not numbers:
            return None
        mark = "," if language == "fr" else "."
        other = f"{float(numbers[0].replace(',', '.')) * 3:.1f}".replace(".", mark)
        return told.replace(numbers[0], other, 1), asked
    for said, other in SIDES[language]:
        if said in told.lower():
            return re.sub(said, other, told, count=1, flags=re.IGNORECASE), asked
    return None


def marks_page(folder: Path, given: Sequence[Sequence[Mapping[str, Any]]]) -> str:
    """The means of both versions by reader, the faults that were caught, the worst later texts.

    ``given``: of each reader, per item the marks of both languages, and what was found wrong.
    """
    key, pack = _read(folder / "key.json"), _read(folder / "pack.json")
    lines = ["| Version | Reader | " + " | ".join(MARKS) + " |", "|---|---|" + "---|" * len(MARKS)]
    totals: dict[str, list[float]] = defaultdict(list)
    for version in ("before", "after"):
        for reader, items in enumerate(given, start=1):
            own = [one for one in items if _is(key, one, version) and not _fault(key, one)]
            means = [mean(_marks(own, mark)) for mark in MARKS]
            lines.append(
                f"| {version} | {reader} | " + " | ".join(f"{m:.2f}" for m in means) + " |"
            )
        for items in given:
            for one in items:
                if _is(key, one, version) and not _fault(key, one) and version == "after":
                    totals[str(one["item"])] += [
                        one["marks"][k][m] for k in LANGUAGES for m in MARKS
                    ]
    lines += ["", *_caught(key, given), "", *_worst(key, pack, totals, given)]
    return "\n".join(lines)


def _is(key: Mapping[str, Any], item: Mapping[str, Any], version: str) -> bool:
    return bool(key[str(item["item"])]["version"] == version)


def _fault(key: Mapping[str, Any], item: Mapping[str, Any]) -> str:
    return str(key[str(item["item"])]["fault"])


def _marks(items: Sequence[Mapping[str, Any]], mark: str) -> list[float]:
    return [one["marks"][language][mark] for one in items for language in LANGUAGES]


def _caught(key: Mapping[str, Any], given: Sequence[Sequence[Mapping[str, Any]]]) -> Iterator[str]:
    """A fault is caught where a reader gave a correctness or completeness of 0 or 1 for it."""
    for place, entry in key.items():
        if not entry["fault"]:
            continue
        seen = [
            min(
                one["marks"][language][mark]
                for language in LANGUAGES
                for mark in ("correctness", "completeness", "usefulness")
            )
            <= 1
            for items in given
            for one in items
            if str(one["item"]) == place
        ]
        yield f"- {entry['fault']} ({entry['report']}): caught by {sum(seen)} of {len(seen)}"


def _worst(
    key: Mapping[str, Any],
    pack: Sequence[Mapping[str, Any]],
    totals: Mapping[str, Sequence[float]],
    given: Sequence[Sequence[Mapping[str, Any]]],
) -> Iterator[str]:
    shown = {str(one["item"]): one for one in pack}
    for place in sorted(totals, key=lambda one: mean(totals[one]))[:10]:
        yield f"### {key[place]['report']}: {mean(totals[place]):.2f}"
        for language in LANGUAGES:
            yield f"- {language}: " + " || ".join(shown[place]["texts"][language])
        for items in given:
            yield from (f"- reader: {one['why']}" for one in items if str(one["item"]) == place)


if __name__ == "__main__":
    main()
