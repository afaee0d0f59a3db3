"""Hours and term in a note: denied, of another noun, or against the age they tell nothing."""

import pytest

from hemoscribe.knowledge.stated_hours import (
    fitting,
    hours_of_life,
    hours_since_ingestion,
    weeks_of_gestation,
)


@pytest.mark.parametrize(
    ("note", "hours"),
    [
        ("4 h after ingestion of ibuprofen, paracetamol taken yesterday", None),
        ("time unknown, not 4 hours after ingestion", None),
        ("pas 4 h après la prise", None),
        ("4 h après prise d'ibuprofène", None),
        ("ingestion of aspirin 4 h ago", None),
        ("4 h after ingestion?", None),
        ("maybe 4 h after ingestion", None),
        ("4 h after ingestion of paracetamol", 4),
        ("4 h après prise de paracétamol", 4),
        ("4 h after ingestion", 4),
        ("prise de doliprane il y a 6 h", 6),
        ("6 hours post overdose of tablets", 6),
    ],
)
def test_hours_since_ingestion_are_those_of_the_drug(note: str, hours: float | None) -> None:
    assert hours_since_ingestion(note) == hours


@pytest.mark.parametrize(
    ("note", "hours"),
    [
        ("jaundice seen at 12 hours of life", None),
        ("ictère apparu à 12 h de vie", None),
        ("not 12 hours of life", None),
        ("mother discharged at 12 hours of life", None),
        ("12 hours of life", 12),
        ("ictère à 12 h de vie", 12),
        ("aged 30 hours", 30),
    ],
)
def test_hours_of_life_are_those_of_the_sample(note: str, hours: float | None) -> None:
    assert hours_of_life(note) == hours


@pytest.mark.parametrize(
    ("note", "weeks"),
    [
        ("born at 32 weeks", 32),
        ("née à 34 SA", 34),
        ("né à 35+3 SA", 35),
        ("36 weeks gestation", 36),
        ("preterm", 0),
        ("prématuré", 0),
        ("not preterm", None),
        ("term baby", None),
        ("", None),
    ],
)
def test_weeks_of_gestation(note: str, weeks: float | None) -> None:
    assert weeks_of_gestation(note) == weeks


@pytest.mark.parametrize(
    ("life", "days", "kept"), [(12, 5, False), (12, 0, True), (30, 1, True), (100, 1, False)]
)
def test_an_hour_that_the_age_contradicts_is_dropped(life: float, days: int, *, kept: bool) -> None:
    told = fitting({"life_hours": life}, days / 365.25)["life_hours"]
    assert told == (life if kept else None)
