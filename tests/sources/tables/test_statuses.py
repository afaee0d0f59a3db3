"""What a column of statuses says of a result, in the words of laboratories."""

import pytest

from hemoscribe.sources import read

CANCELLED = [
    "ANNULE", "Annulé", "annulée", "ANNULEE", "Erreur", "en erreur", "rejeté", "REJETE", "rejetée",
    "supprimé", "SUPPRIME", "Supprimée", "invalidé", "Rejected", "deleted",
]  # fmt: skip
PRELIMINARY = [
    "non validé", "NON VALIDE", "Non validée", "dévalidé", "DEVALIDE", "à valider", "A VALIDER",
    "en attente", "Préliminaire", "PRELIMINAIRE", "not validated", "provisoire",
]  # fmt: skip
TEXT = (
    "IPP;Date;Examen;Résultat;Unité;Statut\n1;13/03/2026;K;4,1;mmol/L;{}\n"
    "1;13/03/2026;Na;140;mmol/L;validé\n"
)


@pytest.mark.parametrize("word", CANCELLED)
def test_a_result_that_was_taken_back_is_cancelled(export, word):
    rows, rejects = read(export(TEXT.format(word)))
    assert rejects.is_empty()
    assert rows["analyte", "status"].rows() == [("potassium", "cancelled"), ("sodium", "final")]


@pytest.mark.parametrize("word", PRELIMINARY)
def test_a_result_that_nobody_validated_is_preliminary(export, word):
    rows, rejects = read(export(TEXT.format(word)))
    assert rejects.is_empty()
    assert rows["analyte", "status"].rows() == [("potassium", "preliminary"), ("sodium", "final")]
