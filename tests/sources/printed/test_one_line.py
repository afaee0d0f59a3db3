"""One printed line: two units, earlier values, words for signs, thousands, marks, codes, pairs."""

import time

import pytest

from hemoscribe.sources.printed.lines.one_line import in_other_unit, results_of, single
from hemoscribe.sources.printed.lines.two_units import settled


def settled_line(line: str) -> list[tuple[object, ...]]:
    """(value, unit, low, high) of what a line states; one tuple of the refusal where it does."""
    [result] = results_of(line)
    found = settled(result)
    if found.refusal is not None:
        return [(found.refusal,)]
    return [(one.value, one.unit, one.low, one.high) for one in found.results]


TWO_UNITS = [
    ("Glycémie ....... 0,92 g/L   soit   5,11 mmol/L   (0,70 à 1,10)",
     [("0,92", "g/L", "0,70", "1,10")]),
    ("Glucose  0,92 g/L  5,11 mmol/L  (3,9 - 6,1)", [("5,11", "mmol/L", "3,9", "6,1")]),
    ("Créatinine ....... 11,2 mg/L  soit  99 µmol/L  (64 - 104)", [("99", "µmol/L", "64", "104")]),
    ("Créatinine ....... 11,2 mg/L (99 µmol/L)  (7,2 à 11,8)", [("11,2", "mg/L", "7,2", "11,8")]),
    ("Cholestérol total : 1,85 g/L (4,78 mmol/L)  (< 2,00)", [("1,85", "g/L", "<2,00", None)]),
    ("Cholestérol total   0,90 g/L = 2,33 mmol/L   (< 5,2)", [("2,33", "mmol/L", "<5,2", None)]),
    ("Urée .......... 0,31 g/L   5,2 mmol/L   (0,15 - 0,45)", [("0,31", "g/L", "0,15", "0,45")]),
    ("Acide urique   55 mg/L   soit 327 µmol/L   (180 - 420)",
     [("327", "µmol/L", "180", "420")]),
    ("Bilirubine totale .. 9,4 mg/L soit 16,1 µmol/L (< 12,0)", [("9,4", "mg/L", "<12,0", None)]),
    ("Calcium   96 mg/L   2,40 mmol/L   (2,15 - 2,55)", [("2,40", "mmol/L", "2,15", "2,55")]),
    ("Fer sérique  0,85 mg/L   15,2 µmol/L   (10,6 à 28,3)", [("15,2", "µmol/L", "10,6", "28,3")]),
    ("HbA1c ........ 5,4 %  (36 mmol/mol)   (4,0 à 6,0)", [("5,4", "%", "4,0", "6,0")]),
    ("HbA1c ........ 5,4 %   36 mmol/mol   (20 - 42)", [("36", "mmol/mol", "20", "42")]),
    ("Glucose  92 mg/dL  (70-99)   5.1 mmol/L  (3.9-5.5)", [("92", "mg/dL", "70", "99")]),
    ("Hémoglobine   13,2 g/dL   8,19 mmol/L   (12,0 à 16,0)", [("13,2", "g/dL", "12,0", "16,0")]),
    ("Polynucléaires neutrophiles  61,5 %  soit  4,10 G/L  (1,80 à 7,50)",
     [("61,5", "%", None, None), ("4,10", "G/L", "1,80", "7,50")]),
    ("Neutrophils   61.5 %   4.10 10^9/L   (2.0-7.5)",
     [("61.5", "%", None, None), ("4.10", "10^9/L", "2.0", "7.5")]),
    ("Lymphocytes   28,0 %   1 870 /mm3   (1 000 à 4 000)",
     [("28,0", "%", None, None), ("1 870", "/mm3", "1 000", "4 000")]),
    ("Polynucléaires éosinophiles  2,0 % (1 - 5)   0,13 G/L (0,02 - 0,60)",
     [("2,0", "%", "1", "5"), ("0,13", "G/L", "0,02", "0,60")]),
    ("Monocytes   7,1 %   soit   0,48 G/L",
     [("7,1", "%", None, None), ("0,48", "G/L", None, None)]),
    ("Neutrophils   61.5 %   4.10 10^9/L   (40 - 75)",
     [("61.5", "%", "40", "75"), ("4.10", "10^9/L", None, None)]),
    ("Glycémie   0,92 g/L   soit   9,11 mmol/L   (0,70 à 1,10)",
     [("Its two units contradict each other: 0,92 g/L and 9,11 mmol/L.",)]),
    ("Créatinine   11,2 mg/L   soit   88 µmol/L",
     [("Its two units contradict each other: 11,2 mg/L and 88 µmol/L.",)]),
    ("Potassium   4,1 mmol/L   4,4 mmol/L   (3,5 - 5,1)",
     [("It has two values in one unit: 4,1 mmol/L and 4,4 mmol/L.",)]),
]  # fmt: skip


