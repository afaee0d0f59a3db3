"""On all real data that a reader takes: what came in went out as rows or rejects, and no more."""

import polars as pl
import pytest

from hemoscribe.curate import curate
from hemoscribe.records import CuratedResult, Reject
from hemoscribe.settings import CurateSettings
from hemoscribe.sources import read_folder

FEW = CurateSettings(few_reports_error=1)
FOLDERS = ("au_reports", "cda_fr", "fhir", "hl7v2", "mimic3_demo", "uci_hcv")


def curated_from(source, out, mapping=None):
    """(what ``read`` counted, what ``curate`` counted); the written files say the same."""
    came = read_folder(source, out / "read", mapping=mapping)
    went = curate(out / "read", out / "curated", FEW)
    rows = pl.read_parquet(out / "curated" / "results.parquet")
    rejects = pl.read_parquet(out / "curated" / "rejects.parquet")
    CuratedResult.validate(rows)
    Reject.validate(rejects)
    assert came["results"] + came["rejects"] == went["results_in"]
    assert went["results_in"] == rows.height + rejects["results"].sum()
    assert rows.group_by("patient_id").agg(pl.struct("split", "fold").n_unique().alias("n"))[
        "n"
    ].max() in (1, None)
    return came, went


@pytest.mark.shared
@pytest.mark.parametrize("name", FOLDERS)
def test_results_in_are_rows_and_rejects(shared_data, tmp_path, name):
    mapping = None
    if name == "uci_hcv":
        mapping = tmp_path / "mapping.yaml"
        mapping.write_text("patient: line\n")
    came, _ = curated_from(shared_data / name, tmp_path, mapping)
    assert came["results"] > 0


@pytest.mark.slow
@pytest.mark.shared
def test_results_of_a_national_survey_are_rows_and_rejects(shared_data, tmp_path):
    came, went = curated_from(shared_data / "nhanes" / "nhanes_labs.parquet", tmp_path)
    assert came["results"] > 4_000_000
    assert went["patients"] > 80_000
