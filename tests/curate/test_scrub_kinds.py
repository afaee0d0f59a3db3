"""Kinds of identifiers as others write them: what stands in <> goes, every other word stays."""

import re
from itertools import product

import pytest

from hemoscribe.curate.scrub import scrub
from hemoscribe.knowledge import analytes

_MARKED = re.compile(r"<([^>]+)>")
_PIECES = re.compile(r"[^\W\d_]{2,}|\d+")


def check(marked: str) -> None:
    """No word and no digit of what is marked is left; the other words stand as they stood."""
    text = _MARKED.sub(r"\1", marked)
    result = scrub(text)
    assert not result.withheld
    taken = {place for span in result.redactions for place in range(span.start, span.end)}
    place, shift = 0, 0
    for match in _MARKED.finditer(marked):
        for piece in _PIECES.finditer(marked, place, match.start()):
            assert not taken & set(range(piece.start() - shift, piece.end() - shift)), result.text
        start = match.start() - shift
        for piece in _PIECES.finditer(match.group(1)):
            own = set(range(start + piece.start(), start + piece.end()))
            assert own <= taken, (piece.group(), result.text)
        place, shift = match.end(), shift + 2
    for piece in _PIECES.finditer(marked, place):
        assert not taken & set(range(piece.start() - shift, piece.end() - shift)), result.text


NAMES = (
    *("M BORDIER", "P-A. LEMOINE", "J-F Tessier", "JP DUBREUIL", "JM. Vasseur", "C LEBRUN"),
    *("Ph. Garnaud", "M-Odile Perrin", "de la Tour", "LE GOFF Anne", "Aït Ahmed", "Gilbert"),
)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("title", ["Dr", "Pr", "Mme", "Docteur", "DR", "dr"])
def test_a_title_and_whatever_initials(title: str, name: str) -> None:
    check(f"Vu avec {title} <{name}>, contrôle demandé")


@pytest.mark.parametrize(
    ("cue", "name"),
    list(
        product(
            ["docteur", "mme", "dr", "monsieur", "doctor", "mrs"],
            ["martin", "dupont", "benmoussa", "le goff", "whitaker"],
        )
    ),
)
def test_lower_case_after_a_cue(cue: str, name: str) -> None:
    check(f"on a joint {cue} <{name}> hier, kaliémie contrôlée")


@pytest.mark.parametrize(
    "marked",
    [
        "Internes : <LEBRUN Kevin> (Interne) - <DUMAS Léa> (FFI)",
        "<ROSSIGNOL T. Sophie> (IDE) a prélevé",
        "<01/02/2024> 08:12 : <PERRIN C ALICE> (PHC)",
        "<01/02/2024> 08:14 : <CAVALIER S MARION> (PHC)",
        "Infirmiers : <theodore garnaud>, présents",
        "Chef de clinique : Dr <A. VILLENEUVE> <01 42 16 00 11>",
        "Dr <T. SANDRIER> <01.42.16.10.O2> Dr <R. CUSSON> <01.42.21.49.29>",
        "Équipe : <R. Poumier>, <E. Fofelet>, <V. Lenglier>, <F. Gredin>, <N. Boisset>",
        "Secrétariat : <Patrice Pizzali> Tel : <06.49.09.56.74>",
        "Consultant : <Jean-Marie Le Parq>",
        "<WHITAKER Harriet> DOB <04/05/1950>",
        "<SMITHSON J JOHN> (RN) drew the sample",
        "Seen by <J-P. Thornton> (Registrar), ext <4521>",
        "Dr <A HUGHES> informed, Mr <J WHITAKER> called",
        "<DUPONT Jeanne>, <04/05/1950>, 74 ans",
        "<FADIL MARIONS>, <Yassine> <1 4 2 3 8 5 6 8 3 7 8 3 5 3>",
        "M <Georges Duhamet> et M <BENALI Karim>",
        "<TRAVIS GUILLAUMOT> revu ce jour",
        "<Clotaire> a été prélevé à jeun",
        "Prévenir <GENTIL-BOYERE A.> demain",
        "Transmis à <marie lefevre> ce matin",
        "Patient <Ph. ROCHE>, sous AVK",
        "PATIENT: <RHIFDI> Prénom: <aziz>, revoir <RHIFDI>",
    ],
)
def test_staff_lists_and_names_beside_what_only_people_have(marked: str) -> None:
    check(marked)


