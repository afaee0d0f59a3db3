"""Every prefix and atom of ours is UCUM's: held against the essence file that ucumvert carries."""

from collections.abc import Mapping
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

import pytest

from hemoscribe.knowledge import ucum
from hemoscribe.knowledge.atoms import Atom, atoms, prefixes

NAMESPACE = "{http://unitsofmeasure.org/ucum-essence}"
OWN_DIMENSION = {"mol", "eq", "osm"}
"""No dimensions in UCUM, where the mole is a plain number; here on purpose."""

Essence = Mapping[str, ElementTree.Element]


@pytest.fixture(scope="module")
def essence() -> ElementTree.Element:
    spec = find_spec("ucumvert")
    assert spec is not None
    (folder,) = spec.submodule_search_locations or ()
    return ElementTree.parse(Path(folder) / "vendor" / "ucum-essence.xml").getroot()


def entries(essence: ElementTree.Element, kind: str) -> Essence:
    return {entry.attrib["Code"]: entry for entry in essence.iter(NAMESPACE + kind)}


def value_of(entry: ElementTree.Element) -> ElementTree.Element:
    found = entry.find(f"{NAMESPACE}value")
    assert found is not None
    return found


def test_every_prefix_is_ucums_and_none_is_missing(essence: ElementTree.Element) -> None:
    theirs = entries(essence, "prefix")
    assert prefixes() == {
        code: Fraction(value_of(entry).attrib["value"]) for code, entry in theirs.items()
    }


def test_every_dimension_is_ucums_but_three(essence: ElementTree.Element) -> None:
    ours = {code for code, atom in atoms().items() if atom.value is None}
    assert ours - OWN_DIMENSION == set(entries(essence, "base-unit"))
    assert ours >= OWN_DIMENSION


def test_every_atom_has_the_dimension_and_factor_of_the_essence_file(
    essence: ElementTree.Element,
) -> None:
    """Each definition there, in our atoms, is ours: from the base units on, so is each factor."""
    theirs = entries(essence, "unit")
    defined = {code: atom for code, atom in atoms().items() if atom.value is not None}
    assert len(defined) > 200
    for code, atom in defined.items():
        entry = theirs[code]
        assert atom.metric == (entry.get("isMetric") == "yes"), code
        assert atom.arbitrary == (entry.get("isArbitrary") == "yes"), code
        same_definition(atom, value_of(entry))


def same_definition(atom: Atom, value: ElementTree.Element) -> None:
    function = value.find(f"{NAMESPACE}function")
    assert atom.special == (None if function is None else function.attrib["name"]), atom
    given = value.attrib if function is None else function.attrib
    if atom.arbitrary:
        assert ucum.parse(atom.code).dimensions.keys() == {atom.code.replace("[IU]", "[iu]")}
        return
    unit, ours = ucum.parse(given["Unit"]), ucum.parse(atom.code)
    assert ours.dimensions == unit.dimensions, atom
    factor = unit.factor * Fraction(given["value"])
    assert float(ours.factor) == pytest.approx(float(factor), rel=1e-9), atom


def test_a_wrong_factor_would_be_seen(essence: ElementTree.Element) -> None:
    hour = value_of(entries(essence, "unit")["h"])
    with pytest.raises(AssertionError):
        same_definition(atoms()["min"], hour)
