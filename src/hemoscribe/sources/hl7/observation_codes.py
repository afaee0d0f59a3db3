"""The codes of the standard, as the reader of HL7 v2 takes them (``messages.yaml``)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from hemoscribe.files import package_yaml


@cache
def codes() -> Mapping[str, Any]:
    """The standard's codes, as this reader takes them."""
    loaded: Mapping[str, Any] = package_yaml(__package__, "messages.yaml")
    return loaded
