"""The one row schema, and the few shapes that stages hand to each other.

One row is one result. ``REPORTED`` is what a reader takes from a file, as text; ``Result`` is the
same row once knowledge has recognised its name and unit (``knowledge.recognise``). A row that
cannot become a ``Result`` is a ``Reject``: never dropped, never 0, never NaN.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any, Final, Literal

import dataframely as dy
import polars as pl

from hemoscribe import panel_input
from hemoscribe.errors import InputError
from hemoscribe.overlay_record import Decision, Overlay

Language = Literal["en", "fr"]
Sex = Literal["F", "M"]
LANGUAGES: tuple[Language, ...] = ("en", "fr")
SEXES = ("F", "M")
COMPARATORS = ("<", "<=", ">=", ">")
LABORATORY_FLAGS = ("LL", "L", "N", "H", "HH", "A", "AA", "?")
CRITICAL_FLAGS = ("LL", "HH", "AA")
"""The laboratory's flags that are an alarm; A is abnormal, and ? one that is not understood."""
FLAGS = ("LL", "L", "N", "H", "HH")
DIRECTIONS = ("low", "normal", "high")
TRACKS = ("bare", "raw", "assisted")
SPLITS = ("train", "validation", "test")
STATUSES = ("final", "corrected", "preliminary", "cancelled")
FOLDS = 5


class Result(dy.Schema):
    """One recognised result. Values and limits are in the analyte's canonical UCUM unit."""

    report_id = dy.String(nullable=False)
    patient_id = dy.String(nullable=False)
    laboratory = dy.String(nullable=True)
    collected_at = dy.Datetime(nullable=True, time_unit="us")
    sex = dy.String(nullable=True, check=lambda col: col.is_in(SEXES))
    age_years = dy.Float64(nullable=True, min=0.0, max=panel_input.MAX_AGE_YEARS)
    pregnant = dy.Bool(nullable=True)
    analyte = dy.String(nullable=False)
    loinc = dy.String(nullable=True)
    reported_name = dy.String(nullable=False)
    value = dy.Float64(nullable=False, allow_inf=False, allow_nan=False)
    comparator = dy.String(nullable=True, check=lambda col: col.is_in(COMPARATORS))
    unit = dy.String(nullable=False)
    unit_inferred = dy.Bool(nullable=False)
    reported_value = dy.String(nullable=False)
    reported_unit = dy.String(nullable=True)
    low = dy.Float64(nullable=True, allow_inf=False, allow_nan=False)
    high = dy.Float64(nullable=True, allow_inf=False, allow_nan=False)
    range_source = dy.String(
        nullable=True, check=lambda col: col.is_in(("laboratory", "knowledge"))
    )
    laboratory_flag = dy.String(nullable=True, check=lambda col: col.is_in(LABORATORY_FLAGS))
    comment = dy.String(nullable=True)
    status = dy.String(nullable=False, check=lambda col: col.is_in(STATUSES))
    specimen = dy.String(nullable=True)
    sample_id = dy.String(nullable=True)
    requested_at = dy.Datetime(nullable=True, time_unit="us")
    requester = dy.String(nullable=True)
    ward = dy.String(nullable=True)
    instrument = dy.String(nullable=True)
    method = dy.String(nullable=True)
    comment_author = dy.String(nullable=True)
    clinical_note = dy.String(nullable=True)


CARRIED = (
    *("specimen", "sample_id", "requested_at", "requester", "ward"),
    *("instrument", "method", "comment_author", "clinical_note"),
)
"""Columns of a row that no rule reads: as the laboratory stated them, null where it did not."""

ROW_SCHEMA = 2
"""The version of ``Result`` and ``Reject``: 1 (0.1.0) ended at ``status`` and ``reported_unit``."""


class CuratedResult(Result):
    """A row of a curated folder: the row schema plus its side of the split and its fold."""

    split = dy.String(nullable=False, check=lambda col: col.is_in(SPLITS))
    fold = dy.Int8(nullable=True, min=0, max=FOLDS - 1)


