"""HPRIM: results that only a text of the letter holds, withdrawals and fluids in it."""

import pytest

from hemoscribe.sources import read

HEAD = ["0000116214", "NOM", "PRENOM", ".", "12 RUE DU LAC", "75001 PARIS", "10/03/1959", ".",
        "3135110345", "15/05/2013", "labo.centre Laboratoire du Centre", "dr.x Docteur X", ""]  # fmt: skip  # noqa: E501
HB = "RES|Hémoglobine|HB|N|132|g/L|130|170|N|F"
K = "RES|Potassium|K|N|4,1|mmol/L|3,5|5,1|N|F"
ALONE = [
    ("TEX|Leucocytes     0,4 G/L   4 - 10", "0,4"), ("TEX|Sodium  118 mmol/L  (135-145)", "118"),
    ("TEX|Calcium ........ 1,2 mmol/L", "1,2"), ("TEX|CRP : 250 mg/L", "250"),
    ("TEX|SODIUM           118    mmol/l   136 à 145", "118"), ("TEX|SODIUM 118 mmol/l", "118"),
    ("TEX|Natrémie basse à 118 mmol/L ce matin", "118"), ("COM|Natrémie à 118 mmol/L", "118"),
    ("COM|Plaquettes contrôlées à 9 G/L", "9"), ("TEX|INR .......... 8,5", "8,5"),
    ("TEX|Kaliémie contrôlée à 7,1 mmol/L ce jour", "7,1"), ("TEX|Glycémie : 0,40 g/L", "0,40"),
    ("TEX|Créatinine          800   µmol/L   60 - 110", "800"), ("TEX|TSH   45 mUI/L", "45"),
]  # fmt: skip
PRINTED = [
    "TEX|Hémoglobine     132 g/L   130 - 170", "TEX|HEMOGLOBINE ..... 13,2 g/dL",
    "TEX|Potassium       4,1 mmol/L", "COM|Kaliémie contrôlée à 4,1 mmol/L",
    "TEX|Objectif LDL < 1,0 g/L", "TEX|Hémoglobine de 110 g/L la semaine dernière",
    "COM|Contrôle dans 48 heures", "TEX|Si kaliémie > 6,0 mmol/L, prévenir",
]  # fmt: skip
WITHDRAWN = ["TEX|ANNULE", "COM|ANNULÉ", "TEX|Résultat rendu par erreur", "COM|Résultat annulé",
             "TEX|*** RESULTAT ANNULE ***", "COM|Ne pas tenir compte de ce résultat"]  # fmt: skip
FLUIDS = ["L.C.R.", "D.P.", "Diurèse : 1500 mL", "Diurèse .... 1500 ml", "L.C.R. :", "U R I N E S",
          "LIQUIDE PLEURAL"]  # fmt: skip


@pytest.fixture
def letter(tmp_path):
    """Write a letter with lines of results: ``letter(*lines)`` -> its path."""

    def write(*lines: str):
        path = tmp_path / "a.hpr"
        whole = [*HEAD, "****LAB****", *lines, "****FIN****", "****FINFICHIER****", ""]
        path.write_bytes("\r\n".join(whole).encode("cp1252"))
        return path

    return write


@pytest.mark.parametrize(("line", "value"), ALONE)
def test_a_result_without_a_line_of_its_own_is_refused(letter, line, value) -> None:
    rows, rejects = read(letter(HB, line, K))
    assert rows["analyte"].to_list() == ["hemoglobin", "potassium"]
    assert rejects.select("reported_value", "results", "patient_id").rows() == [
        (value, 1, "0000116214")
    ]
    assert rejects["report_id"].null_count() == 0


@pytest.mark.parametrize("line", PRINTED)
def test_the_print_of_a_result_is_no_second_one(letter, line) -> None:
    rows, rejects = read(letter(HB, line, K))
    assert rows.height == 2
    assert rejects.is_empty()


@pytest.mark.parametrize("line", WITHDRAWN)
def test_a_text_withdraws_the_result_above_it(letter, line) -> None:
    rows, rejects = read(letter(K, HB, line))
    assert rows["analyte"].to_list() == ["potassium"]
    assert "cancelled" in rejects["code"].to_list()


def test_a_text_below_the_print_of_a_result_withdraws_that_one(letter) -> None:
    lines = [K, "TEX|Hémoglobine     132 g/L   130 - 170", "TEX|ANNULE", HB]
    rows, rejects = read(letter(*lines))
    assert rows["analyte"].to_list() == ["potassium"]
    assert rejects.filter(code="cancelled")["reported_name"].to_list() == ["Hémoglobine"]


@pytest.mark.parametrize("fluid", FLUIDS)
def test_a_fluid_in_the_text_holds_until_blood(letter, fluid) -> None:
    lines = [HB, f"TEX|{fluid}", "TEX|Biochimie", K, "TEX|SANG", K.replace("4,1", "4,2")]
    rows, rejects = read(letter(*lines))
    assert rows["reported_value"].to_list() == ["132", "4,2"]
    assert "other_specimen" in rejects["code"].to_list()


def test_a_comment_of_h_sante_that_tells_a_result(tmp_path) -> None:
    path = tmp_path / "a.hpr"
    lines = [
        "H|~^\\&|F1||LAB^L||ORU||||||P|H2.1~C|20260302081500",
        "P|1||77||DUPONT~JEAN||19600101|M", "OBR|1|S1||GLY~Glycemie~L|||20260302080000",
        "OBX|1|NM|GLU~Glucose~L||5,0|mmol/L|3,9-6,1||||F",
        "C|1||Natrémie à 118 mmol/L, glucose de 5,0 mmol/L", "L|1", "",
    ]  # fmt: skip
    path.write_text("\r".join(lines), encoding="utf-8")
    rows, rejects = read(path)
    assert rows["analyte"].to_list() == ["glucose"]
    assert rejects.select("reported_name", "reported_value").rows() == [("Natrémie", "118")]
    assert rejects["report_id"].null_count() == 0
