"""Whether a clause says that the result beside it is withdrawn, word by word.

A word that withdraws counts where the clause begins with it, or where what it is said of is the
result: a word for results, or the name of its analyte (``withdrawal_words.yaml``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from hemoscribe.files import package_yaml
from hemoscribe.sources.beside import NAME_WORDS, Beside, is_number


@cache
def words() -> dict[str, Any]:
    """The lists, each as a set; ``phrases`` as compiled patterns with what stands for them."""
    lists = dict(package_yaml(__package__, "withdrawal_words.yaml"))
    phrases = [(re.compile(rf"\b(?:{text})\b"), one) for text, one in lists.pop("phrases").items()]
    sets = {name: frozenset(entries) for name, entries in lists.items()}
    return {**sets, "phrases": phrases}


def clause_words(said: str) -> list[str]:
    """The words of a clause, each phrase as one."""
    for pattern, one in words()["phrases"]:
        said = pattern.sub(one, said)
    return said.split()


def clause_withdraws(said: str, beside: Beside) -> bool:
    """Whether a clause, in letters without case and accents, withdraws the result beside it."""
    found, lists = clause_words(said), words()
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
    if not rest or rest[0] in lists["after_an_act"]:
        return True
    return _names_it(rest, beside)


def _state(found: Sequence[str], at: int, beside: Beside, strong: bool) -> bool:
    """ "Résultat annulé", "annulé", "cancelled test": a word for what became of something."""
    lists = words()
    before, rest = found[:at], found[at + 1 :]
    if rest and rest[0] in lists["but"]:
        if _is_among(rest[1:], beside):
            return False
        rest = []
    if rest and (rest[0] in lists["conditional"] or _replaces(rest)):
        return False
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
    if word.startswith("annule") and rest[0] in lists["articles"]:  # a verb without its accent
        return len(rest) > 1 and is_number(rest[1])
    if is_number(rest[0]) or rest[0] in lists["after"]:
        return beside.is_of_this_day(rest)
    return _names_it(rest, beside)


def _is_among(rest: Sequence[str], beside: Beside) -> bool:
    """Whether this result is one of those that are named as excepted."""
    named = (_first_analyte(rest[at:], beside) is True for at in range(len(rest)))
    return beside.is_known and any(named)


def _replaces(rest: Sequence[str]) -> bool:
    """ "Annule et remplace ...": it is another one that is withdrawn; not "et remplacé par"."""
    lists = words()
    return (
        len(rest) > 1
        and rest[0] in lists["and"]
        and rest[1] in lists["replaces"]
        and (len(rest) == 2 or rest[2] not in lists["by"])
    )


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
