"""Headings over columns: none swallows its section, and what stands under one is what it says."""

import pytest

from .test_layouts import read_text

SECTION_HEADINGS = [
    "HEMATOLOGIE                                       Valeurs de référence",
    "HÉMATOLOGIE                                       Valeurs usuelles",
    "HEMATOLOGIE                                       Valeurs de réf.",
    "HEMATOLOGIE                                       Intervalle de référence",
    "HEMATOLOGIE                                       Intervalles",
    "HEMATOLOGIE                                       Normes",
    "HEMATOLOGIE                                       V.R.",
    "Hématologie - Cytologie                           Valeurs normales",
    "HEMATOLOGIE                      Unités           Valeurs de référence",
    "HEMATOLOGIE                                       Valeurs de référence    Antériorités",
    "HEMATOLOGIE                                       Valeurs de référence    Antériorité",
    "HEMATOLOGIE                                       Normes               Résultats antérieurs",
    "HEMATOLOGIE                                       Normes                  Précédent",
    "HEMATOLOGIE                                       Normes                  Antérieur",
    "                                                  Valeurs de référence    Antériorités",
    "                                                  Valeurs de référence",
    "                                                  Reference Range",
    "HAEMATOLOGY                                       Reference range         Previous result",
    "HAEMATOLOGY                                       Ref. interval           Previous",
    "HAEMATOLOGY                                       Normal Range",
    "CHEMISTRY                                         Biological Ref. Interval",
    "HÄMATOLOGIE                                       Referenzbereich         Vorwert",
    "HÄMATOLOGIE                                       Normwerte",
]
BODY = """\
Hémoglobine ...........   11,2 g/dL                12,0 à 16,0
Leucocytes ............    6,52 G/L                4,00 à 11,00
Plaquettes ............     245 G/L                150 à 445
"""


@pytest.mark.parametrize("heading", SECTION_HEADINGS)
def test_a_heading_that_carries_other_headings_swallows_nothing(heading: str) -> None:
    report = read_text(f"IPP : 17\n\n{heading}\n{BODY}")
    shown = [(t.result.name, t.result.value, t.result.low) for t in report.results]
    assert shown == [
        ("Hémoglobine", "11,2", "12,0"), ("Leucocytes", "6,52", "4,00"),
        ("Plaquettes", "245", "150"),
    ]  # fmt: skip
    assert not report.refused
    assert all(taken.comment is None for taken in report.results)


@pytest.mark.parametrize(
    "earlier",
    ["Antériorités", "Antériorité", "Précédent", "Previous", "Vorwert", "Résultat antérieur"],
)
def test_what_stands_under_earlier_results_is_never_todays(earlier: str) -> None:
    text = f"""IPP : 17

BIOCHIMIE                                          Normes                  {earlier}
Sodium ................     140 mmol/L             136 à 145               138
Potassium .............                            3,5 à 5,1               4,3
Chlore ................     101 mmol/L                                     99
Ferritine .............                                                    25
"""
    report = read_text(text)
    today = [(taken.result.name, taken.result.value) for taken in report.results]
    assert today[:1] == [("Sodium", "140")]
    assert ("Chlore", "101") in today
    assert not {value for _, value in today} & {"138", "4,3", "99", "25"}
    assert {one.value for one in report.refused if one.name} >= {"138", "99"}
    lines = {one.place.split(",")[0] for one in (*report.results, *report.refused)}
    assert lines == {"line 4", "line 5", "line 6", "line 7"}


@pytest.mark.parametrize(
    "heading", ["Antériorité du 12/03/2023", "Antériorité 12/03/2023", "Résultat du 12/03/2023"]
)
def test_earlier_results_with_a_date_in_their_heading_are_of_that_day(heading: str) -> None:
    text = f"IPP : 17\n\nBIOCHIMIE{'':42}Normes{'':18}{heading}\n"
    text += f"{'Sodium ......... 140 mmol/L':51}{'136 à 145':24}138\n"
    report = read_text(text)
    shown = [(t.result.value, t.collected, t.result.unit) for t in report.results]
    if heading.startswith("Ant"):
        assert shown == [("140", None, "mmol/L"), ("138", "12/03/2023", "mmol/L")]
    else:
        assert "138" not in [value for value, when, _ in shown if when is None]


