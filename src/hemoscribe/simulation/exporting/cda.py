"""A laboratory's printed rows as French CDA R2 laboratory reports (CR-BIO 2024.01), one file each.

The structure and the template ids are those of the national examples (``cr_bio.yaml``). The
document states what a person reads (narrative text) and what a machine reads (entries); "<" and
">" are intervals open at the limit; the comment stands in the last section, by reference.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from string import Template
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from hemoscribe.knowledge import analytes
from hemoscribe.simulation.exporting.printout import OfFluid, Printout, Row, by_fluid
from hemoscribe.simulation.exporting.report_texts import interval
from hemoscribe.simulation.library import load

_NUMBER = re.compile(r"^([<>]?)(\d+(?:\.\d+)?)$")
_LOINC = 'codeSystem="2.16.840.1.113883.6.1" codeSystemName="LOINC"'
_SNOMED = 'codeSystem="2.16.840.1.113883.6.96" codeSystemName="SNOMED CT"'
_SAMPLING, _BATTERY = 0, 1  # ways to state a fluid
_LOCAL = 'codeSystem="1.2.250.1.2.3.4" codeSystemName="codes du laboratoire"'


@cache
def pieces() -> Mapping[str, Any]:
    """The pieces of a document."""
    found: Mapping[str, Any] = load("cr_bio.yaml")
    return found


def write_documents(printout: Printout, folder: Path) -> int:
    """A document for each report."""
    return sum(
        printout.write_text(folder, document(printout, about, results, comment), about)
        for about, results, comment in printout.reports()
    )


def document(printout: Printout, about: Row, results: Sequence[Row], comment: str | None) -> str:
    """One report as CR-BIO."""
    chapters: dict[str, list[tuple[int, Row]]] = {}
    blood, others = by_fluid(results)
    numbered = enumerate(blood, start=1)
    for group, rows in groupby(numbered, key=lambda row: analytes()[row[1]["analyte"]].group):
        name = group if group in pieces()["chapters"] else "other"
        chapters.setdefault(name, []).extend(rows)
    last = list(chapters)[-1]
    sections = [
        _section(printout, about, name, rows, comment if name == last else None)
        for name, rows in chapters.items()
    ]
    first = len(blood) + 1
    for one in others:
        sections.append(_of_fluid(printout, about, one, first))
        first += len(one.results)
    fields = {name: escape(str(text)) for name, text in about.items()}
    released = f"{fields['collected_at'][:8]}235900+0100"
    return Template(pieces()["document"]).substitute(
        fields, released=released, sections="\n".join(sections)
    )


def _section(
    printout: Printout,
    about: Row,
    chapter: str,
    rows: Sequence[tuple[int, Row]],
    comment: str | None,
) -> str:
    entries = [Template(pieces()["sampling"]).substitute(about)]
    entries += [_observation(printout, about, number, row) for number, row in rows]
    commentary = ""
    if comment:
        entries.append(pieces()["comment"])
        commentary = (
            f'<paragraph>Commentaire : <content ID="commentaire">{escape(comment)}</content>'
            "</paragraph>"
        )
    return _chapter(printout, pieces()["chapters"][chapter], rows, entries, commentary)


def _chapter(
    printout: Printout,
    named: Mapping[str, str],
    rows: Sequence[tuple[int, Row]],
    entries: Sequence[str],
    commentary: str = "",
) -> str:
    return Template(pieces()["section"]).substitute(
        named,
        narrative="\n".join(_told(printout, number, row) for number, row in rows),
        commentary=commentary,
        observations="\n".join(entries),
    )


def _of_fluid(printout: Printout, about: Row, one: OfFluid, first: int) -> str:
    """A section of a fluid's: its sampling or its battery states the specimen, or its title alone.

    Args:
        first: the number of its first result in the document.
    """
    words = one.fluid.words(printout.laboratory.language)
    chapter = dict(pieces()["chapters"]["other"])
    rows = list(enumerate(one.results, start=first))
    entries = [_observation(printout, about, number, row) for number, row in rows]
    specimen = f"displayName={quoteattr(words.name)}"
    if one.fluid.snomed:
        specimen += f' code="{one.fluid.snomed}" {_SNOMED}'
    fields = {"specimen": specimen, "collected_at": about["collected_at"]}
    if one.way == _SAMPLING:
        entries.insert(0, Template(pieces()["fluid_sampling"]).substitute(fields))
    elif one.way == _BATTERY:
        members = [entry.replace("entryRelationship", "component") for entry in entries]
        fields["members"] = "\n".join(members)
        entries = [Template(pieces()["fluid_battery"]).substitute(fields)]
    else:
        chapter["title"] = words.order
    return _chapter(printout, chapter, rows, entries)


def _told(printout: Printout, number: int, row: Row) -> str:
    """A result as a person reads it."""
    name = escape(printout.laboratory.name(row["analyte"]))
    value = escape(f"{row['value'] or ''} {row['unit']}".strip())
    limits = escape(interval(printout.laboratory, row))
    return (
        f'<tr><td><content ID="resultat-{number}">{name}</content></td>'
        f"<td>{value}</td><td>{limits}</td></tr>"
    )


def _observation(printout: Printout, about: Row, number: int, row: Row) -> str:
    """A result as a machine reads it."""
    laboratory = printout.laboratory
    code = printout.code(row)
    name = quoteattr(laboratory.name(row["analyte"]))
    local = f'<translation code="{row["analyte"]}" displayName={name} {_LOCAL}/>'
    said = pieces()["interpretations"]
    flag = printout.flag(row)
    return Template(pieces()["observation"]).substitute(
        coded=f'code="{code}" displayName={name} {_LOINC}' if code else 'nullFlavor="NA"',
        local="" if code else local,
        anchor=f"resultat-{number}",
        status=printout.status(row, "completed"),
        collected_at=about["collected_at"],
        value=_value(row["value"], row["unit"]),
        interpretation=f'<interpretationCode code="{flag}" displayName="{said[flag]}" '
        'codeSystem="2.16.840.1.113883.5.83"/>'
        if flag
        else "",
        range=_range(row),
    )


def _value(text: str | None, unit: str) -> str:
    if text is None:
        return '<value xsi:type="PQ" nullFlavor="NAV"/>'
    found = _NUMBER.match(text)
    if found is None:
        return f'<value xsi:type="ST">{escape(text)}</value>'
    unit = quoteattr(unit)
    if not found[1]:
        return f'<value xsi:type="PQ" value="{found[2]}" unit={unit}/>'
    side = "high" if found[1] == "<" else "low"
    limit = f'<{side} value="{found[2]}" unit={unit} inclusive="false"/>'
    return f'<value xsi:type="IVL_PQ">{limit}</value>'


def _range(row: Row) -> str:
    unit = quoteattr(row["unit"])
    limits = "".join(
        f'<{side} value="{row[side]}" unit={unit}/>' for side in ("low", "high") if row[side]
    )
    return Template(pieces()["range"]).substitute(limits=limits) if limits else ""
