"""Documents in an OBX: a report inside the message is read by its own reader, one elsewhere not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hemoscribe.sources.batches import Batch
from hemoscribe.sources.enclosed import Enclosed, Opener, decoded
from hemoscribe.sources.hl7 import fields as parts
from hemoscribe.sources.hl7.observation_codes import codes
from hemoscribe.sources.hl7.observations import what
from hemoscribe.sources.hl7.order import Whose


def is_document(line: str, separator: str) -> bool:
    """Whether an OBX segment is of a type (OBX-2) that is a document."""
    head = line.split(separator, 3)
    return len(head) > 2 and head[2].strip().upper() in _kinds()


def _kinds() -> tuple[str, ...]:
    return (*codes()["documents"], *codes()["elsewhere"])


def open_document(
    source: str,
    whose: Whose,
    fields: parts.Fields,
    number: int,
    opener: Opener,
    rejects: list[Mapping[str, Any]],
) -> Iterator[Batch]:
    """The results of the document of an OBX, or a reject that names it."""
    separators = whose.separators
    name, *_ = what(parts.field(fields, 3)[:1_000], separators)
    stated = parts.field(fields, 5).split(separators[1], 4)
    stated += [""] * (5 - len(stated))
    enclosed = Enclosed(
        source,
        f"message {whose.message}, OBX {number}",
        " ".join(part for part in stated[:4] if part)[:100] or None,
        name,
        whose.patient_id,
    )
    if parts.field(fields, 2).strip().upper() in codes()["elsewhere"]:
        why = "A document that stands elsewhere and is only pointed to: it is not fetched."
        rejects.append(enclosed.refusal(why))
        return
    data = stated[4]
    if separators[3] in data:
        data = parts.unescape(data, separators)
    content = decoded(enclosed, data, stated[3] or "Base64", rejects)
    if content is not None:
        yield from opener.batches(enclosed, content, rejects, without=("hl7", "hprim"))
