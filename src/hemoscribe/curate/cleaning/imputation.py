"""Missing numbers filled for readers that cannot take them as they are: baseline models, no others.

Curated rows hold no invented number. What stands here fills a table on its way into a model that
needs whole rows, has learnt from the training side alone, and marks whatever it filled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

import numpy as np
import polars as pl

FILLED = "_filled"
_ITERATIONS = 20


class Imputation(Protocol):
    """Something that fills ``columns`` of a table."""

    def fill(self, table: pl.DataFrame) -> pl.DataFrame:
        """``table`` without gaps as far as it can, and ``<column>_filled``: true where it did."""
        ...


@dataclass(frozen=True, slots=True)
class Medians:
    """The median of a column among rows alike, by several ways to be alike, the narrowest first.

    Attributes:
        tables: for each way, the columns that are alike and the medians of ``columns``.
    """

    columns: tuple[str, ...]
    tables: tuple[tuple[tuple[str, ...], pl.DataFrame], ...] = field(repr=False)

    @classmethod
    def of(
        cls, training: pl.DataFrame, columns: Sequence[str], alike: Sequence[Sequence[str]]
    ) -> Self:
        """Learn from ``training``, and from nothing else.

        Args:
            alike: ways to be alike, such as ``[("sex", "age_band"), ()]``; ``()``: all rows.
        """
        medians = [pl.col(name).median() for name in columns]
        tables = []
        for names in alike:
            found = training.group_by(names).agg(medians) if names else training.select(medians)
            tables.append((tuple(names), found))
        return cls(tuple(columns), tuple(tables))

    def fill(self, table: pl.DataFrame) -> pl.DataFrame:
        """See ``Imputation``; what no row alike had stays missing."""
        filled = {name: table[name] for name in self.columns}
        for names, medians in self.tables:
            if names:
                found = table.select(names).join(
                    medians, on=names, how="left", nulls_equal=True, maintain_order="left"
                )
                filled = {name: column.fill_null(found[name]) for name, column in filled.items()}
            else:
                filled = {
                    name: column if value is None else column.fill_null(value)
                    for name, column in filled.items()
                    for value in [medians[name].item()]
                }
        return _marked(table, filled)


@dataclass(frozen=True, slots=True)
class Iterative:
    """Each column from the others, in turns: scikit-learn's IterativeImputer (Bayesian ridge)."""

    columns: tuple[str, ...]
    imputer: Any = field(repr=False)

    @classmethod
    def of(cls, training: pl.DataFrame, columns: Sequence[str]) -> Self:
        """Learn from ``training``, and from nothing else; a column without numbers becomes 0."""
        # Importing it is how scikit-learn asks to be told that this may change.
        from sklearn.experimental import enable_iterative_imputer  # noqa: F401
        from sklearn.impute import IterativeImputer

        imputer = IterativeImputer(
            max_iter=_ITERATIONS, random_state=1, tol=1e-2, keep_empty_features=True
        )
        imputer.fit(_array(training, columns))
        return cls(tuple(columns), imputer)

    def fill(self, table: pl.DataFrame) -> pl.DataFrame:
        """See ``Imputation``."""
        if table.is_empty():
            return _marked(table, {name: table[name] for name in self.columns})
        whole = self.imputer.transform(_array(table, self.columns))
        new = {name: pl.Series(whole[:, place]) for place, name in enumerate(self.columns)}
        return _marked(table, {name: table[name].fill_null(new[name]) for name in self.columns})


def _marked(table: pl.DataFrame, filled: dict[str, pl.Series]) -> pl.DataFrame:
    marks = [
        (table[name].is_null() & column.is_not_null()).alias(f"{name}{FILLED}")
        for name, column in filled.items()
    ]
    return table.with_columns(**filled).with_columns(marks)


def _array(table: pl.DataFrame, columns: Sequence[str]) -> np.ndarray[Any, np.dtype[np.float64]]:
    numbers = table.select(pl.col(columns).cast(pl.Float64).fill_null(float("nan")))
    return np.asarray(numbers.to_numpy(writable=True), dtype=np.float64)
