"""What `simulate` writes in every format, `read` gives back: rows, context, comments, faults."""

from pathlib import Path

import polars as pl
import pytest

from hemoscribe.files import sha256
from hemoscribe.simulation import simulate
from hemoscribe.simulation.exporting import LAYOUTS, format_of
from hemoscribe.simulation.laboratory import Laboratory, laboratories
from hemoscribe.sources import read, read_folder
from hemoscribe.sources.formats import FORMATS

REPORTS = 500
SEED = 11
# data sets of one shape, for which benchmarks/made_datasets.py writes files with their truth, and
# tables whose kinds all stand in tests/sources/tables
NOT_SIMULATED = {"nhanes", "mimic", "omop", "synthea", "eicu", "meds", "hprim", "csv-grouped"}
# Where each planted fault ends: in a row (with this status), or in a reject of one of these codes.
READ_AS = {
    "times_10": "final",
    "times_1000": "final",
    "duplicated": "final",
    "duplicate": "final",
    "superseded": "final",
    "corrected": "corrected",
    "preliminary": "preliminary",
    "completed": "final",
    "cancelled": "cancelled",
}
REJECTED_AS = {
    "missing": {"no_value"},
    "no_value": {"no_value", "not_a_number"},
    "text": {"unusable_sample"},
    "hemolyzed": {"unusable_sample"},
}
EITHER = {"wrong_unit"}  # a unit of another dimension is a reject, of another size a row
LABORATORIES = {laboratory.id: laboratory for laboratory in laboratories()}
MERGED = {"*": "A", "**": "A"}  # an asterisk says abnormal, not in which direction


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("simulated") / "all"
    simulate(out, reports=REPORTS, seed=SEED, formats=["all"])
    return out


@pytest.fixture(scope="module")
def truth(folder: Path) -> pl.DataFrame:
    return pl.read_parquet(folder / "truth.parquet")


@pytest.fixture(params=LABORATORIES.values(), ids=LABORATORIES, scope="module")
def laboratory(request: pytest.FixtureRequest) -> Laboratory:
    return request.param


@pytest.fixture(scope="module")
def own(laboratory: Laboratory, truth: pl.DataFrame) -> pl.DataFrame:
    """What is true of this laboratory's results that its export states."""
    kept = truth.filter(pl.col("laboratory") == laboratory.title)
    if laboratory.layout.endswith("wide"):
        return kept.filter(pl.col("fault").fill_null("") != "missing")
    return kept


@pytest.fixture(scope="module")
def path(laboratory: Laboratory, folder: Path) -> Path:
    return folder / laboratory.file.split("/")[0]


