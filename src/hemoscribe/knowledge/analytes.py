"""The analytes we know: names, codes, units, limits and ranges, from data/analytes/*.yaml."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

import yaml

from hemoscribe.errors import KnowledgeError
from hemoscribe.files import own_yaml
from hemoscribe.knowledge.conversions import conversion
from hemoscribe.panel_input import MAX_AGE_YEARS
from hemoscribe.records import Language, Sex

GROUPS = (
    "blood_count",
    "electrolytes",
    "renal",
    "liver",
    "proteins",
    "lipids",
    "glucose",
    "iron",
    "vitamins",
    "inflammation",
    "thyroid",
    "hormones",
    "coagulation",
    "cardiac",
    "tumour_markers",
    "blood_gas",
    "drugs",
)
_DAYS_PER_YEAR = 365.25
_MONTHS_PER_YEAR = 12
_KEYS = frozenset(
    (
        *("en", "fr", "read", "qualifiers", "shares", "narrows", "loinc", "loinc_with_unit"),
        *("unit", "units", "aliases", "decimals"),
        *("molar_mass", "charge", "osmotic", "conversions", "bases"),
        *("plausible", "critical", "critical_ages", "ranges", "of_sex", "note"),
    )
)
_CRITICAL_KEYS = frozenset(("age", "low", "high", "unit", "source"))
_RANGE_KEYS = frozenset(("sex", "age", "pregnant", "low", "high", "unit", "source", "kind", "note"))


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a number was published."""

    id: str
    title: str
    authors: str
    published: str  # journal, volume and pages, or edition and publisher
    year: int
    doi: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Range:
    """Limits in the canonical unit for one sex and age; ``age_high_years`` is not included.

    ``kind`` is ``reference`` (95 % of healthy people) or ``decision`` (a limit set by a guideline).
    """

    sex: Sex | None
    age_low_years: float
    age_high_years: float
    pregnant: bool | None
    low: float | None
    high: float | None
    source: str
    kind: str = "reference"
    note: str = ""


@dataclass(frozen=True, slots=True)
class CriticalLimits:
    """Critical limits, canonical, of an age other than the adult's; the upper age is not in it."""

    age_low_years: float
    age_high_years: float
    low: float | None
    high: float | None
    source: str


@dataclass(frozen=True, slots=True)
class OwnConversion:
    """An analyte's own equation: canonical = scale * reported + offset."""

    unit: str
    scale: float
    offset: float
    source: str


@dataclass(frozen=True, slots=True)
class Basis:
    """Another mass that stands for the analyte: urea reported as the nitrogen it holds."""

    annotation: str
    molar_mass_g_per_mol: float
    names: tuple[str, ...]
    loinc: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Analyte:
    """One measured quantity of blood. Limits and ranges are in ``unit``, canonical UCUM."""

    id: str
    group: str
    names: Mapping[Language, tuple[str, ...]]
    loinc: tuple[str, ...]
    unit: str
    units: tuple[str, ...]
    molar_mass_g_per_mol: float | None
    decimals: int
    plausible: tuple[float, float]
    critical: tuple[float | None, float | None]  # of adults; of other ages: critical_ages
    ranges: tuple[Range, ...]
    charge: int | None
    osmotic: bool
    aliases: Mapping[str, str]
    conversions: tuple[OwnConversion, ...]
    basis: Basis | None
    sources: Mapping[str, str]
    shares: str | None = None  # the analyte whose names stand for this one too, in another unit
    narrows: str | None = None  # the analyte whose name a code may narrow to this one
    note: str = ""
    critical_ages: tuple[CriticalLimits, ...] = ()
    read: tuple[str, ...] = ()  # names that are read, of any language, and never written
    qualifiers: frozenset[str] = frozenset()  # words beside this one's names that say nothing new
    loinc_with_unit: tuple[str, ...] = ()  # codes of another quantity of it, read where a unit says
    of_sex: Sex | None = None  # the sex in which alone it is asked for

    def name(self, language: Language) -> str:
        """The usual short name, as prompts and reports print it."""
        return self.names[language][0]

    @property
    def bases(self) -> Mapping[str, float]:
        """Molar mass by the annotation that names another mass basis."""
        basis = self.basis
        return {} if basis is None else {basis.annotation: basis.molar_mass_g_per_mol}


@cache
def analytes() -> Mapping[str, Analyte]:
    """Every analyte by id, in the order of a report."""
    found: dict[str, Analyte] = {}
    for group in GROUPS:
        for analyte in _group(group):
            if analyte.id in found:
                raise KnowledgeError(f"{group}.yaml: {analyte.id} is defined twice.")
            found[analyte.id] = analyte
    return found


@cache
def references() -> Mapping[str, Reference]:
    """Every published source by key."""
    entries = {**_yaml("references.yaml"), **_yaml("references_findings.yaml")}
    return {
        key: Reference(id=key, **_checked_reference(key, entry)) for key, entry in entries.items()
    }


def linear_conversion(analyte: str, unit: str) -> tuple[float, float]:
    """(scale, offset) with canonical = scale * reported + offset.

    Args:
        analyte: id.
        unit: UCUM or a laboratory's spelling.

    Raises:
        KnowledgeError: an unknown analyte, or a unit that cannot be converted.
    """
    known = analytes().get(analyte)
    if known is None:
        raise KnowledgeError(f"There is no analyte {analyte!r}.")
    return conversion(known, unit)