TABLES = [
    ("Test                  Result   Units      Reference Range",
     "Sodium                140      mmol/L     135-146"),
    ("Test Name             Value    Unit       Bio. Ref. Interval",
     "Sodium                140      mmol/L     135-146"),
    ("Investigation         Observed Value  Unit       Biological Reference Interval",
     "Sodium                140             mmol/L     135-146"),
    ("Examen                Résultat Unité      Valeurs de référence",
     "Sodium                140      mmol/L     135 à 146"),
    ("Analyse               Résultats   Normes",
     "Sodium                140 mmol/L  135 à 146"),
    ("Untersuchung          Ergebnis Einheit    Referenzbereich",
     "Sodium                140      mmol/L     135-146"),
    ("Parameter             Messwert Einheit    Normbereich",
     "Sodium                140      mmol/L     135 bis 146"),
    ("Test                  Result   Flag   Units      Reference Interval   Lab",
     "Sodium                140             mmol/L     135-146              01"),
    ("Component             Your Result   Reference Range",
     "Sodium                140 mmol/L    135-146"),
    ("Component             Your Result   Reference Range",
     "Sodium                140           135-146 mmol/L"),
    ("Test                  Technology   Value    Units",
     "Sodium                ISE          140      mmol/L   135-146"),
    ("Test                  Method       Result   Units      Range",
     "Sodium                ISE          140      mmol/L     135-146"),
    ("Test Name      In Range   Out Of Range   Reference Range    Lab",
     "Sodium         140                       135-146 mmol/L     EN"),
    ("Test           Result    Units      Range        Previous",
     "Sodium         140       mmol/L     135-146      138"),
    ("Test     Current Result and Flag   Previous Result and Date   Units    Reference Interval",
     "Sodium   140                       138   12/07/2023           mmol/L   135-146"),
    ("Test           Result    Abnormal   Units      Expected Values",
     "Sodium         140                  mmol/L     135-146"),
]  # fmt: skip


@pytest.mark.parametrize(("heading", "line"), TABLES)
def test_a_result_under_headings_in_their_many_words(heading: str, line: str) -> None:
    report = read_text(f"Patient ID: 17\n\n{heading}\n{line}\n")
    [taken] = [one for one in report.results if one.collected is None]
    result = taken.result
    assert (result.name, result.value, result.unit, result.low, result.high, result.flag) == (
        "Sodium", "140", "mmol/L", "135", "146", None,
    )  # fmt: skip


def test_two_numbers_under_one_heading_are_refused_with_their_flag() -> None:
    report = read_text(
        "Patient ID: 17\n\nTest         Result          Units      Range\n"
        "Potassium    7.4  HH   4.1   mmol/L     3.5-5.3\n"
    )
    assert not report.results
    [refused] = report.refused
    assert refused.place.startswith("line 4")
    assert "headings" in refused.message


@pytest.mark.parametrize("flag", ["HH", "LL", "H", "L", "*", "**", "High"])
def test_a_line_that_is_refused_keeps_its_flag(flag: str) -> None:
    report = read_text(f"Patient ID: 17\n\nCBC\n{BODY}?? 7,9   {flag}   8,1 ??\n")
    [refused] = report.refused
    assert refused.flag == flag


def test_ranges_on_lines_of_their_own_are_of_the_result_above() -> None:
    report = read_text("""Patient ID: 17

TEST NAME          TECHNOLOGY          VALUE          UNITS
FERRITIN           C.L.I.A             88             ng/mL
Bio. Ref. Interval. :-
22 - 322

TEST NAME          TECHNOLOGY          VALUE          UNITS
LDL CHOLESTEROL    PHOTOMETRY          131            mg/dL
Reference range: <100
VITAMIN D          C.L.I.A             18             ng/mL
Bio. Ref. Interval. :-
< 20 - Deficient
20 - 30 - Insufficient
> 30 - Sufficient
TOTAL PROTEIN      PHOTOMETRY          7.1            g/dL
""")
    shown = {t.result.name: (t.result.low, t.result.high) for t in report.results}
    assert shown["FERRITIN"] == ("22", "322")
    assert shown["LDL CHOLESTEROL"] == ("<100", None)
    assert shown["VITAMIN D"] == (None, None)
    assert shown["TOTAL PROTEIN"] == (None, None)
    comments = {t.result.name: t.comment for t in report.results}
    assert "20 - 30 - Insufficient" in comments["VITAMIN D"]
    assert {t.result.method for t in report.results} == {"C.L.I.A", "PHOTOMETRY"}


@pytest.mark.parametrize(
    ("above", "name", "expected"),
    [
        ("HIGH SENSITIVITY", "C-REACTIVE PROTEIN", "HIGH SENSITIVITY C-REACTIVE PROTEIN"),
        ("ALKALINE", "PHOSPHATASE", "ALKALINE PHOSPHATASE"),
        ("MEAN CORPUSCULAR", "VOLUME", "MEAN CORPUSCULAR VOLUME"),
        ("LIPID PANEL", "CHOLESTEROL", "CHOLESTEROL"),
        ("PLASMA", "SODIUM", "SODIUM"),
        ("IRON STUDIES", "FERRITIN", "FERRITIN"),
    ],
)
def test_a_name_over_two_lines_is_one_name(above: str, name: str, expected: str) -> None:
    report = read_text(
        f"Patient ID: 17\n\nTest                        Result   Units     Range\n{above}\n"
        f"{name:28}12       mg/L      1-20\n"
    )
    [taken] = report.results
    assert taken.result.name in (expected, name)
    if above in ("ALKALINE", "MEAN CORPUSCULAR"):
        assert taken.result.name == expected
