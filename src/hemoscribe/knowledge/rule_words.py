"""The words in which indices and findings ask about a report: high, below, times_upper, female.

Each word gives a ``Number`` or a ``Truth`` over the facts that ``knowledge.fact_names`` names.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from hemoscribe.knowledge.anticoagulants import ANTICOAGULANT
from hemoscribe.knowledge.applicable import ADULT_YEARS
from hemoscribe.knowledge.fact_names import HIGH, LOW, NORMAL, UNJUDGED
from hemoscribe.knowledge.formulas import (
    NOTHING,
    Facts,
    Lack,
    Names,
    Number,
    Truth,
    all_of,
    any_of,
    number,
    text_is,
    truth,
    unless,
)
from hemoscribe.knowledge.remarks import HEMOLYZED, PLATELET_CLUMPS
from hemoscribe.panel_input import CARRYING_YEARS

WEEK: Names = frozenset(("week",))
"""What is lacking where a limit goes by the trimester: no report states the week of pregnancy."""


def exact(analyte: str) -> Number:
    """The value; missing when it is censored."""
    return _reported_number(analyte, analyte)


def least(analyte: str) -> Number:
    """What the true value is at least."""
    return _reported_number(analyte, f"{analyte}:least")


def most(analyte: str) -> Number:
    """What the true value is at most."""
    return _reported_number(analyte, f"{analyte}:most")


def upper(analyte: str) -> Number:
    """The upper limit of the range the result was read against."""
    return _reported_number(analyte, f"{analyte}:high")


def lower(analyte: str) -> Number:
    """The lower limit of the range the result was read against."""
    return _reported_number(analyte, f"{analyte}:low")


def index(name: str) -> Number:
    """A derived index; lacking where the report asks for it and it cannot be computed."""
    column, own = f"index:{name}", f"lack:{name}"
    names = frozenset((column,))
    lack = Lack(pl.col(own), lambda facts: names if own in facts else NOTHING, frozenset((own,)))
    return number(column, lack)


def _reported_number(analyte: str, column: str) -> Number:
    """A number of a result: lacking where the report holds the result and not the number."""
    flag, own = f"{analyte}:flag", frozenset((column,))

    def lacking(facts: Facts) -> Names:
        return own if flag in facts and column not in facts else NOTHING

    gap = f"gap:{column}"
    return number(column, Lack(pl.col(gap), lacking, frozenset((gap, f"{analyte}:reported"))))


def at_least(analyte: str, limit: Number | float) -> Truth:
    """Whether the value is certainly ``limit`` or more; not where it certainly is less."""
    return _bounded(least(analyte) >= limit, _most_of(analyte) < _there(limit))


def above(analyte: str, limit: Number | float) -> Truth:
    """Whether the value is certainly more than ``limit``; not where it certainly is not."""
    return _bounded(least(analyte) > limit, _most_of(analyte) <= _there(limit))


def at_most(analyte: str, limit: Number | float) -> Truth:
    """Whether the value is certainly ``limit`` or less; not where it certainly is more."""
    return _bounded(most(analyte) <= limit, _least_of(analyte) > _there(limit))


def below(analyte: str, limit: Number | float) -> Truth:
    """Whether the value is certainly less than ``limit``; not where it certainly is not."""
    return _bounded(most(analyte) < limit, _least_of(analyte) >= _there(limit))


def _bounded(holds: Truth, fails: Truth) -> Truth:
    """What one bound of a value shows and the other one excludes."""
    first, second = holds.compute, fails.compute

    def compute(facts: Facts) -> bool | None:
        found = first(facts)
        return False if found is None and second(facts) else found

    expr = holds.expr & ~fails.expr  # both never hold, so only what is not known changes
    return Truth(expr, compute, holds.columns | fails.columns, holds.lacks)


def _least_of(analyte: str) -> Number:
    return number(f"{analyte}:least")


def _most_of(analyte: str) -> Number:
    return number(f"{analyte}:most")


def _there(limit: Number | float) -> Number | float:
    """A limit of which nothing is said where it is missing."""
    return replace(limit, lack=None) if isinstance(limit, Number) else limit


def low(analyte: str) -> Truth:
    """Whether the result is flagged low."""
    return _flag_is(analyte, LOW)


def normal(analyte: str) -> Truth:
    """Whether the result is flagged normal."""
    return _flag_is(analyte, NORMAL)


def high(analyte: str) -> Truth:
    """Whether the result is flagged high."""
    return _flag_is(analyte, HIGH)


def not_called_normal(analyte: str) -> Truth:
    """Whether no range calls the result normal: a limit that holds where there is none."""
    return unless(normal(analyte))


def measured(analyte: str) -> Truth:
    """Whether the report has a value of the analyte: never unknown itself."""
    return any_of(least(analyte).known, most(analyte).known)


def reported(analyte: str) -> Truth:
    """Whether the report holds the analyte, read or not."""
    flag, column = f"{analyte}:flag", f"{analyte}:reported"
    return Truth(pl.col(column), lambda facts: flag in facts, frozenset((column,)), certain=True)


def critical(analyte: str) -> Truth:
    """Whether the result is critical."""
    return truth(f"{analyte}:critical")


def age() -> Number:
    """Age in years."""
    own = frozenset(("age",))
    known = pl.when(pl.col("age").is_not_null()).then(pl.lit(value=False))
    lack = Lack(known, lambda facts: NOTHING if "age" in facts else own, frozenset())
    return number("age", lack)


def before(name: str) -> Number:
    """A fact of earlier results (earlier.yaml): nobody looked for what no earlier report tells."""
    return number(f"before:{name}")


def under(anticoagulant: str) -> Truth:
    """Whether the requester's note names an anticoagulant of this class as taken."""
    return Truth(
        (pl.col(ANTICOAGULANT) == anticoagulant).fill_null(value=False),
        lambda facts: facts.get(ANTICOAGULANT) == anticoagulant,
        frozenset((ANTICOAGULANT,)),
        certain=True,
    )


