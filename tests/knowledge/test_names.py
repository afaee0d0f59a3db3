"""Names as laboratories print them: which analyte each is, and what is none of ours."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from hemoscribe.knowledge.analytes import Analyte, analytes
from hemoscribe.knowledge.fluids import not_blood
from hemoscribe.knowledge.names import by_name
from hemoscribe.knowledge.recognise import resolve_name
from hemoscribe.knowledge.spelling import name_tokens
from hemoscribe.records import RejectCode

_TABLES = yaml.safe_load(Path(__file__).with_name("printed_names.yaml").read_text("utf-8"))
LOOK_ALIKES: list[str] = _TABLES.pop("look_alikes")
PRINTED: dict[str, str | None] = {
    name: analyte for table in _TABLES.values() for name, analyte in table.items()
}
SAYS_NOTHING_NEW = [
    "{}, Serum", "Serum {}", "{}, Plasma", "{} level",
    "Plasma {} level", "{}, Total", "{} (Direct)",
    "{} W/REFLEX", "{} w/reflex to something else", "{}, IA", "{}, LC/MS/MS",
    "{} (calc)", "{}, Quant",
    "{} [serum]", "{}, Serum/Plasma", "{} sérique", "Dosage {}", "{} i.S.",
]  # fmt: skip
LEFT_OVER = ["S", "c", "f", "A2", "ratio", "antibody", "receptor", "index", "free", "stain", "zeta"]


def one_of(name: str) -> str | None:
    """The analyte of a name, the one in its own unit where the unit decides; None where refused."""
    found = by_name(name)
    return found[0].analyte.id if found else None


def test_more_than_two_hundred_names_are_in_the_tables() -> None:
    assert len(PRINTED) > 200
    assert len(LOOK_ALIKES) > 80


@pytest.mark.parametrize(("name", "analyte"), PRINTED.items())
def test_a_name_as_a_laboratory_prints_it(name: str, analyte: str | None) -> None:
    assert one_of(name) == analyte


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_a_name_with_one_word_more_is_another_thing(name: str) -> None:
    assert by_name(name) == ()


_CELL_FREE = re.compile(r"(?i)serum|s.rique|plasma")
OURS = sorted(
    {name for a in analytes().values() for name in (*a.names["en"], *a.names["fr"], *a.read)}
)


CALCULATED = {"osmolality"}  # another thing than the measured one (names.yaml, `other_things`)


@pytest.mark.parametrize("word", ["calc", "(calc)", "calculated", "calculée", "(calculée)"])
def test_a_computed_osmolality_is_no_measured_one(word: str) -> None:
    own = analytes()["osmolality"]
    for name in (*own.names["en"], *own.names["fr"], *own.read):
        assert not by_name(f"{name} {word}")


@pytest.mark.parametrize("name", ["LD", "Vitamin D", "Lead", "25-OH Vitamin D", "Testosterone"])
def test_the_letters_of_a_method_are_of_no_analyte(name: str) -> None:
    for method in ("LC/MS/MS", "LC-MS/MS", "LC/MS", "GC-MS", "ICP-MS"):
        assert by_name(f"{name}, {method}") == by_name(name)


@pytest.mark.parametrize("around", SAYS_NOTHING_NEW)
def test_a_word_that_says_nothing_new_keeps_the_analyte(around: str) -> None:
    """It may be told more exactly ("Bilirubin (Direct)"), but is never another one."""
    for name in OURS:
        before = {c.analyte.id for c in by_name(name)}
        text = around.format(name)
        after = {c.analyte.id for c in by_name(text)}
        cells = all(analytes()[id_].group == "blood_count" for id_ in before)
        if (cells and _CELL_FREE.search(text)) or (before == CALCULATED and "calc" in around):
            assert not after, text  # haemoglobin of plasma is another quantity
            continue
        assert after, text
        families = {analytes()[id_].shares or id_ for id_ in before}
        narrower = {id_ for id_ in after if analytes()[id_].narrows in families | before}
        assert after & before or narrower, (text, before, after)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(OURS), st.sampled_from(LEFT_OVER), st.booleans())
def test_a_word_left_over_makes_a_name_unknown_unless_a_name_of_ours_has_it(
    name: str, word: str, before: bool
) -> None:
    """As "Free T4" and "A/G ratio" have theirs."""
    text = f"{word} {name}" if before else f"{name} {word}"
    for candidate in by_name(text):
        (part,) = name_tokens(word)
        assert part in words_of(candidate.analyte), (text, candidate.analyte.id)


def words_of(analyte: Analyte) -> set[str]:
    """Every word of an analyte's names, and of those that it shares."""
    shared = [analytes()[analyte.shares]] if analyte.shares else []
    names = [*analyte.basis.names] if analyte.basis else []
    for one in (analyte, *shared):
        names += [*one.names["en"], *one.names["fr"], *one.read]
    words = {part for name in names for part in name_tokens(name)}
    return words | analyte.qualifiers


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_a_name_or_none(text: str) -> None:
    assert isinstance(by_name(text), tuple)


