"""The knowledge files do not contradict themselves, and every number names its source."""

import re
from itertools import pairwise

import pytest

from hemoscribe.errors import KnowledgeError
from hemoscribe.knowledge import analytes, linear_conversion, references
from hemoscribe.knowledge.analytes import Analyte, Range
from hemoscribe.knowledge.conversions import UnitRefused, conversion
from hemoscribe.knowledge.name_index import name_index
from hemoscribe.panel_input import MAX_AGE_YEARS
from hemoscribe.records import LANGUAGES

ALL = list(analytes().values())
CELLS = [
    *("leukocytes", "neutrophils", "lymphocytes", "monocytes", "eosinophils", "basophils"),
    *("immature_granulocytes", "bands", "metamyelocytes", "myelocytes", "blasts"),
]
NEEDED = {
    "hemoglobin": "g/dL", "hematocrit": "%", "erythrocytes": "10*12/L", "mcv": "fL", "mch": "pg",
    "mchc": "g/dL", "rdw": "%", "nrbc": "10*9/L", "nrbc_pct": "/100{WBC}", "platelets": "10*9/L",
    "mpv": "fL", "pdw": "fL", "reticulocytes": "10*9/L", "reticulocytes_pct": "%", "esr": "mm/h",
    "sodium": "mmol/L", "potassium": "mmol/L", "chloride": "mmol/L", "bicarbonate": "mmol/L",
    "total_co2": "mmol/L", "calcium": "mmol/L", "ionized_calcium": "mmol/L",
    "phosphate": "mmol/L", "magnesium": "mmol/L", "anion_gap": "mmol/L", "osmolality": "mosm/kg",
    "creatinine": "umol/L", "urea": "mmol/L", "egfr": "mL/min/{1.73_m2}", "cystatin_c": "mg/L",
    "uric_acid": "umol/L", "alt": "U/L", "ast": "U/L", "alp": "U/L", "ggt": "U/L", "ldh": "U/L",
    "cholinesterase": "kU/L", "lipase": "U/L", "amylase": "U/L", "ck": "U/L",
    "bilirubin_total": "umol/L", "bilirubin_direct": "umol/L", "bilirubin_indirect": "umol/L",
    "albumin": "g/L", "total_protein": "g/L", "globulins": "g/L", "prealbumin": "g/L",
    "ammonia": "umol/L", "ck_mb": "ug/L", "ck_mb_index": "%", "cholesterol": "mmol/L",
    "hdl": "mmol/L", "ldl": "mmol/L", "triglycerides": "mmol/L", "non_hdl": "mmol/L",
    "apob": "g/L", "apoa1": "g/L", "lipoprotein_a": "nmol/L", "glucose": "mmol/L",
    "glucose_fasting": "mmol/L", "hba1c": "%", "insulin": "m[IU]/L", "c_peptide": "nmol/L",
    "iron": "umol/L", "ferritin": "ug/L", "transferrin": "g/L", "tibc": "umol/L",
    "transferrin_saturation": "%", "soluble_transferrin_receptor": "mg/L",
    "vitamin_b12": "pmol/L", "folate": "nmol/L", "folate_rbc": "nmol/L", "vitamin_d": "nmol/L",
    "homocysteine": "umol/L", "crp": "mg/L", "procalcitonin": "ug/L", "haptoglobin": "g/L",
    "complement_c3": "g/L", "complement_c4": "g/L", "igg": "g/L", "iga": "g/L", "igm": "g/L",
    "rheumatoid_factor": "[IU]/mL", "alpha1_globulins": "g/L", "alpha2_globulins": "g/L",
    "beta1_globulins": "g/L", "beta2_globulins": "g/L", "beta_globulins": "g/L",
    "gamma_globulins": "g/L", "albumin_electrophoresis": "g/L", "ag_ratio": "1",
    "tsh": "m[IU]/L", "ft4": "pmol/L", "ft3": "pmol/L", "t4_total": "nmol/L",
    "t3_total": "nmol/L", "tpo_antibodies": "k[IU]/L", "tg_antibodies": "k[IU]/L",
    "pth": "ng/L", "cortisol": "nmol/L", "testosterone": "nmol/L", "estradiol": "pmol/L",
    "shbg": "nmol/L", "fsh": "[IU]/L", "lh": "[IU]/L", "prolactin": "m[IU]/L", "hcg": "[IU]/L",
    "progesterone": "nmol/L", "pt": "s", "pt_pct": "%", "inr": "1", "aptt": "s",
    "aptt_ratio": "1", "fibrinogen": "g/L", "d_dimer": "ug/L{FEU}", "antithrombin": "%",
    "fdp": "mg/L", "troponin_t": "ng/L", "troponin_i": "ng/L", "nt_probnp": "ng/L",
    "bnp": "ng/L", "myoglobin": "ug/L", "psa": "ug/L", "cea": "ug/L", "afp": "ug/L",
    "ca125": "[arb'U]/mL", "ca19_9": "[arb'U]/mL", "ca15_3": "[arb'U]/mL", "ph": "1",
    "pco2": "mm[Hg]", "po2": "mm[Hg]", "base_excess": "mmol/L", "lactate": "mmol/L",
    "oxygen_saturation": "%", "carboxyhemoglobin": "%", "methemoglobin": "%",
    "reduced_hemoglobin": "%", "aa_gradient": "mm[Hg]", "lead": "umol/L", "cadmium": "nmol/L",
    "mercury": "nmol/L", "lithium": "mmol/L", "digoxin": "nmol/L", "phenytoin": "mg/L",
    "vancomycin": "mg/L", "tacrolimus": "ug/L", "paracetamol": "mg/L", "salicylate": "mg/L",
    "ethanol": "mmol/L", "cd4": "10*6/L", "cd8": "10*6/L",
    **dict.fromkeys(CELLS, "10*9/L"),
    **{f"{cell}_pct": "%" for cell in CELLS if cell != "leukocytes"},
}  # fmt: skip
# As MIMIC-III prints it; its check digit is not the one LOINC's rule gives.
LOINC_WITHOUT_ITS_CHECK_DIGIT = {"5895-7"}


