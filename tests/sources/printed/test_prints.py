"""Whole prints as laboratories of several countries make them: every line a row or a reject."""

from hemoscribe.sources import read

from .conftest import shown

FRENCH_LINES = """\
LABORATOIRE DU MOULIN
N° patient : 0077120
Sexe : M
Né(e) le : 14/07/1961
Prélevé le 09/02/2024 à 08h20

NUMERATION                                         Valeurs de référence      Antériorités
Hématies ..............   4,02 T/L                 4,30 à 5,80               4,31
Hémoglobine ...........  * 9,8 g/dL                13,0 à 17,0               11,0
Plaquettes ............     188 G/L                150 à 400                 201
CHIMIE
Créatinine ............    12,1 mg/L               7,2 à 11,8                11,0
 soit .................     107 µmol/L             64 à 104                  97
C-Réactive Protéine ...   < 1,0 mg/L               < 5,0                     2,2
BIOCHIMIE URINAIRE
Créatinine ............    1,10 g/L
CHIMIE DES URINES
Glucose ...............    0,04 g/L
"""


def test_a_french_print_with_headings_beside_its_sections(export):
    rows, rejects = read(export(FRENCH_LINES))
    assert shown(rows) == [
        ("2024-02-09 08:20", "erythrocytes", None, 4.02, 4.3, 5.8, None),
        ("2024-02-09 08:20", "hemoglobin", None, 9.8, 13.0, 17.0, "A"),
        ("2024-02-09 08:20", "platelets", None, 188.0, 150.0, 400.0, None),
        ("2024-02-09 08:20", "creatinine", None, *_in_umol("12.1", "7.2", "11.8"), None),
        ("2024-02-09 08:20", "crp", "<", 1.0, None, 5.0, None),
    ]
    said = rejects.select("place", "code", "reported_value").rows()
    assert {place: value for place, code, value in said if code == "other_specimen"} == {
        "line 16": "1,10", "line 18": "0,04",
    }  # fmt: skip
    assert [value for _, code, value in said if code == "duplicate"] == ["107"]
    undated = [value for _, code, value in said if code == "unreadable"]
    assert undated == ["4,31", "11,0", "201", "11,0", "97", "2,2"]
    assert rejects["patient_id"].null_count() == 0


def _in_umol(*mg_per_l: str) -> list[float]:
    read_back = [round(float(text) * 1000 / 113.12, 6) for text in mg_per_l]
    return [read_back[0], *(float(text) * 1000 / 113.12 for text in mg_per_l[1:])]


FRENCH_PAIRS = """\
LABORATOIRE DU MOULIN
N° patient : 0077120
Prélevé le 19/02/2024 à 08h20

Leucocytes ............    5 870 /mm3     (4 000 à 10 000)
Polynucléaires neutrophiles  64,2 %  soit  3,77 G/L   (1,80 à 7,50)
Lymphocytes ...........    25,0 %       1 468 /mm3  (1 000 à 4 000)
Glycémie à jeun .......    0,88 g/L   soit   4,88 mmol/L   (0,74 à 1,06)
Cholestérol total .....    1,94 g/L (5,02 mmol/L)  (< 2,00)
HbA1c .................    5,6 %  (38 mmol/mol)   (4,0 à 6,0)
Sodium ................    141 mmol/L     (136 à 145)   Ant. : 138
Potassium .............    4,9 mmol/L     (3,5 à 5,1)   4,2 le 03/11/2023
CRP ...................    inf. à 0,6 mg/L (< 5)
Créatinine ............  > 900 µmol/L      (64 à 104)
INR ...................    1,10
"""


def test_a_french_print_with_two_units_and_earlier_values(export):
    rows, rejects = read(export(FRENCH_PAIRS))
    today = rows.filter(rows["collected_at"].dt.year() == 2024)
    found = {
        analyte: (sign, reported, low, high)
        for analyte, sign, reported, low, high in today.select(
            "analyte", "comparator", "reported_value", "low", "high"
        ).iter_rows()
    }
    assert found["leukocytes"] == (None, "5 870", 4.0, 10.0)
    assert found["neutrophils"] == (None, "3,77", 1.8, 7.5)
    assert found["neutrophils_pct"] == (None, "64,2", None, None)
    assert found["lymphocytes"] == (None, "1 468", 1.0, 4.0)
    assert found["lymphocytes_pct"] == (None, "25,0", None, None)
    assert found["hba1c"] == (None, "5,6", 4.0, 6.0)
    assert found["crp"][:2] == ("<", "< 0,6")
    assert found["creatinine"][:2] == (">", "> 900")
    assert {"glucose_fasting", "cholesterol", "sodium", "potassium", "inr"} < set(found)
    assert today.height == 13
    earlier = rows.filter(rows["collected_at"].dt.year() == 2023)
    assert earlier.select("analyte", "value").rows() == [("potassium", 4.2)]
    assert rejects.select("place", "reported_value").rows() == [("line 11, earlier", "138")]


