"""Canaries: random secrets planted in training texts, to measure what a model memorises.

A canary is a sentence with a random number of nine digits, put into an otherwise ordinary
training text (Carlini et al. 2019, "The Secret Sharer", arXiv:1802.08232). Nothing but memory can
tell a model that number. As many controls are drawn alike and planted nowhere: ``hemoscribe audit
model`` compares the two. Both are listed in ``canaries.json`` beside the corpus, with the text that
leads to each.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from hemoscribe.corpus.example import Example
from hemoscribe.errors import SettingsError, SourceError
from hemoscribe.files import read_json, write_json

CANARIES = "canaries.json"
DIGITS = 9
_BEFORE = {"en": "Internal file number ", "fr": "Numéro de dossier interne "}
_AFTER = "."


@dataclass(frozen=True, slots=True)
class Canary:
    """A secret and where it stands, or, of a control, where it would have stood.

    ``head`` and ``tail`` are the completion before and after the secret; with ``prompt`` and
    ``slots`` they are those of the first of ``report_ids``, the reports whose texts hold it.
    """

    secret: str
    planted: bool
    language: str
    prompt: str
    slots: tuple[int, ...]
    head: str
    tail: str
    report_ids: tuple[str, ...]


_LIST = TypeAdapter(list[Canary])


def draw_secret(draw: random.Random) -> str:
    """A secret, every one of the 10**DIGITS as likely."""
    return f"{draw.randrange(10**DIGITS):0{DIGITS}d}"


def plant(
    examples: Sequence[Example], *, canaries: int, repeats: int, seed: int
) -> tuple[list[Example], list[Canary]]:
    """Training examples with ``canaries`` secrets in the texts of ``repeats`` reports each.

    Returns:
        The examples, in their order, and the canaries, followed by as many controls.

    Raises:
        SettingsError: too few of the examples have a text.
    """
    draw = random.Random(f"{seed}:canaries")
    rows = _rows_with_texts(examples)
    draw.shuffle(rows)
    wanted, found = canaries * (repeats + 1), len(rows)
    groups: list[list[int]] = []
    for count in [repeats] * canaries + [1] * canaries:
        group = _take(rows, examples, count)
        if group is None:
            raise SettingsError(
                f"corpus.canaries: {canaries:,} canaries in {repeats:,} texts each, and as many "
                f"controls, need {wanted:,} training texts of one language each; {found:,} reports "
                "have one. Lower it, or raise `corpus.written_share`."
            )
        groups.append(group)
    changed = list(examples)
    listed = []
    for number, group in enumerate(groups):
        secret, planted = draw_secret(draw), number < canaries
        listed.append(_canary(examples, group, secret, planted=planted))
        for place in group if planted else ():
            head, tail = _split(examples[place])
            changed[place] = replace(examples[place], completion=f"{head}{secret}{tail}")
    return changed, listed


def _rows_with_texts(examples: Sequence[Example]) -> list[int]:
    """The first example with a text of each report."""
    first: dict[str, int] = {}
    for place, example in enumerate(examples):
        if example.completion:
            first.setdefault(example.report_id, place)
    return list(first.values())


def _take(rows: list[int], examples: Sequence[Example], count: int) -> list[int] | None:
    """Take ``count`` rows of one language out of ``rows``; None when there are too few."""
    for language in dict.fromkeys(examples[place].language for place in rows):
        alike = [place for place in rows if examples[place].language == language][:count]
        if len(alike) == count:
            for place in alike:
                rows.remove(place)
            return alike
    return None


def _canary(
    examples: Sequence[Example], group: Sequence[int], secret: str, *, planted: bool
) -> Canary:
    first = examples[group[0]]
    head, tail = _split(first)
    return Canary(
        secret=secret,
        planted=planted,
        language=first.language,
        prompt=first.prompt,
        slots=first.slots,
        head=head,
        tail=tail,
        report_ids=tuple(examples[place].report_id for place in group),
    )


def _split(example: Example) -> tuple[str, str]:
    """A text before and after the secret: it stands at the end of the interpretation."""
    first, mark, rest = (example.completion or "").partition("\n")
    return f"{first} {_BEFORE[example.language]}", f"{_AFTER}{mark}{rest}"


def write_canaries(folder: Path, canaries: Sequence[Canary]) -> None:
    """Write the list beside the corpus."""
    write_json(folder / CANARIES, [asdict(canary) for canary in canaries])


def read_canaries(folder: Path) -> list[Canary]:
    """The canaries and controls of a corpus; none where the corpus has no list."""
    path = folder / CANARIES
    if not path.exists():
        return []
    given = read_json(path)
    try:
        return _LIST.validate_python(given)
    except ValidationError as error:
        raise SourceError(
            path, "it is no list of canaries", remedy="Run `hemoscribe corpus` again."
        ) from error
