"""Who was told something, handles, capitals after "de", Corsican numbers: <> goes."""

import pytest
from tests.curate.test_scrub_kinds import check

from hemoscribe.curate.scrub import scrub


@pytest.mark.parametrize(
    "marked",
    [
        "<bouzid> prévenu à 14h",
        "K 6,8 contrôlé, <kerloch> prévenue",
        "<okonkwo> informed at 10h",
        "potassium 6.9, <kowalski> notified",
        "<zerrouki> averti",
        "résultat rendu ; <benhaddou> avertie 15h",
        "<le guellec> prévenu",
        "<tran> a été informé",
        "<quemener> a été prévenue par téléphone",
        "<haddad> n'a pas été prévenu",
        "<szymanska> was notified",
        "<goncalves> has been informed",
        "<el mansouri> aware",
        "<derrien> rappelle demain",
        "INR 6. <guivarch> rappellera",
        "tube coagulé - <ferreira> avisé",
        "(<yilmaz> informée)",
        "NFS faite, <traore> contactée 16h20",
        "<lindqvist> contacted at 0915",
        "<kervella> est prévenu",
        "Plaquettes 12\n<petrovic> prévenu",
    ],
)
def test_lower_case_names_before_what_they_were_told(marked: str) -> None:
    check(marked)


@pytest.mark.parametrize(
    "marked",
    [
        "service prévenu à 14h",
        "infirmière prévenue",
        "médecin informé du résultat",
        "équipe de garde avertie",
        "famille prévenue",
        "ward informed at 10:00",
        "nurse notified",
        "patient aware",
        "réanimation prévenue",
        "clinicien averti",
        "laboratoire rappelle demain",
        "urgences prévenues",
        "secrétariat contacté",
        "prescripteur prévenu",
        "résultat critique, interne prévenu",
        "potassium contrôlé, service averti",
        "cadre informée",
        "pharmacie avisée",
        "requester informed",
        "le patient a été prévenu",
        "conjoint joint au téléphone",
        "hémoglobine contrôlée, bloc prévenu",
        "Service non prévenu",
        "Clinician informed",
    ],
)
def test_who_is_nobody_stays_before_what_it_was_told(marked: str) -> None:
    check(marked)


@pytest.mark.parametrize(
    "marked",
    [
        "<Coombs> prévenu",
        "<Gilbert> informé par téléphone",
        "<Basedow> prévenue à 15h",
        "<Fanconi> a été informé",
        "<Hodgkin> rappelle demain",
        "<Duke> notified at 0915",
        "K 6,8. <Crohn> averti",
        "Hb 6,1 - <Cushing> avertie",
        "plaquettes 8, <Evans> prévenu",
        "<Addison> informed",
        "<Wilson> was informed",
        "<Rosenthal> aware",
        "<Turner> n'a pas été prévenue",
        "Appelé <Cushing> à 14h",
        "prévenu <Hodgkin> à 9h20",
        "informed <Coombs> at 0915",
        "contacté <Willebrand> vers 18h",
        "<Biermer> avisé",
        "<Raynaud> rappellera",
        "(<Paget> prévenu)",
        "<Waldenström> est informé",
    ],
)
def test_discoverers_that_were_told_are_people(marked: str) -> None:
    check(marked)


@pytest.mark.parametrize(
    "marked",
    [
        "Coombs direct positif, service prévenu",
        "test de Coombs : service informé",
        "maladie de Gilbert, patient informé",
        "Hodgkin suspecté",
        "Willebrand antigène 38 %",
        "syndrome d'Evans, médecin prévenu",
        "Quick 62 %, interne averti",
        "maladie de Basedow : TRAK positifs",
        "Coombs négatif à 14 jours",
        "Recherche de Bence Jones à 24 h",
        "Quick notified at 0915",
        "coloration de Perls à refaire",
        "Rosenthal : facteur XI 12 %",
        "corps de Howell-Jolly, clinicien prévenu",
        "Philadelphie positif, service averti",
        "temps de Quick, labo informé",
        "Coombs indirect à 37 °C",
        "Gilbert probable : bilirubine libre 32 µmol/L",
        "cellules de Reed-Sternberg",
        "Cushing exclu",
    ],
)
def test_discoveries_stay(marked: str) -> None:
    check(marked)


@pytest.mark.parametrize(
    "marked",
    [
        "vu avec <@julie> et <@marc_d>",
        "<@DrMartin> a répondu",
        "<@karim> merci de rappeler",
        "voir : <@s.benali>",
        "voir <@labo_nuit7>",
        "message Teams à <s.benali>",
        "WhatsApp : <kev78>",
        "répondu sur Teams par <j.kerjean>",
        "Slack <m_oconnor>",
        "Signal de <nadia_b>",
        "Tchap avec <p.guillou2>",
        "Skype : <drsmith44>",
        "Messenger <lucie.tran>",
        "via Telegram <ali_h>",
        "Instagram <@lola_mrtn>",
        "Teams <t.okafor> informed",
        "sent on WhatsApp to <jane_doe>",
        "compte Teams <aurelie.lebras>",
        "demandé à <@Typhaine>, ok",
        "Zoom avec <r.vasseur>",
    ],
)
def test_handles(marked: str) -> None:
    check(marked)


