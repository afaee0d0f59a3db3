"""Capitals that name nobody in a laboratory's prose, a table of each kind: every word stays."""

import pytest
from tests.curate.test_scrub_kinds import check


@pytest.mark.parametrize(
    "text",
    [
        "Ombres de Gumprecht nombreuses, cellules de Downey",
        "Techniques de Baermann, de Graham et de Bailenger",
        "selon la formule de Winters",
        "indice de Mentzer 11,2",
        "quotient de Sokolow",
        "ratio de Mansfield",
        "règle de Stewart",
        "Martin/Hopkins LDL 2,8 mmol/L",
        "Paul-Bunnell-Davidsohn négatif",
        "corps de Pappenheimer, bâtonnets d'Auer",
        "cristaux de Charcot-Leyden",
        "cylindres de Tamm-Horsfall",
        "anomalie de Alder-Reilly",
        "score de Rockall 4",
        "critères de Light",
        "milieu de Chapman, gélose de Columbia",
        "test de Nugent et test de Liddle",
        "chromosome Philadelphie",
        "hémoglobine Lepore",
        "phénotype Duffy",
        "groupe sanguin Lutheran",
        "manœuvre de Barlow",
        "cellules de Reed-Sternberg",
        "Prussian Blue, Wright-Giemsa",
        "Figge correction, Winters formula",
        "Gumprecht shadows, Downey cells",
    ],
)
def test_discoveries(text: str) -> None:
    check(text)


@pytest.mark.parametrize(
    "text",
    [
        "passage sur Olympus BX43",
        "lecture au microscope Quarzonix",
        "automate Veritron XN-3100 en panne",
        "calibré sur Kelvora i2000",
        "réactif Zymarex, coffret Hemtora",
        "Bruker Biotyper, score 2,21",
        "BacT/ALERT positive en 11 h",
        "STA R Max 3, réactifs Stago",
        "sous Zelovarine 20 mg",
        "relais par Kanovax",
        "traité par Brevotan depuis 3 j",
        "Dolvirax 75, Tamorel 20 mg, Renolix 2,5 x 2",
        "on Veltraxin since 3 days",
        "started on Zolprena 10 mg",
        "Kcentra puis vitamine K",
        "Millepertuis, Pamplemousse et Réglisse",
        "Lovenox, Innohep, Praxbind",
        "Remisol, Glims et Diamic",
        "Vacutainer, Monovette, tube Vacuette",
        "dose de Quardine 500 mg",
        "arrêt de Fluvexil",
        "perfusion de Benzomar",
    ],
)
def test_devices_drugs_and_programs(text: str) -> None:
    check(text)


@pytest.mark.parametrize(
    "text",
    [
        "Ag HBs négatif, Ac anti-HBc positif, HBe",
        "EUCAST/CA-SFM : sensible",
        "cryoglobuline de type II de Brouet",
        "stade III, grade IV, facteur VIII",
        "ECBU, LCR et HDJ",
        "avis EFS, CPAM et ARS",
        "RN informed, BMS on call",
        "IADE et IBODE",
        "le RCP du GHT",
        "PNNs et PNEs",
        "mRNA, cDNA, tRNA",
        "SARM, BLSE, EPC, ERV",
        "CGR, PFC et CPA",
        "KDIGO, GOLD, SCORE2",
        "Code INSEE 99350",
        "TDM TAP, IRM, TEP",
        "CIVD, SHU, PTT",
        "LAM, LAL, LLC, LMC",
        "MGUS, AML, CLL, DLBCL",
        "HBPM, HNF, AVK, AOD",
    ],
)
def test_shortened_words(text: str) -> None:
    check(text)


@pytest.mark.parametrize(
    "text",
    [
        "Ne pas Réfrigérer, Retourner Doucement",
        "EDTA (Violet), Citrate (Bleu), Lithium (Vert)",
        "Antibiogramme : Résistance Naturelle",
        "Next Generation Sequencing, Flow Cytometry",
        "See Clin Chem and J Clin Pathol",
        "Ann Biol Clin, Presse Med, Rev Prat",
        "kystes d'Entamoeba coli, Giardia intestinalis",
        "Dientamoeba fragilis, Blastocystis hominis",
        "VOIR MODE OPÉRATOIRE, CLASSEUR BLEU",
        "PRÉLÈVEMENT HÉMOLYSÉ, REFAIRE",
        "Hypochromie, Microcytose, Anisocytose, Poïkilocytose",
        "Cliniquement Stable, Apyrétique",
        "Sédiment Urinaire : Cylindres Hyalins",
        "Centrifugation, Décantation, Congélation",
        "Échantillon Coagulé, Insuffisant",
        "Rouleaux, Schistocytes, Acanthocytes",
        "Suggest Clinical Correlation and Follow-up",
        "Please Recollect, Clotted Specimen",
        "Lymphocytes Atypiques, Hyperbasophiles",
        "Société Française de Microbiologie",
        "Collège National de Biochimie",
        "Royal College of Pathologists",
        "Dosage Enzymatique, Colorimétrique",
        "Le Biologiste, La Cadre, Le Médecin",
    ],
)
def test_prose_with_capitals(text: str) -> None:
    check(text)
