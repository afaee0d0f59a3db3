"""Rows of a file to recognised results: names, units, numbers, ranges, and every refusal."""

import importlib.util
import sys
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemoscribe.knowledge import analytes, flag, recognise
from hemoscribe.knowledge.names import by_name, candidates
from hemoscribe.knowledge.printed import read_limits, read_number
from hemoscribe.records import REPORTED, Reject, RejectCode, Result

ROOT = Path(__file__).parents[2]


def reported(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame([{"patient_id": "p"} | row for row in rows], schema=dict(REPORTED))


def one(**row: Any) -> dict[str, Any]:
    """The single result of a row that must be recognised."""
    results, rejects = recognise(reported(row))
    assert rejects.is_empty(), rejects.to_dicts()
    return results.row(0, named=True)


def refused(**row: Any) -> str:
    """The code a row that must be refused is refused with."""
    results, rejects = recognise(reported(row))
    assert results.is_empty(), results.to_dicts()
    code: str = rejects["code"].item()
    return code


@pytest.mark.parametrize(
    ("name", "analyte"),
    [
        ("Hb", "hemoglobin"), ("HGB", "hemoglobin"), ("Hémoglobine", "hemoglobin"),
        ("hemoglobine ", "hemoglobin"), ("WCC", "leukocytes"), ("GB", "leukocytes"),
        ("Leucocytes", "leukocytes"), ("Hématies", "erythrocytes"), ("VGM", "mcv"),
        ("V.G.M.", "mcv"), ("TGP", "alt"), ("TGP (ALAT)", "alt"), ("SGOT", "ast"), ("PAL", "alp"),
        ("γGT", "ggt"), ("Gamma-GT", "ggt"), ("Kaliémie", "potassium"), ("Na+", "sodium"),
        ("Potassium, Whole Blood", "potassium"), ("Créatinine plasmatique", "creatinine"),
        ("Fer sérique", "iron"), ("CST", "transferrin_saturation"), ("T4 libre", "ft4"),
        ("Thyroxine (T4), Free", "ft4"), ("TSHus", "tsh"), ("Vitamine D (25-OH)", "vitamin_d"),
        ("25-OH Vitamine D sérique", "vitamin_d"), ("D-Dimères", "d_dimer"),
        ("iCa++", "ionized_calcium"), ("Bili. totale", "bilirubin_total"),
        ("Bilirubin (direct)", "bilirubin_direct"), ("CRP us", "crp"), ("VS 1ère heure", "esr"),
        ("Glucose [Mass/volume] in Serum or Plasma", "glucose"), ("Glycémie à jeun",
        "glucose_fasting"), ("Troponin T, High Sensitivity", "troponin_t"), ("DFG (CKD-EPI)",
        "egfr"), ("Protein Total", "total_protein"), ("neutrophils_pct", "neutrophils_pct"),
        ("Neut %", "neutrophils_pct"), ("Neut#", "neutrophils"), ("O2 Sat", "oxygen_saturation"),
        ("Arterial pO2", "po2_arterial"), ("pO2, venous", "po2_venous"),
        ("pH veineux", "ph_venous"),
        ("ScvO2", "oxygen_saturation_venous"), ("SaO2", "oxygen_saturation_arterial"),
        ("Beta-2 Microglobulin", "beta2_microglobulin"),
    ],
)  # fmt: skip
def test_names_as_laboratories_write_them(name: str, analyte: str) -> None:
    assert [candidate.analyte.id for candidate in by_name(name)] == [analyte]


@pytest.mark.parametrize(
    "name",
    [
        "Urine creatinine", "Créatinine urinaire", "U-Creatinine", "Sodium (U)", "Glucose (LCR)",
        "Albumin, pleural fluid", "Glucose [Mass/volume] in Urine", "Testosterone (free)",
        "CD4 %", "Plasma Cells", "Blood group", "Intubated", "",
        "Creatinine clearance",
    ],
)  # fmt: skip
def test_names_of_other_fluids_and_other_things_are_not_taken_for_blood(name: str) -> None:
    assert by_name(name) == ()


def test_a_code_decides_and_a_name_has_to_agree() -> None:
    found, _ = candidates("Calcium", "1994-3")
    assert found[0].analyte.id == "ionized_calcium"
    assert candidates("Kreatinin", "2160-0")[0][0].analyte.id == "creatinine"
    for name, code in (("Creatinine", "2161-8"), ("Transferrin", "2500-7"), ("Sodium", "2823-3")):
        assert refused(reported_name=name, loinc=code, reported_value="5", reported_unit="mmol/L")
    # a code that is no LOINC code is the laboratory's own, and says nothing
    local = one(reported_name="Na", loinc="CHEM-NA", reported_value="140", reported_unit="mmol/L")
    assert local["analyte"] == "sodium"


def test_the_unit_decides_between_cells_in_percent_and_per_litre() -> None:
    share = one(reported_name="Neutrophils", reported_value="62", reported_unit="%")
    count = one(reported_name="Neutrophils", reported_value="4.2", reported_unit="G/L")
    coded = one(reported_name="Lymphocytes", loinc="731-0", reported_value="20", reported_unit="%")
    assert [row["analyte"] for row in (share, count, coded)] == [
        "neutrophils_pct", "neutrophils", "lymphocytes_pct",
    ]  # fmt: skip
    assert one(reported_name="TP", reported_value="95", reported_unit="%")["analyte"] == "pt_pct"
    assert one(reported_name="TP", reported_value="72", reported_unit="g/L")["analyte"] == (
        "total_protein"
    )


def test_urea_nitrogen_is_urea_by_another_mass() -> None:
    nitrogen = one(
        reported_name="BUN", reported_value="28.014", reported_unit="mg/dL", reported_high="20"
    )
    urea = one(reported_name="Urea", reported_value="60.056", reported_unit="mg/dL")
    assert nitrogen["analyte"] == urea["analyte"] == "urea"
    assert nitrogen["value"] == pytest.approx(10)
    assert urea["value"] == pytest.approx(10)
    assert nitrogen["reported_unit"] == "mg/dL{N}"
    assert nitrogen["high"] == pytest.approx(20 / 2.8014)


@pytest.mark.parametrize(
    ("text", "number", "comparator", "flag_"),
    [
        ("10.2", 10.2, None, None), ("10,2", 10.2, None, None), ("<0.5", 0.5, "<", None),
        ("≥ 3", 3, ">=", None), ("> 60", 60, ">", None), ("1 234,5", 1234.5, None, None),
        ("1,234.5", 1234.5, None, None), ("1.234,5", 1234.5, None, None), ("5.5 H", 5.5, None, "H"),
        ("12,3 *", 12.3, None, "A"), ("136L", 136, None, "L"), ("7.1 (H)", 7.1, None, "H"),
        ("-2.5", -2.5, None, None), ("−2,5", -2.5, None, None), (".5", 0.5, None, None),
        ("1e3", 1000, None, None), ("inf à 5", 5, "<", None), ("1 234 567", 1234567, None, None),
    ],
)  # fmt: skip
def test_numbers_as_they_are_printed(
    text: str, number: float, comparator: str | None, flag_: str | None
) -> None:
    read = read_number(text)
    assert (read.number, read.comparator, read.flag) == (number, comparator, flag_)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("HEMOLYZED", RejectCode.UNUSABLE_SAMPLE), ("Sérum hémolysé", RejectCode.UNUSABLE_SAMPLE),
        ("Tube coagulé", RejectCode.UNUSABLE_SAMPLE), ("QNS", RejectCode.UNUSABLE_SAMPLE),
        ("NEGATIVE", RejectCode.NOT_A_NUMBER), ("1:40", RejectCode.NOT_A_NUMBER),
        ("12-15", RejectCode.NOT_A_NUMBER), ("1 40,5", RejectCode.NOT_A_NUMBER),
        ("1,2,3", RejectCode.NOT_A_NUMBER), ("NaN", RejectCode.NO_VALUE),
        ("inf", RejectCode.NOT_A_NUMBER), ("1e400", RejectCode.NOT_A_NUMBER),
        ("pending", RejectCode.NO_VALUE), ("---", RejectCode.NO_VALUE), ("", RejectCode.NO_VALUE),
        (None, RejectCode.NO_VALUE),
    ],
)  # fmt: skip
def test_what_is_no_number_is_a_reject_and_never_zero(text: str | None, code: str) -> None:
    assert refused(reported_name="Sodium", reported_value=text, reported_unit="mmol/L") == code


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        ("3.5", "5,1", (3.5, 5.1)), ("3.5-5.1", None, (3.5, 5.1)), ("<5", None, (None, 5)),
        (None, "<5", (None, 5)), (">60", None, (60, None)), ("5", "3", (None, None)),
        ("0.0", None, (None, 0)), ("neg", None, (None, None)), ("(12 - 16)", None, (12, 16)),
        ("-2", "3", (-2, 3)), ("12 à 16", None, (12, 16)), (None, None, (None, None)),
    ],
)  # fmt: skip
def test_ranges_as_they_are_printed(
    low: str | None, high: str | None, expected: tuple[float | None, float | None]
) -> None:
    read = read_limits(low, high)
    assert (read.low, read.high) == expected


