"""What a format is: a name, a title, how it is recognised and how it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hemoscribe.sources.batches import Batch, Notices
from hemoscribe.sources.exports import Export
from hemoscribe.sources.mapping import Mapping as MappingFile

Recognises = Callable[[Export, MappingFile], bool]
Reads = Callable[[Export, MappingFile, Notices], Iterator[Batch]]


@dataclass(frozen=True)
class Format:
    """A format: ``recognises`` looks at the first bytes, ``read`` gives the reported rows."""

    name: str
    title: str
    recognises: Recognises
    read: Reads