REPORTED: Mapping[str, pl.DataType] = {
    "report_id": pl.String(),  # null: one report per patient and time
    "patient_id": pl.String(),
    "laboratory": pl.String(),
    "collected_at": pl.Datetime("us"),
    "sex": pl.String(),
    "age_years": pl.Float64(),
    "pregnant": pl.Boolean(),
    "reported_name": pl.String(),
    "loinc": pl.String(),
    "reported_value": pl.String(),
    "reported_unit": pl.String(),
    "unit_inferred": pl.Boolean(),  # null: stated as it is
    "reported_low": pl.String(),
    "reported_high": pl.String(),
    "reported_flag": pl.String(),
    "comment": pl.String(),
    "status": pl.String(),  # null means final
    "specimen": pl.String(),  # as the laboratory words or codes it
    "sample_id": pl.String(),  # of the tube
    "requested_at": pl.Datetime("us"),
    "requester": pl.String(),  # who asked for the analyses
    "ward": pl.String(),  # for where
    "instrument": pl.String(),
    "method": pl.String(),
    "comment_author": pl.String(),
    "clinical_note": pl.String(),  # what the requester wrote of the patient
    "source": pl.String(),  # the file
    "place": pl.String(),  # line, segment or entry in it
}
"""Columns a reader produces, all nullable; ``knowledge.recognise`` takes them from there."""


def report_number() -> pl.Expr:
    """``report_id`` of reported rows; without one, the patient and the time are a report."""
    time = pl.col("collected_at").dt.strftime("%Y%m%dT%H%M%S").fill_null("undated")
    patient = pl.col("patient_id").fill_null("")
    return pl.coalesce("report_id", pl.concat_str(patient, time, separator="@"))


class RejectCode(StrEnum):
    """Why a row did not go on. The sentence beside each is in ``Reject.message``."""

    UNREADABLE = "unreadable"
    NO_VALUE = "no_value"
    NOT_A_NUMBER = "not_a_number"
    UNKNOWN_ANALYTE = "unknown_analyte"
    UNKNOWN_UNIT = "unknown_unit"
    WRONG_DIMENSION = "wrong_dimension"
    ARBITRARY_UNIT = "arbitrary_unit"
    IMPOSSIBLE_UNIT = "impossible_unit"
    IMPOSSIBLE_RANGE = "impossible_range"
    AMBIGUOUS_UNIT = "ambiguous_unit"
    IMPLAUSIBLE = "implausible"
    NO_PATIENT = "no_patient"
    DUPLICATE = "duplicate"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"
    PRELIMINARY = "preliminary"
    UNUSABLE_SAMPLE = "unusable_sample"
    OTHER_SPECIMEN = "other_specimen"
    UNKNOWN_SPECIMEN = "unknown_specimen"
    NEGATED = "negated"
    CONTRADICTION = "contradiction"
    MISSING_POLICY = "missing_policy"
    SMALL_CELL = "small_cell"
    SAME_PANEL = "same_panel"
    OTHER_SIDE = "other_side"
    INVALID = "invalid"


class Reject(dy.Schema):
    """What did not go on, where it stood and why; ``results``: how many results it stands for.

    ``patient_id`` and ``report_id`` are those of the rows of the same report; null where nothing
    tells whose it was.
    """

    source = dy.String(nullable=False)
    place = dy.String(nullable=False)
    code = dy.String(nullable=False, check=lambda col: col.is_in([str(c) for c in RejectCode]))
    message = dy.String(nullable=False)
    results = dy.UInt32(nullable=False)
    reported_name = dy.String(nullable=True)
    reported_value = dy.String(nullable=True)
    reported_unit = dy.String(nullable=True)
    reported_flag = dy.String(nullable=True)
    patient_id = dy.String(nullable=True)
    report_id = dy.String(nullable=True)


STOOD_FOR = frozenset((RejectCode.DUPLICATE, RejectCode.SUPERSEDED))
"""Codes of rejects for which another result of the same report stands."""


