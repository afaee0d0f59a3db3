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


@pytest.fixture(scope="module")
def tables_of_a_column(tmp_path_factory):
    """A table for each header, as it is known by its header alone, all in one reading."""
    folder = tmp_path_factory.mktemp("columns")
    tables = {f"H{n}": with_column(one, "Ionogramme", "Urines") for n, one in enumerate(COLUMNS)}
    tables |= {f"S{n}": with_column(one, "Sang", "Urines") for n, one in enumerate(SPECIMENS)}
    for patient, text in tables.items():
        (folder / f"{patient}.csv").write_text(text.replace("P1", patient), "utf-8")
    rows, rejects = read([folder / f"{patient}.csv" for patient in tables])

    def of(patient: str):
        of_file = rejects.filter(pl.col("source").str.ends_with(f"{patient}.csv"))
        return rows.filter(patient_id=patient), of_file

    return of


@pytest.mark.parametrize("header", COLUMNS)
def test_a_column_of_headings_refuses_other_fluids(tables_of_a_column, header):
    rows, rejects = tables_of_a_column(f"H{COLUMNS.index(header)}")
    assert rows["analyte"].to_list() == ["sodium"]
    assert rejects.select("code", "reported_name").rows() == [("other_specimen", "Glucose")]


@pytest.mark.parametrize("header", SPECIMENS)
def test_a_column_of_specimens_is_judged(tables_of_a_column, header):
    rows, rejects = tables_of_a_column(f"S{SPECIMENS.index(header)}")
    assert rows["analyte"].to_list() == ["sodium"]
    assert rejects["code"].to_list() == ["other_specimen"]


def test_a_column_named_after_taking_that_holds_what_was_taken(export):
    text = with_column("X", "Sang", "Urines").replace("collected;X", "date;Prélèvement")
    rows, rejects = read(export(text))
    assert rows["analyte"].to_list() == ["sodium"]
    assert rejects["code"].to_list() == ["other_specimen"]


LINES = "patient;test;value;unit\n"
OF_OTHERS = [
    [f"P{n};Sodium;140;mmol/L", f"{heading};;;", f"P{n};Glucose;2.1;mmol/L",
     f"P{n};Potassium;44;mmol/L", "BIOCHIMIE SANGUINE;;;", f"P{n};Chloride;101;mmol/L"]
    for n, heading in enumerate(OTHERS)
]  # fmt: skip
OF_BLOOD = [[f"{heading};;;", f"B{n};Sodium;140;mmol/L"] for n, heading in enumerate(BLOOD)]


def places(blocks: list[list[str]], number: int, *lines: int) -> list[str]:
    """Where lines of a member stand (1: its first) in a table with one line of header."""
    above = 1 + sum(map(len, blocks[:number]))
    return [f"line {above + line}" for line in lines]


@pytest.fixture(scope="module")
def under_lines(read_of_each):
    """Every heading on a line of its own, each with a patient's results around it, in one table."""
    lines = [line for block in OF_OTHERS for line in block]
    return read_of_each(LINES + "\n".join(lines) + "\n", "lines.csv")


@pytest.mark.parametrize("heading", OTHERS)
def test_a_line_that_is_a_heading_holds_until_the_next(under_lines, heading):
    number = OTHERS.index(heading)
    rows, rejects = under_lines(f"P{number}")
    assert rows["analyte"].to_list() == ["sodium", "chloride"]
    refused = rejects.filter(pl.col("results") > 0)
    assert refused["code"].to_list() == ["other_specimen"] * 2
    assert refused["place"].to_list() == places(OF_OTHERS, number, 3, 4)


def test_a_heading_in_a_table_of_one_patient_holds_until_the_next(export):
    rows, rejects = read(export(LINES + "\n".join(OF_OTHERS[0]) + "\n"))
    assert rows["analyte"].to_list() == ["sodium", "chloride"]
    refused = rejects.filter(pl.col("results") > 0)
    assert refused["place"].to_list() == ["line 4", "line 5"]


@pytest.fixture(scope="module")
def under_blood(tmp_path_factory):
    """Headings of blood in a column, and on lines of their own: a table of each."""
    folder = tmp_path_factory.mktemp("blood")
    head, *_ = with_column("Section", "", "").splitlines()
    column = [with_column("Section", one, one).splitlines()[1:] for one in BLOOD]
    columns = [line.replace("P1", f"C{n}") for n, lines in enumerate(column) for line in lines]
    (folder / "column.csv").write_text("\n".join([head, *columns, ""]), "utf-8")
    lines = [line for block in OF_BLOOD for line in block]
    (folder / "lines.csv").write_text(LINES + "\n".join([*lines, ""]), "utf-8")
    return read([folder / "column.csv", folder / "lines.csv"])


