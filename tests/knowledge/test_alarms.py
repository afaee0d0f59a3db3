"""The alarms that exist in print: each limit by age, by time, and by what stands beside."""

from datetime import datetime

import polars as pl
import pytest

from hemoscribe.knowledge import read_panel, read_rows
from hemoscribe.knowledge.reading import reported_rows
from hemoscribe.knowledge.recognise import recognise
from hemoscribe.knowledge.stated_hours import hours_of_life, hours_since_ingestion
from hemoscribe.records import Panel, Reading, ReportedResult

HOUR = 1 / (24 * 365.25)
DAY = 1 / 365.25


def panel(*results: tuple, age: float | None = 50.0, note: str = "") -> Panel:
    return Panel(
        tuple(ReportedResult(*one) for one in results),
        sex="F",
        age_years=age,
        collected_at=datetime(2026, 3, 2, 8),
        context=note,
    )


def rung(reading: Reading) -> list[str]:
    return [one.analyte for one in reading.results if one.critical]


# analyte, unit, age, the last value that does not ring, the first that does
LIMITS = [
    ("Creatinine", "umol/L", 50.0, "353", "354"),
    ("Creatinine", "umol/L", 16.0, "353", "354"),
    ("Creatinine", "umol/L", 15.9, "199", "200"),
    ("Creatinine", "umol/L", 0.5, "199", "200"),
    ("Creatinine", "umol/L", None, "353", "354"),  # of unknown age: an adult
    ("Creatinine", "mg/dL", 50.0, "3.9", "4.1"),
    ("Urea", "mmol/L", 50.0, "29.9", "30"),
    ("Urea", "mmol/L", 10.0, "9.9", "10"),
    ("Urea", "mmol/L", None, "29.9", "30"),
    ("Triglycerides", "mmol/L", 50.0, "19.9", "20"),
    ("Triglycerides", "mmol/L", 8.0, "19.9", "20"),
    ("Lead", "ug/dL", 4.0, "44", "45"),
    ("Lead", "ug/dL", 17.0, "44", "45"),
    ("Lead", "ug/dL", 30.0, "69", "70.1"),
    ("COHb", "%", 50.0, "9.9", "10"),
    ("MetHb", "%", 50.0, "19.9", "20"),
    ("MetHb", "%", 0.2, "19.9", "20"),
    ("Lithium", "mmol/L", 50.0, "1.49", "1.5"),
    ("Digoxin", "ug/L", 70.0, "2.4", "2.6"),
    ("Ionized calcium", "mmol/L", 50.0, "1.54", "1.55"),
    ("Ionized calcium", "mmol/L", 50.0, "0.83", "0.82"),
    ("Adjusted calcium", "mmol/L", 50.0, "3.49", "3.5"),
    ("Adjusted calcium", "mmol/L", 50.0, "1.81", "1.8"),
    ("Cortisol", "nmol/L", 50.0, "51", "50"),
    ("Neutrophils", "10*9/L", 50.0, "0.51", "0.5"),
    ("Neutrophils", "10*9/L", 3.0, "0.51", "0.5"),
    ("Blasts", "10*9/L", 50.0, "0", "0.1"),
    ("Blasts %", "%", 50.0, "0", "1"),
    ("Blasts %", "%", 5.0, "0", "0.5"),
    ("Paracetamol", "mg/L", 30.0, "99", "100"),
]


@pytest.mark.parametrize(("name", "unit", "age", "below", "beyond"), LIMITS)
def test_a_published_limit_rings_where_it_is_reached(name, unit, age, below, beyond):
    assert rung(read_panel(panel((name, below, unit), age=age))) == []
    reading = read_panel(panel((name, beyond, unit), age=age))
    assert len(rung(reading)) == 1


NEUTROPHILS = [
    ("1.2", "40", False),  # 0.48 beside a number of 1.5 that was measured
    ("1.2", "40", True),
    ("1.0", "50", True),
    ("1.0", "51", None),
    ("8.0", "5", True),  # leukocytes within their range
    ("8.0", "60", None),
]


