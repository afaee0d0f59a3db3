"""What becomes of each column when rows are pseudonymised, on rows that hold all of them."""

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from hemoscribe.curate import curate, load_curated, load_rejects
from hemoscribe.curate.pseudonyms.policies import policies
from hemoscribe.records import Reject, Result
from hemoscribe.settings import CurateSettings

FEW = CurateSettings(few_reports_error=1)
TOLD = {
    "specimen": "Serum",
    "sample_id": "T-889123",
    "requested_at": datetime(2023, 5, 4, 7, 0),
    "requester": "Dr Anne LEGENDRE",
    "ward": "Cardiologie 3",
    "instrument": "Cobas 8000",
    "method": "enzymatique",
    "comment_author": "M. Roussel",
    "clinical_note": "Vu par Dr Anne LEGENDRE, dyspnée depuis le 02/05/2023",
    "comment": "Appeler Dr Anne LEGENDRE. Créatinine stable.",
}


def test_every_column_has_one_policy() -> None:
    counted = Counter(name for columns in policies().values() for name in columns)
    assert counted == Counter(Result.column_names())


@pytest.fixture
def curated(cohort: Any, read_folder: Any, tmp_path: Path) -> Path:
    rows = cohort(40).with_columns(pl.lit(value).alias(name) for name, value in TOLD.items())
    rows = rows.with_columns(collected_at=pl.lit(datetime(2023, 5, 4, 8, 30)))
    curate(read_folder(rows.select(Result.column_names())), tmp_path / "out", FEW)
    return tmp_path / "out"


def test_no_person_tube_or_place_is_left(curated: Path) -> None:
    rows = load_curated(curated)
    assert all(rows[name].null_count() == rows.height for name in policies()["removed"])
    for path in curated.iterdir():
        packed = path.suffix == ".parquet"
        text = pl.read_parquet(path).write_json() if packed else path.read_text("utf-8")
        for said in ("LEGENDRE", "Roussel", "T-889123", "Cardiologie"):
            assert said not in text, path.name


def test_what_teaches_stays(curated: Path) -> None:
    rows = load_curated(curated)
    assert rows["instrument"].unique().to_list() == ["Cobas 8000"]
    assert rows["specimen"].unique().to_list() == ["Serum"]
    assert rows["method"].unique().to_list() == ["enzymatique"]
    (author,) = rows["comment_author"].unique()
    assert author.startswith("A")
    assert len(author) == 9
    assert "dyspnée" in rows["clinical_note"][0]
    assert "02/05/2023" not in rows["clinical_note"][0]


def test_both_times_of_a_report_move_together(curated: Path) -> None:
    rows = load_curated(curated)
    between = (rows["collected_at"] - rows["requested_at"]).unique().to_list()
    assert between == [timedelta(minutes=90)]
    assert rows["requested_at"].unique().to_list() != [TOLD["requested_at"]]


def test_coarser_rows_do_not_tell_the_time_by_the_request(
    cohort: Any, read_folder: Any, tmp_path: Path
) -> None:
    rows = cohort(60).with_columns(requested_at="collected_at", sex=pl.lit("F"))
    settings = CurateSettings(few_reports_error=1, generalise_to_k=3)
    curate(read_folder(rows.select(Result.column_names())), tmp_path / "out", settings)
    written = load_curated(tmp_path / "out")
    assert written["requested_at"].null_count() == written.height


def test_a_reject_tells_its_report_or_its_place_and_never_both(
    cohort: Any, read_folder: Any, tmp_path: Path
) -> None:
    rows = cohort(40)
    refused = {"source": "a.csv", "code": "unknown_unit", "message": "No unit.", "results": 1}
    whose = [("000001", "000001-0"), ("nobody", "X"), (None, None)]
    rejects = pl.DataFrame(
        [
            {**refused, "place": f"line {line}", "patient_id": who, "report_id": what}
            for line, (who, what) in enumerate(whose, start=1)
        ],
        schema=Reject.create_empty().schema,
    )
    curate(read_folder(rows, rejects), tmp_path / "out", FEW)
    found = pl.read_parquet(tmp_path / "out" / "rejects.parquet")
    assert found["place"].to_list() == ["in its report", "line 2", "line 3"]
    named = found["report_id"].to_list()
    assert named[0] in load_curated(tmp_path / "out")["report_id"].to_list()
    assert named[1:] == [None, None]
    assert load_rejects(tmp_path / "out")["report_id"].to_list() == named[:1]
