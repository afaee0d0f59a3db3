"""Flags: the laboratory's range first, else ours; critical values always alarm."""

import importlib.util
import math
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemoscribe.knowledge import analytes, flag, linear_conversion
from hemoscribe.records import FLAGS, Result

ROOT = Path(__file__).parents[2]
SCHEMA = {
    name: Result.create_empty().schema[name]
    for name in (
        "analyte", "value", "comparator", "low", "high", "range_source", "sex", "age_years",
        "pregnant", "unit", "reported_unit",
    )
}  # fmt: skip


def flagged(fill: Any = "knowledge", **row: Any) -> dict[str, Any]:
    if row.get("low") is not None or row.get("high") is not None:
        row.setdefault("range_source", "laboratory")
    known = analytes().get(row["analyte"])
    usual = {"sex": "F", "age_years": 40.0, "unit": known.unit if known else "1"}
    rows = pl.DataFrame([usual | row], schema=SCHEMA)
    return flag(rows, fill=fill).row(0, named=True)


def flag_of(**row: Any) -> str | None:
    found = flagged(**row)["flag"]
    assert found is None or found in FLAGS
    return found


@pytest.mark.parametrize(
    ("value", "expected"),
    [(11.9, "L"), (12.0, "N"), (12.0 * (1 - 1e-12), "N"), (16.0, "N"), (16.1, "H")],
)
def test_limits_belong_to_the_range(value: float, expected: str) -> None:
    assert flag_of(analyte="hemoglobin", value=value) == expected


def test_the_laboratorys_range_wins_over_ours() -> None:
    row = flagged(analyte="hemoglobin", value=11.8, low=11.5, high=15.0)
    assert (row["flag"], row["range_source"], row["low"]) == ("N", "laboratory", 11.5)
    one_limit = flagged(analyte="hdl", value=2.4, low=1.1)
    assert (one_limit["flag"], one_limit["low"], one_limit["high"]) == ("N", 1.1, None)


def test_ours_is_filled_in_only_where_asked() -> None:
    filled = flagged(analyte="sodium", value=130)
    assert (filled["flag"], filled["low"], filled["range_source"]) == ("L", 135, "knowledge")
    kept = flagged(fill="keep", analyte="sodium", value=130)
    assert (kept["flag"], kept["low"], kept["range_source"]) == (None, None, None)


@pytest.mark.parametrize(
    ("value", "comparator", "low", "high", "expected"),
    [
        (0.5, "<", 1.0, 3.0, "L"),
        (1.0, "<", 1.0, 3.0, "L"),
        (1.0, "<=", 1.0, 3.0, None),
        (2.0, "<", 1.0, 3.0, None),
        (5.0, "<", None, 3.0, None),
        (3.0, "<", None, 3.0, "N"),
        (3.0, "<", 0.0, 5.0, "N"),
        (0.1, "<", 0.0, None, "N"),
        (5.0, ">", 1.0, 3.0, "H"),
        (3.0, ">", 1.0, 3.0, "H"),
        (3.0, ">=", 1.0, 3.0, None),
        (2.0, ">", 1.0, 3.0, None),
        (2.0, ">", None, 3.0, None),
    ],
)
def test_a_censored_value_is_flagged_only_where_it_must_be_so(
    value: float, comparator: str, low: float | None, high: float | None, expected: str | None
) -> None:
    row = {"value": value, "comparator": comparator, "low": low, "high": high}
    assert flag_of(analyte="ldh", **row) == expected


@pytest.mark.parametrize(("value", "expected"), [(60.0, "N"), (59.0, None)])
def test_a_value_above_a_number_is_normal_where_only_a_low_limit_is(
    value: float, expected: str | None
) -> None:
    assert flag_of(analyte="egfr", value=value, comparator=">", low=60.0) == expected
    assert flag_of(analyte="crp", value=value, comparator=">", low=60.0) == "H"  # no CRP is so


def test_critical_values_alarm_with_any_range_and_with_none() -> None:
    assert flagged(analyte="potassium", value=6.8)["flag"] == "HH"
    assert flagged(analyte="potassium", value=2.4)["flag"] == "LL"
    inside_theirs = flagged(analyte="potassium", value=6.8, low=3.5, high=7.0)
    assert (inside_theirs["flag"], inside_theirs["critical"]) == ("N", True)
    without_range = flagged(fill="keep", analyte="potassium", value=6.8)
    assert (without_range["flag"], without_range["critical"]) == ("HH", True)
    assert not flagged(fill="keep", analyte="potassium", value=4.0)["critical"]
    assert flagged(analyte="potassium", value=2.4, comparator="<")["critical"]
    assert not flagged(analyte="potassium", value=6.8, comparator="<")["critical"]


