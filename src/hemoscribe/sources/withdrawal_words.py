"""Whether a text beside a result withdraws it in words: "Résultat annulé", "Entered in error".

A text is taken apart into clauses and a clause into words (``withdrawal_words.yaml``). A word that
withdraws counts where the clause begins with it, or where what it is said of is the result: a word
for results, or the name of the result's analyte. What is denied, conditional or said of an earlier
result, another analyte or another thing withdraws nothing.
"""

from __future__ import annotations

import re
from functools import lru_cache

from hemoscribe.knowledge.printed import status_words
from hemoscribe.sources.beside import NOTHING, Beside, plain, words_in
from hemoscribe.sources.withdrawal_clauses import clause_withdraws, clause_words, words

_SENTENCE = re.compile(r"[;!?\n\r|]+|\.(?!\d)")
_CLAUSE = re.compile(r"[:()\[\]*,\"]+|(?:^|\s)[-_=>]+(?:\s|$)|[–—«»]")


def withdrawal_gate() -> list[str]:
    """Stems, one of which every text that withdraws a result holds, whatever its case."""
    return sorted(words()["gate"])


def may_withdraw(text: str) -> bool:
    """Whether a text holds such a stem; quick, to be asked of every line of a print."""
    said = text.casefold()
    return any(stem in said for stem in words()["gate"])


def says_withdrawn(text: str, beside: Beside = NOTHING) -> bool:
    """Whether a text withdraws the result that it stands beside; NOTHING: any result at all."""
    said = _in_question(text)
    return said is not None and _judged(said, beside)


@lru_cache(maxsize=65536)
def is_withdrawal(text: str) -> bool:
    """Whether a text is nothing but that: ``*** RÉSULTAT ANNULÉ ***``."""
    lists = words()
    known = frozenset().union(
        *(lists[name] for name in ("withdrawn", "withdrawn_results", "acts", "between", "results"))
    )
    return says_withdrawn(text) and known.issuperset(clause_words(" ".join(words_in(plain(text)))))


@lru_cache(maxsize=16384)
def is_withdrawn_flag(flag: str) -> bool:
    """Whether a flag or an interpretation is a word for a withdrawn result; one letter is none."""
    text = flag.strip().casefold()
    return len(text) > 1 and (status_words().get(text) == "cancelled" or says_withdrawn(text))


@lru_cache(maxsize=65536)
def _in_question(text: str) -> str | None:
    """The text without case and accents, where it may say so at all."""
    said = plain(text)
    if not any(stem in said for stem in words()["gate"]):
        return None
    return said if words()["restored"].isdisjoint(words_in(said)) else None


@lru_cache(maxsize=16384)
def _judged(said: str, beside: Beside) -> bool:
    return any(_sentence(sentence, beside) for sentence in _SENTENCE.split(said))


def _sentence(sentence: str, beside: Beside) -> bool:
    """Whether a clause of a sentence withdraws the result.

    "Calcium : annulé" says it of calcium; what is said under a condition is not so yet.
    """
    of_another = False
    for clause in _CLAUSE.split(sentence):
        said = " ".join(words_in(clause))
        if not said:
            continue
        if any(said == one or said.startswith(f"{one} ") for one in words()["conditional"]):
            return False
        if (its_own := beside.is_named(said)) is not None:
            of_another = not its_own
        elif not of_another and clause_withdraws(said, beside):
            return True
    return False
