"""The house is in order: no import goes in a circle, files stay short, one name is one thing."""

import ast
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src"
MODULES = {
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in SOURCE.rglob("*.py")
}
# Files of one name in two folders, and why one name serves both.
SAME_NAME = {
    "documents": "documents of FHIR, and of text: what one file of a format holds",
    "keys": "what the holder keeps secret: of pseudonyms, of the API",
    "observations": "one Observation of FHIR, one OBX of HL7: the same thing in two formats",
    "patients": "who the patient is: as exports say it, in FHIR's own terms, and as it is hashed",
    "pdf": "a PDF is read by one and written by the other, for the reader's own tests",
}


def _typing_only(tree: ast.AST) -> set[ast.AST]:
    blocks = (node for node in ast.walk(tree) if isinstance(node, ast.If))
    return {
        inside
        for block in blocks
        if isinstance(block.test, ast.Name) and block.test.id == "TYPE_CHECKING"
        for inside in ast.walk(block)
    }


def _imported(text: str) -> Iterator[str]:
    """Names of modules, or of what is in one, that a file imports anywhere in it."""
    tree = ast.parse(text)
    left_out = _typing_only(tree)
    for node in ast.walk(tree):
        if node in left_out:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imports_of(texts: Mapping[str, str]) -> dict[str, set[str]]:
    """module -> the modules it imports, among those given."""
    found = {}
    for module, text in texts.items():
        names = set(_imported(text))
        names |= {name.rpartition(".")[0] for name in names if name not in texts}
        found[module] = (names & set(texts)) - {module}
    return found


def circle_in(texts: Mapping[str, str]) -> list[str]:
    """The modules of one circle, or none."""
    try:
        TopologicalSorter(imports_of(texts)).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_import_goes_in_a_circle_even_inside_a_function() -> None:
    assert not circle_in({module: path.read_text("utf-8") for module, path in MODULES.items()})


@pytest.mark.parametrize(
    ("text", "is_circle"),
    [
        ("from hemoscribe.b import x", True),
        ("def f():\n    from hemoscribe import b", True),
        ("if TYPE_CHECKING:\n    from hemoscribe import b", False),
    ],
)
def test_a_circle_would_be_seen(text: str, is_circle: bool) -> None:
    texts = {"hemoscribe": "", "hemoscribe.a": text, "hemoscribe.b": "import hemoscribe.a"}
    assert bool(circle_in(texts)) == is_circle


def test_the_usual_file_and_the_usual_function_are_short() -> None:
    lines, functions = [], []
    for path in MODULES.values():
        text = path.read_text("utf-8")
        lines.append(text.count("\n"))
        functions += [
            node.end_lineno - node.lineno + 1
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ]
    assert median(lines) <= 120
    assert median(functions) <= 8


def test_the_page_names_the_folders_that_the_import_rule_holds() -> None:
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    (contract,) = rules["tool"]["importlinter"]["contracts"]
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    named = re.search(r"Imports point only down this list[^:]*:\s*`([^`]+)`", page)
    assert named is not None
    assert re.split(r",\s*", named[1]) == contract["layers"]


def test_every_folder_and_file_of_the_package_is_in_the_list_of_layers() -> None:
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    (contract,) = rules["tool"]["importlinter"]["contracts"]
    here = {module.split(".")[1] for module in MODULES if module != "hemoscribe"}
    assert here - {"__main__"} == set(contract["layers"])


def test_every_room_is_described() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    for path in sorted(SOURCE.glob("hemoscribe/*/__init__.py")):
        assert path.parent.name == "cli" or f"{path.parent.name}/" in page, path.parent.name
    for path in sorted(SOURCE.glob("hemoscribe/curate/*/__init__.py")):
        assert f"`{path.parent.name}/`" in page, path.parent.name


def test_no_two_files_share_a_name_without_a_reason() -> None:
    places = defaultdict(list)
    for path in MODULES.values():
        if not path.stem.startswith("__"):
            places[path.stem].append(str(path.relative_to(SOURCE)))
    twice = {name: found for name, found in places.items() if len(found) > 1}
    assert set(twice) == set(SAME_NAME), twice
