"""``python -m hemoscribe.assess.cases.case_list docs/cases.md``: the table of shipped cases."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from hemoscribe.assess.cases.case import Case
from hemoscribe.assess.cases.loader import shipped_cases
from hemoscribe.errors import InputError
from hemoscribe.files import write_text

START = "<!-- shipped cases: generated -->"


def with_table(page: str) -> str:
    """The page with its table written anew, from its mark to its end.

    Raises:
        InputError: the page has no mark.
    """
    head, mark, _ = page.partition(START)
    if not mark:
        raise InputError(f"The page has no line `{START}`, where the table goes.")
    return head + mark + "\n\n" + "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    cases = shipped_cases()
    waiting = sum(bool(case.not_yet) for case in cases)
    yield f"{len(cases)} cases, {sum(bool(case.traps) for case in cases)} of them traps; {waiting}"
    yield "hold something the product does not do yet."
    yield ""
    yield "| Case | Traps | Must be found | Never | Source |"
    yield "|---|---|---|---|---|"
    for case in cases:
        yield _row(case)
    yield ""
    yield "## What is not met yet"
    yield ""
    for case in cases:
        for requirement, why in case.not_yet.items():
            yield f"- `{case.id}`, {requirement}: {why}"


def _row(case: Case) -> str:
    must = [
        f"{name} ({grade})" if grade else name for name, grade in case.must.findings.items()
    ] + [f"{name} {direction}" for name, direction in _told_by_flags(case)]
    never = list(dict.fromkeys((*case.never.findings, *case.never.told)))
    if case.never.other_findings:
        never.append("any other finding")
    cells = (
        f"**{case.title['en']}**<br>{case.title['fr']}<br>`{case.id}`",
        ", ".join(case.traps),
        "<br>".join(must),
        "<br>".join(never),
        case.citation + (f" [doi](https://doi.org/{case.doi})" if case.doi else ""),
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _told_by_flags(case: Case) -> Iterator[tuple[str, str]]:
    """What is out of range, where a case asks for no finding."""
    if not case.must.findings:
        yield from case.must.flags.items()


if __name__ == "__main__":
    place = Path(sys.argv[1])
    write_text(place, with_table(place.read_text(encoding="utf-8")))
