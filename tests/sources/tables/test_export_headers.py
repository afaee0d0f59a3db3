# ruff: noqa: E501 (a header a line, whole)
"""Abbreviated headers of laboratory systems, French and English, are known as a kind."""

import pytest

from hemoscribe.sources import read
from hemoscribe.sources.intake import read_all
from hemoscribe.sources.tables.analyte_names import is_analyte
from hemoscribe.sources.tables.headers import header_names, understand

SYSTEMS = [
    "NUM_DOSS;NIP;DT_PREL;SX;DDN;COD_ANA;LIB_ANA;RES;UNT;BINF;BSUP;VALID",
    "NO_DOSSIER;IPP;DATE_PREL;SEXE;DNAISS;COD_EXAM;LIB_EXAM;RESULTAT;UNITE;VN_INF;VN_SUP;VALIDE",
    "NUMDOS;NUM_IPP;DATE_PRLVT;SEXE_PAT;DT_NAISS;CODE_ANALYSE;LIBELLE;VALEUR;UNIT_MES;NORM_INF;NORM_SUP;TOP_VALID",
    "Dossier;NIP patient;Dt prélèvement;Sexe;Naissance;Code;Libellé analyse;Résultat;Unité;Borne min;Borne max;Validé",
    "ACC_NO;PATNO;COLL_DT;PAT_SEX;PAT_DOB;TEST_CD;TEST_DESC;RSLT;UOM;REF_LO;REF_HI;VERIFIED",
    "Accession;MRN;Collected DT;Sex;DOB;Test Code;Test Name;Result Val;Units;Ref Low;Ref High;Validated",
    "REQ_NO;HOSP_NO;SPEC_DT;GENDER;D.O.B.;PARAM_CD;PARAM_NAME;RES_VAL;RES_UNIT;LOW_REF;HIGH_REF;IS_VALID",
    "ID_DOSSIER;ID_PAT;DAT_PREL;SX_PAT;DATE_NAISS;MNEMO;INTITULE;VAL_RES;UNITE_MESURE;LIM_INF;LIM_SUP;VALIDATION",
    "num. dem.;n° ipp;prélevé le;sexe;né le;abréviation;désignation;valeur;unité;vr min;vr max;validée",
    "Num labo;No patient;Horodatage;Genre;DTN;Mnémonique;Nom paramètre;Mesure;UNT_RES;Valeur min;Valeur max;VALID_BIO",
    "Specimen number;Subject No;Specimen collected;Gender;Birth date;Assay code;Assay name;Numeric value;Result units;Lower limit;Upper limit;Authorised",
    "LABREF;PID;Sampled;Sx;DOB;Item code;Analyte name;Measured value;Unit of measure;LLN;ULN;authorized",
    "N_DOSS;N_IPP;D_PREL;SEXE;DDN;CD_ANA;LIBANA;RESU;UN MES;NMIN;NMAX;VALID",
    "numdossier;idpat;dtprel;sx;datenaiss;codana;libana;resnum;unitres;borneinf;bornesup;valid",
    "ORDNO;PATNR;DRAW_DATE;SEX_CODE;BIRTHDT;TST_CD;TST_NAME;RESVAL;UNITS;REFLO;REFHI;VALIDATED",
    "Demande;IPP;Date/heure prélèvement;Sexe;Date de naissance;Code test;Libellé test;Résultat num.;Unité résultat;Norme min;Norme max;Validé",
    "sample_no;usubjid;lbdtc;sex;brthdtc;lbtestcd;lbtest;lborres;lborresu;lbornrlo;lbornrhi;validated",
    "Nº demande;Nº patient;Date prél.;Sexe;D. Naiss.;Cod. ana.;Lib. ana.;Rés.;Unité;Inf. norm;Sup. norm;Valid.",
    "Report no;Patient no;Date drawn;Sex;Date of birth;Mnemonic;Component name;Result numeric;Result uom;Reference low;Reference high;Released valid".replace("Released valid", "Valid"),
    "Num CR;Matricule;Date prélèvement;Sexe;DDN;Sigle;Paramètre;Résultat texte;Unités;Min norm;Max norm;Valid".replace("Num CR", "No CR").replace("Matricule", "Num patient"),
    "Num_Bilan;Code patient;DH_PREL;Sexe;DDN;Cod_Dosage;Lib_Dosage;Val;Unité;VU_INF;VU_SUP;Valid",
]  # fmt: skip
PATIENT, CODED, LABEL = "0080001", "K", "Potassium"


def line(*cells: str) -> str:
    return ";".join(cells)


@pytest.mark.parametrize("header", SYSTEMS)
def test_a_system_s_own_abbreviations_are_read(export, header):
    first = line("240100", PATIENT, "25/01/2024 07:45", "F", "13/02/1950", "K", "Potassium", "3,8", "mmol/L", "3,5", "5,1", "O")  # fmt: skip
    second = line("240101", PATIENT, "26/01/2024 07:45", "F", "13/02/1950", "NA", "Sodium", "131", "mmol/L", "136", "145", "N")  # fmt: skip
    rows, rejects = read(export(f"{header}\n{first}\n{second}\n", encoding="latin-1"))
    assert rejects.is_empty()
    assert rows.select("patient_id", "report_id", "analyte", "value", "low", "high", "sex").rows() == [
        (PATIENT, "240100", "potassium", 3.8, 3.5, 5.1, "F"),
        (PATIENT, "240101", "sodium", 131.0, 136.0, 145.0, "F"),
    ]  # fmt: skip
    assert rows["collected_at"].dt.hour().to_list() == [7, 7]
    assert rows["age_years"].round(0).to_list() == [74, 74]
    assert rows["status"].to_list() == ["final", "preliminary"]


