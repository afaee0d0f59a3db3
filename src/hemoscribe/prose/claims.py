"""What a text says of its report: the findings it states, the abnormal results it tells."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hemoscribe.knowledge import analytes
from hemoscribe.prose.extraction import Claim, claims
from hemoscribe.prose.facts import Facts
from hemoscribe.prose.wording import families
from hemoscribe.records import Language, Reading

_LABELS = re.compile(
    r"(?m)^\s*(?:Interpretation:|Follow-up:|Interprétation :|Conduite à tenir :)\s*"
)


def body_of(text: str) -> str:
    """A completion without the labels of its parts."""
    return _LABELS.sub("\n", text)


def asserted_findings(text: str, language: Language) -> frozenset[str]:
    """The findings a text states: neither denied nor asked, nor contained in another it states."""
    said = {
        claim.finding
        for claim in claims(body_of(text), language)
        if claim.finding is not None and not claim.denied and not claim.hedged
    }
    contained = {other for finding in said if finding in families() for other in _implied(finding)}
    return frozenset(finding for finding in said if finding not in contained)


def reflected(text: str, reading: Reading, language: Language) -> tuple[str, ...]:
    """The abnormal analytes a text tells: by name and side, by their group, or by a finding."""
    said = claims(body_of(text), language)
    return told_by(said, Facts(reading))


def _implied(finding: str) -> frozenset[str]:
    family = families().get(finding)
    return frozenset() if family is None else family.implies


def told_by(said: Sequence[Claim], facts: Facts) -> tuple[str, ...]:
    """The abnormal analytes that claims tell: by name and side, by group, or by a finding."""
    stated = {
        claim.finding
        for claim in said
        if claim.finding is not None
        and not claim.denied
        and (not claim.hedged or claim.finding in facts.stated)
    }
    named = {
        (analyte, claim.direction)
        for claim in said
        if claim.kind == "direction" and not claim.denied and not claim.hedged
        for analyte in claim.analytes
    }
    groups = {
        claim.group
        for claim in said
        if claim.kind == "direction" and claim.direction == "abnormal" and not claim.denied
    }
    return tuple(
        result.analyte
        for result in facts.reading.abnormal
        if (result.analyte, result.direction) in named
        or analytes()[result.analyte].group in groups
        or facts.told_by(stated, result)
    )
