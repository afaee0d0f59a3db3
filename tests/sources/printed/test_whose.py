"""Several persons in a file of printed reports: each result is of the one it is printed under."""

import re

import pytest

from hemoscribe.sources import read
from hemoscribe.sources.printed.whose import person_on

BODY = "\nSodium   140   mmol/L  (135-145)\nPotassium   {k}   mmol/L  (3.5-5.1)\n\n"


def _two(first: str, second: str, between: str = "") -> str:
    return first + "\n" + BODY.format(k="4.1") + between + second + "\n" + BODY.format(k="6.9")


TWO = [
    ("Name: DOE, JOHN    DOB 1970-01-02    MRN: 1", "Name: ROE, JANE    DOB 1980-01-02    MRN: 2"),
    ("Name: DOE, JOHN    Sex M    MRN: 1", "Name: ROE, JANE    Sex F    MRN: 2"),
    ("ACME LAB   MRN: 1", "ACME LAB   MRN: 2"),
    ("ACME LAB MRN: 1", "ACME LAB MRN: 2"),
    ("Patient : DOE JOHN    Service : Réa    N° 12   IPP : 1",
     "Patient : ROE JANE    Service : Réa    N° 12   IPP : 2"),
    ("M. BERNARD Paul  Né le 01/02/1950 IPP : 1", "M. DUVAL Luc  Né le 01/02/1951 IPP : 2"),
    ("M. BERNARD Paul Né le 01/02/1950 IPP : 1", "M. DUVAL Luc Né le 01/02/1951 IPP : 2"),
    ("Mme X née le 3 mars 1950   N° patient : 1", "Mme Y née le 3 mars 1951   N° patient : 2"),
    ("IPP : 1 Sexe : F", "IPP : 2 Sexe : F"),
    ("IPP 1", "IPP 2"),
    ("Sex: F  Age: 40  Ward: A  Patient ID: 1", "Sex: F  Age: 40  Ward: A  Patient ID: 2"),
    ("Report   Patient ID: 1 DOB: 01/02/1950", "Report   Patient ID: 2 DOB: 01/02/1950"),
    ("MRN: 1 (adult)", "MRN: 2 (adult)"),
    ("MRN:1   Name:DOE", "MRN:2   Name:ROE"),
    ("Name: DOE\nMRN: 1", "Name: ROE\nMRN: 2"),
    ("DOB: 01/02/1950\nMRN: 1", "DOB: 01/02/1951\nMRN: 2"),
    ("Nom : DOE   Prénom : Jean\nIPP : 1", "Nom : DOE   Prénom : Luc\nIPP : 2"),
    ("Patienten-Nr: 1   geb. 03.04.1970", "Patienten-Nr: 2   geb. 03.04.1971"),
    ("Frau A   geb. 03.04.1970   Pat-Nr: 1", "Frau B   geb. 03.04.1970   Pat-Nr: 2"),
    ("Service : Réa   IPP : 1   Sexe : M", "Service : Réa   IPP : 2   Sexe : M"),
]  # fmt: skip


BETWEEN = ["", "LABORATOIRE DES PINS\n", "\f", "-" * 60 + "\n"]


def _numbered(pair: int) -> tuple[str, str]:
    """The heads of a pair, their patients 1 and 2 numbered for a file of many pairs."""
    first, second = TWO[pair]
    return (
        re.sub(r"(?<=[ :])1(?![\w/-])(?! (?:mars|an))", f"{pair}001", first),
        re.sub(r"(?<=[ :])2(?![\w/-])(?! (?:mars|an))", f"{pair}002", second),
    )


@pytest.fixture(scope="module")
def pairs(read_of_each):
    """All pairs of persons, one after the other, in one file for each thing between them."""

    def of_all(between: str):
        every = [_two(*_numbered(pair), between) for pair in range(len(TWO))]
        return read_of_each(between.join(every), "report.txt", format="text")

    return {between: of_all(between) for between in BETWEEN}


