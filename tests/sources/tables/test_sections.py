"""What stands under a heading of another fluid is refused, whatever its name."""

import polars as pl
import pytest
from openpyxl import Workbook

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


OVER = {
    "units below": (
        ";;NFS;;Chimie;Urines;\nIPP;Date;Hb;Plaquettes;K;Na;Créat\n"
        ";;g/dL;G/L;mmol/L;mmol/L;µmol/L\n1;02/03/2026;13,1;250;4,1;40;9000\n"
    ),
    "a blank line between": (
        ";;NFS;;Chimie;Urines;\n;;;;;;\nIPP;Date;Hb;Plaquettes;K;Na;Créat\n"
        ";;g/dL;G/L;mmol/L;mmol/L;µmol/L\n1;02/03/2026;13,1;250;4,1;40;9000\n"
    ),
    "two lines of headings": (
        ";;Sang;;;URINES;\n;;NFS;;Chimie;Iono;Chimie\nIPP;Date;Hb;Plaquettes;K;Na;Créat\n"
        ";;g/dL;G/L;mmol/L;mmol/L;µmol/L\n1;02/03/2026;13,1;250;4,1;40;9000\n"
    ),
    "names beside units": (
        ";;Sang;;;Biochimie urinaire;\n;;Hb;Plaquettes;K;Na;Créat\n"
        "IPP;Date;g/dL;G/L;mmol/L;mmol/L;µmol/L\n1;02/03/2026;13,1;250;4,1;40;9000\n"
    ),
    "under a title": (
        "Laboratoire du CHU\n\n;;Sang;;;Urine sample;\nIPP;Date;Hb;Plaquettes;K;Na;Créat\n"
        ";;g/dL;G/L;mmol/L;mmol/L;µmol/L\n1;02/03/2026;13,1;250;4,1;40;9000\n"
    ),
    "units in the header": (
        ";;NFS;;Chimie;LCR;\nIPP;Date;Hb (g/dL);Plaquettes (G/L);K (mmol/L);Na (mmol/L);"
        "Créat (µmol/L)\n1;02/03/2026;13,1;250;4,1;40;9000\n"
    ),
    "groups of columns": (
        ";;Sang;;;;;;Urines;;;\n;;Hb;;Plaquettes;;K;;Na;;Créat;\n"
        "IPP;Date;Résultat;Unité;Résultat;Unité;Résultat;Unité;Résultat;Unité;Résultat;Unité\n"
        "1;02/03/2026;13,1;g/dL;250;G/L;4,1;mmol/L;40;mmol/L;9000;µmol/L\n"
    ),
}


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("text", OVER.values(), ids=OVER)
def test_headings_over_a_header_of_several_lines_are_of_their_columns(export, tmp_path, text, kind):
    path = export(text) if kind == "csv" else workbook(tmp_path, {"Feuil1": text})
    rows, rejects = read(path)
    assert sorted(rows["analyte"]) == ["hemoglobin", "platelets", "potassium"]
    assert rejects["code"].to_list() == ["other_specimen"] * 2
    assert {"40", "9000"} == set(rejects["reported_value"])


@pytest.mark.parametrize(
    "above", [";;NFS;;Chimie;;", ";;Sang;;;;", "Service d'urologie;;;;;;", ";;Urines;Sang;;;",
              "Urines;;;;;;\n;;Sang;;;;"]
)  # fmt: skip
def test_headings_of_blood_over_a_header_refuse_no_column(export, above):
    text = (
        f"{above}\nIPP;Date;Ferritine;Hb;K;Na;Cl\n;;µg/L;g/dL;mmol/L;mmol/L;mmol/L\n"
        "1;02/03/2026;;13,1;4,1;140;101\n"
    )
    rows, rejects = read(export(text))
    assert (rows.height, rejects.height) == (4, 0)


def workbook(folder, sheets):
    book = Workbook()
    book.remove(book.active)
    for title, text in sheets.items():
        sheet = book.create_sheet(title)
        for line in text.splitlines():
            sheet.append([cell or None for cell in line.split(";")])
    book.save(folder / "book.xlsx")
    return folder / "book.xlsx"


REPORTS = "IPP;Date prel;Examen;Resultat;Unité\n1;02/01/2026;Potassium;4,1;mmol/L\n"


def refused_of(rejects):
    valued = rejects.filter(pl.col("reported_value").is_not_null())
    return valued.filter(pl.col("code") == "other_specimen")["place"].to_list()


@pytest.mark.parametrize("heading", OTHERS)
def test_a_heading_on_a_line_of_a_report_holds_in_that_report(export, heading):
    text = (
        f"{REPORTS}1;02/01/2026;{heading};;\n1;02/01/2026;Sodium;50;mmol/L\n"
        "1;02/01/2026;BIOCHIMIE;;\n1;02/01/2026;Chlorures;60;mmol/L\n"
        "1;02/01/2026;HEMATOLOGIE;;\n1;02/01/2026;Hb;13;g/dL\n2;02/01/2026;Sodium;141;mmol/L\n"
    )
    rows, rejects = read(export(text))
    assert rows["analyte"].to_list() == ["potassium", "hemoglobin", "sodium"]
    assert refused_of(rejects) == ["line 4", "line 6"]


STATEMENTS = [
    ("Nature du prélèvement", "Urine"), ("Prélèvement", "LCR"), ("Sample type", "Urine"),
    ("Specimen", "UR"), ("Type de prélèvement", "Liquide pleural"), ("Source", "CSF"),
    ("Matériel", "Selles"), ("Fluid type", "Pleural fluid"), ("Échantillon", "urines"),
    ("Chapitre", "URINES"), ("Titre", "Biochimie urinaire"), ("Rubrique", "L.C.R."),
]  # fmt: skip


