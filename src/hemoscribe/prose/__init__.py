"""Facts to words and words to claims: brief, prompt, composed text, and what a text says."""

from hemoscribe.prose.claims import asserted_findings, reflected
from hemoscribe.prose.compose import compose
from hemoscribe.prose.extraction import Claim, claims
from hemoscribe.prose.numbers import show
from hemoscribe.prose.prompt import (
    Prompt,
    answers,
    completion,
    parse_completion,
    parts,
    render,
    writing_prompt,
)

__all__ = [
    "Claim",
    "Prompt",
    "answers",
    "asserted_findings",
    "claims",
    "completion",
    "compose",
    "parse_completion",
    "parts",
    "reflected",
    "render",
    "show",
    "writing_prompt",
]