@pytest.mark.parametrize("heading", BLOOD)
def test_headings_of_blood_refuse_nothing(under_blood, heading):
    rows, rejects = under_blood
    number = BLOOD.index(heading)
    assert rows.filter(patient_id=f"C{number}").height == 2
    assert rows.filter(patient_id=f"B{number}").height == 1
    assert not set(rejects["patient_id"]) & {f"C{number}", f"B{number}"}
    (place,) = places(OF_BLOOD, number, 1)
    told = rejects.filter(pl.col("source").str.ends_with("lines.csv"), place=place)
    assert told.select("results", "reported_name").rows() == [(0, heading)]


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


WIDE_OTHERS = [
    "Na urinaire", "Glucose (LCR)", "Urine sodium", "Créatinine urinaire (mmol/L)",
    "CSF glucose", "Protéinurie", "Albumine (liquide d'ascite)", "U-Na", "K (urine)",
    "Glucose CSF", "Urine_creatinine", "Pleural LDH", "calciurie", "Kaliurèse urine",
    "Sodium, urine", "Protein urine 24h", "Amylase drain", "Glucose liquide pleural",
    "Microalbumine", "Stool calprotectin",
]  # fmt: skip


@pytest.fixture(scope="module")
def wide_files(tmp_path_factory):
    """A wide table for each such column, as it is recognised by its header, all in one reading."""
    folder = tmp_path_factory.mktemp("wide")
    for number, header in enumerate(WIDE_OTHERS):
        quoted = f'"{header}"' if "," in header else header
        text = f"patient,collected,{quoted},K (mmol/L)\nP{number},2024-01-25,7,4.1\n"
        (folder / f"{number}.csv").write_text(text, "utf-8")
    return read_all([folder / f"{number}.csv" for number in range(len(WIDE_OTHERS))])


@pytest.mark.parametrize("header", WIDE_OTHERS)
def test_a_column_of_a_wide_table_named_after_another_fluid_is_refused(wide_files, header):
    rows, rejects, notices = wide_files
    patient = f"P{WIDE_OTHERS.index(header)}"
    assert rows.filter(patient_id=patient)["analyte"].to_list() == ["potassium"]
    refused = rejects.filter(pl.col("source").str.ends_with(f"{patient[1:]}.csv"))
    refused = refused.filter(patient_id=patient)
    assert refused.select("code", "reported_value").rows() == [("other_specimen", "7")]
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


def in_report(number: int, heading: str) -> list[str]:
    first, second = f"{number}a", f"{number}b"
    return [
        f"{first};02/01/2026;Potassium;4,1;mmol/L", f"{first};02/01/2026;{heading};;",
        f"{first};02/01/2026;Sodium;50;mmol/L", f"{first};02/01/2026;BIOCHIMIE;;",
        f"{first};02/01/2026;Chlorures;60;mmol/L", f"{first};02/01/2026;HEMATOLOGIE;;",
        f"{first};02/01/2026;Hb;13;g/dL", f"{second};02/01/2026;Sodium;141;mmol/L",
    ]  # fmt: skip


IN_REPORTS = [in_report(number, heading) for number, heading in enumerate(OTHERS)]


@pytest.fixture(scope="module")
def in_reports(read_of_each):
    """Every heading on a line of a report of its own, in one table."""
    lines = [line for block in IN_REPORTS for line in block]
    return read_of_each("\n".join([REPORTS.splitlines()[0], *lines, ""]), "reports.csv")


@pytest.mark.parametrize("heading", OTHERS)
def test_a_heading_on_a_line_of_a_report_holds_in_that_report(in_reports, heading):
    number = OTHERS.index(heading)
    rows, rejects = in_reports(f"{number}a")
    assert rows["analyte"].to_list() == ["potassium", "hemoglobin"]
    assert refused_of(rejects) == places(IN_REPORTS, number, 3, 5)
    rows, rejects = in_reports(f"{number}b")
    assert (rows["analyte"].to_list(), rejects.is_empty()) == (["sodium"], True)


STATEMENTS = [
    ("Nature du prélèvement", "Urine"), ("Prélèvement", "LCR"), ("Sample type", "Urine"),
    ("Specimen", "UR"), ("Type de prélèvement", "Liquide pleural"), ("Source", "CSF"),
    ("Matériel", "Selles"), ("Fluid type", "Pleural fluid"), ("Échantillon", "urines"),
    ("Chapitre", "URINES"), ("Titre", "Biochimie urinaire"), ("Rubrique", "L.C.R."),
]  # fmt: skip


def stated(number: int, label: str, said: str) -> list[str]:
    first, second = f"{number}a", f"{number}b"
    return [
        f"{first};02/01/2026;Potassium;4,1;mmol/L", f"{first};02/01/2026;{label};{said};",
        f"{first};02/01/2026;Sodium;50;mmol/L", f"{first};02/01/2026;{label};Sang;",
        f"{first};02/01/2026;Chlorures;101;mmol/L", f"{second};02/01/2026;Sodium;141;mmol/L",
    ]  # fmt: skip


