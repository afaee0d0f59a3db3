"""Diagnosis category against liver findings on the UCI hepatitis C data: docs/sets/uci-hcv.md.

    hemoscribe read hcvdat0.csv --mapping docs/sets/uci-hcv.yaml --out uci/read
    python benchmarks/uci_hcv.py hcvdat0.csv uci/read [--json uci_hcv.json]

Writes benchmarks/results/uci_hcv.md. Rows are taken as `read` wrote them, before pseudonymisation,
because the category is known by the line of the file alone.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from hemoscribe.assess.bootstrap import NOT_MEASURED, Estimate, wilson
from hemoscribe.assess.results.judged import diagnosis_lines
from hemoscribe.files import write_json, write_text
from hemoscribe.knowledge import finding_definitions, read_rows
from hemoscribe.records import Reading
from hemoscribe.stages import versions

PAGE = Path(__file__).parent / "results/uci_hcv.md"
PLAN = Path(__file__).with_name("uci_hcv.yaml")
FIRST_LINE = 2  # of the file, after its header


@dataclass(frozen=True, slots=True)
class Sign:
    """Something of a report that may tell of the liver, and in whom it was seen, by patient."""

    label: str
    seen: frozenset[str]


def share(count: int, n: int) -> Estimate:
    """``count`` of ``n`` patients, with Wilson's interval."""
    if not n:
        return NOT_MEASURED
    low, high = wilson(count, n)
    return Estimate(value=count / n, low=low, high=high, n=n)


def categories_of(csv: Path, plan: Mapping[str, Any]) -> dict[str, str]:
    """Patient (``line N``) -> category, in the plan's words."""
    column = pl.read_csv(csv, infer_schema=False)["Category"]
    return {
        f"line {number}": plan["categories"][category]
        for number, category in enumerate(column, FIRST_LINE)
    }


def signs(readings: Sequence[Reading], plan: Mapping[str, Any]) -> list[Sign]:
    """Each finding and flag of the plan, and any of them, with the patients it was seen in."""
    found = {
        reading.panel.patient_id: {finding.id for finding in reading.findings}
        for reading in readings
    }
    flags = {
        reading.panel.patient_id: {(result.analyte, result.direction) for result in reading.results}
        for reading in readings
    }

    def with_any(names: Sequence[str]) -> frozenset[str]:
        return frozenset(patient for patient, own in found.items() if own & set(names))

    def flagged(wanted: set[tuple[str, str]]) -> frozenset[str]:
        return frozenset(patient for patient, own in flags.items() if own & wanted)

    liver, function = plan["findings"], plan["function"]
    return [
        Sign("any finding of the liver", with_any(liver)),
        Sign("any finding of the liver, or low albumin", with_any([*liver, *function])),
        *(
            Sign(f"finding: {finding_definitions()[name].names['en']}", with_any([name]))
            for name in (*liver, *function)
        ),
        Sign("any flag below", flagged(set(plan["flags"].items()))),
        *(
            Sign(f"flag: {analyte} {direction}", flagged({(analyte, direction)}))
            for analyte, direction in plan["flags"].items()
        ),
    ]


def measure(csv: Path, read: Path) -> dict[str, Any]:
    """Shares of every sign by category, and each sign as a test of each diagnosis."""
    plan = yaml.safe_load(PLAN.read_text(encoding="utf-8"))
    rows = pl.read_parquet(read / "results.parquet")
    category = categories_of(csv, plan)
    readings = list(read_rows(rows))
    every = signs(readings, plan)
    sizes = Counter(category.values())

    def share_in(sign: Sign, names: Sequence[str], *, absent: bool = False) -> Estimate:
        n = sum(sizes[name] for name in names)
        count = sum(category[patient] in names for patient in sign.seen)
        return share(n - count if absent else count, n)

    return {
        "format": 1,
        "assessed_at": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "versions": versions(),
        "patients": len(category),
        "results": rows.height,
        "rejects": pl.read_parquet(read / "rejects.parquet").height,
        "categories": {name: sizes[name] for name in plan["categories"].values()},
        "findings": [
            {
                "label": sign.label,
                "shares": {name: share_in(sign, [name]) for name in sizes},
            }
            for sign in every
        ],
        "tests": [
            {
                "of": name,
                "by": sign.label,
                "sensitivity": share_in(sign, having),
                "specificity": share_in(sign, plan["without"], absent=True),
            }
            for name, having in plan["tests"].items()
            for sign in every
        ],
        "notes": plan["notes"],
    }


def page(document: Mapping[str, Any]) -> str:
    """The document as Markdown."""
    head = (
        "# Blood donors and hepatitis C (UCI): diagnosis against liver findings",
        "",
        "Made by `python benchmarks/uci_hcv.py hcvdat0.csv READ`; what it means: "
        "[uci-hcv.md](../../docs/sets/uci-hcv.md).",
    )
    return "\n".join([*head, *diagnosis_lines(document)]) + "\n"


def main() -> None:
    """Measure, and write the page and the document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("csv", type=Path, help="hcvdat0.csv, for its categories")
    parser.add_argument("read", type=Path, help="what `hemoscribe read` wrote of it")
    parser.add_argument("--json", type=Path, help="where the same goes as JSON")
    arguments = parser.parse_args()
    document = measure(arguments.csv, arguments.read)
    write_text(PAGE, page(document))
    if arguments.json is not None:
        write_json(arguments.json, document)


if __name__ == "__main__":
    main()
