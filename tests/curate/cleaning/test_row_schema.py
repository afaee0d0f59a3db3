import polars as pl
import pytest

from hemoscribe.curate.cleaning.row_schema import require_columns, validate
from hemoscribe.errors import StageError
from hemoscribe.records import Result


def test_rows_that_break_the_schema_are_refused_with_the_rule(rows):
    frame = rows({}, {"sex": "X"}, {"age_years": 300.0}, {"status": "maybe"})
    kept, rejects = validate(frame)
    assert kept["row"].to_list() == [0]
    assert rejects["place"].to_list() == ["row 2", "row 3", "row 4"]
    assert ["sex" in rejects["message"][0], "age_years" in rejects["message"][1]] == [True, True]
    assert set(rejects["code"]) == {"invalid"}


def test_a_row_with_no_name_can_still_be_a_reject(rows):
    frame = rows({"reported_name": None})
    kept, rejects = validate(frame)
    assert kept.is_empty()
    assert rejects["reported_name"].to_list() == [None]


def test_a_missing_or_foreign_column_is_named():
    schema = Result.create_empty().schema
    with pytest.raises(StageError, match="no column `value`"):
        require_columns(pl.Schema({k: v for k, v in schema.items() if k != "value"}), "folder")
    with pytest.raises(StageError, match="`value` of results"):
        require_columns(pl.Schema({**schema, "value": pl.String()}), "folder")