def load_yaml(name: str) -> Any:
    """A YAML file of the data folder."""
    return _yaml(name)


def _yaml(name: str) -> Any:
    text = resources.files(__package__).joinpath("data", name).read_text(encoding="utf-8")
    try:
        return own_yaml(text)
    except yaml.YAMLError as error:
        raise KnowledgeError(f"{name}: it is not valid YAML ({error}).") from error


def _checked_reference(key: str, entry: Mapping[str, Any]) -> Mapping[str, Any]:
    wanted, allowed = {"title", "authors", "published", "year"}, {"doi", "url"}
    if not wanted <= set(entry) <= wanted | allowed:
        raise KnowledgeError(f"references.yaml: {key} needs {sorted(wanted)}, has {sorted(entry)}.")
    return entry


def _group(group: str) -> Iterator[Analyte]:
    name = f"analytes/{group}.yaml"
    for id_, entry in _yaml(name).items():
        unknown = set(entry) - _KEYS
        if unknown:
            raise KnowledgeError(f"{name}: {id_} has unknown keys: {sorted(unknown)}.")
        try:
            yield _analyte(id_, group, entry)
        except (KeyError, TypeError, ValueError) as error:
            raise KnowledgeError(f"{name}: {id_} is not complete: {error!r}.") from error


def _analyte(id_: str, group: str, entry: Mapping[str, Any]) -> Analyte:
    mass = entry.get("molar_mass")
    critical = entry.get("critical", {})
    sources = {"plausible": entry["plausible"].get("source", "plausibility")}
    if mass is not None:
        sources["molar_mass"] = mass["source"]
    if critical:
        sources["critical"] = critical["source"]
    analyte = Analyte(
        id=id_,
        group=group,
        names={"en": tuple(entry["en"]), "fr": tuple(entry["fr"])},
        loinc=tuple(str(code) for code in entry.get("loinc", ())),
        unit=entry["unit"],
        units=(entry["unit"], *entry.get("units", ())),
        molar_mass_g_per_mol=None if mass is None else float(mass["g_per_mol"]),
        decimals=entry["decimals"],
        plausible=(float(entry["plausible"]["low"]), float(entry["plausible"]["high"])),
        critical=(None, None),
        ranges=(),
        charge=entry.get("charge"),
        osmotic=entry.get("osmotic", False),
        aliases={
            "".join(spelling.split()).casefold(): code
            for spelling, code in entry.get("aliases", {}).items()
        },
        conversions=tuple(OwnConversion(**own) for own in entry.get("conversions", ())),
        basis=_basis(entry.get("bases")),
        sources=sources,
        shares=entry.get("shares"),
        narrows=entry.get("narrows"),
        note=entry.get("note", ""),
        read=tuple(map(str, entry.get("read", ()))),
        qualifiers=frozenset(map(str, entry.get("qualifiers", ()))),
        loinc_with_unit=tuple(entry.get("loinc_with_unit", ())),
        of_sex=entry.get("of_sex"),
    )
    ranges = (_range(analyte, row) for row in entry.get("ranges", ()))
    return replace(
        analyte,
        critical=_limits(analyte, critical),
        critical_ages=tuple(_critical(analyte, row) for row in entry.get("critical_ages", ())),
        ranges=tuple(sorted(ranges, key=_range_order)),
    )


def _limits(analyte: Analyte, row: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """The low and high limit of an entry, in the canonical unit."""
    scale, offset = conversion(analyte, row["unit"]) if "unit" in row else (1.0, 0.0)
    low, high = (
        None if row.get(side) is None else float(row[side]) * scale + offset
        for side in ("low", "high")
    )
    return low, high


def _critical(analyte: Analyte, row: Mapping[str, Any]) -> CriticalLimits:
    unknown = set(row) - _CRITICAL_KEYS
    if unknown:
        raise KnowledgeError(f"{analyte.id}: critical_ages has unknown keys: {sorted(unknown)}.")
    first, below = map(years_of, row["age"])
    return CriticalLimits(first, below, *_limits(analyte, row), row["source"])


def _basis(entry: Mapping[str, Any] | None) -> Basis | None:
    if entry is None:
        return None
    return Basis(
        entry["annotation"],
        float(entry["g_per_mol"]),
        tuple(entry["names"]),
        tuple(entry["loinc"]),
        entry["source"],
    )


def _range(analyte: Analyte, row: Mapping[str, Any]) -> Range:
    unknown = set(row) - _RANGE_KEYS
    if unknown:
        raise KnowledgeError(f"{analyte.id}: a range has unknown keys: {sorted(unknown)}.")
    low, high = _limits(analyte, row)
    age_low, age_high = row.get("age", (0, None))
    return Range(
        sex=row.get("sex"),
        age_low_years=years_of(age_low),
        age_high_years=MAX_AGE_YEARS if age_high is None else years_of(age_high),
        pregnant=row.get("pregnant"),
        low=low,
        high=high,
        source=row["source"],
        kind=row.get("kind", "reference"),
        note=row.get("note", ""),
    )


def years_of(age: float | str) -> float:
    """An age in years of ``7d``, ``6m`` or years."""
    if isinstance(age, str):
        per_year = {"d": _DAYS_PER_YEAR, "m": _MONTHS_PER_YEAR}[age[-1]]
        return float(age[:-1]) / per_year
    return float(age)


def _range_order(row: Range) -> tuple[bool, str, float]:
    return (bool(row.pregnant), row.sex or "", row.age_low_years)
