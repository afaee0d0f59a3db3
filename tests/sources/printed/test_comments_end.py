"""Where a comment ends: no result, no heading and no test without its value is taken for words."""

import pytest

from hemoscribe.sources import read

TITLES = "Sodium                 140        mmol/L    135 - 145\n"
TITLES += "Urée                   5,0        mmol/L    2,5 - 7,5\n"
OPENERS = [
    "Commentaire : hémolyse", "Conclusion : anémie", "Commentaires :\nhémolyse", "Comment: lysed",
    "Interprétation : à contrôler", "Remarque : prélèvement difficile", "Avis : néant",
    "Plaquettes             (voir commentaire)\nCommentaire : agrégats",
    "Le prélèvement a été difficile ce matin",
]  # fmt: skip
RESULTS = [
    ("Kaliémie 6,9 HH mmol/L (3,5 - 5,1)", "potassium", 6.9, "HH"),
    ("Potassium              6,9 HH     mmol/L    3,5 - 5,1", "potassium", 6.9, "HH"),
    ("Potassium : 6,9 mmol/L HH", "potassium", 6.9, "HH"),
    ("Potassium 6,9 mmol/L", "potassium", 6.9, None),
    ("Calcium : 3,5 mmol/L HH", "calcium", 3.5, "HH"),
    ("CRP : 250 mg/L", "crp", 250.0, None),
    ("CRP  250 mg/L  (< 5)", "crp", 250.0, None),
    ("Ferritine 12 µg/L L", "ferritin", 12.0, "L"),
    ("Leucocytes .... 55 G/L  (4 - 10)", "leukocytes", 55.0, None),
    ("INR : 8,2", "inr", 8.2, None),
]


PROSE = [
    "Potassium 5.2 last week.", "Le sodium 140 est stable", "Contrôle à 48 heures",
    "Potassium de 5,2 mmol/L la veille", "CRP 250 en baisse depuis hier", "Sodium conseillé.",
    "pH     7.31 - 7.41",
]  # fmt: skip
LYSED = ["Commentaire : hémolyse", "Conclusion : anémie"]
HEADINGS = ["Urines :", "URINES", "Urine:", "Urines", "LCR :", "Urine"]
CODES = ("no_value", "not_a_number", "unusable_sample")
BLANKS = [
    "INR (annulé)", "Fibrinogène en cours", "D-Dimères ***", "Plaquettes    (voir commentaire)",
    "Plaquettes (voir commentaire)", "Potassium : hémolysé", "Potassium hémolysé", "CRP non dosé",
    "Potassium (hemolysed)", "Glucose pending", "TSH not done", "Ferritine à suivre",
    "Calcium insuffisant", "Platelets clotted", "Magnésium ---", "Sodium cancelled",
    "Creatinine see comment", "ALT (not reported)", "INR QNS", "Leucocytes : en attente",
]  # fmt: skip
AFTER = "Potassium   4,1   mmol/L   3,5 - 5,1\n"
REMARKS = [
    "Specimen slightly turbid. Called to Dr. Smith", "Recueil incomplet. Résultat à interpréter",
    "The sample was received late and is not fresh enough to be examined here",
]  # fmt: skip
BEHIND = [
    ("Résultat téléphoné au Dr DUPUIS à 9h", 0), ("called to ward at 14:30", 0),
    ("vérifié sur poste 4512", 0), ("Sodium 125 mmol/L LL", 1), ("7,9 HH", 1),
]  # fmt: skip


def result_after(opener: str, line: str) -> str:
    return f"{opener}\n{line}\n"


def words_after_words(prose: str) -> str:
    return f"Commentaire : à voir.\n{prose}\n"


def another_fluid_after(opener: str, heading: str) -> str:
    return f"{opener}\n{heading}\nGlucose   9,1   mmol/L\n"


def blank(opener: str, line: str) -> str:
    return f"{opener}{line}\n{AFTER}"


def remark_under_urine(remark: str) -> str:
    return f"\nUrines :\nGlucose   9,1   mmol/L\n{remark}\n"


def behind_a_result(words: str) -> str:
    return f"Kaliémie  6,9  mmol/L  (3,5-5,1)  {words}\n"


