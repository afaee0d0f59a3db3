"""A comparator in a column of its own is part of the value, or its row is refused."""

import polars as pl
import pytest

from hemoscribe.sources import read
from hemoscribe.sources.intake import read_all
from hemoscribe.sources.tables.comparators import sign_of

HEADERS = [
    "prefix", "Préfixe", "comparator", "Comparateur", "operator", "Opérateur", "signe", "Sign",
    "qualifier", "Qualificateur", "modifier", "Modificateur", "RESULT_MODIFIER", "res_op",
    "VALUE_QUALIFIER", "Signe résultat", "relation", "symbol", "Inégalité", "result comparator",
    "operator_concept_id", "SGN", "Préfixe résultat", "inf/sup",
]  # fmt: skip
SIGNS = [
    ("<", "<"), (">", ">"), ("<=", "<="), (">=", ">="), ("≤", "<="), ("≥", ">="), ("=<", "<="),
    ("inf", "<"), ("INF.", "<"), ("sup", ">"), ("Inférieur à", "<"), ("supérieur à", ">"),
    ("LT", "<"), ("GT", ">"), ("LE", "<="), ("GE", ">="), ("less than", "<"),
    ("greater than or equal to", ">="), ("inférieur ou égal", "<="), ("below", "<"),
    ("above", ">"), ("4171756", "<"), ("4172704", ">"), ("< =", "<="), ("moins de", "<"),
]  # fmt: skip


def table(header: str, first: str, second: str = "") -> str:
    return (
        f"patient;collected;test;{header};value;unit\nP1;2024-01-25;Ferritin;{first};12;ug/L\n"
        f"P1;2024-01-25;Potassium;{second};4.1;mmol/L\n"
    )


def comparators(rows: pl.DataFrame) -> dict[str, str | None]:
    return dict(rows.select("analyte", "comparator").rows())


@pytest.mark.parametrize("header", HEADERS)
def test_a_column_named_after_comparators_is_joined_to_the_value(export, header):
    rows, rejects = read(export(table(header, "<", "=")))
    assert comparators(rows) == {"ferritin": "<", "potassium": None}
    assert rejects.is_empty()


@pytest.fixture(scope="module")
def of_sign(read_of_each):
    """A table with a patient for every comparator."""
    head, *_ = table("Comparateur", "").splitlines()
    lines = [
        line.replace("P1", f"P{n}")
        for n, (text, _) in enumerate(SIGNS)
        for line in table("Comparateur", text).splitlines()[1:]
    ]
    return read_of_each("\n".join([head, *lines, ""]), "signs.csv")


@pytest.mark.parametrize(("text", "sign"), SIGNS)
def test_comparators_are_signs_or_words(of_sign, text, sign):
    assert sign_of(text) == sign
    rows, _ = of_sign(f"P{SIGNS.index((text, sign))}")
    assert comparators(rows) == {"ferritin": sign, "potassium": None}


@pytest.mark.parametrize("header", ["X17", "Zeichen", "col_5", "Kol"])
@pytest.mark.parametrize("sign", ["<", ">", "≤", ">="])
def test_a_column_that_holds_signs_alone_is_one_whatever_its_name(export, header, sign):
    rows, rejects = read(export(table(header, sign)))
    assert comparators(rows)["ferritin"] == sign_of(sign)
    assert rejects.is_empty()


def test_a_sign_among_other_texts_is_never_dropped(export):
    rows, rejects = read(export(table("Bem", "<", "vu")))
    assert rows["analyte"].to_list() == ["potassium"]
    assert rejects.select("code", "reported_name").rows() == [("unreadable", "Ferritin")]
    assert "'Bem'" in rejects["message"][0]
    mapping = export("columns: {comparator: Bem}", "mapping.yaml")
    rows, rejects = read(export(table("Bem", "<", "vu")), mapping=mapping)
    assert comparators(rows) == {"ferritin": "<"}
    assert "no comparator we know" in rejects["message"][0]


def test_a_mapping_ignores_a_column_of_signs(export):
    mapping = export("ignore: [Bem]", "mapping.yaml")
    rows, _ = read(export(table("Bem", "<", "vu")), mapping=mapping)
    assert comparators(rows) == {"ferritin": None, "potassium": None}


def test_a_column_of_the_name_without_comparators_is_another(export):
    rows, _, notices = read_all([export(table("operator", "JD", "MM"))])
    assert comparators(rows) == {"ferritin": None, "potassium": None}
    assert any("'operator' holds no comparator ('JD')" in one for one in notices.sentences)


@pytest.mark.parametrize(
    ("value", "comparator"), [("<12", "<"), ("< 12", "<"), ("inf à 12", "<"), ("less than 12", "<")]
)
def test_a_value_that_says_the_same_is_read_once(export, value, comparator):
    rows, _ = read(export(table("sign", "<").replace(";12;", f";{value};")))
    assert comparators(rows)["ferritin"] == comparator


@pytest.mark.parametrize("value", [">12", "> 12", ">=12", "<=12"])
def test_a_value_that_says_another_is_refused(export, value):
    _, rejects = read(export(table("sign", "<").replace(";12;", f";{value};")))
    assert rejects["code"].to_list() == ["unreadable"]
    assert "says < and the value" in rejects["message"][0]


def test_a_sign_in_an_unread_column_of_a_wide_table_refuses_what_is_beside_it(export):
    text = (
        "patient,collected,x,CRP (mg/L),K (mmol/L)\nP1,2024-01-25,<,5,4.1\nP2,2024-01-26,,7,4.2\n"
    )
    rows, rejects = read(export(text))
    assert rows.select("patient_id", "analyte").rows() == [
        ("P1", "potassium"), ("P2", "crp"), ("P2", "potassium"),
    ]  # fmt: skip
    assert rejects["reported_name"].to_list() == ["CRP"]


@pytest.mark.parametrize(
    "header",
    [
        "CRP (mg/L),CRP_sign", "CRP_op,CRP (mg/L)", "sign,CRP (mg/L)", "CRP (mg/L),comparator",
        "CRP signe,CRP (mg/L)", "CRP mg/L,CRP_prefix", "CRP (mg/L),CRP qualifier",
    ],
)  # fmt: skip
def test_a_sign_beside_an_analyte_of_a_wide_table_is_its_own(export, header):
    sign_first = not header.startswith(("CRP (", "CRP mg"))
    cells = "<,5" if sign_first else "5,<"
    text = f"patient,collected,{header},K (mmol/L)\nP1,2024-01-25,{cells},4.1\n"
    rows, rejects = read(export(text))
    assert comparators(rows) == {"crp": "<", "potassium": None}, rejects
