"""What our codes and numbers were held against, and what still waits: docs/knowledge-sources.md.

    python benchmarks/knowledge_sources.py ../shared/data

LOINC codes against other people's files (loinc_texts.py), limits against published texts that were
at hand (published_texts.yaml), and per source the numbers nobody has yet compared.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from loinc_texts import check_digit, named, our_codes, pairs

from hemoscribe.knowledge import (
    analytes,
    display_unit,
    finding_definitions,
    index_definitions,
    linear_conversion,
    read_panel,
    references,
)
from hemoscribe.knowledge.applicable import applicable, critical_limits
from hemoscribe.records import Panel, ReportedResult

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs/knowledge-sources.md"
ADULT_YEARS = 30.0
_TOLERANCE = 0.005  # a text's rounding
_STEP = 1e-3


@dataclass(frozen=True, slots=True)
class Compared:
    """One row of a published text and ours: both as printed, and whether they agree."""

    source: str
    what: str
    theirs: str
    ours: str
    agrees: bool
    numbers: int
    note: str


def reasons() -> Mapping[str, Any]:
    """What was read by eye, and why a contradiction stands: loinc_texts.yaml."""
    loaded: Mapping[str, Any] = yaml.safe_load((HERE / "loinc_texts.yaml").read_text("utf-8"))
    return loaded


def published() -> Iterator[Compared]:
    """Every row of published_texts.yaml against our knowledge."""
    texts = yaml.safe_load((HERE / "published_texts.yaml").read_text("utf-8"))
    for source, entry in texts.items():
        for row in entry["rows"]:
            yield _finding(source, row) if "finding" in row else _limits(source, row)


def _limits(source: str, row: Mapping[str, Any]) -> Compared:
    analyte, age = analytes()[row["analyte"]], float(row.get("age", ADULT_YEARS))
    sex, pregnant = row.get("sex"), row.get("pregnant", False)
    unit = row.get("unit", analyte.unit)
    scale, offset = linear_conversion(analyte.id, unit)
    ours = (
        critical_limits(analyte, age)
        if row["of"] == "critical"
        else applicable(analyte, sex, age, pregnant).outer
    )
    held = [None if limit is None else (limit - offset) / scale for limit in ours]
    theirs = [row.get("low"), row.get("high")]
    sides = [(a, b) for a, b in zip(theirs, held, strict=True) if a is not None]
    agrees = all(
        b is not None and abs(a - b) <= _TOLERANCE * max(abs(a), abs(b)) + 1e-9 for a, b in sides
    )
    kept = [b if a is not None else None for a, b in zip(theirs, held, strict=True)]
    who = _who(sex, row.get("age"), pregnant)
    what = f"{analyte.name('en')}, {'critical' if row['of'] == 'critical' else 'range'}{who}"
    shown = display_unit(unit)
    return Compared(
        source,
        what,
        f"{_span(theirs)} {shown}",
        _span(kept),
        agrees,
        len(sides),
        row.get("note", ""),
    )


def _finding(source: str, row: Mapping[str, Any]) -> Compared:
    """Whether a finding begins just below the text's limit and not at it."""
    analyte, limit = analytes()[row["analyte"]], float(row["below"])
    found = [
        row["finding"]
        in {
            finding.id
            for finding in read_panel(
                Panel(
                    (ReportedResult(analyte.name("en"), f"{value:.4f}", analyte.unit),),
                    sex=row.get("sex"),
                    age_years=float(row["age"]),
                    pregnant=row.get("pregnant"),
                )
            ).findings
        }
        for value in (limit - _STEP, limit)
    ]
    who = _who(row.get("sex"), row["age"], row.get("pregnant", False))
    agrees = found == [True, False]
    what = f"{finding_definitions()[row['finding']].names['en']}{who}"
    return Compared(
        source, what, f"below {limit:g} {analyte.unit}", "the same" if agrees else str(found),
        agrees, 1, row.get("note", ""),
    )  # fmt: skip


def _who(sex: str | None, age: float | None, pregnant: bool) -> str:
    words = ["pregnant"] if pregnant else [] if sex is None else [{"F": "women", "M": "men"}[sex]]
    if age is not None:
        words.append(f"{age:g} years" if age >= 1 else f"{age * 365.25:.0f} days")
    return f" ({', '.join(words)})" if words else ""


def _span(limits: list[float | None]) -> str:
    low, high = limits
    if low is None:
        return "-" if high is None else f"up to {high:.4g}"
    return f"from {low:.4g}" if high is None else f"{low:.4g} to {high:.4g}"


def held() -> Counter[str]:
    """How many limits of ours cite each source."""
    count: Counter[str] = Counter()
    for analyte in analytes().values():
        for row in (*analyte.ranges, *analyte.critical_ages):
            for key in row.source.split(", "):
                count[key] += sum(limit is not None for limit in (row.low, row.high))
        for key in analyte.sources.get("critical", "").split(", "):
            if key:
                count[key] += sum(limit is not None for limit in analyte.critical)
    return count


