"""What the rules say first of what was not read."""

import pytest

from hemoscribe.knowledge import read_panel
from hemoscribe.prose.unread import with_unread
from hemoscribe.records import Language, Panel


@pytest.mark.parametrize(
    ("language", "said"), [("en", "Sodium (not blood, LL)"), ("fr", "Sodium (non sanguin, LL)")]
)
def test_a_refusal_is_not_taken_for_the_result_of_the_same_name(
    language: Language, said: str
) -> None:
    urine = {"reported_name": "Sodium", "reported_flag": "LL", "code": "other_specimen"}
    reading = read_panel(Panel.of([("Sodium", 139, "mmol/L", 136, 145)], rejects=[urine]))
    lead = with_unread("", reading, language)
    assert said in lead
    assert not reading.unread_critical
