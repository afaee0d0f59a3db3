"""Lines of the house, dates, addresses and towns as hospitals write them: <> goes."""

import pytest
from tests.curate.test_scrub_kinds import check

from hemoscribe.curate.scrub import scrub

LINES = (
    "DECT <64 107>",
    "dect : <6-4107>",
    "ou DECT <3-6704>.",
    "poste <5512>",
    "poste n° <27 418>",
    "poste (secrétariat) : <27.418>",
    "bip <418>, bip : <71 204>",
    "tel <7 33 90>)",
    "Tél. <5.12.04>",
    "Garde biologie (nuit) : <6 2215>",
    "Astreinte hématologie : <4 4512>",
    "Standard : <27 10 00>",
    "Secrétariat : <2 74 18>",
    "Accueil : <5 1200>",
    "Paillasse hémostase : <4.51.20>",
    "Appel du service de néphrologie au <75.204>.",
    "résultat appelé au <6 2215>, réa",
    "Rappeler le laboratoire au <44 120>",
    "joindre l'interne au <61 203>",
    "Dr office <555-0188>",
    "call <555-0188> x<14>",
    "ext <4 512>",
    "bleep <2417>",
    "pager: <41 207>",
    "Standard : <(0)3 87 27 33 10>",
    "ligne directe <5 1204>",
)


@pytest.mark.parametrize("marked", LINES)
def test_lines_of_the_house(marked: str) -> None:
    check(marked)


@pytest.mark.parametrize(
    "text",
    [
        "plaquettes au 120 G/L",
        "créatinine au contrôle : 1200 µmol/L",
        "Appel car potassium au 6.8 mmol/L",
        "appelé car CRP 412 mg/L",
        "called at 0915, read back",
        "called at 14:30",
        "Salle 4, lit 12",
        "bilirubine directe : 12.5 mg/L",
        "Coombs direct : 1/128",
        "Direct LDL : 1250 mg/L",
        "Contact : 12 jours",
        "appel au secours à 3 h 20",
        "2 x 1000 mg",
        "rappel à 12 mois",
        "Urgences : 4 tubes",
        "au 3/4 rempli",
        "dilution au 1/1000",
        "titre au 1/80",
        "garde : 12 h 30",
        "intervalle 135-145 mmol/L",
        "range 100-1000",
        "joindre 2 tubes EDTA",
    ],
)
def test_results_and_times_that_look_like_lines_stay(text: str) -> None:
    check(text)


@pytest.mark.parametrize(
    "marked",
    [
        "revu le <mardi 9 avril>.",
        "CONSULTATION DU <MARDI 5 DECEMBRE 2023>",
        "le <Lundi 03/06/2024>",
        "<vendredi 1er mars 2024>",
        "absent jusqu'au <lundi 14>.",
        "rdv <jeudi 9> à 8 h",
        "le <mer. 12 juin 2024>",
        "on <Monday, 3 June>",
        "<Thursday June 6th>",
        "since <Tuesday 12/03>",
        "<dim 4 août>",
        "<Sat 5 October 2024>",
        "né le <1er/02/1963>",
        "NE LE <1ER/02/1963>",
        "née le <1er-04-71>",
        "DDN <02 01 1960>",
        "DN <12 11 1949>, sexe F",
        "DDN  <1 7 / 0 9 / 1 9 4 6>",
        "né(e) le <0 3 - 1 1 - 1 9 8 1>",
        "Date : <2 4 / 1 2 / 2 0 2 3>",
        "born <04 07 1952>",
        "<23 05 2019> prélèvement",
    ],
)
def test_weekdays_and_odd_dates(marked: str) -> None:
    check(marked)


@pytest.mark.parametrize(
    "text",
    [
        "Sat 98 %, FC 80",
        "Sat 4.5 %",
        "O2 sat 22/28",
        "contrôle lundi",
        "les mardi et jeudi matin",
        "du lundi au vendredi de 8 h à 18 h",
        "trois fois par jour",
        "lundi 2 tubes EDTA",
        "samedi 3 prélèvements",
        "sun exposure 12 min",
        "1 2 3 4 5 6 7",
        "12 05 18 G/L",
        "Monday 9 am",
        "1er trimestre",
        "1er/2e jour",
        "lavage 3/4/5",
        "gr. 1er 2e",
        "mer 12 h",
        "dimanche 12 h 30",
        "01 02 03",
    ],
)
def test_what_looks_like_a_date_stays(text: str) -> None:
    check(text)