STATED = [stated(number, *pair) for number, pair in enumerate(STATEMENTS)]


@pytest.fixture(scope="module")
def stated_reports(read_of_each):
    """Every statement of a specimen in a report of its own, in one table."""
    lines = [line for block in STATED for line in block]
    return read_of_each("\n".join([REPORTS.splitlines()[0], *lines, ""]), "reports.csv")


@pytest.mark.parametrize(("label", "said"), STATEMENTS)
def test_a_line_that_states_the_specimen_holds_in_its_report(stated_reports, label, said):
    number = STATEMENTS.index((label, said))
    rows, rejects = stated_reports(f"{number}a")
    assert rows["analyte"].to_list() == ["potassium", "chloride"]
    assert refused_of(rejects)[-1:] == places(STATED, number, 3)
    rows, rejects = stated_reports(f"{number}b")
    assert (rows["analyte"].to_list(), rejects.is_empty()) == (["sodium"], True)


@pytest.mark.parametrize("line", ["1;;URINES;;", ";02/01/2026;URINES;;", "1;02/01/2026;URINES;;"])
def test_a_heading_without_a_date_is_of_the_report_after_it(export, line):
    text = f"IPP;Date prel;Examen;Resultat;Unité\n{line}\n1;02/01/2026;Sodium;50;mmol/L\n"
    rows, rejects = read(export(f"{text}1;03/01/2026;Sodium;141;mmol/L\n"))
    assert (rows.height, refused_of(rejects)) == (1, ["line 3"])


NO_HEADINGS = ["Glucose urinaire;;", "Protéinurie;;", "URINES;;mmol/L", "BIOCHIMIE;;", "Sodium;;"]


@pytest.fixture(scope="module")
def after_no_heading(read_of_each):
    head, before = REPORTS.splitlines()
    lines = [
        f"{number}{line[1:]}"
        for number, no_heading in enumerate(NO_HEADINGS)
        for line in (before, f"1;02/01/2026;{no_heading}", "1;02/01/2026;Sodium;140;mmol/L")
    ]
    return read_of_each("\n".join([head, *lines, ""]), "reports.csv")


@pytest.mark.parametrize("line", NO_HEADINGS)
def test_an_analysis_without_a_value_refuses_nothing_after_it(after_no_heading, line):
    rows, _ = after_no_heading(str(NO_HEADINGS.index(line)))
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


SHEET_TEXTS = [WIDE, REPORTS + REPORTS.splitlines()[1] + "\n"]


def of_patient(text: str, patient: str) -> str:
    return "".join(
        f"{patient}{line[1:]}\n" if line.startswith("1;") else f"{line}\n"
        for line in text.splitlines()
    )


@pytest.fixture(scope="module")
def books(tmp_path_factory):
    """A workbook with all sheets of others, by what they hold: read once each."""

    def book(text: str):
        sheets = {
            sheet: of_patient(text, f"S{number}") for number, sheet in enumerate(SHEETS, start=1)
        }
        return read(workbook(tmp_path_factory.mktemp("book"), {"Sang": WIDE, **sheets}))

    return {text: book(text) for text in SHEET_TEXTS}


@pytest.mark.parametrize("text", SHEET_TEXTS)
@pytest.mark.parametrize(("sheet", "code"), SHEETS.items())
def test_the_name_of_a_sheet_is_a_heading(books, sheet, code, text):
    rows, rejects = books[text]
    patient = f"S{list(SHEETS).index(sheet) + 1}"
    assert (rows.filter(patient_id="1").height, rows.filter(patient_id=patient).height) == (2, 0)
    rejects = rejects.filter(source=f"book.xlsx/{sheet}")
    assert rejects["code"].to_list() == [code] * 2
    assert rejects["patient_id"].to_list() == [patient] * 2


def test_nothing_else_of_such_a_workbook_is_refused(books):
    for rows, rejects in books.values():
        assert rows["patient_id"].to_list() == ["1", "1"]
        assert set(rejects["source"]) == {f"book.xlsx/{sheet}" for sheet in SHEETS}


OTHER_SHEETS = [
    "Sang", "Feuil1", "Biochimie", "Contrôle M3", "Patients contrôlés", "Export 2026",
    "Hématologie", "Visit 1", "Sheet1", "Suivi",
]  # fmt: skip


@pytest.fixture(scope="module")
def other_sheets(tmp_path_factory):
    sheets = {sheet: of_patient(WIDE, f"S{n}") for n, sheet in enumerate(OTHER_SHEETS)}
    return read(workbook(tmp_path_factory.mktemp("book"), sheets))


@pytest.mark.parametrize("sheet", OTHER_SHEETS)
def test_a_sheet_of_another_name_is_read(other_sheets, sheet):
    rows, rejects = other_sheets
    assert rows.filter(patient_id=f"S{OTHER_SHEETS.index(sheet)}").height == 2
    assert rejects.height == 0


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
