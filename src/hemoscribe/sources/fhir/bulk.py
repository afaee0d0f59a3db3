"""What the other files of an NDJSON bulk export say of its Observations, by reference.

A bulk export has a file per type: patients, specimens, reports and panels stand beside the results.
Reports and panels are held once each, with a reference per result. What is held is bounded: of
reports that say nothing but when and of whom they are, only the first million results are held, and
that is said; what else is beyond is named among the rejects. Reports and panels whose results are
not read are named too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from hemoscribe.errors import SourceError
from hemoscribe.knowledge.printed import status_words
from hemoscribe.records import RejectCode
from hemoscribe.sources.batches import Notices, reject
from hemoscribe.sources.fhir.bundles import Member, references_of, short
from hemoscribe.sources.fhir.documents import Resource, many, text_of, words_of
from hemoscribe.sources.fhir.modifiers import modifier_of
from hemoscribe.sources.fhir.patients import Person, person
from hemoscribe.sources.fhir.tubes import Tube, tube_of
from hemoscribe.sources.specimens import heading_specimen, other_specimen
from hemoscribe.sources.stated import Row, bounded

MAX_REFERENCES = 2_000_000  # results of reports and panels: some 400 MB
MAX_PLAIN = 0.5  # of these, the share that is kept for reports which say little
MAX_GROUPS = 200
"""Reports and panels around one result; it is refused where there are more."""
MAX_TUBES = 1_000_000  # of blood; those of other fluids are all held
_GROUPS = ("DiagnosticReport", "Observation")
_KEPT = frozenset(
    [
        *("resourceType", "id", "status", "conclusion", "subject", "performer", "issued", "note"),
        *("specimen", "resultsInterpreter", "modifierExtension", "implicitRules", "contained"),
        *("effectiveDateTime", "effectivePeriod", "effectiveInstant", "effectiveTiming"),
        *("method", "device", "bodySite", "focus"),
    ]
)
_BEARING = frozenset(("contained", "bodySite", "focus"))
_NAMES = ("code", "category")
_FINAL = (None, "final", "appended")
_NOT_READ = "None of its results is read here, so what it says stands at none of them"
_NOT_HELD = "It could not be looked up beside its results, so what it says stands at none of them"


@dataclass
class Bulk:
    """Patients, specimens and what groups results, by reference; and what came to a result.

    ``groups``: by the reference to a result, the references of its reports and panels.
    """

    own_specimens: dict[str, str] = field(default_factory=dict)  # of the mapping, in lower case
    people: dict[str, Person] = field(default_factory=dict)
    tubes: dict[str, Tube] = field(default_factory=dict)
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    own: dict[str, Member] = field(default_factory=dict)
    joined: set[str] = field(default_factory=set)
    read: dict[str, tuple[str, str]] = field(default_factory=dict)  # group -> file, place
    references: int = 0
    plain_left_out: int = 0  # results of reports that say little and are not held
    tubes_left_out: int = 0
    kinds: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)

    def groups_of(self, observation: Resource) -> tuple[str, ...]:
        """The reports and panels in other documents that an Observation stands in."""
        return self.groups.get(f"Observation/{observation.get('id')}", ()) if self.groups else ()

    def member(self, group: str) -> Member:
        """A group of another document, with what is held of it."""
        return self.own[group]

    def join(self, group: str, *, at_a_row: bool) -> None:
        """A result of the group was read; what it says stands at a row, or not yet."""
        if at_a_row or not said_by(self.own[group].resource):
            self.joined.add(group)

    def meet(self, source: str, place: str, group: Resource) -> Row | None:
        """A group is read whose results stand in other documents; a reject if it is not held."""
        if not says_something(group):
            return None
        name = name_of(group)
        if name not in self.own:
            return unjoined(source, place, group, _NOT_HELD)
        self.read[name] = (source, place)
        return None

    def left(self) -> Iterator[Row]:
        """A reject of no result for each group that was read and came to no result."""
        for name, (source, place) in self.read.items():
            if name not in self.joined:
                yield unjoined(source, place, self.own[name].resource, _NOT_READ)

    def say(self, notices: Notices) -> Iterator[Row]:
        """Say what is not held of reports and specimens."""
        if self.plain_left_out:
            notices.say(
                f"Reports of {self.plain_left_out:,} results are more than can be looked up beside "
                "them: a time, patient or laboratory that only those reports state is not known."
            )
        if self.tubes_left_out:
            notices.say(
                f"{self.tubes_left_out:,} specimens of blood are more than can be looked up beside "
                "their results, which are read without a sample number."
            )
        return iter(())

    def note(self, source: str, resource: Resource) -> None:
        """Keep what a resource of the folder says of others."""
        kind, identifier = resource.get("resourceType"), resource.get("id")
        if kind == "Patient":
            self.people[f"Patient/{identifier}"] = person(resource)
        elif kind == "Specimen":
            self._note_tube(f"Specimen/{identifier}", tube_of(resource, lambda _: None))
        elif kind in _GROUPS and identifier:
            alone = [(resource, list[str]())] if kind == "DiagnosticReport" else []
            for group, references in references_of(resource) or alone:
                self._note_group(source, group, references)

    def _note_tube(self, name: str, tube: Tube) -> None:
        texts = self.kinds.setdefault(tube.texts, tube.texts)
        blood = not tube.trouble and not tube.modifier and self._is_blood(texts)
        if blood and len(self.tubes) >= MAX_TUBES:
            self.tubes_left_out += 1
            return
        self.tubes[name] = tube._replace(texts=texts)

    def _is_blood(self, texts: tuple[str, ...]) -> bool:
        return other_specimen(texts, self.own_specimens) is None

    def _note_group(self, source: str, group: Resource, results: list[str]) -> None:
        references = [short(one) for one in results if not one.startswith("#")]
        plain = not says_something(group) and not self._bears(group)
        held = self.references + len(references)
        if plain and held > MAX_REFERENCES * MAX_PLAIN:
            self.plain_left_out += len(references)
            return
        if held > MAX_REFERENCES:
            if not _withdrawn(group) and not self._bears(group):
                return  # named when its own file is read
            raise SourceError(
                source,
                f"withdrawn reports of more than {MAX_REFERENCES:,} results, or reports of other "
                "fluids, stand beside them",
                remedy="Export the results in parts, each with its reports.",
                of_all=True,
            )
        self.references = held
        name = name_of(group)
        names = _NAMES if _names_a_fluid(group) else ()
        kept = {key: value for key, value in group.items() if key in _KEPT or key in names}
        self.own[name] = Member("", kept)
        for reference in references:
            known = self.groups.get(reference, ())
            if len(known) <= MAX_GROUPS and name not in known:
                self.groups[reference] = (*known, name)

    def _bears(self, group: Resource) -> bool:
        """Whether a group says that its results may not be read."""
        if modifier_of(group) or not _BEARING.isdisjoint(group) or _names_a_fluid(group):
            return True
        specimens = (text_of(one, "reference") for one in many(group, "specimen"))
        tubes = [self.tubes.get(short(one)) if one else None for one in specimens]
        return any(
            tube is None or tube.trouble or tube.modifier or not self._is_blood(tube.texts)
            for tube in tubes
        )


def name_of(group: Resource) -> str:
    """What a group is referred to by."""
    return f"{group.get('resourceType')}/{group.get('id')}"


def said_by(group: Resource) -> list[str]:
    """The conclusion and the notes of a report or a panel."""
    texts = [text_of(group, "conclusion"), *(text_of(one, "text") for one in many(group, "note"))]
    return [text for text in texts if text]


def says_something(group: Resource) -> bool:
    """Whether a group has a conclusion or notes, or a report a state that its results must know."""
    state = text_of(group, "status")
    of_report = group.get("resourceType") == "DiagnosticReport"
    return bool(said_by(group)) or (of_report and _meaning(state) not in ("final", "corrected"))


def _meaning(state: str | None) -> str | None:
    return status_words().get((state or "final").casefold())


def _withdrawn(group: Resource) -> bool:
    return _meaning(text_of(group, "status")) == "cancelled"


def _names_a_fluid(group: Resource) -> bool:
    concepts = [concept for name in _NAMES for concept in many(group, name)]
    return any(heading_specimen(text) for concept in concepts for text in words_of(concept))


def unjoined(source: str, place: str, group: Resource, why: str) -> Row:
    """The reject of no result that names a group whose results do not know it."""
    state = text_of(group, "status")
    final = _meaning(state) in ("final", "corrected")
    stated = [*([] if final or state is None else [state]), *said_by(group)]
    kind = str(group.get("resourceType"))
    name = f"{kind}/{group['id']}" if group.get("id") else kind
    return reject(
        source,
        place,
        RejectCode.UNREADABLE,
        f"{name}: {why[:1].lower()}{why[1:]}.",
        results=0,
        value=bounded(": ".join(stated)),
    )
