"""The composed texts on cases that others wrote, one by one, in both languages.

    python benchmarks/outside_cases.py ../shared/data/outside/cases --page benchmarks/results/outside_cases.md

A case is met where the facts, the words of both languages and the guard have no fault. A case that asks for what was
decided otherwise stands with its reason below.
"""  # noqa: E501

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from hemoscribe.assess.cases import read_cases
from hemoscribe.assess.cases.case import Case
from hemoscribe.assess.cases.judge import Verdict, judge_facts, judge_words
from hemoscribe.engines.interpreter import composed
from hemoscribe.knowledge import read_panel
from hemoscribe.prose.prompt import completion
from hemoscribe.records import LANGUAGES

DECIDED = {
    "cml_like": "Written against the limits of 0.1.0. Any blasts, and leukocytes and neutrophils "
    "as high as these, have a published critical limit since: the three alarms are due.",
    "units_trap_missing": "The printed ranges are impossible in the printed units. Since 0.3.0 "
    "unit, value and range that agree and are impossible are refused with that sentence.",
}


def verdicts(case: Case) -> Iterator[Verdict]:
    """Every requirement of a case, in the facts and in the words of both languages."""
    reading = read_panel(case.panels[-1], earlier=case.panels[:-1])
    yield from judge_facts(case, reading)
    for language in LANGUAGES:
        text = completion(*composed(reading, language), language)
        yield from judge_words(case, reading, text, language)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", type=Path)
    parser.add_argument("--page", type=Path)
    given = parser.parse_args()
    lines = ["| Case | | |", "|---|---|---|"]
    met = 0
    cases = read_cases(given.cases)
    for case in cases:
        wrong = [one for one in verdicts(case) if one.state == "not met"]
        met += not wrong
        why = DECIDED.get(case.id) or "; ".join(f"{one.where}: {one.sentence}" for one in wrong)
        lines.append(
            f"| {case.id} | {'met' if not wrong else 'not met'} | {why if wrong else ''} |"
        )
    head = f"{met} of {len(cases)} cases that others wrote are met in both languages (19 in 0.4.0)."
    print(head, *lines, sep="\n")
    if given.page is not None:
        command = (
            "    python benchmarks/outside_cases.py ../shared/data/outside/cases "
            "--page benchmarks/results/outside_cases.md"
        )
        page = ["# Cases that others wrote", "", command, "", head, *lines]
        given.page.write_text("\n".join(page) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