@pytest.mark.parametrize(
    ("name", "value", "low", "high", "unit_of_value"),
    [
        ("Hb", "13.5", "12", "16", "g/dL"),
        ("Hb", "8.1", "7.4", "9.9", "mmol/L"),
        ("Creatinine", "80", "45", "90", "umol/L"),
        ("Creatinine", "12.5", "0.5", "1.1", "mg/dL"),
        ("Troponin I", "0.5", "0", "0.04", "ng/mL"),
        ("D-dimer", "6", None, "<0.5", "ug/mL{FEU}"),
        ("Neutrophils", "0.1", "1.8-7.5", None, "10*9/L"),
        ("Neutrophils", "80", "40", "75", "%"),
        ("K", "4.1", None, None, "mmol/L"),
        ("TSH", "100", None, None, "m[IU]/L"),
    ],
)
def test_a_missing_unit_is_settled_by_the_range_or_where_there_is_only_one(
    name: str, value: str, low: str | None, high: str | None, unit_of_value: str
) -> None:
    limits = {"reported_low": low, "reported_high": high}
    row = one(reported_name=name, reported_value=value, **limits)
    stated = one(reported_name=name, reported_value=value, reported_unit=unit_of_value, **limits)
    assert row["value"] == pytest.approx(stated["value"])
    assert (row["unit_inferred"], stated["unit_inferred"]) == (True, False)
    assert row["reported_unit"] is not None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Hb", "13.5"), ("Hb", "135"), ("Hb", "9999"), ("Cholesterol", "2.0"), ("Creatinine", "80"),
        ("Creatinine", "12.5"), ("Neutrophils", "55"), ("WBC", "7.5"), ("WBC", "0.4"),
        ("Glucose", "95"), ("Glucose", "5.4"), ("Troponin I", "0.5"), ("Troponin I", "500"),
        ("D-dimer", "6"), ("Calcium", "6.0"), ("Calcium", "2.4"), ("Magnesium", "0.6"),
        ("Urea", "190"), ("Total bilirubin", "20"), ("CRP", "15"), ("Platelets", "8"),
        ("Triglycerides", "15"), ("Uric acid", "12"), ("Phosphate", "9.5"),
    ],
)  # fmt: skip
def test_a_missing_unit_is_never_guessed_from_one_value(name: str, value: str) -> None:
    """Nor towards normal: 95 of glucose may be a slip for 9.5 mmol/L."""
    assert refused(reported_name=name, reported_value=value) == RejectCode.AMBIGUOUS_UNIT


