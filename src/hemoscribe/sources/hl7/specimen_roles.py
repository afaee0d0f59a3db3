"""Specimens of which nothing is read: no patient's (SPM-11: a control), or rejected (SPM-21)."""

from __future__ import annotations

from dataclasses import dataclass

from hemoscribe.knowledge.spelling import name_words
from hemoscribe.records import RejectCode
from hemoscribe.sources.hl7.observation_codes import codes
from hemoscribe.sources.specimens import OtherSpecimen

_CODE_LENGTH = 1


@dataclass(frozen=True, slots=True)
class NoPatients(OtherSpecimen):
    """A specimen that was taken from no patient, or not from one alone."""

    @property
    def sentence(self) -> str:
        """Why its results are not read."""
        return f"A result of {self.name} (SPM-11), which is no patient's specimen."


def role_not_patients(parts: list[str]) -> str | None:
    """What a specimen is by the components of its role; None for a patient's and for none stated.

    A role of a laboratory's own that says nothing known is taken for no statement.
    """
    for part in parts:
        if len(part) == _CODE_LENGTH and (role := codes()["roles"].get(part.upper())):
            return str(role)
        if set(name_words(part)) & set(codes()["role_words"]):
            return f"the specimen {part!r}"
    return None


def specimen_of_role(role: str) -> NoPatients:
    """The specimen of a role that is no patient's, as what its results are refused for."""
    return NoPatients(role, RejectCode.UNKNOWN_SPECIMEN)


@dataclass(frozen=True, slots=True)
class RejectedSpecimen(OtherSpecimen):
    """A specimen that the laboratory did not accept; ``name`` says why."""

    @property
    def sentence(self) -> str:
        """Why its results are not read."""
        return f"Its specimen was rejected: {self.name!r} (SPM-21)."


def rejected_specimen(why: str) -> RejectedSpecimen:
    """The specimen with a reason for its rejection, as what its results are refused for."""
    return RejectedSpecimen(why, RejectCode.UNUSABLE_SAMPLE)


def reason_of_rejection(parts: list[str]) -> str | None:
    """The words, else the code, of SPM-21; None where it says that there is no reason."""
    said = [part for part in parts if part]
    known = codes()["no_reason"]
    if not said or any(" ".join(name_words(part)) in known for part in said):
        return None
    return max(said, key=len)
