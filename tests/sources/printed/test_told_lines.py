"""Sentences of a print that tell a result are refused with their line, unless it is printed."""

import pytest

from hemoscribe.sources import read
from hemoscribe.sources.sentences.told_values import told_values

TITLES = "TSH                    2,9        mUI/L     0,4 - 4,1\n"
TOLD = [
    ("Natrémie basse à 118 mmol/L ce matin", "118"),
    ("Kaliémie contrôlée : 7,1 mmol/L", "7,1"),
    ("Kaliémie à 7,1 mmol/L, contrôlée sur un second tube", "7,1"),
    ("L'hémoglobine est à 6,2 g/dL.", "6,2"),
    ("Plaquettes contrôlées sur lame à 9 G/L", "9"),
    ("Le potassium de 7,1mmol/L a été vérifié", "7,1"),
    ("CRP 250 mg/L en baisse depuis hier", "250"),
    ("Glycémie capillaire 0,40 g/L", "0,40"),
    ("7,0 mmol/L de potassium", "7,0"),
    ("Hémoglobine 6,0 g/dL et plaquettes 9 G/L", "6,0 9"),
    ("Natrémie passée de 135 à 118 mmol/L", "118"),
    ("Natrémie à 118 mmol/L contre 135 mmol/L hier", "118"),
    ("Insuffisance rénale avec créatinine à 800 µmol/L", "800"),
    ("Hypokaliémie sévère : kaliémie 2,1 mmol/L", "2,1"),
    ("Seuil critique dépassé : kaliémie 7,1 mmol/L", "7,1"),
    ("Kaliémie 7,1 mmol/L (seuil critique 6,5 mmol/L)", "7,1"),
    ("Repeat potassium 7.1 mmol/L", "7.1"),
    ("Haemoglobin of 6.1 g/dL confirmed", "6.1"),
    ("Critical potassium 7.1 mmol/L called to ward at 10:15", "7.1"),
    ("Sodium low at 115 mmol/L on repeat", "115"),
    ("Neutrophils 0.2 x10^9/L on manual differential", "0.2"),
    ("Troponine T > 5000 ng/L vérifié", ">5000"),
    ("Calcium 3,9 mmol/L téléphoné au Dr Roux", "3,9"),
    ("Potassium contrôlé sur un deuxième prélèvement, résultat : 7,1 mmol/L", "7,1"),
    ("Plaquettes : 9 000 /mm3", "9 000"),
    ("Lactate 9,1 mmol/L", "9,1"),
    ("Leucocytes 150 G/L avec blastes 80 %", "150 80"),
    ("Ferritine effondrée 3 µg/L", "3"),
    ("Résultat de la kaliémie : 7,1 mmol/l", "7,1"),
]
WORDS = [
    "Potassium 5.2 last week.",
    "Le sodium 140 est stable",
    "Contrôle à 48 heures",
    "Potassium de 5,2 mmol/L la veille",
    "CRP 250 en baisse depuis hier",
    "Sodium conseillé.",
    "pH     7.31 - 7.41",
    "Objectif LDL < 1,0 g/L",
    "Objectif : LDL-cholestérol 0,55 g/L",
    "Seuil de 5 mg/L pour la CRP",
    "Si kaliémie > 6,0 mmol/L, prévenir",
    "Dernière ferritine : 12 µg/L le 03/01/2025",
    "Vitamine D : carence < 12 ng/mL",
    "Potassium urinaire 50 mmol/L",
    "Glycosurie 5 g/L",
    "pH 7.31 - 7.41 pCO2 40 - 50 mmHg pO2 30 - 50 mmHg",
    "APTT Therapeutic range for IV Heparin therapy = 60-85 seconds",
    "APTT normal range 23 - 36 seconds.",
    "Cholestérol 1 g/L = 2,58 mmol/L",
    "Glucose 1 g/L = 5,55 mmol/L",
    "Contrôle de la glycémie dans 3 mois",
    "Prélevé à 8 h, glycémie à jeun",
    "Valeurs de référence de la TSH : 0,4 à 4,0 mUI/L",
    "Sodium between 135 and 145 mmol/L",
    "Hémoglobine entre 12 et 16 g/dL",
    "Perfusion de potassium 4 g/L en cours",
    "Interférence possible de la bilirubine au-delà de 300 µmol/L",
    "LCR : glucose 2,5 mmol/L",
    "Previous haemoglobin 9.1 g/dL",
    "Hb 9,2 g/dL le 12/03/2024",
    "TSH cible 0,5 à 2 mUI/L",
    "Urines : sodium 20 mmol/L",
    "Echantillon hémolysé (index 250 mg/dL)",
    "Clairance 85 mL/min",
    "CA 15-3 < 30 U/mL",
]
PLACES = ["{line}", "Commentaire : {line}", "Commentaire :\n  {line}", "Note :\n{line}"]


