import polars as pl

from hemoscribe.curate.privacy.anonymity import measure_anonymity, reports_in_small_cells


def reports(*lines):
    return pl.DataFrame(
        lines,
        schema={
            "patient_id": pl.String,
            "report_id": pl.String,
            "sex": pl.String,
            "age_years": pl.Float64,
            "laboratory": pl.String,
        },
        orient="row",
    )


def test_k_counts_patients_not_reports():
    found = measure_anonymity(
        reports(
            ("A", "1", "F", 31.0, "N"),
            ("A", "2", "F", 38.0, "N"),
            ("B", "3", "F", 35.0, "N"),
            ("C", "4", "M", 35.0, "N"),
            ("C", "5", "M", 35.0, "N"),
        )
    )
    assert found.k == 1
    assert found.cells.height == 2
    assert found.cells["patients"].to_list() == [1, 2]
    assert found.below(2).height == 1


def test_an_unknown_sex_or_laboratory_is_a_cell_of_its_own_and_can_be_refused():
    lines = reports(
        ("A", "1", "F", 31.0, None), ("B", "2", "F", 33.0, None), ("C", "3", None, None, None)
    )
    found = measure_anonymity(lines)
    assert found.k == 1
    small = reports_in_small_cells(lines, found, 2)
    assert small.rows() == [("C", "3")]


def test_without_reports_there_is_no_k():
    assert measure_anonymity(reports()).k == 0
