"""A JSON array of FHIR resources: one document of all of them, or one for each Bundle.

Resources of an array refer to each other as those of a Bundle do. Where all are Bundles, each is a
document of its own: their ids are their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_BUNDLES = ("Bundle", "Parameters")


def documents_of(elements: list[Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    """(number from 1, document) of each; what is no object in the array is left out."""
    resources = [one for one in elements if isinstance(one, dict)]
    if resources and all(one.get("resourceType") in _BUNDLES for one in resources):
        yield from enumerate(resources, start=1)
        return
    entries = [{"resource": one} for one in elements]
    yield 1, {"resourceType": "Bundle", "entry": entries}


def strays(elements: list[Any]) -> Iterator[int]:
    """The places, from 1, of what is no object in an array."""
    return (at for at, one in enumerate(elements, start=1) if not isinstance(one, dict))
