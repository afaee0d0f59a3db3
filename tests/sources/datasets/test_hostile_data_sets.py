"""Hostile tables of every data set: rows and rejects that add up, or one sentence."""

import shutil

import polars as pl
import pytest

from hemoscribe.errors import SourceError
from hemoscribe.sources import read

LINES = 40
MAIN = {
    "omop": ("measurement.csv", "value_as_number", "person_id"),
    "synthea": ("observations.csv", "VALUE", "PATIENT"),
    "eicu": ("lab.csv", "labresult", "patientunitstayid"),
    "mimic": ("labevents.csv", "value", "subject_id"),
}
SETS = pytest.mark.parametrize("name", MAIN)


@pytest.fixture(scope="module")
def sound(made, tmp_path_factory):
    """The folder of every set, as it is made."""
    folder = tmp_path_factory.mktemp("sets")
    made.make(folder, made.truth(LINES, 3))
    return folder


@pytest.fixture
def written(sound, tmp_path):
    """The main table of a set as a frame of text, and what writes it back and reads it."""

    def of(name: str):
        shutil.copytree(sound / name, tmp_path / name)
        path = tmp_path / name / MAIN[name][0]
        table = pl.read_csv(path, infer_schema=False)

        def again(frame: pl.DataFrame | str):
            path.write_text(frame if isinstance(frame, str) else frame.write_csv())
            return read(tmp_path / name)

        return table, again

    return of


def added_up(found: tuple[pl.DataFrame, pl.DataFrame]) -> int:
    rows, rejects = found
    return rows.height + int(rejects["results"].sum())


BAD = [
    "NaN",
    "Infinity",
    "-inf",
    "1e400",
    "9" * 5_000,
    "<",
    ">>5",
    "4,1,2",
    "\t",
    "🩸",
    "'",
    "null",
]


@SETS
@pytest.mark.parametrize("bad", BAD)
def test_values_that_are_none_are_rejects(name, bad, written):
    table, again = written(name)
    spoilt = table.with_row_index("n").with_columns(
        pl.when(pl.col("n") % 2 == 0).then(pl.lit(bad)).otherwise(pl.col(MAIN[name][1]))
        .alias(MAIN[name][1])
    ).drop("n")  # fmt: skip
    found = again(spoilt)
    assert added_up(found) == LINES
    assert found[0]["value"].is_finite().all()


@SETS
def test_every_column_in_turn_empty_or_nonsense_still_adds_up(name, written):
    table, again = written(name)
    for column in table.columns:
        for text in ("", 'nonsense, "quoted"', "-1"):
            spoilt = pl.concat([table.head(5), table.tail(LINES - 5).with_columns(
                pl.lit(text).alias(column)
            )])  # fmt: skip
            assert added_up(again(spoilt)) == LINES, (column, text)


@SETS
def test_a_result_of_nobody_is_a_reject(name, written):
    table, again = written(name)
    patient = pl.when(pl.int_range(pl.len()) >= 30).then(pl.col(MAIN[name][2]))
    _, rejects = again(table.with_columns(patient.alias(MAIN[name][2])))
    assert (rejects["code"] == "no_patient").any()


@SETS
def test_without_a_column_that_makes_it_the_set_it_is_not_taken_for_it(name, written):
    table, again = written(name)
    with pytest.raises(SourceError):
        again(table.drop(MAIN[name][1], MAIN[name][2]))


@SETS
def test_of_a_column_that_stands_twice_the_first_counts(name, written):
    table, again = written(name)
    before = again(table)[0]
    lines = table.write_csv().splitlines()
    twice = [f"{lines[0]},{MAIN[name][1]}", *(f"{line},777" for line in lines[1:])]
    assert again("\n".join(twice))[0].equals(before)


@SETS
def test_the_order_of_columns_and_their_case_are_free(name, written):
    table, again = written(name)
    before = again(table)[0]
    turned = table.select(reversed(table.columns)).rename(str.swapcase)
    assert again(turned)[0].equals(before)


@SETS
def test_semicolons_tabs_and_a_mark_at_the_beginning(name, written):
    table, again = written(name)
    before = again(table)[0]
    for separator in (";", "\t", "|"):
        assert again("\ufeff" + table.write_csv(separator=separator))[0].equals(before)


@SETS
@pytest.mark.parametrize("text", ["", "\n", "\n\n\n"])
def test_a_header_alone_is_refused_in_a_sentence(name, text, written):
    table, again = written(name)
    with pytest.raises(SourceError, match="no result"):
        again(",".join(table.columns) + text)


@SETS
def test_a_torn_quote_costs_its_line(name, written):
    table, again = written(name)
    lines = table.write_csv().splitlines()
    found = again("\n".join([*lines[:20], '"torn' + lines[20], *lines[21:]]))
    assert added_up(found) == LINES
    assert "unreadable" in found[1]["code"].to_list()
