"""From the unit a laboratory writes to UCUM, and from a UCUM unit to one a reader likes to see."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

from hemoscribe.errors import KnowledgeError
from hemoscribe.files import own_yaml
from hemoscribe.knowledge import ucum

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_SIGNS = str.maketrans({"µ": "u", "μ": "u", "×": "x", "·": ".", "−": "-", "–": "-", "∙": "."})
_POWER = re.compile(r"^[x*.]?10(?:\*{1,2}|\^|[eE]|exp|hoch|\()([+-]?\d{1,2})\)?(?=[./{]|$)")
_POWER_PLAIN = re.compile(r"^[x*]?10(3|6|9|12)(?=/)")
_UPPER_VOLUME = re.compile(r"(?:^|/)[A-Zu]*(?:ML|DL|UL|MCL)(?:$|/)")


@dataclass(frozen=True, slots=True)
class _Spellings:
    exact: Mapping[str, str]
    folded: Mapping[str, str]
    parts: Mapping[str, str]
    remarks: tuple[str, ...]


@cache
def _spellings() -> _Spellings:
    text = resources.files(__package__).joinpath("data/units.yaml").read_text(encoding="utf-8")
    tables = own_yaml(text)
    read: dict[str, dict[str, str]] = {}
    for table, fold in (("exact", False), ("folded", True), ("parts", True)):
        read[table] = {}
        for code, spellings in tables[table].items():
            for spelling in [code, *spellings]:
                key = _squeezed(str(spelling))
                key = key.casefold() if fold else key
                if read[table].setdefault(key, str(code)) != str(code):
                    raise KnowledgeError(f"units.yaml: {spelling!r} stands for two units.")
    return _Spellings(**read, remarks=tuple(map(_squeezed, tables["remarks"])))


def _squeezed(text: str) -> str:
    """Without spaces, with one sign for micro, times and minus, superscripts as ``^9``."""
    text = re.sub(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+", lambda m: "^" + m[0].translate(_SUPERSCRIPTS), text)
    text = unicodedata.normalize("NFKD", text)
    text = "".join(sign for sign in text if not unicodedata.combining(sign))
    return re.sub(r"\s+", "", text.translate(_SIGNS))


@lru_cache(maxsize=16384)
def ucum_candidates(text: str) -> tuple[str, ...]:
    """The UCUM units a laboratory's spelling may stand for, the likeliest first; () when none.

    More than one only where letter case decides ("G/L" is giga per litre in France, and grams per
    litre on a printer without small letters): the analyte's dimension then chooses.
    """
    squeezed = _without_remark(_squeezed(text))
    if not squeezed or len(squeezed) > ucum.MAX_CHARACTERS:
        return ()
    known = _spellings()
    found = [known.exact.get(squeezed), known.folded.get(squeezed.casefold())]
    found.append(_by_power(squeezed))
    found.append(_by_parts(squeezed))
    if not _UPPER_VOLUME.search(squeezed):
        found.append(squeezed)
    return tuple(dict.fromkeys(code for code in found if code is not None and _is_unit(code)))


def _without_remark(squeezed: str) -> str:
    """``mcg/dL(calc)`` as ``mcg/dL``; ``(calc)`` alone is a plain number's."""
    for remark in _spellings().remarks:
        if squeezed.casefold().endswith(remark):
            return squeezed[: -len(remark)] or "1"
    return squeezed


def _by_power(squeezed: str) -> str | None:
    """``x10^9/L``, ``10E9/l``, ``10(9)/L`` as ``10*9/L``."""
    match = _POWER.match(squeezed) or _POWER_PLAIN.match(squeezed)
    if match is None:
        return None
    rest = squeezed[match.end() :]
    if not rest:
        return f"10*{match[1]}"
    tail = _by_parts(rest)
    return None if tail is None else f"10*{match[1]}{tail}"


def _by_parts(squeezed: str) -> str | None:
    """Each part between slashes by its spelling in any case; None when one is unknown."""
    parts: list[str] = []
    for part in squeezed.casefold().split("/"):
        code = "" if not part and not parts else _spellings().parts.get(part)
        if code is None:
            return None
        parts.append(code)
    return "/".join(parts) if len(parts) > 1 or parts[0] else None


@lru_cache(maxsize=16384)
def _is_unit(code: str) -> bool:
    try:
        ucum.parse(code)
    except KnowledgeError:
        return False
    return True


_DISPLAY = (
    (re.compile(r"10\*(\d+)"), r"10^\1"),
    (re.compile(r"mm\[Hg\]"), "mmHg"),
    (re.compile(r"\[IU\]"), "IU"),
    (re.compile(r"\[arb'U\]"), "U"),
    (re.compile(r"/\{1\.73_m2\}"), "/1.73 m²"),
    (re.compile(r"\{(N|FEU|DDU)\}"), r" \1"),
    (re.compile(r"/100\{WBC\}"), "/100 WBC"),
    (re.compile(r"\{[^{}]*\}"), ""),
    (re.compile(r"^1$"), ""),
)


@lru_cache(maxsize=4096)
def display_unit(text: str) -> str:
    """A UCUM unit as reports print it: ``10*9/L`` as ``10^9/L``; other spellings stay."""
    for pattern, replacement in _DISPLAY:
        text = pattern.sub(replacement, text)
    return text
