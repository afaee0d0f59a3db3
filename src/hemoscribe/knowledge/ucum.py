"""UCUM, exactly: a unit's text to a rational factor over base dimensions, and back to text.

The atoms and prefixes stand in ``data/ucum.yaml``. Four things differ from UCUM on purpose, each
on the side of refusal: the mole, the equivalent and the osmole are dimensions of their own (in UCUM
the mole is a plain number, so that mmol/L would turn into cells per litre), and every arbitrary
unit is a dimension of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from hemoscribe.errors import KnowledgeError
from hemoscribe.knowledge.atoms import Atom, atoms, prefixes

_AFFINE = {"Cel": Fraction("273.15"), "degF": Fraction("459.67")}
MAX_CHARACTERS = 100
MAX_EXPONENT = 99

_TOKEN = re.compile(r"[./()]|\{[^{}]*\}|(?:\[[^\]]*\]|[^./(){}\[])+")
_SIMPLE = re.compile(r"(?P<symbol>.*?)(?P<exponent>[+-]?\d+)?$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Unit:
    """A parsed unit: ``factor`` times the product of base dimensions, ``offset`` in base units.

    ``annotations`` are the texts in braces, which UCUM gives no meaning.
    """

    factor: Fraction
    dimensions: Mapping[str, int]
    offset: Fraction = Fraction(0)
    annotations: tuple[str, ...] = ()
    special: str | None = None

    def times(self, other: Unit, sign: int = 1) -> Unit:
        """The product (``sign`` 1) or quotient (-1) of two units."""
        dimensions = dict(self.dimensions)
        for name, exponent in other.dimensions.items():
            dimensions[name] = dimensions.get(name, 0) + sign * exponent
        return Unit(
            self.factor * other.factor**sign,
            {name: exponent for name, exponent in dimensions.items() if exponent},
            annotations=self.annotations + other.annotations,
            special=self.special or other.special,
        )


_ONE = Unit(Fraction(1), {})


@lru_cache(maxsize=8192)
def parse(text: str) -> Unit:
    """The unit of a UCUM text (case-sensitive codes).

    Raises:
        KnowledgeError: not a UCUM unit.
    """
    if not text or len(text) > MAX_CHARACTERS or not text.isascii() or re.search(r"[\s]", text):
        raise KnowledgeError(f"{text!r} is not a UCUM unit.")
    tokens = _TOKEN.findall(text)
    if "".join(tokens) != text:
        raise KnowledgeError(f"{text!r} is not a UCUM unit: its braces do not match.")
    unit, end = _term(tokens, 0, text, depth=0)
    if end != len(tokens):
        raise KnowledgeError(f"{text!r} is not a UCUM unit: its brackets do not match.")
    return unit


def _term(tokens: list[str], start: int, text: str, depth: int) -> tuple[Unit, int]:
    unit, sign, position = _ONE, 1, start
    if tokens[start : start + 1] == ["/"]:
        if depth:
            raise KnowledgeError(f"{text!r} is not a UCUM unit: a bracket opens with /.")
        sign, position = -1, start + 1
    components = 0
    while True:
        part, position = _component(tokens, position, text, depth)
        if (part.special or unit.special) and (components or sign < 0):
            raise KnowledgeError(f"{text!r}: a unit with its own scale stands alone.")
        unit = part if not components and sign > 0 else unit.times(part, sign)
        components += 1
        if position >= len(tokens) or tokens[position] not in (".", "/"):
            return unit, position
        sign, position = (1 if tokens[position] == "." else -1), position + 1


def _component(tokens: list[str], position: int, text: str, depth: int) -> tuple[Unit, int]:
    if position >= len(tokens):
        raise KnowledgeError(f"{text!r} is not a UCUM unit: it ends too soon.")
    token = tokens[position]
    if token == "(":
        unit, position = _term(tokens, position + 1, text, depth + 1)
        if position >= len(tokens) or tokens[position] != ")":
            raise KnowledgeError(f"{text!r} is not a UCUM unit: its brackets do not match.")
        return unit, position + 1
    if token in (")", ".", "/"):
        raise KnowledgeError(f"{text!r} is not a UCUM unit: {token!r} stands in a wrong place.")
    if token.startswith("{"):
        return Unit(Fraction(1), {}, annotations=(token[1:-1],)), position + 1
    unit = _simple(token, text)
    position += 1
    if position < len(tokens) and tokens[position].startswith("{"):
        unit = unit.times(Unit(Fraction(1), {}, annotations=(tokens[position][1:-1],)))
        position += 1
    return unit, position


def _simple(token: str, text: str) -> Unit:
    if token.isdigit():
        if int(token) == 0:
            raise KnowledgeError(f"{text!r} is not a UCUM unit: 0 is no factor.")
        return Unit(Fraction(int(token)), {})
    unit = _atom(token)
    exponent = 1
    if unit is None:
        match = _SIMPLE.fullmatch(token)
        assert match is not None
        unit = _atom(match["symbol"]) if match["exponent"] else None
        exponent = int(match["exponent"] or 1)
    if unit is None:
        raise KnowledgeError(f"{text!r} is not a UCUM unit: there is no unit {token!r}.")
    if exponent == 1:
        return unit
    if unit.special or not 0 < abs(exponent) <= MAX_EXPONENT:
        raise KnowledgeError(f"{text!r} is not a UCUM unit: its exponent is impossible.")
    return Unit(
        unit.factor**exponent, {name: power * exponent for name, power in unit.dimensions.items()}
    )


@lru_cache(maxsize=4096)
def _atom(symbol: str) -> Unit | None:
    """The unit of a prefix and an atom; None when there is no such atom."""
    known, factors = atoms(), prefixes()
    if symbol in known:
        return _resolved(known[symbol], Fraction(1))
    for length in (1, 2):
        atom = known.get(symbol[length:])
        if symbol[:length] in factors and atom is not None and atom.metric:
            return _resolved(atom, factors[symbol[:length]])
    return None


def _resolved(atom: Atom, prefix: Fraction) -> Unit:
    if atom.value is None:
        return Unit(prefix, {atom.code: 1})
    if atom.arbitrary:
        return Unit(prefix, {atom.code.lower() if atom.code == "[IU]" else atom.code: 1})
    unit = parse(atom.unit)
    factor = atom.value * unit.factor * prefix
    if atom.special is None:
        return Unit(factor, unit.dimensions)
    return Unit(factor, unit.dimensions, _AFFINE.get(atom.special, Fraction(0)), (), atom.special)


def convert(value: Fraction, source: str, target: str) -> Fraction:
    """``value`` of ``source`` in ``target``, exactly.

    Raises:
        KnowledgeError: not UCUM, of different dimension, or on a scale that is not linear.
    """
    scale, offset = conversion(source, target)
    return value * scale + offset


def conversion(source: str, target: str) -> tuple[Fraction, Fraction]:
    """(scale, offset) of target = scale * source + offset; raises as ``convert``."""
    one, other = parse(source), parse(target)
    if dict(one.dimensions) != dict(other.dimensions):
        raise KnowledgeError(f"{source} and {target} measure different things.")
    for unit, text in ((one, source), (other, target)):
        if unit.special is not None and unit.special not in _AFFINE:
            raise KnowledgeError(f"{text} is on a scale that is not linear.")
    # base = factor * (value + offset) where the unit has its own zero
    one_zero, other_zero = (_zero(unit) for unit in (one, other))
    scale = one.factor / other.factor
    return scale, (one_zero - other_zero) / other.factor


def _zero(unit: Unit) -> Fraction:
    """The base value at the unit's zero: 273.15 K for Cel; 459.67 x 5/9 K for [degF]."""
    return unit.offset if unit.special == "Cel" else unit.offset * unit.factor
