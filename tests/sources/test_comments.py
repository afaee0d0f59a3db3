"""A comment outlives the result it is printed beside: it moves in its report, or is a reject."""

import polars as pl

from hemoscribe.knowledge import MissingUnits
from hemoscribe.records import REPORTED
from hemoscribe.sources import read
from hemoscribe.sources.comments import Comments

HEADER = "patient,report,test,value,unit,comment\n"
LOST = "The comment of a report none of whose results can be read."


def comments(rows: pl.DataFrame) -> list[tuple[str, str | None]]:
    return rows.select("analyte", "comment").rows()


def test_a_reports_comment_moves_from_its_refused_first_line_to_its_first_row(export):
    text = HEADER + "1,A,K,hemolyzed,mmol/L,Fasting.\n1,A,Na,140,mmol/L,\n1,A,Hb,12,g/dL,\n"
    text += "2,B,Na,141,mmol/L,\n"
    rows, rejects = read(export(text))
    assert comments(rows) == [
        ("sodium", "Fasting."), ("hemoglobin", None), ("sodium", None),
    ]  # fmt: skip
    assert rejects.select("place", "code").rows() == [("line 2", "unusable_sample")]


def test_the_comment_of_one_refused_result_takes_its_name_along(export):
    text = HEADER + "1,A,Na,140,mmol/L,Low intake.\n1,A,K,x,mmol/L,Not measured.\n"
    assert comments(read(export(text))[0]) == [("sodium", "K: Not measured. Low intake.")]


def test_a_comment_on_every_line_is_not_said_twice(export):
    text = HEADER + "1,A,K,x,mmol/L,Fasting.\n1,A,Na,140,mmol/L,Fasting.\n"
    assert comments(read(export(text))[0]) == [("sodium", "Fasting.")]


def test_of_a_report_without_any_row_a_reject_of_no_result_carries_the_comment(export):
    text = HEADER + "1,A,K,x,mmol/L,Clotted.\n1,A,Na,y,mmol/L,Clotted.\n2,B,Na,140,mmol/L,\n"
    rows, rejects = read(export(text))
    assert comments(rows) == [("sodium", None)]
    assert rejects["results"].sum() == 2
    carried = rejects.filter(pl.col("results") == 0)
    assert carried.select("place", "message", "reported_value").rows() == [
        ("comment, line 2", LOST, "Clotted.")
    ]


def reported(*rows: tuple[str, str, str | None]) -> pl.DataFrame:
    frame = [
        {"patient_id": "1", "report_id": report, "reported_name": "K", "reported_unit": "mmol/L",
         "reported_value": value, "comment": comment}
        for report, value, comment in rows
    ]  # fmt: skip
    return pl.DataFrame(frame, schema=dict(REPORTED))


def test_a_report_that_goes_on_in_the_next_part_takes_its_comment_there():
    parts = Comments(MissingUnits())
    first, _ = parts.recognise(reported(("A", "4", None), ("B", "x", "Late.")), trimmed=True)
    second, rejects = parts.recognise(reported(("B", "4.1", None)), trimmed=True)
    parts.end()
    assert (first["comment"].to_list(), second["comment"].to_list()) == ([None], ["Late."])
    assert parts.left().is_empty()
    assert rejects.is_empty()


def test_what_still_waits_at_the_end_is_a_reject():
    parts = Comments(MissingUnits())
    parts.recognise(reported(("A", "4", None), ("B", "x", "Late.")), trimmed=True)
    parts.recognise(reported(("C", "4", None)), trimmed=True)
    parts.end()
    assert parts.left()["reported_value"].to_list() == ["Late."]
