"""What is printed in any of the layouts is read back exactly: each result a row, each flag kept."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemoscribe.sources.printed.parts import Line, PrintedReport, Taken
from hemoscribe.sources.printed.report import read_report

from . import prints
from .prints import Printed, several


def read_text(text: str) -> PrintedReport:
    lines = text.split("\n")
    return read_report([Line(line, f"line {n}") for n, line in enumerate(lines, start=1)], {})


def shown(taken: Taken) -> tuple[str, str | None, str | None, str | None, str | None]:
    result = taken.result
    limits = "|".join(text for text in (result.low, result.high) if text is not None)
    plain = (text and text.replace(",", ".") for text in (result.value, limits))
    value, span = plain
    return result.name, value, result.unit, span, result.flag


LAYOUTS = {
    "free": prints.free,
    "table, left": lambda results: prints.table(results),
    "table, right": lambda results: prints.table(results, right=True),
    "shifted": prints.shifted,
    "in and out of range": prints.in_and_out,
    "german": prints.german,
    "codes and previous results": prints.with_codes,
}
UNFLAGGED = {
    "technologies": prints.technologies,
    "side by side": prints.side_by_side,
    "guided": prints.guided,
}


@pytest.mark.parametrize("layout", LAYOUTS)
@settings(max_examples=40)
@given(results=several(None, "H", "L"))
def test_any_results_are_read_back(layout: str, results: list[Printed]) -> None:
    report = read_text(LAYOUTS[layout](results))
    today = [taken for taken in report.results if taken.collected is None]
    assert [shown(taken) for taken in today] == [result.expected for result in results]


@pytest.mark.parametrize("layout", UNFLAGGED)
@settings(max_examples=40)
@given(results=several(None))
def test_any_results_without_flags_are_read_back(layout: str, results: list[Printed]) -> None:
    report = read_text(UNFLAGGED[layout](results))
    assert [shown(taken) for taken in report.results] == [result.expected for result in results]


@settings(max_examples=40)
@given(results=several(None, "*"))
def test_dotted_french_lines_are_read_back_with_their_stars(results: list[Printed]) -> None:
    report = read_text(prints.dotted(results))
    assert [shown(taken) for taken in report.results] == [result.expected for result in results]
    assert not report.refused


@settings(max_examples=40)
@given(results=several(None))
def test_earlier_values_are_never_todays(results: list[Printed]) -> None:
    undated = read_text(prints.guided(results))
    assert [one.value for one in undated.refused] == [result.earlier for result in results]
    dated = read_text(prints.with_codes(results))
    before = [taken for taken in dated.results if taken.collected == "14/07/2023"]
    assert [taken.result.value for taken in before] == [result.earlier for result in results]
    assert len(dated.results) == 2 * len(results)


LINES = st.text(alphabet="ab TSHKx0123456789.,<>()*-/%:µL\u00e0\n", max_size=400)


@settings(max_examples=40)
@given(noise=LINES, results=several(None, "H"))
def test_noise_between_results_changes_none_of_them(noise: str, results: list[Printed]) -> None:
    body = prints.free(results).split("\n")
    text = "\n".join([*body[:5], *(f"~ {line}" for line in noise.split("\n")), "", *body[5:]])
    found = [shown(taken) for taken in read_text(text).results]
    assert [one for one in found if one in [r.expected for r in results]] == [
        result.expected for result in results
    ]


@pytest.mark.parametrize("layout", [*LAYOUTS, *UNFLAGGED])
def test_layouts_are_recognised_as_printed_reports(layout: str, export) -> None:
    from hemoscribe.sources.exports import exports
    from hemoscribe.sources.formats import format_of
    from hemoscribe.sources.mapping import Mapping

    some = [
        Printed("Sodium", "141", "mmol/L", "135", "146", None, "139"),
        Printed("Potassium", "5.9", "mmol/L", "3.5", "5.3", None, "4.1"),
        Printed("CRP", "<0.6", "mg/L", None, "5.0", None, "3.0"),
    ]
    [found] = exports([export({**LAYOUTS, **UNFLAGGED}[layout](some))])
    assert format_of(found, Mapping()).name == "text"