@pytest.mark.parametrize(("line", "expected"), TWO_UNITS)
def test_two_units_are_one_result_or_two_and_the_range_is_of_the_one_it_fits(line, expected):
    found = settled_line(line)
    assert [tuple(t and str(t).replace("< ", "<") for t in one) for one in found] == expected


def test_a_range_that_fits_both_units_alike_is_left_out_and_said():
    [result] = results_of("Triglycérides   1,42 g/L   soit   1,60 mmol/L   (< 1,55)")
    found = settled(result)
    assert [(one.value, one.low, one.high) for one in found.results] == [("1,42", None, None)]
    assert found.no_range == "< 1,55"


@pytest.mark.parametrize(
    ("line", "value", "earlier"),
    [
        ("Potassium  4,1 mmol/L  (3,5 à 5,1)   Ant. : 4,4", "4,1", [("4,4", None)]),
        ("Potassium  4,1 mmol/L  (3,5 à 5,1)   ant 4,4", "4,1", [("4,4", None)]),
        ("Potassium  4,1 mmol/L  (3,5 à 5,1)   (ant : 4,4)", "4,1", [("4,4", None)]),
        ("Potassium  4,1 mmol/L  (3,5 à 5,1)   Antérieur : 4,4 mmol/L", "4,1", [("4,4", None)]),
        ("Potassium  4,1 mmol/L  (3,5 à 5,1)   Antériorité : 4,4 le 12/10/2023", "4,1",
         [("4,4", "12/10/2023")]),
        ("Potassium  4,1 mmol/L  (3,5 à 5,1)   4,4 le 12/10/2023", "4,1", [("4,4", "12/10/2023")]),
        ("Potassium  4,1 mmol/L  (3,5 à 5,1)   4,4 (12/10/23)", "4,1", [("4,4", "12/10/23")]),
        ("Potassium  4,1 mmol/L  (3,5 à 5,1)   4,4  12.10.2023", "4,1", [("4,4", "12.10.2023")]),
        ("Potassium  4,1 mmol/L  (3,5 à 5,1)   4,4 mmol/L du 12/10/2023", "4,1",
         [("4,4", "12/10/2023")]),
        ("Potassium  4.1 mmol/L  3.5-5.1   Prev: 4.4 on 12/10/2023", "4.1",
         [("4.4", "12/10/2023")]),
        ("Potassium  4.1 mmol/L  3.5-5.1   previous 4.4", "4.1", [("4.4", None)]),
        ("Potassium  4.1 mmol/L  3.5-5.1   last: 4.4", "4.1", [("4.4", None)]),
        ("Potassium  4,1 mmol/L  3,5-5,1   Vorwert: 4,4 vom 12.10.2023", "4,1",
         [("4,4", "12.10.2023")]),
        ("Potassium  4,1 mmol/L  (3,5-5,1)  4,4 le 12/10/2023  4,0 le 03/02/2023", "4,1",
         [("4,4", "12/10/2023"), ("4,0", "03/02/2023")]),
        ("Plaquettes  245 000 /mm3  (150 000 à 400 000)  Ant. : 198 000", "245 000",
         [("198 000", None)]),
        ("CRP  2,1 mg/L  (< 5)   Ant. : < 0,6", "2,1", [("< 0,6", None)]),
        ("CRP  2,1 mg/L  (< 5)   Précédent : 3,0", "2,1", [("3,0", None)]),
        ("Potassium  4.1 mmol/L  (3.5-5.1)   4.4 2023-10-12", "4.1", [("4.4", "2023-10-12")]),
        ("Sodium  139 mmol/L  (136-145)   Ant. : 141 le 10/2023", "139", [("141", None)]),
        ("Sodium  (136 à 145)   Ant. : 141", None, [("141", None)]),
        ("Sodium  4.5 mg/L  (3-12)", "4.5", []),
        ("Creatinine  88 umol/L (60-110)", "88", []),
    ],
)  # fmt: skip
def test_values_of_earlier_days_are_told_from_todays(line, value, earlier):
    result = single(line)
    assert result is not None
    assert result.value == value
    assert [(one.value, one.date) for one in result.earlier] == earlier


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("CRP ...... inf. à 0,6 mg/L (< 5)", "< 0,6"),
        ("CRP ...... inf à 0,6 mg/L (< 5)", "< 0,6"),
        ("CRP ...... inférieur à 0,6 mg/L (< 5)", "< 0,6"),
        ("CRP ...... inférieure à 0,6 mg/L (< 5)", "< 0,6"),
        ("CRP ...... Inférieur ou égal à 0,6 mg/L (< 5)", "<= 0,6"),
        ("CRP ...... moins de 0,6 mg/L (< 5)", "< 0,6"),
        ("CRP ...... < 0,6 mg/L (< 5)", "< 0,6"),
        ("CRP ...... <0,6 mg/L (< 5)", "<0,6"),
        ("CRP ...... ≤ 0,6 mg/L (< 5)", "≤ 0,6"),
        ("CRP      less than 0.6 mg/L (< 5)", "< 0.6"),
        ("CRP      < OR = 0.6 mg/L (< 5)", "<= 0.6"),
        ("CRP      up to 0.6 mg/L (< 5)", "<= 0.6"),
        ("CRP      unter 0,6 mg/L (< 5)", "< 0,6"),
        ("CRP      kleiner als 0,6 mg/L (< 5)", "< 0,6"),
        ("CRP ...... sup. à 300 mg/L (< 5)", "> 300"),
        ("CRP ...... supérieur à 300 mg/L (< 5)", "> 300"),
        ("CRP ...... supérieure ou égale à 300 mg/L (< 5)", ">= 300"),
        ("CRP ...... plus de 300 mg/L (< 5)", "> 300"),
        ("CRP      greater than 300 mg/L (< 5)", "> 300"),
        ("CRP      > OR = 300 mg/L (< 5)", ">= 300"),
        ("CRP      über 300 mg/L (< 5)", "> 300"),
    ],
)
def test_a_sign_in_words_is_a_sign(line, value):
    result = single(line)
    assert result is not None
    assert (result.value, result.unit) == (value, "mg/L")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(3,5 à 5,1)", ("3,5", "5,1")), ("(3.5-5.1)", ("3.5", "5.1")),
        ("3.5 - 5.1", ("3.5", "5.1")),
        ("3.5 – 5.1", ("3.5", "5.1")), ("[3.5 - 5.1]", ("3.5", "5.1")),
        ("3,5 to 5,1", ("3,5", "5,1")),
        ("(N : 3,5 à 5,1)", ("3,5", "5,1")), ("(VN 3,5 - 5,1)", ("3,5", "5,1")),
        ("(V.R. : 3,5 - 5,1)", ("3,5", "5,1")), ("(Normes : 3,5 - 5,1)", ("3,5", "5,1")),
        ("(réf. 3,5-5,1)", ("3,5", "5,1")), ("(valeurs usuelles : 3,5-5,1)", ("3,5", "5,1")),
        ("(3,5 à 5,1 mmol/L)", ("3,5", "5,1")), ("3.5-5.1 mmol/L", ("3.5", "5.1")),
        ("3,5 bis 5,1", ("3,5", "5,1")), ("(< 5,1)", ("< 5,1", None)), ("(> 3,5)", ("> 3,5", None)),
        ("(inférieur à 5,1)", ("< 5,1", None)), ("(jusqu'à 5,1)", ("<= 5,1", None)),
        ("(< OR = 5.1)", ("<= 5.1", None)), ("> OR = 3.5", (">= 3.5", None)),
        ("(up to 5.1)", ("<= 5.1", None)), ("(Voir commentaire)", (None, None)),
    ],
)  # fmt: skip
def test_ranges_as_they_are_printed(text, expected):
    result = single(f"Potassium   4,1 mmol/L   {text}")
    assert result is not None
    assert (result.value, result.unit) == ("4,1", "mmol/L")
    assert (result.low, result.high) == expected


