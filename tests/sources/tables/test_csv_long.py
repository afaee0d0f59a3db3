from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from hemoscribe.errors import SettingsError, SourceError
from hemoscribe.sources import read
from hemoscribe.sources.batches import Notices
from hemoscribe.sources.intake import read_all

ENGLISH = """patient_id,report_id,collected_at,sex,age,analyte,value,unit,low,high,flag,comment
0012,A1,2024-03-04T08:12,F,54,Hemoglobin,10.2,g/dL,12.0,16.0,L,"pale, tired"
0012,A1,2024-03-04T08:12,F,54,Creatinine,0.9,mg/dL,,,,
"""
FRENCH = """IPP;Date prélèvement;Sexe;Date de naissance;Analyse;Résultat;Unité;Valeurs usuelles;Nom
0012;04/03/2024 08:12;F;01/03/1970;Hémoglobine;10,2;g/dL;12,0 à 16,0;Dupont
0012;04/03/2024 08:12;F;01/03/1970;Glycémie à jeun;1,05;g/L;0,70 - 1,10;Dupont
0012;25/03/2024 08:12;F;01/03/1970;TSH;1,234;mUI/L;< 4,5;Dupont
"""


def test_the_plain_english_layout(export):
    rows, rejects = read(export(ENGLISH))
    first = rows.row(0, named=True)
    assert rejects.height == 0
    assert (first["patient_id"], first["report_id"], first["sex"]) == ("0012", "A1", "F")
    assert first["collected_at"] == datetime(2024, 3, 4, 8, 12)
    assert (first["value"], first["low"], first["high"]) == (10.2, 12.0, 16.0)
    assert (first["laboratory_flag"], first["comment"]) == ("L", "pale, tired")
    assert rows["value"][1] == pytest.approx(0.9 * 88.42, rel=1e-3)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_a_french_export(export, encoding):
    rows, rejects = read(export(FRENCH, encoding=encoding))
    assert rejects.height == 0
    assert rows["analyte"].to_list() == ["hemoglobin", "glucose_fasting", "tsh"]
    assert rows["value"].round(3).to_list() == [10.2, pytest.approx(5.828, abs=0.002), 1.234]
    assert rows["collected_at"].to_list()[0] == datetime(2024, 3, 4, 8, 12)
    assert rows["age_years"].round(1).to_list() == [54.0, 54.0, 54.1]
    assert rows.select("low", "high").row(0) == (12.0, 16.0)
    assert rows["report_id"].n_unique() == 2


def test_the_names_of_people_are_not_read_and_that_is_said(export):
    rows, _, notices = read_all([export(FRENCH)])
    assert not rows.select(pl.any_horizontal(pl.col(pl.String) == "Dupont").any()).item()
    assert any(
        "identify a person" in sentence and "Nom" in sentence for sentence in notices.sentences
    )


def test_unknown_columns_are_named_not_dropped_in_silence(export):
    text = "patient_id,analyte,value,unit,Kasse\nP1,K,4.1,mmol/L,AOK\n"
    assert any("Kasse" in s for s in read_all([export(text)])[2].sentences)


def test_text_where_a_number_belongs_costs_one_reject_with_its_line(export):
    text = "patient_id,analyte,value,unit\nP1,Hb,abc,g/dL\nP1,K,4.1,mmol/L\nP1,LDH,HEMOLYZED,U/L\n"
    rows, rejects = read(export(text))
    assert rows["analyte"].to_list() == ["potassium"]
    assert rejects.select("place", "code").rows() == [
        ("line 2", "not_a_number"),
        ("line 4", "unusable_sample"),
    ]


def test_a_title_above_the_header_and_spaces_around_cells(export):
    text = "Export du 4 mars;;;\n\nPatient ; Analyse ; Résultat ; Unité\n P1 ; Hb ; 10,2 ; g/dL \n"
    rows, _ = read(export(text))
    assert rows.select("patient_id", "value").row(0) == ("P1", 10.2)


def test_results_without_a_report_number_make_one_report_per_patient_and_time(export):
    text = "patient,date,time,test,value,unit\n" + "".join(
        f"{patient},2024-03-0{day},08:00,{test},5,mmol/L\n"
        for patient in ("P1", "P2")
        for day in (1, 2)
        for test in ("Na", "Cl")
    )
    rows, _ = read(export(text))
    assert rows.group_by("report_id").len()["len"].to_list() == [2] * 4


def test_a_report_number_that_two_patients_share_does_not_mix_them(export):
    text = (
        "patient,report,test,value,unit\nP1,1,K,4.1,mmol/L\nP2,1,K,4.2,mmol/L\nP2,2,K,4.2,mmol/L\n"
    )
    rows, _ = read(export(text))
    assert rows["report_id"].to_list() == ["P1 1", "P2 1", "2"]


def test_dates_that_could_be_either_are_refused_where_their_order_matters(export):
    text = "patient,date,test,value,unit\nP1,03/04/2024,K,4.1,mmol/L\nP1,05/04/2024,K,4.2,mmol/L\n"
    path = export(text)
    with pytest.raises(SourceError, match=r"'03/04/2024' could be day-first.*--mapping"):
        read(path)
    mapping = export("dates: month_first\n", "mapping.yaml")
    assert read(path, mapping=mapping)[0]["collected_at"][0] == datetime(2024, 3, 4)


def test_one_date_that_could_be_either_is_left_out_and_said(export):
    text = "patient,date,test,value,unit\nP1,03/04/2024,K,4.1,mmol/L\n"
    rows, _, notices = read_all([export(text)])
    assert rows["collected_at"].to_list() == [None]
    assert any("03/04/2024" in sentence for sentence in notices.sentences)


