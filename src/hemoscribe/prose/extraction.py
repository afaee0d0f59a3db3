"""From words to claims: what a text says of numbers, directions and findings.

The reading is by words, not by grammar: phrases of the lexicon, the clause they stand in, and who
stands nearest to whom. It is made to read what the composer writes without fault, and what a
biologist or a small model writes well enough for a doubt to be raised where one is due.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from hemoscribe.prose.attachment import Item, attach, number_owner
from hemoscribe.prose.lexicon import Lexicon, Span, Token, lexicon, tokenize
from hemoscribe.prose.wording import families
from hemoscribe.records import Language

ClaimKind = Literal[
    "number", "direction", "finding", "mention", "group", "whole_normal", "critical"
]

_SEGMENT_ENDS = frozenset(".;!?")
_PUNCTUATION = {
    ",": "comma",
    ":": "colon",
    "(": "open",
    ")": "close",
    "[": "open",
    "]": "close",
    "/": "list",
    "=": "fillers",
}
_UNIT = re.compile(
    r"\s?(?:[x×]\s?)?(?P<unit>(?:"
    r"10\s?(?:\^|\*{1,2}|[Ee]|\()?\s?(?:\d{1,2}|[⁰¹²³⁴⁵⁶⁷⁸⁹]+)?\)?\s?/\s?[A-Za-zµμ]+[\d²³]?"
    r"|%(?:\s?\([^)]*\))?"
    r"|[A-Za-zµμ\[\]']+(?:\{[^}]*\})?(?:/[A-Za-zµμ0-9\[\]_.,²{}^*']*[A-Za-zµμ0-9²³\]}])+(?:\s?m[²2])?"
    r"|/100\s?(?:\{?WBC\}?|GB|leucocytes)?|/mm[3³]|/[uµμ]L"
    r"|(?:fL|fl|pg|mm\s?\[?Hg\]?|secs?|s|mm|ratio)\b)(?:\s(?:N|FEU|DDU)\b)?)"
)
_TIME = re.compile(
    r"\s?-?(?:(?:to|or|à|ou|-|–)\s?\d+\s?-?)?(?:min(?:utes?)?|h(?:ours?|eures?)?|days?|jours?|j|weeks?|semaines?|months?|mois)\b",
    re.IGNORECASE,
)
_BOUND_BEFORE = re.compile(
    r"(?:[<>≤≥]=?|\d\s?[-–—]|\b(?:limit\w*|ranges?|norm\w*|seuils?|thresholds?|under|over|below|above"
    r"|than|sup[ée]rieure?s?|inf[ée]rieure?s?|moins|plus|r[ée]f[ée]rence|between|entre|from|to|and|et|à))"
    r"\s*\(?(?:(?:of|de|à|at|is|est)\s)?\s*$",
    re.IGNORECASE,
)
_BOUND_AFTER = re.compile(r"\s?[-–—]\s?\d|\s(?:to|à|and|et)\s\d", re.IGNORECASE)
_ORDER_WORDS = frozenset(
    ("stage", "stade", "grade", "type", "classe", "class", "category", "categorie")
)
_STEPS = frozenset("123")
_COMPARATORS = frozenset("<>≤≥=")
_GROUPED = re.compile(r"\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?:[.,]\d+)?(?!\d)")


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing a text says.

    Args:
        kind: ``number`` (``values``, perhaps ``unit`` and ``analytes``), ``direction`` (of
            ``analytes`` or of a ``group``), ``finding`` (``finding``, ``grades`` that it may be),
            ``mention`` (an analyte named and no more), ``whole_normal`` (nothing is abnormal),
            ``critical`` (something is said to be critical).
        text: the words, as they stand.
        start, end: their place in the text.
        analytes: what the name may stand for; () when no analyte is named.
        values: the number, and its other reading where a mark may be for thousands or decimals.
        denied: it is said not to be so.
        hedged: it is asked, supposed or to be ruled out, not stated.
        critical: said of a value that is called critical.
        bound: a number that is said as a limit or as an end of a range.
    """

    kind: ClaimKind
    text: str
    start: int
    end: int
    analytes: tuple[str, ...] = ()
    group: str | None = None
    values: tuple[float, ...] = ()
    decimals: int = 0
    unit: str | None = None
    direction: str | None = None
    finding: str | None = None
    grades: tuple[str, ...] = ()
    denied: bool = False
    hedged: bool = False
    critical: bool = False
    bound: bool = False


@lru_cache(maxsize=2048)
def claims(text: str, language: Language) -> tuple[Claim, ...]:
    """The claims of a text, in no particular order of importance, from its beginning to its end."""
    words = lexicon(language)
    tokens = tokenize(text)
    spans = words.spans(tokens)
    found: list[Claim] = []
    for segment in _segments(text, tokens, spans, words.grade_words):
        _mark_polarity(segment)
        attach(segment, adjective_first=language == "en")
        found += _segment_claims(text, tokens, words, segment, language)
    return tuple(sorted(found, key=lambda claim: (claim.start, claim.end)))


