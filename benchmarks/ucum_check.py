"""The UCUM functional tests against our unit code: docs/ucum.md.

python benchmarks/ucum_check.py ../shared/data/ucum
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

from hemoscribe.errors import KnowledgeError
from hemoscribe.knowledge import ucum
from hemoscribe.knowledge.units import ucum_candidates

PAGE = Path(__file__).parents[1] / "docs/ucum.md"
NO_DISPLAY_NAMES = (
    "long names of units (`(meter) ^ 2`) are not written: a report prints the unit's symbol"
)
# Spellings of the list whose UCUM we do not take over, and why.
OTHER_READING = {
    "/1000 Ery": "per thousand red cells is a fraction, not 1000 per microlitre",
    "o/oo": "per mille is 1 in 1000, not 1 in 10,000",
    "O/oo": "per mille is 1 in 1000, not 1 in 10,000",
    "%d.ges.CK": "a share of the CK is a percentage, not a plain number",
    "8*10hoch8 Ery": "the list's own unit is not UCUM: 8*10 for 8.10*8",
    "mE/ml": "E is read as the unit of the analyte, catalytic or international",
    "uE/ml": "E is read as the unit of the analyte, catalytic or international",
    "µE/ml": "E is read as the unit of the analyte, catalytic or international",
    "mL/s/1.72qm": "the body surface is an annotation",
    "RE/ml": "the list drops the millilitre",
    "Units": "of a pH, where it is printed most, it is a plain number",
}


@dataclass(frozen=True, slots=True)
class Case:
    """One case of the functional tests; ``reason`` says why it does not pass."""

    group: str
    id: str
    text: str
    passed: bool
    reason: str = ""


def cases(path: Path) -> Iterator[Case]:
    """Every case of the functional tests, run."""
    root = ElementTree.parse(path).getroot()
    for group in root:
        for case in group.iter("case"):
            yield _run(group.tag, case.attrib)


def _run(group: str, case: dict[str, str]) -> Case:
    if group == "validation":
        valid = _is_valid(case["unit"])
        right = valid == (case["valid"] == "true")
        reason = "" if right else f"we say {'valid' if valid else 'not valid'}"
        return Case(group, case["id"], case["unit"], right, reason)
    if group == "conversion":
        text = f"{case['value']} {case['srcUnit']} in {case['dstUnit']}"
        try:
            found = ucum.convert(Fraction(case["value"]), case["srcUnit"], case["dstUnit"])
        except KnowledgeError as error:
            return Case(group, case["id"], text, False, str(error))
        right = _as_printed(found, case["outcome"])
        return Case(group, case["id"], text, right, "" if right else f"we say {float(found)}")
    if group in ("multiplication", "division"):
        sign = 1 if group == "multiplication" else -1
        one, other = (ucum.parse(case[key] or "1") for key in ("u1", "u2"))
        unit, wanted = one.times(other, sign), ucum.parse(case["uRes"] or "1")
        found = Fraction(case["v1"]) * Fraction(case["v2"]) ** sign * unit.factor / wanted.factor
        right = unit.dimensions == wanted.dimensions and _as_printed(found, case["vRes"])
        return Case(group, case["id"], f"{case['u1']} and {case['u2']}", right)
    return Case(group, case["id"], case.get("unit", ""), False, NO_DISPLAY_NAMES)


def _is_valid(unit: str) -> bool:
    try:
        ucum.parse(unit)
    except KnowledgeError:
        return False
    return True


def _as_printed(found: Fraction, printed: str) -> bool:
    """Equal to the printed number at its own number of significant digits."""
    wanted = Decimal(printed)
    digits = max(len(wanted.as_tuple().digits), 2)
    return f"{float(found):.{digits - 1}e}" == f"{float(wanted):.{digits - 1}e}"


def spellings(path: Path) -> Iterator[tuple[str, str, str]]:
    """(spelling, the list's UCUM, ours or "refused") of the laboratory spellings that differ."""
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            spelling, wanted = row["NOT_UCUM"], row["UCUM"]
            ours = ucum_candidates(spelling)
            if not ours:
                yield spelling, wanted, "refused"
            elif not _same(ours[0], wanted):
                yield spelling, wanted, ours[0]


def _same(one: str, other: str) -> bool:
    wanted = ucum_candidates(other)
    if not wanted:
        return False
    left, right = ucum.parse(one), ucum.parse(wanted[0])
    return (left.factor, left.dimensions) == (right.factor, right.dimensions)


def page(folder: Path) -> str:
    """The page, as Markdown."""
    ran = list(cases(folder / "ucum_UcumFunctionalTests.xml"))
    lines = [
        "# UCUM",
        "",
        "Written by `benchmarks/ucum_check.py`; a test keeps it true.",
        "",
        "Units are parsed and converted exactly (rational numbers) over the atoms and prefixes of",
        "`src/hemoscribe/knowledge/data/ucum.yaml`, each of which a test holds against the UCUM",
        "essence file; most measures of surveyors, printers, grain merchants and homeopaths are",
        "not among them. On purpose the mole, the equivalent and the osmole are dimensions of",
        "their own here, so is every arbitrary unit: none turns into another without the analyte's",
        "molar mass or charge.",
        "",
        "| Functional tests | Cases | Passed |",
        "|---|---:|---:|",
    ]
    for group in dict.fromkeys(case.group for case in ran):
        own = [case for case in ran if case.group == group]
        lines.append(f"| {group} | {len(own)} | {sum(case.passed for case in own)} |")
    lines += ["", "## Cases that do not pass", ""]
    lines += [
        f"- `{case.id}` ({case.group}) `{case.text}`: {case.reason}."
        for case in ran
        if not case.passed
    ]
    differing = list(spellings(folder / "miracum_unit_synonyms.tsv"))
    lines += [
        "",
        "## Spellings of laboratories",
        "",
        "Of the 168 spellings of the MIRACUM list these are refused or read otherwise. A refused",
        "unit leads to a reject, never to a number.",
        "",
        "| Spelling | The list | Here | Why |",
        "|---|---|---|---|",
    ]
    for spelling, wanted, ours in differing:
        why = OTHER_READING.get(spelling, "NO REASON IS GIVEN")
        here = ours if ours == "refused" else f"`{ours}`"
        lines.append(f"| `{spelling}` | `{wanted}` | {here} | {why} |")
    return "\n".join([*lines, ""])


def main() -> None:
    """Run the tests and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder with the UCUM files")
    parser.add_argument("--page", type=Path, default=PAGE)
    arguments = parser.parse_args()
    arguments.page.write_text(page(arguments.folder), encoding="utf-8")
    print(arguments.page)


if __name__ == "__main__":
    main()
