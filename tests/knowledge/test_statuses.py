"""A corrected result takes the place of the one it corrects, in the reading of a report too."""

import pytest

from hemoscribe.knowledge import read_panel
from hemoscribe.knowledge.statuses import replaced_by
from hemoscribe.records import Panel, ReportedResult


@pytest.mark.parametrize(
    ("statuses", "replaced"),
    [
        (["preliminary", "final"], ["final", None]),
        (["final", "corrected"], ["corrected", None]),
        (["corrected", "final"], [None, "corrected"]),
        (["preliminary", "corrected", "corrected"], ["corrected", "corrected", None]),
        (["final", "cancelled"], ["cancelled", None]),
        (["final", "cancelled", "final"], ["cancelled", None, None]),
        (["final", "final"], [None, None]),
        (["preliminary"], [None]),
    ],
)
def test_the_result_that_stands(statuses: list[str], replaced: list[str | None]) -> None:
    assert replaced_by([("K", status) for status in statuses]) == replaced
    assert replaced_by([(at, status) for at, status in enumerate(statuses)]) == [None] * len(
        statuses
    )


@pytest.mark.parametrize("unit", ["mmol/L", None])
def test_a_value_that_was_corrected_gives_no_finding(unit: str | None) -> None:
    results = (
        ReportedResult("Potassium", "6.9", unit, status="P"),
        ReportedResult("Potassium", "4.2", unit, status="C"),
    )
    reading = read_panel(Panel(results, sex="F", age_years=50))
    assert [result.value for result in reading.results] == [4.2]
    assert not reading.findings
    assert [(one["code"], one["reported_value"]) for one in reading.rejects] == [
        ("superseded", "6.9")
    ]
