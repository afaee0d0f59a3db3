"""``croissant.json``: the data card for machines, as JSON-LD (Croissant 1.0, MLCommons)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from hemoscribe.curate.account.outcome import Outcome
from hemoscribe.files import sha256, write_json
from hemoscribe.records import SPLITS

CROISSANT = "croissant.json"
_FILE = "results.parquet"
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_TYPES: dict[type[pl.DataType], str] = {
    pl.Float64: "sc:Float",
    pl.Boolean: "sc:Boolean",
    pl.Datetime: "sc:DateTime",
    pl.Int8: "sc:Integer",
}


def write_croissant(target: Path, outcome: Outcome) -> None:
    """Write ``croissant.json`` beside the written rows: the file, its columns, its limits."""
    summary = outcome.summary
    columns = pl.scan_parquet(target / _FILE).collect_schema()
    write_json(
        target / CROISSANT,
        {
            "@context": _CONTEXT,
            "@type": "sc:Dataset",
            "name": "curated-laboratory-results",
            "conformsTo": "http://mlcommons.org/croissant/1.0",
            "description": (
                f"{summary['results']:,} pseudonymised blood-test results of "
                f"{summary['patients']:,} patients in {summary['reports']:,} reports, split by "
                f"patient into {', '.join(SPLITS)}. The data card beside it says how they were "
                "made."
            ),
            "rai:personalSensitiveInformation": (
                "Health data, pseudonymised, not anonymised: a full panel known from elsewhere "
                f"finds {outcome.disclosure.by_panel:.1%} of patients alone. k-anonymity over sex, "
                f"age band and laboratory: {outcome.anonymity.k}."
            ),
            "distribution": [
                {
                    "@type": "cr:FileObject",
                    "@id": _FILE,
                    "name": _FILE,
                    "contentUrl": _FILE,
                    "encodingFormat": "application/x-parquet",
                    "sha256": sha256(target / _FILE),
                }
            ],
            "recordSet": [
                {
                    "@type": "cr:RecordSet",
                    "@id": "results",
                    "name": "results",
                    "field": [_field(name, dtype) for name, dtype in columns.items()],
                }
            ],
        },
    )


def _field(name: str, dtype: pl.DataType) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"results/{name}",
        "name": name,
        "dataType": _TYPES.get(dtype.base_type(), "sc:Text"),
        "source": {"fileObject": {"@id": _FILE}, "extract": {"column": name}},
    }
