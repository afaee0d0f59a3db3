"""What is due within the hour is rated so, and nothing critical is put off for weeks."""

from collections.abc import Iterator

import pytest

from hemoscribe.knowledge import read_panel
from hemoscribe.knowledge.absolute_limits import OWN, absolute_limits
from hemoscribe.knowledge.analytes import analytes, references
from hemoscribe.knowledge.applicable import critical_limits
from hemoscribe.knowledge.findings.definitions import finding_definitions
from hemoscribe.knowledge.findings.severity import CRITICAL, scale_of
from hemoscribe.prose.clause_bank import clauses_of
from hemoscribe.prose.compose import compose
from hemoscribe.prose.conditions import BY
from hemoscribe.records import Panel, ReportedResult

AGES = (0.02, 0.05, 0.5, 3.0, 8.0, 15.0, 40.0, 85.0)
EN_WEEKS = ("weeks", "month", "year")
FR_WEEKS = ("semaines", "mois", " ans ")


def rated_by_another(words: str) -> bool:
    """Whether a condition rests on the finding's urgency, a critical result or another finding."""
    return any(part.split()[0] in ("now", "critical", "finding") for part in words.split(" or "))


def criticals() -> Iterator[tuple[str, float, float]]:
    for analyte in analytes().values():
        for age in AGES:
            rows = [critical_limits(analyte, age)]
            rows += [
                (row.low, row.high)
                for row in absolute_limits().get(analyte.id, ())
                if row.age_low_years <= age < row.age_high_years
            ]
            for low, high in rows:
                if low is not None:
                    yield (
                        analyte.id,
                        age,
                        max(low * (0.8 if low > 0 else 1.2), analyte.plausible[0]),
                    )
                if high is not None:
                    yield analyte.id, age, min(high * 1.3, analyte.plausible[1])


def test_no_critical_result_is_put_off_for_weeks() -> None:
    seen = 0
    for name, age, value in criticals():
        for sex in ("F", "M"):
            result = ReportedResult(name, f"{value:.6g}", analytes()[name].unit)
            reading = read_panel(Panel((result,), sex=sex, age_years=age))
            if not reading.results or not reading.results[0].critical:
                continue
            seen += 1
            for language, words in (("en", EN_WEEKS), ("fr", FR_WEEKS)):
                _, asked = compose(reading, language, 0)
                assert not any(word in asked for word in words), (name, age, value, asked)
    assert seen > 500


RATED_BESIDE = {
    # their grade is the anemia's, whose severity they carry
    *("microcytic_anemia", "normocytic_anemia", "macrocytic_anemia"),
    *("iron_deficiency_anemia", "anemia_of_inflammation"),
    # the potassium, platelets or glucose that they doubt are findings of their own beside them
    *("hemolyzed_sample_suspected", "pseudohyperkalemia_hint", "platelet_clumps"),
    "drip_arm_contamination",
    "hepatocellular_injury",  # with a raised INR it is synthetic failure, which is rated
}


def test_every_finding_that_asks_within_the_hour_can_be_rated_so() -> None:
    wrong = []
    for name, definition in finding_definitions().items():
        presses = any(
            one.urgency == BY["now"]
            and not one.noted  # the note makes it press, and no note moves a severity
            and not any(map(rated_by_another, one.words))
            for one in clauses_of()[name].requests
        )
        rated = [definition.urgency, *(one.urgency for one in definition.grades.values())]
        steps = [step.severity for step in scale_of(name).steps]
        if (
            name not in RATED_BESIDE
            and presses
            and max(rated) < BY["now"]
            and max(steps, default=0) < CRITICAL
        ):
            wrong.append(name)
    assert wrong == []


@pytest.mark.parametrize("name", list(absolute_limits()))
def test_an_absolute_limit_has_its_source(name: str) -> None:
    for row in absolute_limits()[name]:
        assert row.source == OWN or row.source in references()
        assert (row.low is None) != (row.high is None)
