from datetime import datetime

import polars as pl
import pytest

from hemoscribe.sources.patients import ages_at, ages_years, pregnancies, sexes


def test_sexes_in_english_french_and_iso_codes():
    texts = pl.Series(["F", "femme", "Féminin", "2", "M", "H", "Homme", "male", "1", "U", None])
    assert sexes(texts).to_list() == [*"FFFF", *"MMMMM", None, None]


def test_a_mapping_says_what_a_laboratory_s_own_code_is():
    assert sexes(pl.Series(["0", "1"]), {"0": "M", "1": "F"}).to_list() == ["M", "F"]


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("54", 54),
        ("54,5 ans", 54.5),
        ("18 months", 1.5),
        ("3 mois", 0.25),
        ("old", None),
        ("300", None),
    ],
)
def test_ages(text: str, years: float | None):
    assert ages_years(pl.Series([text])).to_list() == [years]


def test_days_and_weeks_are_parts_of_a_year():
    assert ages_years(pl.Series(["10 j", "2 weeks"])).round(4).to_list() == [0.0274, 0.0383]
    hours = ages_years(pl.Series(["12 hours", "12 heures", "36 hrs"])) * 24 * 365.25
    assert hours.round(6).to_list() == [12, 12, 36]
    assert ages_years(pl.Series(["54 H"])).to_list() == [None]  # a man of 54, perhaps


def test_age_from_birth_is_null_when_born_after_collection():
    collected = pl.Series([datetime(2024, 1, 1), datetime(2024, 1, 1)])
    born = pl.Series([datetime(1970, 1, 1), datetime(2025, 1, 1)])
    assert ages_at(collected, born).to_list() == [54.0, None]


def test_pregnancy():
    assert pregnancies(pl.Series(["oui", "no", "?"])).to_list() == [True, False, None]