def younger(years: float) -> Truth:
    """Whether the patient is younger; one of unknown age is an adult, of what age is not known."""
    if years > ADULT_YEARS:
        return age() < years
    return number("age") < years


def adult() -> Truth:
    """18 years or more; a patient of unknown age counts as an adult."""
    return ~younger(ADULT_YEARS)


def female() -> Truth:
    """A woman or girl; not known where no sex is stated, nor a pregnancy."""
    return any_of(text_is("sex", "F"), all_of(~sex_stated(), truth("pregnant")))


def male() -> Truth:
    """A man or boy; not known where no sex is stated, nor a pregnancy."""
    return all_of(text_is("sex", "M"), any_of(sex_stated(), ~truth("pregnant")))


def sex_stated() -> Truth:
    """Whether the sex is known."""
    return Truth(
        pl.col("sex").is_not_null(),
        lambda facts: facts.get("sex") is not None,
        frozenset(("sex",)),
        certain=True,
    )


def pregnant() -> Truth:
    """Known to be pregnant; not of a sex or an age in which nobody is (``panel_input``)."""
    years = number("age")
    return all_of(
        truth("pregnant"),
        unless(male()),
        unless(years < CARRYING_YEARS[0]),
        unless(years >= CARRYING_YEARS[1]),
    )


def unless_by_trimester(condition: Truth) -> Truth:
    """The condition; not known where it holds in a pregnancy, as its limits go by the trimester."""
    expecting, holds = pregnant().compute, condition.compute

    def compute(facts: Facts) -> bool | None:
        found = holds(facts)
        return None if found and expecting(facts) is True else found

    def lacks(facts: Facts) -> Names:
        return WEEK if holds(facts) else condition.lacks(facts)

    both = condition.expr & pregnant().expr.fill_null(value=False)
    return Truth(
        pl.when(both).then(None).otherwise(condition.expr),
        compute,
        condition.columns | pregnant().columns,
        lacks,
    )


def sample_hemolyzed() -> Truth:
    """Whether the laboratory remarked that the sample is hemolyzed."""
    return truth(HEMOLYZED)


def platelets_clumped() -> Truth:
    """Whether the laboratory remarked that platelets are in clumps."""
    return truth(PLATELET_CLUMPS)


def times_upper(analyte: str, factor: float) -> Truth:
    """Whether the value is at least ``factor`` times the upper limit of its range.

    Not known where it is so by the limits of one whom the patient may be and not of another.
    """
    certainly = at_least(analyte, upper(analyte) * factor)
    own = frozenset((f"{analyte}:differs",))
    differs = limit_differs(analyte)
    unknown = Truth(  # not known where the limits differ, else false
        pl.when(~differs.expr).then(pl.lit(value=False)),
        lambda facts: None if differs.compute(facts) else False,
        differs.columns,
        lambda facts: own,
    )
    return any_of(certainly, all_of(high(analyte), unknown))


def limit_differs(analyte: str) -> Truth:
    """Whether those whom the patient may be, as sex or age is not stated, have other limits."""
    return truth(f"{analyte}:differs")


def _flag_is(analyte: str, code: int) -> Truth:
    name = f"{analyte}:flag"
    own = frozenset((name,))

    def compute(facts: Facts) -> bool | None:
        found = facts.get(name)
        return None if found == UNJUDGED else found == code

    return Truth(pl.col(name) == code, compute, own, lambda facts: own)