def test_thousands_and_decimals_are_told_apart_by_the_column(export):
    french = "patient;analyse;valeur;unité\nP1;Ferritine;1,234;ng/mL\nP1;K;4,1;mmol/L\n"
    english = 'patient,test,value,unit\nP1,Ferritin,"1,234",ng/mL\nP1,K,4.1,mmol/L\n'
    assert read(export(french))[0]["value"][0] == 1.234
    assert read(export(english))[0]["value"][0] == 1234


def test_a_mapping_describes_any_other_file(export):
    text = "Nr|Was|Wert|Einheit|Geschlecht\n007|LEUK|5,2|Gpt/l|0\n007|KREA|80|µmol/l|0\n"
    mapping = export(
        """
delimiter: "|"
columns: {patient_id: Nr, analyte: Was, value: Wert, unit: Einheit, sex: Geschlecht}
analytes: {LEUK: {name: leukocytes}, KREA: {loinc: 14682-9}}
sexes: {"0": M}
laboratory: Labor Nord
""",
        "mapping.yaml",
    )
    rows, rejects = read(export(text), mapping=mapping)
    assert rejects.height == 0
    assert rows.select("patient_id", "laboratory", "sex", "analyte").rows() == [
        ("007", "Labor Nord", "M", "leukocytes"),
        ("007", "Labor Nord", "M", "creatinine"),
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("columns: {nonsense: A}", r"`columns\.nonsense\.\[key\]`|`columns\.nonsense"),
        ("colums: {}", "`colums`"),
        ("dates: sideways", "`dates`"),
        ("[1, 2]", "mapping of keys"),
        ("a: [", "not valid YAML"),
    ],
)
def test_a_wrong_mapping_names_its_key(export, text, sentence):
    with pytest.raises(SettingsError, match=sentence):
        read(export(ENGLISH), mapping=export(text, "mapping.yaml"))


def test_a_record_split_over_blocks_is_read_once(export, monkeypatch):
    from hemoscribe.sources.exports import exports
    from hemoscribe.sources.mapping import Mapping
    from hemoscribe.sources.tables import csv_long, delimited

    lines = [f"P{number:05},K,{3 + number % 20 / 10},mmol/L" for number in range(2000)]
    path: Path = export("patient,test,value,unit\n" + "\n".join(lines))
    whole = delimited.tables
    monkeypatch.setattr(csv_long, "tables", lambda *a, **k: whole(*a, **k, chunk_bytes=777))
    batches = list(csv_long.read(exports([path])[0], Mapping(), Notices()))
    assert len(batches) > 10
    reported = pl.concat([batch.reported for batch in batches])
    assert reported["patient_id"].to_list() == [f"P{number:05}" for number in range(2000)]
    assert reported["place"].to_list()[-1] == "line 2001"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "cp1252", "latin-1", "utf-16", "utf-16-le", "utf-16-be"]
)
@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_every_encoding_and_delimiter_gives_the_same_rows(export, encoding, delimiter):
    text = (
        "patient;date;analyse;résultat;unité;norme\n"
        "001;25/03/2024;Plaquettes;1 234,5;G/L;150 - 400\n"
        "001;25/03/2024;Potassium;<0,5;mmol/L;3,5-5,1\n"
        "001;25/03/2024;Sodium;155 H;mmol/L;136-145\n"
        "001;25/03/2024;Hémoglobine;12,3 *;g/dL;13,0-17,0\n"
    ).replace(";", delimiter)
    rows, rejects = read(export(text, encoding=encoding))
    assert rejects.is_empty()
    assert rows.select("analyte", "comparator", "value", "low", "laboratory_flag").rows() == [
        ("platelets", None, 1234.5, 150.0, None),
        ("potassium", "<", 0.5, 3.5, None),
        ("sodium", None, 155.0, 136.0, "H"),
        ("hemoglobin", None, 12.3, 13.0, "A"),
    ]
    assert {str(when) for when in rows["collected_at"]} == {"2024-03-25 00:00:00"}


@pytest.mark.parametrize(
    ("printed", "beside", "value"),
    [
        ("1.234", "4,5", 1234.0),  # a decimal comma elsewhere: the point groups
        ("1.234,5", "4,5", 1234.5),
        ("1,234.5", "4.5", 1234.5),
        ("1'234", "4.5", 1234.0),
        ("1\u202f234,5", "4,5", 1234.5),
        ("0.250", "4,5", 0.25),
        ("1.234", "4.5", 1.234),
    ],
)
def test_thousands_however_they_are_grouped(export, printed, beside, value):
    rows, _ = read(
        export(f"patient;test;result;unit\nP1;Platelets;{printed};G/L\nP1;K;{beside};mmol/L\n")
    )
    assert rows["value"][0] == value


def test_a_decimal_comma_after_zero_is_never_a_thousands_mark(export):
    text = 'patient,test,value,unit,range\nP1,TSH,"0,250",mU/L,"0,270-4,200"\nP1,K,4.1,mmol/L,\n'
    rows, _ = read(export(text))
    assert rows.select("value", "low", "high").row(0) == (0.25, 0.27, 4.2)


def test_both_numbers_of_a_range_are_read_with_the_columns_decimal_mark(export):
    text = "patient;analyse;valeur;unité;normes\nP1;K;4,1;mmol/L;\nP1;PNN;3,2;G/L;1,500 - 7,500\n"
    rows, _ = read(export(text))
    assert rows.select("low", "high").row(1) == (1.5, 7.5)
    text = (
        'patient,test,value,unit,range\nP1,K,4.1,mmol/L,\nP1,Plt,"250,000",/mm3,"150,000-400,000"\n'
    )
    rows, _ = read(export(text))
    assert rows.select("value", "low", "high").row(1) == (250, 150, 400)