def test_a_plain_number_needs_no_unit() -> None:
    for name, value in (("INR", "2.5"), ("pH", "7.31")):
        assert not one(reported_name=name, reported_value=value)["unit_inferred"]


def test_a_comma_before_three_digits_is_read_by_what_is_plausible() -> None:
    def value(name: str, unit: str, text: str = "250,000") -> Any:
        return one(reported_name=name, reported_value=text, reported_unit=unit)["value"]

    assert value("Platelets", "/uL") == 250
    assert value("Platelets", "G/L") == 250
    assert value("Calcium", "mmol/L", "2,345") == 2.345
    assert refused(reported_name="PTH", reported_value="1,234", reported_unit="pg/mL") == (
        RejectCode.NOT_A_NUMBER
    )


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"reported_name": "Frobnicase"}, RejectCode.UNKNOWN_ANALYTE),
        ({"reported_name": None}, RejectCode.UNREADABLE),
        ({"reported_unit": "bananas"}, RejectCode.UNKNOWN_UNIT),
        ({"reported_unit": "mmol/24h"}, RejectCode.WRONG_DIMENSION),
        ({"reported_unit": "IU/L"}, RejectCode.ARBITRARY_UNIT),
        ({"patient_id": None}, RejectCode.NO_PATIENT),
        ({"patient_id": "  "}, RejectCode.NO_PATIENT),
        ({"status": "X", "reported_value": None}, RejectCode.CANCELLED),
        ({"status": "who knows"}, RejectCode.UNREADABLE),
    ],
)
def test_every_refusal_has_its_code(row: dict[str, Any], code: str) -> None:
    sodium = {"reported_name": "Sodium", "reported_value": "140", "reported_unit": "mmol/L"}
    assert refused(**(sodium | row)) == code


