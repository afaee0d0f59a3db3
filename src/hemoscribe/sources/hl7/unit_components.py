"""The unit of OBX-6, where an unescaped ``^`` of its power of ten stands among its components.

``10^9/L`` is three signs to a laboratory and two components to HL7. The components are joined again
where one is the number ten and the next begins with its power, or where a length's square or cube
follows it, and only where what comes out is a unit that is known.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from hemoscribe.knowledge.units import ucum_candidates
from hemoscribe.sources.hl7.fields import components
from hemoscribe.sources.hl7.observation_codes import codes

_SIGN = "^"
_TEN = re.compile(r"\s*(?P<times>[x×*]?)\s*10\s*", re.IGNORECASE)
_POWER = re.compile(r"\s*\d{1,2}\s*/.+", re.DOTALL)
_LENGTH = re.compile(r".*(?:/mm|/cm|1[.,]73\s*m)\s*", re.DOTALL)
_EXPONENT = re.compile(r"[23]")


@lru_cache(maxsize=65536)
def unit_of(units: str, separators: str) -> str | None:
    """The unit of OBX-6: the triplet that is UCUM's, else the first that is stated."""
    if separators[2] == _SIGN and _SIGN in units:  # HPRIM repeats by it
        whole = rejoined([one.strip() for one in units.split(_SIGN)])
        if len(whole) == 1:
            return whole[0] or None
    parts = components(units, separators)
    return unit_among(rejoined(parts) if separators[1] == _SIGN else parts)


def unit_among(parts: Sequence[str]) -> str | None:
    """As ``unit_of``, of components that are whole."""
    part = [*parts, *[""] * 6]
    ucum = codes()["ucum"]
    if part[5].upper() in ucum and part[2].upper() not in ucum and part[3]:
        return part[3]
    return part[0] or part[1] or part[3] or part[4] or None


def rejoined(parts: Sequence[str]) -> list[str]:
    """Components with those joined that are one unit: ``10`` and ``9/L`` are ``10^9/L``."""
    whole: list[str] = []
    waiting = list(parts)
    while waiting:
        one = waiting.pop(0)
        if waiting and (joined := _power_of_ten(one, waiting[0])) is not None:
            waiting.pop(0)
            one = joined
        if waiting and _EXPONENT.fullmatch(waiting[0]) and _LENGTH.fullmatch(one):
            cubed = f"{one}^{waiting[0]}"
            if ucum_candidates(cubed):
                waiting.pop(0)
                one = cubed
        whole.append(one)
    return whole


def _power_of_ten(ten: str, power: str) -> str | None:
    """``10`` and ``9/L`` as one known unit; None where they are none."""
    times = _TEN.fullmatch(ten)
    if times is None or _POWER.fullmatch(power) is None:
        return None
    joined = f"{times['times'].lower().replace('×', 'x')}10^{power.strip()}"
    known = ucum_candidates(joined) or _LENGTH.fullmatch(joined)
    return joined if known else None
