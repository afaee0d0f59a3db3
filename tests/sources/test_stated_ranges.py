import pytest

from hemoscribe.sources.stated_ranges import NO_LIMITS, StatedRange, chosen_limits, printed_limits


@pytest.mark.parametrize(
    ("text", "unit", "limits"),
    [
        ("3,5 à 5,1", None, ("3,5", "5,1")),
        ("3.5 - 5.1 mmol/l", "mmol/L", ("3.5", "5.1")),
        ("10 - 20 10^9/L", "10^9/L", ("10", "20")),
        ("150 000 - 400 000", None, ("150 000", "400 000")),
        ("150,000-400,000", "/uL", ("150,000", "400,000")),
        ("-2 - +2", None, ("-2", "+2")),
        ("< 5", None, ("<5", None)),
        ("=>60", None, ("=>60", None)),
        ("Jusqu'à 5,0", None, ("<=5,0", None)),
        ("at least 60", None, (">=60", None)),
        ("0", None, ("0", None)),
        ("5", None, NO_LIMITS),
        ("3.5-5.1 g/L", "mmol/L", NO_LIMITS),
        ("3.5-5.1 mmol/L", None, NO_LIMITS),
        ("12/05/2020", None, NO_LIMITS),
        ("F: 12-16 H: 13-17", "g/dL", NO_LIMITS),
        ("négatif", None, NO_LIMITS),
        ("", None, NO_LIMITS),
    ],
)
def test_a_printed_range_is_two_limits_or_none(text, unit, limits):
    assert printed_limits(text, unit) == limits


ADULT = StatedRange(("3", "4"), age_low=18)
CHILD = StatedRange(("1", "2"), age_high=18)
WOMAN = StatedRange(("5", "6"), sex="F", age_low=18)


@pytest.mark.parametrize(
    ("ranges", "sex", "age", "limits"),
    [
        ([ADULT, CHILD], None, 30.0, ("3", "4")),
        ([ADULT, CHILD], None, 17.9, ("1", "2")),
        ([ADULT, CHILD], None, 18.0, ("3", "4")),
        ([ADULT, CHILD], None, None, NO_LIMITS),
        ([ADULT, WOMAN], "F", 30.0, ("5", "6")),
        ([ADULT, WOMAN], "M", 30.0, ("3", "4")),
        ([ADULT, WOMAN], None, 30.0, ("3", "4")),
        ([ADULT], None, None, ("3", "4")),
        ([ADULT], None, 5.0, NO_LIMITS),
        ([ADULT, StatedRange(("3", "4"))], "M", 30.0, ("3", "4")),
        ([StatedRange(("3", "4"), normal=False)], None, None, NO_LIMITS),
        ([], None, None, NO_LIMITS),
    ],
)
def test_the_range_that_asks_for_most_of_what_is_known_is_taken(ranges, sex, age, limits):
    assert chosen_limits(ranges, sex, age) == limits
