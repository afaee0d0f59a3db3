"""How hospitals sign, name and quote people, a table of each kind: <> goes, the rest stays."""

import pytest
from tests.curate.test_scrub_kinds import check

LABELLED = (
    "Biologiste d'astreinte : <Coadou>.",
    "Interne de garde : <Stervinou>",
    "Technicien du matin : <Rolland-Guichard>",
    "Médecin de l'unité : <Abalain>, appelé",
    "Responsable du secteur hémostase (matin) : <Kaczmarek>",
    "Valideur : <THEPAUT>",
    "Relecteur (2e lecture) : <Oumarou>",
    "Réceptionné par : <GUIVARCH> à 14:05",
    "prélevé par : <Le Berre>",
    "Transporteur : <KERVELLA> ; coursier : <DIARRA>",
    "Receveur : <Nkoulou> ; donneur : <Mbarga>",
    "Nom d'usage : <EL FASSI>",
    "Nom marital : <Ogliastroni>",
    "Nom utilisé : <Pereira>",
    "Tutrice : <Skrzypczak>",
    "Personne à prévenir : <Lozachmeur>",
    "Fille : <Bénichou>, fils : <Bénichou>",
    "Chirurgien : <SCHNEBELEN>",
    "Destinataires : <Quiniou>, <Madec>",
    "Rédacteur : <NGUETSOP>",
    "Reviewer on duty: <Oyelowo>",
    "Verified: <Kowalczyk>",
    "Attn: <Brzezinski>",
    "PCP: <Villaseñor>",
    "signed by: <Featherstonehaugh>",
    "Wife: <Okonedo>, partner: <Achterberg>",
)


@pytest.mark.parametrize("marked", LABELLED)
def test_a_label_a_few_words_and_a_colon(marked: str) -> None:
    check(marked)


@pytest.mark.parametrize(
    "text",
    [
        "Responsable : Cytologie",
        "Responsable du secteur : Hémostase",
        "Référent : Service Qualité",
        "Garde : NFS, TP, TCA, ionogramme",
        "Demandeur : Urgences Adultes",
        "Patient : A jeun depuis 12 h",
        "Préleveur : IDE du service",
        "Interne : non prévenu",
        "Fille : Allaitement maternel",
        "Donneur : CMV négatif, EBV positif",
        "Receveur : Groupe O RH:1",
        "Enfant : Paracétamol 15 mg/kg",
        "Résident : Sous AVK, INR 3,2",
        "Validé par : Biologiste",
        "Contact : Tuberculose familiale",
        "Verified: Repeat analysis",
        "Nurse: Not available",
        "Patient: Fasting, on Warfarin",
        "Reviewed by: Haematology",
        "Consultant: Cardiology",
    ],
)
def test_a_department_or_a_result_after_a_label_stays(text: str) -> None:
    check(text)


LOWER = (
    "téléphoné à l'ide <murielle>, relu",
    "prévenu ide <ludivine> à 3h40",
    "vu avec <slimane> <bouzidi> ce matin",
    "lame vue avec l'interne <capucine>",
    "patiente <tran> <thi kim>, 67 ans",
    "patient <kowalewski> <janusz> sous avk",
    "sa fille <aminata> est prévenue",
    "son fils <sofiane> viendra",
    "appelé <gwenola>, résultat transmis",
    "frottis relu par <guezennec>",
    "prélevé par <solenn>, sans garrot",
    "discuté avec <thouvenin>, accord",
    "transmis à <yohann> (réa)",
    "infirmière <maryvonne>, poste de soins",
    "technicienne <sylviane> : caillot visible",
    "seen with <oluwaseun>, agree",
    "discussed with <mcgillicuddy>, for repeat",
    "phoned to nurse <shanice>, read back",
    "wife <bronwen> aware",
    "called <kayleigh> on the ward",
    "taken by <agnieszka>, left arm",
    "reviewed by <thistlethwaite>.",
)


@pytest.mark.parametrize("marked", LOWER)
def test_lower_case_after_what_somebody_is_or_did(marked: str) -> None:
    check(marked)


@pytest.mark.parametrize(
    "text",
    [
        "patiente hospitalisée en cardiologie",
        "patient diabétique sous insuline",
        "patiente hypothyroidienne substituée",
        "vu avec le service, accord",
        "contrôlé par immunofixation",
        "confirmé par turbidimétrie",
        "validé par le middleware",
        "rendu par cobas, relu par vidas",
        "vu par scanner",
        "discuté avec pharmacologue",
        "fils porteur sain, fille indemne",
        "mère drépanocytaire, père hétérozygote",
        "prélevé par cathéter",
        "interne prévenu, externe absent",
        "enfant né prématuré",
        "called ward, no answer",
        "reviewed by haematologist",
        "taken by venepuncture",
        "patient anticoagulated with apixaban",
        "seen with rouleaux",
        "confirmed by electrophoresis",
        "nurse informed",
    ],
)
def test_lower_case_words_of_everyday_stay(text: str) -> None:
    check(text)


