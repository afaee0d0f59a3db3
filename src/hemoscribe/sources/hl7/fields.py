"""Fields of a segment: separators, components, repetitions, and escapes that cannot grow."""

from __future__ import annotations

import re
from collections.abc import Mapping

STANDARD = r"|^~\&"
_ESCAPE = re.compile(r"\\([^\\]{0,80})\\")

Fields = list[str]


def separators_of(line: str, name: str = "MSH") -> str | None:
    """The separators that a header names: field, component, repetition, escape, subcomponent."""
    at = len(name)
    if len(line) < at + 5 or line[at].isspace() or line[at].isalnum():
        return None
    found = (line[at] + line[at + 1 :].split(line[at])[0])[:5]
    if len(found) < 2 or len(set(found)) < len(found):
        return None
    return found + STANDARD[len(found) :]


def field(fields: Fields, number: int) -> str:
    """A field of a segment that was split; empty where there is none."""
    return fields[number] if len(fields) > number else ""


def component(text: str, number: int, separators: str = STANDARD) -> str:
    """A component (from 1) of the first repetition, unescaped and trimmed."""
    if separators[2] in text:
        text = text.split(separators[2], 1)[0]
    if separators[1] in text:
        parts = text.split(separators[1], number)
        text = parts[number - 1] if len(parts) >= number else ""
    elif number > 1:
        return ""
    return (unescape(text, separators) if separators[3] in text else text).strip()


def components(text: str, separators: str = STANDARD) -> list[str]:
    """Every component of the first repetition, unescaped and trimmed."""
    if separators[2] in text:
        text = text.split(separators[2], 1)[0]
    return [unescape(part, separators).strip() for part in text.split(separators[1])]


def repetitions(text: str, separators: str = STANDARD) -> list[str]:
    """A field's repetitions, as they stand."""
    return text.split(separators[2])


def unescape(text: str, separators: str = STANDARD) -> str:
    """Escape sequences as what they stand for; layout commands are one space, whatever they ask."""
    escape = separators[3]
    if escape not in text:
        return text
    if escape != "\\":
        text = text.replace("\\", " ").replace(escape, "\\")
    marks = dict(zip("FSRET", separators, strict=False))
    return _ESCAPE.sub(lambda match: _escaped(match[1], marks), text)


def _escaped(code: str, marks: Mapping[str, str]) -> str:
    if code in marks:
        return marks[code]
    if code[:1] == "X":
        try:
            return bytes.fromhex(code[1:]).decode("utf-8", "replace").replace("\x00", "")
        except ValueError:
            return ""
    return " " if code.startswith(".") else ""
