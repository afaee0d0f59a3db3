"""What a model remembers of its training reports: canaries, membership, verbatim text."""

from hemoscribe.assess.privacy.stage import audit_model

__all__ = ["audit_model"]