def _segments(
    text: str, tokens: Sequence[Token], spans: Sequence[Span], grade_words: Container[str]
) -> Iterator[list[Item]]:
    """The items of each clause: between stops, line ends and words such as "but"."""
    starts = {span.first: span for span in spans}
    items: list[Item] = []
    place = 0
    unit_end = 0
    while place < len(tokens):
        token = tokens[place]
        if token.start < unit_end or token.raw in _COMPARATORS:  # the number's own unit or sign
            place += 1
            continue
        if place and "\n" in text[tokens[place - 1].end : token.start]:
            yield items
            items = []
        span = starts.get(place)
        named = not token.number or _is_of_a_name(text, token.end)
        if span is not None and (named or span.entry.kind == "finding"):
            if span.entry.kind == "breaks":
                yield items
                items = []
            else:
                items.append(
                    Item(
                        span.entry.kind,
                        token.start,
                        tokens[span.last].end,
                        span=span,
                        word=token.word,
                    )
                )
            place = span.last + 1
            continue
        if token.number:
            item, unit_end = _number_item(text, tokens, place)
            items.append(item)
        elif token.raw in _SEGMENT_ENDS:
            yield items
            items = []
        else:
            said = "grade" if token.word in grade_words else "other"
            kind = _PUNCTUATION.get(token.raw, said)
            items.append(Item(kind, token.start, token.end, word=token.word))
        place += 1
    yield items


def _is_of_a_name(text: str, end: int) -> bool:
    """Whether letters grow on to a number: "17-hydroxyprogesterone" begins with no result."""
    return text.startswith("-", end) and text[end + 1 : end + 2].isalpha()


def _number_item(text: str, tokens: Sequence[Token], place: int) -> tuple[Item, int]:
    token = tokens[place]
    raw, end = token.raw, token.end
    grouped = _GROUPED.match(text, token.start)
    values = list(_readings(raw))
    if grouped is not None and grouped.end() > end:
        values = list(_readings(re.sub(r"[ \u00a0\u202f]", "", grouped[0])))
        end = grouped.end()
    if text[max(token.start - 1, 0) : token.start] in ("-", "−") and (
        token.start < 2 or text[token.start - 2] in " (:"
    ):
        values = [-value for value in values]
    unit = _UNIT.match(text, end)
    time = _TIME.match(text, end)
    ordinal = place > 0 and tokens[place - 1].word in _ORDER_WORDS and raw in _STEPS
    timed = time is not None and (unit is None or unit.end() <= time.end())
    kind = "plain" if timed or ordinal else "number"
    stop = unit.end() if unit is not None and not timed else end
    return (
        Item(
            kind,
            token.start,
            stop,
            values=tuple(values),
            decimals=len(re.split("[.,]", raw)[-1]) if re.search("[.,]", raw) else 0,
            unit=unit["unit"] if unit is not None and not timed else None,
        ),
        stop,
    )


def _readings(raw: str) -> Iterator[float]:
    """The number as it stands, and without a mark that may part thousands."""
    marks = re.findall("[.,]", raw)
    if len(marks) <= 1:
        yield float(raw.replace(",", "."))
    if marks and re.fullmatch(r"[1-9]\d{0,2}(?:[.,]\d{3})+", raw):
        yield float(re.sub("[.,]", "", raw))
    if len(marks) > 1 and re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+[.,]\d+", raw):
        whole, _, fraction = re.sub(r"[.,](?=\d{3}[.,])", "", raw).replace(",", ".").partition(".")
        yield float(f"{whole}.{fraction}")


_STOPS_DENIAL = frozenset(("comma", "colon"))
_MAX_DENIED_GAP = 5
_SAID = frozenset(("finding", "direction", "whole_normal", "critical"))


def _mark_polarity(items: Sequence[Item]) -> None:
    """Which items of a clause are denied, and which are only supposed."""
    for place, item in enumerate(items):
        if item.kind == "negations":
            _deny(_forward(items, place))
        elif item.kind == "absent":
            _deny(_backward(items, place, stops=("comma", "colon")))
        elif item.kind == "doubts":
            for later in items[place + 1 :]:
                later.hedged = True
        elif item.kind == "doubtful":
            following = [one for one in items[place + 1 : place + 3] if one.kind != "fillers"]
            if following and following[0].kind == "finding":
                following[0].hedged = True
            else:
                _hedge(_backward(items, place, stops=("comma", "colon")))
        elif item.kind == "doubtful_list":
            _hedge(_backward(items, place, stops=("colon",)))


def _deny(items: Iterable[Item]) -> None:
    for item in items:
        item.denied = True


