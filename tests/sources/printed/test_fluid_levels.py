"""Sub-headings below another fluid's, and what ends it; a table's lines of headings alike."""

import pytest

from hemoscribe.sources import read

BLOOD = "CRP          5,1   mg/L    (0,0 - 6,1)\n"
NA = "Sodium       40    mmol/L\n"
RANGED = "Sodium       140   mmol/L  (135 - 145)\n"
WBC = "Leucocytes   0,5   G/L\n"
GLUCOSE = "Glucose      1,5   mmol/L\n"
COUNT = f"{WBC}VGM          88    fL\n"
REFUSED = {  # what stands under it is not blood, or not known to be
    f"{fluid}\n{part}\n{result}"
    for fluid in ("URINES", "Urines :", "LIQUIDE PLEURAL", "L.C.R.", "CSF", "ECBU")
    for part, result in (
        ("IONOGRAMME", NA), ("Biochimie", GLUCOSE), ("HEMATOLOGIE", WBC), ("Chemistry", GLUCOSE),
        ("Enzymologie", "LDH   900   U/L\n"),
    )
} | {
    f"LIQUIDE PLEURAL\nBIOCHIMIE\n{GLUCOSE}HEMATOLOGIE\n{WBC}",
    f"LIQUIDE PLEURAL\n\nBIOCHIMIE\n{GLUCOSE}\nHEMATOLOGIE\n{WBC}",
    f"CSF\n{GLUCOSE}\nHAEMATOLOGY\n{WBC}",
    f"URINES\n{GLUCOSE}\n  IONOGRAMME\n{NA}",
    f"URINES\n{GLUCOSE}\nIonogramme\n{NA}",
    f"L.C.R. :\n{GLUCOSE}", f"L.C.R\n{GLUCOSE}", f"D.P.\n{NA}", f"DP :\n{NA}", f"L C R\n{GLUCOSE}",
    f"Diurèse : 1500 mL\n{NA}", f"Diurèse            1500   mL\n{NA}",
    f"Volume urinaire : 1,5 L\n{NA}", f"Urine volume   1500 mL\n{NA}",
    f"Diurèse des 24 heures : 1500 mL\nIonogramme\n{NA}",
}  # fmt: skip
READ = {  # the last results are of blood
    f"URINES\n{GLUCOSE}\nHEMATOLOGIE\n{WBC}",
    f"URINES\n{GLUCOSE}HEMATOLOGIE\n{WBC}",
    f"Urines\n{GLUCOSE}\nHématologie\n{WBC}",
    f"      URINES\n{GLUCOSE}\nHEMATOLOGIE\n{WBC}",
    f"                URINES\n{GLUCOSE}\n             HEMATOLOGIE\n{WBC}",
    f"URINES\nIonogramme\n{NA}\nHEMATOLOGIE\n{WBC}",
    f"URINES\n  Biochimie\n{GLUCOSE}\nHEMATOLOGIE\n{WBC}",
    f"LIQUIDE PLEURAL\n{GLUCOSE}\nSANG\n{WBC}",
    f"LIQUIDE PLEURAL\nBIOCHIMIE\n{GLUCOSE}\nNUMERATION FORMULE SANGUINE\n{WBC}",
    f"CSF\n{GLUCOSE}\nCBC\n{WBC}",
    f"CSF\n{GLUCOSE}\nSerum\n{WBC}",
    f"LIQUIDE PLEURAL\n{GLUCOSE}\nHEMATOLOGIE\n{COUNT}",
    f"URINES\n{GLUCOSE}\nIonogramme\n{RANGED}",
    f"Diurèse : 1500 mL\n{NA}\nHEMATOLOGIE\n{WBC}",
    f"URINES\n{GLUCOSE}\nHEMOSTASE\nINR   2,5\n",
}
PAGES = sorted(REFUSED) + sorted(READ)


@pytest.fixture(scope="module")
def analytes(read_of_each):
    """The analytes read of a page, and the codes of what is refused."""
    pages = [f"IPP : {number}\n\n{BLOOD}\n{text}" for number, text in enumerate(PAGES)]
    of = read_of_each("\f".join(pages), "report.txt", format="text")

    def read_page(text: str):
        rows, rejects = of(str(PAGES.index(text)))
        return rows["analyte"].to_list(), rejects.filter(results=1)["code"].to_list()

    return read_page


@pytest.mark.parametrize("text", sorted(REFUSED))
def test_a_part_of_another_fluid_is_no_blood(analytes, text: str) -> None:
    found, codes = analytes(text)
    assert found == ["crp"]
    assert codes
    assert set(codes) <= {"other_specimen", "unknown_specimen"}


@pytest.mark.parametrize("text", sorted(READ))
def test_a_chapter_of_blood_ends_another_fluid(analytes, text: str) -> None:
    found, codes = analytes(text)
    assert len(found) > 1
    assert set(codes) == {"other_specimen"}


TABLES = {
    "URINES|IONOGRAMME|Potassium;50": [],
    "URINES|Biochimie|Glucose;0,5": [],
    "LCR|Biochimie|Glucose;2|Hématologie|Leucocytes;0,5": [],
    "CSF|Haematology|Leucocytes;0,5": [],
    "LIQUIDE PLEURAL|BIOCHIMIE|Glucose;2|HEMATOLOGIE|Leucocytes;0,5": [],
    "URINES|Potassium;50|DIVERS|Sodium;20": [],
    "URINES|Potassium;50|HEMATOLOGIE|Leucocytes;5": ["leukocytes"],
    "URINES|Ionogramme|Potassium;50|HEMATOLOGIE|Leucocytes;5": ["leukocytes"],
    "LCR|Glucose;2|NFS|Leucocytes;5": ["leukocytes"],
    "LCR|Glucose;2|SANG|Leucocytes;5": ["leukocytes"],
    "LIQUIDE PLEURAL|Glucose;2|HEMATOLOGIE|Leucocytes;5|Plaquettes;200": [
        "leukocytes",
        "platelets",
    ],
}
UNITS = {"Leucocytes": "G/L", "Plaquettes": "G/L"}


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("lines", TABLES)
def test_a_table_reads_headings_as_a_print_does(export, lines: str, alone: bool) -> None:
    text = "patient;date;analyse;resultat;unite\nP1;02/01/2026;CRP;4,1;mg/L\n"
    for cell in lines.split("|"):
        name, _, value = cell.partition(";")
        if value:
            text += f"P1;02/01/2026;{name};{value};{UNITS.get(name, 'mmol/L')}\n"
        else:
            text += f"{cell};;;;\n" if alone else f"P1;02/01/2026;{cell};;\n"
    rows, rejects = read(export(text, "a.csv"))
    assert rows["analyte"].to_list() == ["crp", *TABLES[lines]]
    assert rows.height + rejects["results"].sum() == 1 + lines.count(";")
