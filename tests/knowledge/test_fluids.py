"""Names and headings of other fluids than blood."""

import pytest

from hemoscribe.knowledge.analytes import analytes
from hemoscribe.knowledge.fluids import heading_not_blood, not_blood

OTHER = [
    "Urinalysis, complete", "UA with reflex", "U Chem Random", "Urine culture",
    "BIOCHIMIE URINAIRE", "Chimie des urines", "E.C.B.U.", "ECBU", "Liquide pleural - biochimie",
    "Liq. d'ascite", "Body fluid cell count", "Drain fluid chemistry", "Drain biliaire",
    "Microalbumin/Creat ratio", "Albumin/Creatinine Ratio", "Spot Na/K (U)",
    "Protéinurie des 24 heures", "Cerebrospinal fluid", "LCR", "Ponction lombaire",
    "Peritoneal dialysis effluent", "Synovial fluid", "Liquide articulaire", "BAL",
    "Lavage broncho-alvéolaire", "Myélogramme", "Stool elastase", "Coproculture", "Sweat test",
    "Test de la sueur", "Spermogramme", "Fluid, pericardial", "Glucose, body fluid",
    "Aspirat gastrique", "Bandelette urinaire", "Rapport protéines/créatinine", "Natriurèse u24",
    "Calciurie",
]  # fmt: skip
BLOOD = [
    "CBC", "Hémogramme", "Ionogramme sanguin", "Bile acids", "Acides biliaires", "Biochimie",
    "Chemistry panel", "BUN", "Tissue transglutaminase",
    "HbA1c (chromatographie liquide haute performance)", "Uric acid", "U&E", "Lipid panel",
    "Hémostase", "Immunology", "Blood gases", "Gaz du sang", "Drug levels", "Pre-dialysis urea",
    "Toxicologie", "Bilan martial",
]  # fmt: skip


@pytest.mark.parametrize("heading", OTHER)
def test_a_heading_of_another_fluid_is_told(heading):
    assert heading_not_blood(heading)


@pytest.mark.parametrize("heading", BLOOD)
def test_a_heading_of_blood_is_not_taken_for_another_fluid(heading):
    assert not heading_not_blood(heading)


def test_no_name_of_ours_is_of_another_fluid():
    names = [n for a in analytes().values() for n in (*a.names["en"], *a.names["fr"])]
    assert [name for name in names if not_blood(name) or heading_not_blood(name)] == []
