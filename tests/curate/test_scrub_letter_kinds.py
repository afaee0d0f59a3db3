"""Diaries, logins, initials, towns and surnames that are words: <> goes, the rest stays."""

import pytest
from tests.curate.test_scrub_kinds import check


@pytest.mark.parametrize(
    "marked",
    [
        "<12/04> <PLR> : hémocultures positives",
        "<13/04> : appel du service",
        "<02/11> 8h30 <TGB> : lame faite",
        "<28 VIII 2019>, retour de voyage",
        "le <3-XI-2021>",
        "<14.IX.1987>",
        "rdv labo le <26 06> pour INR",
        "revu le <05 11>.",
        "né le <1er/03/1951>",
        "since <March>, rising",
        "depuis <octobre>, baisse",
        "last <November> she was well",
        "date de naissance <270849>",
        "DOB <040571>",
        "ordonnance du <12.03>, renouvelée",
        "consultation du <04.11>.",
        "courrier du <3.12>",
        "<mardi 5 mars>",
        "Date of birth: <11 02 57>",
        "visit of <14.06>",
    ],
)
def test_dates_of_diaries_and_forms(marked: str) -> None:
    check(marked)


@pytest.mark.parametrize(
    "marked",
    [
        "Identifiant : <kerbrat_m>",
        "saisi par <j_lemoine>",
        "valideur <prigent_a>",
        "(<mwilson4>)",
        "(<t.okafor>)",
        "signé : le biologiste, <m. lahlou>",
        "signé <p. guezennec>",
        "biologiste : <a. kerleau>",
        "patiente <A. M.>, 44 ans",
        "Mme <K.> a appelé",
        "patient <J.-P. D.> revu",
        "Mlle <S. T.>, à jeun",
        "nom marital <fernandes> nom de jeune fille <gomes tavares> prénom <lucinda>",
        "nom <guillermic> prenom <yvonne> sexe F",
        "nom d'usage <benhaddou>",
        "sa fille <aïssatou> : résultats remis",
        "IAO : <NATHALIA>",
        "SENIOR: <B VAN DER MEERSCHE>",
        "IDE : <JORDANE>",
        "AS : <Maryvonne>",
        "prescripteur <GUEYENNE>, service 4120",
        "remplaçant <COICAUD>",
        "URGENT - <HERVOUETTE> - <18/11/1947>",
    ],
)
def test_logins_initials_and_labels_without_a_colon(marked: str) -> None:
    check(marked)


@pytest.mark.parametrize("title", ["Mr", "Dr", "Mme", "Miss", "Docteur"])
@pytest.mark.parametrize("name", ["White", "Young", "Green", "Baker", "Boucher", "Lemoine"])
def test_surnames_that_are_words_go_behind_a_title(title: str, name: str) -> None:
    check(f"{title} <{name}> has seen the film")


@pytest.mark.parametrize(
    "marked",
    [
        "ancien mineur à <Lens>",
        "habite à <Tours>",
        "CHU de <Nice>",
        "transféré de <Pau>",
        "vient de <Cannes>",
        "suivie à <Thiers>",
        "urgences de <Vire>",
        "née à <Angers>",
        "lives in <Bath>",
        "visiting from <Boise>",
        "né le <3/4/61> a <braga>",
        "née à <tlemcen>",
        "<place du Marché>, <Vannes>",
        "<route du Phare>, <56360> <Le Palais>",
        "<56360 Le Palais>",
        "<29200 La Forest>",
        "<quai de la Douane>, <Brest>",
        "Drs <Sorel>, <Kellerman> et <Ruiz>",
        "Suivie par <Lacaze> (rhumato), <Pichonnet> (néphro)",
        "<Patricia Le Dû>, technicienne",
        "<Maria Da Costa> est prévenue",
        "équipe : <Steph>, <Manu>, <Véro>",
    ],
)
def test_towns_that_are_words_and_lists_of_names(marked: str) -> None:
    check(marked)


@pytest.mark.parametrize(
    "text",
    [
        "Allen négatif avant ponction",
        "On Levothyroxine, Bence Jones protein absent",
        "occasional Mott cells, Downey cells",
        "Widal et Félix abandonné",
        "Rose Bengale négatif",
        "Trou anionique de Stewart",
        "WHO Classification of Haematopoietic and Lymphoid Tissues",
        "accréditation Cofrac, enquête Inserm",
        "transmis par Apicrypt",
        "adressé à l'EFS",
        "Zymutest, Hyphen Biomed",
        "Roche Diagnostics, Siemens Healthineers",
        "protéine C, protéine S",
        "hépatite B (vaccin)",
        "vitamine D\nfolates",
        "facteur V (Leiden)",
        "titre au 1/80 :",
        "lecture au 1/4 plein :",
        "CK-MB, ck_mb, delta_he",
        "les cultures sont à suivre",
        "White cells, Green tube, Young adult",
        "tube Grand, Petit volume",
        "résultat du 12.03 mmol/L",
        "le 12 45",
        "patiente A jeun",
        "Patient O. négatif",
    ],
)
def test_what_looks_like_these_stays(text: str) -> None:
    check(text)
