"""Scrubbing, by examples that are its documentation."""

import re
from collections import Counter
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hemoscribe.curate.scrub import (
    is_nir,
    laboratory_values,
    nir_key,
    scrub,
    scrub_column,
    scrub_comments,
    scrub_texts,
)
from hemoscribe.curate.scrub.identifiers import Rule, rules
from hemoscribe.curate.scrub.one_text import whole_words, with_known_alike
from hemoscribe.curate.scrub.shapes import shape_of
from hemoscribe.curate.scrub.word_lists import count_digits


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        (
            "Transmis au Dr Martin le 12/03/2024 à 10h30.",
            "Transmis au Dr [name] le [date] à 10h30.",
        ),
        ("Mme DURAND Sophie, née le 03/05/1960", "Mme [name], née le [date]"),
        ("Validé par J.-P. de la Tour, biologiste", "Validé par [name], biologiste"),
        ("Phoned to Nurse Kelly at 555-123-4567", "Phoned to Nurse [name] at [phone]"),
        ("tel 06 12 34 56 78 / +33 6 12 34 56 78", "tel [phone] / [phone]"),
        ("NIR 2 60 05 75 056 001 23", "NIR [id]"),
        ("12 rue de la Paix, 75002 Paris. Revoir.", "[address]. Revoir."),
        ("Lives at 221B Baker Street, London. Recheck.", "Lives at [address]. Recheck."),
        ("jean.dupont@chu-lyon.fr, voir www.labo.fr/x", "[email], voir www.[url].fr/[url]"),
        ("Sample 23B0012345 haemolysed", "Sample [id] haemolysed"),
        ("MRN 12345; order number LAB-2024-000123", "MRN [id]; order number [id]"),
        ("John Smith called; Jean DUPONT prévenu", "[name] called; [name] prévenu"),
        ("dr dupont prévenu, mme martin aussi", "dr [name] prévenu, mme [name] aussi"),
        ("DR DUPONT PRÉVENU", "DR [name] PRÉVENU"),
        ("née le 3 mars 1950; seen March 12, 2024", "née le [date]; seen [date]"),
        ("âgée de 94 ans; 101-year-old", "âgée de [age] ans; [age]-year-old"),
        ("Hospitalisé au CHU de Nantes", "Hospitalisé au CHU de [place]"),
        ("IP 192.168.10.4, MAC 00:1B:44:11:3A:B7", "IP [id], MAC [id]"),
    ],
)
def test_identifiers_are_taken_out(text, scrubbed):
    assert scrub(text).text == scrubbed


@pytest.mark.parametrize(
    "text",
    [
        "Hb 10,2 g/dL, plaquettes 250 000/mm3, leucocytes 12000, 1234567 U/L",
        "réf. 150-400 G/L (ref 4.0-10.0), calcium 2.20-2.60 mmol/L",
        "M. pneumoniae IgM positif, CA125 35 kU/L, CA 19-9, HLA-B27, HLA DR, rs1800562, G20210A",
        "Maladie de Gilbert probable. Bence Jones négatif. Corps de Howell-Jolly. Guillain Barré",
        "CRP 120 mg/L, INR 2,5, TA 120/80, CD4 350, ratio 1/2, pH 7.35, T4 12.3",
        "Le dr traitant est prévenu. Patient sous AVK. Patient présente une anémie.",
        "Repeat in 3 months. May be overestimated. 2 of 3 samples. Contrôle dans 15 jours.",
        "Syndrome de Cushing, facteur von Willebrand, test de Coombs, maladie de Crohn",
    ],
)
def test_laboratory_language_stays_as_it_is(text):
    assert scrub(text).text == text


def test_the_rows_own_numbers_are_taken_out_wherever_they_stand():
    assert (
        scrub("vu dossier A12B et 99887", known=("A12B", "99887")).text == "vu dossier [id] et [id]"
    )
    assert scrub("Na 1234 mmol/L", known=("1234",)).text == "Na 1234 mmol/L"


def test_a_unit_alone_names_nobody():
    units = pl.Series(["mm Hg", "mmHg", "g/L", "Dr Martin"])
    assert list(scrub_column(units)) == ["Dr Martin"]


@given(st.text("A1_é -", max_size=30), st.text("A1é", min_size=1, max_size=4))
def test_a_word_is_whole_where_no_letter_or_digit_stands_beside_it(text, word):
    pattern = rf"(?<!\w){re.escape(word)}(?!\w)"
    assert list(whole_words(text, word)) == [found.start() for found in re.finditer(pattern, text)]


def test_the_key_of_a_national_number_decides():
    assert nir_key("2600575056001") == 97 - 2600575056001 % 97
    key = nir_key("2600575056001")
    assert is_nir(f"2 60 05 75 056 001 {key:02}")
    assert not is_nir(f"2 60 05 75 056 001 {key % 97 + 1:02}")
    assert is_nir(f"18505 2A 006048 {nir_key('185052A006048'):02}".replace(" ", ""))


@given(st.text(max_size=300))
def test_any_text_keeps_its_laboratory_numbers_or_is_withheld(text):
    result = scrub(text)
    if result.withheld:
        assert result.text == ""
    else:
        kept = laboratory_values(result.text)
        assert not Counter(kept) - Counter(laboratory_values(text))


@given(st.integers(0, 10**6), st.sampled_from(["g/dL", "mmol/L", "G/L", "%", "U/L", "10^9/L"]))
def test_a_number_with_a_unit_is_never_touched(number, unit):
    text = f"Résultat {number} {unit} contrôlé, order {number} {unit}, tel {number} {unit}"
    assert scrub(text).text == text