@pytest.mark.parametrize(
    "marked",
    [
        "agglutinines @ 4 °C",
        "incubation @37 °C",
        "dilution 1/20 @ 15 min",
        "D-dimères 1547 @ 2 ng/mL",
        "réunion Teams à 14h",
        "résultat envoyé par WhatsApp au service",
        "vu sur Zoom avec le service",
        "signal faible à 450 nm",
        "signal de fluorescence normal",
        "signal to noise ratio 12",
        "Teams : résultat transmis",
        "messenger RNA raised",
        "signal : 12 000",
        "zoom x40, puis x100",
        "bruit de fond, signal avec artefact",
        "centrifugé @ 3000 g",
        "stored @ -20 °C",
        "message Teams laissé au cadre",
        "sent on Teams to the ward",
        "photo par WhatsApp refusée",
    ],
)
def test_what_is_no_handle(marked: str) -> None:
    check(marked)


@pytest.mark.parametrize(
    "marked",
    [
        "appel de <MARTINEAU> ce jour",
        "échantillon de <LEGUEVEL> perdu",
        "tube de <BOUZIDI> coagulé",
        "résultat de <KOWALCZYK> rendu",
        "demande de <TRAORE> annulée",
        "bilan de <SZYMANSKI> à refaire",
        "sang de <NGUYEN> hémolysé",
        "le frottis de <PRIGENT> est relu",
        "les tubes de <BENALI> et de <DIALLO> sont inversés",
        "avis de <QUEMENER>",
        "prélèvement de <GUIVARCH> refusé",
        "message de <OUEDRAOGO> reçu",
        "feuille de <YILMAZ> illisible",
        "au nom de <FERREIRA>",
        "étiquette de <DERRIEN> décollée",
        "courrier de <PETROVIC>",
        "signature de <KERMOAL>",
        "bon de <LINDQVIST> sans heure",
        "lame de <OKONKWO> revue",
        "poche de <HADDAD> rendue",
    ],
)
def test_capitals_after_de(marked: str) -> None:
    check(marked)


@pytest.mark.parametrize(
    "marked",
    [
        "absence de BLASTES",
        "recherche de BMR",
        "dosage de CRP",
        "contrôle de TSH",
        "bilan de THROMBOPHILIE",
        "taux de PLAQUETTES",
        "groupe de GARDE",
        "dosage de FERRITINE",
        "service de REANIMATION",
        "tube de CITRATE",
        "recherche de SCHIZOCYTES",
        "présence de CRISTAUX",
        "poche de PLASMA",
        "contrôle de QUALITE",
        "formule de CKD-EPI",
        "test de COOMBS",
        "maladie de WILLEBRAND",
        "dosage de BNP",
        "résultat de PCR",
        "milieu de LOWENSTEIN",
        "culture de BK",
        "temps de QUICK",
    ],
)
def test_capitals_after_de_that_are_words(marked: str) -> None:
    check(marked)


@pytest.mark.parametrize(
    "marked",
    [
        "NIR <1 71 04 2B 033 118 82>",
        "INS : <2 85 07 2A 004 123 38>",
        "<171042B03311882>",
        "<2 85 07 2a 004 123 38>",
        "n° <2.85.07.2A.004.123.38>",
        "<1-71-04-2B-033-118-82>",
        "<1 71 04 2B033118 82>",
        "<171042B033118 82>",
        "sécu <1 71 04 2 B 033 118 82>",
        "<1 7104 2B 033118 82>",
        "patient <2850 72A0 0412 338>",
        "<285072A 004 123 38>, née en Corse",
        "<1 71 04 2B 033 118 / 82>",
        "<2 85 07 2A 004 123 (38)>",
        "<1 71 04 2b 033 118 - 82>",
        "matricule <285072A004123>",
        "SS <1 71 04 2B 033 118>",
        "INS <1 71 04 2B 033 118 clé 82>",
        "<2/85/07/2A/004/123/38>",
        "<1  71  04  2B  033  118  82>",
    ],
)
def test_corsican_numbers_in_groups(marked: str) -> None:
    check(marked)


@pytest.mark.parametrize(
    "marked",
    [
        "CRP 12.05.20",
        "CRP: 12.05.20",
        "K 4.10.20",
        "hémoglobine 12.05.20",
        "TSH 2.11.20, contrôle",
        "ferritine 12.05.20.",
        "sodium 13.05.20",
        "INR 2.05.20",
        "glucose 5.06.20",
        "créatinine 11.05.20 stable",
        "urée 7.05.20",
        "albumine 10.12.20",
        "CK 12.10.20",
        "LDH 12.10.19",
        "plaquettes 15.02.20",
        "leucocytes 8.05.20",
        "bilirubine 12.05.20",
        "fibrinogène 4.05.20",
        "magnésium 1.05.20",
        "calcium 2.05.20",
        "CRP du <12.05.20>",
        "CRP le <12.05.20> : 45",
        "CRP <12.05.20> : 45 mg/L",
        "CRP <12.05.2020>",
        "CRP <12/05/20>",
        "prélevé <12.05.20>",
        "TSH (<12.05.20>)",
        "courrier <12.05.20>",
        "CRP <12.05.20> 45 mg/L",
    ],
)
def test_what_may_be_a_result_behind_an_analyte_stays(marked: str) -> None:
    check(marked)


@pytest.mark.parametrize(
    "number",
    [
        "12.3.4",
        "7 12 345",
        "1 204 5",
        "45.1.126",
        "12 5 118",
        "1-2-345",
        "4 4123",
        "120 4 77",
        "88.8.8.8.8",
    ],
)
def test_a_number_alone_stays(number: str) -> None:
    assert scrub(number).text == number