def test_a_newborns_normal_is_no_alarm() -> None:
    newborn = flagged(analyte="hemoglobin", value=21.0, age_years=1 / 365)
    assert (newborn["flag"], newborn["critical"]) == ("N", False)
    packed = flagged(analyte="hematocrit", value=65.0, age_years=1 / 365)
    assert (packed["flag"], packed["critical"]) == ("N", False)
    assert flagged(analyte="hemoglobin", value=21.0)["flag"] == "HH"
    unknown = flagged(analyte="hemoglobin", value=21.0, age_years=None)
    assert unknown["critical"]


@pytest.mark.parametrize(
    ("analyte", "value", "newborn", "child", "adult"),
    [
        ("potassium", 7.0, False, True, True),
        ("potassium", 2.7, True, True, False),
        ("glucose", 2.2, False, True, True),
        ("glucose", 19.0, True, False, False),
        ("bilirubin_total", 270.0, True, False, False),
        ("hemoglobin", 9.0, True, False, False),
        ("hemoglobin", 6.8, True, True, False),
        ("platelets", 45.0, True, True, False),
    ],
)
def test_critical_limits_are_those_of_the_age(
    analyte: str, value: float, newborn: bool, child: bool, adult: bool
) -> None:
    for age, expected in ((4 / 365.25, newborn), (5.0, child), (40.0, adult), (None, adult)):
        assert flagged(analyte=analyte, value=value, age_years=age)["critical"] is expected, age


def test_sex_and_age_choose_the_range() -> None:
    assert flag_of(analyte="hemoglobin", value=13.0, sex="F") == "N"
    assert flag_of(analyte="hemoglobin", value=13.0, sex="M") == "L"
    assert flag_of(analyte="alp", value=300, age_years=9) == "N"
    assert flag_of(analyte="alp", value=300, age_years=40) == "H"
    assert flag_of(analyte="hba1c", value=5.0, age_years=0.1) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [(11.9, "L"), (12.0, None), (13.4, None), (13.5, "N"), (16.0, "N"), (16.1, None), (17.6, "H")],
)
def test_without_sex_a_value_between_the_limits_of_the_sexes_has_no_flag(
    value: float, expected: str | None
) -> None:
    row = flagged(analyte="hemoglobin", value=value, sex=None)
    assert row["flag"] == expected
    limits = (None, None, None) if expected is None else (12.0, 17.5, "knowledge")
    assert (row["low"], row["high"], row["range_source"]) == limits


@pytest.mark.parametrize("sex", ["F", "M"])
def test_without_age_the_limits_are_those_of_adults(sex: str) -> None:
    for analyte, value, expected in (
        ("alp", 300, "H"),
        ("potassium", 5.5, "H"),
        ("leukocytes", 25, "H"),
        ("ldh", 300, "H"),
        ("bilirubin_total", 100, "H"),
        ("phosphate", 2.0, "H"),
        ("creatinine", 30, "L"),
    ):
        assert flag_of(analyte=analyte, value=value, sex=sex, age_years=None) == expected, analyte


def test_without_age_a_value_between_the_limits_of_adults_has_no_flag() -> None:
    for value, expected in ((7.0, "N"), (7.5, None), (8.3, "H"), (2.5, None), (2.0, "L")):
        assert flag_of(analyte="urea", value=value, age_years=None) == expected, value
    for value, expected in ((2.0, "N"), (4.0, None), (6.6, "H")):
        assert flag_of(analyte="psa", value=value, sex="M", age_years=None) == expected, value


def test_a_sex_without_limits_of_its_own_is_not_read_by_those_of_the_other() -> None:
    for analyte in ("fsh", "lh", "estradiol", "progesterone"):
        assert flag_of(analyte=analyte, value=200, sex=None) is None, analyte
    assert flag_of(analyte="psa", value=45, sex=None) == "H"  # asked for in men alone
    assert flag_of(analyte="psa", value=45, sex="F") is None


AGES = (0.01, 0.5, 3.0, 9.0, 15.0, 17.99, 18.0, 25.0, 45.0, 55.0, 65.0, 85.0)