def test_no_name_of_a_column_is_an_analyte():
    known = {name for name in header_names() if is_analyte(name)}
    assert known == {"test cd"}, "TEST_CD is a code of a test before it is one of cadmium"


CODES = [
    ("K", "potassium", "mmol/L", "4.1"), ("NA", "sodium", "mmol/L", "140"),
    ("HB", "hemoglobin", "g/dL", "13.1"), ("CRP", "crp", "mg/L", "4"),
    ("ALAT", "alt", "U/L", "20"), ("ASAT", "ast", "U/L", "20"), ("GGT", "ggt", "U/L", "20"),
    ("CA", "calcium", "mmol/L", "2.4"), ("MG", "magnesium", "mmol/L", "0.8"),
    ("TSH", "tsh", "mUI/L", "2"), ("VGM", "mcv", "fL", "90"), ("LDH", "ldh", "U/L", "200"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "analyte", "unit", "value"), CODES)
def test_a_code_alone_is_a_name_where_it_is_one(export, code, analyte, unit, value):
    rows, _ = read(export(f"NIP;COD_ANA;RES;UNT\n1;{code};{value};{unit}\n"))
    assert rows.select("analyte", "reported_name").rows() == [(analyte, code)]


@pytest.mark.parametrize("code", ["50971", "X1", "PRLV", "ZZ", "0042", "AUTRE"])
def test_a_code_that_is_no_name_is_refused_and_a_mapping_says_it(export, code):
    text = f"NIP;COD_ANA;RES;UNT\n1;K;4.1;mmol/L\n1;{code};13.1;g/dL\n"
    _, rejects = read(export(text))
    assert rejects.select("code", "reported_name").rows() == [("unknown_analyte", code)]
    mapping = export(f"analytes: {{'{code}': {{name: hemoglobin}}}}", "mapping.yaml")
    rows, _ = read(export(text), mapping=mapping)
    assert rows.select("analyte", "reported_name").rows()[1] == ("hemoglobin", code)


def test_the_label_is_the_name_and_the_code_is_for_a_mapping(export):
    text = "NIP;COD_ANA;LIB_ANA;RES;UNT\n1;HB2;Pigment rouge;13.1;g/dL\n1;K;Potassium;4.1;mmol/L\n"
    mapping = export("analytes: {HB2: {name: hemoglobin}}", "mapping.yaml")
    rows, rejects = read(export(text), mapping=mapping)
    assert rows.select("analyte", "reported_name").rows() == [
        ("hemoglobin", "Pigment rouge"), ("potassium", "Potassium"),
    ]  # fmt: skip
    assert rejects.is_empty()


@pytest.mark.parametrize(
    ("text", "status"),
    [("O", "final"), ("N", "preliminary"), ("Oui", "final"), ("Non", "preliminary"),
     ("Y", "final"), ("No", "preliminary"), ("1", "final"), ("0", "preliminary"),
     ("True", "final"), ("False", "preliminary"), ("V", "final"), ("NV", "preliminary"),
     ("validé", "final"), ("non validé", "preliminary"), ("en attente", "preliminary"),
     ("25/01/2024 10:00", "final"), ("2024-01-25", "final"), ("", "final"), ("x", "final"),
     ("pending", "preliminary"), ("provisoire", "preliminary")],
)  # fmt: skip
def test_what_is_not_validated_is_preliminary(export, text, status):
    rows, _ = read(export(f"NIP;ANALYSE;RES;UNT;VALID\n1;K;4.1;mmol/L;{text}\n1;Na;140;mmol/L;O\n"))
    assert rows["status"].to_list() == [status, "final"]


def test_a_state_in_words_stands_before_the_validation(export):
    text = "NIP;ANALYSE;RES;UNT;VALID;STATUT\n1;K;4.1;mmol/L;N;corrected\n"
    assert read(export(text))[0]["status"].to_list() == ["corrected"]


def test_a_word_of_validation_that_nobody_knows_is_said(export):
    text = "NIP;ANALYSE;RES;UNT;VALID\n1;K;4.1;mmol/L;zz\n"
    assert any("'zz' is not understood" in one for one in read_all([export(text)])[2].sentences)


@pytest.mark.parametrize(
    "header", ["DT_VALID", "NDA", "storetime", "biologiste", "row_id", "urgent"]
)
def test_what_no_result_needs_is_said_and_is_no_unread_result(export, header):
    text = f"patient,collected,{header},K (mmol/L)\nP1,2024-01-25,7,4.1\n"
    rows, _, notices = read_all([export(text)])
    assert rows.height == 1
    assert not notices.dropped
    assert any(f"that no result needs are not read: {header}" in s for s in notices.sentences)


def test_a_time_beside_a_date_of_one_meaning_is_its_time():
    assert understand(["Collection date", "Collection time"]).columns == {
        "collected_at": 0, "collected_time": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    "data",
    ["CRP;mg/L;< 5,0;12,4", "240100000;8000000;F;K;3,8", "P1;2024-01-25;Troponin T;<;3",
     "1;25/01/2024;K;4,1;mmol/L", "Hb;13,1;K;4,1"],
)  # fmt: skip
def test_a_line_of_results_is_no_header(export, data):
    from hemoscribe.errors import SourceError

    with pytest.raises(SourceError, match="was found in the header"):
        read(export(f"a;b;c;d;e\n{data}\n{data}\n"))