def test_rejects_say_where_they_stood_and_results_keep_what_was_printed() -> None:
    results, rejects = recognise(
        reported(
            {"reported_name": "Na", "reported_value": "abc", "source": "a.csv", "place": "line 7"},
            {
                "reported_name": "K", "reported_value": "6,8 H", "reported_unit": "mEq/L",
                "reported_low": "3,5", "reported_high": "5,1", "sex": "femme", "age_years": 300.0,
                "status": "C", "collected_at": datetime(2024, 5, 6, 7, 8), "comment": "ok",
            },
        )
    )  # fmt: skip
    assert rejects.row(0, named=True)["place"] == "line 7"
    row = results.row(0, named=True)
    assert row["reported_value"] == "6,8 H"
    assert row["reported_unit"] == "mEq/L"
    assert (row["low"], row["high"], row["range_source"]) == (3.5, 5.1, "laboratory")
    assert (row["laboratory_flag"], row["sex"], row["status"]) == ("H", "F", "corrected")
    assert row["age_years"] is None
    assert row["report_id"] == "p@20240506T070800"
    Result.validate(results)
    Reject.validate(rejects)


ODD_TEXTS = [
    *("Hb", "WBC", "Sodium", "g/dL", "G/L", "%", "mmol/L", "12.5", "<0,5", "1,234", "H", "F"),
    *("final", "718-7", "2161-8", "12-16", "HEMOLYZED", "NaN", "1e999", "٣"),
]
TEXT = st.none() | st.text(max_size=12) | st.sampled_from(ODD_TEXTS)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {name: TEXT for name, kind in REPORTED.items() if kind == pl.String}
            | {"age_years": st.none() | st.floats(), "pregnant": st.none() | st.booleans()}
        ),
        max_size=6,
    )
)
def test_every_row_becomes_one_result_or_one_reject(rows: list[dict[str, Any]]) -> None:
    results, rejects = recognise(pl.DataFrame(rows, schema=dict(REPORTED)))
    assert len(results) + len(rejects) == len(rows)
    Result.validate(results)
    Reject.validate(rejects)
    assert set(results["analyte"]) <= set(analytes())
    assert flag(results)["critical"].null_count() == 0


def test_order_is_kept_and_rows_do_not_depend_on_their_neighbours() -> None:
    # with their units: a missing one is settled for its column (test_missing_units.py)
    units = {
        "Hb": "g/dL", "WBC": "G/L", "Na": "mmol/L", "K": "mmol/L", "nonsense": "mmol/L",
        "Creatinine": "µmol/L", "INR": None,
    }  # fmt: skip
    rows = [
        {"reported_name": name, "reported_value": str(i % 17 + 1), "reported_unit": unit}
        for i, (name, unit) in enumerate(list(units.items()) * 40)
    ]
    rows = [row | {"report_id": str(i)} for i, row in enumerate(rows)]
    results, rejects = recognise(reported(*rows))
    ids = [int(id_) for id_ in results["report_id"]]
    assert ids == sorted(ids)
    alone = pl.concat([recognise(reported(row))[0] for row in rows[:21]])
    assert len(alone) >= 12
    assert results.head(len(alone)).equals(alone)
    assert len(results) + len(rejects) == len(rows)


def test_a_missing_unit_depends_on_its_own_column_alone() -> None:
    leukocytes = [
        {"reported_name": "WBC", "reported_value": f"{value / 2:.1f}", "report_id": str(value)}
        for value in range(4, 34)
    ]
    others = [
        {"reported_name": name, "reported_value": str(value), "report_id": f"{name}{value}"}
        for name in ("Platelets", "Hb", "nonsense")
        for value in (3, 80, 250, 4000)
    ]
    alone, _ = recognise(reported(*leukocytes))
    among, _ = recognise(reported(*others, *leukocytes, *others))
    among = among.filter(analyte="leukocytes")
    assert alone["reported_value"].to_list() == [f"{value / 2:.1f}" for value in range(4, 34)]
    assert alone["unit_inferred"].all()
    columns = ["reported_value", "value", "unit", "unit_inferred"]
    assert among.select(columns).equals(alone.select(columns))


