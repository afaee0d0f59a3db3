"""The anticoagulant that a requester's note names, and the target of the INR that it states.

A name counts where the note says neither that the drug is not taken ("no warfarin") nor that it is
not taken now, or by somebody else ("arrêt de la warfarine", "mother on warfarin"): these leave open
what is taken; so does one drug that is not. None is taken where the note says that of
anticoagulants at all. ``data/anticoagulants.yaml`` holds the words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Final

from hemoscribe.files import own_yaml

ANTICOAGULANT: Final = "anticoagulant"
TARGET_LOW: Final = "inr_target_low"
TARGET_HIGH: Final = "inr_target_high"
NONE_TAKEN: Final = "none"
_TARGETS_ARE: Final = (1.5, 5.0)
_CLAUSES = re.compile(
    r"[.;\n!]|\b(?:but|mais|now|puis|then)\b|,(?=\s*(?:sous|on|under|trait|anticoagul))", re.I
)
_RANGE = r"(\d(?:[.,]\d{1,2})?)\s*(?:-|–|à|to|et|and|a)\s*(\d(?:[.,]\d{1,2})?)(?![\d.,]*\d)"


@dataclass(frozen=True)
class _Words:
    name: re.Pattern[str]
    denied_before: re.Pattern[str]
    apart_before: re.Pattern[str]
    denied_after: re.Pattern[str]
    apart_after: re.Pattern[str]
    other: re.Pattern[str]
    swap: re.Pattern[str]
    target: re.Pattern[str]
    higher_target: re.Pattern[str]
    usual: tuple[float, float]


@cache
def _words() -> _Words:
    path = resources.files("hemoscribe.knowledge") / "data" / "anticoagulants.yaml"
    read: Mapping[str, Any] = own_yaml(path.read_text(encoding="utf-8"))
    classes = {name: _either(words) for name, words in read["classes"].items()}
    names = "|".join(classes.values())
    between = rf"(?:(?:{_either(read['between'])}|{names})(?!\w)[\s,/'’:(-]*)*$"
    joined = r"(?:\s*[,(:]\s*|\s+)(?:(?:was|were|is|has|have|been|had|a|est|été|ont|sera)\s+){0,3}"
    return _Words(
        name=_pattern("|".join(f"(?P<{one}>{words})" for one, words in classes.items())),
        denied_before=_compiled(rf"(?<!\w)(?:{_either(read['denied'])})(?!\w)[\s'’-]*{between}"),
        apart_before=_compiled(rf"(?<!\w)(?:{_either(read['apart'])})(?!\w)[\s'’:-]*{between}"),
        denied_after=_compiled(rf"\s*[:=?]\s*(?:{_either(read['after_denied'])})(?!\w)"),
        apart_after=_compiled(rf"(?:-|{joined})(?:{_either(read['after_apart'])})(?!\w)|\s*\?"),
        other=_pattern(_either(read["other"])),
        swap=_compiled(
            rf"(?<!\w)({_either(read['swaps']['from'])})(?!\w)([^.;\n]{{0,40}}?)"
            rf"\b(?:{_either(read['swaps']['to'])})(?!\w)"
        ),
        target=_compiled(rf"(?:{_either(read['target'])})\b[^.;\d\n]{{0,25}}{_RANGE}"),
        higher_target=_pattern(_either(read["higher_target"])),
        usual=tuple(read["usual_target"]),
    )


def _either(words: Sequence[str]) -> str:
    return "|".join(map(str, words))


def _pattern(words: str) -> re.Pattern[str]:
    return _compiled(rf"(?<![\w-])(?:{words})(?!\w)")


def _compiled(words: str) -> re.Pattern[str]:
    return re.compile(words, re.IGNORECASE)


@lru_cache(maxsize=8192)
def stated_anticoagulant(note: str) -> str | None:
    """``vka``, ``doac``, ``heparin``, ``unnamed`` (one, of no class), ``none``; None: not known."""
    words = _words()
    taken, denied, apart = set[str](), set[str](), False
    said = words.swap.sub(_left_for_another, words.other.sub(" ", note))
    for clause in _clauses(said):
        for match in words.name.finditer(clause):
            name = str(match.lastgroup)
            before, after = clause[: match.start()], clause[match.end() :]
            if words.apart_before.search(before) or words.apart_after.match(after):
                apart = True
            elif words.denied_before.search(before) or words.denied_after.match(after):
                denied.add(name)
            else:
                taken.add(name)
    for name in words.name.groupindex:
        if name in taken:
            return name
    of_all = "unnamed" in denied or ("vka" in denied and len(denied) > 1)
    return NONE_TAKEN if of_all and not apart else None


def _left_for_another(swap: re.Match[str]) -> str:
    """The first drug of "from warfarin to apixaban" as one that is not taken now."""
    return f"switched from {re.sub('(?i)^ *from ', '', swap[2])};"


def _clauses(note: str) -> Iterator[str]:
    return (part for part in _CLAUSES.split(note) if part)


@lru_cache(maxsize=8192)
def stated_target(note: str) -> tuple[float, float] | None:
    """The target of the INR: the note's, else the usual one; None where a higher one is likely."""
    words = _words()
    match = words.target.search(note)
    if match is not None:
        low, high = (float(one.replace(",", ".")) for one in match.groups())
        if _TARGETS_ARE[0] <= low < high <= _TARGETS_ARE[1]:
            return low, high
    return None if words.higher_target.search(note) else words.usual


def anticoagulant_facts(note: str) -> Mapping[str, str | float | None]:
    """The facts that a note holds of anticoagulants; a target only under a vitamin K antagonist."""
    if not note:
        return {}
    named = stated_anticoagulant(note)
    found: dict[str, str | float | None] = {ANTICOAGULANT: named}
    target = stated_target(note) if named == "vka" else None
    if target is not None:
        found |= {TARGET_LOW: target[0], TARGET_HIGH: target[1]}
    return found
