"""Which files of the package a stage's output follows from: modules, and the data beside them.

The graph is read from the source, imports inside functions too, and nothing is imported for it. A
package's ``__init__`` runs whenever a module of it is imported, so it is part of what is imported.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from hemoscribe.files import sha256

NAME = "hemoscribe"
PACKAGE = Path(__file__).parents[1]
DATA = frozenset({".yaml", ".txt", ".j2", ".html", ".css"})
_PAGES = f"{NAME}.pages"
"""The one module at the top of the package that has data: the style of its pages."""
_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+(\.*[\w.]*)[ \t]+import[ \t]+(\([^)]*\)|[^\n(]+)|import[ \t]+([^\n]+))",
    re.M,
)
_CHECKED_ONLY = re.compile(r"^([ \t]*)if TYPE_CHECKING:\n(?:\1[ \t]+[^\n]*\n|[ \t]*\n)+", re.M)
"""What only type checkers read."""
_COMPUTED = re.compile(rf'f"({NAME}\.[\w.]*\.)\{{')


def digests_of(
    roots: Iterable[str], without: Iterable[str] = (), *, package: Path = PACKAGE
) -> dict[str, str]:
    """File -> SHA-256, of the modules that ``roots`` import in any number of steps, and their data.

    Args:
        roots: modules or packages, named from the top of the package: ``curate.stage``.
        without: those that are neither taken nor followed, with all that lies in them.
        package: the folder of the package; another copy of it in tests.
    """
    modules = modules_of(roots, without, package=package)
    files = {*modules.values(), *_data_of(modules, package)}
    return {
        path.relative_to(package).as_posix(): _digest(path, *_version(path))
        for path in sorted(files)
    }


def modules_of(
    roots: Iterable[str], without: Iterable[str] = (), *, package: Path = PACKAGE
) -> dict[str, Path]:
    """Module -> its file, of all that ``roots`` import; see ``digests_of``."""
    refused = tuple(f"{NAME}.{name}." for name in without)
    found: dict[str, Path] = {}
    waiting = [f"{NAME}.{root}" for root in roots]
    asked = set(waiting)
    while waiting:
        name = waiting.pop()
        path = _file_of(name, package)
        if path is None:
            continue
        found[name] = path
        for near in _with_parents(_imports(path, package, *_version(path))):
            if near not in asked and not f"{near}.".startswith(refused):
                asked.add(near)
                waiting.append(near)
    return found


def _with_parents(names: Iterable[str]) -> Iterator[str]:
    """Modules, and the packages they lie in; the top one imports nothing by itself."""
    for name in names:
        parts = name.split(".")
        yield from (".".join(parts[:length]) for length in range(2, len(parts) + 1))


def _file_of(name: str, package: Path) -> Path | None:
    place = package.joinpath(*name.split(".")[1:])
    for path in (place / "__init__.py", place.with_suffix(".py")):
        if path.is_file():
            return path
    return None


@cache
def _imports(path: Path, package: Path, *_: int) -> frozenset[str]:
    """The modules of this package that one file names in its imports.

    By patterns and not by ``ast``, which takes a quarter of a second for a stage's hundred files; a
    test holds that both find the same in every file of the package.
    """
    source = _CHECKED_ONLY.sub("", path.read_text(encoding="utf-8"))
    found = set(_named(source, path, package))
    if "import_module(f" in source:
        found.update(_computed(source, package))
    return frozenset(name for name in found if name.startswith(f"{NAME}."))


def _named(source: str, path: Path, package: Path) -> Iterator[str]:
    for start, names, alone in _IMPORT.findall(source):
        if alone:
            yield from _listed(alone)
            continue
        module = start.lstrip(".")
        if level := len(start) - len(module):
            near = path.parents[level - 1].relative_to(package).parts
            module = ".".join(part for part in (NAME, *near, module) if part)
        yield module
        yield from (f"{module}.{name}" for name in _listed(names))


def _listed(names: str) -> Iterator[str]:
    """``(a, b as c,  # noqa)`` -> a, b."""
    bare = re.sub(r"#[^\n]*", "", names).strip("() \t\n")
    yield from (part.split()[0] for part in bare.split(",") if part.strip())


def _computed(source: str, package: Path) -> Iterator[str]:
    """What ``import_module(f"hemoscribe.folder.{name}")`` may import: all of the folder."""
    for start in _COMPUTED.findall(source):
        folder = package.joinpath(*start.split(".")[1:-1])
        yield from (start + path.stem for path in folder.glob("*.py"))


def _data_of(modules: Mapping[str, Path], package: Path) -> Iterator[Path]:
    """Data beside the modules, and in folders beside them that are no packages."""
    folders = {path.parent for path in modules.values()} - {package}
    for folder in folders:
        yield from _data_below(folder)
    if _PAGES in modules:
        yield from (path for path in package.iterdir() if path.suffix in DATA)


def _data_below(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_dir() and not (path / "__init__.py").exists():
            yield from _data_below(path)
        elif path.suffix in DATA:
            yield path


def _version(path: Path) -> tuple[int, int]:
    stat = path.stat()
    return stat.st_mtime_ns, stat.st_size


@cache
def _digest(path: Path, *_: int) -> str:
    return sha256(path)
