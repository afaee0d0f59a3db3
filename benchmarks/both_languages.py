"""What the composed texts of one report tell in each language, counted clause by clause.

    python benchmarks/both_languages.py ../shared/data [--page benchmarks/results/both_languages.md]

Every shipped case, the cases that others wrote, and 2,000 reports of NHANES, MIMIC and a simulated
laboratory. Each text is read back as the guard reads it: findings asserted, results called low,
normal or high, values quoted, clauses, and times of the follow-up. Beside it the brief and the
requests that both texts are made of. The two languages are alike where all of these are the same.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hemoscribe.assess.cases import read_cases, shipped_cases
from hemoscribe.engines.interpreter import COMPOSER_SEED, composed
from hemoscribe.knowledge import read_panel, read_rows
from hemoscribe.prose.brief import brief
from hemoscribe.prose.claims import asserted_findings
from hemoscribe.prose.extraction import claims
from hemoscribe.prose.voice import Voice
from hemoscribe.records import LANGUAGES, Language, Reading
from hemoscribe.simulation import simulate
from hemoscribe.sources import read

PER_SOURCE = {"NHANES": 800, "MIMIC": 600, "simulated": 600}
SEED = 17
_NUMBER = re.compile(r"(?<![\w^])\d+(?:[.,]\d+)?")
_STOP = re.compile(r"\.(?:\s|$)|\s?;")
PARTS = ("findings", "directions", "values", "clauses", "times")


def told(reading: Reading, language: Language) -> dict[str, Any]:
    """What a text tells, part by part."""
    interpretation, follow_up = composed(reading, language)
    said = claims(interpretation, language)
    leads = Voice(language, COMPOSER_SEED).words["by"].items()
    starts = {name: lead.partition("{")[0].strip().casefold() for name, lead in leads}
    return {
        "findings": asserted_findings(interpretation, language),
        "directions": {
            (one.analytes or one.group, one.direction)
            for one in said
            if one.kind == "direction" and not one.hedged
        },
        "values": sorted(one.replace(",", ".") for one in _NUMBER.findall(interpretation)),
        "clauses": (len(_STOP.findall(interpretation)), len(_STOP.findall(follow_up))),
        "times": [name for name, lead in starts.items() if lead and lead in follow_up.casefold()],
    }


def readings(shared: Path) -> Iterator[tuple[str, Sequence[Reading]]]:
    """(source, its readings)."""
    for name, cases in (
        ("shipped cases", shipped_cases()),
        ("others' cases", read_cases(shared / "outside/cases")),
    ):
        yield name, [read_panel(one.panels[-1], earlier=one.panels[:-1]) for one in cases]
    yield (
        "NHANES",
        _drawn(read([shared / "nhanes/nhanes_labs.parquet"], format="nhanes")[0], "NHANES"),
    )
    yield "MIMIC", _drawn(read([shared / "mimic3_demo"], format="mimic")[0], "MIMIC")
    with tempfile.TemporaryDirectory() as folder:
        simulate(Path(folder) / "exports", reports=1500, seed=SEED)
        yield "simulated", _drawn(read([Path(folder) / "exports"])[0], "simulated")


def _drawn(rows: Any, source: str) -> list[Reading]:
    ids = rows["report_id"].unique().sort()
    chosen = ids.sample(min(PER_SOURCE[source], len(ids)), seed=SEED)
    return list(read_rows(rows.filter(rows["report_id"].is_in(chosen.implode()))))


def compared(shared: Path) -> tuple[list[list[str]], list[str]]:
    """A line for each source, and the reports whose languages differ."""
    lines, unlike = [], []
    for source, found in readings(shared):
        alike: Counter[str] = Counter()
        clauses = 0
        for reading in found:
            one, other = (told(reading, language) for language in LANGUAGES)
            clauses += sum(one["clauses"])
            same = [part for part in PARTS if one[part] == other[part]]
            alike.update([*same, *(["all"] if len(same) == len(PARTS) else [])])
            first, second = (brief(reading, Voice(lang, 0)) for lang in LANGUAGES)
            alike["brief"] += replace(first, follow_up="") == replace(second, follow_up="")
            if len(same) < len(PARTS):
                wrong = {part: (one[part], other[part]) for part in PARTS if part not in same}
                unlike.append(f"{source} {reading.panel.report_id}: {wrong}")
        lines.append(
            [source, str(len(found)), f"{clauses / len(found):.1f}"]
            + [f"{alike[part]}" for part in (*PARTS, "brief", "all")]
        )
    return lines, unlike


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("shared", type=Path)
    parser.add_argument("--page", type=Path)
    given = parser.parse_args()
    lines, unlike = compared(given.shared)
    head = ["Source", "Reports", "Clauses a report", *PARTS, "brief", "all alike"]
    table = [" | ".join(row) for row in (head, ["---"] * len(head), *lines)]
    page = "\n".join(f"| {row} |" for row in table)
    print(page, *unlike[:40], sep="\n")
    if given.page is not None:
        given.page.write_text(f"{PREFACE}\n{page}\n", encoding="utf-8")


PREFACE = """# Both languages of a report tell the same

    python benchmarks/both_languages.py ../shared/data --page benchmarks/results/both_languages.md

Reports whose texts in English and in French are alike, read back as the guard reads them: findings
asserted, results called low, normal or high, values quoted, clauses counted, times of the
follow-up; and the brief that both are made of (findings told, results quoted, what they mean, what
is named). Every clause and request stands in both languages under one condition. Where a text is
not read back alike, one language's lexicon knows a word that the other's does not ("diabète"), or
an adjective stands nearer to another name; the brief is the same.
"""

if __name__ == "__main__":
    main()