@pytest.mark.parametrize("sex", ["F", "M", None])
def test_what_is_not_stated_never_makes_normal_what_somebody_would_call_abnormal(
    sex: str | None,
) -> None:
    """Of every analyte, at values about each of its limits: against every adult it may be."""
    for analyte in analytes().values():
        limits = {x for row in analyte.ranges for x in (row.low, row.high) if x is not None}
        values = sorted({limit * by for limit in limits for by in (0.98, 1.0, 1.02)})
        if not values:
            continue
        count = len(values)
        own = {"analyte": [analyte.id] * count, "value": values, "unit": [analyte.unit] * count}

        def flags(of: str | None, age: float | None, own: Any = own, count: int = count) -> Any:
            rows = pl.DataFrame(
                own | {"sex": [of] * count, "age_years": [age] * count},
                schema={k: v for k, v in SCHEMA.items() if k in (*own, "sex", "age_years")},
            )
            missing = [pl.lit(None, kind).alias(k) for k, kind in SCHEMA.items() if k not in rows]
            return flag(rows.with_columns(missing))["flag"].str.head(1).to_list()

        sexes = [sex] if sex else [analyte.of_sex] if analyte.of_sex else ["F", "M"]
        for age in (None, *AGES):
            ages = [one for one in AGES if one >= 18] if age is None else [age]
            each = [flags(of, one) for of in sexes for one in ages]
            for value, said, *others in zip(values, flags(sex, age), *each, strict=True):
                known = {one for one in others if one is not None}
                if said is not None:
                    assert known == {said}, (analyte.id, value, age, others)
                elif len(known) == 1:
                    # some whom the patient may be have no limits at all
                    assert None in others or any(row.pregnant for row in analyte.ranges), (
                        analyte.id, value, age,
                    )  # fmt: skip


@pytest.mark.parametrize(
    ("analyte", "unit", "low", "high"),
    [
        ("calcium", "mg/dL", 8.4, 10.4),  # published as 2.10 to 2.60 mmol/L
        ("magnesium", "mg/dL", 1.6, 2.6),  # 0.66 to 1.07 mmol/L
        ("urea", "mg/dL{N}", 6, 20),  # published in it
        ("glucose", "mmol/L", 3.9, 6.1),  # 70 to 110 mg/dL, the canonical unit of the report
        ("glucose", "g/L", 0.7, 1.1),
        ("hemoglobin", "g/L", 120, 160),
        ("hba1c", "mmol/mol", 20, 38),  # 4.0 to 5.6 %
        ("sodium", "mmol/L", 135, 145),
    ],
)
def test_our_range_is_the_one_a_laboratory_would_print_in_its_unit(
    analyte: str, unit: str, low: float, high: float
) -> None:
    scale, offset = linear_conversion(analyte, unit)
    for reported, flags in ((low, "LNN"), (high, "NNH")):
        for shift, wanted in zip((-1e-3, 0.0, 1e-3), flags, strict=True):
            value = (reported * (1 + shift)) * scale + offset
            row = flagged(analyte=analyte, value=value, reported_unit=unit)
            assert (row["low"] - offset) / scale == pytest.approx(low, rel=1e-9)
            assert (row["high"] - offset) / scale == pytest.approx(high, rel=1e-9)
            assert row["flag"] == wanted


def test_a_unit_nobody_knows_leaves_our_range_as_it_is() -> None:
    row = flagged(analyte="calcium", value=2.0, reported_unit="furlongs")
    assert (row["low"], row["high"], row["flag"]) == (2.1, 2.6, "L")


def test_pregnancy_counts_only_when_stated() -> None:
    assert flag_of(analyte="hemoglobin", value=11.0, pregnant=True) == "N"
    assert flag_of(analyte="hemoglobin", value=11.0, pregnant=None) == "L"
    assert flag_of(analyte="hemoglobin", value=11.0, pregnant=False) == "L"
    assert flag_of(analyte="hemoglobin", value=11.0, pregnant=True, sex="M") == "L"
    assert flag_of(analyte="ferritin", value=5.0, pregnant=True) == "L"


def test_many_rows_are_flagged_as_each_alone() -> None:
    rows = pl.DataFrame(
        [
            {"analyte": id_, "value": value, "sex": sex, "age_years": age}
            for id_ in ("hemoglobin", "potassium", "pdw", "unheard_of")
            for value in (0.0, 4.0, 15.0, 400.0)
            for sex in ("F", "M", None)
            for age in (0.0, 7.5, 40.0, 130.0, None)
        ],
        schema=SCHEMA,
    )
    together = flag(rows)
    alone = pl.concat([flag(rows.slice(i, 1)) for i in range(0, len(rows), 7)])
    assert together.gather_every(7).equals(alone)


