import polars as pl
import pytest

from hemoscribe.curate.privacy.disclosure import measure_disclosure
from hemoscribe.curate.privacy.known_values import TRUE_MONTH
from hemoscribe.curate.stream.report_lines import list_reports


@pytest.fixture
def reports(rows):
    """Reports of hemoglobin, platelets, creatinine and sodium; ``values``: one tuple a patient."""

    def make(values, **columns):
        frame = rows(
            *(
                {
                    "patient_id": f"P{number}",
                    "report_id": f"R{number}",
                    "analyte": analyte,
                    "value": value,
                    "low": 10.0,
                    "high": 20.0,
                    **{name: told[number] for name, told in columns.items()},
                }
                for number, panel in enumerate(values)
                for analyte, value in zip(
                    ("hemoglobin", "platelets", "creatinine", "sodium"), panel, strict=True
                )
            )
        )
        reports = list_reports(frame.with_columns(pl.lit(2023).alias("true_year")))
        month = pl.col("collected_at").dt.truncate("1mo").cast(pl.Date)
        return reports.with_columns(month.alias(TRUE_MONTH))

    return make


def test_whoever_has_values_of_their_own_is_found_by_them(reports):
    found = measure_disclosure(
        reports([(12, 13, 14, 15), (12, 13, 14, 15), (12, 13, 14, 16), (11, 13, 14, 15)])
    )
    assert found.by_panel == 0.5
    assert found.exact.alone == 0.25
    assert found.exact.patients == 4


def test_a_cell_in_which_all_have_the_same_tells_what_each_has(reports):
    healthy, anemic = (12, 13, 14, 15), (9, 13, 14, 15)
    alike = measure_disclosure(reports([anemic, anemic, healthy, anemic], sex=["F", "F", "M", "M"]))
    assert alike.diversity == 1
    assert alike.closeness == pytest.approx(0.25)
    mixed = measure_disclosure(reports([anemic, healthy] * 2, sex=["F", "F", "M", "M"]))
    assert mixed.diversity == 2
    assert mixed.closeness == 0


def test_the_finest_generalisation_that_reaches_k_is_named(reports):
    ages = [float(20 + 8 * number) for number in range(20)]
    found = measure_disclosure(
        reports([(12, 13, 14, 15)] * 20, age_years=[age % 80 for age in ages])
    )
    assert found.generalisations[0].k == 2
    way = found.reaching(5)
    assert way is not None
    assert (way.age_width_years, way.with_laboratory) == (40, True)
    assert found.reaching(50) is None


def test_nothing_tells_nothing(reports):
    nothing = measure_disclosure(reports([(12, 13, 14, 15)]).clear())
    assert (nothing.diversity, nothing.closeness, nothing.by_panel) == (0, 0.0, 0.0)