@pytest.mark.parametrize(
    ("line", "value", "low", "high"),
    [
        ("Leucocytes ........ 6 520 /mm3 (4 000 à 10 000)", "6 520", "4 000", "10 000"),
        ("Leucocytes ........ 12 520 /mm3 4 000 - 10 000", "12 520", "4 000", "10 000"),
        (
            "Hématies .......... 4 120 000 /mm3 (4 500 000 à 5 800 000)",
            "4 120 000",
            "4 500 000",
            "5 800 000",
        ),
        ("Plaquettes ........ 245 000 /mm3 (150 000 - 400 000)", "245 000", "150 000", "400 000"),
        ("Plaquettes ........ * 98 000 /mm3 (150 000 - 400 000)", "98 000", "150 000", "400 000"),
        ("Plaquettes ........ 245000 /mm3 (150000 - 400000)", "245000", "150000", "400000"),
        ("Plaquettes ........ < 5 000 /mm3 (150 000 - 400 000)", "< 5 000", "150 000", "400 000"),
        ("Ferritine ......... 1 234,5 µg/L (15 - 150)", "1 234,5", "15", "150"),
        ("CK ................ 21 500 U/L (< 1 000)", "21 500", "< 1 000", None),
    ],
)
def test_spaces_group_thousands_in_values_and_limits(line, value, low, high):
    result = single(line)
    assert result is not None
    assert (result.value, result.low, result.high) == (value, low, high)


