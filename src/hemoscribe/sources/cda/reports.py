"""CDA R2 laboratory reports of the French national format (CR-BIO): one coded entry, one result.

Coded entries are read, and the narrative only where they point to it: names, coded answers,
comments, and a second unit. One result in two units is one row, in the unit knowledge recognises;
the other figure is checked against it and stands among the rejects. A document that contradicts
itself there gives no row. Microbiology, other fluids and answers in words are rejects that say so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element

from hemoscribe.knowledge.fluids import not_blood
from hemoscribe.knowledge.names import by_loinc, is_loinc
from hemoscribe.knowledge.printed import read_number
from hemoscribe.records import RejectCode
from hemoscribe.sources.batches import Batch, Notices, reject
from hemoscribe.sources.cda.entries import Body, Entry, read_body
from hemoscribe.sources.cda.header import Header, header_of
from hemoscribe.sources.cda.narrative import Narrative, narrative
from hemoscribe.sources.cda.surroundings import (
    V3,
    attribute,
    find,
    meaning,
    time_of,
)
from hemoscribe.sources.cda.values import Value, agree, canonical, ranges_of, value_of
from hemoscribe.sources.enclosed import Enclosed, Opener, decoded
from hemoscribe.sources.exports import Export
from hemoscribe.sources.mapping import Mapping as MappingFile
from hemoscribe.sources.patients import age_at
from hemoscribe.sources.said_beside import has_number, said_of
from hemoscribe.sources.specimens import OtherSpecimen, SpecimenJudge
from hemoscribe.sources.stated import (
    Row,
    bounded,
    flag_of,
    of_other,
    refused,
    stated_batch,
    unread_comment,
)
from hemoscribe.sources.stated_ranges import NO_LIMITS, Limits, chosen_limits, same_unit
from hemoscribe.sources.xml_trees import root_of, sample_start

_SHOWN = 3  # specimens that are named
_LOINC = "2.16.840.1.113883.6.1"


def recognises(export: Export, mapping: MappingFile) -> bool:
    """Whether the file is a CDA document."""
    del mapping
    start = sample_start(export.sample)
    return start.startswith(b"<") and b"ClinicalDocument" in start and b"urn:hl7-org:v3" in start


def read(export: Export, mapping: MappingFile, notices: Notices, opener: Opener) -> Iterator[Batch]:
    """The results of a document.

    Raises:
        SourceError: it is not XML, or XML that is refused.
    """
    judge = SpecimenJudge(export.name, mapping, notices)
    root = root_of(export)
    said = narrative(root)
    header = header_of(root, said)
    body = read_body(root, said)
    rows: list[Row] = []
    rejects: list[Mapping[str, Any]] = []
    for entry in body.entries:
        for row in _results(judge, entry, header, body, said):
            (rejects if "code" in row else rows).append(row)
    rejects += _beside(export.name, body, {row["comment"] or "" for row in rows})
    if not body.entries:
        yield from _uncoded(export, root, opener, rejects)
    yield stated_batch(export.name, rows, rejects, notices)


def _results(
    judge: SpecimenJudge, entry: Entry, header: Header, body: Body, said: Narrative
) -> Iterator[Row]:
    """A row or a reject for the entry, and a reject for each further unit of it."""
    source = judge.source
    row = _row(entry, header, body, said)
    name, loinc = row["reported_name"], row["loinc"]
    value = value_of(entry.element, said)
    reference = attribute(find(entry.element, "code", "originalText", "reference"), "value")
    if value.text is not None and not entry.earlier:
        printed = tuple(said.figures(reference, value.text.lstrip("<>=")))
        known = tuple(
            one
            for one in printed
            if canonical(name, loinc, one) is not None and not same_unit(one[1], value.unit)
        )
        value = Value(value.text, value.unit, (*value.others, *known), value.refusal)
    units = [(value.text, value.unit), *value.others]
    numbers = [canonical(name, loinc, one) for one in units]
    chosen = next((at for at, number in enumerate(numbers) if number is not None), 0)
    row["reported_value"], row["reported_unit"] = units[chosen]
    limits = _limits(entry, row, said, reference, judge)
    row["reported_low"], row["reported_high"] = limits
    first = numbers[chosen]
    others = [(one, numbers[at]) for at, one in enumerate(units) if at != chosen]
    differing = [one for one, number in others if not agree(first, number)]
    why = _refusal(entry, row, value, differing)
    other = _other(entry, row, judge) or _remarked(entry, row, body)
    if other is not None:
        yield of_other(source, row, other)
    elif why is not None:
        yield refused(source, row, *why)
    else:
        yield row
    stated = " ".join(part for part in units[chosen] if part)
    for (text, unit), _ in others:
        again = {**row, "reported_value": text, "reported_unit": unit}
        same = f"The same result as {stated}, in another unit."
        yield {**refused(source, again, RejectCode.DUPLICATE, same), "results": 0}


def _other(entry: Entry, row: Row, judge: SpecimenJudge) -> OtherSpecimen | None:
    """The specimen of an entry where it is not known to be blood: stated, or by a name."""
    around = entry.around
    if around.specimens:
        others = [judge.other(texts, results=0) for texts in around.specimens]
        found = [one for one in others if one is not None]
        judge.other(around.specimens[others.index(found[0]) if found else 0])
        if found and len(found) < len(others):
            names = ", ".join(max(texts, key=len) for texts in around.specimens[:_SHOWN])
            return OtherSpecimen(names, RejectCode.UNKNOWN_SPECIMEN)
        return found[0] if found else None
    if by_loinc(row["loinc"]):  # a code of blood: only a name of another fluid alone is against it
        certain = around.heading is not None and around.heading.code == RejectCode.OTHER_SPECIMEN
        return around.heading if certain else None
    code = find(entry.element, "code")
    stated = [] if code is None else [code, *code.findall(V3 + "translation")]
    for one in stated:
        name = attribute(one, "displayName")
        if name and not_blood(name):
            return OtherSpecimen(name, RejectCode.OTHER_SPECIMEN)
    return around.heading


def _remarked(entry: Entry, row: Row, body: Body) -> OtherSpecimen | None:
    """What comments make of a result with a number, each read by itself."""
    if row["comment"] is None or not has_number(row["reported_value"]):
        return None
    return said_of(entry.around.comments if entry.earlier else _comments(entry, body), row)


def _comments(entry: Entry, body: Body) -> list[str]:
    return [*body.comments, *entry.around.comments]


def _row(entry: Entry, header: Header, body: Body, said: Narrative) -> Row:
    name, loinc = _named(entry.element, said)
    around = entry.around
    own = time_of(entry.element)
    times = (own,) if entry.earlier else (around.collected, own, around.observed, header.collected)
    state = meaning(around.status)
    comments = [*around.comments] if entry.earlier else _comments(entry, body)
    concluded = [header.author] if body.comments and not entry.earlier else []
    authors = dict.fromkeys(one for one in (*around.authors, *concluded) if one)
    flags = entry.element.findall(V3 + "interpretationCode")
    return {
        "patient_id": header.patient_id,
        "laboratory": around.laboratory or header.laboratory,
        "report_id": None if entry.earlier else header.report,
        "collected": next((time for time in times if time), None),
        "sex": header.sex,
        "born": header.born,
        "reported_name": name,
        "loinc": loinc,
        "reported_flag": flag_of(part for flag in flags for part in _codes(flag)),
        "comment": bounded(" ".join(dict.fromkeys(comments))).strip() or None,
        "status": "corrected" if header.replaces and state == "final" else state,
        "comment_author": ", ".join(authors) if comments else None,
        **_asked(entry, header, body),
        **around.carried,
        "place": f"entry {entry.number}",
    }


def _asked(entry: Entry, header: Header, body: Body) -> Row:
    """Who asked for a result, when, for where and why; of an earlier report that is not known."""
    if entry.earlier:
        return {}
    note = bounded(" ".join(dict.fromkeys(body.clinical))).strip()
    return {
        "requested": header.requested,
        "requester": header.requester,
        "ward": header.ward,
        "clinical_note": note or None,
    }


def _codes(flag: Element) -> tuple[str | None, str | None]:
    return attribute(flag, "code"), attribute(flag, "displayName")


def _named(observation: Element, said: Narrative) -> tuple[str | None, str | None]:
    """(name, LOINC code): of the code, of its translations, of the narrative it points to."""
    code = find(observation, "code")
    stated = [] if code is None else [code, *code.findall(V3 + "translation")]
    loinc = next(
        (
            found
            for one in stated
            if is_loinc(found := attribute(one, "code"))
            and attribute(one, "codeSystem") in (_LOINC, None)
        ),
        None,
    )
    names = [attribute(one, "displayName") for one in stated]
    original = find(code, "originalText")
    if original is not None:
        names.append(said.name_of(attribute(find(original, "reference"), "value")))
        names.append(said.words(original))
    return next((name for name in names if name), None), loinc


def _limits(
    entry: Entry, row: Row, said: Narrative, reference: str | None, judge: SpecimenJudge
) -> Limits:
    """The range of the result; one whose two limits are the same number is what is printed."""
    ranges = ranges_of(entry.element, row["reported_unit"], said)
    limits = chosen_limits(ranges, row["sex"], age_at(row["collected"], row["born"]))
    if limits[0] is None or limits[0] != limits[1]:
        return limits
    printed = said.span(reference)
    name, source, notices = row["reported_name"] or row["place"], judge.source, judge.notices
    if printed is not None and _same_number(limits[0], printed):
        notices.say(
            f"{source}: the coded range of {name!r} has {limits[0]} as both limits; "
            f"the printed one, {printed[0]} to {printed[1]}, is taken."
        )
        return printed
    notices.say(f"{source}: the range of {name!r} has {limits[0]} as both limits and is left out.")
    return NO_LIMITS


def _same_number(limit: str, printed: tuple[str, str]) -> bool:
    numbers = [read_number(text).number for text in printed]
    return read_number(limit).number in numbers and None not in numbers


def _refusal(
    entry: Entry, row: Row, value: Value, differing: list[tuple[str | None, str | None]]
) -> tuple[RejectCode, str] | None:
    """Why an entry is no row, where it is none."""
    around = entry.around
    if around.microbiology is not None and not by_loinc(row["loinc"]):
        why = f"A result of microbiology ({around.microbiology}), which is not read."
        return RejectCode.OTHER_SPECIMEN, why
    if around.denied is not None:
        return RejectCode.NEGATED, around.denied
    if value.refusal is not None:
        return RejectCode.NOT_A_NUMBER, value.refusal
    if differing:
        text, unit = differing[0]
        why = f"The document states {text} {unit} for the same result, which is another value."
        return RejectCode.CONTRADICTION, why
    return None


def _beside(source: str, body: Body, comments: set[str]) -> Iterator[Row]:
    """What a document holds beside results: copies of itself, comments that stand at no row.

    Args:
        comments: those of the rows.
    """
    kept = " ".join(comments)
    for at, kind in enumerate(body.copies, start=1):
        why = "A copy of the document, which is not opened: its coded entries are read."
        place = f"attached document {at}"
        yield reject(source, place, RejectCode.UNREADABLE, why, results=0, value=kind)
    stated = [*body.comments, *body.unattached]
    stated += [text for entry in body.entries for text in entry.around.comments]
    for text in dict.fromkeys(stated):
        if text in kept:
            continue
        yield unread_comment(source, "comment", text)


def _uncoded(
    export: Export, root: Element, opener: Opener, rejects: list[Mapping[str, Any]]
) -> Iterator[Batch]:
    """A document with no coded entry: what it encloses is read, or it is said that nothing is."""
    text = find(root, "component", "nonXMLBody", "text")
    if text is None:
        why = "The document has no coded entry, so nothing in it can be read."
        rejects.append(reject(export.name, "document", RejectCode.UNREADABLE, why, results=0))
        return
    base64 = text.get("representation") == "B64"
    enclosed = Enclosed(export.name, "enclosed document", attribute(text, "mediaType"))
    data = decoded(enclosed, text.text or "", "Base64" if base64 else "A", rejects)
    if data is not None:
        yield from opener.batches(enclosed, data, rejects, without=("cda", "hl7"))
