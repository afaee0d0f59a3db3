"""Rows that go to disk come back as they were, in any slices."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from hemoscribe.curate.scratch import drop_part, read_part, split_texts, write_part

TEXT = st.sampled_from([None, "", "a", "b"])


@settings(deadline=None)  # it writes files
@given(st.lists(st.tuples(TEXT, TEXT, st.integers(0, 2)), max_size=20), st.data())
def test_rows_come_back_as_they_were_from_any_slices(tmp_path_factory, lines, data):
    rows = pl.DataFrame(
        lines, schema={"report": pl.String, "comment": pl.String, "bucket": pl.UInt8}, orient="row"
    ).with_row_index("row")
    folder = tmp_path_factory.mktemp("parts")
    cut = data.draw(st.integers(0, len(lines)))
    numbers, texts = split_texts(rows, "bucket")
    write_part(folder / "one.arrow", numbers, texts, 0, cut)
    write_part(folder / "two.arrow", numbers, texts, cut)
    back = pl.concat([read_part(folder / f"{name}.arrow") for name in ("one", "two")])
    assert_frame_equal(back.select(rows.columns), rows)
    for name in ("one", "two"):
        drop_part(folder / f"{name}.arrow")
    assert not list(folder.iterdir())


def test_a_text_that_many_rows_share_is_written_once(tmp_path):
    rows = pl.DataFrame({"value": range(5000), "comment": ["the same long comment" * 20] * 5000})
    numbers, texts = split_texts(rows)
    write_part(tmp_path / "part.arrow", numbers, texts)
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 80_000
    with pytest.raises(FileNotFoundError):
        read_part(tmp_path / "none.arrow")
