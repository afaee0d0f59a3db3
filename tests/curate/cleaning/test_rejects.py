import polars as pl

from hemoscribe.curate.cleaning.rejects import carry_rejects
from hemoscribe.curate.pseudonyms.patients import PATIENTS_SCHEMA
from hemoscribe.records import Reject


def carried(tmp_path, *values, message="It is no number: {}."):
    frame = pl.DataFrame(
        [
            (
                "export.csv",
                f"line {place}",
                "not_a_number",
                message.format(value),
                1,
                "Hb",
                value,
                *[None] * 4,
            )
            for place, value in enumerate(values)
        ],
        schema=Reject.create_empty().schema,
        orient="row",
    )
    frame.write_parquet(tmp_path / "rejects.parquet")
    nobody = pl.DataFrame(schema=PATIENTS_SCHEMA)
    return carry_rejects(tmp_path / "rejects.parquet", nobody, bytes(32))


def test_rare_text_is_masked_where_it_stands_and_where_it_is_quoted(tmp_path):
    out = carried(tmp_path, *["HEMOLYZED"] * 5, "DUPONT Germaine")
    assert out.height == 6
    assert out["reported_value"].to_list() == ["HEMOLYZED"] * 5 + ["[rare text]"]
    assert out["message"][5] == "It is no number: [rare text]."
    assert "HEMOLYZED" in out["message"][0]


def test_common_text_is_scrubbed_too(tmp_path):
    out = carried(tmp_path, *["appeler Dr Martin au 06 12 34 56 78"] * 6)
    assert "Martin" not in out.write_json()
    assert "06 12" not in out.write_json()


def test_numbers_and_everything_else_stay(tmp_path):
    out = carried(tmp_path, "12.3.4", "7,,1")
    assert out["reported_value"].to_list() == ["12.3.4", "7,,1"]
    assert out["place"].to_list() == ["line 0", "line 1"]
    assert out["source"].to_list() == ["export.csv"] * 2
