"""Columns grouped under analytes: ``Hb;;Créatinine;`` over ``Résultat;Unité;Résultat;Unité``.

The name of a group stands in a line of its own above (merged cells), in every column's own name
(``Hb``, ``Hb unit``), or only before what follows it (``Hb;Unité;K;Unité``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from hemoscribe.sources.exports import Export
from hemoscribe.sources.lines import sample_text
from hemoscribe.sources.mapping import Mapping as MappingFile
from hemoscribe.sources.tables.analyte_columns import looks_like_data, split_header
from hemoscribe.sources.tables.analyte_names import is_analyte, is_unit
from hemoscribe.sources.tables.column_groups import ROLES, VALUE, Group, GroupedLayout
from hemoscribe.sources.tables.delimited import Layout, layouts, split_line
from hemoscribe.sources.tables.headers import fold, header_names, understand
from hemoscribe.sources.tables.unit_rows import unit_row

_BESIDE = ROLES - {"comment", "status", "specimen", "method", "instrument", "loinc", VALUE}
"""What a column beside an analyte's says of it alone; a comment may be on the whole report."""
_UNDER = 100  # lines whose width is looked at


def find_names(export: Export, mapping: MappingFile) -> GroupedLayout | None:
    """The first header, of one line or two, in which columns are grouped under analytes."""
    lines = sample_text(export, mapping.encoding).split("\n")
    for layout in layouts(export, encoding=mapping.encoding, delimiter=mapping.delimiter):
        if looks_like_data(layout.header):
            continue
        below = lines[layout.header_line : layout.header_line + 1]
        found = _of_two_lines(layout, below, lines, mapping) or _of_one_line(layout, mapping)
        if found is not None:
            return _with_units(export, found, mapping)
    return None


def meaning(name: str) -> str:
    """Our column name of a header; empty for none."""
    return header_names().get(fold(name), ("", 0))[0]


def padded(layout: Layout, lines: Sequence[str]) -> Layout:
    """The layout as wide as the widest of the lines under it."""
    widths = [
        len(split_line(line, layout.delimiter))
        for line in lines[layout.header_line : layout.header_line + _UNDER]
    ]
    more = max([0, *widths]) - len(layout.header)
    return replace(layout, header=(*layout.header, *([""] * more))) if more > 0 else layout


def _is_known(name: str, mapping: MappingFile) -> bool:
    return name in mapping.analytes or split_header(name) is not None


def _of_two_lines(
    layout: Layout, below: Sequence[str], lines: Sequence[str], mapping: MappingFile
) -> GroupedLayout | None:
    if not below:
        return None
    sub = [cell.strip() for cell in split_line(below[0], layout.delimiter)]
    if not any(meaning(cell) == VALUE for cell in sub) or looks_like_data(sub):
        return None
    layout = padded(layout, lines)
    sub += [""] * (len(layout.header) - len(sub))
    names, groups = _under_names(layout.header, sub, mapping)
    if not _hold(groups, mapping):
        return None
    header = tuple(name or top for name, top in zip(names, layout.header, strict=True))
    return GroupedLayout(layout.with_line(header), understand(names, mapping.columns), groups)


def _under_names(
    top: Sequence[str], sub: Sequence[str], mapping: MappingFile
) -> tuple[list[str], list[Group]]:
    """(the header of what is no group, the groups)."""
    names = [""] * len(top)
    spans: list[tuple[str, dict[str, int], dict[str, str]]] = []
    is_open = False
    for position, (above, under) in enumerate(zip(top, sub, strict=True)):
        role = meaning(under)
        begins = bool(above) and (role in ROLES or _is_known(above, mapping) or is_unit(under))
        if begins and not meaning(above):
            if not (is_open and spans and spans[-1][0] == above and role not in spans[-1][1]):
                spans.append((above, {}, {}))
            is_open = True
        elif above or (under and role not in ROLES):
            is_open = False
        if is_open and (role in ROLES or begins):
            _, columns, constants = spans[-1]
            if role in ROLES:
                columns.setdefault(role, position)
            else:
                columns[VALUE] = position
                constants |= {"unit": under} if under else {}
        elif above or under:
            names[position] = above if meaning(above) or not under else under
    groups = [_group(label, columns, constants) for label, columns, constants in spans]
    return names, [group for group in groups if VALUE in group.columns]


