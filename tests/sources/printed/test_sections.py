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


OVER_BLOOD = [
    "HEMATOLOGIE", "BIOCHIMIE SANGUINE", "SERUM", "CBC", "Ionogramme", "LIPID PANEL", "HEMOSTASE",
    "COMPREHENSIVE METABOLIC PANEL", "Bilan hépatique", "Thyroid function tests",
]  # fmt: skip
PARTS = [
    ("MICROSCOPY", "other_specimen"), ("SEDIMENT", "other_specimen"),
    ("Physical examination", "other_specimen"), ("DIVERS", "unknown_specimen"),
    ("Other analyses", "unknown_specimen"),
]  # fmt: skip
STATED = [
    ("Nature du prélèvement : sang veineux", True), ("Specimen: Serum", True),
    ("Specimen Type : Whole blood EDTA", True), ("Type d'échantillon : plasma", True),
    ("Nature de l'échantillon : Sérum", True), ("Probenmaterial: Serum", True),
    ("Specimen: Urine", False), ("Nature du prélèvement : urines", False),
    ("Specimen type: Pleural fluid", False), ("Nature du prélèvement : LCR", False),
    ("Specimen: Swab", False), ("Nature du prélèvement : liquide d'ascite", False),
]  # fmt: skip


@pytest.fixture(scope="module")
def of_patient(read_of_each):
    """A page, with a patient of its own, for every heading and every specimen that is stated."""
    pages = {f"1{n:02}": f"HEMATOLOGY\n{BLOOD}{one}\n{OTHER}" for n, one in enumerate(FLUIDS)}
    for n, heading in enumerate(OVER_BLOOD):
        pages[f"2{n:02}"] = f"URINALYSIS\n{OTHER}\n{heading}\n{BLOOD}"
    for n, (heading, _) in enumerate(PARTS):
        pages[f"3{n:02}"] = f"{BLOOD}\nURINALYSIS\n{OTHER}\n{heading}\n{OTHER}"
    for n, (line, _) in enumerate(STATED):
        more = "Potassium   4.1   mmol/L  (3.5-5.1)\n"
        pages[f"4{n:02}"] = f"{BLOOD}\n{line}\n{OTHER}{more}"
    text = "\f".join(f"Patient ID: {patient}\n\n{page}" for patient, page in pages.items())
    return read_of_each(text, "report.txt", format="text")


@pytest.mark.parametrize("heading", FLUIDS)
def test_under_a_heading_of_another_fluid_nothing_is_blood(of_patient, heading: str) -> None:
    rows, rejects = of_patient(f"1{FLUIDS.index(heading):02}")
    assert rows["analyte"].to_list() == ["sodium"]
    assert rejects["code"].to_list() == ["other_specimen"]
    assert rejects["reported_value"].to_list() == ["9.1"]


def test_nothing_is_nobodys(of_patient) -> None:
    assert [one.height for one in of_patient(None)] == [0, 0]


def test_what_is_refused_in_a_report_alone_is_its_patients(export) -> None:
    text = f"Patient ID: 17\n\nHEMATOLOGY\n{BLOOD}{FLUIDS[0]}\n{OTHER}"
    rows, rejects = read(export(text), format="text")
    assert rows["analyte"].to_list() == ["sodium"]
    assert rejects["code"].to_list() == ["other_specimen"]
    assert rejects["patient_id"].to_list() == ["17"]


@pytest.mark.parametrize("heading", OVER_BLOOD)
def test_a_heading_over_blood_ends_another_fluids(of_patient, heading: str) -> None:
    rows, rejects = of_patient(f"2{OVER_BLOOD.index(heading):02}")
    assert rows["analyte"].to_list() == ["sodium"]
    assert rejects["code"].to_list() == ["other_specimen"]


@pytest.mark.parametrize(("heading", "code"), PARTS)
def test_under_a_heading_that_may_be_a_part_of_it_nothing_is_taken_for_blood(
    of_patient, heading: str, code: str
) -> None:
    rows, rejects = of_patient(f"3{PARTS.index((heading, code)):02}")
    assert rows["analyte"].to_list() == ["sodium"]
    assert rejects["code"].to_list() == ["other_specimen", code]


@pytest.mark.parametrize(("line", "blood"), STATED)
def test_a_stated_specimen_is_judged_and_carried(of_patient, line: str, blood: bool) -> None:
    rows, rejects = of_patient(f"4{STATED.index((line, blood)):02}")
    stated = line.split(":")[1].strip()
    assert rows["specimen"].to_list() == [None] + ([stated] * 2 if blood else [])
    assert rejects["code"].to_list() == ([] if blood else ["other_specimen"] * 2)


def test_a_number_behind_the_word_specimen_is_the_number_of_the_sample(export) -> None:
    text = f"Patient ID: 17\nSpecimen: 036-442-0071\n\n{BLOOD}{OTHER}"
    rows, _ = read(export(text), format="text")
    assert rows.select("specimen", "sample_id").unique().rows() == [(None, "036-442-0071")]