@pytest.fixture(scope="module")
def external_flags() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "external_flags", ROOT / "benchmarks/external_flags.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["external_flags"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.shared
def test_printed_reports_are_recognised_and_flagged_as_the_laboratory_did(
    external_flags: ModuleType, shared_data: Path
) -> None:
    compared = external_flags.australian(shared_data)
    assert compared.recognised > 0.98
    rows = external_flags.cumulative(compared)
    assert len(rows) > 1400
    assert (rows["ours"] == rows["theirs"]).mean() > 0.999


@pytest.mark.shared
def test_a_hospitals_abnormal_results_are_found_with_our_ranges(
    external_flags: ModuleType, shared_data: Path
) -> None:
    compared = external_flags.intensive_care(shared_data)
    assert compared.recognised > 0.95
    rows = external_flags.judged(compared)
    known = external_flags.scores(rows.filter("judged_by_them"))
    assert known["recall"] > 0.95
    assert known["accuracy"] > 0.92


@pytest.mark.shared
def test_the_page_of_external_flags_is_current(
    external_flags: ModuleType, shared_data: Path
) -> None:
    import yaml

    reasons = yaml.safe_load((ROOT / "benchmarks/external_flags.yaml").read_text("utf-8"))
    page = (ROOT / "docs/external-flags.md").read_text("utf-8")
    assert external_flags.page(shared_data, reasons) == page
    assert "NO REASON" not in page


@pytest.mark.parametrize(
    "row", [{"reported_name": "pO2", "loinc": "2705-2"}, {"reported_name": "PvO2"}]
)
def test_venous_gases_are_not_held_against_arterial_limits(row: dict[str, Any]) -> None:
    results, _ = recognise(reported({"reported_value": "38", "reported_unit": "mmHg"} | row))
    read = flag(results).row(0, named=True)
    assert (read["analyte"], read["flag"], read["critical"]) == ("po2_venous", None, False)


@pytest.mark.parametrize(
    ("name", "value", "unit", "limits", "low", "high"),
    [
        ("Platelets", "250,000", "/mm3", "150,000-400,000", 150, 400),
        ("Platelets", "250000", "/mm3", "150,000-400,000", 150, 400),
        ("Platelets", "250", "10*9/L", "150,000-400,000", 150, 400),
        ("Neutrophils", "3,200", "/mm3", "1,500-7,500", 1.5, 7.5),
        ("Neutrophils", "3,200", "10*9/L", "1,500-7,500", 1.5, 7.5),
        ("Neutrophils", "3,2", "10*9/L", "1,500 - 7,500", 1.5, 7.5),
        ("Neutrophils", "2.8", "10*3/uL", "1,500-7,500", 1.5, 7.5),
        ("TSH", "2,1", "mU/L", "0,270-4,200", 0.27, 4.2),
        ("Ferritin", "90", "ug/L", "150-1,200", 150, 1200),
        ("Ferritin", "90", "ug/L", "1,500-7,500", None, None),
    ],
)
def test_a_comma_in_limits_is_read_as_in_the_value_or_as_it_fits_or_not_at_all(
    name: str, value: str, unit: str, limits: str, low: float | None, high: float | None
) -> None:
    rows, rejects = recognise(
        pl.DataFrame(
            {"patient_id": ["1"], "reported_name": [name], "reported_value": [value],
             "reported_unit": [unit], "reported_low": [limits]}
        )
    )  # fmt: skip
    assert rejects.is_empty()
    assert rows.select("low", "high").row(0) == (low, high)


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        (f"{word}{dot} {to} 90", sign)
        for word, sign in (("inf", "<"), ("Sup", ">"))
        for dot in ("", ".")
        for to in ("a", "à")
    ]
    + [(f"Inf{e}rieur {to} 90", "<") for e in "eé" for to in "aà"]
    + [(f"sup{e}rieur {to} 90", ">") for e in "eé" for to in "aà"],
)
def test_every_spelling_of_a_comparator_in_words_is_read(text: str, sign: str) -> None:
    read = read_number(text)
    assert (read.comparator, read.number) == (sign, 90)
