"""The comments of a printed report: where they begin and end, and the results they go to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from hemoscribe.sources.printed.parts import Taken
from hemoscribe.sources.printed.withdrawn import Here, Withdrawn


@dataclass
class Comment:
    """A comment as it is collected; ``when`` and ``request`` say which column it is of.

    ``loose``: no label opens it, so that any result ends it. ``indent``: where its label stands.
    ``places``: of its lines. ``here``: what stands above it.
    """

    lines: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    when: str | None = None
    request: str | None = None
    after_blank: bool = False
    loose: bool = False
    indent: int = 0
    here: Here = field(default_factory=Here)

    def add(self, text: str, place: str) -> None:
        """A line of it."""
        self.lines.append(text)
        self.places.append(place)


def attach(comment: Comment, results: Sequence[Taken], withdrawn: Withdrawn) -> None:
    """Give a comment to the results of its sample; where it names none, to those of today.

    What it withdraws is said of those alone that it withdraws.
    """
    said = " ".join(comment.lines)
    if not said:
        return
    here = comment.here
    if comment.when is None:
        ours = [taken for taken in results if taken.collected is None]
    else:
        ours = [taken for taken in results if _is_of(taken, comment)]
        here = Here(tuple(ours), tuple(ours), tuple(ours))
    said = withdrawn.without(said, comment.places[0], here)
    for taken in (ours or results) if said else ():
        taken.comment = f"{taken.comment} {said}" if taken.comment else said


def _is_of(taken: Taken, comment: Comment) -> bool:
    return taken.collected == comment.when or (
        comment.when is not None
        and " " not in comment.when
        and taken.request is not None
        and comment.request is not None
        and taken.request in comment.request
    )
