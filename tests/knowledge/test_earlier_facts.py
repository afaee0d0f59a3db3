"""Earlier results: which of them counts, by one report and by many."""

import math
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemoscribe.errors import KnowledgeError
from hemoscribe.knowledge import analytes, earlier_windows, flag
from hemoscribe.knowledge.courses import first_results
from hemoscribe.knowledge.earlier_facts import earlier_facts, earlier_facts_of
from hemoscribe.knowledge.earlier_windows import bounded, watched
from hemoscribe.knowledge.findings.definitions import compiled_findings
from hemoscribe.knowledge.positions import positions
from hemoscribe.records import FlaggedResult, Result

from .cases import NOW, result_row

WINDOWS = earlier_windows.earlier_windows()
EDGES = sorted({edge / timedelta(hours=1) for w in WINDOWS.values() for edge in (w.first, w.last)})


@st.composite
def courses(draw: st.DrawFn) -> pl.DataFrame:
    """Reports of two patients at times on, before and after the windows' edges; some without."""
    rows: list[dict[str, Any]] = []
    for number in range(draw(st.integers(1, 9))):
        hours = draw(st.sampled_from(EDGES)) + draw(st.sampled_from([-1, 0, 0, 1, 30]))
        time = draw(st.sampled_from([NOW - timedelta(hours=hours), NOW, NOW, None]))
        for name in draw(st.lists(st.sampled_from(watched()), max_size=5)):
            rows.append(
                result_row(
                    name,
                    draw(st.sampled_from(["5", "7", "9", "<6", ">6", "<=7", ">=7"])),
                    report_id=f"r{number}",
                    patient_id=draw(st.sampled_from(["p"] * 3 + ["q"])) if not rows else "p",
                    collected_at=time,
                )
            )
    return flag(pl.DataFrame(rows, schema=Result.create_empty().schema))


@settings(max_examples=150, deadline=None)
@given(rows=courses())
def test_one_report_and_many_know_the_same_of_earlier_ones(rows: pl.DataFrame) -> None:
    where = positions(rows)
    many = earlier_facts(rows, where).to_dicts()
    each = rows.partition_by("report_id", maintain_order=True)
    heads = [one.row(0, named=True) for one in each]
    results = [
        first_results(
            FlaggedResult(*row) for row in one.select(FlaggedResult.__slots__).iter_rows()
        )
        for one in each
    ]
    for head, found in zip(heads, many, strict=True):
        own = [
            (other["collected_at"], held)
            for other, held in zip(heads, results, strict=True)
            if other["collected_at"] is not None and other["patient_id"] == head["patient_id"]
        ]
        alone = earlier_facts_of(head["collected_at"], own)
        expected = {name: fact.value for name, fact in alone.items()}
        assert {name: value for name, value in found.items() if value is not None} == expected


def test_two_reports_of_one_time_are_not_earlier_than_each_other() -> None:
    rows = [
        result_row("sodium", value, report_id=f"r{value}", patient_id="p", collected_at=NOW)
        for value in (120, 140)
    ]
    frame = flag(pl.DataFrame(rows, schema=Result.create_empty().schema))
    assert all(
        value is None
        for row in earlier_facts(frame, positions(frame)).to_dicts()
        for value in row.values()
    )


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("creatinine_48h", {1: 90, 30: 80, 60: 70}, 80),
        ("creatinine_7d", {1: 90, 30: 80, 60: 70, 169: 60}, 70),
        ("creatinine_year", {191: 50, 192: 90, 500: 100, 8760: 130, 8761: 10}, 100),
        ("creatinine_year", {192: 90, 500: 100}, 95),
        ("sodium", {1: 130, 30: 125}, 130),
        ("egfr_90d", {2159: 30, 2160: 50, 3000: 40}, 50),
    ],
)
def test_the_result_that_counts(name: str, values: Mapping[int, int], expected: float) -> None:
    window = WINDOWS[f"before:{name}"]
    unit = analytes()[window.analyte].unit
    earlier = [
        (
            NOW - timedelta(hours=hours),
            {
                window.analyte: FlaggedResult(
                    window.analyte, "", None, value, None, unit, None, None, None, None,
                    False, str(value), unit, None, None,
                )
            },
        )
        for hours, value in values.items()
    ]  # fmt: skip
    found = earlier_facts_of(NOW, earlier)[window.column]
    assert found.value == expected
    assert {list(values.values())[place] for place in found.places} <= set(values.values())


@pytest.mark.parametrize(
    ("comparator", "bound", "expected"),
    [
        (None, "exact", 60.0),
        ("<", "exact", None),
        ("<", "most", math.nextafter(60.0, -math.inf)),
        ("<=", "most", 60.0),
        (">", "most", math.inf),
        (">=", "most", math.inf),
        (">", "least", math.nextafter(60.0, math.inf)),
        (">=", "least", 60.0),
        ("<", "least", -math.inf),
    ],
)
def test_what_a_printed_bound_says(comparator: Any, bound: Any, expected: float | None) -> None:
    assert bounded(60.0, comparator, bound) == expected


def test_every_window_is_asked_by_a_finding_and_every_asked_one_is_there() -> None:
    asked: set[str] = set()
    for finding in compiled_findings():
        asked |= finding.columns | {name for name, _ in finding.earlier}
    assert {name for name in asked if name.startswith("before:")} == set(WINDOWS)


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"analyte": "creatinine", "take": "last"}, "no analyte, days or take"),
        ({"analyte": "creatinine", "days": [1], "take": "last"}, "no analyte, days or take"),
        ({"analyte": "nothing", "days": [0, 1], "take": "last"}, "no window"),
        ({"analyte": "creatinine", "days": [2, 1], "take": "last"}, "no window"),
        ({"analyte": "creatinine", "days": [0, 1], "take": "first"}, "no window"),
        ({"analyte": "creatinine", "days": [0, 1], "take": "last", "bound": "in"}, "no window"),
    ],
)
def test_an_entry_that_is_no_window_is_refused(entry: dict[str, Any], says: str) -> None:
    with pytest.raises(KnowledgeError, match=f"earlier.yaml: odd .*{says}"):
        earlier_windows._window("odd", entry)