@pytest.mark.parametrize(
    "marked",
    [
        "demeurant <lieu-dit Kergoat>, contrôle",
        "habite <lieu-dit La Croix Verte>",
        "<lieudit Penhoat>",
        "<hameau du Pont Neuf>",
        "<Hameau de Kervoal>",
        "<Résidence Les Ajoncs>",
        "<résidence Bellefontaine>",
        "trouvé <bd de la Liberté>",
        "trouvée <Bd Voltaire> hier",
        "<venelle du Puits>",
        "<ruelle Saint-Yves>",
        "<rte de Locronan>",
        "<5 r. Amiral Courbet>, <56100>.",
        "<12 imp. des Lilas>, <29000>",
        "<3 all. Jean-Moulin>",
        "<8 bis, rte de Locronan, Zone de Kerdroniou, bât. C>",
        "<22 rond-point de Kerven>, <29200>",
        "<14 parvis Notre-Dame>",
        "<B.P. 50 619>",
        "<BP 40217>",
        "<CS 60 122>",
        "<TSA 71 234>",
        "<29 000 Quimper>",
        "<56 100 LORIENT>",
        "<The Old Forge, Mill Lane, Nether Wallop>, <SO20 8ET>",
        "<Rose Cottage, Church Road, Ashwell>",
    ],
)
def test_addresses_without_a_street_or_a_number(marked: str) -> None:
    check(marked)


@pytest.mark.parametrize(
    "text",
    [
        "zone Urgences",
        "quartier opératoire",
        "cité en référence",
        "foyer infectieux",
        "foyer Hépatique",
        "tour Exocrine",
        "résidence médicalisée",
        "BD EN BAISSE",
        "BD Albumine",
        "Passage sur Cellavision DM1200",
        "cours d'eau",
        "route de Dakin",
        "place des AOD",
        "29 000 Plaquettes",
        "12 500 Leucocytes",
        "10 000 Copies",
        "CS 60 mg",
        "immeuble sans ascenseur",
        "villa louée",
        "r. direct",
        "moulin à café",
    ],
)
def test_what_looks_like_an_address_stays(text: str) -> None:
    check(text)


@pytest.mark.parametrize(
    "marked",
    [
        "Lieu de naissance : <Oujda>",
        "né à : <Tizi-Ouzou>",
        "Ville : <Plouhinec>",
        "Commune de résidence : <Saint-Guen>",
        "Place of birth: <Lagos>",
        "Town: <Ilfracombe>",
        "LABORATOIRE DE BIOLOGIE MEDICALE DES <TROIS RIVIERES>",
        "Laboratoire d'analyses médicales du <Steïr>",
        "laboratoire de biologie médicale de <Kermaria>",
        "Labo de <Plouay>",
        "CABINET MEDICAL DU <LANDREAU>",
        "cabinet dentaire de <Kervignac>",
        "cabinet de radiologie du <Blavet>",
        "Maison médicale de <Kerlivio>",
        "Pôle santé du <Scorff>",
        "Foyer de vie de <Kerdreux>",
        "MAS de <Pen Duick>",
        "IME du <Bondon>",
        "CENTRE HOSPITALIER INTERCOMMUNAL DE <VAL-DE-SARRE>",
        "CENTRE HOSPITALIER DE <KERPAPE>",
    ],
)
def test_labelled_towns_laboratories_and_practices(marked: str) -> None:
    check(marked)


@pytest.mark.parametrize(
    "text",
    [
        "LABORATOIRE DE BIOLOGIE MEDICALE DU CHU",
        "laboratoire d'hématologie",
        "Laboratoire de Biochimie Médicale",
        "LABORATOIRE DE REFERENCE",
        "laboratoire de Référence",
        "Laboratoire de Virologie",
        "labo de garde",
        "cabinet médical",
        "Laboratoire des Urgences",
        "Laboratoire de l'Hôpital",
        "LABORATOIRE DE GARDE",
        "Cabinet de Kinésithérapie",
        "Foyer de Pneumopathie",
        "Ville : non précisée",
        "Lieu : Domicile",
        "Lieu : Service",
        "Laboratoire de Recherche",
        "laboratoire de Toxicologie",
        "école de Santé",
        "officine de ville",
    ],
)
def test_a_laboratory_without_a_name_stays(text: str) -> None:
    check(text)


@pytest.mark.parametrize(
    "number",
    ["56-0411872", "H-2023-0447", "24/0117/5582", "F118842", "0041887734", "3417-882-07"],
)
@pytest.mark.parametrize("label", ["n° receveur", "n° d'adhérent", "N° étiquette", "n° de bon :"])
def test_a_number_of_whatever(label: str, number: str) -> None:
    assert number not in scrub(f"{label} {number}, contrôle demandé").text