def test_there_are_at_least_110_analytes_and_all_that_were_agreed() -> None:
    assert len(ALL) >= 110
    assert {id_: analytes()[id_].unit for id_ in NEEDED} == NEEDED


@pytest.mark.parametrize("analyte", ALL, ids=lambda analyte: analyte.id)
def test_every_number_of_an_analyte_names_sources_that_exist(analyte: Analyte) -> None:
    named = [*analyte.sources.values(), *(row.source for row in analyte.ranges)]
    named += [row.source for row in analyte.critical_ages]
    named += [own.source for own in analyte.conversions]
    named += [analyte.basis.source] if analyte.basis else []
    for keys in named:
        for key in keys.split(", "):
            assert key in references(), key
    assert "plausible" in analyte.sources
    assert ("molar_mass" in analyte.sources) == (analyte.molar_mass_g_per_mol is not None)
    assert ("critical" in analyte.sources) == (analyte.critical != (None, None))


def test_each_source_can_be_cited() -> None:
    for key, reference in references().items():
        assert reference.title, key
        assert reference.authors, key
        assert reference.published, key
        assert 1950 <= reference.year <= 2026, key
        assert reference.doi is None or re.fullmatch(r"10\.\d{4,9}/\S+", reference.doi), key


@pytest.mark.parametrize("analyte", ALL, ids=lambda analyte: analyte.id)
def test_plausible_limits_hold_the_ranges_and_the_critical_limits(analyte: Analyte) -> None:
    lowest, highest = analyte.plausible
    assert lowest < highest
    critical_low, critical_high = analyte.critical
    for limit in (critical_low, critical_high):
        assert limit is None or lowest <= limit <= highest
    for row in analyte.critical_ages:
        assert row.age_low_years < row.age_high_years <= 18
        assert row.low is not None or row.high is not None
        assert all(limit is None or lowest <= limit <= highest for limit in (row.low, row.high))
    for row in analyte.ranges:
        assert row.low is not None or row.high is not None
        if row.low is not None and row.high is not None:
            assert row.low < row.high
        for limit in (row.low, row.high):
            assert limit is None or lowest <= limit <= highest
        assert row.kind in ("reference", "decision")
        if row.age_high_years == MAX_AGE_YEARS and not row.pregnant:
            assert critical_low is None or row.low is None or critical_low < row.low
            assert critical_high is None or row.high is None or critical_high >= row.high


UNKNOWN_BEFORE = {("bilirubin_direct", 18.0)}
"""Bands before which no range is published that we know of: not assessed there."""


