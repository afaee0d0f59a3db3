"""The written file: texts for every reader, and no text of a row that is not in it."""

from concurrent.futures import ThreadPoolExecutor

import polars as pl
import pytest

from hemoscribe.curate.stream import curated_parquet
from hemoscribe.curate.stream.curated_parquet import write_coded
from hemoscribe.records import CuratedResult

PATIENTS = pl.Series([f"P{number:024}" for number in range(50)])
ANALYTES = pl.Enum(["hemoglobin", "name of somebody refused", "sodium"])


def coded(cohort, patients):
    """Rows of some patients with three reports each, as the cleaning steps leave them."""
    rows = cohort(1).drop("patient_id", "report_id").head(6)
    frames = [
        rows.with_columns(
            patient_id=pl.lit(number, pl.UInt32),
            report_id=pl.Series([3 * place + row // 2 for row in range(6)], dtype=pl.UInt32),
            analyte=pl.lit("sodium" if number % 2 else "hemoglobin", ANALYTES),
            comparator=pl.lit(None, pl.Enum(["<", ">"])),
            laboratory=pl.lit(None, pl.Enum([])),
            split=pl.lit("test", pl.String),
            fold=pl.lit(None, pl.Int8),
        )
        for place, number in enumerate(patients)
    ]
    names = [f"R{patient:02}{report}" for patient in patients for report in range(3)]
    return pl.concat(frames), pl.Series(names)


@pytest.fixture
def threads():
    with ThreadPoolExecutor(2) as pool:
        yield pool


@pytest.mark.parametrize("rows_per_group", [4, 7, 1000])
def test_what_is_written_are_texts_and_the_same_bytes_however_dealt_out(
    cohort, tmp_path, monkeypatch, threads, rows_per_group
):
    monkeypatch.setattr(curated_parquet, "ROWS_PER_GROUP", rows_per_group)
    one, two = tmp_path / "one.parquet", tmp_path / "two.parquet"
    write_coded([coded(cohort, range(5, 9))], PATIENTS, one, threads)
    write_coded(
        [coded(cohort, [5]), coded(cohort, [6, 7]), coded(cohort, [8])], PATIENTS, two, threads
    )
    assert one.read_bytes() == two.read_bytes()
    written = pl.read_parquet(one)
    assert written.schema == CuratedResult.create_empty().schema
    assert written["patient_id"].to_list() == [PATIENTS[n] for n in range(5, 9) for _ in range(6)]
    assert written["report_id"].unique(maintain_order=True).to_list() == [
        f"R{patient:02}{report}" for patient in range(5, 9) for report in range(3)
    ]
    assert written["analyte"].to_list() == (["sodium"] * 6 + ["hemoglobin"] * 6) * 2
    for name in ("comparator", "laboratory"):
        assert written[name].null_count() == written.height


def test_a_text_of_refused_rows_alone_is_nowhere_in_the_file(
    cohort, tmp_path, monkeypatch, threads
):
    monkeypatch.setattr(curated_parquet, "_COMPRESSION", {"compression": "none"})
    write_coded([coded(cohort, [5, 6])], PATIENTS, tmp_path / "rows.parquet", threads)
    content = (tmp_path / "rows.parquet").read_bytes()
    assert b"hemoglobin" in content
    assert PATIENTS[5].encode() in content
    assert b"refused" not in content
    assert PATIENTS[7].encode() not in content


def test_no_rows_are_a_file_without_rows(tmp_path, threads):
    write_coded([], PATIENTS, tmp_path / "rows.parquet", threads)
    assert CuratedResult.is_valid(pl.read_parquet(tmp_path / "rows.parquet"))
