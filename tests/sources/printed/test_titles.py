"""The title block: words of three languages, times in many forms, what is carried."""

import pytest

from hemoscribe.sources import read

BODY = "\nSodium   140   mmol/L  (135-145)\nPotassium   4.1   mmol/L  (3.5-5.1)\n"


@pytest.mark.parametrize(
    ("line", "when"),
    [
        ("Collected: 25/01/2024 08:31", "2024-01-25 08:31"),
        ("Date Collected: 25/01/2024 0831 Local", "2024-01-25 08:31"),
        ("Date Collected: 01/25/2024 0831 Local", "2024-01-25 08:31"),
        ("Collected: 01/25/2024 / 14:34 PST", "2024-01-25 14:34"),
        ("Collected: 01/25/2024 02:34 PM", "2024-01-25 14:34"),
        ("SAMPLE COLLECTED ON : 25 Jan 2024 08:10", "2024-01-25 08:10"),
        ("Sample Collected On: 25/Jan/2024 08:10 AM", "2024-01-25 08:10"),
        ("Collection Date: 2024-01-25 08:31", "2024-01-25 08:31"),
        ("Specimen Collected: 25-Jan-2024 08:31", "2024-01-25 08:31"),
        ("Collected on 25 Jan 2024", "2024-01-25 00:00"),
        ("Prélevé le 25/01/2024 à 07h45", "2024-01-25 07:45"),
        ("Prélevé le : 25/01/2024 à 07:45", "2024-01-25 07:45"),
        ("Prélèvement du : 25 janvier 2024 à 7h45", "2024-01-25 07:45"),
        ("Date de prélèvement : le 25/01/2024 à 08h", "2024-01-25 08:00"),
        ("Prélèvement du 25/01/24 07:45", "2024-01-25 07:45"),
        ("Entnahme: 25.01.2024 08:00", "2024-01-25 08:00"),
        ("Entnahme: 25.01.2024 um 08:00 Uhr", "2024-01-25 08:00"),
        ("Entnahmedatum: 25.01.2024, 08:00", "2024-01-25 08:00"),
        ("Abnahme: 05.01.2024 08:00", "2024-01-05 08:00"),
        ("Probenentnahme: 25.01.2024", "2024-01-25 00:00"),
        ("Entnommen am 25.01.2024 08:00", "2024-01-25 08:00"),
    ],
)
def test_the_time_of_collection_in_its_many_forms(export, line: str, when: str) -> None:
    rows, _ = read(export(f"Patient ID: 17\n{line}\n{BODY}"), format="text")
    assert rows["collected_at"].dt.strftime("%Y-%m-%d %H:%M").unique().to_list() == [when]


@pytest.mark.parametrize(
    ("birth", "collected", "when"),
    [
        ("DOB: 09/24/1976", "Date Collected: 01/08/2024 0831 Local", "2024-01-08"),
        ("Date of Birth: 24/09/1976", "Date Collected: 01/08/2024 08:31", "2024-08-01"),
        ("DOB: 03/04/1976", "Collected: 01/25/2024", "2024-01-25"),
        ("geb. 03.04.1970", "Entnahme: 05.01.2024", "2024-01-05"),
        ("Né(e) le : 03/04/1970", "Prélevé le 05/01/2024", "2024-01-05"),
    ],
)
def test_one_date_settles_the_order_of_all(export, birth: str, collected: str, when: str) -> None:
    rows, _ = read(export(f"Patient ID: 17   {birth}\n{collected}\n{BODY}"), format="text")
    assert rows["collected_at"].dt.strftime("%Y-%m-%d").unique().to_list() == [when]
    assert rows["age_years"].null_count() == 0


def test_an_order_that_nothing_settles_is_said_and_the_date_left_out(export) -> None:
    text = f"Patient ID: 17   DOB: 03/04/1976\nCollected: 01/08/2024\n{BODY}"
    rows, _ = read(export(text), format="text")
    assert rows["collected_at"].null_count() == 2


@pytest.mark.parametrize(
    ("line", "sex", "years"),
    [
        ("Patient ID: 17   AGE : 45 YEARS     SEX : M", "M", 45),
        ("Patient ID: 17   Age: 45 Y   Gender: Female", "F", 45),
        ("Patient ID: 17   Age/Sex: 45", None, None),
        ("IPP : 17   Sexe : Féminin   Age : 45 ans", "F", 45),
        ("Patienten-ID: 17   Geschlecht: w   Alter: 45", "F", 45),
        ("Patienten-Nr: 17   Geschlecht: m", "M", None),
    ],
)
def test_sex_and_age_in_three_languages(export, line: str, sex, years) -> None:
    rows, _ = read(export(f"{line}\n{BODY}"), format="text")
    assert rows.select("sex", "age_years").unique().rows() == [(sex, years)]


def test_what_stands_beside_the_results_is_carried(export) -> None:
    text = f"""IPP : 17      N° dossier : C-10
Prescripteur : Dr Hugo Vasseur      Service : Néphrologie
N° échantillon : 2400177      Nature du prélèvement : sang veineux
Prescrit le : 24/01/2024
Renseignements cliniques : œdèmes, sous diurétiques
Prélevé le 25/01/2024 à 07h45
{BODY}
TSH (Roche Cobas) .....   2,35 mUI/L    (0,27 à 4,20)

Commentaire : à contrôler.
Validé par Dr Aubry
"""
    rows, rejects = read(export(text), format="text")
    assert rejects.is_empty()
    assert rows.select(
        "requester", "ward", "sample_id", "specimen", "clinical_note", "comment_author", "report_id"
    ).unique().rows() == [
        ("Dr Hugo Vasseur", "Néphrologie", "2400177", "sang veineux", "œdèmes, sous diurétiques",
         "Dr Aubry", "C-10")
    ]  # fmt: skip
    assert rows["method"].to_list() == [None, None, "Roche Cobas"]
    assert str(rows["requested_at"][0]) == "2024-01-24 00:00:00"


def test_no_comment_has_no_author(export) -> None:
    rows, _ = read(export(f"IPP : 17\n{BODY}\nValidé par Dr Aubry\n"), format="text")
    assert rows["comment_author"].to_list() == [None, None]
