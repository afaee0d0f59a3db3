from datetime import datetime

import pytest

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


def test_only_what_stood_before_a_withdrawal_is_cancelled():
    rows = [
        row("4.1"),
        row("4.2", patient_id="P2"),
        row(None, "cancelled"),
        row("4.3"),
        row("4.4", collected="20240305"),
    ]
    batch = stated_batch("s", rows, [], Notices())
    assert batch.reported["status"].to_list() == [
        "cancelled", "final", "cancelled", "final", "final",
    ]  # fmt: skip
