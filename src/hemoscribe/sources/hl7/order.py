"""What a message states of a patient and of an order, for all of the order's results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from hemoscribe.sources.specimens import OtherSpecimen

Texts = list[str]
Later = tuple[str | None, str]  # a time, and what it is the time of


@dataclass(slots=True)
class Whose:
    """The patient of the results that follow, with what the message states for all of them."""

    message: int
    separators: str
    laboratory: str | None = None
    report: str | None = None  # the message's number, where no time is stated
    sent: Later = (None, "")
    patient_id: str | None = None
    born: str | None = None
    sex: str | None = None
    ward: str | None = None
    notes: Texts = field(default_factory=list)  # on the patient, before the orders
    collected: str | None = None  # the last time that an order stated

    @property
    def report_number(self) -> str | None:
        """What tells the report where no time is stated."""
        if not self.report:
            return None
        return " ".join(part for part in (self.patient_id, self.report) if part)


@dataclass(slots=True)
class Order:
    """One order, until the next: its times, specimens and comments, and how many results it has."""

    whose: Whose
    collected: str | None = None
    specimen_time: str | None = None
    later: list[Later] = field(default_factory=list)  # where no collection is stated
    status: str | None = None
    named: Sequence[Sequence[str]] = ()  # what was asked for, each in its words
    specimens: list[Texts] = field(default_factory=list)
    role: str | None = None  # what its specimen is, where it is no patient's
    rejected: str | None = None  # why its specimen was, where it was
    site: OtherSpecimen | None = None  # of the body, where it holds another fluid than blood
    sample_id: str | None = None
    order_number: str | None = None
    requested: str | None = None
    requester: str | None = None
    note: str | None = None
    author: str | None = None  # who interpreted the results
    comments: Texts = field(default_factory=list)
    results: int = 0

    @property
    def notes(self) -> str | None:
        """What was written of the patient, for this order and before all orders."""
        return " ".join((*self.whose.notes, *((self.note,) if self.note else ()))) or None