def page(folder: Path) -> str:
    """The page, as Markdown."""
    lines = [
        "# What our knowledge was compared with",
        "",
        "Written by `benchmarks/knowledge_sources.py`; a test keeps it true. Codes and numbers",
        "were first written down from memory of their sources. Here they are held against texts",
        "by other people, as far as these were at hand; the last table says what was not.",
        "",
        *_codes(folder),
        *_texts(),
        *_waiting(),
    ]
    return "\n".join(lines) + "\n"


def _codes(folder: Path) -> Iterator[str]:
    known, why = our_codes(), reasons()
    texts, table = list(named(folder)), list(pairs(folder))
    wrong = sorted(code for code in known if not check_digit(code))
    paired = {code for pair in table for code in (pair.source, pair.target)}
    yield from ("## LOINC codes", "")
    yield f"- {len(known)} codes; all but {len(wrong)} ({', '.join(wrong)}, kept because MIMIC"
    yield "  prints it for the INR) end in the check digit that LOINC prescribes."
    yield "- Names: each code against what the files of the test data call it."
    for file in dict.fromkeys(text.file for text in texts):
        mine = [text for text in texts if text.file == file]
        same = sum(bool(text.ours & text.theirs) for text in mine)
        by_eye = sum(not text.theirs and text.code in why["read_by_eye"] for text in mine)
        other = len(mine) - same - by_eye
        yield (
            f"  - {file}: {len(mine)} names, {same} of the same analyte by our names,"
            f" {by_eye} read by eye, {other} of another."
        )
    right = sum(pair.trouble() is None for pair in table)
    yield (
        f"- Units: MIRACUM's table converts {len(table)} pairs of our codes; {right} agree on the"
        " analyte and on the factor."
    )
    seen = {text.code for text in texts} | paired | set(why["looked_up"])
    yield f"- {len(seen)} of {len(known)} codes are in at least one text."
    yield (
        "- LOINC's own table: the component and unit of every code but"
        f" {', '.join(why['not_in_table'])} were read in public copies of it."
    )
    yield from ("", "Not ours, by that table, though some once stood among them:", "")
    yield from (f"- {code}: {what}." for code, what in why["not_ours"].items())
    yield from ("", "Where a text says otherwise, and why ours stands:", "")
    for text in texts:
        if text.theirs and not text.ours & text.theirs:
            reason = why["contradicted"].get(text.code, "NO REASON IS GIVEN.")
            yield f"- {text.code}, {text.file}, *{text.text}*: {reason}"
    for pair in table:
        if pair.trouble():
            reason = why["factors"].get(f"{pair.source} {pair.target}", "NO REASON IS GIVEN.")
            yield f"- {pair.source} to {pair.target}, MIRACUM ({pair.factor:g}): {reason}."
    yield from ("", "In no text beside LOINC's table, by analyte:", "")
    missing: dict[str, list[str]] = {}
    for code, analyte in known.items():
        if code not in seen:
            missing.setdefault(analyte, []).append(code)
    yield "; ".join(f"{name} {', '.join(codes)}" for name, codes in missing.items()) + "."
    yield ""


def _texts() -> Iterator[str]:
    texts = yaml.safe_load((HERE / "published_texts.yaml").read_text("utf-8"))
    rows = list(published())
    agreeing = sum(row.agrees for row in rows)
    yield from ("## Limits against published texts", "")
    yield f"{agreeing} of {len(rows)} rows agree. The texts:"
    yield ""
    for source, entry in texts.items():
        yield f"- [{source}](knowledge.md#{source}): {entry['text']}."
    yield from ("", "| Source | What | The text | Ours | |", "|---|---|---|---|---|")
    for row in rows:
        verdict = "agrees" if row.agrees else "**differs**"
        note = f"; {row.note}" if row.note else ""
        yield f"| {row.source} | {row.what} | {row.theirs} | {row.ours} | {verdict}{note} |"
    yield ""


def _waiting() -> Iterator[str]:
    compared: Counter[str] = Counter()
    for row in published():
        compared[row.source] += row.numbers
    numbers = held()
    yield from ("## What waits for a biologist with the publication at hand", "")
    yield "Limits we hold of each source, and how many of them no text has confirmed. Criteria of"
    yield "findings and formulas of indices cite theirs in [what Hemoscribe knows](knowledge.md): "
    yield f"{len(finding_definitions())} findings and {len(index_definitions())} indices, of which"
    yield "only the anemia limits above were held against a text."
    yield ""
    yield "| Source | Title | Limits held | Compared | Waiting |"
    yield "|---|---|---:|---:|---:|"
    for key, count in sorted(numbers.items(), key=lambda pair: (-pair[1], pair[0])):
        done = count if key == "nhanes_children" else min(compared[key], count)
        title = references()[key].title
        yield f"| [{key}](knowledge.md#{key}) | {title} | {count} | {done} | {count - done} |"
    yield ""
    yield "The limits of `nhanes_children` are computed from the survey by a test."


def main() -> None:
    """Compare and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder of the test data")
    parser.add_argument("--page", type=Path, default=PAGE)
    arguments = parser.parse_args()
    arguments.page.write_text(page(arguments.folder), encoding="utf-8")
    print(arguments.page)


if __name__ == "__main__":
    main()
