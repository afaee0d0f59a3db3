"""What can be wrong with one entry of an overlay."""

from __future__ import annotations


class EntryError(Exception):
    """What is wrong with an entry, as the end of a sentence, and with which of its keys."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(reason)
        self.key = key
        self.reason = reason
