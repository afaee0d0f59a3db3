"""A model at work: loaded, reading, writing, and interpreting one report."""

from hemoscribe.engines.document import report_document
from hemoscribe.engines.interpreter import facts, interpret, interpret_reading
from hemoscribe.engines.model import Model, champion_or_shipped, load

__all__ = [
    "Model",
    "champion_or_shipped",
    "facts",
    "interpret",
    "interpret_reading",
    "load",
    "report_document",
]