NO_ALARM = frozenset(
    (*STOOD_FOR, RejectCode.CANCELLED, RejectCode.OTHER_SPECIMEN, RejectCode.NEGATED)
)
"""Codes of rejects that are no alarm, whatever their flag: no result of this blood stands there."""
ALARM = frozenset((RejectCode.IMPOSSIBLE_RANGE,))
"""Codes of rejects that are an alarm, flag or none: the value is critical by our limits."""


def no_rejects() -> pl.DataFrame:
    """An empty frame of rejects."""
    return _empty(Reject).clone()


def no_results() -> pl.DataFrame:
    """An empty frame of results."""
    return _empty(Result).clone()


@cache
def _empty(schema: type[dy.Schema]) -> pl.DataFrame:
    """Made once: it takes two milliseconds, and a small file asks for five."""
    return schema.create_empty()


@dataclass(frozen=True, slots=True)
class ReportedResult:
    """One result as a person or a file states it: text or number, in the laboratory's own unit."""

    analyte: str
    value: str
    unit: str | None = None
    low: str | None = None
    high: str | None = None
    flag: str | None = None
    loinc: str | None = None
    comment: str | None = None
    status: str | None = None
    specimen: str | None = None
    sample_id: str | None = None
    instrument: str | None = None
    method: str | None = None
    comment_author: str | None = None
    unit_inferred: bool = False


UNKNOWN_PATIENT = "patient"
"""The number of a patient whom nobody named."""
UNKNOWN_REPORT = "report"
"""The number of a report that nobody named."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One report to be read: a patient's results of one time, and what the requester wrote.

    ``context`` is what the requester wrote of the patient: the row's ``clinical_note``.

    ``rejects`` is what a reader refused of it (rows of ``Reject``, the reader's own reason in
    each): listed in every document, and never read again. ``notices`` is what the reader said.
    """

    results: tuple[ReportedResult, ...]
    sex: Sex | None = None
    age_years: float | None = None
    pregnant: bool | None = None
    collected_at: datetime | None = None
    report_id: str = UNKNOWN_REPORT
    patient_id: str = UNKNOWN_PATIENT
    laboratory: str | None = None
    context: str = ""
    rejects: tuple[Mapping[str, Any], ...] = ()
    notices: tuple[str, ...] = ()
    requested_at: datetime | None = None
    requester: str | None = None
    ward: str | None = None

    @classmethod
    def of(
        cls,
        results: Iterable[Mapping[str, Any] | Sequence[Any] | ReportedResult],
        *,
        sex: str | None = None,
        age: float | Decimal | str | None = None,
        pregnant: bool | None = None,
        collected_at: date | str | None = None,
        report_id: str | None = None,
        patient_id: str | None = None,
        laboratory: str | None = None,
        context: str = "",
        requested_at: date | str | None = None,
        requester: str | None = None,
        ward: str | None = None,
        rejects: Iterable[Mapping[str, Any]] = (),
        notices: Iterable[str] = (),
    ) -> Panel:
        """A panel from what a person or a program states, checked.

        Args:
            results: each a mapping with the keys of ``ReportedResult`` (``analyte`` and ``value``
                at least; numbers as numbers of any kind, or text), or the same in order.
            sex: F or M, or a word for it in English or French; None where it is not known.
            age: years.
            collected_at, requested_at: a time, a day (its midnight) or ISO 8601 text, of 1900 to
                2200; a zone is left off, as the readers do.
            rejects: what could not be read: listed in the document, never read. Each a mapping with
                ``reported_name``, and what is known of ``reported_value``, ``reported_unit``,
                ``reported_flag``, ``message`` (why), ``code`` (a ``RejectCode``) and ``place``.
            notices: what is to be said of the report, in sentences.

        Raises:
            InputError: something impossible, named in one sentence.
        """
        stated = panel_input.list_of(results, "results")
        refused = panel_input.list_of(rejects, "rejects")
        if not stated and not refused:
            raise InputError("results: state at least one, or in `rejects` what could not be read.")
        return cls(
            results=tuple(_stated_result(one, place) for place, one in enumerate(stated, 1)),
            sex=panel_input.sex_of(sex),
            age_years=panel_input.age_of(age),
            pregnant=panel_input.pregnant_of(pregnant),
            collected_at=panel_input.time_of(collected_at),
            report_id=panel_input.text_of(report_id, "report_id") or UNKNOWN_REPORT,
            patient_id=panel_input.text_of(patient_id, "patient_id") or UNKNOWN_PATIENT,
            laboratory=panel_input.text_of(laboratory, "laboratory"),
            context=panel_input.text_of(context, "context") or "",
            requested_at=panel_input.time_of(requested_at, "requested_at"),
            requester=panel_input.text_of(requester, "requester"),
            ward=panel_input.text_of(ward, "ward"),
            rejects=tuple(
                panel_input.refusal_of(one, place, [*RejectCode])
                for place, one in enumerate(refused, 1)
            ),
            notices=panel_input.texts_of(notices, "notices"),
        )


