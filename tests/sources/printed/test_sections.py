"""Which fluid a printed result is of: by its heading, or as a title states it."""

import pytest

from hemoscribe.sources import read

BLOOD = "Sodium   140   mmol/L  (135-145)\n"
OTHER = "Glucose   9.1   mmol/L  (3.9-5.6)\n"
FLUIDS = [
    "URINALYSIS", "URINALYSIS, COMPLETE", "Urinalysis:", "URINE", "URINES", "URINE CHEMISTRY",
    "BIOCHIMIE URINAIRE", "Biochimie urinaire :", "CHIMIE DES URINES", "URINES DE 24 HEURES",
    "URINE 24H", "ECBU", "CSF", "CSF ANALYSIS", "LCR", "Liquide céphalo-rachidien", "BODY FLUID",
    "BODY FLUID CELL COUNT", "Pleural fluid", "LIQUIDE PLEURAL", "Liquide d'ascite", "PONCTION",
    "Ponction articulaire", "SYNOVIAL FLUID", "COPROLOGIE", "STOOL",
]  # fmt: skip


@pytest.mark.parametrize("heading", FLUIDS)
def test_under_a_heading_of_another_fluid_nothing_is_blood(export, heading: str) -> None:
    text = f"Patient ID: 17\n\nHEMATOLOGY\n{BLOOD}{heading}\n{OTHER}"
    rows, rejects = read(export(text), format="text")
    assert rows["analyte"].to_list() == ["sodium"]
    assert rejects["code"].to_list() == ["other_specimen"]
    assert rejects["reported_value"].to_list() == ["9.1"]
    assert rejects["patient_id"].to_list() == ["17"]


@pytest.mark.parametrize(
    "heading",
    ["HEMATOLOGIE", "BIOCHIMIE SANGUINE", "SERUM", "CBC", "Ionogramme", "LIPID PANEL", "HEMOSTASE",
     "COMPREHENSIVE METABOLIC PANEL", "Bilan hépatique", "Thyroid function tests"],
)  # fmt: skip
def test_a_heading_over_blood_ends_another_fluids(export, heading: str) -> None:
    text = f"Patient ID: 17\n\nURINALYSIS\n{OTHER}\n{heading}\n{BLOOD}"
    rows, rejects = read(export(text), format="text")
    assert rows["analyte"].to_list() == ["sodium"]
    assert rejects["code"].to_list() == ["other_specimen"]


@pytest.mark.parametrize(
    ("heading", "code"),
    [("MICROSCOPY", "other_specimen"), ("SEDIMENT", "other_specimen"),
     ("Physical examination", "other_specimen"), ("DIVERS", "unknown_specimen"),
     ("Other analyses", "unknown_specimen")],
)  # fmt: skip
def test_under_a_heading_that_may_be_a_part_of_it_nothing_is_taken_for_blood(
    export, heading: str, code: str
) -> None:
    text = f"Patient ID: 17\n\n{BLOOD}\nURINALYSIS\n{OTHER}\n{heading}\n{OTHER}"
    rows, rejects = read(export(text), format="text")
    assert rows["analyte"].to_list() == ["sodium"]
    assert rejects["code"].to_list() == ["other_specimen", code]


@pytest.mark.parametrize(
    ("line", "blood"),
    [
        ("Nature du prélèvement : sang veineux", True), ("Specimen: Serum", True),
        ("Specimen Type : Whole blood EDTA", True), ("Type d'échantillon : plasma", True),
        ("Nature de l'échantillon : Sérum", True), ("Probenmaterial: Serum", True),
        ("Specimen: Urine", False), ("Nature du prélèvement : urines", False),
        ("Specimen type: Pleural fluid", False), ("Nature du prélèvement : LCR", False),
        ("Specimen: Swab", False), ("Nature du prélèvement : liquide d'ascite", False),
    ],
)  # fmt: skip
def test_a_stated_specimen_is_judged_and_carried(export, line: str, blood: bool) -> None:
    text = f"Patient ID: 17\n\n{BLOOD}\n{line}\n{OTHER}Potassium   4.1   mmol/L  (3.5-5.1)\n"
    rows, rejects = read(export(text), format="text")
    stated = line.split(":")[1].strip()
    assert rows["specimen"].to_list() == [None] + ([stated] * 2 if blood else [])
    assert rejects["code"].to_list() == ([] if blood else ["other_specimen"] * 2)


def test_a_number_behind_the_word_specimen_is_the_number_of_the_sample(export) -> None:
    text = f"Patient ID: 17\nSpecimen: 036-442-0071\n\n{BLOOD}{OTHER}"
    rows, _ = read(export(text), format="text")
    assert rows.select("specimen", "sample_id").unique().rows() == [(None, "036-442-0071")]
