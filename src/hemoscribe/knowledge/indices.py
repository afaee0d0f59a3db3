"""Derived indices: a formula with its source and its limits, and why one is not computed.

An index is stated for a report that has all of the results in ``asks`` (indices.yaml): a report
without insulin says nothing of HOMA-IR. Where one is asked for and cannot be computed, ``why_not``
gives the first reason that holds, in English; ``index_reason`` gives it in French.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

import polars as pl

from hemoscribe.errors import KnowledgeError
from hemoscribe.files import own_yaml
from hemoscribe.knowledge.formulas import Facts, Number, Truth, all_of, any_of, unless
from hemoscribe.knowledge.index_formulas import FORMULAS
from hemoscribe.knowledge.positions import partitions, positions
from hemoscribe.knowledge.repeated import rows_worst_first
from hemoscribe.knowledge.rule_words import measured, reported
from hemoscribe.knowledge.wide_frame import columns_read, wide
from hemoscribe.records import LANGUAGES, Index, Language

INDEX_SCHEMA: Final[Mapping[str, pl.DataType]] = {
    "report_id": pl.String(),
    "index": pl.String(),
    "value": pl.Float64(),
    "unit": pl.String(),
    "why_not": pl.String(),
}
NO_NUMBER = "not_computable"


@dataclass(frozen=True, slots=True)
class IndexDefinition:
    """What indices.yaml says of an index; ``asks`` and ``unless`` decide when it is stated."""

    id: str
    names: Mapping[str, str]
    unit: str
    formula: str
    limits: str
    source: tuple[str, ...]
    asks: tuple[tuple[str, ...], ...]
    unless: str | None


@dataclass(frozen=True, slots=True)
class CompiledIndex:
    """An index ready to be computed: stated where ``asked``, missing where an obstacle holds.

    ``reported``: whether the report holds all that is asked, be it read or not.
    """

    definition: IndexDefinition
    asked: Truth
    reported: Truth
    value: Number
    reasons: tuple[str, ...]
    obstacles: tuple[Truth, ...]

    @property
    def columns(self) -> frozenset[str]:
        """The facts it needs."""
        return self.value.columns.union(
            self.asked.columns,
            self.reported.columns,
            *(obstacle.columns for obstacle in self.obstacles),
        )

    def reason_code(self) -> pl.Expr:
        """0 where there is a value, else 1 + the place of the first reason that holds."""
        chain: Any = pl
        for code, obstacle in enumerate(self.obstacles, start=1):
            chain = chain.when(obstacle.expr).then(pl.lit(code, dtype=pl.UInt8))
        chain = chain.when(self.value.settled.is_null()).then(
            pl.lit(len(self.obstacles) + 1, dtype=pl.UInt8)
        )
        code_of: pl.Expr = chain.otherwise(pl.lit(0, dtype=pl.UInt8))
        return code_of

    def reason(self, facts: Facts) -> str | None:
        """Why there is no value in one report; None where there is one."""
        for reason, obstacle in zip(self.reasons, self.obstacles, strict=False):
            if obstacle.compute(facts):
                return reason
        return None if self.value.compute(facts) is not None else self.reasons[-1]


def _yaml() -> Mapping[str, Any]:
    path = resources.files("hemoscribe.knowledge") / "data" / "indices.yaml"
    loaded: Mapping[str, Any] = own_yaml(path.read_text(encoding="utf-8"))
    return loaded


@cache
def index_definitions() -> Mapping[str, IndexDefinition]:
    """Every index, in the order in which a reading states them."""
    return {
        name: IndexDefinition(
            id=name,
            names={language: entry[language] for language in LANGUAGES},
            unit=entry["unit"],
            formula=entry["formula"],
            limits=entry["limits"],
            source=tuple(entry["source"]),
            asks=tuple(tuple(part.split("|")) for part in entry["asks"]),
            unless=entry.get("unless"),
        )
        for name, entry in _yaml()["indices"].items()
    }


@cache
def _reasons() -> Mapping[str, Mapping[str, str]]:
    reasons: Mapping[str, Mapping[str, str]] = _yaml()["reasons"]
    return reasons


@cache
def compiled_indices() -> tuple[CompiledIndex, ...]:
    """The definitions with their formulas.

    Raises:
        KnowledgeError: an index without a formula, or a formula without a definition.
    """
    if set(index_definitions()) != set(FORMULAS):
        odd = sorted(set(index_definitions()) ^ set(FORMULAS))
        raise KnowledgeError(f"indices.yaml and index_formulas.py disagree on {', '.join(odd)}.")
    compiled = []
    for name, definition in index_definitions().items():
        formula = FORMULAS[name]
        asked, held = (
            all_of(*(any_of(*(has(a) for a in part)) for part in definition.asks))
            for has in (measured, reported)
        )
        asked = asked & formula.relevant
        held = held & unless(~formula.relevant)
        if definition.unless:
            better = ~measured(definition.unless)
            asked, held = asked & better, held & better
        reasons = (*(reason for reason, _ in formula.obstacles), NO_NUMBER)
        obstacles = tuple(obstacle for _, obstacle in formula.obstacles)
        compiled.append(CompiledIndex(definition, asked, held, formula.value(), reasons, obstacles))
    return tuple(compiled)


@cache
def index_columns() -> frozenset[str]:
    """The facts that the indices need."""
    return frozenset().union(*(index.columns for index in compiled_indices()))


def index_name(name: str, language: Language) -> str:
    """The name to print of an index."""
    return index_definitions()[name].names[language]


def reason_sentence(reason: str, language: Language) -> str:
    """The text of a reason such as ``missing:albumin``."""
    from hemoscribe.knowledge.analytes import analytes

    kind, _, analyte = reason.partition(":")
    text = _reasons()[kind][language]
    return text.format(analyte=analytes()[analyte].name(language)) if analyte else text


@cache
def _sentences() -> Mapping[str, str]:
    """English sentence to reason, for every reason there is."""
    all_reasons = {reason for index in compiled_indices() for reason in index.reasons}
    return {reason_sentence(reason, "en"): reason for reason in sorted(all_reasons)}


def index_reason(index: Index, language: Language) -> str | None:
    """``index.why_not`` in ``language``; None where there is a value."""
    if index.why_not is None or language == "en":
        return index.why_not
    return reason_sentence(_sentences()[index.why_not], language)


def reason_of(index: Index) -> str:
    """The reason that ``index.why_not`` words: a code such as ``no_sex`` or ``missing:albumin``."""
    return _sentences()[index.why_not or ""]


def add_indices(frame: pl.DataFrame) -> pl.DataFrame:
    """The wide frame with ``index:NAME`` (the value) and ``reason:NAME`` (0, or why not).

    ``lack:NAME``: null where the report holds what the index is made of, and there is no value.
    """
    compiled = compiled_indices()
    coded = frame.with_columns(
        pl.when(index.asked.expr).then(index.reason_code()).alias(f"reason:{index.definition.id}")
        for index in compiled
    )
    valued = coded.with_columns(
        pl.when(pl.col(f"reason:{index.definition.id}") == 0)
        .then(index.value.settled)
        .alias(f"index:{index.definition.id}")
        for index in compiled
    )
    return valued.with_columns(
        pl.when(~index.reported.expr | pl.col(f"index:{index.definition.id}").is_not_null())
        .then(pl.lit(value=False))
        .alias(f"lack:{index.definition.id}")
        for index in compiled
    )


def index_table(frame: pl.DataFrame) -> pl.DataFrame:
    """(report: row of the frame, index, value, unit, why_not) from a frame with its indices."""
    parts = []
    for place, index in enumerate(compiled_indices()):
        name = index.definition.id
        sentences = dict(
            enumerate([None, *(reason_sentence(reason, "en") for reason in index.reasons)])
        )
        reason = pl.col(f"reason:{name}")
        parts.append(
            frame.select(
                pl.int_range(pl.len(), dtype=pl.UInt32).alias("report"),
                pl.lit(place, dtype=pl.UInt32).alias("place"),
                pl.lit(name).alias("index"),
                pl.col(f"index:{name}").alias("value"),
                pl.lit(index.definition.unit).alias("unit"),
                reason.replace_strict(sentences, return_dtype=pl.String).alias("why_not"),
                reason.is_not_null().alias("stated"),
            )
            .filter("stated")
            .drop("stated")
        )
    return pl.concat(parts).sort("report", "place").drop("place")


def indices(rows: pl.DataFrame) -> pl.DataFrame:
    """The indices of every report.

    Args:
        rows: flagged rows (``flag``).

    Returns:
        report_id, index, value (null where it is not computed), unit, why_not (null where it is).
    """
    rows = columns_read(rows)
    where = positions(rows)
    rows = rows_worst_first(rows, where)
    parts = []
    for _, part, place in partitions(rows, where):
        stated = index_table(add_indices(wide(part, place, index_columns())))
        report_id = place.report_ids.gather(stated["report"]).alias("report_id")
        parts.append(stated.select(report_id, *list(INDEX_SCHEMA)[1:]))
    return pl.concat(parts)


def indices_of(facts: dict[str, Any], only: Collection[str] | None = None) -> list[Index]:
    """The indices of one report; adds ``index:NAME`` or ``lack:NAME`` to its facts.

    Args:
        only: the names of those that are asked for; all where None.
    """
    found = []
    for index in compiled_indices():
        if only is not None and index.definition.id not in only:
            continue
        if not index.reported.compute(facts):
            continue
        name, unit = index.definition.id, index.definition.unit
        if not index.asked.compute(facts):
            facts[f"lack:{name}"] = True
            continue
        reason = index.reason(facts)
        if reason is None:
            value = index.value.compute(facts)
            facts[f"index:{name}"] = value
            found.append(Index(name, value, unit))
        else:
            facts[f"lack:{name}"] = True
            found.append(Index(name, None, unit, _english()[reason]))
    return found


@cache
def _english() -> Mapping[str, str]:
    return {reason: sentence for sentence, reason in _sentences().items()}
