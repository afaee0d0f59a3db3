"""The import graph that stage keys rest on, found by patterns, against Python's own parser."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from hemoscribe.stages import code
from hemoscribe.stages.code import NAME, PACKAGE


def statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Every statement, those in functions and branches too; not what only type checkers read."""
    for node in body:
        yield node
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            yield from statements(node.orelse)
            continue
        for name in ("body", "orelse", "finalbody", "handlers", "cases"):
            for child in getattr(node, name, None) or ():
                yield from statements([child] if isinstance(child, ast.stmt) else child.body)


def named(node: ast.stmt, path: Path) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        module = node.module or ""
        if node.level:
            near = path.parents[node.level - 1].relative_to(PACKAGE).parts
            module = ".".join(part for part in (NAME, *near, module) if part)
        yield module
        yield from (f"{module}.{alias.name}" for alias in node.names)


def modules(names: Iterable[str]) -> set[str]:
    """Those of the names that are modules or packages."""
    return {name for name in names if code._file_of(name, PACKAGE) is not None}


def test_patterns_find_the_imports_that_the_parser_finds() -> None:
    seen = 0
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        parsed = {name for node in statements(tree.body) for name in named(node, path)}
        found = code._imports(path, PACKAGE, *code._version(path))
        wanted = modules(name for name in parsed if name.startswith(f"{NAME}."))
        assert wanted <= modules(found), path
        computed = {name for name in modules(found) if "import_module(f" in path.read_text("utf-8")}
        assert modules(found) - computed == wanted - computed, path
        seen += len(wanted)
    assert seen > 1000