@pytest.mark.parametrize(
    "written",
    [
        *("06 12 34 56 78", "O6.12.34.56.78", "01.42.16.1O.02", "05.42.0924.67", "06 1234 5678"),
        *("(33) 1 20 49 98 13", "+33 (0)6 12 34 56 78", "0033 612345678", "03 01 23.56 74"),
        *("+32103289483", "+41 22 379 11 11", "0032 2 555 12 12", "+212 6 61 23 45 67"),
        *("+49 30 5682001", "+44 7700 900123", "020 7946 0123", "(617) 555-0123", "0612345678"),
        *("07_12_34_56_78", "01 42 16 10 O2"),
    ],
)
def test_telephone_numbers_however_they_are_grouped(written: str) -> None:
    check(f"appeler le <{written}> pour avis")


@pytest.mark.parametrize(
    "written",
    [
        *("deux janvier mille neuf cent soixante dix huit", "premier mars deux mille quatre"),
        *("3 mars mille neuf cent quarante", "trois juin 1950", "22|8|1923", "07 . 03 . 1958"),
        *("01 / 07 | 1995", "12mars2020", "20mar", "2013 janvier", "fin 2034", "mars 1982"),
        *("fin septembre", "décembre 93", "12, Mai 1973", "Sept 01,2026", "12.03.2024"),
        *("2 février mille neuf cent cinquante deux", "08-09/08/07", "1er fév 2011", "28.3.2023"),
        *("second of May nineteen sixty-four", "March the third, nineteen fifty", "late 2019"),
    ],
)
def test_dates_however_they_are_written(written: str) -> None:
    check(f"revu <{written}>, sans particularité")


@pytest.mark.parametrize(
    "marked",
    [
        "suivi depuis <2011>, opéré en <2016>, rechute <fin 2019>",
        "RDV les <18> et <19/01/2018>",
        "de <janvier> à <mars 2020>",
        "Antécédents\n- <1966>: ulcère",
        "élu maire de <1995>, retraité",
    ],
)
def test_parts_of_dates(marked: str) -> None:
    check(marked)


@pytest.mark.parametrize(
    "marked",
    [
        "Recommandations HAS 2016, formule CKD-EPI 2009",
        "Prélèvement hémolysé depuis 2/3 semaines",
        "Ratio 12/5, TA 12/8, titre 1/160",
        "2 2 2 2 2 2 2 2 2 2",
        "plaquettes 2010 G/L en 2 jours",
        "page 2/23",
    ],
)
def test_numbers_that_are_no_dates(marked: str) -> None:
    check(marked)


@pytest.mark.parametrize(
    "marked",
    [
        "habite <28 bis chemin Etienne d'ORGE> <12913> <STRASSBERG cedex 29>",
        "<17 RUE DE RENNES, APPT 188>, <75011> <PARIS 11>",
        "<deux bd etienne de rourque> <28722> <LA\nBACONNIERE>",
        "<17 PASSAGE THÉO PERULAGA>, <94 403>, <QUOICOUBAY>",
        "<16 rue Paul Desmerot>,<21821>",
        "résidant à <Marseille>, <13006>",
        "<Lindenstrasse 13>, <3049> <Leipzig>",
        "<47-83 Boulevard de l'Hôpital>, <75013> <Paris>",
        "<14 avenue Franklin> <94120> et un fax",
        "adressé à <Nogent sur Marne> hier",
        "un neveu près de\n<Toulouse>",
        "<12 Church Lane, Boston>",
        "<4 bis av. du Général Leclerc> <92100> <BOULOGNE BILLANCOURT>",
        "hospitalisée à l'hôpital <Bichat> puis à la clinique <Pasteur>",
        "Clinique du <Val d'Or>, hôpital <Nord>",
        "Hôpital <la Pitié Salpêtrière>, réanimation",
        "CHU de <Limoges>, CH d'<Agen>, HOP <Avicenne>",
        "suivie au Centre de Santé de <Belleville>",
        "Hôpital <EUROPÉEN GEORGES POMPIDOU> – <C. COTTEN>",
        "Groupe hospitalier <H.MONDOR>",
        "at <Addenbrooke's> Hospital, <Leeds LS1 4DY>",
        "analyses de <la rue Rivoli>",
        "hôpital de jour, examen clinique normal, clinique de la douleur",
    ],
)
def test_addresses_towns_and_hospitals(marked: str) -> None:
    check(marked)