def _group(label: str, columns: Mapping[str, int], constants: Mapping[str, str]) -> Group:
    name, unit = split_header(label) or (label, None)
    said = {"analyte": name, **({"unit": unit} if unit else {}), **constants}
    return Group(label, columns, said)


def _hold(groups: Sequence[Group], mapping: MappingFile) -> bool:
    """Whether these are groups of analytes: most are known, and one says more than a value."""
    known = sum(_is_known(group.label, mapping) for group in groups)
    return known * 2 > len(groups) and any(len(group.columns) > 1 for group in groups)


def _of_one_line(layout: Layout, mapping: MappingFile) -> GroupedLayout | None:
    """``Hb;Hb unit;K;K unit`` and ``Hb;Unit;K;Unit``; no group where nothing says more of one."""
    if any(meaning(name) == VALUE for name in layout.header):
        return None
    values: dict[str, int] = {}
    said: dict[str, dict[str, int]] = {}
    waiting: dict[str, int] = {}
    last = ""
    for position, name in enumerate(layout.header):
        label, role = _in_a_name(name, mapping)
        if role == VALUE:
            values.setdefault(label, position)
            said.setdefault(label, {}).update(waiting)
            last, waiting = label, {}
        elif label:
            said.setdefault(label, {}).setdefault(role, position)
        elif meaning(name) in _BESIDE and last and not _stands_before(layout, mapping):
            said[last].setdefault(meaning(name), position)
        elif meaning(name) == "comparator":
            waiting = {"comparator": position}
        else:
            last = ""
    groups = [
        _group(
            layout.header[position] if _is_known(layout.header[position], mapping) else label,
            {VALUE: position, **said[label]},
            {},
        )
        for label, position in values.items()
    ]
    if not any(len(group.columns) > 1 for group in groups):
        return None
    taken = {position for group in groups for position in group.columns.values()}
    names = ["" if position in taken else name for position, name in enumerate(layout.header)]
    return GroupedLayout(layout, understand(names, mapping.columns), groups)


def _stands_before(layout: Layout, mapping: MappingFile) -> bool:
    """Whether comparators stand before their values: the first of them before any analyte."""
    for name in layout.header:
        if meaning(name) == "comparator":
            return True
        if _is_known(name, mapping):
            return False
    return False


def _in_a_name(name: str, mapping: MappingFile) -> tuple[str, str]:
    """(analyte as text to compare, role) of a header: ``Hb unit`` -> hb, unit; role alone: none."""
    words = fold(name).split()
    for count in (1, 2):
        for label, said in ((words[:-count], words[-count:]), (words[count:], words[:count])):
            role = meaning(" ".join(said))
            if label and role in ROLES and is_analyte(" ".join(label)):
                return " ".join(label), role
    if _is_known(name, mapping):
        return fold((split_header(name) or (name, None))[0]), VALUE
    return "", ""


def _with_units(export: Export, found: GroupedLayout, mapping: MappingFile) -> GroupedLayout:
    """The layout with the units of one more line under the header, where there is one."""
    measured = {group.columns[VALUE]: at for at, group in enumerate(found.groups)}
    below = unit_row(export, found.layout, list(measured), encoding=mapping.encoding)
    if below is None:
        return found
    groups = list(found.groups)
    for position, unit in below.units.items():
        one = groups[measured[position]]
        groups[measured[position]] = replace(one, constants={**one.constants, "unit": unit})
    return replace(found, layout=replace(below.layout, header=found.layout.header), groups=groups)
