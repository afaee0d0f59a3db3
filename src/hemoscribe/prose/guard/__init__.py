"""The only door between a model's words and a reader: a text checked against its report."""

from hemoscribe.prose.guard.check import CODES, DRAFT_CODES, UNFAITHFUL, check, unfaithful
from hemoscribe.prose.guard.vocabulary import VOCABULARY, Vocabulary, read_vocabulary

__all__ = [
    "CODES",
    "DRAFT_CODES",
    "UNFAITHFUL",
    "VOCABULARY",
    "Vocabulary",
    "check",
    "read_vocabulary",
    "unfaithful",
]
