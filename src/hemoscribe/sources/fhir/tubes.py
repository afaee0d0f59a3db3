"""What is stated of a specimen: what it is, its number, when it was taken, whether it is any good.

A specimen is stated by a Specimen resource (in the document, contained, or in a file of the same
folder), or by the words of a reference to one that is not there. A Specimen without a type is of
the type of the one that it was taken from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from hemoscribe.knowledge.spelling import name_words
from hemoscribe.sources.fhir.documents import Resource, first, many, text_of, words_of
from hemoscribe.sources.fhir.modifiers import modifier_of
from hemoscribe.sources.fhir.observations import codes
from hemoscribe.sources.fluid_statements import fluid_in_text
from hemoscribe.sources.fluid_statements import fluid_of_site as site_of_fluid

MAX_PARENTS = 5
_CONTROL = "control specimen"
Find = Callable[[str | None], Resource | None]
"""The resource that a reference names, where it is known."""


class Tube(NamedTuple):
    """A specimen as stated; ``texts``: codes and words for what it is, none where nothing says.

    ``trouble`` says why no result of it may be read. ``found``: whether the resource was found.
    """

    texts: tuple[str, ...] = ()
    words: str | None = None
    number: str | None = None
    collected: str | None = None
    trouble: str | None = None
    modifier: str | None = None
    found: bool = True


MISSING = Tube(found=False)


def tube_of(specimen: Resource, find: Find) -> Tube:
    """What a Specimen resource says."""
    texts, words = _kind(specimen)
    parent, seen = specimen, 0
    while not texts and seen < MAX_PARENTS and (above := find(_parent(parent))) is not None:
        parent, seen = above, seen + 1
        texts, words = _kind(parent)
    status = text_of(specimen, "status") or ""
    collection = first(specimen, "collection")
    against = _control(specimen, texts) or fluid_of_site(collection) or _noted(specimen)
    if against is not None:
        texts, words = (against,), against
    return Tube(
        texts,
        words,
        text_of(specimen, "accessionIdentifier", "value")
        or text_of(specimen, "identifier", "value"),
        text_of(collection, "collectedDateTime")
        or text_of(collection, "collectedPeriod", "start")
        or text_of(collection, "collectedPeriod", "end"),
        status if status.casefold() in codes()["unusable"] else None,
        modifier_of(specimen) or modifier_of(collection),
    )


def fluid_of_site(resource: Any) -> str | None:
    """The words of a body site that holds another fluid than blood, however it was taken."""
    if not isinstance(resource, dict) or "bodySite" not in resource:
        return None
    sites = many(resource, "bodySite")
    sites = [*sites, *(concept for site in sites for concept in many(site, "concept"))]
    said = (text for site in sites for text in words_of(site))
    return next((text for text in said if site_of_fluid(text) is not None), None)


def _noted(specimen: Resource) -> str | None:
    """The words of a note that say another fluid than blood."""
    said = (text_of(note, "text") for note in many(specimen, "note"))
    return next((text for text in said if fluid_in_text(text) is not None), None)


def _control(specimen: Resource, texts: Sequence[str]) -> str | None:
    """What a specimen is called that is no patient's: a control, a calibrator."""
    said = [*texts, *(text for one in many(specimen, "condition") for text in words_of(one))]
    said += [text for one in many(specimen, "note") if (text := text_of(one, "text"))]
    roles = [text for one in many(specimen, "role") for text in words_of(one)]
    known = any(" ".join(name_words(text)) in codes()["controls"] for text in (*said, *roles))
    return _CONTROL if known or any(one in codes()["control_roles"] for one in roles) else None


def named_tube(reference: Any) -> Tube:
    """What a reference says of a specimen that is not there."""
    words = text_of(reference, "display")
    number = text_of(reference, "identifier", "value")
    return Tube((words,) if words else (), words, number, found=False)


def as_one(tubes: Sequence[Tube]) -> Tube:
    """Several specimens as one: what all that state it have in common, and any trouble of them."""
    return Tube(
        words=_common(tube.words for tube in tubes),
        number=_common(tube.number for tube in tubes),
        collected=_common(tube.collected for tube in tubes),
        trouble=next((tube.trouble for tube in tubes if tube.trouble), None),
        modifier=next((tube.modifier for tube in tubes if tube.modifier), None),
        found=any(tube.found for tube in tubes),
    )


def _common(texts: Iterable[str | None]) -> str | None:
    found = set(texts) - {None}
    return found.pop() if len(found) == 1 else None


def _parent(specimen: Resource) -> str | None:
    return text_of(specimen, "parent", "reference")


def _kind(specimen: Resource) -> tuple[tuple[str, ...], str | None]:
    """(codes and words of the type, the words to show)."""
    kind = first(specimen, "type")
    text = text_of(kind, "text")
    found = [] if text is None else [text]
    shown = text
    code = None
    for coding in many(kind, "coding"):
        display, own = text_of(coding, "display"), text_of(coding, "code")
        shown, code = shown or display, code or own
        found += [one for one in (own, display) if one]
    return tuple(found), shown or code