def _stated_result(
    one: Mapping[str, Any] | Sequence[Any] | ReportedResult, place: int
) -> ReportedResult:
    names = [field.name for field in fields(ReportedResult)]
    stated = asdict(one) if isinstance(one, ReportedResult) else one
    given = panel_input.parts_of(stated, place, names)
    name = panel_input.text_of(given["analyte"], f"result {place}, analyte") or ""
    numbers = {key: panel_input.number_of(given.get(key), name) for key in ("value", "low", "high")}
    panel_input.check_limits(numbers["low"], numbers["high"], name)
    texts = {
        key: panel_input.text_of(given.get(key), f"{panel_input.cut(name)}, {key}")
        for key in names
        if key not in (*numbers, "unit_inferred")
    }
    inferred = panel_input.truth_of(
        given.get("unit_inferred"), f"{panel_input.cut(name)}, unit_inferred"
    )
    return ReportedResult(**{**texts, **numbers}, unit_inferred=bool(inferred))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class FlaggedResult:
    """One result read by the rules. ``value``, ``low`` and ``high`` are in ``unit`` (canonical).

    ``flag`` is LL, L, N, H or HH; None where neither the laboratory nor knowledge has a range.
    ``range_source``: laboratory, knowledge, or completed, where one of two limits is ours.
    ``printed_low`` and ``printed_high``: what the laboratory printed, also where it was refused, as
    it cannot be of this result (``range_refused``).
    """

    analyte: str
    reported_name: str
    loinc: str | None
    value: float
    comparator: str | None
    unit: str
    low: float | None
    high: float | None
    range_source: str | None
    flag: str | None
    critical: bool
    reported_value: str
    reported_unit: str | None
    laboratory_flag: str | None = None
    comment: str | None = None
    unit_inferred: bool = False
    printed_low: float | None = None
    printed_high: float | None = None
    range_refused: bool = False

    @property
    def direction(self) -> str | None:
        """low, normal or high; None without a range."""
        if self.flag is None:
            return None
        return {"L": "low", "N": "normal", "H": "high"}[self.flag[0]]

    @property
    def stated_critical(self) -> bool:
        """Whether the laboratory itself flags it as critical."""
        return self.laboratory_flag in CRITICAL_FLAGS

    @property
    def flagged_apart(self) -> bool:
        """Whether the laboratory flags it and the rules do not, or flags it the other way."""
        flag = self.laboratory_flag
        if flag in (None, "N"):
            return False
        return self.direction in (None, "normal") or self.flagged_against

    @property
    def flagged_against(self) -> bool:
        """Whether the laboratory's flag says low of a high value, or high of a low one."""
        said = (self.laboratory_flag or "")[:1]
        return (self.direction, said) in (("low", "H"), ("high", "L"))


_SAME, _NEAR = 0.01, 0.05
"""Shares of a value: two results of one analyte that differ by less are one, or near each other."""


