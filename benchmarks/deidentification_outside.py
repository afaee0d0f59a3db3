"""De-identification of text that others wrote: passages in which a hospital marked identifiers.

    python benchmarks/deidentification_outside.py PASSAGES               # both parts
    python benchmarks/deidentification_outside.py PASSAGES --missed      # what part A still holds
    python benchmarks/deidentification_outside.py PASSAGES --record now  # into results/ and docs

PASSAGES is a text file: passages stand apart by a blank line, and ``[text](KIND)`` marks an
identifier (aphp/eds-pseudo, BSD-3-Clause). The rules are worked on with part A; part B is never
printed here: only its counts are. Which part a passage is in follows from its own text, so it is in
the same one whatever else the file holds.

An identifier is gone when no word of it of two letters or more is left, in whole or in part, and no
digit; of one that has neither, no letter may be left. An innocent word is a run of two letters or
more outside the marks, and it is lost when a character of it was taken out, also because its whole
passage was withheld. Web addresses, serial numbers and people that the hospital left unmarked count
as innocent, though the rules mean to take them out; words of web addresses are also counted apart.
"""

import argparse
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from hemoscribe.curate.scrub import laboratory_values, scrub

RESULTS = Path(__file__).with_name("results") / "deidentification_outside.json"
PAGE = Path(__file__).parents[1] / "docs" / "deidentification.md"
MARKS = ("<!-- figures outside -->", "<!-- end of figures outside -->")
STRICT = ("NOM", "PRENOM", "TEL", "MAIL", "SECU")
"""Persons, telephone, e-mail and national numbers."""

_MARKED = re.compile(r"\[([^\]]+)\]\(([A-Z_]+)\)")
_WORD = re.compile(r"[^\W_]+")
_LETTERS = re.compile(r"[^\W\d_]{2,}")
_WEB = re.compile(r"(?:https?://|www\.)\S+")
_TELLING = re.compile(r"[^\W\d_]{2,}|\d+")


@dataclass(frozen=True)
class Passage:
    """A text without its marks, and where the marked identifiers stand in it."""

    text: str
    marked: tuple[tuple[int, int, str], ...]
    part: str


@dataclass
class Counts:
    """What was found of one part."""

    passages: int = 0
    marked: Counter[str] = field(default_factory=Counter)
    gone: Counter[str] = field(default_factory=Counter)
    words: int = 0
    lost: int = 0
    lost_of_web_addresses: int = 0
    values: int = 0
    values_changed: int = 0
    withheld: int = 0
    left: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)

    def record(self) -> dict[str, object]:
        """The counts, without any text."""
        numbers = (
            *("passages", "words", "lost", "lost_of_web_addresses"),
            *("values", "values_changed", "withheld"),
        )
        kinds = {kind: [self.gone[kind], self.marked[kind]] for kind in sorted(self.marked)}
        return {**{name: getattr(self, name) for name in numbers}, "kinds": kinds}


def passages_of(path: Path) -> Iterator[Passage]:
    """Every passage of a file, with its part."""
    for block in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")):
        if not block.strip():
            continue
        yield passage_of(block)


def passage_of(block: str) -> Passage:
    """A passage without its marks, and its part."""
    part = "AB"[hashlib.sha256(block.strip().encode()).digest()[0] & 1]
    text, marked, end = "", [], 0
    for match in _MARKED.finditer(block):
        text += block[end : match.start()]
        marked.append((len(text), len(text) + len(match[1]), match[2]))
        text += match[1]
        end = match.end()
    return Passage(text + block[end:], tuple(marked), part)


def measure(passages: list[Passage]) -> Counts:
    """Scrub each passage and count what is gone of it."""
    counts = Counts(passages=len(passages))
    for passage in passages:
        text = passage.text
        done = scrub(text)
        taken = bytearray(len(text))
        for span in done.redactions:
            taken[span.start : span.end] = b"\1" * (span.end - span.start)
        if done.withheld:
            taken = bytearray(b"\1" * len(text))
            counts.withheld += 1
        marked = bytearray(len(text))
        for start, end, kind in passage.marked:
            marked[start:end] = b"\1" * (end - start)
            counts.marked[kind] += 1
            if _is_gone(text[start:end], taken[start:end]):
                counts.gone[kind] += 1
            else:
                counts.left.append(f"{kind}: {text[start:end]!r} in {_around(text, start, end)!r}")
        web = [match.span() for match in _WEB.finditer(text)]
        for word in _LETTERS.finditer(text):
            start, end = word.span()
            if not any(marked[start:end]):
                counts.words += 1
                if any(taken[start:end]):
                    counts.lost += 1
                    counts.lost_of_web_addresses += any(a <= start < b for a, b in web)
                    counts.taken.append(f"{word[0]!r} in {_around(text, start, end)!r}")
        values = laboratory_values(text)
        counts.values += len(values)
        counts.values_changed += 0 if done.withheld else values != laboratory_values(done.text)
    return counts


