"""Words beside a result that withdraw it or state another fluid, and words that sound so."""

import time
from datetime import date
from pathlib import Path

import pytest
import yaml

from hemoscribe.sources.beside import Beside
from hemoscribe.sources.fluid_statements import fluid_in_field, fluid_in_text, fluid_of_site
from hemoscribe.sources.said_beside import may_say
from hemoscribe.sources.stated import flag_of
from hemoscribe.sources.withdrawal_words import is_withdrawn_flag, says_withdrawn

HERE = Path(__file__).parent
WITHDRAWALS = yaml.safe_load((HERE / "words_of_withdrawals.yaml").read_text("utf-8"))
FLUIDS = yaml.safe_load((HERE / "words_of_fluids.yaml").read_text("utf-8"))
POTASSIUM = Beside("Potassium", "2823-3", "6.9", date(2026, 5, 12))


@pytest.mark.parametrize("text", WITHDRAWALS["withdrawn"])
def test_a_text_withdraws_the_result(text: str) -> None:
    assert says_withdrawn(text, POTASSIUM)
    assert says_withdrawn(text.upper(), POTASSIUM)
    assert may_say(text)


@pytest.mark.parametrize("text", WITHDRAWALS["stands"])
def test_a_text_leaves_the_result(text: str) -> None:
    assert not says_withdrawn(text, POTASSIUM)


@pytest.mark.parametrize(
    ("text", "name", "is_it"),
    [
        ("Sodium annulé", "Sodium", True), ("Sodium annulé", "Potassium", False),
        ("Sodium et potassium annulés", "Potassium", True),
        ("Sodium et potassium annulés", "Sodium", True),
        ("Sodium et potassium annulés", "Calcium", False),
        ("Potassium annulé, sodium contrôlé", "Sodium", False),
        ("ASAT : annulé (hémolyse)", "ASAT", True), ("ASAT : annulé (hémolyse)", "ALAT", False),
        ("Acide urique annulé", "Acide urique", True), ("Acide urique annulé", "Urée", False),
        ("TSH cancelled", "TSH", True), ("TSH supprimée", "TSH", False),
        ("Résultats annulés sauf sodium", "Potassium", True),
        ("Résultats annulés sauf sodium et potassium", "Potassium", False),
    ],
)  # fmt: skip
def test_the_analyte_that_is_named_is_meant(text: str, name: str, is_it: bool) -> None:
    assert says_withdrawn(text, Beside(name)) == is_it


@pytest.mark.parametrize(
    ("text", "is_it"),
    [
        ("Résultat du 12/05 annulé", True), ("Résultat du 05/12/2026 annulé", True),
        ("Résultat du 11/05 annulé", False), ("Valeur 6.9 annulée", True),
        ("Valeur de 4.1 annulée", False), ("Annulé le 13/05/2026", True),
        ("Demande annulée du 3/5", False), ("Result of 5/12 cancelled", True),
    ],
)  # fmt: skip
def test_a_day_or_a_number_tells_which_result_is_meant(text: str, is_it: bool) -> None:
    assert says_withdrawn(text, POTASSIUM) == is_it


@pytest.mark.parametrize("text", FLUIDS["fields_of_fluids"])
def test_a_field_that_is_a_fluids_name_states_it(text: str) -> None:
    assert fluid_in_field(text) is not None
    assert fluid_in_field(text.upper()) is not None


@pytest.mark.parametrize("text", FLUIDS["other_fields"])
def test_a_field_with_anything_else_states_nothing(text: str) -> None:
    assert fluid_in_field(text) is None


@pytest.mark.parametrize("text", FLUIDS["texts_of_fluids"])
def test_a_remark_states_the_fluid(text: str) -> None:
    found = fluid_in_text(text, POTASSIUM)
    assert found is not None
    assert text in found.sentence
    assert may_say(text)


@pytest.mark.parametrize("text", FLUIDS["other_texts"])
def test_a_clinical_note_states_none(text: str) -> None:
    assert fluid_in_text(text, POTASSIUM) is None


@pytest.mark.parametrize(
    ("method", "is_urines"),
    [
        ("Urine strip", True), ("Urine dipstick", True), ("Bandelette urinaire", True),
        ("ISE indirecte", False), ("Chromatographie liquide", False), ("LC-MS/MS", False),
        ("Clairance de la créatinine", False), ("Jaffé", False), ("Réfractométrie", False),
    ],
)  # fmt: skip
def test_a_method_for_another_fluid(method: str, is_urines: bool) -> None:
    assert (fluid_in_field(method, method=True) is not None) == is_urines


@pytest.mark.parametrize(
    ("site", "is_fluids"),
    [
        ("Pleura", True), ("Plèvre", True), ("Pleural cavity", True), ("Péritoine", True),
        ("Urinary bladder", True), ("Articulation droite", True), ("Kidney", True),
        ("Left arm", False), ("Antecubital fossa", False), ("Bras gauche", False),
        ("Right hand", False), ("Talon", False), ("Cathéter central", False), ("Veine", False),
    ],
)  # fmt: skip
def test_a_site_of_the_body(site: str, is_fluids: bool) -> None:
    assert (fluid_of_site(site) is not None) == is_fluids


@pytest.mark.parametrize("word", ["Invalid", "Annulé", "CANCELLED", "Void", "entered-in-error"])
def test_a_word_that_withdraws_comes_before_any_flag(word: str) -> None:
    assert is_withdrawn_flag(word)
    assert flag_of(["N", word, "H"]) == word


@pytest.mark.parametrize("flag", ["N", "H", "X", "D", "Normal", "Élevé", "**", "Abnormal", "HH"])
def test_a_flag_withdraws_nothing(flag: str) -> None:
    assert not is_withdrawn_flag(flag)


@pytest.mark.parametrize(
    "text", ["annulé du ", "sodium et annulé ", "urine ", "sauf sodium annulé "]
)
def test_a_remark_of_any_length_is_read_in_time(text: str) -> None:
    started = time.process_time()
    said = text * 20_000
    says_withdrawn(said, POTASSIUM)
    fluid_in_text(said, POTASSIUM)
    assert time.process_time() - started < 1


@pytest.mark.parametrize("text", [*WITHDRAWALS["withdrawn"], "Résultats annulés sauf sodium"])
@pytest.mark.parametrize("beside", [POTASSIUM, Beside("Sodium"), Beside("Urée", value="4.1")])
def test_what_withdraws_some_result_may_withdraw_any(text: str, beside: Beside) -> None:
    assert may_say(text) or not says_withdrawn(text, beside)