@pytest.mark.parametrize("analyte", ALL, ids=lambda analyte: analyte.id)
@pytest.mark.parametrize("sex", ["F", "M"])
def test_age_bands_of_a_sex_neither_overlap_nor_leave_gaps(analyte: Analyte, sex: str) -> None:
    bands = [row for row in analyte.ranges if row.sex in (None, sex)]
    for pregnant in (False, True):
        rows = sorted(
            (row for row in bands if bool(row.pregnant) == pregnant), key=lambda r: r.age_low_years
        )
        for row in rows:
            assert row.age_low_years < row.age_high_years
            assert not row.pregnant or row.sex == "F"
        trimesters = {row.note for row in rows if row.pregnant}
        for before, after in pairwise(rows):
            if (analyte.id, after.age_low_years) in UNKNOWN_BEFORE:
                continue
            if row.pregnant and len(trimesters) == len(rows):  # of one age, each of its weeks
                assert before.age_low_years == after.age_low_years
                continue
            assert before.age_high_years == pytest.approx(after.age_low_years)
        if rows and not pregnant:
            assert rows[-1].age_high_years == MAX_AGE_YEARS


def test_a_name_of_two_analytes_is_decided_by_the_unit() -> None:
    """Names may be shared only where no unit of one is a unit of the other."""
    for key, candidates in name_index().items():
        for one in candidates:
            for other in candidates:
                if one.analyte.id != other.analyte.id:
                    for unit in (other.analyte.unit, *other.analyte.units):
                        if unit not in ("1", "%"):
                            with pytest.raises(UnitRefused):
                                conversion(one.analyte, unit)
                    assert one.analyte.unit != other.analyte.unit, key


def test_loinc_codes_stand_for_one_analyte_and_keep_their_check_digit() -> None:
    seen: dict[str, str] = {}
    for analyte in ALL:
        for code in (*analyte.loinc, *(analyte.basis.loinc if analyte.basis else ())):
            assert seen.setdefault(code, analyte.id) == analyte.id, code
            assert _has_check_digit(code) or code in LOINC_WITHOUT_ITS_CHECK_DIGIT, code


def _has_check_digit(code: str) -> bool:
    number, digit = code.split("-")
    doubled = "".join(str(int(sign) * 2) for sign in number[::-1][::2])
    total = sum(map(int, doubled + number[::-1][1::2]))
    return (10 - total % 10) % 10 == int(digit)


@pytest.mark.parametrize("analyte", ALL, ids=lambda analyte: analyte.id)
def test_an_analyte_has_names_units_and_decimals_to_print(analyte: Analyte) -> None:
    for language in LANGUAGES:
        names = analyte.names[language]
        assert names[0] == analyte.name(language)
        assert len(names[0]) <= 50
        assert all(name.strip() == name and name for name in names)
    assert 0 <= analyte.decimals <= 3
    assert conversion(analyte, analyte.unit) == (1.0, 0.0)
    for unit in analyte.units:
        scale, _ = conversion(analyte, unit)
        assert scale > 0


def test_first_names_differ_so_that_a_prompt_is_never_ambiguous() -> None:
    for language in LANGUAGES:
        names = [analyte.name(language) for analyte in ALL]
        assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("id_", "sex", "age", "low", "high"),
    [
        ("hemoglobin", "F", 30, 12.0, 16.0),
        ("hemoglobin", "M", 30, 13.5, 17.5),
        ("hemoglobin", "M", 1 / 365, 14.0, 22.0),
        ("creatinine", "F", 70, 44, 90),
        ("alp", "M", 14, 127, 517),
        ("urea", "F", 30, 6 * 0.35696, 20 * 0.35696),
    ],
)
def test_ranges_are_the_published_ones(
    id_: str, sex: str, age: float, low: float, high: float
) -> None:
    row = _range(analytes()[id_], sex, age)
    assert row.low == pytest.approx(low, rel=1e-4)
    assert row.high == pytest.approx(high, rel=1e-4)


def _range(analyte: Analyte, sex: str, age: float) -> Range:
    rows = [
        row
        for row in analyte.ranges
        if row.sex in (None, sex)
        and not row.pregnant
        and row.age_low_years <= age < row.age_high_years
    ]
    assert len(rows) == 1
    return rows[0]


def test_an_unknown_analyte_is_named_in_the_error() -> None:
    with pytest.raises(KnowledgeError, match="no_such_analyte"):
        linear_conversion("no_such_analyte", "mmol/L")
