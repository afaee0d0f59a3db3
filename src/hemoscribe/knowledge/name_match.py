"""From a printed name to the analytes it may stand for, leaving out as little of it as will do.

Words may be left out that say nothing new of any analyte (specimen, method, "total") or of this one
(its ``qualifiers``). One word that is left over and unknown, be it one letter, makes the name
unknown: "Protein S" is not protein, "Hemoglobin F" not haemoglobin.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import combinations

from hemoscribe.knowledge.analytes import analytes
from hemoscribe.knowledge.name_index import (
    Candidate,
    Tokens,
    bag,
    joined_index,
    name_index,
    name_word_lists,
    unit_families,
)
from hemoscribe.knowledge.spelling import name_tokens
from hemoscribe.knowledge.units import ucum_candidates

_ASIDE = re.compile(r"\([^()]*\)|\[[^\[\]]*\].*$|;.*$")
_PERCENT = ("%", "/100{WBC}")
_MOST_LEFT_OUT_ONE_BY_ONE = 8  # beyond, all that may go goes at once

Found = tuple[Candidate, ...]


def match(name: str) -> Found:
    """The candidates of a printed name; () where it is none, or another thing's."""
    known = name_word_lists()
    tokens = name_tokens(name)
    if name.strip().casefold() in known.no_names:
        return ()
    if any(word in tokens and thing.issubset(tokens) for word, thing in known.other_things):
        return ()
    found = _found(tokens)
    if not found and (asides := _ASIDE.findall(name)):
        found = _found(name_tokens(_ASIDE.sub(" ", name)))
        if not all(_says_nothing_new(aside, found) for aside in asides):
            return ()
    return _hinted(found, tokens)


def _found(tokens: Tokens) -> Found:
    tokens = _without_reflex(_without_method(tokens))
    found = _least_left_out(tokens)
    return found if found or "/" not in tokens else _of_parts(tokens)


def _without_method(tokens: Tokens) -> Tokens:
    """Without "LC/MS/MS" behind a name, whose letters are of no analyte."""
    for method in name_word_lists().methods:
        if len(tokens) > len(method) and tokens[-len(method) :] == method:
            return tokens[: -len(method)]
    return tokens


def _without_reflex(tokens: Tokens) -> Tokens:
    """Without "with reflex to FT4": what may be measured next is not what was."""
    known = name_word_lists()
    place = next((i for i, word in enumerate(tokens) if word in known.reflex), None)
    if place is None:
        return tokens
    head, tail = tokens[:place], tokens[place + 1 :]
    said_with = bool(head) and head[-1] == "with"
    head = head[:-1] if said_with else head
    if head and (not tail or said_with or tail[0] in known.reflex_to):
        return head
    return head + tail


def _least_left_out(tokens: Tokens) -> Found:
    places = [i for i, word in enumerate(tokens) if word in _may_go()]
    sizes: Sequence[int] = range(len(places) + 1)
    if len(places) > _MOST_LEFT_OUT_ONE_BY_ONE:
        sizes = (0, len(places))
    for size in sizes:
        options = [
            found
            for gone in combinations(places, size)
            if (found := _beside(tokens, frozenset(gone)))
        ]
        if options:
            return _agreed(options)
    return ()


@cache
def _may_go() -> frozenset[str]:
    """Every word that may be left out beside some name."""
    known = name_word_lists()
    own = (word for analyte in analytes().values() for word in analyte.qualifiers)
    return known.neutral | known.percent | known.absolute | frozenset(own)


def _beside(tokens: Tokens, gone: frozenset[int]) -> Found:
    """The candidates of the words that stay, of which each lets go what goes."""
    found = _lookup(tuple(word for i, word in enumerate(tokens) if i not in gone))
    if not found:
        return ()
    known = name_word_lists()
    particular = {tokens[i] for i in gone} - known.neutral - known.percent - known.absolute
    return tuple(c for c in found if particular.issubset(c.analyte.qualifiers))


