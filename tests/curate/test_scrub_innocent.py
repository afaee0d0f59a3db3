"""What is beside a name, printed for everyone or made of known words: it stays; <> goes."""

import pytest
from tests.curate.test_scrub_kinds import check

from hemoscribe.curate.scrub import scrub


@pytest.mark.parametrize(
    "marked",
    [
        "transféré au CHU de <Tours> hier",
        "CHR <Metz>-<Thionville>, bilan",
        "CHRU de <Brest> puis CHI de <Créteil>",
        "vu à l'Hôpital <Bretonneau>",
        "vu à l'Hôpital de la <Timone>",
        "Hôpital <la Conception>",
        "Hôpital Privé <Armand-Brillard>",
        "Hôpital Universitaire <Necker>",
        "Centre Hospitalier de <Vierzon>",
        "Centre Hospitalier Intercommunal de <Meulan>",
        "Centre Hospitalier Universitaire <Grenoble>",
        "Centre de Santé des <Ulis>",
        "Centre Médical de <Bligny>",
        "Institut Mutualiste <Montsouris>",
        "Institut Hospitalier <Jacques-Cartier>",
        "Institut de Cancérologie de <Villejuif>",
        "Clinique Médicale de <Goussonville>",
        "la clinique <Turin>, contrôle",
        "Clinique Chirurgicale du <Libournais>",
        "GH <Pitié-Charles Foix>",
        "GHT des <Yvelines>",
        "SAMU de <Lille>",
        "SAMU de l'Hôpital <Purpan>",
        "EHPAD <Les Tilleuls>",
        "Maison de Santé de <Lormes>",
        "Polyclinique de <Navarre>",
        "transférée au CH d'<Alençon> le <14/03/2024>",
        "adressée au CHU de <Nîmes>, joindre le CH <Vannes>",
        "University of <Sussex>, serum",
        "at the <Whittington> Hospital yesterday",
        "Royal Infirmary of <Dundee>",
    ],
)
def test_the_word_for_a_place_stays_and_its_name_goes(marked: str) -> None:
    check(marked)


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("https://www.labo-seine.fr/r/7712", "https://www.[url].fr/[url]"),
        ("https://labo-seine.fr", "https://[url].fr"),
        ("http://dossier.hopital-nord.org/p?id=8812", "http://[url].org/[url]"),
        ("www.labo-seine.com", "www.[url].com"),
        ("www.labo-seine.com/patient.", "www.[url].com/[url]."),
        ("labo-seine.fr", "[url].fr"),
        ("resultats.labo-seine.fr/88", "[url].fr/[url]"),
        ("https://www.sante-nord.gouv.fr", "https://www.[url].gouv.fr"),
        ("https://trust.nhs.uk/results/1", "https://[url].nhs.uk/[url]"),
        ("http://serveur-labo/dossier/1", "http://[url]/[url]"),
        ("http://serveur-labo:8080/dossier/1", "http://[url]:8080/[url]"),
        ("https://labo-seine.fr?dossier=7", "https://[url].fr?[url]"),
        ("(https://labo-seine.fr/x)", "(https://[url].fr/[url])"),
        ("https://dossier.labo.example/p/1", "https://[url]/[url]"),
    ],
)
def test_of_a_web_address_what_identifies_goes(written: str, left: str) -> None:
    assert scrub(f"voir {written} merci").text == f"voir {left} merci"


