"""Panels to prompts, facts to words, words to claims, claims against facts."""

from hemoscribe.corpus.build import build
from hemoscribe.corpus.claims import asserted_findings, check, claims, reflected, unfaithful
from hemoscribe.corpus.compose import compose
from hemoscribe.corpus.example import Example, read_examples, write_examples
from hemoscribe.corpus.numbers import show
from hemoscribe.corpus.prompt import (
    Prompt,
    answers,
    completion,
    parse_completion,
    parts,
    render,
    writing_prompt,
)

__all__ = [
    "Example",
    "Prompt",
    "answers",
    "asserted_findings",
    "build",
    "check",
    "claims",
    "completion",
    "compose",
    "parse_completion",
    "parts",
    "read_examples",
    "reflected",
    "render",
    "show",
    "unfaithful",
    "write_examples",
    "writing_prompt",
]
