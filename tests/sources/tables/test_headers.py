from importlib import resources

import yaml

from hemoscribe.sources.tables.headers import fold, header_names, understand


def test_every_header_name_stands_in_one_list_only():
    text = resources.files("hemoscribe.sources.tables").joinpath("headers.yaml").read_text("utf-8")
    listed = [fold(name) for names in yaml.safe_load(text).values() for name in names]
    assert sorted(set(listed)) == sorted(header_names())
    assert len(listed) - len(set(listed)) == 0, [n for n in listed if listed.count(n) > 1]


def test_case_accents_and_punctuation_do_not_count():
    names = [
        "N° Patient",
        "DATE_PRÉLÈVEMENT",
        "Libellé-analyse",
        "Résultat",
        "UNITÉ",
        "Âge (années)",
    ]
    columns = understand(names).columns
    assert columns == {
        "patient_id": 0, "collected_at": 1, "analyte": 2, "value": 3, "unit": 4, "age": 5,
    }  # fmt: skip


def test_people_are_named_in_columns_that_are_never_read():
    headers = understand(["Nom", "Prénom", "Téléphone", "Analyse", "Valeur"])
    assert headers.identifiers == (0, 1, 2)
    assert headers.is_long


def test_the_more_telling_of_two_names_wins_wherever_it_stands():
    assert understand(["Patient", "Numéro patient", "Test", "Value"]).columns["patient_id"] == 1


def test_a_mapping_wins_over_what_a_header_usually_means():
    headers = understand(["Test", "Code", "Value"], {"analyte": "Code"})
    assert headers.columns["analyte"] == 1
