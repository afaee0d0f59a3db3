"""Where a comment ends: no result, no heading and no test without its value is taken for words."""

import pytest

from hemoscribe.sources import read

TITLES = "IPP : 1\n\nSodium                 140        mmol/L    135 - 145\n"
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


@pytest.mark.parametrize("opener", OPENERS)
@pytest.mark.parametrize(("line", "analyte", "value", "flag"), RESULTS)
def test_a_result_ends_a_comment(export, opener, line, analyte, value, flag) -> None:
    rows, rejects = read(export(f"{TITLES}{opener}\n{line}\n"), format="text")
    assert rows.select("analyte", "value", "laboratory_flag").rows()[2:] == [(analyte, value, flag)]
    assert not any(line.split()[0] in (said or "") for said in rows["comment"])
    assert set(rejects["reported_name"]) <= {"Plaquettes"}


@pytest.mark.parametrize(
    "prose",
    ["Potassium 5.2 last week.", "Le sodium 140 est stable", "Contrôle à 48 heures",
     "Potassium de 5,2 mmol/L la veille", "CRP 250 en baisse depuis hier", "Sodium conseillé.",
     "pH     7.31 - 7.41"],
)  # fmt: skip
def test_words_about_a_result_stay_in_the_comment(export, prose: str) -> None:
    rows, rejects = read(export(f"{TITLES}Commentaire : à voir.\n{prose}\n"), format="text")
    assert rows.height == 2
    assert rejects.is_empty()
    assert set(rows["comment"]) == {f"à voir. {' '.join(prose.split())}"}


@pytest.mark.parametrize("opener", ["Commentaire : hémolyse", "Conclusion : anémie"])
@pytest.mark.parametrize("heading", ["Urines :", "URINES", "Urine:", "Urines", "LCR :", "Urine"])
def test_a_heading_of_another_fluid_ends_a_comment(export, opener: str, heading: str) -> None:
    text = f"{TITLES}{opener}\n{heading}\nGlucose   9,1   mmol/L\n"
    rows, rejects = read(export(text), format="text")
    assert rows["analyte"].to_list() == ["sodium", "urea"]
    assert rejects.select("code", "reported_value").rows() == [("other_specimen", "9,1")]


CODES = ("no_value", "not_a_number", "unusable_sample")
BLANKS = [
    "INR (annulé)", "Fibrinogène en cours", "D-Dimères ***", "Plaquettes    (voir commentaire)",
    "Plaquettes (voir commentaire)", "Potassium : hémolysé", "Potassium hémolysé", "CRP non dosé",
    "Potassium (hemolysed)", "Glucose pending", "TSH not done", "Ferritine à suivre",
    "Calcium insuffisant", "Platelets clotted", "Magnésium ---", "Sodium cancelled",
    "Creatinine see comment", "ALT (not reported)", "INR QNS", "Leucocytes : en attente",
]  # fmt: skip


@pytest.mark.parametrize("opener", ["", "Commentaire : hémolyse\n"])
@pytest.mark.parametrize("line", BLANKS)
def test_a_test_with_words_for_its_value_is_a_reject(export, opener: str, line: str) -> None:
    after = "Potassium   4,1   mmol/L   3,5 - 5,1\n"
    rows, rejects = read(export(f"{TITLES}{opener}{line}\n{after}"), format="text")
    assert rows["analyte"].to_list() == ["sodium", "urea", "potassium"]
    assert [code in CODES for code in rejects["code"]] == [True]
    assert rejects["reported_name"].to_list() == [line.split()[0]]


def test_a_line_of_numbers_with_a_grave_flag_is_a_reject_and_swallows_nothing(export) -> None:
    lines = "Ligne bizarre 12 34 HH xyz\nSodium (urines) 45 mmol/L\nTroponine 85 HH\n"
    rows, rejects = read(export(TITLES + lines), format="text")
    assert rows.height == 2
    assert rejects["reported_value"].to_list() == lines.splitlines()
    assert rejects["reported_flag"].to_list() == ["HH", None, "HH"]
    assert rows["comment"].null_count() == 2


@pytest.mark.parametrize(
    "remark",
    ["Specimen slightly turbid. Called to Dr. Smith", "Recueil incomplet. Résultat à interpréter",
     "The sample was received late and is not fresh enough to be examined here"],
)  # fmt: skip
def test_a_remark_under_another_fluid_is_kept_as_a_reject_of_no_result(export, remark) -> None:
    text = f"{TITLES}\nUrines :\nGlucose   9,1   mmol/L\n{remark}\n"
    rows, rejects = read(export(text), format="text")
    assert rows["comment"].null_count() == 2
    found = dict(rejects.select("reported_value", "results").rows())
    assert found == {"9,1": 1, remark: 0}


@pytest.mark.parametrize(
    ("behind", "count"),
    [("Résultat téléphoné au Dr DUPUIS à 9h", 0), ("called to ward at 14:30", 0),
     ("vérifié sur poste 4512", 0), ("Sodium 125 mmol/L LL", 1), ("7,9 HH", 1)],
)  # fmt: skip
def test_words_behind_a_result_count_as_no_result(export, behind: str, count: int) -> None:
    text = f"{TITLES}Kaliémie  6,9  mmol/L  (3,5-5,1)  {behind}\n"
    rows, rejects = read(export(text), format="text")
    assert rows.height + rejects["results"].sum() == 3 + count
    said = " ".join(filter(None, [*rejects["message"], *rejects["reported_value"]]))
    assert behind in said or count