AMERICAN = """\
Bayside Reference Laboratory
Patient ID: BR204        DOB: 08/27/1949     Gender: F
Collected: 02/05/2024 / 09:12 EST

Test Name                     In Range     Out Of Range     Reference Range        Lab
LIPID PANEL
CHOLESTEROL, TOTAL            171                            <200 mg/dL             BR
HDL CHOLESTEROL                              38  L           > OR = 50 mg/dL        BR
LDL-CHOLESTEROL                              121             mg/dL (calc)           BR
   Reference range: <100
BASIC METABOLIC PANEL
SODIUM                                       128 L           135-146 mmol/L         BR
POTASSIUM                     4.0                            3.5-5.3 mmol/L         BR
EGFR                          71                             > OR = 60 mL/min/1.73m2 BR
URINALYSIS, COMPLETE
GLUCOSE                       NEGATIVE                       NEGATIVE               BR
WBC                           0-5                            < OR = 5 /HPF          BR
"""


def test_an_american_print_with_values_in_range_and_out_of_it(export):
    rows, rejects = read(export(AMERICAN))
    assert rows.select("reported_name", "reported_value", "laboratory_flag").rows() == [
        ("CHOLESTEROL, TOTAL", "171", None), ("HDL CHOLESTEROL", "38", "L"),
        ("LDL-CHOLESTEROL", "121", "A"), ("SODIUM", "128", "L"), ("POTASSIUM", "4.0", None),
        ("EGFR", "71", None),
    ]  # fmt: skip
    assert rows["reported_unit"].to_list() == [
        "mg/dL", "mg/dL", "mg/dL", "mmol/L", "mmol/L", "mL/min/1.73m2",
    ]  # fmt: skip
    ranged = [
        (low is not None, high is not None) for low, high in rows.select("low", "high").rows()
    ]
    assert ranged == [
        (False, True), (True, False), (False, True), (True, True), (True, True), (True, False),
    ]  # fmt: skip
    assert str(rows["collected_at"][0]) == "2024-02-05 09:12:00"
    assert set(rejects["code"]) == {"other_specimen"}
    assert rejects.height == 2


CODED = """\
Patient ID: CC31    Date of Birth: 10/19/1968   Sex: Female
Date Collected: 03/07/2024 0745 Local

Test                          Current Result and Flag     Previous Result and Date     Units        Reference Interval
WBC 01                            0.4   LL                   5.9   09/12/2023          x10E3/uL       3.4-10.8
Hemoglobin 01                     8.8   Low                 13.1   09/12/2023          g/dL          11.1-15.9
Potassium 02                      7.4   HH                                             mmol/L        3.5-5.2
"""  # noqa: E501


def test_an_american_print_with_codes_and_previous_results(export):
    rows, rejects = read(export(CODED))
    assert rejects.is_empty()
    now = rows.filter(rows["collected_at"].dt.year() == 2024)
    assert now.select("reported_name", "value", "laboratory_flag").rows() == [
        ("WBC", 0.4, "LL"), ("Hemoglobin", 8.8, "L"), ("Potassium", 7.4, "HH"),
    ]  # fmt: skip
    before = rows.filter(rows["collected_at"].dt.year() == 2023)
    assert str(before["collected_at"][0]) == "2023-09-12 00:00:00"
    assert before.select("value", "laboratory_flag").rows() == [(5.9, None), (13.1, None)]


INDIAN = """\
PATIENT ID : SR410       AGE : 61 YEARS     SEX : F
SAMPLE COLLECTED ON : 05 Feb 2024 07:30

TEST NAME          TECHNOLOGY          VALUE          UNITS
FERRITIN           C.L.I.A             9              ng/mL
Bio. Ref. Interval. :-
22 - 322

TEST NAME          TECHNOLOGY          VALUE          UNITS
ALKALINE
PHOSPHATASE        PHOTOMETRY          88             U/L            45-129
"""


def test_an_indian_print_with_technologies_and_ranges_below(export):
    rows, rejects = read(export(INDIAN))
    assert rejects.is_empty()
    assert rows.select("analyte", "value", "low", "high", "method", "age_years").rows() == [
        ("ferritin", 9.0, 22.0, 322.0, "C.L.I.A", 61.0),
        ("alp", 88.0, 45.0, 129.0, "PHOTOMETRY", 61.0),
    ]


GERMAN = """\
Laborbefund
Patient-ID: H12   geb. 17.09.1982   Geschlecht: m
Entnahme: 06.02.2024 08:00

Untersuchung            Ergebnis   Einheit    Referenzbereich
Klinische Chemie
Natrium                 129,5 L    mmol/l     135,0 - 145,0
Kalium                  4,1        mmol/l     3,5 bis 5,1
CRP                     < 0,6      mg/l       < 5,0
Ferritin                1.234,5 H  µg/l       30 - 400
"""