@pytest.mark.parametrize(
    "text",
    [
        "selon la Loi du 6 janvier 1978 modifiée",
        "la loi du 6 janvier 1978 (Loi Informatique)",
        "Loi n° 2004-800 du 6 août 2004",
        "Décret n°2016-1537 du 16 novembre 2016",
        "Décret du 2 mai 2017 et arrêté n° 2017-12 du 4 mai 2017",
        "l'arrêté du 8 août 2010 fixe",
        "ordonnance n° 2010-49 du 13 janvier 2010",
        "Règlement (UE) 2017/746 du 5 avril 2017",
        "la Loi Evin ne dit rien",
        "en vertu de la loi du 4 mars 2002 (Loi Kouchner)",
        "Blood. 2016 Mar 31;127(13):1656-68",
        "Clin Chem. 2009 Jun;55(6):1188",
        "J Clin Pathol. 2014;67:12-7.",
        "Lancet 2018;391(10120):601",
        "Marchal AB, Dupuis C, Verne DE, et al. Ann Biol Clin. 2011;69(2):133-40",
        "N Engl J Med. 2012 Oct 4;367(14):1287",
    ],
)
def test_laws_and_articles_are_for_everyone(text: str) -> None:
    assert scrub(text).text == text


@pytest.mark.parametrize(
    "marked",
    [
        "ordonnance du <12 mars 2024> à renouveler",
        "traitement arrêté le <4 mai 2023>",
        "Règlement du <3 avril 2024> reçu",
        "Dr <Loi Nguyen> prévenu",
        "Mme <Decret>, vue le <4 mai 2023>",
        "Marchal <Agathe>, <Dupuis Claire>, Mme <Verne> présentes",
    ],
)
def test_what_only_looks_like_a_reference_goes(marked: str) -> None:
    if "Marchal" in marked:
        marked = marked.replace("Marchal <Agathe>", "<Marchal Agathe>")
    check(marked)


@pytest.mark.parametrize(
    "words",
    [
        *("Gériatrie", "Gériatrique", "Multidisciplinaire", "Pluriprofessionnelle"),
        *("Stress Post-Traumatique", "Juniors", "Myélodysplasique", "Hépatobiliaire"),
        *("Préanalytiques", "Dialysée", "Programmée", "Thromboembolique", "Immunosupprimée"),
        *("Électrophorétique", "Agglutinines", "Cardiovasculaires", "Neurochirurgicale"),
        *("Postopératoire", "Transfusionnelles", "Néphrologique", "Endocrinologues"),
        *("Polyarthralgies", "Cytogénétiques", "Haematological", "Hepatobiliary"),
        *("Postoperative", "Rheumatologist", "Immunocompromised", "Radiotherapy"),
        *("Sous Menton", "Microsoft Teams"),
    ],
)  # fmt: skip
def test_words_made_of_known_ones_are_no_names(words: str) -> None:
    text = f"dans le cadre {words} demandé"
    assert scrub(text).text == text


@pytest.mark.parametrize(
    "text",
    [
        "pose d'une valve aortique MEDTRADE Freely n° 21",
        "conduit valvé porcin HANCOR Sizer n° 16",
        "stent actif XIENCO posé",
        "un patch de VASCUGARD ACUTEX vascular graft",
        "reconnu(e) Agréé(e) par le comité",
    ],
)
def test_trade_names_beside_a_device_stay(text: str) -> None:
    assert scrub(text).text == text


@pytest.mark.parametrize(
    "marked",
    [
        "sonde posée par <DUPONTEL Jeanne>",
        "pacemaker de Mme <WHITAKER>",
        "<LEMOINEAU Paul> pompe changée",
        "prothèse <BENALI Karim> contrôlée",
    ],
)
def test_a_person_beside_a_device_goes(marked: str) -> None:
    check(marked)


@pytest.mark.parametrize(
    "marked",
    [
        "<Ravi Prescott> reports taking an anticoagulant",
        "<Rose Lemercier> a été prélevée",
        "<Boston, MA 02118>\nPelger-Huet cells present",
        "<33600 Pessac> CHU <Pellegrin>",
        "Biologiste Médicale Responsable : <Fleur Oudinard>",
        "Infirmière Libérale : <Maryvonne Le Guern>",
        "<16 rue Paul Desmarteau,21821>\nEstimé(e) Madame, résultats joints",
    ],
)
def test_where_a_name_or_an_address_begins_and_ends(marked: str) -> None:
    check(marked)