def page(place: str, line: str) -> str:
    return TITLES + place.format(line=line) + "\n"


@pytest.fixture(scope="module")
def read_page(read_of_each):
    """Every sentence at every place, a page and a patient each."""
    sentences = [line for line, _ in TOLD] + WORDS
    pages = [page(place, line) for place in PLACES for line in sentences]
    texts = [f"IPP : {number}\n\n{text}" for number, text in enumerate(pages)]
    of = read_of_each("\f".join(texts), "report.txt", format="text")
    return lambda place, line: of(str(pages.index(page(place, line))))


@pytest.mark.parametrize(("line", "values"), TOLD)
def test_a_sentence_tells_a_result(line: str, values: str) -> None:
    found = [one.value for one in told_values(line)]
    assert found == (values.split() if values != "9 000" else [values])


@pytest.mark.parametrize("line", WORDS)
def test_a_sentence_tells_none_of_today(line: str) -> None:
    assert not told_values(line)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("line", "values"), TOLD)
def test_no_result_of_a_sentence_is_lost(read_page, place, line, values) -> None:
    rows, rejects = read_page(place, line)
    assert {*rows["analyte"]} >= {"tsh"}
    read = [value.strip("<> ") for value in rows["reported_value"]]
    refused = " ".join(
        text for column in ("reported_value", "message") for text in rejects[column] if text
    )
    for value in values.split() if values != "9 000" else [values]:
        bare = value.strip(">")
        assert bare in read or bare in refused
    assert rows.height > 1 or rejects["results"].sum() >= 1


@pytest.mark.parametrize("line", WORDS)
def test_words_in_a_comment_are_no_result(read_page, line) -> None:
    rows, rejects = read_page(PLACES[1], line)
    assert not rejects["results"].sum()
    assert rows["analyte"].to_list() == ["tsh"]


def test_what_is_printed_is_not_refused_again(export) -> None:
    lines = "Potassium   7,1   mmol/L   3,5 - 5,1\nNatrémie    118   mmol/L\n"
    said = "Commentaire : kaliémie contrôlée à 7,1 mmol/L, sodium 118 mmol/L, glycémie 0,40 g/L\n"
    rows, rejects = read(export(f"IPP : 1\n\n{TITLES}{lines}{said}"), format="text")
    assert rows.height == 3
    assert rejects.select("reported_name", "reported_value").rows() == [("glycémie", "0,40")]
    assert "glycémie 0,40 g/L" in rows["comment"][0]


STROKES = ["Na/K: 118/7,0", "Na/K : 118/7,0 mmol/L", "Sodium/Potassium = 118/7,0"]


@pytest.mark.parametrize("line", STROKES)
def test_two_results_on_both_sides_of_a_stroke_are_refused(export, line) -> None:
    text = f"IPP : 1\n\n{TITLES}Urée   5,0   mmol/L\n{line}\n"
    rows, rejects = read(export(text), format="text")
    assert rows.height == 2
    assert line in rejects["reported_value"].to_list()
