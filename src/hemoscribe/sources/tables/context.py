"""What the columns beside a result say, the same for long and wide files: who, when, where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from hemoscribe.errors import SourceError
from hemoscribe.records import CARRIED, REPORTED
from hemoscribe.sources.batches import Notices
from hemoscribe.sources.dates import (
    ContradictoryDates,
    decide_order,
    is_ambiguous,
    parse_dates,
)
from hemoscribe.sources.mapping import DateOrder, Mapping
from hemoscribe.sources.patients import ages_at, ages_years, pregnancies, sexes
from hemoscribe.sources.tables.collection_times import counted, moments
from hemoscribe.sources.tables.delimited import LINE
from hemoscribe.sources.tables.free_columns import FreeColumns
from hemoscribe.sources.tables.headers import Headers, fold
from hemoscribe.sources.tables.title_lines import Titles
from hemoscribe.sources.tables.validations import validations
from hemoscribe.sources.tables.withdrawn_states import (
    CANCELLED,
    stated_states,
    withdrawals,
    withdrawn_words,
)

FUTURE_YEARS = 5  # a two-digit year of collection is at most this far ahead
_ORDER_REMEDY = "Say `dates: day_first` or `dates: month_first` in a file given with --mapping."
_FRENCH = {
    *("sexe", "prelevement", "jour", "heure", "naissance", "resultat", "valeur", "unite", "unites"),
    *("analyse", "examen", "libelle", "dossier", "commentaire", "laboratoire", "statut", "ipp"),
    *("ans", "borne", "norme", "valeurs", "ne", "nee", "preleve", "demande", "nip", "unt", "prel"),
    *("ddn", "lib", "dnaiss"),
}
_OF_A_FILE = ("collected_at", "laboratory")
"""What a line above the header says of all patients of a table, too."""
_PRELIMINARY = "preliminary"
_UNDERSTOOD: dict[str, type[pl.DataType]] = {
    "sex": pl.String,
    "age": pl.Float64,
    "pregnant": pl.Boolean,
    "validated": pl.Boolean,
}
"""What a text of each of these columns becomes."""


@dataclass
class Surroundings:
    """Reads the columns that are no result. The order of dates is decided on the first block."""

    name: str
    headers: Headers
    mapping: Mapping
    notices: Notices
    titles: Titles = field(default_factory=Titles)
    free: FreeColumns = field(default_factory=FreeColumns)
    orders: dict[str, DateOrder | None] | None = None

    def __post_init__(self) -> None:
        stated = dict(self.titles.texts)
        if "patient_id" in self.headers.columns or self.mapping.patient == "line":
            stated = {name: text for name, text in stated.items() if name in _OF_A_FILE}
        if "collected_day" in self.headers.columns:
            stated.pop("collected_at", None)
        self._above = stated

    @property
    def french(self) -> bool:
        """Whether the header is in French, or a line above it."""
        names = (*self.headers.names, *self.titles.lines)
        return any(_FRENCH & set(fold(name).split()) for name in names)

    def column(self, frame: pl.DataFrame, name: str) -> pl.Series:
        """A column by our own name; what stands above the table, or null, where it has none."""
        position = self.headers.columns.get(name)
        if position is None and name in self._above:
            return pl.repeat(self._above[name], frame.height, dtype=pl.String, eager=True).alias(
                name
            )
        if position is None:
            return pl.repeat(None, frame.height, dtype=pl.String, eager=True).alias(name)
        return frame[f"c{position}"].alias(name)

    def read(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Who, when and where: the columns of ``REPORTED`` that are the same for a whole report.

        Raises:
            SourceError: dates that contradict each other, or whose order matters and is unknown.
        """
        collected_text, born_text = self._collected(frame), self.column(frame, "birth_date")
        counts = self.mapping.times is not None
        patient = self._patient(frame)
        if self.orders is None:
            self.orders = {
                "collected_at": None if counts else self._order(collected_text, patient),
                "birth_date": self._order(born_text, None),
            }
            self.orders["requested_at"] = self.orders["collected_at"]
        this_year = date.today().year
        if self.mapping.times is None:
            collected = self._dates("collected_at", collected_text, this_year + FUTURE_YEARS)
        else:
            collected = self._counted(frame, collected_text, this_year + FUTURE_YEARS)
        born = self._dates("birth_date", born_text, this_year)
        laboratory = self.column(frame, "laboratory")
        if self.mapping.laboratory is not None:
            laboratory = laboratory.fill_null(self.mapping.laboratory)
        return pl.DataFrame(
            {
                "patient_id": patient,
                "report_id": self._report(frame, patient, collected_text),
                "collected_at": collected,
                "sex": self._understood("sex", frame, lambda t: sexes(t, self.mapping.sexes)),
                "age_years": self._age(frame, collected, born),
                "pregnant": self._understood("pregnant", frame, pregnancies),
                "laboratory": laboratory,
                "comment": self.column(frame, "comment"),
                "status": self._status(frame),
                **{name: self._carried(frame, name) for name in self._stated},
                **self._fluids(frame),
            }
        )

    @property
    def _stated(self) -> list[str]:
        """The columns that no rule reads and that the file has."""
        return [name for name in CARRIED if name in self.headers.columns]

    def _fluids(self, frame: pl.DataFrame) -> dict[str, pl.Series]:
        """The specimen of lines where a free column names another fluid, whatever they state."""
        named = self.free.fluid(frame)
        if named is None:
            return {}
        return {"specimen": named.fill_null(self.column(frame, "specimen")).alias("specimen")}

    def _status(self, frame: pl.DataFrame) -> pl.Series:
        """The state that the file prints; without one, what is not validated is preliminary.

        What a column of withdrawals, or a word in a free column, withdraws is cancelled.
        """
        status = stated_states(self.column(frame, "status"))
        if "validated" in self.headers.columns:
            texts = self.column(frame, "validated")
            validated = self._understood("validated", frame, validations)
            not_yet = pl.when(~pl.lit(validated)).then(pl.lit(_PRELIMINARY))
            status = pl.select(
                pl.coalesce(pl.lit(withdrawn_words(texts)), pl.lit(status), not_yet)
            ).to_series()
        if "withdrawn" in self.headers.columns:
            status = withdrawals(self.column(frame, "withdrawn")).fill_null(status)
        if (withdrawn := self.free.withdrawn(frame)) is not None:
            status = status.set(withdrawn, CANCELLED)
        return status.alias("status")

    def _carried(self, frame: pl.DataFrame, name: str) -> pl.Series:
        texts = self.column(frame, name)
        if REPORTED[name] == pl.String:
            return texts
        latest = date.today().year + FUTURE_YEARS
        return self._dates(name, texts, latest)

    def _patient(self, frame: pl.DataFrame) -> pl.Series:
        if self.mapping.patient == "line":
            return frame.select(pl.format("line {}", pl.col(LINE)).alias("patient_id")).to_series()
        return self.column(frame, "patient_id")

    def _report(self, frame: pl.DataFrame, patient: pl.Series, when: pl.Series) -> pl.Series:
        """The file's report id; without one, the patient and the time as the file prints it."""
        made = pl.concat_str(pl.lit(patient), pl.lit(when), separator=" ", ignore_nulls=True)
        known = pl.when(pl.lit(patient).is_not_null()).then(made)
        return frame.select(
            pl.coalesce(pl.lit(self.column(frame, "report_id")), known).alias("report_id")
        ).to_series()

    def _collected(self, frame: pl.DataFrame) -> pl.Series:
        """When the sample was taken, as printed: one column, or a day and a time."""
        day, time = self.column(frame, "collected_day"), self.column(frame, "collected_time")
        has_whole = "collected_at" in self.headers.columns or "collected_at" in self._above
        main = self.column(frame, "collected_at") if has_whole else day
        moment, differs = moments(main, time)
        if differs.any():
            row = differs.arg_max() or 0
            self.notices.say(
                f"{self.name}: the columns of the date and of the time contradict each other in "
                f"{differs.sum():,} lines ({main[row]!r}, {time[row]!r}); the date's own is read."
            )
        return moment.alias("collected_at")

    def _order(self, texts: pl.Series, patient: pl.Series | None) -> DateOrder | None:
        if self.mapping.dates is not None:
            return self.mapping.dates
        if texts.null_count() == len(texts):
            return "day_first" if self.french else None
        try:
            order = decide_order(texts, french=self.french)
        except ContradictoryDates as error:
            raise SourceError(
                self.name,
                f"the dates of a column contradict each other: {error}",
                remedy="Export the dates as YYYY-MM-DD.",
            ) from error
        unclear = is_ambiguous(texts)
        if order is not None or not unclear.any():
            return order
        example = texts.filter(unclear)[0]
        if patient is None or _several_dates_of_one(patient, texts):
            raise SourceError(
                self.name,
                f"{example!r} could be day-first or month-first, and nothing in the column decides",
                remedy=_ORDER_REMEDY,
            )
        self.notices.say(
            f"{self.name}: {example!r} could be day-first or month-first, so dates like it are "
            f"left out. {_ORDER_REMEDY}"
        )
        return None

    def _dates(self, name: str, texts: pl.Series, latest_year: int) -> pl.Series:
        orders = self.orders or {}
        order = orders.get(name)
        if texts.null_count() == len(texts):
            return texts.cast(pl.Datetime("us"))
        dates = parse_dates(texts, order, latest_year=latest_year)
        unread = texts.filter(texts.is_not_null() & dates.is_null())
        if order is None and len(unread):
            unread = unread.filter(~is_ambiguous(unread))
        if len(unread):
            self.notices.say(
                f"{self.name}: {unread[0]!r} is not a date that can be read; "
                "the results are read without it."
            )
        return dates

    def _counted(self, frame: pl.DataFrame, texts: pl.Series, latest_year: int) -> pl.Series:
        """Times that count from an origin (``times:`` of a mapping).

        Raises:
            SourceError: the origin is no date and no column.
        """
        assert self.mapping.times is not None
        origin = self.mapping.times.origin
        if origin in self.headers.names:
            stated = frame[f"c{self.headers.names.index(origin)}"]
            start = parse_dates(stated, self._order(stated, None), latest_year=latest_year)
        else:
            start = parse_dates(pl.Series([origin]), "day_first", latest_year=latest_year)
            if start[0] is None:
                raise SourceError(
                    self.name,
                    f"the origin of times, {origin!r}, is no date and no column of the header",
                    remedy="Write `times: {origin: 2000-01-01}` or a column in the mapping file.",
                )
        times, unread = counted(texts, self.mapping.times.offset, start)
        if unread is not None:
            self.notices.say(
                f"{self.name}: {unread!r} is no count of {self.mapping.times.offset}; "
                "the results are read without a time."
            )
        return times

    def _understood(
        self, name: str, frame: pl.DataFrame, convert: Callable[[pl.Series], pl.Series]
    ) -> pl.Series:
        texts = self.column(frame, name)
        if texts.null_count() == len(texts):
            return pl.repeat(None, len(texts), dtype=_UNDERSTOOD[name], eager=True)
        known = convert(texts)
        unread = texts.filter(texts.is_not_null() & known.is_null())
        if len(unread):
            self.notices.say(
                f"{self.name}: {name} {unread[0]!r} is not understood and left unknown."
            )
        return known

    def _age(self, frame: pl.DataFrame, collected: pl.Series, born: pl.Series) -> pl.Series:
        printed = self._understood("age", frame, ages_years)
        return (
            printed
            if born.null_count() == len(born)
            else printed.fill_null(ages_at(collected, born))
        )


def _several_dates_of_one(patient: pl.Series, texts: pl.Series) -> bool:
    """Whether some patient has two dates, so that their order counts."""
    frame = pl.DataFrame({"patient": patient, "text": texts.str.slice(0, 10)})
    return bool((frame.group_by("patient").agg(pl.col("text").n_unique() > 1))["text"].any())
