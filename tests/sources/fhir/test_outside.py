"""Documents rebuilt from public reports of faults: none of what is not blood or final is read."""

import pytest

from hemoscribe.errors import SourceError
from hemoscribe.sources import read, read_panels


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("f05_report_urine_specimen_only", "A result of Urine specimen"),
        ("f08_report_named_urine", "A result of Urine chemistry"),
        ("f10_stated_specimens", "A result of Body fluid specimen"),
    ],
)
def test_what_is_not_blood_is_refused(shared_data, name, said):
    path = shared_data / "outside" / "readers" / f"{name}.json"
    for way in (read, read_panels):
        with pytest.raises(SourceError, match=said):
            way(path)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["f06_report_eie_panel", "f07_panel_eie"])
def test_what_stands_in_a_withdrawn_group_is_withdrawn(shared_data, name):
    path = shared_data / "outside" / "readers" / f"{name}.json"
    rows, _ = read(path)
    assert rows["status"].to_list() == ["cancelled"]
    (panel,) = read_panels(path)
    assert [one.status for one in panel.results] == ["entered-in-error"]


@pytest.mark.shared
def test_what_is_modified_is_refused_in_a_panel_too(shared_data):
    path = shared_data / "outside" / "readers" / "f09_modifier_interpret.json"
    assert read(path)[0]["analyte"].to_list() == ["sodium"]
    (panel,) = read_panels(path)
    assert [one.analyte for one in panel.results] == ["Sodium"]
    assert [one["code"] for one in panel.rejects] == ["negated", "negated"]


@pytest.mark.shared
def test_an_array_is_one_document(shared_data):
    rows, rejects = read(shared_data / "outside" / "readers" / "f11_array.json")
    assert rows.select("analyte", "value", "sex").rows() == [("hemoglobin", 10.2, "F")]
    assert rejects.height == 0


@pytest.mark.shared
def test_a_summary_has_its_results_of_blood_and_no_others(shared_data):
    rows, rejects = read(shared_data / "outside" / "readers" / "c01_ccda.xml")
    assert rows.select("analyte", "value", "unit", "low", "high").rows() == [
        ("hemoglobin", 10.2, "g/dL", 12.0, 15.5), ("leukocytes", 6.7, "10*9/L", 4.5, 11.0),
        ("potassium", 4.1, "mmol/L", None, None),
        ("sodium", 141.0, "mmol/L", None, None),
    ]  # fmt: skip
    assert sorted(rejects["code"]) == [
        *("ambiguous_unit", "negated", "other_specimen", "other_specimen"),  # platelets of 250 what
    ]
