"""What an audit asks about: training reports, held-out reports like them, and whose they are."""

from __future__ import annotations

import hashlib
import heapq
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hemoscribe.corpus import Example, read_examples
from hemoscribe.curate import load_curated
from hemoscribe.errors import InputError
from hemoscribe.models.chat import ChatTokenizer
from hemoscribe.tune.rows import IGNORED, Row, to_rows

MEMBERS, HELD_OUT = "train.jsonl", "test.jsonl"
_DRAWN_PER_KEPT = 4  # so many are drawn for one that has its like on the other side
_LENGTH_TOKENS = 64


@dataclass(frozen=True, slots=True)
class Asked:
    """One report of either side: its example, its patient, and its row as training saw it."""

    example: Example
    patient: str
    row: Row
    member: bool


def patients_of(curated: Path) -> dict[str, str]:
    """Report -> patient, of every report of a curated folder."""
    rows = load_curated(curated, columns=["report_id", "patient_id"]).unique()
    return dict(rows.select("report_id", "patient_id").iter_rows())


def patient_of(example: Example, patients: Mapping[str, str], curated: Path) -> str:
    """Whose report it is; InputError when the folder does not hold it."""
    try:
        return patients[example.report_id]
    except KeyError:
        raise InputError(
            f"{curated}: has no report {example.report_id}, which the corpus holds; name the "
            "curated folder that this corpus was made from."
        ) from None


def sample(
    path: Path,
    most: int,
    *,
    wanted: Callable[[Example], bool] = lambda _: True,
    without: Collection[str] = (),
) -> list[Example]:
    """At most ``most`` examples of a corpus file, by a hash: the same however large the file is.

    Args:
        without: reports that are passed over.
    """
    chosen = heapq.nsmallest(
        most,
        (
            (_digest(example), number, example)
            for number, example in enumerate(read_examples(path))
            if wanted(example) and example.report_id not in without
        ),
        key=lambda entry: entry[:2],
    )
    return [example for _, _, example in chosen]


def pairs(
    corpus: Path,
    patients: Mapping[str, str],
    tokenizer: ChatTokenizer,
    *,
    curated: Path,
    reports: int,
    max_tokens: int,
    without: Collection[str] = (),
) -> list[Asked]:
    """Training reports and as many held-out ones alike: track, language, text or not, length.

    Lengths are alike within 64 tokens, so that a longer report cannot pass for a better known one.

    Raises:
        InputError: no held-out report is like a training one.
    """
    sides: list[dict[tuple[object, ...], list[Asked]]] = []
    for file, member in ((MEMBERS, True), (HELD_OUT, False)):
        groups: dict[tuple[object, ...], list[Asked]] = defaultdict(list)
        drawn = sample(corpus / file, reports * _DRAWN_PER_KEPT, without=without)
        for example, row in zip(drawn, rows_of(drawn, tokenizer), strict=True):
            usable = any(label != IGNORED for label in row.labels)
            if usable and len(row.input_ids) <= max_tokens:
                patient = patient_of(example, patients, curated)
                groups[_likeness(row)].append(Asked(example, patient, row, member))
        sides.append(groups)
    members, held_out = sides
    found: list[tuple[Asked, Asked]] = []
    for likeness in sorted(members.keys() & held_out.keys(), key=str):
        found += zip(members[likeness], held_out[likeness], strict=False)
    if not found:
        raise InputError(
            f"{corpus}: no report of {HELD_OUT} is like one of {MEMBERS} in track, language and "
            "length; curate more reports."
        )
    found.sort(key=lambda pair: _digest(pair[0].example))
    return [asked for pair in found[:reports] for asked in pair]


def rows_of(examples: Sequence[Example], tokenizer: ChatTokenizer) -> list[Row]:
    """Examples as the rows that training makes of them."""
    return to_rows(examples, tokenizer)


def _likeness(row: Row) -> tuple[object, ...]:
    written = len(row.labels) > row.prompt_tokens
    return row.track, row.language, written, len(row.input_ids) // _LENGTH_TOKENS


def _digest(example: Example) -> bytes:
    return hashlib.sha256(f"{example.report_id}\n{example.prompt}".encode()).digest()
