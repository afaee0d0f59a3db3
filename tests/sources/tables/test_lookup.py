"""A mapping's lookup says what the codes of a table are, from a file beside it."""

import gzip

import pytest

from hemoscribe.errors import SettingsError
from hemoscribe.sources import read, read_folder

ITEMS = """itemid,label,fluid,loinc_code,uom
50971,Potassium,Blood,2823-3,mEq/L
50983,Sodium,Blood,2951-2,mEq/L
51097,Potassium,Urine,,mEq/L
51222,Hemoglobin,Blood,718-7,g/dL
"""
EVENTS = """subject,itemid,charttime,value
7,50971,2124-01-05 08:00,4.1
7,51097,2124-01-05 08:00,44
7,51222,2124-01-05 08:00,13.1
7,99999,2124-01-05 08:00,1
"""
MAPPING = """
columns: {patient_id: subject, analyte: itemid}
lookup: {file: d_items.csv, key: itemid, name: label, specimen: fluid, unit: uom, loinc: loinc_code}
"""


COLUMNS = MAPPING.split("lookup")[0]


@pytest.fixture
def looked_up(export):
    def read_with(items=ITEMS, mapping=MAPPING, events=EVENTS):
        export(items, "d_items.csv")
        return read(export(events), mapping=export(mapping, "mapping.yaml"))

    return read_with


def test_names_units_codes_and_specimens_come_from_the_lookup(looked_up):
    rows, rejects = looked_up()
    assert rows.select("reported_name", "analyte", "value", "reported_unit", "loinc").rows() == [
        ("Potassium", "potassium", 4.1, "mEq/L", "2823-3"),
        ("Hemoglobin", "hemoglobin", 13.1, "g/dL", "718-7"),
    ]
    assert sorted(rejects.select("code", "reported_name").rows()) == [
        ("other_specimen", "Potassium"), ("unknown_analyte", "99999"),
    ]  # fmt: skip


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("lines", ["\n", "\r\n"])
def test_a_lookup_is_read_like_any_csv(looked_up, mark, lines):
    rows, _ = looked_up(items=ITEMS.replace(",", mark).replace("\n", lines))
    assert rows.height == 2


def test_a_lookup_may_be_compressed(export, tmp_path):
    (tmp_path / "d_items.csv.gz").write_bytes(gzip.compress(ITEMS.encode()))
    mapping = export(MAPPING.replace("d_items.csv", "d_items.csv.gz"), "mapping.yaml")
    assert read(export(EVENTS), mapping=mapping)[0].height == 2


def test_what_the_file_states_stands_before_the_lookup(looked_up):
    events = EVENTS.replace("value\n", "value,unit\n").replace(",4.1\n", ",4.1,mmol/L\n")
    rows, _ = looked_up(events=events)
    assert rows["reported_unit"][0] == "mmol/L"


def test_a_code_beside_a_name_is_looked_up(looked_up):
    mapping = MAPPING.replace("analyte: itemid", "analyte: what, analyte_code: itemid")
    events = EVENTS.replace("charttime", "charttime,what").replace("08:00,", "08:00,xx,")
    rows, _ = looked_up(mapping=mapping, events=events)
    assert rows["reported_name"].to_list() == ["Potassium", "Hemoglobin"]


def test_the_same_line_twice_is_no_contradiction(looked_up):
    assert looked_up(items=ITEMS + "50971,Potassium,Blood,2823-3,mEq/L\n")[0].height == 2


@pytest.mark.parametrize(
    ("items", "mapping", "why"),
    [
        (ITEMS, MAPPING.replace("d_items", "none"), r"lookup.file.*no file"),
        (ITEMS, MAPPING.replace("name: label", "name: title"), r"no column 'title'"),
        (ITEMS, MAPPING.replace("key: itemid", "key: code"), r"no column 'code'"),
        (ITEMS + "50971,Calcium,Blood,,\n", MAPPING, r"'50971' stands for two things"),
        ("\n", MAPPING, r"no column 'itemid'"),
        (ITEMS, f"{COLUMNS}lookup: {{file: d_items.csv, key: itemid}}", r"names no column"),
        (ITEMS, MAPPING.replace("key: itemid, ", ""), r"lookup.key"),
        (ITEMS, MAPPING.replace("file: d_items.csv, ", ""), r"lookup.file"),
        (ITEMS, MAPPING + "times: {offset: weeks}", r"times.offset"),
        (ITEMS, MAPPING.replace("lookup: {", "lookup: {colour: red, "), r"lookup.colour"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_lookup_is_one_clear_sentence(looked_up, items, mapping, why):
    with pytest.raises(SettingsError, match=why):
        looked_up(items=items, mapping=mapping)


def test_a_changed_lookup_makes_the_reading_be_redone(export, tmp_path):
    items = export(ITEMS, "d_items.csv")
    events, mapping = export(EVENTS), export(MAPPING, "mapping.yaml")
    out = tmp_path / "read"
    assert not read_folder(events, out, mapping=mapping).get("skipped")
    assert read_folder(events, out, mapping=mapping)["skipped"]
    items.write_text(ITEMS.replace("50971,Potassium", "50971,Magnesium"), encoding="utf-8")
    assert not read_folder(events, out, mapping=mapping).get("skipped")