def differ(one: FlaggedResult, other: FlaggedResult) -> bool:
    """Whether two results of one analyte differ by more than rounding, a unit or two analyzers do.

    One that is printed as a bound differs from one that it leaves out.
    """
    gap, larger = abs(one.value - other.value), max(abs(one.value), abs(other.value))
    if gap <= _SAME * larger:
        return False
    bounds = [(a.comparator or "")[:1] for a in (one, other)]
    if any(bounds):
        upper, lower = (one, other) if one.value > other.value else (other, one)
        below, above = (lower.comparator or "")[:1], (upper.comparator or "")[:1]
        return below != ">" and above != "<"
    wide = one.low is not None and one.high is not None and gap > (one.high - one.low) / 2
    return wide or gap > _NEAR * larger or one.direction != other.direction


@dataclass(frozen=True, slots=True)
class EarlierResult:
    """A result of an earlier report of the patient: which report, and when it was collected."""

    result: FlaggedResult
    report_id: str
    collected_at: datetime
    laboratory: str | None = None
    pregnant: bool | None = None

    @property
    def report(self) -> tuple[str, datetime]:
        """Which report it is of: those without a number of their own differ by their time."""
        return self.report_id, self.collected_at


URGENCY_HOURS: Final = (None, 168, 24, 1)
"""Within how many hours somebody should act, by urgency: routine, this week, today, now."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A pattern the rules recognise: its id, the results it rests on, its grade.

    ``evidence`` names results of the report itself; ``since`` are the earlier ones it rests on.
    ``severity`` (0 to 499, ``knowledge.findings.severity``) says which is told first.
    """

    id: str
    grade: str | None
    evidence: tuple[str, ...]
    severity: int
    since: tuple[EarlierResult, ...] = ()

    @property
    def urgency(self) -> int:
        """0 routine, 1 this week, 2 today, 3 now: the hundred of the severity."""
        return max(self.severity // 100 - 1, 0)

    @property
    def hours(self) -> int | None:
        """Within how many hours somebody should act; None where nothing presses."""
        return URGENCY_HOURS[self.urgency]


@dataclass(frozen=True, slots=True)
class Index:
    """A derived index (eGFR, anion gap...): either ``value`` or ``why_not`` is None."""

    id: str
    value: float | None
    unit: str
    why_not: str | None = None


@dataclass(frozen=True, slots=True)
class Overruling:
    """What the laboratory's overlay did in one report: its entries, and the findings it silenced.

    ``overlay`` holds the entries that were of any consequence, under the digest of the whole.
    """

    overlay: Overlay
    decisions: tuple[Decision, ...] = ()
    silenced: tuple[Finding, ...] = ()


TIMED: Mapping[str, str] = {"bilirubin_line": "bilirubin_total", "paracetamol_line": "paracetamol"}
"""The indices that are a limit at the time of the sample, each with the analyte it is of."""


CRITICAL_FOR: Final = timedelta(days=7)
"""How long an earlier critical value is told beside one that is not."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The facts of one report, all by rules: what every text is checked against."""

    panel: Panel
    results: tuple[FlaggedResult, ...]
    findings: tuple[Finding, ...]
    indices: tuple[Index, ...]
    rejects: tuple[Mapping[str, Any], ...] = ()
    earlier: tuple[Panel, ...] = ()  # the patient's reports before this one, that it rests on
    before: tuple[EarlierResult, ...] = ()  # the results of ``earlier``, the oldest first
    overruling: Overruling | None = None  # where the laboratory's own overlay was read with it

    @property
    def unread(self) -> tuple[Mapping[str, Any], ...]:
        """The rejects that no other result of the report stands for."""
        return tuple(one for one in self.rejects if one["code"] not in STOOD_FOR)

    @property
    def unread_critical(self) -> tuple[Mapping[str, Any], ...]:
        """What could not be understood and the laboratory itself flags as critical (LL, HH)."""
        return tuple(one for one in self.unread if one.get("critical"))

    @property
    def flagged_apart(self) -> tuple[FlaggedResult, ...]:
        """The results that the laboratory flags and the rules do not, or flags the other way."""
        return tuple(one for one in self.results if one.flagged_apart)

    @property
    def stated_critical(self) -> tuple[FlaggedResult, ...]:
        """The results that were read and that the laboratory itself flags as critical."""
        return tuple(one for one in self.results if one.stated_critical)

    @property
    def repeated(self) -> tuple[tuple[FlaggedResult, ...], ...]:
        """The results of each analyte that the report holds more than once, the worst first."""
        if len({one.analyte for one in self.results}) == len(self.results):
            return ()
        by_analyte: dict[str, list[FlaggedResult]] = {}
        for one in self.results:
            by_analyte.setdefault(one.analyte, []).append(one)
        return tuple(tuple(several) for several in by_analyte.values() if len(several) > 1)

    @property
    def differing(self) -> tuple[tuple[FlaggedResult, ...], ...]:
        """Of ``repeated`` those of which one differs from the worst, each with those that do."""
        found = []
        for worst, *others in self.repeated:
            apart = [one for one in others if differ(worst, one)]
            if apart:
                found.append((worst, *apart))
        return tuple(found)

    @property
    def counting(self) -> tuple[FlaggedResult, ...]:
        """The results that count: of each analyte one, the worst."""
        repeated = self.repeated
        if not repeated:
            return self.results
        left_out = {id(one) for _, *others in repeated for one in others}
        return tuple(one for one in self.results if id(one) not in left_out)

    @property
    def was_critical(self) -> tuple[tuple[EarlierResult, FlaggedResult], ...]:
        """Results critical within the last week and on that side no longer, each with today's."""
        now = self.panel.collected_at
        first: dict[str, FlaggedResult] = {}
        for one in self.results:
            first.setdefault(one.analyte, one)
        recent = {
            one.result.analyte: one
            for one in self.before
            if one.result.critical and now is not None and now - one.collected_at <= CRITICAL_FOR
        }
        return tuple(
            (one, first[name])
            for name, one in recent.items()
            if name in first and first[name].direction != one.result.direction
        )

    @property
    def unplaced(self) -> tuple[Index, ...]:
        """The limits that move with time and could not be told: no result is within such a one."""
        return tuple(one for one in self.indices if one.id in TIMED and one.value is None)

    @property
    def whole(self) -> bool:
        """Whether the report may be called normal or abnormal as a whole.

        Not so where anything was refused or unread, has no range, is flagged by the laboratory
        where the rules see nothing or by a flag that is not understood, has a printed range that
        cannot be, is critical within its range, differs from another of the same analyte, or could
        not be held against its limit.
        """
        return (
            bool(self.results)
            and not self.rejects
            and not self.flagged_apart
            and not self.unplaced
            and not any(one.critical and one.direction == "normal" for one in self.results)
            and not any(one.range_refused or one.laboratory_flag == "?" for one in self.results)
            and not self.differing
            and all(one.flag is not None for one in self.results)
        )

    @property
    def abnormal(self) -> tuple[FlaggedResult, ...]:
        """The results outside their range, in the report's order."""
        return tuple(r for r in self.results if r.direction in ("low", "high"))


@dataclass(frozen=True, slots=True)
class Check:
    """One check of a text or of the model's reading against the facts."""

    code: str
    ok: bool
    message: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a reader sees: the facts, the words, and how far the two agree."""

    reading: Reading
    language: Language
    interpretation: str
    follow_up: str
    written_by: Literal["model", "composer"]
    checks: tuple[Check, ...]
    model: str
    engine: str
    seconds: float
    probabilities: tuple[Mapping[str, float] | None, ...] = field(default=())
    draft: str = ""  # what the model wrote, when it was withheld

    @property
    def text(self) -> str:
        """Interpretation and follow-up, as a reader sees them."""
        return f"{self.interpretation}\n{self.follow_up}"