@pytest.mark.parametrize("between", BETWEEN)
@pytest.mark.parametrize(("first", "second"), TWO)
def test_two_persons_are_two_reports(pairs, first: str, second: str, between: str) -> None:
    pair = TWO.index((first, second))
    for patient, potassium in ((f"{pair}001", 4.1), (f"{pair}002", 6.9)):
        rows, rejects = pairs[between](patient)
        assert rows["value"].to_list() == [140.0, potassium]
        assert rejects.is_empty()


@pytest.mark.parametrize("between", BETWEEN)
def test_nothing_of_the_pairs_is_nobodys(pairs, between: str) -> None:
    assert [one.height for one in pairs[between](None)] == [0, 0]


@pytest.mark.parametrize(("first", "second"), TWO)
def test_two_persons_alone_in_a_file_are_two_reports(export, first: str, second: str) -> None:
    rows, rejects = read(export(_two(first, second)), format="text")
    assert rows.select("patient_id", "value").rows() == [
        ("1", 140.0), ("1", 4.1), ("2", 140.0), ("2", 6.9),
    ]  # fmt: skip
    assert rejects.is_empty()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("MRN: 1", "Name: ROE   DOB: 1980-01-02"),
        ("MRN: 1   Name: DOE", "Name: ROE"),
        ("MRN: 1   DOB: 1970-01-02", "DOB 1980-01-02"),
        ("MRN: 1   DOB: 1970-01-02", "M. ROE Luc   né le 02/01/1980"),
        ("IPP : 1   Patient : DOE Luc", "Patient : ROE Jean"),
        ("IPP : 1\nNom : DOE", "Nom : ROE\nPrénom : Jean"),
    ],
)
def test_a_person_without_a_number_is_never_given_to_the_one_above(
    export, first: str, second: str
) -> None:
    rows, rejects = read(export(_two(first, second)), format="text")
    assert rows.select("patient_id", "value").rows() == [("1", 140.0), ("1", 4.1)]
    assert sorted(rejects["reported_value"]) == ["140", "6.9"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Name: DOE, JOHN   MRN: 1", "Name: DOE, JOHN   MRN: 1"),
        ("Name: DOE, JOHN   MRN: 1", "Name: John Doe"),
        ("Name: DOE   DOB: 02/01/1970   MRN: 1", "MRN: 1   page 2/2"),
        ("IPP : 1", "IPP : 1   Nom : DOE"),
        ("IPP : 1", "IPP : 1\nNom : DOE   Né le 02/01/1970"),
        ("M. DOE Né le 02/01/1970 IPP : 1", "M. DOE Né le 02/01/1970 IPP : 1"),
        ("M. DOE   Né le 02/01/1970   IPP : 1", "Né le : 2 janvier 1970"),
        ("Name: DOE   Doctor ID: 5\nMRN: 1", "Name: DOE   Doctor ID: 7\nMRN: 1"),
        ("MRN: 1   Collected: 25/01/2024", "MRN: 1   Collected: 25/01/2024"),
    ],
)
def test_a_second_page_of_the_same_person_is_of_the_same_report(
    export, first: str, second: str
) -> None:
    rows, rejects = read(export(_two(first, second)), format="text")
    assert rows["patient_id"].to_list() == ["1"] * 4
    assert rejects.is_empty()


@pytest.mark.parametrize(
    "line",
    ["Prélevé le 25/01/2024 à 07:45", "Dr SMITH   Tel: 01 02", "Test name: Sodium",
     "Sodium  140 mmol/L (135-145)", "Commentaire : né le jour même", "Name: Potassium",
     "Doctor ID: 7", "12 rue de la Paix", "Indication : bilan", "Printed: 25/01/2024"],
)  # fmt: skip
def test_other_lines_say_nothing_of_a_person(line: str) -> None:
    assert person_on(line) == {}
