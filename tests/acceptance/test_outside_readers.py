"""Files rebuilt from reports of faults of others: what is read of each, and what is refused."""

import pytest

from hemoscribe.errors import SourceError
from hemoscribe.sources import read, read_panels

FOLDER = "outside/readers"
# reports, results, rejects by code; None: nothing of it is a result of blood that has a patient
FILES = {
    "blasts.csv": (1, 2, {}),
    "c01_ccda.xml": (1, 4, {"ambiguous_unit": 1, "negated": 1, "other_specimen": 2}),
    "drip.csv": (1, 8, {}),
    "f05_report_urine_specimen_only.json": None,
    "f06_report_eie_panel.json": (1, 1, {}),
    "f07_panel_eie.json": (1, 1, {}),
    "f08_report_named_urine.json": None,
    "f09_modifier_interpret.json": (1, 1, {"negated": 2}),
    "f10_stated_specimens.json": None,
    "f11_array.json": (1, 1, {}),
    "h02_units.hl7": (1, 33, {"impossible_unit": 1, "unknown_unit": 2, "wrong_dimension": 3}),
    "h03_urinalysis.hl7": None,
    "h03b_pleural.hl7": (1, 1, {"other_specimen": 5}),
    "h07_unread_but_normal.hl7": (1, 5, {}),
    "h09_two_reports.hl7": (2, 2, {"other_specimen": 10}),
    "n01_names.csv": (1, 71, {}),
    "newborn.csv": (1, 1, {}),
    "no_age.csv": (1, 5, {}),
    "p01_thyrocare.txt": (1, 4, {}),
    "p02_quest.txt": (1, 16, {"other_specimen": 3}),
    "p03c_fr_simple.txt": (1, 9, {"other_specimen": 3}),
    "p03d_fr_noheading.txt": (1, 13, {}),
    "p04_german.txt": (1, 4, {}),
    "p05_labcorp.txt": (2, 15, {"other_specimen": 1, "unknown_analyte": 2}),
    "p06_en_generic.txt": (1, 9, {"other_specimen": 5}),
    "p07_en_two_columns.txt": (1, 6, {}),
    "p09_labcorp_codes.txt": (1, 6, {}),
    "p11_fr_stars.txt": (2, 20, {}),
    "protein_s.csv": None,
    "rej.csv": (1, 3, {"unknown_unit": 1}),
    "t01_omop_measurement.csv": (4, 20, {}),
    "t03_synthea_observations.csv": (4, 40, {"other_specimen": 16, "unknown_analyte": 12}),
    "t04_dates_across.csv": (3, 14, {}),
    "t05_merged_header.csv": (2, 4, {}),
    "t07_units_per_row_and_ranges.csv": (1, 18, {"arbitrary_unit": 1}),
    "t08_datetime_and_time.csv": (2, 2, {}),
    "t09_no_unit_extremes.csv": (1, 1, {"ambiguous_unit": 31}),
    "t11_column_no_unit_with_range.csv": (1, 3, {}),
    "t13_specimen_column.csv": (1, 1, {"other_specimen": 4}),
    "t16_specimen_big.csv": (200, 600, {"other_specimen": 800}),
    "t17_comparator_column.csv": (1, 3, {}),
    "t22_dropped_column.csv": None,
    "t23_dropped_column2.csv": (1, 2, {}),
    "t24_sil_codes.csv": (40, 200, {}),
    "x01.xlsx": (1, 11, {"no_value": 1, "not_a_number": 2, "unreadable": 2}),
    "x02_merged.xlsx": (2, 4, {}),
    "x03_dates_across.xlsx": (2, 6, {}),
}

pytestmark = pytest.mark.shared


def test_every_file_is_here(shared_data):
    assert {path.name for path in (shared_data / FOLDER).iterdir()} == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_what_is_read_and_refused(shared_data, name):
    path, expected = shared_data / FOLDER / name, FILES[name]
    if expected is None:
        with pytest.raises(SourceError, match="no result in it can be read"):
            read(path)
        return
    rows, rejects = read(path)
    by_code = rejects.filter(rejects["results"] > 0).group_by("code").agg(n="results")
    found = {code: sum(counts) for code, counts in by_code.iter_rows()}
    assert (rows["report_id"].n_unique(), rows.height, found) == expected


def test_withdrawn_panels_are_not_final(shared_data):
    for name in ("f06_report_eie_panel.json", "f07_panel_eie.json"):
        rows, _ = read(shared_data / FOLDER / name)
        assert rows["status"].to_list() == ["cancelled"]


def test_comparators_times_and_units_beside_values(shared_data):
    rows, _ = read(shared_data / FOLDER / "t17_comparator_column.csv")
    assert rows.select("comparator", "value").rows() == [("<", 3.0), (">", 2000.0), (">", 90.0)]
    rows, _ = read(shared_data / FOLDER / "t08_datetime_and_time.csv")
    assert [f"{time:%m-%d %H:%M}" for time in rows["collected_at"]] == [
        "01-05 08:00",
        "02-13 09:30",
    ]
    rows, _ = read(shared_data / FOLDER / "h07_unread_but_normal.hl7")
    flags = dict(rows.select("analyte", "laboratory_flag").iter_rows())
    assert [flags[name] for name in ("leukocytes", "platelets", "potassium")] == ["LL", "LL", "HH"]
    rows, _ = read(shared_data / FOLDER / "t11_column_no_unit_with_range.csv")
    assert rows["value"].to_list() == pytest.approx([500, 6000, 0.1])
    assert rows["unit_inferred"].all()


@pytest.mark.parametrize("name", ["t22_dropped_column.csv", "t23_dropped_column2.csv"])
def test_a_column_of_unknown_name_is_named_in_the_panel(shared_data, name):
    [panel] = read_panels(shared_data / FOLDER / name)
    assert any("Plaq" in (one["reported_name"] or "") for one in panel.rejects)