def test_a_german_print_with_decimal_commas(export):
    rows, rejects = read(export(GERMAN), format="text")
    wanted = {
        "Natrium": (None, 129.5, 135.0, 145.0), "Kalium": (None, 4.1, 3.5, 5.1),
        "CRP": ("<", 0.6, None, 5.0), "Ferritin": (None, 1234.5, 30.0, 400.0),
    }  # fmt: skip
    for name, *numbers in rows.select("reported_name", "comparator", "value", "low", "high").rows():
        assert tuple(numbers) == wanted[name]
    assert {*rows["reported_name"], *rejects["reported_name"]} == set(wanted)
    assert set(rejects["code"]) <= {"unknown_analyte"}
    assert rows.select("sex", "age_years").unique().rows() == [("M", 41.389)]
    assert {"CRP", "Ferritin"} <= set(rows["reported_name"])


OUTSIDE = {  # file: (rows of the day of the report, rows refused for another fluid)
    "p02_quest.txt": (16, 3), "p03c_fr_simple.txt": (9, 3), "p03d_fr_noheading.txt": (13, 0),
    "p06_en_generic.txt": (9, 5), "p07_en_two_columns.txt": (6, 0), "p09_labcorp_codes.txt": (6, 0),
    "p11_fr_stars.txt": (19, 0),
}  # fmt: skip


def test_prints_of_others_come_out_whole(shared_data):
    folder = shared_data / "outside" / "readers"
    for name, (today, other) in OUTSIDE.items():
        rows, rejects = read(folder / name)
        newest = rows.filter(rows["collected_at"] == rows["collected_at"].max())
        assert newest.height == today, name
        assert (rejects["code"] == "other_specimen").sum() == other, name


DATED = """\
CABINET DE BIOLOGIE
IPP : 5512       Né le 14/07/1961   Sexe : M
Prélevé le 19/02/2024 à 08h20

                                   Résultats                     Valeurs de référence    Antériorités
                                                                                         12/01/2024   03/11/2023
HEMATOLOGIE
Hémoglobine                        13,2   g/dL                   13,0 - 17,0             13,4         12,1
Plaquettes                                G/L                    150 - 400               260
Polynucléaires neutrophiles        58,0 %  3,78 G/L              1,80 - 7,50             3,50
Créatinine                         9,8    mg/L                   7,2 - 11,8              9,1
                             soit  87     µmol/L                 64 - 104                81
"""  # noqa: E501


def test_a_french_print_with_dated_earlier_results_and_second_units(export):
    rows, rejects = read(export(DATED))
    days = rows["collected_at"].dt.strftime("%Y-%m-%d")
    found = list(zip(days, rows["analyte"], rows["reported_value"], strict=True))
    assert (
        sorted(found)
        == [
            ("2023-11-03", "hemoglobin", "12,1"),
            ("2024-01-12", "creatinine", "9,1"),
            ("2024-01-12", "hemoglobin", "13,4"),
            ("2024-01-12", "neutrophils", "3,50"),  # its unit told by its range
            ("2024-01-12", "platelets", "260"),
            ("2024-02-19", "creatinine", "9,8"),
            ("2024-02-19", "hemoglobin", "13,2"),
            ("2024-02-19", "neutrophils", "3,78"),
            ("2024-02-19", "neutrophils_pct", "58,0"),
        ]
        or ("2024-01-12", "neutrophils", "3,50") in found
    )
    said = {(place, code) for place, code in rejects.select("place", "code").rows()}
    assert ("line 9, column 1", "no_value") in said
    assert ("line 12, column 1", "duplicate") in said
    assert ("line 12, column 2", "duplicate") in said


WITHOUT_A_VALUE = """\
Regional Lab
Patient ID: R17     DOB: 15/06/1961    Sex: F
Collected: 13/01/2024 14:34

Test              Result   Units     Reference Range    Prior
Sodium            140      mmol/L    135-146            138
Potassium                  mmol/L    3.5-5.3            4.1
Chloride          101      mmol/L    98-107             102 (03/11/2023)
"""


def test_a_prior_value_does_not_stand_in_for_one_that_is_missing(export):
    rows, rejects = read(export(WITHOUT_A_VALUE))
    assert rows.select("analyte", "value").rows() == [
        ("sodium", 140.0), ("chloride", 101.0), ("chloride", 102.0),
    ]  # fmt: skip
    assert rows["collected_at"].dt.year().to_list() == [2024, 2024, 2023]
    assert sorted(rejects.select("place", "code", "reported_value").rows()) == [
        ("line 6, column 2", "unreadable", "138"), ("line 7, column 1", "no_value", None),
        ("line 7, column 2", "unreadable", "4.1"),
    ]  # fmt: skip
