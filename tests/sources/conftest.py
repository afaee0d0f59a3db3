from pathlib import Path

import polars as pl
import pytest


@pytest.fixture
def export(tmp_path: Path):
    """Write a file: ``export("text")`` -> its path."""

    def write(text: str, name: str = "export.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding=encoding, newline="")
        return path

    return write


def values(rows: pl.DataFrame) -> dict[str, float]:
    """Analyte -> canonical value, of a frame with one report."""
    return {analyte: round(value, 4) for analyte, value in rows.select("analyte", "value").rows()}
