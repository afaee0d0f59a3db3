"""What a person or a program states of a patient or a result, checked and in one shape.

``Panel.of`` takes its arguments through here: words for a sex, numbers as numbers or text, times
with or without a zone. What is impossible is refused in one sentence that names it.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from hemoscribe.errors import InputError

MAX_AGE_YEARS = 130.0
MAX_NUMBER = 1e15
SEX_WORDS: Mapping[str, Literal["F", "M"]] = {
    **dict.fromkeys(("f", "female", "w", "woman", "girl", "femme", "feminin", "fille"), "F"),
    **dict.fromkeys(("m", "male", "man", "boy", "h", "homme", "masculin", "garcon"), "M"),
}
"""What stands for a sex, in either language, without case or accents."""
_REFUSED = (
    "reported_name",
    "reported_value",
    "reported_unit",
    "reported_flag",
    "message",
    "code",
    "place",
)
_OF_ROW = ("source", "results", "patient_id", "report_id", "laboratory_flag", "critical")
"""What rows of ``Reject`` hold besides: taken, so that a reader's own refusals can be stated."""
_NO_SEX = frozenset(("", "u", "unknown", "inconnu", "other", "autre"))


def sex_of(stated: str | None) -> Literal["F", "M"] | None:
    """F, M, or None where it is not known; words in English or French.

    Raises:
        InputError: the word is no sex.
    """
    if stated is None:
        return None
    word = _fold(str(stated))
    if word in _NO_SEX:
        return None
    if word not in SEX_WORDS:
        raise InputError(f"sex: {stated!r} is not one; use F, M, or leave it out.")
    return SEX_WORDS[word]


def age_of(stated: float | str | None) -> float | None:
    """Years, as a number or as text with either decimal mark.

    Raises:
        InputError: it is no number from 0 to ``MAX_AGE_YEARS``.
    """
    if stated is None or stated == "":
        return None
    try:
        years = float(str(stated).replace(",", "."))
    except ValueError:
        years = math.nan
    if isinstance(stated, bool) or not 0 <= years <= MAX_AGE_YEARS:
        raise InputError(f"age: {stated!r} is no age; it is a number of years from 0 to 130.")
    return years


def time_of(stated: datetime | str | None, what: str = "collected_at") -> datetime | None:
    """The time on the laboratory's clock: a zone is left off, as the readers do.

    Raises:
        InputError: the text is no ISO 8601 date or time.
    """
    if stated is None or stated == "":
        return None
    if isinstance(stated, str):
        try:
            stated = datetime.fromisoformat(stated)
        except ValueError:
            raise InputError(
                f"{what}: {stated!r} is no time; write it as 2026-03-02 08:15."
            ) from None
    return stated.replace(tzinfo=None)


def number_of(stated: float | int | str | None, what: str) -> str | None:
    """A value or limit as text: the digits that were sent, no exponent; text as it is.

    Raises:
        InputError: NaN, infinity, a truth value, or a number too large to be a result.
    """
    if stated is None:
        return None
    if isinstance(stated, str):
        return _finite_text(stated.strip(), what)
    if isinstance(stated, bool) or not math.isfinite(stated) or abs(stated) > MAX_NUMBER:
        raise InputError(f"{what}: {stated!r} is no result; give a number, or text such as '<0.5'.")
    return format(Decimal(repr(stated)), "f")


def _finite_text(text: str, what: str) -> str:
    try:
        number = float(text)
    except ValueError:
        return text  # "<0.5", "12,3", "negative": knowledge decides what it is worth
    if not math.isfinite(number) or abs(number) > MAX_NUMBER:
        raise InputError(f"{what}: {text!r} is no result; give a number, or text such as '<0.5'.")
    return text


def text_of(stated: Any) -> str | None:
    """Text without spaces around it; None where there is none."""
    return (str(stated).strip() or None) if stated is not None else None


def refusal_of(stated: Mapping[str, Any], place: int, codes: Collection[str]) -> dict[str, Any]:
    """What a reader or a laboratory's own program could not read, as a row of ``Reject``.

    The laboratory's flag stands in ``laboratory_flag`` as it was stated; knowledge says what it is
    worth.

    Raises:
        InputError: an unknown key or code, or neither a name nor a reason.
    """
    if not isinstance(stated, Mapping):
        raise InputError(f"reject {place}: it is no mapping; its keys are {', '.join(_REFUSED)}.")
    unknown = [key for key in stated if key not in (*_REFUSED, *_OF_ROW)]
    if unknown:
        raise InputError(
            f"reject {place}: {unknown[0]!r} is no key of it; its keys are {', '.join(_REFUSED)}."
        )
    given = {key: text_of(stated.get(key)) for key in (*_REFUSED, "laboratory_flag", "source")}
    code = given["code"] or "unreadable"
    if code not in codes:
        raise InputError(f"reject {place}: {code!r} is no code; it is one of {', '.join(codes)}.")
    if not given["reported_name"] and not given["message"]:
        raise InputError(f"reject {place}: it needs a reported_name, or a message that says why.")
    return {
        **{key: given[key] for key in ("reported_name", "reported_value", "reported_unit")},
        "source": given["source"] or "sent",
        "place": given["place"] or f"reject {place}",
        "code": code,
        "message": given["message"] or "Whoever sent the report could not read it.",
        "results": 1,
        "laboratory_flag": given["reported_flag"] or given["laboratory_flag"],
    }


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.strip().casefold())
    return "".join(sign for sign in plain if not unicodedata.combining(sign))
