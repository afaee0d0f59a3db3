"""Rows in order by their runs: the same order as polars' own, whatever the runs."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from hemoscribe.curate.stream.runs import run_starts, stable_order

VALUES = st.one_of(st.none(), st.integers(0, 3))


@given(st.lists(st.tuples(VALUES, VALUES, st.integers(1, 4)), max_size=12))
def test_the_order_is_that_of_a_stable_sort(runs):
    rows = pl.DataFrame(
        [(one, two) for one, two, length in runs for _ in range(length)],
        schema={"one": pl.UInt32, "two": pl.Int64},
        orient="row",
    ).with_row_index("row")
    found = rows[stable_order(rows, "one", "two")]
    assert found.equals(rows.sort("one", "two", maintain_order=True))


def test_a_run_starts_where_a_name_differs_and_a_null_is_like_a_null():
    rows = pl.DataFrame({"a": [None, None, 1, 1, None], "b": [1, 1, 1, 2, 2]})
    assert run_starts(rows, ("a", "b")).to_list() == [True, False, True, True, True]
    assert run_starts(rows, ("b",)).to_list() == [True, False, False, True, False]
