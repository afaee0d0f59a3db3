"""Ten fluids in every data set that names specimens: none is among the rows."""

import polars as pl
import pytest

from hemoscribe.sources import read

FLUIDS = [
    "Urine", "Cerebral spinal fluid", "Pleural fluid", "Peritoneal fluid", "Synovial fluid",
    "Amniotic fluid", "Saliva", "Stool", "Sweat", "Body fluid",
]  # fmt: skip
BLOOD = "Potassium [Moles/volume] in Serum or Plasma"
REFUSED = {"other_specimen", "unknown_specimen"}


def name(fluid: str) -> str:
    return f"Potassium [Moles/volume] in {fluid}"


def omop(folder, fluid):
    (folder / "measurement.csv").write_text(
        "person_id,measurement_concept_id,measurement_date,value_as_number,unit_source_value\n"
        "1,1,2024-01-02,4.1,mmol/L\n1,2,2024-01-02,40,mmol/L\n"
    )
    (folder / "concept.csv").write_text(
        "concept_id,concept_name,vocabulary_id,concept_code\n"
        f"1,{BLOOD},LOINC,2823-3\n2,{name(fluid)},LOINC,2823-3\n"  # a code that says blood
    )


def synthea(folder, fluid):
    row = "2024-01-02T08:00:00Z,1,e,laboratory,2823-3,{},{},mmol/L,numeric\n"
    (folder / "observations.csv").write_text(
        "DATE,PATIENT,ENCOUNTER,CATEGORY,CODE,DESCRIPTION,VALUE,UNITS,TYPE\n"
        + row.format(BLOOD, 4.1) + row.format(name(fluid), 40)
    )  # fmt: skip


def eicu(folder, fluid):
    row = "1,11,5,1,{},{},,mmol/L\n"
    (folder / "lab.csv").write_text(
        "labid,patientunitstayid,labresultoffset,labtypeid,labname,labresult,labresulttext,"
        "labmeasurenamesystem\n" + row.format("potassium", 4.1)
        + row.format(f"potassium - {fluid}", 40)
    )  # fmt: skip


def meds(folder, fluid):
    pl.DataFrame(
        {
            "subject_id": [1, 1], "time": [None, None], "numeric_value": [4.1, 40.0],
            "code": ["LAB//1//mmol/L", "LAB//2//mmol/L"],
        },
        schema_overrides={"time": pl.Datetime("us")},
    ).write_parquet(folder / "0.parquet")  # fmt: skip
    (folder / "metadata").mkdir()
    pl.DataFrame(
        {
            "code": ["LAB//1//mmol/L", "LAB//2//mmol/L"],
            "description": [f"{BLOOD}//Potassium", f"{name(fluid)}//Potassium"],
            "parent_codes": [["LOINC/2823-3"], ["LOINC/2823-3"]],
        }
    ).write_parquet(folder / "metadata" / "codes.parquet")


def mimic(folder, fluid):
    (folder / "labevents.csv").write_text(
        "subject_id,itemid,charttime,value,valueuom\n"
        "1,1,2150-01-02 08:00:00,4.1,mmol/L\n1,2,2150-01-02 08:00:00,40,mmol/L\n"
    )
    (folder / "d_labitems.csv").write_text(
        f"itemid,label,fluid\n1,Potassium,Blood\n2,Potassium,{fluid}\n"
    )


@pytest.mark.parametrize("fluid", FLUIDS)
@pytest.mark.parametrize("write", [omop, synthea, eicu, meds, mimic])
def test_no_result_of_another_fluid_is_among_the_rows(write, fluid, tmp_path):
    write(tmp_path, fluid)
    rows, rejects = read(tmp_path)
    assert rows["value"].to_list() == [pytest.approx(4.1)]
    assert set(rejects["code"]) <= (REFUSED | {"unknown_analyte"} if write is eicu else REFUSED)
    assert rejects["results"].sum() == 1