@pytest.fixture(scope="module")
def rows_and_rejects(path: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    return read(path)


def moment(laboratory: Laboratory) -> pl.Expr:
    """The time of collection as far as this laboratory prints it."""
    whole = "%H" in laboratory.date or "%I" in laboratory.date
    return pl.col("collected_at").dt.truncate("1m" if whole else "1d")


def apart(name: str, within: float = 1e-9) -> pl.Expr:
    """Where two numbers, or one and nothing, differ."""
    ours, read_back = pl.col(name), pl.col(f"{name}_read")
    return (ours.is_null() != read_back.is_null()) | (
        (ours - read_back).abs() > within * (1 + ours.abs())
    ).fill_null(value=False)


@pytest.fixture(scope="module")
def sound(laboratory: Laboratory, own: pl.DataFrame, rows_and_rejects) -> pl.DataFrame:
    """Each result without a fault beside what was read of it."""
    rows, _ = rows_and_rejects
    keys = ["patient_id", "analyte", "collected_at"]
    faultless = own.filter(pl.col("fault").is_null()).with_columns(collected_at=moment(laboratory))
    return faultless.join(rows, on=keys, how="left", suffix="_read", coalesce=True)


def test_every_format_has_a_laboratory_that_exports_it():
    assert {format_of(laboratory) for laboratory in laboratories()} == set(FORMATS) - NOT_SIMULATED
    assert {laboratory.layout for laboratory in laboratories()} == set(LAYOUTS)


def test_rows_in_are_rows_and_rejects_out(own: pl.DataFrame, rows_and_rejects):
    rows, rejects = rows_and_rejects
    assert rows.height + rejects["results"].sum() == own.height
    assert rows["report_id"].n_unique() == own["report_id"].n_unique()


def test_every_sound_result_is_read_back(sound: pl.DataFrame, own: pl.DataFrame):
    assert sound.height == own["fault"].null_count()
    compared = sound.with_columns(
        pl.col("comparator", "comparator_read").fill_null(""),
    )
    wrong = compared.filter(
        apart("value")
        | (pl.col("comparator") != pl.col("comparator_read"))
        | (pl.col("status") != pl.col("status_read"))
    )
    assert wrong.is_empty(), wrong.head()


def test_limits_and_flags_are_read_back(laboratory: Laboratory, sound: pl.DataFrame):
    if laboratory.layout.endswith("wide"):
        assert sound["low_read"].null_count() == sound["laboratory_flag"].null_count()
        return
    wrong = sound.filter(apart("low") | apart("high"))
    assert wrong.is_empty(), wrong.head()
    printed = laboratory.flags or {}
    one_for_both = {
        name for name, sign in printed.items() if list(printed.values()).count(sign) > 1
    }
    for ours, theirs in sound.select("flag", "laboratory_flag").unique().iter_rows():
        if ours not in printed:
            assert theirs is None, (ours, theirs)
        elif printed[ours] in MERGED:
            assert theirs == "A", (ours, theirs)
        elif ours in one_for_both:
            assert theirs == ours[0], (ours, theirs)
        else:
            assert theirs == ours


def test_who_and_when_are_read_back(laboratory: Laboratory, sound: pl.DataFrame):
    assert sound["collected_at"].null_count() == 0
    assert (sound["sex"] == sound["sex_read"]).all()
    exact = any(field == "birth_date" for _, field in laboratory.columns) or not laboratory.columns
    years = (sound["age_years"] - sound["age_years_read"]).abs()
    assert years.null_count() == 0
    assert years.max() < (0.02 if exact else 1.01)
    named = set(sound["laboratory_read"]) - {None}
    assert named <= {laboratory.title}


def test_comments_are_read_back(own: pl.DataFrame, rows_and_rejects):
    rows, _ = rows_and_rejects
    words = pl.col("comment").str.replace_all(r"\s+", " ").str.strip_chars()
    of_report = pl.col("patient_id"), pl.col("collected_at").dt.truncate("1d")
    written = own.group_by(of_report).agg(words.drop_nulls().unique().sort())
    read_back = rows.group_by(of_report).agg(words.drop_nulls().unique().sort())
    compared = written.join(read_back, on=["patient_id", "collected_at"], suffix="_read")
    assert compared.height == written.height == read_back.height
    wrong = compared.filter(pl.col("comment") != pl.col("comment_read"))
    assert wrong.is_empty(), wrong.rows()[:2]


def test_planted_faults_end_where_they_belong(own: pl.DataFrame, rows_and_rejects):
    rows, rejects = rows_and_rejects
    planted = dict(own["fault"].drop_nulls().value_counts().rows())
    assert set(planted) <= {*READ_AS, *REJECTED_AS, *EITHER}
    either = planted.get("wrong_unit", 0)
    expected = sum(count for fault, count in planted.items() if fault in REJECTED_AS)
    rejected = int(rejects["results"].sum())
    assert expected <= rejected <= expected + either
    allowed = set().union(*(codes for fault, codes in REJECTED_AS.items() if fault in planted))
    other = set(rejects["code"]) - allowed
    assert not other or (either and other <= {"wrong_dimension", "unknown_unit", "impossible_unit"})
    for status in ("corrected", "preliminary", "cancelled"):
        wanted = sum(count for fault, count in planted.items() if READ_AS.get(fault) == status)
        assert (rows["status"] == status).sum() == wanted, status


def test_the_command_reads_all_formats_together(folder: Path, truth: pl.DataFrame, tmp_path: Path):
    summary = read_folder(folder, tmp_path / "out")
    wide = {lab.title for lab in laboratories() if lab.layout.endswith("wide")}
    empty = truth.filter(pl.col("laboratory").is_in(wide), pl.col("fault") == "missing").height
    assert summary["results"] + summary["rejects"] == truth.height - empty
    assert summary["reports"] == REPORTS


def test_the_same_seed_gives_the_same_bytes_in_every_format(folder: Path, tmp_path: Path):
    def digests(out: Path) -> dict[str, str]:
        files = [path for path in sorted(out.rglob("*")) if path.is_file()]
        return {str(path.relative_to(out)): sha256(path) for path in files}

    simulate(tmp_path / "again", reports=REPORTS, seed=SEED, formats=["all"])
    first = digests(folder)
    assert digests(tmp_path / "again") == first
    kinds = {".csv", ".tsv", ".hl7", ".ndjson", ".json", ".xml", ".txt", ".pdf", ".xlsx"}
    assert kinds <= {Path(name).suffix for name in first}
