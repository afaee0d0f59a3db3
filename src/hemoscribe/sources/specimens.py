"""Whether a stated specimen is blood: by a list of what is (``specimens.yaml``).

What a source states of a specimen is refused unless it is known to be blood, serum or plasma: in
the codes that the formats use, in English or French words, as a tube, or as the laboratory's own
code in a mapping (``specimens: {S7: serum, D4: drain}``). Where nothing is stated, the name of what
groups the results (an order, a panel, a section) may say another fluid.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

from hemoscribe.files import package_yaml
from hemoscribe.knowledge.fluids import heading_not_blood, says_blood
from hemoscribe.knowledge.spelling import name_words
from hemoscribe.records import RejectCode
from hemoscribe.sources.batches import Notices
from hemoscribe.sources.mapping import Mapping as MappingFile

MAX_UNKNOWN_SHARE = 0.2
"""Of a source's stated specimens; where more are unknown, the codes are listed."""
_LISTED = 8
_BLOOD = "blood"


@dataclass(frozen=True, slots=True)
class OtherSpecimen:
    """A specimen that is not known to be blood, as the source names it."""

    name: str
    code: RejectCode

    @property
    def sentence(self) -> str:
        """Why its results are not read."""
        if self.code == RejectCode.OTHER_SPECIMEN:
            return f"A result of {self.name}; only blood is read."
        return f"A result of the specimen {self.name!r}, which is not known to be blood."


@cache
def _lists() -> Mapping[str, frozenset[str]]:
    return {
        name: frozenset(str(word) for word in words)
        for name, words in package_yaml(__package__, "specimens.yaml").items()
    }


def other_specimen(
    stated: Sequence[str], own: Mapping[str, str] | None = None
) -> OtherSpecimen | None:
    """What a stated specimen is, where it is not known to be blood; None for blood or no statement.

    Args:
        stated: a code and the words for it, in any order; empty texts count as none.
        own: the laboratory's codes by their text in lower case: blood, serum, plasma or a fluid.
    """
    return _judged(tuple(part.strip() for part in stated if part.strip()), _own(own))


def _own(own: Mapping[str, str] | None) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(own.items())) if own else ()


@lru_cache(maxsize=65536)
def _judged(parts: tuple[str, ...], own: tuple[tuple[str, str], ...]) -> OtherSpecimen | None:
    if not parts:
        return None
    for part in parts:
        if (meant := dict(own).get(part.casefold())) is not None:
            return None if _is_blood((meant,)) else _other(meant)
    shown = max(parts, key=lambda part: sum(sign.isalpha() for sign in part))
    if any(heading_not_blood(part) for part in parts):
        return _other(shown)
    if _is_blood(parts):
        return None
    words = {word for part in parts for word in name_words(part)}
    codes = {part.upper() for part in parts}
    if codes & _lists()["other_codes"] or words & _lists()["other_words"]:
        return _other(shown)
    return OtherSpecimen(shown, RejectCode.UNKNOWN_SPECIMEN)


_CODE = re.compile(r"[A-Za-z]{0,4}[-_.]?\d[\w.:-]*|[A-Za-z]{1,5}|(?:https?|urn):\S+")
"""A text of one token that may be a code; what it stands for is said beside it."""


def _other(name: str) -> OtherSpecimen:
    return OtherSpecimen(name, RejectCode.OTHER_SPECIMEN)


def _is_blood(parts: Sequence[str]) -> bool:
    """Whether every part is of blood, or is a code beside one that is.

    A word that is not known beside one of blood may be anything: of a horse, a pool, or a survey.
    """
    lists = _lists()
    words = {word for part in parts for word in name_words(part)}
    if words & (lists["spoilers"] | lists["other_words"]):
        return False
    kinds = [_kind(part) for part in parts]
    return "blood" in kinds and "unknown" not in kinds


def _kind(part: str) -> str:
    """blood, code or unknown: what one part of a statement is."""
    lists = _lists()
    said = {word for word in name_words(part) if not word.isdigit()}
    if part.upper() in lists["blood_codes"]:
        return "blood"
    if said & lists["blood_words"]:
        return "blood" if said <= lists["blood_words"] | lists["beside_blood"] else "unknown"
    if said & lists["tubes"] and said <= lists["tubes"] | lists["beside_a_tube"]:
        return "blood"
    return "code" if _CODE.fullmatch(part) else "unknown"


@cache
def _control() -> re.Pattern[str]:
    patterns = sorted(_lists()["controls"])
    return re.compile(rf"\b(?:{'|'.join(patterns)})\b")


def heading_specimen(heading: str | None) -> OtherSpecimen | None:
    """What an order, panel or section groups, where its name says another fluid than blood.

    A heading may also be the LOINC code of a panel. One that names blood and another fluid does not
    tell which of them a result in it is of.
    """
    text = (heading or "").strip()
    if _control().search(" ".join(name_words(text))) is not None:
        return OtherSpecimen(text, RejectCode.UNKNOWN_SPECIMEN)
    if text in _lists()["other_panels"]:
        return _other(text)
    if not text or not heading_not_blood(text):
        return None
    mixed = says_blood(text)
    return OtherSpecimen(text, RejectCode.UNKNOWN_SPECIMEN) if mixed else _other(text)


@dataclass
class SpecimenJudge:
    """Judges the specimens that one source states, and says at its end which it did not know."""

    source: str
    mapping: MappingFile
    notices: Notices
    stated: int = 0
    unknown: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._own = {code.casefold(): meant for code, meant in self.mapping.specimens.items()}
        self.notices.at_end.append(self._say)

    def other(self, stated: Sequence[str], *, results: int = 1) -> OtherSpecimen | None:
        """As ``other_specimen``; counts the ``results`` that are of it."""
        other = other_specimen(stated, self._own)
        if any(part.strip() for part in stated):
            self.stated += results
            if other is not None and other.code == RejectCode.UNKNOWN_SPECIMEN:
                self.unknown[other.name] += results
        return other

    def _say(self) -> Iterator[Mapping[str, Any]]:
        if self.unknown.total() > MAX_UNKNOWN_SHARE * self.stated:
            codes = [repr(name) for name, _ in self.unknown.most_common(_LISTED)]
            more = len(self.unknown) - len(codes)
            listed = ", ".join(codes) + (f" and {more:,} more" if more > 0 else "")
            [(first, _)] = self.unknown.most_common(1)
            self.notices.say(
                f"{self.source}: {self.unknown.total():,} of {self.stated:,} results are of "
                f"specimens that are not known to be blood ({listed}); say what they are in a file "
                f"given with --mapping, such as `specimens: {{{first}: {_BLOOD}}}`."
            )
        return iter(())
