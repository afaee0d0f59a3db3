"""What the OBX of many results state, as columns: name, value, unit, range, flag, status.

A file repeats its codes, units and ranges, so each is read once and joined back: what is read here
costs a result a microsecond or two, whatever it holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import polars as pl

from hemoscribe.knowledge.names import is_loinc
from hemoscribe.sources.hl7.fields import component, components, repetitions, unescape
from hemoscribe.sources.hl7.observation_codes import codes
from hemoscribe.sources.hl7.persons import person_named
from hemoscribe.sources.hl7.unit_components import rejoined, unit_among, unit_of
from hemoscribe.sources.stated import MAX_TEXT_CHARACTERS, bounded, flag_of
from hemoscribe.sources.stated_ranges import NO_LIMITS, printed_limits

_MAX_CODED = 1_000  # characters of a coded element that are looked at
_FIELDS = 21  # up to OBX-20
_TEXT = pl.String()
_PLAIN = ("NM", "ST", "")
_POWER = re.compile(r"10\^\d{1,2}\s*/")
_SEVERAL = "Several values in one OBX: none of them is the result."
_FILE = "A file that is sent beside the message: it is not read."
_RATIO = "A ratio, a range or a grade is no single quantity."

OBSERVED = (
    *("kind", "code", "name", "loinc", "value", "refusal", "unit", "low", "high", "flag"),
    *("status", "time", "asked", "observer", "method", "instrument", "sub_id", "site"),
)
"""The columns of ``observed``, all text: ``refusal`` says why a value is no quantity, ``asked``
names the analysis of the order that it answers (in OBX-15)."""

Value = tuple[str | None, str | None, str | None]  # as text, a unit stated with it, a refusal


def observed(lines: Sequence[str], separators: str) -> pl.DataFrame:
    """OBX segments that are no documents, with the columns ``OBSERVED``.

    Args:
        lines: whole segments of messages that have the same ``separators``.
    """
    fields = _fields(lines, separators)
    kind = fields["2"].str.strip_chars().str.to_uppercase().fill_null("").alias("kind")
    fields = fields.with_columns(kind)
    values = _values(fields, separators)
    named = told(fields, ["3"], lambda text: what(text, separators), ("name", "loinc", "code"))
    own = told(fields, ["6"], lambda text: (unit_of(text, separators),), ("unit",))["unit"]
    unit = pl.select(pl.coalesce(values["own"], own)).to_series().alias("unit")
    limits = told(
        fields.select("7").with_columns(unit),
        ["7", "unit"],
        lambda printed, unit: _limits(printed, unit, separators),
        ("low", "high"),
    )
    return pl.DataFrame(
        [
            kind,
            *named.get_columns(),
            *values.drop("own").get_columns(),
            unit,
            *limits.get_columns(),
            _words(fields, "8", lambda text: _flag(text, separators), "flag"),
            _simple(fields["11"], separators).str.to_uppercase().alias("status"),
            _simple(fields["14"], separators).alias("time"),
            _words(fields, "15", lambda text: component(text, 3, separators) or None, "asked"),
            _words(fields, "16", lambda text: person_named(text, separators), "observer"),
            _words(fields, "17", lambda text: said(text, separators), "method"),
            _words(fields, "18", lambda text: said(text, separators), "instrument"),
            _words(fields, "4", lambda text: said(text, separators), "sub_id"),
            _words(fields, "20", lambda text: said(text, separators), "site"),
        ]
    ).select(OBSERVED)


def _fields(lines: Sequence[str], separators: str) -> pl.DataFrame:
    """The fields of the segments by their number; null where a field is empty."""
    whole = pl.Series("line", lines, dtype=_TEXT)
    found = whole.str.split_exact(separators[0], _FIELDS - 1).struct.unnest()
    found.columns = [str(number) for number in range(_FIELDS)]
    coded = [str(number) for number in (2, 3, 4, 6, 7, 8, 11, 14, 15, 16, 17, 18, 20)]
    return found.with_columns(
        pl.col(coded).str.slice(0, _MAX_CODED).replace("", None), pl.col("5").replace("", None)
    )


def told(
    frame: pl.DataFrame,
    keys: Sequence[str],
    one: Callable[..., tuple[str | None, ...]],
    names: Sequence[str],
) -> pl.DataFrame:
    """What ``one`` says of each distinct set of keys, for every row; null for null first keys."""
    asked = frame.select(keys)
    distinct = asked.unique().filter(pl.col(keys[0]).is_not_null())
    answers = pl.DataFrame(
        [one(*key) for key in distinct.iter_rows()],
        schema=dict.fromkeys((f"answer {name}" for name in names), _TEXT),
        orient="row",
    )
    both = pl.concat([distinct, answers], how="horizontal")
    joined = asked.join(both, on=keys, how="left", nulls_equal=True, maintain_order="left")
    return joined.select(pl.col(f"answer {name}").alias(name) for name in names)


def _words(
    fields: pl.DataFrame, number: str, one: Callable[[str], str | None], name: str
) -> pl.Series:
    if fields[number].null_count() == fields.height:
        return fields[number].alias(name)
    return told(fields, [number], lambda text: (one(text),), (name,))[name]


def _simple(texts: pl.Series, separators: str) -> pl.Series:
    """The first component of each; only those with a separator in them are taken apart."""
    special = texts.str.contains_any(list(separators[1:4])).fill_null(value=False)
    plain = texts.str.strip_chars()
    if special.any():
        frame = texts.filter(special).alias("text").to_frame()
        parts = told(frame, ["text"], lambda text: (component(text, 1, separators),), ("text",))
        plain = plain.scatter(special.arg_true(), parts["text"])
    return plain.replace("", None)


def _values(fields: pl.DataFrame, separators: str) -> pl.DataFrame:
    """``value``, ``own`` (a unit stated with it) and ``refusal`` of OBX-2 and OBX-5."""
    text = fields["5"]
    marks = text.str.contains_any([separators[2], separators[3]]).fill_null(value=False)
    special = ~fields["kind"].is_in(_PLAIN) | marks
    value = text.str.strip_chars()
    found = pl.DataFrame([value.alias("value"), _none(text, "own"), _none(text, "refusal")])
    if special.any():
        read = told(
            fields.filter(special).select("kind", pl.col("5").fill_null("")),
            ["kind", "5"],
            lambda kind, stated: _value(kind, stated, separators),
            ("value", "own", "refusal"),
        )
        at = special.arg_true()
        found = found.with_columns(
            found[name].scatter(at, read[name]) for name in ("value", "own", "refusal")
        )
    long = pl.col("value").str.len_bytes() > MAX_TEXT_CHARACTERS
    bound = pl.col("value").map_elements(bounded, return_dtype=_TEXT)
    if found.select(long.any()).item():
        found = found.with_columns(value=pl.when(long).then(bound).otherwise("value"))
    return found.with_columns(pl.col("value").replace("", None))


def _none(like: pl.Series, name: str) -> pl.Series:
    return pl.repeat(None, len(like), dtype=_TEXT, eager=True).alias(name)


def said(coded: str | None, separators: str) -> str | None:
    """The words of a coded element or of an identifier, else its code; None where it is empty."""
    if not coded:
        return None
    part = [*components(repetitions(coded[:_MAX_CODED], separators)[0], separators), "", ""]
    return part[1] or part[0] or None


def what(identifier: str, separators: str) -> tuple[str | None, str | None, str | None]:
    """(name, LOINC code, own code) of a coded element: either triplet may be LOINC's."""
    part = components(identifier, separators)
    part += [""] * (9 - len(part))
    loinc = next(
        (
            part[at]
            for at in (0, 3)
            if is_loinc(part[at]) and part[at + 2].upper() in ("LN", "LOINC", "")
        ),
        None,
    )
    name = part[1] or part[4] or part[8] or (part[0] if part[0] != loinc else "")
    return name or None, loinc, part[0] or None


