"""National identification numbers with a check digit: recognised by arithmetic, not by looks."""

from __future__ import annotations

import re

_CORSICA = {"2A": "19", "2B": "18"}
_SEPARATORS = re.compile(r"[\s.\-/]")


def nir_key(thirteen: str) -> int:
    """The key of a French social security number (NIR, the INS of a patient).

    97 minus the remainder of the number by 97; departments 2A and 2B count as 19 and 18.
    Source: INSEE, "Numéro d'inscription au répertoire des personnes physiques".
    """
    department = thirteen[5:7].upper()
    digits = thirteen[:5] + _CORSICA.get(department, department) + thirteen[7:]
    return 97 - int(digits) % 97


def is_nir(text: str) -> bool:
    """Whether ``text`` is 15 characters, separators aside, whose key is right."""
    plain = _SEPARATORS.sub("", text)
    if not re.fullmatch(r"[1-478]\d{4}(?:\d\d|2[ABab])\d{8}", plain):
        return False
    return nir_key(plain[:13]) == int(plain[13:])


def is_nhs_number(text: str) -> bool:
    """Whether ``text`` is ten digits whose modulus 11 check is right (NHS, England and Wales)."""
    plain = _SEPARATORS.sub("", text)
    if not re.fullmatch(r"\d{10}", plain):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(plain, range(10, 1, -1), strict=False))
    return (11 - total % 11) % 11 == int(plain[9])
