"""LOINC codes: none of another fluid is ours, and some are read only with their unit."""

import pytest

from hemoscribe.knowledge.name_index import loinc_index
from hemoscribe.knowledge.names import by_loinc, candidates
from hemoscribe.knowledge.recognise import resolve_name
from hemoscribe.records import RejectCode

OTHER_FLUIDS = {
    "urine": [
        *("5792-7", "2350-7", "25428-4", "50555-2", "21305-8", "5803-2", "2756-5", "5804-0"),
        *("2888-6", "2889-4", "21482-5", "2887-8", "20454-5", "50561-0", "2514-8", "5797-6"),
        *("50557-8", "5811-5", "2965-2", "5778-6", "9796-4", "2161-8", "2162-6", "14959-1"),
        *("9318-7", "32294-1", "13705-9", "14585-4", "14957-5", "1754-1", "2955-3", "2828-2"),
        *("2078-4", "17862-4", "6874-2", "2778-9", "3086-6", "5821-4", "13945-1", "798-9"),
        *("3092-4", "3095-7", "5802-4", "5799-2", "20405-7", "5818-0", "50563-6", "19161-9"),
        *("5770-3", "1977-8", "761-7", "13801-6"),
    ],
    "cerebrospinal fluid": [
        *("2342-4", "14744-7", "2880-3", "1746-7", "806-0", "26465-5", "10328-3"),
    ],
    "stool": ["2335-8", "27396-1", "29771-3", "56490-6", "38445-3", "2076-8"],
    "body, pleural and dialysis fluid": [
        "2343-2",
        "2346-5",
        "1795-4",
        "2529-6",
        "2881-1",
        "1747-5",
    ],
    "saliva": ["2074-3"],
}
# What the synthetic patients of Synthea have of blood that we know.
SYNTHEA = {
    "2339-0": "glucose", "2345-7": "glucose", "6299-2": "urea", "3094-0": "urea",
    "38483-4": "creatinine", "2160-0": "creatinine", "49765-1": "calcium", "2947-0": "sodium",
    "6298-4": "potassium", "2069-3": "chloride", "20565-8": "total_co2", "33914-3": "egfr",
    "2885-2": "total_protein", "1751-7": "albumin", "10834-0": "globulins",
    "1975-2": "bilirubin_total", "6768-6": "alp", "1742-6": "alt", "1920-8": "ast",
    "2093-3": "cholesterol", "2571-8": "triglycerides", "18262-6": "ldl", "2085-9": "hdl",
    "4548-4": "hba1c", "6690-2": "leukocytes", "789-8": "erythrocytes", "718-7": "hemoglobin",
    "4544-3": "hematocrit", "787-2": "mcv", "785-6": "mch", "786-4": "mchc", "777-3": "platelets",
    "32207-3": "pdw", "32623-1": "mpv", "2857-1": "psa", "33762-6": "nt_probnp",
    "89579-7": "troponin_i", "2276-4": "ferritin", "2498-4": "iron", "3016-3": "tsh",
    "2019-8": "pco2", "2703-7": "po2_arterial", "2744-1": "ph",
    "2708-6": "oxygen_saturation_arterial",
}  # fmt: skip


def test_no_code_of_another_fluid_is_one_of_ours() -> None:
    codes = {code: fluid for fluid, codes in OTHER_FLUIDS.items() for code in codes}
    assert len(codes) > 60
    assert {code: fluid for code, fluid in codes.items() if code in loinc_index()} == {}


@pytest.mark.parametrize(("code", "analyte"), SYNTHEA.items())
def test_a_code_of_synthea_is_read(code: str, analyte: str) -> None:
    assert by_loinc(code)[0].analyte.id == analyte


@pytest.mark.parametrize(
    ("name", "code"),
    [("Base excess", "1922-4"), ("Vancomycin", "4090-7"), ("Glucose", "5792-7"), ("pH", "5803-2")],
)
def test_a_name_does_not_save_a_code_of_something_else(name: str, code: str) -> None:
    found, why = candidates(name, code)
    assert found == ()
    assert code in why


@pytest.mark.parametrize(
    ("code", "unit", "analyte"),
    [
        ("6773-6", "ng/mL", "ck_mb"), ("19195-7", "ng/mL", "psa"),
        ("3297-9", "ug/mL", "paracetamol"),
        ("5642-4", "mg/dL", "ethanol"), ("3174-0", "%", "antithrombin"),
    ],
)  # fmt: skip
def test_a_code_of_another_quantity_is_read_with_its_unit_only(
    code: str, unit: str, analyte: str
) -> None:
    assert [option.analyte.id for option in resolve_name(None, code, unit).options] == [analyte]
    assert resolve_name(None, code, None).code == RejectCode.AMBIGUOUS_UNIT


@pytest.mark.parametrize(("code", "unit"), [("2942-1", "ug/dL"), ("10835-7", "mg/dL")])
def test_a_mass_that_no_molar_mass_turns_into_moles_is_refused_with_its_unit_and_without(
    code: str, unit: str
) -> None:
    assert resolve_name(None, code, unit).code == RejectCode.WRONG_DIMENSION
    assert resolve_name(None, code, None).code == RejectCode.AMBIGUOUS_UNIT
