"""What is known of blood tests: analytes, units, ranges, findings and indices, with their sources."""

from hemoscribe.knowledge.analytes import (
    Analyte,
    Range,
    Reference,
    analytes,
    linear_conversion,
    references,
)
from hemoscribe.knowledge.ranges import flag
from hemoscribe.knowledge.recognise import recognise
from hemoscribe.knowledge.units import display_unit

__all__ = [
    "Analyte",
    "Range",
    "Reference",
    "analytes",
    "display_unit",
    "flag",
    "linear_conversion",
    "recognise",
    "references",
]