@pytest.mark.parametrize(("leukocytes", "share", "rings"), NEUTROPHILS)
def test_severe_neutropenia_rings_by_the_share_where_no_number_is_reported(
    leukocytes, share, rings
):
    results = [("WBC", leukocytes, "10*9/L", "4", "10"), ("Neutrophils %", share, "%", "40", "75")]
    if rings is False:
        results.append(("Neutrophils", "1.5", "10*9/L", "1.8", "7.5"))
    found = rung(read_panel(panel(*results)))
    assert ("neutrophils_pct" in found) == bool(rings)


@pytest.mark.parametrize(
    ("calcium", "albumin", "more", "rings"),
    [
        ("3.10", "20", (), True),  # 3.50 corrected
        ("3.10", "21", (), False),
        ("1.90", "45", (), True),  # 1.80
        ("1.70", "20", (), False),  # 2.10
        ("3.10", "19", (), False),  # the correction is not valid
        ("3.10", "20", ("Ionized calcium", "1.30", "mmol/L"), False),
        ("3.10", "20", ("Adjusted calcium", "2.60", "mmol/L"), False),
    ],
)
def test_calcium_rings_by_what_it_is_corrected_to(calcium, albumin, more, rings):
    results = [("Calcium", calcium, "mmol/L"), ("Albumin", albumin, "g/L")]
    found = rung(read_panel(panel(*results, *([more] if more else []))))
    assert ("calcium" in found) == rings


@pytest.mark.parametrize(
    ("hours", "below", "beyond"),
    [(6, 125, 126), (12, 150, 151), (18, 175, 176), (30, 212, 213), (42, 237, 238), (50, 254, 255)],
)
def test_bilirubin_rings_by_the_hour_of_life(hours, below, beyond):
    age = (hours + 0.01) * HOUR
    for value, rings in ((below, False), (beyond, True)):
        reading = read_panel(panel(("Total bilirubin", str(value), "umol/L"), age=age))
        assert bool(rung(reading)) == rings
        assert (reading.results[0].flag == "HH") == rings
    (line,) = [one for one in reading.indices if one.id == "bilirubin_line"]
    assert line.value == pytest.approx(beyond, abs=1.1)


@pytest.mark.parametrize("age", [0.0, DAY, 2 * DAY, 3 * DAY, 0.003, 0.005, 0.008])
def test_where_the_hour_of_life_is_unknown_the_line_is_not_assessed(age):
    reading = read_panel(panel(("Total bilirubin", "240", "umol/L"), age=age))
    (line,) = [one for one in reading.indices if one.id == "bilirubin_line"]
    assert line.value is None
    assert line.why_not == "not assessed: the hour of life is not stated"
    assert rung(reading) == []
    # the limit of children's hospitals rings whatever the hour
    assert rung(read_panel(panel(("Total bilirubin", "260", "umol/L"), age=age)))


def test_an_adult_has_no_line_of_newborns():
    for age in (50.0, None, 0.5):
        reading = read_panel(panel(("Total bilirubin", "240", "umol/L"), age=age))
        assert "bilirubin_line" not in [one.id for one in reading.indices]


@pytest.mark.parametrize(
    ("note", "value", "rings", "why_not"),
    [
        ("Overdose, sample 8 h after ingestion", "60", True, None),
        ("Overdose, sample 8 h after ingestion", "49", False, None),
        ("12 h après la prise", "25", True, None),
        ("prise de 10 g il y a 16 h", "13", True, None),
        ("prise de 10 g il y a 16 h", "12", False, None),
        ("ingested 20 tablets 4 hours ago", "99", False, None),
        ("2 h after ingestion", "90", False, "not assessed before 4 hours after ingestion"),
        ("2 h after ingestion", "150", True, "not assessed before 4 hours after ingestion"),
        ("30 h after ingestion", "20", False, "not assessed beyond 24 hours after ingestion"),
        ("overdose", "60", False, "not assessed: the time since ingestion is not stated"),
        ("", "100", True, "not assessed: the time since ingestion is not stated"),
    ],
)
def test_paracetamol_rings_by_the_time_since_ingestion(note, value, rings, why_not):
    reading = read_panel(panel(("Paracetamol", value, "mg/L"), note=note))
    assert bool(rung(reading)) == rings
    (line,) = [one for one in reading.indices if one.id == "paracetamol_line"]
    assert line.why_not == why_not
    assert (line.value is None) == (why_not is not None)


