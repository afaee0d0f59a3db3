"""``curate`` as a whole: on a read folder, to a curated folder."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hemoscribe.curate import curate, load_curated
from hemoscribe.curate.pseudonyms.keys import key_path
from hemoscribe.errors import InputError, SettingsError, StageError
from hemoscribe.files import sha256
from hemoscribe.records import CuratedResult, Reject
from hemoscribe.settings import CurateSettings

FEW = CurateSettings(few_reports_error=1)


def sides(folder: Path) -> dict[str, tuple[str, int | None]]:
    rows = load_curated(folder, columns=["patient_id", "split", "fold"]).unique()
    found = {row[0]: row[1:] for row in rows.iter_rows()}
    assert len(found) == rows.height  # one place each
    return found


def test_a_read_folder_becomes_a_curated_folder(cohort, read_folder, tmp_path):
    summary = curate(read_folder(cohort(150)), tmp_path / "out", CurateSettings())
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "croissant.json",
        "data-card.md",
        "manifest.json",
        "quality.html",
        "rejects.parquet",
        "results.parquet",
    ]
    rows = load_curated(tmp_path / "out")
    CuratedResult.validate(rows)
    Reject.validate(pl.read_parquet(tmp_path / "out" / "rejects.parquet"))
    assert summary["results"] == rows.height == 150 * 9
    assert summary["patients"] == 150
    assert sum(side["patients"] for side in summary["splits"].values()) == 150
    assert set(summary["splits"]) == {"train", "validation", "test"}
    assert any("150 reports" in warning for warning in summary["warnings"])
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["stage"] == "curate"


def test_every_result_from_the_first_input_on_is_a_row_or_a_reject(
    cohort, read_folder, tmp_path, rows
):
    faulty = rows(
        {"report_id": "F", "value": 12.0},
        {"report_id": "F", "value": 12.0},
        {"report_id": "G", "value": 131.0, "reported_value": "131"},
        {"report_id": "H", "status": "cancelled"},
        {"report_id": "I", "status": "preliminary", "analyte": "crp"},
        {"report_id": "J", "analyte": "sodium", "value": 140.0},
        {"report_id": "J", "analyte": "sodium", "value": 150.0},
        {"report_id": "K", "patient_id": " "},
        {"report_id": "L", "sex": "?"},
    ).drop("row")
    earlier = pl.DataFrame(
        [("a.csv", "line 3", "unreadable", "It has no columns.", 7, *[None] * 6)],
        schema=Reject.create_empty().schema,
        orient="row",
    )
    folder = read_folder(pl.concat([cohort(30), faulty]), earlier)
    summary = curate(folder, tmp_path / "out", FEW)
    assert summary["results_in"] == 30 * 9 + 9 + 7 == summary["results"] + summary["rejects"]
    assert summary["rejects_by_code"] == {
        "cancelled": 1,
        "contradiction": 2,
        "duplicate": 1,
        "implausible": 1,
        "invalid": 1,
        "no_patient": 1,
        "preliminary": 1,
        "unreadable": 7,
    }
    rejects = pl.read_parquet(tmp_path / "out" / "rejects.parquet")
    assert rejects["results"].sum() == summary["rejects"]


def test_the_same_input_gives_the_same_bytes(cohort, read_folder, tmp_path):
    folder = read_folder(cohort(60, reports=2))
    first = curate(folder, tmp_path / "one", FEW)
    second = curate(folder, tmp_path / "two", FEW)
    assert first == second
    for name in ("results.parquet", "rejects.parquet", "quality.html", "data-card.md"):
        assert sha256(tmp_path / "one" / name) == sha256(tmp_path / "two" / name)
    assert curate(folder, tmp_path / "one", FEW)["skipped"]


@pytest.fixture
def base_and_its_sides(cohort, read_folder, tmp_path):
    """Forty patients, and the side of each where they are curated alone."""
    base = cohort(40, reports=2)
    curate(read_folder(base), tmp_path / "base", FEW)
    return base, sides(tmp_path / "base")


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**16), kept=st.integers(10, 40), added=st.integers(0, 20))
def test_order_and_more_data_move_nobody(
    base_and_its_sides, cohort, read_folder, tmp_path_factory, seed, kept, added
):
    base, before = base_and_its_sides
    out = tmp_path_factory.mktemp("order")
    some = base.filter(pl.col("patient_id").is_in([f"{n:06}" for n in range(kept)]))
    other = pl.concat([some, cohort(added, offset=500)]).sample(fraction=1, shuffle=True, seed=seed)
    curate(read_folder(other), out / "other", FEW)
    after = sides(out / "other")
    common = before.keys() & after.keys()
    assert len(common) == kept
    assert {name: before[name] for name in common} == {name: after[name] for name in common}


def test_partitioned_or_not_the_rows_are_the_same(cohort, read_folder, tmp_path, monkeypatch):
    from hemoscribe.curate.stream import flow

    folder = read_folder(cohort(80, reports=2).sample(fraction=1, shuffle=True, seed=3))
    whole = curate(folder, tmp_path / "whole", FEW)
    dealt = flow.deal
    monkeypatch.setattr(flow, "deal", lambda *a: dealt(*a, rows_per_partition=100))
    parts = curate(folder, tmp_path / "parts", FEW)
    assert whole == parts
    assert sha256(tmp_path / "whole" / "results.parquet") == sha256(
        tmp_path / "parts" / "results.parquet"
    )


def test_no_identifier_is_left_in_any_file(cohort, read_folder, tmp_path):
    frame = cohort(30).with_columns(
        pl.lit("Vu avec Mme Durand, tel 06 12 34 56 78, le 12/03/2024. Hb 10,2 g/dL.").alias(
            "comment"
        )
    )
    curate(read_folder(frame), tmp_path / "out", FEW)
    rows = load_curated(tmp_path / "out")
    texts = [(tmp_path / "out" / name).read_text() for name in ("quality.html", "data-card.md")]
    texts += [rows.write_csv(), (tmp_path / "out" / "manifest.json").read_text()]
    for text in texts:
        for secret in ("000007", "Durand", "06 12 34", "12/03/2024", "North"):
            assert secret not in text
    assert rows["comment"].str.contains("Hb 10,2 g/dL", literal=True).all()


def test_the_same_person_under_two_numbers_is_on_one_side_only(cohort, read_folder, tmp_path):
    twins = cohort(60)
    copies = twins.with_columns(("x" + pl.col("patient_id")).alias("patient_id"))
    summary = curate(read_folder(pl.concat([twins, copies])), tmp_path / "out", FEW)
    rows = load_curated(tmp_path / "out")
    panels = rows.group_by("analyte", "value").agg(
        pl.struct("split", "fold").n_unique().alias("places")
    )
    assert panels["places"].max() == 1
    assert summary["rejects_by_code"]["same_panel"] > 0
    assert summary["results_in"] == summary["results"] + summary["rejects"]
    assert any("two patient numbers" in warning for warning in summary["warnings"])
    with pytest.raises(InputError, match="identical full panels"):
        curate(
            read_folder(pl.concat([twins, copies])),
            tmp_path / "fail",
            FEW.model_copy(update={"same_panels": "fail"}),
        )
    assert not (tmp_path / "fail").exists()


def test_small_cells_are_refused_when_asked(cohort, read_folder, tmp_path):
    odd = cohort(1, offset=900).with_columns(pl.lit(3.0).alias("age_years"))
    reject = FEW.model_copy(update={"small_cells": "reject", "wanted_k": 2})
    folder = read_folder(pl.concat([cohort(140), odd]))
    summary = curate(folder, tmp_path / "out", reject)
    assert summary["rejects_by_code"] == {"small_cell": 9}
    assert summary["k_anonymity"] >= 2
    assert curate(folder, tmp_path / "kept", FEW)["k_anonymity"] == 1


def test_too_few_reports_warn_or_fail_with_the_number(cohort, read_folder, tmp_path):
    folder = read_folder(cohort(99))
    with pytest.raises(InputError, match=r"99 reports are left.*read more exports") as error:
        curate(folder, tmp_path / "out", CurateSettings())
    assert error.value.exit_code == 3
    assert not (tmp_path / "out").exists()
    assert [path.name for path in tmp_path.iterdir() if "partial" in path.name] == []
    summary = curate(folder, tmp_path / "out", CurateSettings(few_reports_error=10))
    assert "Only 99 reports" in summary["warnings"][0]


def test_what_is_no_read_folder_is_refused(cohort, read_folder, tmp_path):
    with pytest.raises(StageError, match="hemoscribe read"):
        curate(tmp_path / "nowhere", tmp_path / "out", FEW)
    folder = read_folder(cohort(5))
    cohort(6).write_parquet(folder / "results.parquet")
    with pytest.raises(StageError, match="changed since"):
        curate(folder, tmp_path / "out", FEW)
    with pytest.raises(SettingsError, match="test side"):
        curate(folder, tmp_path / "out", CurateSettings(train_share=0.9, validation_share=0.1))
    with pytest.raises(StageError, match="output of `read`"):
        load_curated(folder)


def test_load_takes_one_side_and_some_columns(cohort, read_folder, tmp_path):
    curate(read_folder(cohort(50)), tmp_path / "out", FEW)
    everything = load_curated(tmp_path / "out")
    parts = [load_curated(tmp_path / "out", split) for split in ("train", "validation", "test")]
    assert sum(part.height for part in parts) == everything.height
    assert set(parts[2]["split"]) == {"test"}
    assert load_curated(tmp_path / "out", "train", ["value"]).columns == ["value"]
    with pytest.raises(InputError, match="train, validation, test"):
        load_curated(tmp_path / "out", "dev")


def test_a_new_key_is_said_aloud(cohort, read_folder, tmp_path):
    folder = read_folder(cohort(20))
    curate(folder, tmp_path / "out", FEW)
    before = sides(tmp_path / "out")
    key_path().unlink()
    summary = curate(folder, tmp_path / "out", FEW)
    assert not summary["skipped"]
    assert any("another pseudonym key" in warning for warning in summary["warnings"])
    assert not before.keys() & sides(tmp_path / "out").keys()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_killed_at_any_moment_it_leaves_the_old_folder_and_a_rerun_completes(
    cohort, read_folder, tmp_path, state_home
):
    old = read_folder(cohort(20))
    new = read_folder(cohort(3000))
    curate(old, tmp_path / "out", FEW)
    manifest = (tmp_path / "out" / "manifest.json").read_bytes()
    script = (
        "import sys; from pathlib import Path; from hemoscribe.curate import curate;"
        "from hemoscribe.settings import CurateSettings; print('go', flush=True);"
        "curate(Path(sys.argv[1]), Path(sys.argv[2]), CurateSettings(few_reports_error=1))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(new), str(tmp_path / "out")],
        stdout=subprocess.PIPE,
        env={**os.environ, "HEMOSCRIBE_HOME": str(state_home)},
    )
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(random.Random().uniform(0, 0.4))
    process.kill()
    process.communicate()
    if (tmp_path / "out" / "manifest.json").read_bytes() == manifest:
        assert load_curated(tmp_path / "out").height == 20 * 9
    curate(new, tmp_path / "out", FEW)
    curate(new, tmp_path / "uninterrupted", FEW)
    assert sha256(tmp_path / "out" / "results.parquet") == sha256(
        tmp_path / "uninterrupted" / "results.parquet"
    )