def test_no_name_that_is_read_is_of_another_fluid() -> None:
    assert [name for name in OURS if not_blood(name)] == []


def test_every_name_of_ours_is_read_as_its_own_analyte() -> None:
    for analyte in analytes().values():
        for name in (*analyte.names["en"], *analyte.names["fr"], *analyte.read):
            assert analyte.id in {c.analyte.id for c in by_name(name)}, name


def test_pct_is_procalcitonin_only_with_its_unit() -> None:
    assert [o.analyte.id for o in resolve_name("PCT", None, "ng/mL").options] == ["procalcitonin"]
    assert resolve_name("PCT", None, "%").options == ()
    assert resolve_name("PCT", None, None).code == RejectCode.AMBIGUOUS_UNIT


@pytest.mark.parametrize(
    ("name", "unit", "analyte"),
    [
        ("HEMOGLOBIN A1c", "% of total Hgb", "hba1c"), ("HbA1c", "% (NGSP)", "hba1c"),
        ("ALBUMIN/GLOBULIN RATIO", "(calc)", "ag_ratio"), ("TIBC", "mcg/dL (calc)", "tibc"),
        ("% SATURATION", "% (calc)", "transferrin_saturation"), ("VS", "mm", "esr"),
        ("VS", "mm 1ère h", "esr"), ("ESR", "mm/1st hour", "esr"), ("BSG", "mm/h n.W.", "esr"),
        ("Platelets", "Tsd/ul", "platelets"), ("Platelets", "/nl", "platelets"),
        ("Platelets", "thou/mm3", "platelets"), ("Platelets", "10*3/mcL", "platelets"),
        ("Platelets", "Mrd/L", "platelets"), ("Platelets", "lakhs/cumm", "platelets"),
        ("Platelets", "x10(3)/uL", "platelets"), ("Platelets", "10x3/uL", "platelets"),
        ("RBC", "Million/uL", "erythrocytes"), ("RBC", "/pl", "erythrocytes"),
        ("RBC", "Mio./µl", "erythrocytes"), ("Hb", "GM%", "hemoglobin"),
        ("Hb", "Grams %", "hemoglobin"),
        ("Creatinine", "mcmol/L", "creatinine"), ("TSH", "mcIU/mL", "tsh"),
        ("AST", "ukat/L", "ast"),
        ("AST", "UI/L", "ast"), ("AST", "Units/L", "ast"), ("Hct", "l/l", "hematocrit"),
        ("eGFR", "mL/min/1.73m²", "egfr"), ("eGFR", "mL/min/1.73 sq.m", "egfr"),
        ("D-dimer", "mcg/mL FEU", "d_dimer"), ("Platelets", "10", None), ("Platelets", "nl", None),
        ("Glucose", "mg&dL", None), ("Hb", "%", None), ("Sodium", "(calc)", None),
        ("Platelets", "pl", None), ("RBC", "10^6/L", "erythrocytes"),
    ],
)  # fmt: skip
def test_a_unit_as_a_laboratory_spells_it(name: str, unit: str, analyte: str | None) -> None:
    options = resolve_name(name, None, unit).options
    assert ([o.analyte.id for o in options] or [None]) == [analyte]


@pytest.mark.shared
def test_names_of_other_peoples_reports_are_all_known(shared_data: Path) -> None:
    path = shared_data / "outside/readers/n01_names.csv"
    if not path.exists():
        pytest.skip("the inputs from outside are not there")
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    unread = [
        row["test"] for row in rows if not resolve_name(row["test"], None, row["unit"]).options
    ]
    assert (len(rows), unread) == (71, [])
