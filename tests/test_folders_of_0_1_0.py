"""Folders that version 0.1.0 made (golden/folders-0.1.0.tar.gz) are read by this one.

Made by that version's own commands: 24 simulated reports read and curated, and a registry of two
models, tuned for two steps on a random base, of which the second was promoted and rolled back.
"""

import tarfile
from pathlib import Path

import polars as pl
import pytest

from hemoscribe.corpus import build
from hemoscribe.curate import curate, load_curated, load_rejects
from hemoscribe.engines import load
from hemoscribe.errors import StageError
from hemoscribe.files import read_json
from hemoscribe.knowledge import read_rows
from hemoscribe.models import registry
from hemoscribe.records import ROW_SCHEMA, CuratedResult, Panel, Reject, Result
from hemoscribe.row_files import read_rejects, scan_rows
from hemoscribe.settings import CorpusSettings, CurateSettings

MADE = Path(__file__).with_name("golden") / "folders-0.1.0.tar.gz"


@pytest.fixture
def old(state_home: Path) -> Path:
    """The folder with ``read`` and ``curated``; the registry and key stand in the state folder."""
    root = state_home.parent / "old"
    with tarfile.open(MADE) as packed:
        packed.extractall(root, filter="data")
    (root / "home").rename(state_home)
    return root


def test_rows_and_rejects_lack_nothing_and_keep_every_value(old: Path) -> None:
    for folder, schema in (("read", Result), ("curated", CuratedResult)):
        path = old / folder / "results.parquet"
        held = pl.read_parquet(path)
        rows = scan_rows(path).collect()
        assert schema.is_valid(rows)
        assert rows.select(held.columns).equals(held)
        assert set(rows.columns) - set(held.columns) == {
            *("specimen", "sample_id", "requested_at", "requester", "ward"),
            *("instrument", "method", "comment_author", "clinical_note"),
        }
        rejects = read_rejects(old / folder / "rejects.parquet")
        assert Reject.is_valid(rejects)
        assert rejects.height > 0
        assert rejects["report_id"].null_count() == rejects.height


def test_a_read_folder_is_curated_to_the_same_rows(old: Path, tmp_path: Path) -> None:
    curate(old / "read", tmp_path / "curated", CurateSettings(few_reports_error=1))
    then = load_curated(old / "curated")
    whole_name = pl.col("reported_name").replace({"T.C.M.[name]": "T.C.M.H."})  # 0.1.0 took the H
    then = then.with_columns(whole_name)
    assert load_curated(tmp_path / "curated").select(then.columns).equals(then)


def test_a_curated_folder_is_learnt_from(old: Path, tmp_path: Path) -> None:
    summary = build(old / "curated", tmp_path / "corpus", CorpusSettings())
    assert summary["examples"] > 0
    rows = load_curated(old / "curated", "test")
    assert list(read_rows(rows.drop("split", "fold"), load_rejects(old / "curated")))


def test_a_registry_keeps_its_champion_its_history_and_what_may_write(old: Path) -> None:
    assert registry.champion() == "first"
    assert registry.rolled_back("second")
    assert [entry["name"] for entry in registry.entries()] == ["first", "second"]
    model = load(str(registry.resolve("first")), engine="transformers")
    assert not model.may_write
    panel = Panel.of([("Potassium", 7.1, "mmol/L", 3.5, 5.1)], sex="F", age=80)
    assert model.interpret(panel).reading.results[0].critical


def test_a_file_of_a_later_version_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "results.parquet"
    later = {"hemoscribe.row_schema": str(ROW_SCHEMA + 1)}
    Result.create_empty().write_parquet(path, metadata=later)
    with pytest.raises(StageError, match="a later version of Hemoscribe wrote it"):
        scan_rows(path)
    Reject.create_empty().write_parquet(tmp_path / "rejects.parquet", metadata=later)
    with pytest.raises(StageError, match="update Hemoscribe"):
        read_rejects(tmp_path / "rejects.parquet")


def test_what_is_written_today_says_its_version(old: Path, tmp_path: Path) -> None:
    curate(old / "read", tmp_path / "curated", CurateSettings(few_reports_error=1))
    for name in ("results.parquet", "rejects.parquet"):
        found = pl.read_parquet_metadata(tmp_path / "curated" / name)
        assert found["hemoscribe.row_schema"] == str(ROW_SCHEMA)
    assert read_json(tmp_path / "curated" / "manifest.json")["stage"] == "curate"
