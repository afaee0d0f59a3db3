"""What HL7 v2 states beside a result is carried: who asked, where, of which tube, how measured."""

from hemoscribe.sources import read


def segment(name: str, fields: dict[int, str]) -> str:
    return "|".join([name, *(fields.get(at, "") for at in range(1, max(fields) + 1))])


def rows_of(tmp_path, *segments: str):
    path = tmp_path / "m"
    head = "MSH|^~\\&|LIS|Lab|||20240304||ORU^R01|77|P|2.5.1"
    path.write_text("\r".join([head, *segments, ""]), newline="")
    return read(path)


PID = "PID|1||P1^^^LAB^MR"
OBX = {1: "1", 2: "NM", 3: "2823-3^K^LN", 5: "4.1", 6: "mmol/L", 11: "F"}


def test_every_column_has_its_field(tmp_path):
    rows, _ = rows_of(
        tmp_path,
        PID,
        "NTE|1|L|Under warfarin",
        segment("PV1", {2: "I", 3: "CARD^12^1"}),
        segment("ORC", {1: "RE", 9: "20240303", 12: "1^Ordering^Olga"}),
        segment("OBR", {1: "1", 3: "F9^LIS", 4: "B", 7: "20240304", 13: "Fever",
                        32: "7&Reader&Rita"}),
        segment("OBX", {**OBX, 16: "8^Checking^Carl", 17: "ISE", 18: "C8000"}),
        "NTE|1|L|Repeated",
    )  # fmt: skip
    names = ("requester", "ward", "sample_id", "instrument", "method", "comment_author",
             "clinical_note", "comment")  # fmt: skip
    assert rows.select(names).rows() == [
        ("Ordering Olga", "CARD", "F9", "C8000", "ISE", "Reader Rita", "Under warfarin Fever",
         "Repeated")
    ]  # fmt: skip


def test_the_nearest_statement_wins(tmp_path):
    rows, _ = rows_of(
        tmp_path,
        PID,
        segment("ORC", {1: "RE", 12: "1^Ordering^Olga"}),
        segment("OBR", {1: "1", 3: "F9", 4: "B", 7: "20240304", 16: "2^Asking^Ann"}),
        segment("OBX", {**OBX, 16: "8^Checking^Carl"}),
        segment("NTE", {1: "1", 3: "Repeated", 5: "9^Writing^Wim"}),
        segment("OBX", {**OBX, 3: "2951-2^Na^LN", 5: "140", 16: "8^Checking^Carl"}),
        "NTE|1|L|Checked",
        "SPM|1|A1&P^A7&LIS||SER^Serum",
        segment("OBR", {1: "2", 4: "C", 7: "20240304"}),
        segment("OBX", {**OBX, 3: "2075-0^Cl^LN", 5: "101"}),
    )
    assert rows.select("requester", "sample_id", "comment_author").rows() == [
        ("Asking Ann", "A7", "Writing Wim"),
        ("Asking Ann", "A7", "Checking Carl"),
        (None, None, None),
    ]


def test_a_note_on_a_patient_nothing_of_whom_is_read_is_not_lost(tmp_path):
    urine = [PID, "NTE|1||Dipstick first", segment("OBR", {4: "U^Urine", 7: "20240304"}),
             segment("OBX", OBX)]  # fmt: skip
    blood = [PID, segment("OBR", {4: "B", 7: "20240304"}), segment("OBX", OBX)]
    _, rejects = rows_of(tmp_path, *urine, *blood)
    said = rejects.filter(rejects["results"] == 0)
    assert said["reported_value"].to_list() == ["Dipstick first"]