@pytest.mark.parametrize(
    ("note", "hours"),
    [
        ("4 h after ingestion", 4),
        ("4h post-ingestion", 4),
        ("4.5 hours after the overdose", 4.5),
        ("sample at 6 hrs post overdose", 6),
        ("taken 6 hours ago", 6),
        ("4h30 après ingestion", 4.5),
        ("5 heures après l'ingestion", 5),
        ("prise de paracétamol il y a 7 h", 7),
        ("ingestion il y a 3 heures, vomissements", 3),
        ("", None),
        ("overdose, time unknown", None),
        ("4 h after dinner", None),
        ("fever for 8 h, overdose", None),
        ("4 h after ingestion; or 6 h after ingestion", None),  # two: nobody knows which
        ("24 h creatinine after ingestion", None),
    ],
)
def test_the_time_since_ingestion_is_read_from_the_note(note, hours):
    assert hours_since_ingestion(note) == hours


@pytest.mark.parametrize(
    ("note", "hours"),
    [
        ("Term newborn, 24 hours old.", 24),
        ("ictère à 12 h de vie", 12),
        ("H36 de vie", 36),
        ("nouveau-né âgé de 18 heures", 18),
        ("jaundice at 30 hours of life", 30),
        ("30h30 of life", 30.5),
        ("surveillance 24 h", None),
        ("12 h de vie, contrôle à 18 h de vie", None),
        ("", None),
    ],
)
def test_the_hour_of_life_is_read_from_the_note(note, hours):
    assert hours_of_life(note) == hours


@pytest.mark.parametrize("age", [0.0, DAY, 0.003, None])
def test_the_hour_in_the_note_is_what_the_line_is_taken_at(age):
    one = panel(("Total bilirubin", "180", "umol/L"), age=age, note="ictère à 12 h de vie")
    reading = read_panel(one)
    assert rung(reading) == ["bilirubin_total"]
    (line,) = [one for one in reading.indices if one.id == "bilirubin_line"]
    assert line.value == 150


def test_many_reports_at_once_ring_as_each_alone_does():
    panels = [
        panel(("WBC", "1.0", "10*9/L"), ("Neutrophils %", "50", "%", "40", "75")),
        panel(("WBC", "1.0", "10*9/L"), ("Neutrophils %", "51", "%", "40", "75")),
        panel(("Calcium", "3.10", "mmol/L", "2.15", "2.55"), ("Albumin", "20", "g/L")),
        panel(("Total bilirubin", "240", "umol/L"), age=12.2 * HOUR),
        panel(("Total bilirubin", "240", "umol/L"), age=DAY),
        panel(("Paracetamol", "120", "mg/L")),
        panel(("Potassium", "4.1", "mmol/L", "3.5", "5.1")),
        panel(("Neutrophils %", "5", "%"), ("WBC", "2.5", "10*9/L"), ("Neutrophils %", "80", "%")),
    ]
    rows, rejects = recognise(reported_rows(panels))
    at_once = {one.panel.report_id: one for one in read_rows(rows, rejects)}
    for place, one in enumerate(panels):
        alone, together = read_panel(one), at_once[str(place)]
        assert [(r.analyte, r.flag, r.critical) for r in together.results] == [
            (r.analyte, r.flag, r.critical) for r in alone.results
        ]
        assert [(f.id, f.urgency) for f in together.findings] == [
            (f.id, f.urgency) for f in alone.findings
        ]
        assert together.indices == alone.indices
    assert isinstance(rows, pl.DataFrame)


def test_a_finding_that_rests_on_a_derived_alarm_is_told_now():
    reading = read_panel(
        panel(("WBC", "1.0", "10*9/L", "4", "10"), ("Neutrophils %", "40", "%", "40", "75"))
    )
    assert {one.id: one.urgency for one in reading.findings}["neutropenia"] == 3
    assert rung(reading)[-1] == "neutrophils_pct"