def _hedge(items: Iterable[Item]) -> None:
    for item in items:
        item.hedged = True


def _forward(items: Sequence[Item], place: int) -> Iterator[Item]:
    """What a denial reaches: up to a comma, a colon, "with", or too many words in between."""
    gap = 0
    for item in items[place + 1 :]:
        if item.kind in _STOPS_DENIAL or (item.kind == "list" and item.joins_other):
            return
        if item.kind in _SAID:
            gap = 0
            yield item
        elif item.kind in ("other", "plain", "number"):
            gap += 1
            if gap > _MAX_DENIED_GAP:
                return


def _backward(items: Sequence[Item], place: int, *, stops: Sequence[str]) -> Iterator[Item]:
    depth = 0
    for item in reversed(items[:place]):
        depth += {"close": 1, "open": -1}.get(item.kind, 0)
        if depth < 0 or (depth == 0 and item.kind in stops):
            return
        if depth == 0 and item.kind in _SAID:
            yield item


def _segment_claims(
    text: str,
    tokens: Sequence[Token],
    words: Lexicon,
    items: Sequence[Item],
    language: Language,
) -> Iterator[Claim]:
    critical_here = any(item.kind == "critical" and not item.denied for item in items)
    for place, item in enumerate(items):
        said = text[item.start : item.end]
        if item.kind == "number":
            owner = number_owner(items, place)
            yield Claim(
                "number",
                said,
                item.start,
                item.end,
                analytes=() if owner is None else _owned(owner),
                values=item.values,
                decimals=item.decimals,
                unit=item.unit,
                bound=_is_bound(text, item),
                critical=critical_here
                or (owner is not None and owner.owner is not None and owner.owner.is_critical),
            )
        elif item.kind in ("analyte", "group"):
            yield _named(text, item, critical_here)
        elif item.kind == "finding":
            assert item.span is not None
            yield Claim(
                "finding",
                said,
                item.start,
                item.end,
                finding=item.span.entry.values[0],
                grades=_grades(tokens, words, item.span, language),
                denied=item.denied,
                hedged=item.hedged,
            )
        elif item.kind in ("whole_normal", "critical"):
            yield Claim(
                "whole_normal" if item.kind == "whole_normal" else "critical",
                said,
                item.start,
                item.end,
                denied=item.denied,
                hedged=item.hedged,
            )


def _is_bound(text: str, item: Item) -> bool:
    """Whether the words beside a number make it a limit, or an end of a range."""
    return (
        _BOUND_BEFORE.search(text, max(0, item.start - 24), item.start) is not None
        or _BOUND_AFTER.match(text, item.end) is not None
    )


def _owned(owner: Item) -> tuple[str, ...]:
    """The analytes a number beside a name may belong to: a finding stands for its results."""
    if owner.kind == "analyte":
        return owner.values_of_span
    family = families().get(owner.values_of_span[0])
    return () if family is None else tuple(dict.fromkeys((*family.key, *family.low, *family.high)))


def _named(text: str, item: Item, critical_here: bool) -> Claim:
    """An analyte or a group, with what is said of it."""
    direction = item.owner
    analytes = item.values_of_span if item.kind == "analyte" else ()
    group = item.values_of_span[0] if item.kind == "group" else None
    if direction is None:
        return Claim(
            "mention",
            text[item.start : item.end],
            item.start,
            item.end,
            analytes=analytes,
            group=group,
            hedged=item.hedged,
            critical=critical_here,
        )
    start, end = min(item.start, direction.start), max(item.end, direction.end)
    between = text[start:end] if end - start <= 80 else text[item.start : item.end]
    return Claim(
        "direction",
        " ".join(between.split()),
        item.start,
        item.end,
        analytes=analytes,
        group=group,
        direction=direction.values_of_span[0],
        denied=direction.denied,
        hedged=direction.hedged or item.hedged,
        critical=critical_here or direction.is_critical,
    )


def _grades(
    tokens: Sequence[Token], words: Lexicon, span: Span, language: Language
) -> tuple[str, ...]:
    """The grades that the words in or beside a finding's name allow; () when none is said."""
    if span.graded:
        return span.graded
    before = tokens[span.first - 1].word if span.first else ""
    after = [token.word for token in tokens[span.last + 1 : span.last + 6]]
    if before in words.grade_words:
        return words.grade_words[before]
    if language == "fr" and after and after[0] in words.grade_words:
        return words.grade_words[after[0]]
    if before in _STEPS and span.first > 1 and tokens[span.first - 2].word in _ORDER_WORDS:
        return (before,)
    for word, number in pairwise(after):
        if word in _ORDER_WORDS and number in _STEPS:
            return (number,)
        if word not in (",", "of", "de", *_ORDER_WORDS):
            break
    return span.entry.grades
