"""What a person or a program states of a patient or a result, checked and in one shape.

``Panel.of`` takes its arguments through here: words for a sex, numbers as numbers or text, times
with or without a zone. What is impossible is refused in one sentence that names it.
"""

from __future__ import annotations

import contextlib
import math
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Set
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from numbers import Integral, Real
from typing import Any, Literal
from uuid import UUID

from hemoscribe.errors import InputError

MAX_AGE_YEARS = 130.0
MAX_NUMBER = 1e15
MAX_DECIMALS = 400
MAX_TEXT_CHARACTERS = 8_000
MAX_QUOTED_CHARACTERS = 60
MAX_WHOLE: int = 10**60
YEARS = range(1900, 2201)
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


def quoted(stated: object) -> str:
    """What was stated, as an error quotes it: the start of it, whatever it is."""
    try:
        text = repr(stated[: MAX_QUOTED_CHARACTERS + 1] if isinstance(stated, str) else stated)
    except (ValueError, RecursionError):  # an integer of thousands of digits; a deep list
        text = f"a {type(stated).__name__}"
    return cut(text)


def cut(text: str) -> str:
    """A text that is quoted: no longer than ``MAX_QUOTED_CHARACTERS``."""
    return text if len(text) <= MAX_QUOTED_CHARACTERS else text[: MAX_QUOTED_CHARACTERS - 1] + "…"


def is_blank(stated: object) -> bool:
    """Whether nothing was stated."""
    return stated is None or (isinstance(stated, str) and not stated.strip())


def sex_of(stated: str | None) -> Literal["F", "M"] | None:
    """F, M, or None where it is not known; words in English or French.

    Raises:
        InputError: the word is no sex.
    """
    if stated is None:
        return None
    word = _fold(stated) if isinstance(stated, str) else None
    if word in _NO_SEX:
        return None
    if word not in SEX_WORDS:
        raise InputError(f"sex: {quoted(stated)} is not one; use F, M, or leave it out.")
    return SEX_WORDS[word]


def age_of(stated: float | Decimal | str | None) -> float | None:
    """Years, as a number or as text with either decimal mark.

    Raises:
        InputError: it is no number from 0 to ``MAX_AGE_YEARS``.
    """
    if is_blank(stated):
        return None
    years = math.nan
    if isinstance(stated, (str, Real, Decimal)) and not isinstance(stated, bool):
        with contextlib.suppress(ValueError):
            years = float(str(stated).replace(",", "."))
    if not 0 <= years <= MAX_AGE_YEARS:
        raise InputError(f"age: {quoted(stated)} is no age; it is a number of years from 0 to 130.")
    return years


def known_age(years: float | None) -> float | None:
    """An age that somebody may have; None for another one, which counts as not stated."""
    return years if years is not None and 0 <= years <= MAX_AGE_YEARS else None


CARRYING_YEARS = (10.0, 60.0)
"""The ages between which a pregnancy that is stated is believed."""


def pregnancy_contradicts(pregnant: bool | None, sex: str | None, years: float | None) -> bool:
    """Whether a pregnancy is stated of a sex or an age in which nobody is pregnant."""
    age = known_age(years)
    beyond = age is not None and not CARRYING_YEARS[0] <= age < CARRYING_YEARS[1]
    return bool(pregnant) and (sex == "M" or beyond)


def pregnant_of(stated: bool | None) -> bool | None:
    """Whether she is pregnant; None where it is not known. Raises as ``truth_of``."""
    return truth_of(stated, "pregnant")


def truth_of(stated: bool | None, what: str) -> bool | None:
    """A truth value; None where it is not known.

    Raises:
        InputError: it is no truth value (NumPy's are).
    """
    if stated is None:
        return None
    if type(stated).__name__ not in ("bool", "bool_"):
        raise InputError(f"{what}: {quoted(stated)} is neither True, False nor None.")
    return bool(stated)


def time_of(stated: date | str | None, what: str = "collected_at") -> datetime | None:
    """The time on the laboratory's clock: a zone is left off, as the readers do; a day's midnight.

    Raises:
        InputError: it is no time, the text is no ISO 8601 date or time, or the year is impossible.
    """
    if is_blank(stated):
        return None
    time = _time(stated)
    if time is None:
        raise InputError(f"{what}: {quoted(stated)} is no time; write it as 2026-03-02 08:15.")
    if time.year not in YEARS:
        raise InputError(f"{what}: {quoted(stated)} is not of the years {YEARS[0]} to {YEARS[-1]}.")
    return time.replace(tzinfo=None)


def _time(stated: object) -> datetime | None:
    if isinstance(stated, str):
        try:
            return datetime.fromisoformat(stated.strip())
        except ValueError:
            return None
    if isinstance(stated, date) and not isinstance(stated, datetime):
        return datetime(stated.year, stated.month, stated.day)
    return stated if isinstance(stated, datetime) else None


def number_of(stated: float | Decimal | str | None, what: str) -> str | None:
    """A value or limit as text: the digits that were sent, no exponent; text as it is.

    Raises:
        InputError: NaN, infinity, a truth value, what is no number, or one too large for a result.
    """
    if isinstance(stated, str):
        return _finite_text(text_of(stated, what) or "", what) or None
    if stated is None:
        return None
    number = _decimal(stated)
    if number is None:
        raise _no_result(stated, what)
    return format(number, "f")


def _decimal(stated: object) -> Decimal | None:
    """The number with the digits that it shows; None where it is none that a result can have."""
    number = None
    with contextlib.suppress(InvalidOperation, OverflowError, ValueError):
        if isinstance(stated, Decimal):
            number = stated
        elif isinstance(stated, Integral) and not isinstance(stated, bool):
            number = Decimal(int(stated))
        elif isinstance(stated, Real) and not isinstance(stated, bool):
            number = _shown(stated)
    if number is None or not number.is_finite() or abs(number) > MAX_NUMBER:
        return None
    return number if -int(number.as_tuple().exponent) <= MAX_DECIMALS else None