def test_each_comment_is_scrubbed_with_its_own_numbers_and_counted(rows):
    frame = rows(
        {"comment": "Dossier 7788991 à revoir", "patient_id": "7788991"},
        {"comment": "Hb 10 g/dL"},
        {"comment": None},
        {"comment": "Dr Martin prévenu, Hb 10 g/dL"},
    )
    numbers = pl.Series(["7788991", "P1"])
    numbered = frame.with_columns(pl.Series("patient_id", [0, 1, 1, 1], dtype=pl.UInt32))
    out, found = scrub_comments(numbered, numbers)
    assert out["comment"].to_list() == [
        "Dossier [id] à revoir",
        "Hb 10 g/dL",
        None,
        "Dr [name] prévenu, Hb 10 g/dL",
    ]
    assert found == Counter(id=1, name=1)
    assert out.drop("comment").equals(numbered.drop("comment"))


def test_names_of_tests_and_values_are_scrubbed_as_well(rows):
    frame = rows({"reported_name": "Hémoglobine (Dr Martin)"}, {"reported_value": "10.2"})
    out = scrub_texts(frame, ["reported_name", "reported_value"])
    assert out["reported_name"].to_list() == ["Hémoglobine (Dr [name])", "Hemoglobin"]
    assert out["reported_value"].to_list() == frame["reported_value"].to_list()


@given(
    st.text(
        alphabet=st.sampled_from("0123456789 /-.:,()+#ABDNabden°é\u0663"), min_size=1, max_size=60
    )
)
def test_no_rule_that_finds_something_is_left_out_by_the_shape(text: str) -> None:
    run = shape_of(text).rules
    finding = [rule for rule in rules() if any(rule.find(text))]
    assert [rule for rule in finding if _may_match(rule, text) and rule not in run] == []


def _may_match(rule: Rule, text: str) -> bool:
    words = not rule.any_of or any(word in text.lower() for word in rule.any_of)
    return count_digits(text) >= rule.digits and rule.needs in text and words


def test_texts_of_one_shape_differ_by_what_their_digits_say() -> None:
    texts = ["Vu le 12/03/2024, n° 1234567.", "Vu le 99/99/2024, n° 7654321."]
    assert [scrub(text).text for text in texts] == [
        "Vu le [date], n° [id].",
        scrub(texts[1]).text,
    ]
    assert "[date]" not in scrub(texts[1]).text


def test_no_pattern_forbids_a_digit_of_some_value() -> None:
    """Where it did, allowing any digit would find less, and a shape could hide an identifier."""
    from re import _parser  # type: ignore[attr-defined]

    def named(tree: Any, *, forbidden: bool = False) -> bool:
        for operation, value in tree:
            kind = str(operation)
            if kind == "ASSERT_NOT":
                found = named(value[1], forbidden=True)
            elif kind == "IN":
                inverted = forbidden or any(str(item) == "NEGATE" for item, _ in value)
                found = inverted and any(_is_digit(item) for item in value)
            elif kind in ("LITERAL", "NOT_LITERAL"):
                inverted = forbidden or kind == "NOT_LITERAL"
                found = inverted and _is_digit((operation, value))
            elif kind == "BRANCH":
                found = any(named(branch, forbidden=forbidden) for branch in value[1])
            elif kind in ("ASSERT", "SUBPATTERN", "MAX_REPEAT", "MIN_REPEAT"):
                found = named(value[-1], forbidden=forbidden)
            else:
                assert kind in ("AT", "CATEGORY", "ANY"), kind
                found = False
            if found:
                return True
        return False

    def _is_digit(item: tuple[Any, Any]) -> bool:
        kind, value = str(item[0]), item[1]
        if kind in ("LITERAL", "NOT_LITERAL"):
            return ord("0") <= value <= ord("9")
        low, high = value if kind == "RANGE" else (0, 0)
        part = low <= ord("9") and high >= ord("0")
        return part and not (low <= ord("0") and high >= ord("9"))

    assert [rule.pattern for rule in rules() if named(_parser.parse(rule.pattern))] == []
    assert named(_parser.parse("a(?![1-3])"))
    assert named(_parser.parse("[^7]"))


KNOWN = ("0010LK-000086", "00240001983", "99887", "A12B", "1202-44", "12345678")
AROUND = (
    "Dossier {}, transmis au Dr Dupont le 12/03/2024.",
    "{} 140 mmol/L",
    "ferritine 12 ug/L ({})",
    "NIP : {} ; Mme Jeanne MARTIN, 12 rue des Lilas",
    "{} et encore {}",
    "x{}x",
    "tel {} 06 12 34 56 78",
    "réf. {}/2024",
    "de 90 ans, {} ans",
)


@pytest.mark.parametrize("known", KNOWN)
@pytest.mark.parametrize("around", AROUND)
def test_a_known_number_is_scrubbed_alike_whatever_its_digits(known, around):
    text = around.replace("{}", known)
    there = (known,) if known in text else ()
    plain, alike = scrub(text, known=there), with_known_alike(text, there)
    other = scrub(alike[0], known=alike[1])
    assert (other.text, other.withheld) == (plain.text, plain.withheld)
    assert {found.kind for found in other.redactions} == {found.kind for found in plain.redactions}


def test_reports_that_differ_by_their_number_alone_become_one_text():
    texts = {
        with_known_alike(f"Dossier {number}, à contrôler.", (number,))
        for number in ("LK-000086", "LK-123456", "LK-999999")
    }
    assert len(texts) == 1
    # a result that looks like the stand-in is not taken for it
    text = "Dossier 123456, plaquettes 999999 /µL"
    assert with_known_alike(text, ("123456",)) == (text, ("123456",))
    # a short number may be a result: it stays as it is, for the rules to weigh
    assert with_known_alike("Na 1234 mmol/L", ("1234",)) == ("Na 1234 mmol/L", ("1234",))
