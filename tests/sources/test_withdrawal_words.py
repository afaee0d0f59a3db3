"""Words that withdraw a result, in any format, and words that sound so and do not."""

import pytest

from hemoscribe.sources.withdrawal_words import is_withdrawal, says_withdrawn

WITHDRAWN = [
    "annulé",
    "ANNULÉE",
    "*** RESULTAT ANNULE ***",
    "(annulé)",
    "Résultat annulé.",
    "Résultats annulés",
    "Rendu par erreur",
    "Résultat rendu par erreur",
    "résultat rendu à tort par erreur de tube",
    "Entered in error",
    "ENTERED IN ERROR - wrong patient",
    "void",
    "VOID",
    "Result voided",
    "cancelled",
    "Canceled",
    "RESULT CANCELLED - wrong patient",
    "This result has been cancelled",
    "Results withdrawn by laboratory",
    "Erreur d'identification du patient",
    "erreur de patient",
    "Ne pas tenir compte de ce résultat",
    "à ne pas interpréter",
    "Do not use",
    "Please disregard this result",
    "Disregard above result",
    "Le résultat du potassium est annulé",
    "Dosage du potassium annulé, hémolyse",
    "Annulation du résultat",
    "résultat invalidé",
    "Résultat erroné",
    "Invalidated",
    "Specimen mislabelled",
    "Wrong blood in tube",
    "Annulé le 03/03 par Dr X",
    "annulé suite à hémolyse",
    "cancelled by ward",
    "Résultat retiré",
    "Résultat supprimé",
    "storniert",
    "Compte rendu annulé",
    "result reported in error",
    "Nul",
    "Analyse annulée par le prescripteur",
]
STANDING = [
    "Résultat non annulé",
    "not cancelled",
    "Annule et remplace le compte rendu du 02/03/2026",
    "Ce résultat annule et remplace le précédent",
    "Le résultat précédent est annulé",
    "Rendez-vous annulé",
    "marge d'erreur de 5 %",
    "hémolyse",
    "Contrôlé",
    "Résultat contrôlé sur un deuxième prélèvement",
    "Result confirmed",
    "avoid tourniquet",
    "Post-void urine",
    "Risque d'erreur : interpréter avec prudence",
    "previous result cancelled",
    "Rechercher une erreur de tube si discordance",
    "Annulation possible du rendez-vous",
    "Téléphoné au Dr",
    "Echantillon ictérique",
    "sample error?",
    "pas d'erreur",
    "résultat validé",
    "Résultat à interpréter selon le contexte",
    "Anemia",
    "nullipare",
    "Tests annulés si volume insuffisant",
    "Potassium result not invalidated",
    "résultat ne remettant pas en cause",
    "Interprétation : ne pas répéter avant 3 mois",
    "do not repeat",
    "Wrong-way eye deviation",
]
ALONE = [
    "annulé",
    "*** RÉSULTAT ANNULÉ ***",
    "(void)",
    "Cancelled.",
    "Rendu par erreur",
    "[annulée]",
]


@pytest.mark.parametrize("text", WITHDRAWN)
def test_a_result_is_withdrawn(text: str) -> None:
    assert says_withdrawn(text)


@pytest.mark.parametrize("text", STANDING)
def test_a_result_stands(text: str) -> None:
    assert not says_withdrawn(text)


@pytest.mark.parametrize("text", ALONE)
def test_nothing_but_that(text: str) -> None:
    assert is_withdrawal(text)
    assert not is_withdrawal(f"Potassium {text}")


def test_a_long_text_is_looked_at_in_its_first_characters() -> None:
    assert not says_withdrawn("hémolyse " * 100_000)
    assert says_withdrawn("hémolyse " * 100 + ". Résultat annulé")