ENDS = [
    *(result_after(opener, line) for opener in OPENERS for line, *_ in RESULTS),
    *map(words_after_words, PROSE),
    *(another_fluid_after(opener, heading) for opener in LYSED for heading in HEADINGS),
    *(blank(opener, line) for opener in ("", "Commentaire : hémolyse\n") for line in BLANKS),
    *map(remark_under_urine, REMARKS),
    *(behind_a_result(words) for words, _ in BEHIND),
]


@pytest.fixture(scope="module")
def ended(read_of_each):
    """What is read of a report that ends so: all of them in one file, a page and a patient each."""
    pages = [f"IPP : {number}\n\n{TITLES}{end}" for number, end in enumerate(ENDS)]
    of = read_of_each("\f".join(pages), "report.txt", format="text")
    return lambda end: of(end and str(ENDS.index(end)))


def test_nothing_is_nobodys(ended) -> None:
    assert [one.height for one in ended(None)] == [0, 0]


def test_a_report_alone_is_read_as_among_others(export) -> None:
    end = result_after(OPENERS[0], RESULTS[0][0])
    rows, rejects = read(export(f"IPP : 1\n\n{TITLES}{end}"), format="text")
    assert rows["value"].to_list() == [140.0, 5.0, 6.9]
    assert rejects.is_empty()


@pytest.mark.parametrize("opener", OPENERS)
@pytest.mark.parametrize(("line", "analyte", "value", "flag"), RESULTS)
def test_a_result_ends_a_comment(ended, opener, line, analyte, value, flag) -> None:
    rows, rejects = ended(result_after(opener, line))
    assert rows.select("analyte", "value", "laboratory_flag").rows()[2:] == [(analyte, value, flag)]
    assert not any(line.split()[0] in (said or "") for said in rows["comment"])
    assert set(rejects["reported_name"]) <= {"Plaquettes"}


@pytest.mark.parametrize("prose", PROSE)
def test_words_about_a_result_stay_in_the_comment(ended, prose: str) -> None:
    rows, rejects = ended(words_after_words(prose))
    assert rows.height == 2
    assert rejects.is_empty()
    assert set(rows["comment"]) == {f"à voir. {' '.join(prose.split())}"}


@pytest.mark.parametrize("opener", LYSED)
@pytest.mark.parametrize("heading", HEADINGS)
def test_a_heading_of_another_fluid_ends_a_comment(ended, opener: str, heading: str) -> None:
    rows, rejects = ended(another_fluid_after(opener, heading))
    assert rows["analyte"].to_list() == ["sodium", "urea"]
    assert rejects.select("code", "reported_value").rows() == [("other_specimen", "9,1")]


@pytest.mark.parametrize("opener", ["", "Commentaire : hémolyse\n"])
@pytest.mark.parametrize("line", BLANKS)
def test_a_test_with_words_for_its_value_is_a_reject(ended, opener: str, line: str) -> None:
    rows, rejects = ended(blank(opener, line))
    assert rows["analyte"].to_list() == ["sodium", "urea", "potassium"]
    assert [code in CODES for code in rejects["code"]] == [True]
    assert rejects["reported_name"].to_list() == [line.split()[0]]


def test_a_line_of_numbers_with_a_grave_flag_is_a_reject_and_swallows_nothing(export) -> None:
    lines = "Ligne bizarre 12 34 HH xyz\nSodium (urines) 45 mmol/L\nTroponine 85 HH\n"
    rows, rejects = read(export(f"IPP : 1\n\n{TITLES}{lines}"), format="text")
    assert rows.height == 2
    assert rejects["reported_value"].to_list() == lines.splitlines()
    assert rejects["reported_flag"].to_list() == ["HH", None, "HH"]
    assert rows["comment"].null_count() == 2


@pytest.mark.parametrize("remark", REMARKS)
def test_a_remark_under_another_fluid_is_kept_as_a_reject_of_no_result(ended, remark) -> None:
    rows, rejects = ended(remark_under_urine(remark))
    assert rows["comment"].null_count() == 2
    found = dict(rejects.select("reported_value", "results").rows())
    assert found == {"9,1": 1, remark: 0}


@pytest.mark.parametrize(("behind", "count"), BEHIND)
def test_words_behind_a_result_count_as_no_result(ended, behind: str, count: int) -> None:
    rows, rejects = ended(behind_a_result(behind))
    assert rows.height + rejects["results"].sum() == 3 + count
    said = " ".join(filter(None, [*rejects["message"], *rejects["reported_value"]]))
    assert behind in said or count
