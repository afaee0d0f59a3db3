from itertools import pairwise

import polars as pl
import pytest

from hemoscribe.curate import partitions as dealing
from hemoscribe.curate.partitions import partitions, read_patients
from hemoscribe.settings import CurateSettings

KEY = bytes(range(32))


@pytest.mark.parametrize("rows_per_partition", [50, 1000])
def test_patients_stay_whole_no_row_is_lost_and_pseudonyms_are_in_order(
    cohort, tmp_path, monkeypatch, rows_per_partition
):
    monkeypatch.setattr(dealing, "_ROWS_PER_CHUNK", 64)
    rows = cohort(40).sample(fraction=1, shuffle=True, seed=1)
    rows.write_parquet(tmp_path / "results.parquet")
    patients = read_patients(tmp_path / "results.parquet", KEY, CurateSettings())
    dealt = list(
        partitions(
            tmp_path / "results.parquet", patients, tmp_path, rows_per_partition=rows_per_partition
        )
    )
    assert (len(dealt) > 3) == (rows_per_partition == 50)
    together = pl.concat(dealt).sort("row")
    assert together["row"].to_list() == list(range(rows.height))
    assert together.drop("row").equals(rows)
    owners = [set(part["patient_id"]) for part in dealt]
    assert sum(map(len, owners)) == 40
    names = dict(patients.select("patient_id", "pseudonym").iter_rows())
    ends = [(min(map(names.get, owner)), max(map(names.get, owner))) for owner in owners]
    assert all(left[1] < right[0] for left, right in pairwise(ends))


def test_a_row_without_a_patient_is_dealt_out_too(cohort, tmp_path):
    rows = cohort(20)
    blank = rows.head(1).with_columns(pl.lit(None, pl.String).alias("patient_id"))
    pl.concat([rows, blank]).write_parquet(tmp_path / "results.parquet")
    patients = read_patients(tmp_path / "results.parquet", KEY, CurateSettings())
    dealt = partitions(tmp_path / "results.parquet", patients, tmp_path, rows_per_partition=40)
    assert sum(part.height for part in dealt) == rows.height + 1
