"""HPRIM Médecins: the lines of results of a letter, its second figures, headings and dates."""

from datetime import datetime

import pytest

from hemoscribe.sources import read
from hemoscribe.sources.intake import read_all

HEAD = ["0000116214", "NOM", "PRENOM", ".", "12 RUE DU LAC", "75001 PARIS", "10/03/1959", ".",
        "3135110345", "15/05/2013", "labo.centre Laboratoire du Centre", "dr.x Docteur X"]  # fmt: skip  # noqa: E501
K = "RES|POTASSIUM|K|N|{value}|mmol/l|3.5|5.1|{flag}|{status}"
SECOND = "RES|{name}|X|N|{one}|{unit}|{low}|{high}|{flag}|F|{other}|{unit2}|{low2}|{high2}"


def k(value: str = "4.1", flag: str = "N", status: str = "F") -> str:
    return K.format(value=value, flag=flag, status=status)


def letter(*results: str, head=HEAD, text=("Cher confrère,",)) -> list[str]:
    return [*head, *text, "****LAB****", *results, "****FIN****"]


def file(tmp_path, *letters: list[str], encoding="cp1252", end="\r\n"):
    path = tmp_path / "a.hpr"
    lines = [line for one in letters for line in one]
    path.write_bytes((end.join([*lines, "****FINFICHIER****"]) + end).encode(encoding))
    return path


def second(name, one, unit, other, unit2, *, low="", high="", flag="", low2="", high2="") -> str:
    return SECOND.format(**locals())


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_a_letter_is_read_with_all_that_it_states(tmp_path, end):
    lines = ["TEX|SODIUM              140  mmol/l   136 à 145", "RES|SODIUM|NA|N|140|mmol/l|136|145|N|F",  # noqa: E501
             k("5,4", "H", "C"), "COM|Contrôlé deux fois"]  # fmt: skip
    rows, rejects, notices = read_all([file(tmp_path, letter(*lines), end=end)])
    assert rejects.is_empty()
    assert rows.select("analyte", "value", "low", "high", "laboratory_flag", "status").rows() == [
        ("sodium", 140.0, 136.0, 145.0, "N", "final"),
        ("potassium", 5.4, 3.5, 5.1, "H", "corrected"),
    ]
    assert rows["comment"].to_list() == [None, "Contrôlé deux fois"]
    first = rows.row(0, named=True)
    assert (first["patient_id"], first["laboratory"]) == (
        "0000116214", "labo.centre Laboratoire du Centre"
    )  # fmt: skip
    assert first["collected_at"] == datetime(2013, 5, 15)
    assert round(first["age_years"], 1) == 54.2
    assert "the request (line 10 of the letter)" in " ".join(notices.sentences)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("Prélevé le 14/05/2013 à 08h15", datetime(2013, 5, 14, 8, 15)),
        ("PRELEVEMENT DU 14/05/13 08:15", datetime(2013, 5, 14, 8, 15)),
        ("Prélèvement du : 14-05-2013", datetime(2013, 5, 14)),
        ("Examen du 14/05/2013", datetime(2013, 5, 15)),
        ("Prélevé le 14/05/2013, prélevé le 16/05/2013", datetime(2013, 5, 15)),
    ],
)
def test_the_time_of_collection_is_that_of_the_text_where_it_is_told(tmp_path, text, time):
    rows, _ = read(file(tmp_path, letter(k(), text=(text,))))
    assert rows["collected_at"].to_list() == [time]


def test_many_letters_are_patients_of_their_own(tmp_path):
    other = ["0000000007", *HEAD[1:]]
    rows, _ = read(file(tmp_path, letter(k("4.1")), letter(k("4.2"), head=other)))
    assert rows.select("patient_id", "value").rows() == [("0000116214", 4.1), ("0000000007", 4.2)]


def test_a_second_figure_in_another_unit_is_the_same_result(tmp_path):
    line = second("CREATININE", "8.3", "mg/l", "73.5", "umol/l", low="6.0", high="11.0")
    rows, rejects = read(file(tmp_path, letter(line)))
    assert rows.select("analyte", "reported_value").rows() == [("creatinine", "8.3")]
    assert rejects.select("code", "reported_value", "results").rows() == [("duplicate", "73.5", 0)]


def test_a_count_beside_its_percentage_is_a_result_of_its_own(tmp_path):
    line = second("Lymphocytes", "33.0", "%", "964", "/mm3", flag="L", low2="1000", high2="4000")
    rows, rejects = read(file(tmp_path, letter(line)))
    assert rows.select("analyte", "value", "low", "laboratory_flag").rows() == [
        ("lymphocytes_pct", 33.0, None, None),
        ("lymphocytes", 0.964, 1.0, "L"),
    ]
    assert rejects.is_empty()


def test_two_figures_that_contradict_each_other_give_no_row(tmp_path):
    line = second("CREATININE", "8.3", "mg/l", "735", "umol/l")
    rows, rejects = read(file(tmp_path, letter(line, k())))
    assert rows["analyte"].to_list() == ["potassium"]
    assert rejects["code"].to_list() == ["contradiction"]


HEADINGS = ["EXAMEN DES URINES", "U R I N E S", "EXAMEN CYTOBACTERIOLOGIQUE DES URINES", "E C B U",
            "LIQUIDE PLEURAL", "LIQUIDE D'ASCITE", "LCR", "COPROCULTURE", "BIOCHIMIE URINAIRE"]  # fmt: skip  # noqa: E501


@pytest.mark.parametrize("heading", HEADINGS)
def test_what_stands_under_another_fluid_is_refused_until_blood(tmp_path, heading):
    lines = [k("4.1"), f"TEX|          {heading}", k("55"), "TEX|Culot", k("56"),
             "TEX|                H E M A T O L O G I E", k("4.2")]  # fmt: skip
    rows, rejects = read(file(tmp_path, letter(*lines)))
    assert rows["value"].to_list() == [4.1, 4.2]
    assert rejects["code"].to_list() == ["other_specimen"] * 2


def test_a_sentence_of_the_print_is_a_comment_and_no_heading(tmp_path):
    lines = [
        k(),
        "TEX|Recueil des urines non parvenu.",
        "TEX|POTASSIUM 4.1 mmol/l de ce jour",
        k("4.2"),
    ]
    rows, _ = read(file(tmp_path, letter(*lines)))
    assert rows["value"].to_list() == [4.1, 4.2]
    assert rows["comment"].to_list() == ["Recueil des urines non parvenu.", None]


@pytest.mark.parametrize("first", ["", ".", "BILAN SANGUIN", "COMPTE RENDU", "TITRE"])
def test_a_first_line_that_is_a_title_is_no_patient(tmp_path, first):
    path = file(tmp_path, letter(k(), head=[first or " ", *HEAD[1:]]), letter(k("4.2")))
    rows, rejects = read(path)
    assert "0000116214" in rows["patient_id"].to_list()
    assert first not in rows["patient_id"].to_list() or not first
    assert rows.height + int(rejects["results"].sum()) == 2


def test_a_letter_that_is_print_alone_is_read_as_print(tmp_path):
    text = ["Prélevé le : 15/05/2013", "", "                 Résultat   Unité    Valeurs de référence",  # noqa: E501
            "Sodium              140   mmol/L   136 - 145", "Potassium           4.2   mmol/L   3.5 - 5.1"]  # fmt: skip  # noqa: E501
    path = file(tmp_path, letter(k()), [*HEAD, *text, "****FIN****"])
    rows, rejects = read(path)
    assert rows["analyte"].to_list()[0] in ("potassium", "sodium")
    assert rows.height + rejects.height >= 3
