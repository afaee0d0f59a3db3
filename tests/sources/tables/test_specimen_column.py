"""A stated specimen that is no blood is refused; blood, and no word at all, is read."""

from pathlib import Path

import polars as pl
import pytest

from hemoscribe.sources import read

HEAD = "patient;date;analyse;resultat;unite;nature du prélèvement"


@pytest.mark.parametrize(
    ("stated", "is_read"),
    [
        ("Sang", True),
        ("Sérum", True),
        ("Plasma hépariné", True),
        ("", True),
        ("Urines", False),
        ("LCR", False),
        ("Liquide pleural", False),
        ("Liquide d'ascite", False),
    ],
)
def test_only_blood_is_read(tmp_path: Path, stated: str, is_read: bool) -> None:
    path = tmp_path / "x.csv"
    lines = (HEAD, "P1;2026-03-02;Potassium;4,1;mmol/L;Sang",
             f"P1;2026-03-02;Glucose;0,2;g/L;{stated}")  # fmt: skip
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    rows, rejects = read([path])
    assert ("glucose" in rows["analyte"].to_list()) == is_read
    if not is_read:
        assert "only blood is read" in rejects["message"][0]
        assert rejects["report_id"].to_list() == rows["report_id"].unique().to_list()


def test_a_wide_table_says_it_for_the_whole_line(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(
        "patient,date,specimen type,Sodium (mmol/L),Potassium (mmol/L)\n"
        "1,2026-03-02,Serum,140,4.1\n2,2026-03-02,Urine,30,40\n",
        encoding="utf-8",
    )
    rows, rejects = read([path])
    assert rows.select(pl.col("patient_id").unique()).to_series().to_list() == ["1"]
    assert rejects.height == 2
