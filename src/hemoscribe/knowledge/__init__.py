"""What is known of blood tests: analytes, units, ranges, findings and indices, with sources."""

from hemoscribe.knowledge.analytes import (
    Analyte,
    Range,
    Reference,
    analytes,
    linear_conversion,
    references,
)
from hemoscribe.knowledge.applicable import ranges_for
from hemoscribe.knowledge.findings import (
    FindingDefinition,
    find,
    finding_definitions,
    finding_name,
)
from hemoscribe.knowledge.indices import (
    IndexDefinition,
    index_definitions,
    index_name,
    index_reason,
    indices,
)
from hemoscribe.knowledge.missing_units import MissingUnits
from hemoscribe.knowledge.ranges import flag
from hemoscribe.knowledge.reading import read_panel, read_rows
from hemoscribe.knowledge.recognise import recognise, with_units
from hemoscribe.knowledge.refusals import with_flag
from hemoscribe.knowledge.units import display_unit

__all__ = [
    "Analyte",
    "FindingDefinition",
    "IndexDefinition",
    "MissingUnits",
    "Range",
    "Reference",
    "analytes",
    "display_unit",
    "find",
    "finding_definitions",
    "finding_name",
    "flag",
    "index_definitions",
    "index_name",
    "index_reason",
    "indices",
    "linear_conversion",
    "ranges_for",
    "read_panel",
    "read_rows",
    "recognise",
    "references",
    "with_flag",
    "with_units",
]
