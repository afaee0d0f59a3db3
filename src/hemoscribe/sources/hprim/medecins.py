"""HPRIM Médecins: each RES line of a letter is a result, its TEX lines are the same in print.

A second figure beside the first (RES-10) is the same result in another unit, and must agree, or is
another analyte's (a count beside its percentage), and is a result of its own. A TEX line of another
fluid ("EXAMEN DES URINES") holds for what follows. A letter without lines of results is read as the
printed report that it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from hemoscribe.sources.authorities import identity
from hemoscribe.sources.batches import Batch, Notices
from hemoscribe.sources.enclosed import Enclosed, Opener
from hemoscribe.sources.hl7.gathered import Gathered
from hemoscribe.sources.hl7.order import Order, Whose
from hemoscribe.sources.hprim.letter_lines import SEPARATORS, LetterLines, observed_lines
from hemoscribe.sources.hprim.letters import (
    FILE_ENDS,
    LETTER_ENDS,
    RESULTS_BEGIN,
    Letter,
    letters,
)
from hemoscribe.sources.mapping import Mapping as MappingFile
from hemoscribe.sources.specimens import SpecimenJudge
from hemoscribe.sources.stated import RESULTS_PER_BATCH

_WORDS = ("letter", "result")
_DATED = "the request (line 10 of the letter)"


def begins(text: str) -> bool:
    """Whether a text holds a mark of HPRIM Médecins in a line of its own."""
    return any(
        line.strip() in (RESULTS_BEGIN, LETTER_ENDS, FILE_ENDS)
        for line in text.split("\n")
        if "****" in line
    )


def read(
    source: str,
    lines: Iterable[Sequence[str]],
    mapping: MappingFile,
    notices: Notices,
    opener: Opener,
) -> Iterator[Batch]:
    """The results of every letter, some ten thousand at a time."""
    judge = SpecimenJudge(source, mapping, notices)
    gathered = Gathered(source, notices, judge, observe=observed_lines, words=_WORDS)
    for letter in letters(lines):
        if letter.has_results:
            _take(source, letter, gathered)
        else:
            yield from _printed(source, letter, gathered, opener)
        if gathered.count >= RESULTS_PER_BATCH:
            yield gathered.batch()
    yield gathered.batch()
    gathered.say_times()


def _take(source: str, letter: Letter, gathered: Gathered) -> None:
    sender = (letter.head("sender") or "").split(" ")[0]
    whose = Whose(
        message=letter.number,
        separators=SEPARATORS,
        laboratory=letter.head("sender"),
        report=letter.head("request"),
        sent=(letter.head("dated"), _DATED),
        patient_id=identity(letter.patient, sender),
        born=letter.head("born"),
    )
    collected = letter.collected
    known = {"patient_id": whose.patient_id, "report": whose.report_number}
    known |= {"collected": collected or letter.head("dated")}
    found = LetterLines(source, letter.number, gathered, known)
    for section in found.sections(letter.results):
        named = [] if section.heading is None else [[section.heading]]
        gathered.begin(Order(whose, collected=collected, named=named))
        found.take(section)
    found.end()


def _printed(source: str, letter: Letter, gathered: Gathered, opener: Opener) -> Iterator[Batch]:
    """A letter that is print alone, read by the reader of printed reports."""
    enclosed = Enclosed(source, f"letter {letter.number}", "text", None, identity(letter.patient))
    text = letter.text.strip()
    if not text:
        gathered.rejects.append(enclosed.refusal("A letter without a text and without results."))
        return
    yield from opener.batches(
        enclosed, f"{text}\n".encode(), gathered.rejects, without=("hl7", "hprim")
    )
