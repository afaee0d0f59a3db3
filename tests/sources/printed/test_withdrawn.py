"""Results that the print withdraws in words, and those that stand."""

import pytest

from hemoscribe.sources import read

CRP = "CRP              5,1 mg/L   (0,0 - 6,1)\n"
K = "Potassium        4,0 mmol/L   (3,5 - 5,1)"
AFTER = "\nAlbumine         40 g/L   (35 - 50)\n"
WITHDRAWN = [
    f"{K}\n*** RESULTAT ANNULE ***", f"{K}\n   Annulé", f"{K}   ANNULÉ",
    f"{K}\n   Rendu par erreur",
    f"{K}\nCommentaire : résultat annulé", f"{K}  Résultat annulé", f"{K}\n   (annulé)",
    "Potassium        4,0 mmol/L  void", f"{K}   rendu par erreur le 02/03", f"ANNULÉ   {K}",
    "Potassium   4,0   ANNULÉ  mmol/L   3,5 - 5,1", f"{K}\nEntered in error", f"{K}\nCANCELLED",
    f"{K}   cancelled", f"{K}\nResult voided by laboratory",
    f"{K}\nNe pas tenir compte de ce résultat",
    f"{K}\nRésultat rendu\npar erreur.", f"{K}\nPotassium : résultat annulé", f"{K}\n   Invalidé",
    f"{K}{AFTER}\nCommentaire : le dosage du potassium est annulé (hémolyse).",
    f"{K}\nDisregard this result", f"{K}\nRésultat du potassium annulé", f"{K}   [annulé]",
]  # fmt: skip
STANDING = [
    f"{K}\nRésultat non annulé, contrôlé", f"{K}\nAnnule et remplace le compte rendu du 01/03/2026",
    f"{K}\nRésultat contrôlé sur un second tube", f"{K}\nCommentaire : rendez-vous annulé",
    f"{K}\nThe previous result was cancelled", f"{K}\nErreur de tube possible", f"{K}\nHémolyse",
    f"{K}\nTests cancelled if the volume is low", f"{K}\nMarge d'erreur du dosage élevée",
]  # fmt: skip
ALL = [f"COMPTE RENDU ANNULÉ\n{K}", f"{K}\nCompte rendu annulé", f"{K}{AFTER}\nREPORT CANCELLED"]
UNCLEAR = [f"{K}\n\nRésultat annulé", f"{K}\n\nEntered in error", f"{K}\n\nRésultats annulés"]
ENDS = [*WITHDRAWN, *STANDING, *ALL, *UNCLEAR]


@pytest.fixture(scope="module")
def statuses(read_of_each):
    """Analyte -> status of each end of a report: all in one file, a page and a patient each."""
    pages = [f"IPP : {number}\n\n{CRP}{end}{AFTER}" for number, end in enumerate(ENDS)]
    of = read_of_each("\f".join(pages), "report.txt", format="text")

    def read(end: str):
        rows, rejects = of(str(ENDS.index(end)))
        return dict(rows.select("analyte", "status").rows()), rejects

    return read


@pytest.mark.parametrize("end", WITHDRAWN)
def test_a_result_that_is_withdrawn_is_cancelled_and_no_other(statuses, end: str) -> None:
    found, _ = statuses(end)
    assert found == {"crp": "final", "potassium": "cancelled", "albumin": "final"}


@pytest.mark.parametrize("end", STANDING)
def test_a_result_stands(statuses, end: str) -> None:
    found, rejects = statuses(end)
    assert found == {"crp": "final", "potassium": "final", "albumin": "final"}
    assert not rejects["results"].sum()


@pytest.mark.parametrize("end", ALL)
def test_a_report_that_is_withdrawn_has_no_final_result(statuses, end: str) -> None:
    found, _ = statuses(end)
    assert set(found.values()) == {"cancelled"}


@pytest.mark.parametrize("end", UNCLEAR)
def test_where_it_is_not_told_which_none_is_final(statuses, end: str) -> None:
    found, rejects = statuses(end)
    assert set(found.values()) == {"preliminary"}
    assert rejects["results"].sum() == 1


def test_a_second_value_below_a_withdrawn_one_stands(export) -> None:
    again = K.replace("4,0", "6,8")
    rows, _ = read(export(f"IPP : 1\n\n{CRP}{K}\nANNULÉ\n{again}\n"), format="text")
    assert rows.select("value", "status").rows()[1:] == [(4.0, "cancelled"), (6.8, "final")]


def test_a_withdrawal_of_what_is_not_printed_is_refused(export) -> None:
    rows, rejects = read(
        export(f"IPP : 1\n\n{CRP}{K}\n\nLe dosage du calcium est annulé\n"), format="text"
    )
    assert set(rows["status"]) == {"final"}
    assert rejects["code"].to_list() == ["cancelled"]
