"""What a model remembers of its training reports: canaries, membership, verbatim text."""

from hemoscribe.assess.privacy.privacy_audit import audit_model

__all__ = ["audit_model"]
