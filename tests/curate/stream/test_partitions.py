from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from hemoscribe.curate.stream import coded as coding
from hemoscribe.curate.stream import partitions as dealing
from hemoscribe.curate.stream.coded import chunks_of
from hemoscribe.curate.stream.partitions import deal, take
from hemoscribe.curate.stream.survey import CODED, survey_rows
from hemoscribe.records import CARRIED
from hemoscribe.settings import CurateSettings

KEY = bytes(range(32))
KEEP = CurateSettings(laboratories="keep")


def text_columns(rows):
    """``rows`` with codes turned back into the texts they stand for."""
    return rows.with_columns(pl.col(name).cast(pl.String) for name in CODED if name in rows.columns)


def dealt_out(rows, folder, rows_per_partition):
    """(survey, partitions as they are taken, rejects)."""
    results = folder / "results.parquet"
    rows.write_parquet(results, row_group_size=64)
    with ThreadPoolExecutor(2) as threads:
        survey = survey_rows(results, KEY, KEEP, threads)
        dealt = deal(results, survey, folder, threads, KEEP, rows_per_partition=rows_per_partition)
    return survey, [take(files, survey) for files in dealt.partitions], dealt.rejects


@pytest.mark.parametrize("rows_per_partition", [50, 1000])
def test_patients_stay_whole_no_row_is_lost_and_pseudonyms_are_in_order(
    cohort, tmp_path, monkeypatch, rows_per_partition
):
    monkeypatch.setattr(coding, "ROWS_PER_CHUNK", 128)
    rows = cohort(40).sample(fraction=1, shuffle=True, seed=1)
    survey, parts, rejects = dealt_out(rows, tmp_path, rows_per_partition)
    assert rejects.is_empty()
    assert (len(parts) > 3) == (rows_per_partition == 50)
    together = text_columns(pl.concat(parts)).sort("row")
    numbers = together["patient_id"]
    together = together.with_columns(survey.patients["patient_id"].gather(numbers))
    assert together["row"].to_list() == list(range(rows.height))
    kept = [name for name in rows.columns if name not in CARRIED]  # no row states one
    assert together.drop("row").select(kept).equals(rows.select(kept))
    owners = [part["patient_id"].unique() for part in parts]
    assert sum(map(len, owners)) == 40
    assert survey.patients["pseudonym"].is_sorted()
    assert all(left.max() < right.min() for left, right in pairwise(owners))


def test_a_row_without_a_patient_or_against_the_schema_is_a_reject(cohort, tmp_path):
    rows = cohort(20)
    nobody, blank, wrong = (
        rows.head(1).with_columns(pl.lit(value, pl.String).alias(name))
        for name, value in (("patient_id", None), ("patient_id", "  "), ("status", "maybe"))
    )
    every = pl.concat([rows, nobody, blank, wrong])
    _, parts, rejects = dealt_out(every, tmp_path, 40)
    assert sum(part.height for part in parts) == rows.height
    assert sorted(rejects["code"]) == ["invalid", "invalid", "no_patient"]
    assert set(rejects["place"]) == {f"row {rows.height + number}" for number in (1, 2, 3)}


def test_blanks_around_a_patient_number_make_no_second_patient(cohort, tmp_path):
    rows = cohort(3)
    padded = rows.with_columns(pl.format(" {} ", "patient_id").alias("patient_id"))
    survey, _, _ = dealt_out(pl.concat([rows, padded]), tmp_path, 1000)
    assert survey.patients.height == 3


def test_a_chunk_is_the_same_whether_its_rows_or_its_words_are_looked_at(
    cohort, tmp_path, monkeypatch
):
    monkeypatch.setattr(coding, "ROWS_PER_CHUNK", 128)
    rows = cohort(40).with_columns(
        pl.when(pl.int_range(pl.len()) % 7 == 0)
        .then(pl.format(" {} ", "patient_id"))
        .otherwise("patient_id")
        .alias("patient_id"),
        pl.when(pl.int_range(pl.len()) % 5 == 0)
        .then(pl.lit("Hb (Dr Martin)"))
        .otherwise("reported_name")
        .alias("reported_name"),
    )
    results = tmp_path / "results.parquet"
    rows.write_parquet(results, row_group_size=50)
    with ThreadPoolExecutor(2) as threads:
        survey = survey_rows(results, KEY, KEEP, threads)
    numbers = survey.patients.select("patient_id").with_row_index("_number").sort("patient_id")
    chunks = chunks_of(results)
    assert [chunk.rows for chunk in chunks][:2] == [100, 100]
    assert sum(chunk.rows for chunk in chunks) == rows.height
    for chunk in chunks:
        by_words, words = dealing._hold_all(results, chunk, survey, numbers)
        by_words = by_words.with_columns(
            listed.gather(by_words[name]).alias(name) for name, listed in words.items()
        )
        by_rows, rejects = dealing._admit(dealing._read_chunk(results, chunk), survey)
        assert rejects.is_empty()
        by_rows = dealing._coded(by_rows, survey, numbers)
        assert_frame_equal(by_words.select(by_rows.columns), by_rows)
    assert "Hb (Dr [name])" in by_words["reported_name"]


def test_words_that_name_a_person_are_replaced_before_a_reject_can_quote_them(cohort, tmp_path):
    rows = cohort(2).with_columns(
        pl.lit("Hb (Dr Martin)").alias("reported_name"), pl.lit(500.0).alias("age_years")
    )
    _, _, rejects = dealt_out(rows, tmp_path, 1000)
    assert set(rejects["reported_name"]) == {"Hb (Dr [name])"}


def test_a_column_with_too_many_words_for_codes_stays_text(cohort, tmp_path, monkeypatch):
    from hemoscribe.curate.stream import survey

    monkeypatch.setattr(survey, "_MOST_CODES", 3)
    rows = cohort(4)
    _, parts, _ = dealt_out(rows, tmp_path, 1000)
    assert parts[0].schema["analyte"] == pl.String
    assert parts[0].schema["sex"] == pl.Enum(["F", "M"])
    assert sorted(text_columns(parts[0])["analyte"]) == sorted(rows["analyte"])
