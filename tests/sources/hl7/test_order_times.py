"""The time is that of the collection; where none is stated, a later one is read and named."""

from datetime import datetime

import pytest

from hemoscribe.sources.intake import read_all

OBX = "OBX|1|NM|2823-3^K^LN||4.1|mmol/L|||||F"


def message(*segments: str, sent: str = "20240102120000") -> str:
    head = f"MSH|^~\\&|LIS|Lab|||{sent}||ORU^R01|77|P|2.5.1"
    return "\r".join([head, "PID|1||P1^^^LAB^MR", *segments, ""])


def obr(collected: str = "", ended: str = "") -> str:
    return f"OBR|1|||CBC^CBC|||{collected}|{ended}"


COLLECTION = datetime(2024, 1, 2, 8, 0)
CASES = {
    "OBR-7": ([obr("202401020800", "202401020900"), OBX], COLLECTION, None),
    "SPM-17": ([obr("", "202401020900"), OBX, "SPM|1|||SER|||||||||||||202401020800"], COLLECTION,
               None),
    "OBX-14": ([obr("", "202401020900"), OBX + "|||202401020800"], COLLECTION, None),
    "OBR-8": ([obr("", "202401020800"), OBX], COLLECTION, "the end of the collection (OBR-8)"),
    "an earlier order": ([obr("202401020800"), OBX, obr(), OBX], COLLECTION, None),
    "MSH-7": ([obr(), OBX], datetime(2024, 1, 2, 12, 0), "the message (MSH-7)"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_time_and_what_it_is_the_time_of(tmp_path, case):
    segments, time, what = case
    path = tmp_path / "m"
    path.write_text(message(*segments), newline="")
    rows, _, notices = read_all([path])
    assert set(rows["collected_at"]) == {time}
    said = [f"m: the time of 1 results is that of {what}, as no collection is stated."]
    assert list(notices.sentences) == (said if what else [])


def test_without_any_time_there_is_none(tmp_path):
    path = tmp_path / "m"
    path.write_text(message(obr(), OBX, sent=""), newline="")
    rows, _, notices = read_all([path])
    assert rows["collected_at"].to_list() == [None]
    assert not notices.sentences


def test_the_results_of_each_later_time_are_counted(tmp_path):
    path = tmp_path / "m"
    path.write_text(message(obr("", "202401020800"), OBX, OBX) + message(obr(), OBX), newline="")
    rows, _, notices = read_all([path])
    assert rows.height == 3
    assert [one.split("results")[0] for one in notices.sentences] == [
        "m: the time of 2 ", "m: the time of 1 "
    ]  # fmt: skip