@settings(max_examples=200, deadline=None)
@given(
    analyte=st.sampled_from([*analytes(), "unheard_of"]),
    value=st.floats(allow_nan=True, allow_infinity=True),
    comparator=st.sampled_from([None, "<", "<=", ">=", ">"]),
    low=st.none() | st.floats(-1e6, 1e6),
    high=st.none() | st.floats(-1e6, 1e6),
    sex=st.sampled_from([None, "F", "M"]),
    age=st.none() | st.floats(0, 130),
    pregnant=st.sampled_from([None, True, False]),
    reported_unit=st.sampled_from([None, "mg/dL", "g/L", "mmol/L", "%", "mmol/mol", "?"]),
)
def test_no_value_however_odd_gives_nan_or_a_flag_without_a_range(
    analyte: str,
    value: float,
    comparator: str | None,
    low: float | None,
    high: float | None,
    sex: str | None,
    age: float | None,
    pregnant: bool | None,
    reported_unit: str | None,
) -> None:
    row = flagged(
        analyte=analyte, value=value, comparator=comparator, low=low, high=high, sex=sex,
        age_years=age, pregnant=pregnant, reported_unit=reported_unit,
    )  # fmt: skip
    for limit in (row["low"], row["high"]):
        assert limit is None or not math.isnan(limit)
    ranged = row["low"] is not None or row["high"] is not None
    assert ranged == (row["range_source"] is not None)
    assert row["flag"] is None or ranged or (row["critical"] and row["flag"] in ("LL", "HH"))
    if math.isnan(value):
        assert row["flag"] is None
        assert not row["critical"]
    known = analytes().get(analyte)
    if known is not None and comparator is None and age is None and not math.isnan(value):
        below, above = known.critical
        beyond = (below is not None and value < below) or (above is not None and value > above)
        assert row["critical"] or not beyond


def benchmark(name: str) -> Any:
    """A script of benchmarks/ as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / f"benchmarks/{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.shared
def test_the_page_of_healthy_people_is_current_and_gives_its_reasons(shared_data: Path) -> None:
    """Every share outside 88 to 99 % in docs/knowledge-check.md has a reason."""
    import yaml

    module = benchmark("knowledge_check")
    table = module.check(pl.read_parquet(shared_data / "nhanes/nhanes_labs.parquet"))
    assert table["column"].n_unique() > 80
    reasons = yaml.safe_load((ROOT / "benchmarks/knowledge_check.yaml").read_text("utf-8"))
    page = (ROOT / "docs/knowledge-check.md").read_text("utf-8")
    assert module.page(table, reasons) == page
    assert "NO REASON" not in page


@pytest.mark.shared
def test_ranges_taken_from_the_survey_are_its_percentiles(shared_data: Path) -> None:
    """Ranges with the source ``nhanes_children`` are what benchmarks/children_ranges.py finds."""
    module = benchmark("children_ranges")
    found = module.ranges(pl.read_parquet(shared_data / "nhanes/nhanes_labs.parquet"))
    ours = {
        (analyte.id, row.sex, row.age_low_years, row.age_high_years, row.low, row.high)
        for analyte in analytes().values()
        for row in analyte.ranges
        if row.source == "nhanes_children"
    }
    assert ours == set(found.drop("children").iter_rows())
    assert found["children"].min() > 1_000


def test_many_rows_are_flagged_as_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Values in parts: the limits, comparators and other units of each stay with it."""
    rows = pl.DataFrame(
        [
            {
                "analyte": analyte,
                "value": value,
                "comparator": comparator,
                "sex": sex,
                "age_years": age,
                "unit": analytes()[analyte].unit,
                "reported_unit": unit,
            }
            for analyte, unit in (("calcium", "mg/dL"), ("hemoglobin", "g/L"), ("sodium", "mmol/L"))
            for value in (2.0, 2.5, 11.9, 12.0, 14.0, 135.0, 146.0)
            for comparator in (None, "<", ">")
            for sex in ("F", "M", None)
            for age in (0.1, 5.0, 40.0, None)
        ],
        schema=SCHEMA,
    )
    whole = flag(rows)
    monkeypatch.setattr("hemoscribe.knowledge.flag_arrays._AT_ONCE", 5)
    assert flag(rows).equals(whole)
