"""Rows that go to disk come back as they were, in any slices."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from hemoscribe.curate.stream.runs import stable_order
from hemoscribe.curate.stream.scratch import drop_part, read_part, split_runs, write_part

TEXT = st.sampled_from([None, "", "a", "b"])
SEX = pl.Enum(["F", "M"])
SCHEMA = pl.Schema(
    {
        "report_id": pl.String(),
        "comment": pl.String(),
        "bucket": pl.UInt8(),
        "sex": SEX,
        "analyte": SEX,
        "age_years": pl.Float64(),
    }
)
LINES = st.tuples(
    TEXT,
    TEXT,
    st.integers(0, 2),
    st.sampled_from([None, "F", "M"]),
    st.sampled_from(["F", "M"]),
    st.sampled_from([None, 0.5, 40.0]),
)


def frame_of(lines: list[tuple[object, ...]]) -> pl.DataFrame:
    return pl.DataFrame(lines, schema=SCHEMA, orient="row").with_row_index("row")


@settings(deadline=None)  # it writes files
@given(st.lists(LINES, max_size=20))
def test_rows_come_back_as_they_were(tmp_path_factory, lines):
    rows = frame_of(lines)
    part = tmp_path_factory.mktemp("parts") / "one.arrow"
    write_part(part, split_runs(rows))
    assert_frame_equal(read_part(part).joined().select(rows.columns), rows)
    drop_part(part)
    assert not list(part.parent.iterdir())


@settings(deadline=None)
@given(st.lists(LINES, max_size=20), st.randoms(use_true_random=False))
def test_runs_are_cut_by_any_name_and_no_row_is_lost(lines, random):
    rows = frame_of(lines)
    runs = split_runs(rows)
    names = pl.Series([random.randint(0, 3) for _ in range(runs.shared.height)], dtype=pl.UInt32)
    order = stable_order(names.to_frame("name"), "name")
    parts = runs.in_order(order).cut(names.gather(order))
    assert list(parts) == sorted(set(names))
    for name, part in parts.items():
        own = rows.filter(pl.Series(names_of(runs, names), dtype=pl.UInt32) == name)
        assert_frame_equal(part.joined().select(rows.columns), own)


def names_of(runs, names: pl.Series) -> list[int]:
    """The name of each row's run."""
    lengths = runs.shared["_length"].to_list()
    return [name for name, length in zip(names, lengths, strict=True) for _ in range(length)]


def test_places_in_a_list_of_words_come_back_as_words(tmp_path):
    rows = pl.DataFrame({"comment": [1, 1, None, 0], "value": [1.0, 2.0, 3.0, 4.0]})
    runs = split_runs(rows, {"comment": pl.Series(["never", "fasting"])})
    assert runs.shared["_length"].to_list() == [2, 1, 1]
    assert runs.joined()["comment"].to_list() == ["fasting", "fasting", None, "never"]


def test_a_text_that_many_rows_share_is_written_once(tmp_path):
    rows = pl.DataFrame({"value": range(5000), "comment": ["the same long comment" * 20] * 5000})
    write_part(tmp_path / "part.arrow", split_runs(rows))
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 80_000
    with pytest.raises(FileNotFoundError):
        read_part(tmp_path / "none.arrow")