@pytest.mark.parametrize(("label", "said"), STATEMENTS)
def test_a_line_that_states_the_specimen_holds_in_its_report(export, label, said):
    text = (
        f"{REPORTS}1;02/01/2026;{label};{said};\n1;02/01/2026;Sodium;50;mmol/L\n"
        f"1;02/01/2026;{label};Sang;\n1;02/01/2026;Chlorures;101;mmol/L\n"
        "2;02/01/2026;Sodium;141;mmol/L\n"
    )
    rows, rejects = read(export(text))
    assert rows["analyte"].to_list() == ["potassium", "chloride", "sodium"]
    assert refused_of(rejects)[-1] == "line 4"


@pytest.mark.parametrize("line", ["1;;URINES;;", ";02/01/2026;URINES;;", "1;02/01/2026;URINES;;"])
def test_a_heading_without_a_date_is_of_the_report_after_it(export, line):
    text = f"IPP;Date prel;Examen;Resultat;Unité\n{line}\n1;02/01/2026;Sodium;50;mmol/L\n"
    rows, rejects = read(export(f"{text}1;03/01/2026;Sodium;141;mmol/L\n"))
    assert (rows.height, refused_of(rejects)) == (1, ["line 3"])


@pytest.mark.parametrize(
    "line", ["Glucose urinaire;;", "Protéinurie;;", "URINES;;mmol/L", "BIOCHIMIE;;", "Sodium;;"]
)
def test_an_analysis_without_a_value_refuses_nothing_after_it(export, line):
    rows, _ = read(export(f"{REPORTS}1;02/01/2026;{line}\n1;02/01/2026;Sodium;140;mmol/L\n"))
    assert rows["analyte"].to_list() == ["potassium", "sodium"]


def test_a_heading_of_a_report_goes_on_through_blocks(export, monkeypatch):
    from hemoscribe.sources.tables import delimited

    monkeypatch.setattr(delimited.tables, "__kwdefaults__", {"encoding": None, "chunk_bytes": 200})
    lines = "".join(f"1;02/01/2026;Sodium;{40 + n};mmol/L\n" for n in range(40))
    after = "1;02/01/2026;HEMATOLOGIE;;\n1;02/01/2026;Hb;13;g/dL\n2;02/01/2026;K;4;mmol/L\n"
    rows, rejects = read(export(f"{REPORTS}1;02/01/2026;URINES;;\n{lines}{after}"))
    assert rows["analyte"].to_list() == ["potassium", "hemoglobin", "potassium"]
    assert len(refused_of(rejects)) == 40


SHEETS = {
    "Urines": "other_specimen", "LCR": "other_specimen", "Urine chemistry": "other_specimen",
    "Liquides pleuraux": "other_specimen", "ECBU": "other_specimen", "CSF": "other_specimen",
    "CQ": "unknown_specimen", "QC": "unknown_specimen", "CQ niveau 2": "unknown_specimen",
    "Contrôle": "unknown_specimen", "Contrôles": "unknown_specimen", "CIQ": "unknown_specimen",
    "Controls": "unknown_specimen", "QC_level_1": "unknown_specimen",
    "EEQ 2026": "unknown_specimen",
    "Contrôle qualité": "unknown_specimen", "IQC": "unknown_specimen", "EQA": "unknown_specimen",
    "Calibration": "unknown_specimen", "Sang et urines": "unknown_specimen",
}  # fmt: skip
WIDE = "IPP;Date;Hb (g/dL);K (mmol/L)\n1;02/03/2026;13,1;4,1\n"


@pytest.mark.parametrize("text", [WIDE, REPORTS + REPORTS.splitlines()[1] + "\n"])
@pytest.mark.parametrize(("sheet", "code"), SHEETS.items())
def test_the_name_of_a_sheet_is_a_heading(tmp_path, sheet, code, text):
    rows, rejects = read(workbook(tmp_path, {"Sang": WIDE, sheet: text}))
    assert rows.height == 2
    assert rejects["source"].unique().to_list() == [f"book.xlsx/{sheet}"]
    assert rejects["code"].to_list() == [code] * 2
    assert rejects["patient_id"].to_list() == ["1", "1"]


@pytest.mark.parametrize(
    "sheet", ["Sang", "Feuil1", "Biochimie", "Contrôle M3", "Patients contrôlés", "Export 2026",
              "Hématologie", "Visit 1", "Sheet1", "Suivi"]
)  # fmt: skip
def test_a_sheet_of_another_name_is_read(tmp_path, sheet):
    rows, rejects = read(workbook(tmp_path, {sheet: WIDE}))
    assert (rows.height, rejects.height) == (2, 0)


def test_a_line_that_states_blood_counts_more_than_its_sheet(tmp_path):
    text = "IPP;Date;Examen;Nature;Resultat;Unité\n1;02/03/2026;K;{};4,1;mmol/L\n"
    text += "1;02/03/2026;Na;;141;mmol/L\n"
    rows, rejects = read(workbook(tmp_path, {"Sang et urines": text.format("Sang")}))
    assert rows["analyte"].to_list() == ["potassium"]
    assert rejects.select("code", "reported_name").rows() == [("unknown_specimen", "Na")]


@pytest.mark.parametrize("sheet", ["CQ", "QC niveau 1", "Contrôles"])
def test_controls_are_of_serum_and_of_no_patient(tmp_path, sheet):
    text = "IPP;Date;Examen;Nature;Resultat;Unité\n1;02/03/2026;K;Sérum;4,1;mmol/L\n"
    rows, rejects = read(workbook(tmp_path, {"Sang": WIDE, sheet: text}))
    assert (rows.height, rejects["code"].to_list()) == (2, ["unknown_specimen"])
