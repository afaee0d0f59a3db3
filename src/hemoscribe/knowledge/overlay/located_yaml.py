"""YAML with the line of each value, so that a refusal can say where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

Path = tuple[str | int, ...]


class MisplacedYaml(Exception):
    """What is no YAML, or says a key twice; ``line`` from 1, or None."""

    def __init__(self, reason: str, line: int | None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


@dataclass(frozen=True, slots=True)
class LocatedYaml:
    """The values of a YAML text, and the line (from 1) at which each begins, by its path."""

    values: Any
    lines: Mapping[Path, int]

    def line(self, path: Path) -> int:
        """The line of a value; of what holds it where the value itself is not there."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def locate(text: bytes) -> LocatedYaml:
    """Values and lines of a YAML text.

    Raises:
        MisplacedYaml: it is no YAML, or a key is in it twice.
    """
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        lines: dict[Path, int] = {}
        values = None if node is None else loader.construct_document(node)
        if node is not None:
            _note(node, (), lines)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise MisplacedYaml("it is not valid YAML", mark.line + 1 if mark else None) from error
    except (RecursionError, UnicodeDecodeError, ValueError, TypeError) as error:
        raise MisplacedYaml("it is not valid YAML", None) from error
    return LocatedYaml(values, lines)


def _note(node: yaml.Node, path: Path, lines: dict[Path, int]) -> None:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        for place, item in enumerate(node.value):
            _note(item, (*path, place), lines)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*path, str(key.value))
            if inner in lines:
                line = key.start_mark.line + 1
                raise MisplacedYaml(f"`{key.value}` is said twice", line)
            lines[inner] = key.start_mark.line + 1
            _note(value, inner, lines)