@pytest.mark.parametrize(
    "marked",
    [
        "INS <2 60 05 75 056 001 23> OID <1.2.250.1.213.1.4.8>",
        "matricule INS : <260057505600123>",
        "sécu <2-60-05-75-056-001-23>",
        "<2 1 5 6 3 7 9 3 2 3 1 3 4 6 0>",
        "NIR <2 60 05 2A 056 001>",
        "NIR <1_85_13_75_056_001_23>",
        "IPP <8001234567> NDA <123456789>",
        "IPP : <80 01 23 45 67>",
        "identifiant : <A12345>",
        "n° IPP du patient : <8 001 234>",
        "écrire à <jean . dupont @ orange . fr>",
        "écrire à <tlabel @ medimail . com>",
        "mail <jean.dupont(at)chu-nantes.fr>",
        "mail <jean.dupont [at] chu-nantes.fr>",
        "mail <marie.lebrun@wanadoo>",
        "mail <s.guedir@chu-dijon.ap-hp.fr>",
    ],
)
def test_numbers_of_people_and_addresses_of_mail(marked: str) -> None:
    check(marked)


EPONYMS = (
    *("Rosenthal", "Willebrand", "Coombs", "Quick", "Addison", "Cushing", "Gilbert", "Basedow"),
    *("Biermer", "Kahler", "Hodgkin", "Friedewald", "Westergren", "Clauss", "Gaucher", "Wilson"),
    *("Conn", "Graves", "Hashimoto", "Crohn", "Waldenström", "Still", "Fanconi", "Gram"),
)


@pytest.mark.parametrize("eponym", EPONYMS)
def test_an_eponym_stays_but_after_a_title(eponym: str) -> None:
    check(f"Maladie de {eponym} à évoquer, test selon {eponym}, {eponym} disease")
    check(f"Dr <{eponym}> prévenu")
    check(f"MME <{eponym.upper()}> REVUE CE JOUR")
    check(f"Dr <{eponym}> évoque une maladie de {eponym}")


NAMED = [
    (name, analyte.unit)
    for analyte in analytes().values()
    for names in analyte.names.values()
    for name in names
]


def test_no_name_of_an_analyte_is_changed_however_it_is_written() -> None:
    assert len(NAMED) > 1_000
    changed = []
    for name, unit in NAMED:
        for text in (
            name,
            name.upper(),
            f"Contrôle de {name} 12,3 {unit}",
            f"{name.title()} 4.5 {unit} (N : 3,5-5,1), repeat {name}",
            f"RÉSULTAT : {name.upper()} EN BAISSE",
        ):
            if scrub(text).text != text:
                changed.append((text, scrub(text).text))
    assert changed == []


@pytest.mark.parametrize(
    "text",
    [
        "RENINE ALDOSTERONE A CONTROLER",
        "CRYOGLOBULINEMIE MIXTE A CONTROLER SUR UN NOUVEAU PRELEVEMENT",
        "BILAN HEPATIQUE PERTURBE, CHOLESTASE ANICTERIQUE",
        "E. COLI 10^6 UFC/mL, S. AUREUS SENSIBLE",
        "Hb Köln, Hb Lepore-Boston, maladie de Von Hippel-Lindau",
        "score de Child-Pugh, signe de Babinski, cellules de Kupffer",
        "Roche Cobas 8000, Abbott Alinity, Sysmex XN",
        "sous Nifurtimox, Rituximab et Apixaban",
        "Facteur V Leiden hétérozygote, mutation JAK2 V617F, BCR-ABL positif",
    ],
)
def test_the_language_of_medicine_stays(text: str) -> None:
    assert scrub(text).text == text


@pytest.mark.parametrize("marked", ["Dr Martin prévenu", "<Contrôle> normal", "Dr <Martin> <vu>"])
def test_the_check_can_fail(marked: str) -> None:
    with pytest.raises(AssertionError):
        check(marked)
