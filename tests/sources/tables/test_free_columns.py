"""Tables: columns of withdrawals and states in words, and free columns that name another fluid."""

from pathlib import Path

import pytest

from hemoscribe.sources import read

WITHDRAWALS = [
    "cancelled",
    "annulé",
    "void",
    "Motif d'annulation",
    "is_deleted",
    "Rejection reason",
]
STATES = ["State", "Etat", "Statut", "Status", "Workflow", "VALID", "Result state"]
PLACES = [
    *("Liquide", "Source", "Origine", "Échantillon", "Body site", "Tube", "Provenance", "Site"),
    *("Lot", "Service", "Récipient", "Commentaire", "Comment"),
]


def states(path: Path, header: str, cells: list[str]) -> dict[str, str]:
    """What becomes of a potassium beside each cell: its status, or the code of its reject."""
    lines = [f"patient;date;analyse;resultat;unite;{header}"]
    lines += [f"P{at};2026-03-02;Potassium;6,9;mmol/L;{cell}" for at, cell in enumerate(cells)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    rows, rejects = read([path])
    found = dict(rows.select("patient_id", "status").rows())
    found |= dict(rejects.select("patient_id", "code").drop_nulls().rows())
    return {cell: found[f"P{at}"] for at, cell in enumerate(cells)}


@pytest.mark.parametrize("header", WITHDRAWALS)
def test_a_column_of_withdrawals(tmp_path: Path, header: str) -> None:
    standing = ["", "0", "non", "N", "false", "Non annulé", "aucun"]
    withdrawn = ["1", "oui", "Y", "true", "x", "2026-03-02 10:00", "hémolyse"]
    found = states(tmp_path / "x.csv", header, standing + withdrawn + ["7"])
    assert {found[cell] for cell in standing} == {"final"}
    assert {found[cell] for cell in withdrawn} == {"cancelled"}
    assert found["7"] == "unreadable"


@pytest.mark.parametrize("header", STATES)
@pytest.mark.parametrize("word", ["Void", "Annulé", "Cancelled", "Résultat annulé", "Withdrawn"])
def test_a_state_in_words(tmp_path: Path, header: str, word: str) -> None:
    found = states(tmp_path / "x.csv", header, ["", "Final", word])
    assert found == {"": "final", "Final": "final", word: "cancelled"}


def test_a_state_of_residence_withdraws_nothing(tmp_path: Path) -> None:
    found = states(tmp_path / "x.csv", "State", ["CA", "NY", "OC", "Nevada", "X"])
    assert set(found.values()) == {"final"}


@pytest.mark.parametrize("header", ["Appointment status", "Previous result", "Claim state"])
def test_a_column_of_another_thing_withdraws_nothing(tmp_path: Path, header: str) -> None:
    assert set(states(tmp_path / "x.csv", header, ["Cancelled", "x"]).values()) == {"final"}


@pytest.mark.parametrize("header", ["indicateur", "flag", "Commentaire", "comment"])
def test_a_flag_or_a_comment_in_words(tmp_path: Path, header: str) -> None:
    found = states(tmp_path / "x.csv", header, ["Annulé", "H", "Non annulé", "Entered in error"])
    assert found["Annulé"] == found["Entered in error"] == "cancelled"
    assert found["H"] == found["Non annulé"] == "final"


@pytest.mark.parametrize("header", PLACES)
def test_a_free_column_refuses_where_it_names_a_fluid(tmp_path: Path, header: str) -> None:
    fluids = ["Urine", "URINES", "LCR", "Liquide pleural", "Urine 24h", "Liquide d'ascite"]
    others = ["", "12345", "Urologie", "EDTA", "Sang", "Bras gauche", "ECBU", "Dialyse", "Réa 2"]
    found = states(tmp_path / "x.csv", header, fluids + others)
    assert {found[cell] for cell in fluids} == {"other_specimen"}
    assert {found[cell] for cell in others} == {"final"}


def test_a_table_of_reports_is_refused_by_the_line(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(
        "patient;date;Sodium (mmol/L);Potassium (mmol/L);Troponine ultra;Source;State\n"
        "1;2026-03-02;140;4,1;;Urine;\n2;2026-03-02;140;4,1;;Sang;Cancelled\n"
        "3;2026-03-02;140;4,1;annulé;;NY\n",
        encoding="utf-8",
    )
    rows, rejects = read([path])
    told = rows.select("patient_id", "status").unique().rows()
    assert dict(told) == {"2": "cancelled", "3": "final"}
    assert rejects.filter(code="other_specimen")["patient_id"].to_list() == ["1", "1"]


def test_an_ignored_column_is_left_alone(tmp_path: Path) -> None:
    mapping = tmp_path / "m.yaml"
    mapping.write_text("ignore: [Source]\n", encoding="utf-8")
    path = tmp_path / "x.csv"
    path.write_text("patient;date;analyse;resultat;unite;Source\n1;2026-03-02;K;4,1;mmol/L;Urine\n")
    assert read([path], mapping=mapping)[0].height == 1