def _shown(stated: Real) -> Decimal:
    """The shortest digits of a number of any width; a fraction's as those of a float."""
    try:
        return Decimal(str(stated))
    except InvalidOperation:
        return Decimal(repr(float(stated)))


def _no_result(stated: object, what: str) -> InputError:
    return InputError(
        f"{cut(what)}: {quoted(stated)} is no result; give a number, or text such as '<0.5'."
    )


def _finite_text(text: str, what: str) -> str:
    try:
        number = float(text)
    except ValueError:
        return text  # "<0.5", "12,3", "negative": knowledge decides what it is worth
    if not math.isfinite(number) or abs(number) > MAX_NUMBER:
        raise _no_result(text, what)
    return text


def check_limits(low: str | None, high: str | None, what: str) -> None:
    """Refuse limits that no result lies between, where both are plain numbers.

    Raises:
        InputError: the lower is above the upper.
    """
    try:
        crossed = float(low or "") > float(high or "")
    except ValueError:
        return
    if crossed:
        raise InputError(f"{cut(what)}: the lower limit {low} is above the upper {high}.")


def text_of(stated: Any, what: str) -> str | None:
    """Text without spaces around it, or a number as text; None where there is none.

    Raises:
        InputError: a truth value, a container, or a text of too many characters.
    """
    if stated is None:
        return None
    if not _may_be_text(stated):
        raise InputError(f"{cut(what)}: {quoted(stated)} is no text.")
    text = str(stated).strip()
    if len(text) > MAX_TEXT_CHARACTERS:
        raise InputError(
            f"{cut(what)}: the text has {len(text):,} characters; at most {MAX_TEXT_CHARACTERS:,} "
            "are taken."
        )
    return text or None


def _may_be_text(stated: object) -> bool:
    if isinstance(stated, Integral) and not isinstance(stated, bool):
        return -MAX_WHOLE < int(stated) < MAX_WHOLE  # a patient's number may be long
    return isinstance(stated, (str, UUID)) or _decimal(stated) is not None


def texts_of(stated: Iterable[Any], what: str) -> tuple[str, ...]:
    """Texts, those that say nothing left out.

    Raises:
        InputError: they are no list, or one is no text.
    """
    texts = (text_of(one, what) for one in list_of(stated, what))
    return tuple(text for text in texts if text)


def list_of(stated: Any, what: str) -> list[Any]:
    """What was stated one after the other.

    Raises:
        InputError: it is one thing, or none.
    """
    if not isinstance(stated, Iterable) or isinstance(stated, (str, bytes, bytearray, Mapping)):
        raise InputError(f"{what}: {quoted(stated)} is no list of {what}.")
    return list(stated)


def parts_of(stated: Any, place: int, names: Collection[str]) -> dict[str, Any]:
    """One result's parts by name, from a mapping (or a row of a table), or in order.

    Raises:
        InputError: it is neither, a key is unknown, or the name or the value is missing.
    """
    wrong, given = "", dict[str, Any]()
    if isinstance(stated, Mapping) or hasattr(stated, "keys"):
        given = dict(stated)
    elif not isinstance(stated, Collection) or isinstance(stated, (str, bytes, bytearray, Set)):
        wrong = f"{quoted(stated)} is no result"
    elif len(stated) > len(names):
        wrong = "it has too many parts"
    else:
        given = dict(zip(names, stated, strict=False))
    unknown = [key for key in given if key not in names]
    missing = [key for key in ("analyte", "value") if is_blank(given.get(key))]
    if unknown:
        wrong = f"{quoted(unknown[0])} is no key of it"
    if wrong or missing:
        wrong = wrong or f"it has no {missing[0]}"
        raise InputError(f"result {place}: {wrong}; its keys are {', '.join(names)}.")
    return given


def refusal_of(stated: Mapping[str, Any], place: int, codes: Collection[str]) -> dict[str, Any]:
    """What a reader or a laboratory's own program could not read, as a row of ``Reject``.

    The laboratory's flag stands as it was stated; knowledge says what it is worth.

    Raises:
        InputError: an unknown key or code, or neither a name nor a reason.
    """
    if not isinstance(stated, Mapping):
        raise InputError(f"reject {place}: it is no mapping; its keys are {', '.join(_REFUSED)}.")
    unknown = [key for key in stated if key not in (*_REFUSED, *_OF_ROW)]
    if unknown:
        raise InputError(
            f"reject {place}: {quoted(unknown[0])} is no key of it; "
            f"its keys are {', '.join(_REFUSED)}."
        )
    given = {
        key: text_of(stated.get(key), f"reject {place}, {key}")
        for key in (*_REFUSED, "laboratory_flag", "source")
    }
    code = given["code"] or "unreadable"
    if code not in codes:
        raise InputError(
            f"reject {place}: {quoted(code)} is no code; it is one of {', '.join(codes)}."
        )
    if not given["reported_name"] and not given["message"]:
        raise InputError(f"reject {place}: it needs a reported_name, or a message that says why.")
    return {
        **{key: given[key] for key in ("reported_name", "reported_value", "reported_unit")},
        "source": given["source"] or "sent",
        "place": given["place"] or f"reject {place}",
        "code": code,
        "message": given["message"] or "Whoever sent the report could not read it.",
        "results": 1,
        "reported_flag": given["reported_flag"] or given["laboratory_flag"],
    }


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.strip().casefold())
    return "".join(sign for sign in plain if not unicodedata.combining(sign))
