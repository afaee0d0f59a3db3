"""What becomes of each column of a row when it is pseudonymised (``policies.yaml``)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from hemoscribe.files import package_yaml


@cache
def policies() -> Mapping[str, tuple[str, ...]]:
    """Policy -> the columns it is for."""
    loaded = package_yaml(__package__, "policies.yaml")
    return {policy: tuple(columns) for policy, columns in loaded.items()}
