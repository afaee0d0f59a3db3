import json
from datetime import datetime

import polars as pl
import pytest

from hemoscribe.sources import read, read_folder
from hemoscribe.sources.batches import Notices
from hemoscribe.sources.stated import flag_of, stated_batch


@pytest.mark.parametrize(
    ("codes", "flag"),
    [
        (["H"], "H"), (["hh"], "HH"), (["LU"], "LL"), (["POS", "H"], "H"), (["B"], None),
        (["U", "W"], None), ([None, ""], None), (["Haut"], "Haut"), (["Haut", "H"], "H"),
        ([], None),
    ],
)  # fmt: skip
def test_a_flag_says_on_which_side_of_the_range(codes, flag):
    assert flag_of(codes) == flag


def row(value: str | None, status: str = "final", **more: object) -> dict:
    return {
        "patient_id": "P1", "reported_name": "K", "reported_value": value, "status": status,
        "collected": "20240304081200", "born": "1970-03-01", "sex": "female", "place": "x", **more,
    }  # fmt: skip


def test_dates_sex_and_age_are_read_for_all_formats_alike():
    (found,) = stated_batch("s", [row("4.1")], [], Notices()).reported.rows(named=True)
    assert (found["sex"], round(found["age_years"], 1)) == ("F", 54.0)
    assert found["collected_at"] == datetime(2024, 3, 4, 8, 12)


def test_a_date_that_cannot_be_read_is_said_and_leaves_the_report_s_number():
    notices = Notices()
    undated = row("4.1", collected="soon", report="R9")
    batch = stated_batch("s", [undated], [], notices)
    assert batch.reported["report_id"].to_list() == ["R9"]
    assert list(notices.sentences) == ["s: 'soon' is not a date that can be read."]


MSH = "MSH|^~\\&|LAB|X|||20240102||ORU^R01|1|P|2.5.1\rPID|1||12||||19700101|F\r"
OBR = "OBR|1|||CBC|||202401020815\r"


def test_a_comment_that_is_cut_says_so_in_its_text_and_in_a_notice(export, tmp_path):
    text = MSH + OBR + "OBX|1|NM|Na||140|mmol/L|||||F\r" + f"NTE|1||{'word ' * 1_000}\r"
    summary = read_folder(export(text), tmp_path / "out")
    comment = pl.read_parquet(tmp_path / "out" / "results.parquet")["comment"][0]
    assert len(comment) == 4_000
    assert comment.endswith(" [...]")
    assert "longer than 4,000 characters" in " ".join(summary["notices"])


def test_a_patient_number_too_long_to_keep_is_no_patient(export):
    long = "9" * 4_000
    text = "".join(
        MSH.replace("||12||", f"||{number}||") + OBR + "OBX|1|NM|Na||140|mmol/L|||||F\r"
        for number in ("12", f"{long}1", f"{long}2")
    )
    rows, rejects = read(export(text))
    assert rows["patient_id"].to_list() == ["12"]
    assert rejects["code"].to_list() == ["no_patient"] * 2


def test_comments_on_what_is_refused_stand_among_the_rejects(export):
    text = MSH + OBR + "NTE|1||Of the order.\rOBX|1|NM|K||4~5|mmol/L|||||F\rNTE|1||Of potassium.\r"
    text += OBR + "OBX|1|NM|Na||140|mmol/L|||||F\r"
    rows, rejects = read(export(text))
    assert rows["comment"].to_list() == [None]
    said = rejects.filter(pl.col("results") == 0)["reported_value"].to_list()
    assert said == ["Of the order.", "Of potassium."]
    observation = {
        "resourceType": "Observation", "status": "final", "code": {"text": "Potassium"},
        "subject": {"reference": "Patient/1"}, "effectiveDateTime": "2024-01-02",
        "valueRatio": {"numerator": {"value": 1}}, "note": [{"text": "Of potassium."}],
    }  # fmt: skip
    sound = observation | {"code": {"text": "Sodium"}, "note": []}
    sound["valueQuantity"] = {"value": 140, "unit": "mmol/L"}
    del sound["valueRatio"]
    lines = "".join(f"{json.dumps(one)}\n" for one in (observation, sound))
    rows, rejects = read(export(lines, "f.ndjson"))
    assert rows.height == 1
    assert rejects["reported_value"].to_list()[-1] == "Of potassium."
