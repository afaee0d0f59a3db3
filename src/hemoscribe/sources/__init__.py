"""Every way a laboratory's results arrive: one file per format, bytes to (rows, rejects)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from hemoscribe.records import Panel

PathOrPaths = str | Path | Sequence[str | Path]


def read(
    paths: PathOrPaths,
    *,
    format: str | None = None,  # noqa: A002
    mapping: str | Path | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(rows, rejects) of one or more exports, in memory.

    Args:
        paths: files or folders; of a folder, every file in it.
        format: a name of ``formats.FORMATS``, or ``csv``; None: recognised by content.
        mapping: a YAML file that describes columns no header name tells.

    Raises:
        SourceError: an export that cannot be read, or that holds no readable result.
    """
    from hemoscribe.sources.intake import read_all

    rows, rejects, _ = read_all(_paths(paths), format=format, mapping=_path(mapping))
    return rows, rejects


def read_folder(
    paths: PathOrPaths,
    out: str | Path,
    *,
    format: str | None = None,  # noqa: A002
    mapping: str | Path | None = None,
    watch: Callable[[Path, int], None] | None = None,
) -> dict[str, Any]:
    """Write results.parquet, rejects.parquet and manifest.json into ``out``, in bounded memory.

    Args:
        watch: told how many bytes of each file have been read, as they are.

    Returns:
        files, reports, results, rejects, rejects_by_code (both counting results), unread (files of
        a folder or a zip that are not read, or not to their end), notices.

    Raises:
        SourceError: as ``read``; nothing is left in ``out`` then.
    """
    from hemoscribe.sources.intake import read_to_folder

    return read_to_folder(
        _paths(paths), Path(out), format=format, mapping=_path(mapping), watch=watch
    )


def suggest_mapping(path: str | Path) -> str:
    """The text of a first ``--mapping`` file for a table, a reason beside every guess.

    Raises:
        SourceError: the file holds no table.
    """
    from hemoscribe.sources.suggestion import suggest_mapping as suggest

    return suggest(Path(path))


def read_panels(
    path: PathOrPaths,
    *,
    format: str | None = None,  # noqa: A002
    mapping: str | Path | None = None,
) -> list[Panel]:
    """One panel per report, each result as text: what ``knowledge.read_panel`` takes.

    Raises:
        SourceError: an export that cannot be read, or that holds no result.
    """
    from hemoscribe.sources.panels import panels

    return panels(_paths(path), format=format, mapping=_path(mapping))


def _paths(paths: PathOrPaths) -> list[Path]:
    if isinstance(paths, str | Path):
        return [Path(paths)]
    return [Path(path) for path in paths]


def _path(path: str | Path | None) -> Path | None:
    return None if path is None else Path(path)