def _lookup(tokens: Tokens) -> Found:
    """The candidates of exactly these words, in any order or with other gaps between them."""
    keys = {bag(tokens): None}
    forms = joined_index().get("".join(tokens), ())
    if not forms:
        return name_index().get(bag(tokens), ())
    for form in forms:
        if form != tokens and _letters_stay(tokens, form):
            keys[bag(form)] = None
    return _all_of(name_index().get(key, ()) for key in keys)


def _all_of(options: Iterable[Found]) -> Found:
    """The candidates of all of them, each once."""
    found: list[Candidate] = []
    for option in options:
        found += [candidate for candidate in option if candidate not in found]
    return tuple(found)


def _letters_stay(tokens: Tokens, form: Tokens) -> bool:
    """Whether no letter that stands alone was made part of a longer word: "protein s" ("proteins").

    A letter may join a number ("T 4") or other letters that stand alone ("T S H").
    """
    letters = "".join(tokens)
    alone = {start for start, end in _spans(tokens) if end - start == 1}
    for start, end in _spans(form):
        starts = [place for place, _ in _spans(tokens) if start <= place < end]
        swallowed = end - start > 1 and any(letters[i].isalpha() for i in alone & set(starts))
        joins_number = start in alone and letters[start + 1 : start + 2].isdigit()
        all_alone = start in alone and alone.issuperset(starts)
        if swallowed and not joins_number and not all_alone:
            return False
    return True


def _spans(tokens: Tokens) -> Iterator[tuple[int, int]]:
    start = 0
    for word in tokens:
        yield start, start + len(word)
        start += len(word)


def _agreed(options: Sequence[Found]) -> Found:
    """What all readings say; of two of which one narrows the other, the narrower; else nothing."""
    families = unit_families()
    kinds = [frozenset(families[c.analyte.id] for c in found) for found in options]
    if all(kinds[0] & kind for kind in kinds):
        return _all_of(options)
    for found, kind in zip(options, kinds, strict=True):
        broader = kind | {c.analyte.narrows for c in found}
        if all(other <= broader for other in kinds):
            return found
    return ()


def _of_parts(tokens: Tokens) -> Found:
    """Of "SGPT/ALT" what both parts name, of "Serum/plasma sodium" what the telling part does."""
    parts = [part for part in _parts(tokens) if not name_word_lists().neutral.issuperset(part)]
    if not parts:
        return ()
    telling = parts[0] + tuple(word for part in parts[1:] for word in ("/", *part))
    if telling != tokens and (whole := _least_left_out(telling)):
        return whole
    found = [_least_left_out(part) for part in parts]
    if not all(found):
        return ()
    shared = {c.analyte.id for c in found[0]}.intersection(
        *({c.analyte.id for c in one} for one in found[1:])
    )
    return tuple(c for c in found[0] if c.analyte.id in shared)


def _parts(tokens: Tokens) -> Iterator[Tokens]:
    start = 0
    for place in [*(i for i, word in enumerate(tokens) if word == "/"), len(tokens)]:
        if tokens[start:place]:
            yield tokens[start:place]
        start = place + 1


def _says_nothing_new(aside: str, found: Found) -> bool:
    """Whether a remark in brackets changes nothing: a method, a unit, the analyte's short name."""
    known = name_word_lists()
    tokens = tuple(word for word in name_tokens(aside) if word != "with")
    own = frozenset(word for candidate in found for word in candidate.analyte.qualifiers)
    if (known.aside | own | {"/"}).issuperset(tokens) or tokens[0] in known.reflex:
        return True
    if set(ucum_candidates(aside.strip("()[]; "))) - {"1"}:
        return True
    return any(candidate in found for candidate in _found(tokens))


def _hinted(found: Found, tokens: Tokens) -> Found:
    """Those in % when the name says so (none may be), the others when it says "count"."""
    known = name_word_lists()
    if len(tokens) == 1 or any(candidate.needs_unit for candidate in found):
        return found  # PCT is a name here
    percent = tuple(
        c for c in found if "%" in (c.analyte.unit, *c.analyte.units, *c.analyte.aliases)
    )
    if not known.percent.isdisjoint(tokens):
        return percent
    absolute = tuple(c for c in found if c.analyte.unit not in _PERCENT)
    if not known.absolute.isdisjoint(tokens) and absolute:
        return absolute
    return found
