"""Whether a text beside a result withdraws it in words: "Résultat annulé", "Entered in error".

A text is taken apart into clauses and a clause into words (``withdrawn_words.yaml``). A word that
withdraws counts where the clause begins with it, or where what it is said of is the result: a word
for results, or the name of the result's analyte. What is denied, conditional or said of an earlier
result, another analyte or another thing withdraws nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from typing import Any

from hemoscribe.files import package_yaml
from hemoscribe.sources.beside import NAME_WORDS, NOTHING, Beside, is_number, plain, words_in

_SENTENCE = re.compile(r"[;!?\n\r|]+|\.(?!\d)")
_CLAUSE = re.compile(r"[:()\[\]*,\"]+|(?:^|\s)[-_=>]+(?:\s|$)|[–—«»]")


@cache
def words() -> dict[str, Any]:
    """The lists, each as a set; ``phrases`` as compiled patterns with what stands for them."""
    lists = dict(package_yaml(__package__, "withdrawn_words.yaml"))
    phrases = [(re.compile(rf"\b(?:{text})\b"), one) for text, one in lists.pop("phrases").items()]
    sets = {name: frozenset(entries) for name, entries in lists.items()}
    return {**sets, "phrases": phrases}


def withdrawn_by(texts: Iterable[str | None], beside: Beside = NOTHING) -> str | None:
    """The first of several texts that withdraws the result they stand beside; None: none does."""
    return next((text for text in texts if text and withdraws(text, beside)), None)


def withdrawal_gate() -> list[str]:
    """Stems, one of which every text that withdraws a result holds, whatever its case."""
    return sorted(words()["gate"])


def withdraws(text: str, beside: Beside = NOTHING) -> bool:
    """Whether a text withdraws the result that it stands beside."""
    said = _in_question(text)
    return said is not None and _judged(said, beside)


def may_withdraw(text: str) -> bool:
    """Whether a text is looked at at all."""
    return _in_question(text) is not None


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
        elif not of_another and _clause(said, beside):
            return True
    return False


def _clause(said: str, beside: Beside) -> bool:
    for pattern, one in words()["phrases"]:
        said = pattern.sub(one, said)
    found = said.split()
    lists = words()
    if "reinstated" in found:
        return False
    for at, word in enumerate(found):
        if word in lists["acts"] and _act(found, at, beside):
            return True
        strong = word in lists["withdrawn"]
        if (strong or word in lists["withdrawn_results"]) and _state(found, at, beside, strong):
            return True
    return False


def _act(found: Sequence[str], at: int, beside: Beside) -> bool:
    """ "Annulation du résultat": an act on what follows, at the head of its clause."""
    lists = words()
    if any(word not in lists["between"] for word in found[:at]):
        return False
    rest = found[at + 1 :]
    if not rest or rest[0] in ("sur", "par", "demandee", "requested", "on", "by", "suite", "car"):
        return True
    return _names_it(rest, beside)


def _state(found: Sequence[str], at: int, beside: Beside, strong: bool) -> bool:
    """ "Résultat annulé", "annulé", "cancelled test": a word for what became of something."""
    lists = words()
    before, rest = found[:at], found[at + 1 :]
    if all(word in lists["between"] or is_number(word) for word in before):
        if not strong and rest and not _names_it(rest, beside):
            return False
        if not strong and not rest and found[at] not in lists["alone"]:
            return False
        return _ends_well(found[at], rest, beside)
    return _said_of(before, beside, strong) and beside.is_of_this_day(rest)


def _ends_well(word: str, rest: Sequence[str], beside: Beside) -> bool:
    """Whether a clause that begins with the word goes on as one that says it of this result.

    "Annule et remplace le compte rendu" says it of another, "cancelled appointment" of no result.
    """
    lists = words()
    if not rest:
        return True
    if rest[0] in ("et", "and") and len(rest) > 1 and rest[1] in ("remplace", "replaces"):
        return rest[2:3] in (["par"], ["by"])
    if word.startswith("annule") and rest[0] in ("le", "la", "les", "l", "ce", "cette"):
        return len(rest) > 1 and is_number(rest[1])
    if is_number(rest[0]) or rest[0] in lists["after"]:
        return beside.is_of_this_day(rest)
    return _names_it(rest, beside)


def _said_of(before: Sequence[str], beside: Beside, strong: bool) -> bool:
    """Whether the words before are of this result: the nearest noun and what governs it."""
    lists = words()
    left = list(before)
    names: list[bool] = []  # of each analyte that is named, whether it is this one
    noun = governed = False
    while left:
        word = left[-1]
        if word in lists["not_this"]:
            return False
        if noun and word in lists["governs"]:
            governed = True
        elif is_number(word):
            if not beside.is_its_number(word):
                return False
        elif word in lists["results"]:
            noun, governed = True, False
        elif word not in lists["between"]:
            length, its_own = _analyte(left, beside)
            if not length:
                break
            names.append(its_own)
            noun, governed = True, False
            del left[-length:]
            continue
        left.pop()
    if not noun or governed or (names and not any(names)):
        return False
    return strong or not names or any(word in lists["results"] for word in before)


def _names_it(rest: Sequence[str], beside: Beside) -> bool:
    """Whether the words that follow begin with this result, and with no other one."""
    lists = words()
    head = 0
    while head < len(rest) and rest[head] in lists["between"]:
        head += 1
    if head == len(rest) or any(word in lists["not_this"] for word in rest[: head + 4]):
        return False
    if rest[head] in lists["results"]:
        named = _first_analyte(rest[head + 1 :], beside)
        return named is not False and beside.is_of_this_day(rest[head + 1 :])
    return _first_analyte(rest, beside) is True


def _first_analyte(rest: Sequence[str], beside: Beside) -> bool | None:
    """Whether the first analyte that is named is this one; None where none is named."""
    lists = words()
    head = 0
    while head < len(rest) and (rest[head] in lists["between"] or rest[head] in lists["results"]):
        head += 1
    for length in range(min(NAME_WORDS, len(rest) - head), 0, -1):
        if (named := beside.is_named(" ".join(rest[head : head + length]))) is not None:
            return named
    return None


def _analyte(left: Sequence[str], beside: Beside) -> tuple[int, bool]:
    """(words of the analyte's name that the words end with, whether it is this one's)."""
    for length in range(min(NAME_WORDS, len(left)), 0, -1):
        if (named := beside.is_named(" ".join(left[-length:]))) is not None:
            return length, named
    return 0, False