@pytest.mark.parametrize(
    ("line", "flag"),
    [
        ("Hémoglobine .......  * 11,2 g/dL (13,0 à 17,0)", "*"),
        ("Hémoglobine .......  *11,2 g/dL (13,0 à 17,0)", "*"),
        ("Hémoglobine ....... ** 11,2 g/dL (13,0 à 17,0)", "**"),
        ("Hémoglobine .......  11,2* g/dL (13,0 à 17,0)", "*"),
        ("Hémoglobine .......  11,2 * g/dL (13,0 à 17,0)", "*"),
        ("Hémoglobine .......  11,2 g/dL * (13,0 à 17,0)", "*"),
        ("Hémoglobine .......  11,2 g/dL (13,0 à 17,0) *", "*"),
        ("Hémoglobine    L   11,2 g/dL (13,0 à 17,0)", "L"),
        ("Hémoglobine    11,2 L g/dL (13,0 à 17,0)", "L"),
        ("Hémoglobine    11,2 (L) g/dL (13,0 à 17,0)", "L"),
        ("Hémoglobine    11,2 g/dL L (13,0 à 17,0)", "L"),
        ("Hémoglobine    11,2 g/dL  13,0 - 17,0   L", "L"),
        ("Hémoglobine    11,2 g/dL  (13,0 - 17,0)  LL", "LL"),
        ("Hemoglobin     11.2  Low  g/dL  13.0-17.0", "Low"),
        ("Hemoglobin     11.2L  g/dL  13.0-17.0", "L"),
        ("Hémoglobine    ↓ 11,2 g/dL (13,0 à 17,0)", "↓"),
        ("Hémoglobine    11,2 ↓ g/dL (13,0 à 17,0)", "↓"),
        ("Hémoglobine    11,2 - g/dL (13,0 à 17,0)", "-"),
        ("Hémoglobine    11,2 g/dL (13,0 à 17,0)", None),
        ("Vitamine A   11,2 g/dL (13,0 à 17,0)", None),
    ],
)
def test_a_mark_is_found_wherever_it_stands(line, flag):
    result = single(line)
    assert result is not None
    numbers = [(text or "").replace(",", ".") for text in (result.value, result.low, result.high)]
    assert numbers == ["11.2", "13.0", "17.0"]
    assert (result.unit, result.flag) == ("g/dL", flag)


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("WBC 01      5.6   x10E3/uL   3.4-10.8", "WBC", "5.6"),
        ("Potassium 02   4.4   mmol/L   3.5-5.2", "Potassium", "4.4"),
        ("TSH 01   2.10   uIU/mL   0.450-4.500", "TSH", "2.10"),
        ("INR 01   2.5   0.9-1.2", "INR", "2.5"),
        ("CA 125   12   U/mL   <35", "CA 125", "12"),
        ("CA 19-9   12   U/mL   <37", "CA 19-9", "12"),
        ("Vitamin B12   250   pmol/L", "Vitamin B12", "250"),
        ("T4, Free   1.2   ng/dL   0.8-1.8", "T4, Free", "1.2"),
        ("VS 1ère heure ....   12 mm   (< 20)", "VS 1ère heure", "12"),
        ("25-OH Vitamine D ....   30 ng/mL   (30 - 60)", "25-OH Vitamine D", "30"),
    ],
)
def test_numbers_that_belong_to_a_name_are_no_value(line, name, value):
    result = single(line)
    assert result is not None
    assert (result.name, result.value) == (name, value)


