"""What stands under a heading of another fluid is refused, whatever its name."""

import polars as pl
import pytest

from hemoscribe.sources import read
from hemoscribe.sources.intake import read_all
from hemoscribe.sources.tables.section_headings import is_heading

COLUMNS = [
    "Section", "Rubrique", "Chapitre", "Discipline", "Panel", "Order", "Order name", "Panel name",
    "LIB_CHAPITRE", "Famille", "Profil", "Bilan", "Test group", "Battery", "Secteur", "LBCAT",
    "Groupe analyses", "Paillasse", "Heading", "Ordered test", "Libellé rubrique",
]  # fmt: skip
SPECIMENS = [
    "Nature de prélèvement", "Nature", "NAT_PREL", "Type de prélèvement", "TYPE_ECH", "Specimen",
    "specimen_source", "Sample type", "SPEC_TYPE", "Matrice", "Liquide biologique", "Fluid",
    "Specimen description", "Nature échantillon", "lib nature", "Material", "Body fluid",
    "Milieu", "sampleType", "LIB_PREL", "Biospecimen",
]  # fmt: skip
OTHERS = [
    "Urines", "URINE", "Biochimie urinaire", "Ionogramme urinaire", "LCR", "CSF", "Liquide pleural",
    "Pleural fluid", "Ascite", "Urinalysis", "UA", "E.C.B.U.", "Urines de 24h", "Selles", "Stool",
    "Liquide céphalo-rachidien", "Synovial fluid", "Myélogramme", "Dialysat", "Random urine",
    "Drain", "Peritoneal fluid", "Sperm - Semen analysis",
]  # fmt: skip
BLOOD = ["Biochimie", "Sang", "Hématologie", "Chemistry", "Ionogramme", "Serum", "CBC", "Hormones"]


def with_column(header: str, first: str, second: str) -> str:
    return (
        f"patient;collected;{header};test;value;unit\nP1;2024-01-25;{first};Sodium;140;mmol/L\n"
        f"P1;2024-01-25;{second};Glucose;2.1;mmol/L\n"
    )


@pytest.mark.parametrize("header", COLUMNS)
def test_a_column_of_headings_refuses_other_fluids(export, header):
    rows, rejects = read(export(with_column(header, "Ionogramme", "Urines")))
    assert rows["analyte"].to_list() == ["sodium"]
    assert rejects.select("code", "reported_name").rows() == [("other_specimen", "Glucose")]


@pytest.mark.parametrize("header", SPECIMENS)
def test_a_column_of_specimens_is_judged(export, header):
    rows, rejects = read(export(with_column(header, "Sang", "Urines")))
    assert rows["analyte"].to_list() == ["sodium"]
    assert rejects["code"].to_list() == ["other_specimen"]


def test_a_column_named_after_taking_that_holds_what_was_taken(export):
    text = with_column("X", "Sang", "Urines").replace("collected;X", "date;Prélèvement")
    rows, rejects = read(export(text))
    assert rows["analyte"].to_list() == ["sodium"]
    assert rejects["code"].to_list() == ["other_specimen"]


@pytest.mark.parametrize("heading", OTHERS)
def test_a_line_that_is_a_heading_holds_until_the_next(export, heading):
    text = (
        "patient;test;value;unit\nP1;Sodium;140;mmol/L\n"
        f"{heading};;;\nP1;Glucose;2.1;mmol/L\nP1;Potassium;44;mmol/L\n"
        "BIOCHIMIE SANGUINE;;;\nP1;Chloride;101;mmol/L\n"
    )
    rows, rejects = read(export(text))
    assert rows["analyte"].to_list() == ["sodium", "chloride"]
    refused = rejects.filter(pl.col("results") > 0)
    assert refused["code"].to_list() == ["other_specimen"] * 2
    assert refused["place"].to_list() == ["line 4", "line 5"]


@pytest.mark.parametrize("heading", BLOOD)
def test_headings_of_blood_refuse_nothing(export, heading):
    rows, _ = read(export(with_column("Section", heading, heading)))
    assert rows.height == 2
    text = f"patient;test;value;unit\n{heading};;;\nP1;Sodium;140;mmol/L\n"
    rows, rejects = read(export(text))
    assert rows.height == 1
    assert rejects.select("results", "reported_name").rows() == [(0, heading)]


@pytest.mark.parametrize(
    "name", ["Sodium", "Glucose urinaire", "Protéinurie", "Natriurie", "Urea", "Calcium urinaire",
             "Creatinine urine", "Hb", "12", "Urine sodium"]
)  # fmt: skip
def test_an_analysis_without_a_value_is_no_heading(name):
    assert not is_heading(name)


def test_a_heading_goes_on_through_blocks(export, monkeypatch):
    from hemoscribe.sources.tables import delimited

    monkeypatch.setattr(delimited.tables, "__kwdefaults__", {"encoding": None, "chunk_bytes": 200})
    lines = "".join(f"P1;Sodium;{100 + n};mmol/L\n" for n in range(40))
    rows, rejects = read(export(f"patient;test;value;unit\nP1;K;4.1;mmol/L\nURINES;;;\n{lines}"))
    assert rows.height == 1
    assert rejects["results"].sum() == 40


@pytest.mark.parametrize(
    "header", ["Na urinaire", "Glucose (LCR)", "Urine sodium", "Créatinine urinaire (mmol/L)",
               "CSF glucose", "Protéinurie", "Albumine (liquide d'ascite)", "U-Na", "K (urine)",
               "Glucose CSF", "Urine_creatinine", "Pleural LDH", "calciurie", "Kaliurèse urine",
               "Sodium, urine", "Protein urine 24h", "Amylase drain", "Glucose liquide pleural",
               "Microalbumine", "Stool calprotectin"]
)  # fmt: skip
def test_a_column_of_a_wide_table_named_after_another_fluid_is_refused(export, header):
    text = f"patient,collected,{header},K (mmol/L)\nP1,2024-01-25,7,4.1\n"
    if "," in header:
        text = text.replace(header, f'"{header}"')
    rows, rejects, notices = read_all([export(text)])
    assert rows["analyte"].to_list() == ["potassium"]
    assert rejects.select("code", "reported_value").rows() == [("other_specimen", "7")]
    assert not notices.dropped


@pytest.mark.parametrize("above", [";;Sang;;Urines;", ";;SANG;;URINES;URINES", ";;;;Urine;"])
def test_a_heading_over_the_columns_of_a_wide_table_is_theirs(export, above):
    text = f"{above}\npatient;collected;K;Na;Glucose;Urea\nP1;2024-01-25;4.1;140;2.2;99\n"
    rows, rejects = read(export(text))
    assert set(rows["analyte"]) <= {"potassium", "sodium"}
    refused = rejects.filter(pl.col("code") == "other_specimen")
    assert refused["reported_name"].to_list() == ["Glucose", "Urea"]
