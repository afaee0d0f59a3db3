"""A model at work: loaded, reading, writing, and interpreting one report."""

from hemoscribe.engines.document import report_document
from hemoscribe.engines.history import History, choose, histories
from hemoscribe.engines.interpreter import composed, facts, interpret, interpret_reading
from hemoscribe.engines.model import Model, champion_or_shipped, load

__all__ = [
    "History",
    "Model",
    "champion_or_shipped",
    "choose",
    "composed",
    "facts",
    "histories",
    "interpret",
    "interpret_reading",
    "load",
    "report_document",
]