def _limits(printed: str, unit: str | None, separators: str) -> tuple[str | None, str | None]:
    return printed_limits(unescape(printed, separators), unit) if printed else NO_LIMITS


def _flag(flags: str, separators: str) -> str | None:
    """The flag among the repetitions of OBX-8."""
    return flag_of(component(one, 1, separators) for one in repetitions(flags, separators))


def _value(kind: str, text: str, separators: str) -> Value:
    """(value as text, a unit stated with it, why it is no quantity)."""
    repeats = separators[2] in text and not (separators[2] == "^" and _POWER.search(text))
    if kind in (*_PLAIN, "SN", "CQ") and repeats:
        distinct = dict.fromkeys(repetitions(text, separators))
        if len(distinct) > 1:
            return bounded(unescape(text, separators).strip()), None, _SEVERAL
        text = next(iter(distinct))
    if kind in _PLAIN:
        return bounded(unescape(text, separators).strip()), None, None
    if kind == "SN":
        return _structured([*components(text, separators), "", "", "", ""])
    if kind == "CQ":
        number, *unit = components(text, separators)
        return number, unit_among(rejoined(unit)), None
    if kind in codes()["coded"]:
        words = component(text, 2, separators) or component(text, 9, separators)
        code = component(text, 1, separators)
        return words or (f"code {code}" if code else ""), None, None
    joined = " ".join(repetitions(text, separators))
    value = bounded(unescape(joined, separators).strip())
    if kind in codes()["files"]:
        return value, None, _FILE
    known = kind in codes()["numeric"] or not value
    return value, None, None if known else f"A value of type {kind} is no quantity."


def _structured(part: Sequence[Any]) -> Value:
    """A structured numeric: ``<^5``; a ratio, a range or a grade (``1^:^80``) is no quantity."""
    if part[2]:
        return "".join(part[:4]), None, _RATIO
    return f"{part[0]}{part[1]}", None, None
