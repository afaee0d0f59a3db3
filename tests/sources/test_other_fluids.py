"""No result of a stated fluid is read as one of blood: ten fluids, in every format's own ways."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from hemoscribe import simulation
from hemoscribe.knowledge import read_panel
from hemoscribe.simulation.exporting import format_of
from hemoscribe.simulation.laboratory import Laboratory, laboratories
from hemoscribe.simulation.other_fluids import fluids
from hemoscribe.sources import read, read_panels

REPORTS = 200
SHARE = 0.9
SEED = 29
OF_A_FLUID = {"other_specimen", "unknown_specimen"}
UNREADABLE = {"missing", "no_value", "text", "hemolyzed"}  # faults that end as rejects
KEY = ["patient_id", "analyte", "collected_at"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """About as many reports of each format, so that each has every fluid."""
    out = tmp_path_factory.mktemp("fluids") / "all"
    exporting = Counter(map(format_of, laboratories()))
    alike = tuple(
        replace(one, share=1 if exporting[format_of(one)] == 1 else 0.5) for one in laboratories()
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulation, "laboratories", lambda: alike)
        simulation.simulate(out, reports=REPORTS, seed=SEED, formats=["all"], other_fluids=SHARE)
    return out


@pytest.fixture(scope="module")
def truth(folder: Path) -> pl.DataFrame:
    return pl.read_parquet(folder / "truth.parquet")


@pytest.fixture(
    params=laboratories(), ids=[laboratory.id for laboratory in laboratories()], scope="module"
)
def laboratory(request: pytest.FixtureRequest) -> Laboratory:
    return request.param


@pytest.fixture(scope="module")
def path(laboratory: Laboratory, folder: Path) -> Path:
    return folder / laboratory.file.split("/")[0]


@pytest.fixture(scope="module")
def own(laboratory: Laboratory, truth: pl.DataFrame) -> pl.DataFrame:
    """What is true of this laboratory's results that its export states."""
    unwritten = ["missing"] if laboratory.layout.endswith("wide") else []
    whole = "%H" in laboratory.date or "%I" in laboratory.date
    return truth.filter(
        pl.col("laboratory") == laboratory.title,
        ~pl.col("fault").fill_null("").is_in(unwritten),
    ).with_columns(pl.col("collected_at").dt.truncate("1m" if whole else "1d"))


@pytest.fixture(scope="module")
def blood(own: pl.DataFrame) -> pl.DataFrame:
    return own.filter(pl.col("fluid").is_null())


@pytest.fixture(scope="module")
def stated(own: pl.DataFrame) -> int:
    """How many results of other fluids the export states."""
    return own["fluid"].count()


@pytest.fixture(scope="module")
def rows_and_rejects(path: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    return read(path)


def more_than_of_blood(found: Iterable[tuple[str, str]], blood: pl.DataFrame) -> Counter:
    """(patient, analyte) of more results than the patient has of blood."""
    return Counter(found) - Counter(blood.select("patient_id", "analyte").rows())


def test_every_format_states_each_of_the_ten_fluids(truth: pl.DataFrame):
    formats = {laboratory.title: format_of(laboratory) for laboratory in laboratories()}
    written = truth.filter(pl.col("fluid").is_not_null()).with_columns(
        format=pl.col("laboratory").replace_strict(formats)
    )
    found = set(written.select("format", "fluid").unique().rows())
    assert len(fluids()) == 10
    assert found == {(format_, fluid) for format_ in formats.values() for fluid in fluids()}


def test_each_result_of_a_fluid_is_a_reject_that_says_so(stated: int, rows_and_rejects):
    _, rejects = rows_and_rejects
    of_fluids = rejects.filter(pl.col("code").is_in(OF_A_FLUID))
    assert of_fluids["results"].sum() == stated > 0
    assert of_fluids["place"].null_count() == of_fluids["message"].null_count() == 0


def test_no_result_of_a_fluid_is_among_the_rows(blood: pl.DataFrame, rows_and_rejects):
    rows, rejects = rows_and_rejects
    assert not more_than_of_blood(rows.select("patient_id", "analyte").rows(), blood)
    unread = rejects.filter(~pl.col("code").is_in(OF_A_FLUID))["results"].sum()
    assert rows.height + unread == blood.height


def test_every_result_of_blood_is_read_as_without_them(blood: pl.DataFrame, rows_and_rejects):
    rows, rejects = rows_and_rejects
    sound = blood.filter(pl.col("fault").is_null())
    joined = sound.join(rows, on=KEY, how="left", suffix="_read")
    assert joined.height == sound.height
    apart = (pl.col("value") - pl.col("value_read")).abs() > 1e-9 * (1 + pl.col("value").abs())
    wrong = joined.filter(apart.fill_null(value=True) | (pl.col("low") - pl.col("low_read") > 1e-6))
    assert wrong.is_empty(), wrong.head()
    faults = Counter(blood["fault"].drop_nulls())
    unread = rejects.filter(~pl.col("code").is_in(OF_A_FLUID))["results"].sum()
    least = sum(faults[fault] for fault in UNREADABLE)
    assert least <= unread <= least + faults["wrong_unit"]


def test_no_reading_of_a_report_holds_one(blood: pl.DataFrame, stated: int, path: Path):
    readings = [read_panel(panel) for panel in read_panels(path)]
    found = [(one.panel.patient_id, each.analyte) for one in readings for each in one.results]
    assert found
    assert not more_than_of_blood(found, blood)
    codes = Counter()
    for reading in readings:
        for refused in reading.rejects:
            codes[refused["code"]] += refused["results"]
    assert sum(codes[code] for code in OF_A_FLUID) == stated
