from pathlib import Path

import polars as pl
import pytest

from hemoscribe.sources import read


@pytest.fixture
def export(tmp_path: Path):
    """Write a file: ``export("text")`` -> its path."""

    def write(text: str, name: str = "export.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding=encoding, newline="")
        return path

    return write


@pytest.fixture(scope="module")
def read_of_each(tmp_path_factory: pytest.TempPathFactory):
    """Read one file that holds a patient for every member of a table, once for all its tests.

    ``read_of_each(text, name)`` -> a function that gives (rows, rejects) of a patient alone, and
    for None what is nobody's. A file costs the same whether it holds one member or a hundred.
    """

    def read_once(text: str, name: str, **options: object):
        path = tmp_path_factory.mktemp("together") / name
        path.write_text(text, encoding="utf-8", newline="")
        rows, rejects = read(path, **options)

        def of(patient: str | None) -> tuple[pl.DataFrame, pl.DataFrame]:
            its_own = pl.col("patient_id").eq_missing(pl.lit(patient, pl.String))
            return rows.filter(its_own), rejects.filter(its_own)

        return of

    return read_once


def values(rows: pl.DataFrame) -> dict[str, float]:
    """Analyte -> canonical value, of a frame with one report."""
    return {analyte: round(value, 4) for analyte, value in rows.select("analyte", "value").rows()}
