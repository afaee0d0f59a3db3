"""Whose code makes what: the modules that a stage's output follows from, and those it does not.

A stage follows from the content of its inputs, not from the code that made them: what made the rows
of a corpus is told by the rows. So a comma in a wording makes another corpus, and another model
only where the corpus came out otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hemoscribe.stages.code import PACKAGE, digests_of

NEVER: Mapping[str, str] = {
    "stages": "keeps what is made, and makes none of it",
    "files": "reads and writes whole files: what is in them is not its own",
    "errors": "the words of a refusal; what is refused is not written",
    "settings": "the values that a stage uses are in its key by themselves",
    "audit_log": "tells what was done",
}
_CURATED = "the rows carry what made them"
_WRITTEN = "the examples of the corpus carry every word and answer that is learnt"


@dataclass(frozen=True)
class Rules:
    """Where a stage's code begins, and which imports it does not follow from, each with why."""

    roots: tuple[str, ...]
    without: Mapping[str, str] = field(default_factory=dict)


RULES: Mapping[str, Rules] = {
    "simulate": Rules(("simulation",)),
    "read": Rules(("sources",)),
    "curate": Rules(("curate.stage",), {"sources": "the rows it read carry what made them"}),
    "fold": Rules(
        ("assess.crossval",),
        dict.fromkeys(("assess", "corpus", "curate", "models", "tune"), "it only picks rows"),
    ),
    "corpus": Rules(("corpus.build",), {"curate": _CURATED}),
    "reviewed corpus": Rules(
        ("operate.retrain_corpus",), {"curate": _CURATED, "corpus.build": "as is its first corpus"}
    ),
    "tune": Rules(
        ("tune.train",),
        {
            "corpus": _WRITTEN,
            "prose": _WRITTEN,
            "knowledge": _WRITTEN,
            "curate": _CURATED,
            "sources": _CURATED,
            "engines": "it is what puts a model to work, once there is one",
        },
    ),
    "assess": Rules(
        ("assess.assessment",),
        {
            "curate": _CURATED,
            "sources": _CURATED,
            "corpus.build": "its reports are taken from the curated rows",
            "tune": "the model's weights carry what made them",
        },
    ),
    "privacy": Rules(
        ("assess.privacy.privacy_audit",),
        {"curate": _CURATED, "sources": _CURATED, "corpus.build": _WRITTEN, "tune": _WRITTEN},
    ),
    "cases": Rules(
        ("assess.cases.case_assessment",),
        {
            **dict.fromkeys(("curate", "sources", "corpus.build"), "a case states its results"),
            "tune": "the model's weights carry what made them",
        },
    ),
    "benchmark": Rules(
        ("assess.benchmarks.benchmark",),
        {
            **dict.fromkeys(
                ("curate", "sources", "knowledge", "prose"), "a question is its prompt"
            ),
            "corpus": _WRITTEN,
            "tune": "the model's weights carry what made them",
        },
    ),
    "drift": Rules(
        ("operate.drift",), {"curate": _CURATED, "sources": "the store carries what was served"}
    ),
    "answers": Rules(
        ("engines.model", "engines.openvino_engine", "engines.transformers_engine"),
        dict.fromkeys(("prose", "knowledge", "sources", "curate"), "a question is its own prompt"),
    ),
    "base": Rules(("models.gguf_file", "models.chat")),
    "shipped model": Rules(("models.merge",)),
}
"""What runs -> its rules; ``answers`` are what a model said, kept beside an assessment."""


def code_of(name: str, *, package: Path = PACKAGE) -> dict[str, str]:
    """File of the package -> digest, of those that the output of ``name`` follows from."""
    rules = RULES[name]
    return digests_of(rules.roots, (*NEVER, *rules.without), package=package)