INITIALS = (
    "VB : <KLR> / VT : <GPM>",
    "Validation : <SBT>",
    "relu <YLG>",
    "Lecture <NHB>, formule faite",
    "tapé par <mv>, relu",
    "saisi par <ctl>.",
    "frappe : <mk>",
    "visa : <PLC>",
    "<12/04> <PLR> : appel réa",
    "(03/05 08:30 <SDK>)",
    "vu par <A.L.>, ok",
    "étalé par <DBZ>, coloré par <FGT>",
    "Reviewed by <KLM>.",
    "Read by <TJH>, agree",
    "entered by <qzb>, checked",
    "Repeat called at 1630 per <WNK>.",
    "phoned in resus by <jsmithers> at 0915",
    "resulted by <mgarcia2> at 14:20",
    "checked by <RVP> / <HJC>",
    "Tech: <BGK>",
    "op : <XDL>",
    "validé par <JPK> le <12/03/2024>",
)


@pytest.mark.parametrize("marked", INITIALS)
def test_initials_and_logins_of_the_staff(marked: str) -> None:
    check(marked)


@pytest.mark.parametrize(
    "text",
    [
        "confirmed by PCR.",
        "measured by HPLC, repeated by CE.",
        "contrôlé par ELISA, confirmé par WB.",
        "VT : 450 mL",
        "lecture NFS",
        "lecture OK",
        "relu RAS",
        "saisi par IDE.",
        "vu par ORL, vu par SMUR",
        "Le matin NFS : normale",
        "(12/04 CRP : 40)",
        "per WHO, per ADA, per NICE.",
        "by MRI at 3 months",
        "validé par SIL.",
        "Technique : ECL",
        "Valid: YES",
        "Lecture : NEG",
        "lu au DO 450",
        "prélevé par KT central",
        "reviewed by MDT.",
        "Tech: LC-MS/MS",
        "collected by RN.",
    ],
)
def test_techniques_and_departments_in_capitals_stay(text: str) -> None:
    check(text)


@pytest.mark.parametrize(
    "marked",
    [
        "N O M : <K E R V E L>   P R E N O M : <R o s e>",
        "NOM : <L E B R U N>",
        "Nom :  <D U V A L>  sexe F",
        "prénom : <A n n e>",
        "NOM : <D I A L L O>  <Mariama>",
        "Patient : <B O U R D I N>",
        "Name: <S M I T H>",
        "N A M E : <O N E I L L>",
        "Surname: <B R A D Y>",
        "Mme <P O T I N>, à jeun",
        "Dr <W O L F F> prévenu",
        "M. <G U Y O T> revu",
        "Receveur : <N G U Y E N>",
        "P r é n o m : <L o u i s>",
        "NOM : <T A N G U Y> PRENOM : <E R W A N>",
        "Assuré : <M A R T E L>",
        "Titulaire : <C O L L I N>",
        "Mr <D O Y L E> seen",
        "née <B E R T H O>",
        "Bénéficiaire : <S O W>",
    ],
)
def test_letters_that_stand_apart(marked: str) -> None:
    check(marked)


@pytest.mark.parametrize(
    "text",
    [
        "S S S S vP vP S S vP",
        "V V V V V V V",
        "groupe A B O",
        "hépatites A B C",
        "vitamines A D E K",
        "lignes A B C D E F",
        "HLA A B C DR DQ",
    ],
)
def test_letters_that_name_nobody(text: str) -> None:
    check(text)


@pytest.mark.parametrize(
    "marked",
    [
        "<Le Dall Y.> : plaquettes agrégées",
        "<La Rosa M.>, lame revue",
        "<El Hadi K.> : contrôle",
        "1. <WOJCIECHOWSKI P.> – BCR::ABL1",
        "2. <Kermarrec Th.> – JAK2",
        "<Abgrall L.> a rappelé",
        "<Hernando, Luis M.>   M/54",
        "<Zimmer, Carla>  F/33",
        "label reads '<Kaur Harpreet>', form reads '<Gill Harpreet>'",
        "étiquette au nom de '<Marzin>'",
        "tube marqué «<Prigent>»",
        'le tube "<Quemener>" est vide',
        "Dr <M.-H. PORTAL>, Dr <S. DA CUNHA>",
        "Dr <J. TERRIER>, Pr <A. CHEVALIER>",
        "Assistants : <T. Vu Dinh>, <F. Kouyaté>",
        "Internes : <M. Boulanger>, <A. Dumoulin>",
        "Pr <A.-M. Berger> et Dr <L. Marin>",
        "Responsable : <Schäfler Ulrike> (Dr. med.)",
        "Dr. med. <Grünwälder> hat angerufen",
        "Dra. <Figueiroa> prévenue",
        "Herr <Obermüller> informé",
        "vu par <Mac Allister> hier",
        "avis de <Le Scouarnec> reçu",
    ],
)
def test_initials_quotes_and_particles(marked: str) -> None:
    check(marked)