def test_a_code_without_a_value_is_no_value():
    result = single("WBC 01      x10E3/uL   3.4-10.8")
    assert result is None or result.value != "01"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Sodium  139 mmol/L (135-146)    Potassium  5.6 mmol/L (3.5-5.3)",
         [("Sodium", "139", "146"), ("Potassium", "5.6", "5.3")]),
        ("Sodium  139 mmol/L    Potassium  5.6 mmol/L", [("Sodium", "139", None),
                                                        ("Potassium", "5.6", None)]),
        ("Sodium 139 mmol/L (135-146)   Potassium 5.6 mmol/L (3.5-5.3)   Urea 6.1 mmol/L (2.5-7.8)",
         [("Sodium", "139", "146"), ("Potassium", "5.6", "5.3"), ("Urea", "6.1", "7.8")]),
        ("Hb  121 g/L (130-170)   Unheard of  6.1 10^9/L (4.0-11.0)",
         [("Hb", "121", "170"), ("Unheard of", "6.1", "11.0")]),
        ("Sodium  139 H mmol/L 135-146    Potassium  5.6 mmol/L 3.5-5.3",
         [("Sodium", "139", "146"), ("Potassium", "5.6", "5.3")]),
        ("ALT  22 U/L (<45)      INR  1.0  (0.9-1.2)",
         [("ALT", "22", None), ("INR", "1.0", "1.2")]),
        ("Glucose  5.1  mmol/L  Hexokinase  3.9-5.5", [("Glucose", "5.1", "5.5")]),
        ("PT  2.1  INR  0.9-1.2", [("PT", "2.1", "1.2")]),
    ],
)  # fmt: skip
def test_results_side_by_side_are_results_of_their_own(line, expected):
    assert [(one.name, one.value, one.high) for one in results_of(line)] == expected


@pytest.mark.parametrize(
    ("line", "method"),
    [
        ("TSH (Roche Cobas) ......  2,35 mUI/L  (0,27 à 4,20)", "Roche Cobas"),
        ("TSH (Siemens Atellica)   2.35 mIU/L  (0.5-4.5)", "Siemens Atellica"),
        ("Ferritine [Abbott Architect] .... 80 µg/L", "Abbott Architect"),
        ("TSH ......  2,35 mUI/L  (0,27 à 4,20)", None),
        ("Urea Nitrogen (BUN)   14  mg/dL  7-25", None),
    ],
)
def test_the_makers_name_behind_an_analyte_is_the_method(line, method):
    result = single(line)
    assert result is not None
    assert result.method == method


@pytest.mark.parametrize(
    "line",
    ["  soit ......   87 µmol/L   (45 à 84)", "soit 87 µmol/L (45 à 84)", " Soit : 87 µmol/L"],
)
def test_a_line_with_the_second_unit_alone(line):
    result = in_other_unit(line)
    assert result is not None
    assert (result.value, result.unit) == ("87", "µmol/L")


@pytest.mark.parametrize("line", ["soit un contrôle à 3 mois", "ou contrôle dans 2 semaines", ""])
def test_a_sentence_is_no_second_unit(line):
    assert in_other_unit(line) is None


@pytest.mark.parametrize("sign", [" ", "  soit", " 1", ".", "(", "1 000 ", "* ", "< ", " le 1"])
def test_a_line_of_any_length_ends_soon(sign: str) -> None:
    line = f"Potassium  4,1 mmol/L {sign * 900}"[:1_000]
    started = time.perf_counter()
    results_of(f"{line}x")
    results_of(f"{line}  5,1 )")
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    ("unit", "said"),
    [("mg/dL (calc)", "mg/dL"), ("mg/dL (calculated)", "mg/dL"), ("µg/mL (FEU)", "µg/mL (FEU)")],
)
def test_only_a_remark_on_calculation_is_left_off_a_unit(unit: str, said: str) -> None:
    result = single(f"LDL   137   {unit}   <500")
    assert result is not None
    assert result.unit is not None
    assert result.unit.rstrip(")") == said.rstrip(")")