def _is_gone(text: str, taken: bytearray) -> bool:
    telling = list(_TELLING.finditer(text)) or list(_WORD.finditer(text))
    return all(all(taken[match.start() : match.end()]) for match in telling)


def _around(text: str, start: int, end: int) -> str:
    return f"{text[max(0, start - 40) : start]}<{text[start:end]}>{text[end : end + 30]}"


def recalled(record: dict[str, object], kinds: tuple[str, ...] | None = None) -> tuple[int, int]:
    """Identifiers gone and marked, of some kinds or of all."""
    found = [pair for kind, pair in record["kinds"].items() if kinds is None or kind in kinds]
    return sum(gone for gone, _ in found), sum(marked for _, marked in found)


def write_page(runs: dict[str, dict[str, dict[str, object]]]) -> None:
    """Put the table of the recorded runs between the marks of the page."""
    columns = [(when, part) for when in runs for part in "AB"]
    kinds = sorted(runs["first"]["A"]["kinds"])
    lines = [
        "| | Marked | " + " | ".join(f"{part}, {when}" for when, part in columns) + " |",
        "|---|---:|" + "---:|" * len(columns),
    ]

    def add(title: str, cells: list[str], marked: str = "") -> None:
        lines.append(f"| {title} | {marked} | " + " | ".join(cells) + " |")

    def recall(title: str, some: tuple[str, ...] | None) -> None:
        pairs = [recalled(runs[when][part], some) for when, part in columns]
        add(title, [f"{gone / marked:.3f}" for gone, marked in pairs],
            f"{pairs[0][1]} + {pairs[1][1]}")  # fmt: skip

    recall("**all identifiers**", None)
    recall("**persons, telephone, e-mail, national numbers**", STRICT)
    for kind in kinds:
        recall(kind, (kind,))
    recorded = [runs[when][part] for when, part in columns]
    add("innocent words lost", [f"{one['lost'] / one['words']:.4f}" for one in recorded])
    add("of these in web addresses", [str(one["lost_of_web_addresses"]) for one in recorded])
    changed = [str(one["values_changed"]) for one in recorded]
    add("passages with a laboratory value changed", changed)
    add("passages withheld", [str(one["withheld"]) for one in recorded])
    page = PAGE.read_text(encoding="utf-8")
    before, after = page.split(MARKS[0])[0], page.split(MARKS[1])[1]
    table = "\n".join(lines)
    PAGE.write_text(f"{before}{MARKS[0]}\n{table}\n{MARKS[1]}{after}", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("passages", type=Path)
    parser.add_argument("--missed", action="store_true", help="print what part A still holds")
    parser.add_argument("--record", help="keep the counts under this name, and rewrite the page")
    arguments = parser.parse_args()
    passages = list(passages_of(arguments.passages))
    counted = {part: measure([one for one in passages if one.part == part]) for part in "AB"}
    if arguments.missed:
        print("\n".join([*counted["A"].left, "", *counted["A"].taken, ""]))
    records = {part: counts.record() for part, counts in counted.items()}
    for part, record in records.items():
        gone, marked = recalled(record)
        strict = recalled(record, STRICT)
        print(f"{part}: {gone} of {marked} {gone / marked:.4f}; strict {strict[0]} of {strict[1]} "
              f"{strict[0] / strict[1]:.4f}; words lost {record['lost']} of {record['words']} "
              f"{record['lost'] / record['words']:.4f}; {json.dumps(record)}")  # fmt: skip
    if arguments.record:
        runs = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
        runs[arguments.record] = records
        RESULTS.write_text(json.dumps(runs, indent=1) + "\n", encoding="utf-8")
        write_page(runs)


if __name__ == "__main__":
    main()
