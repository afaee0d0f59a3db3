"""What experts say of reports: as training rows, as decisions, and in blinded review packs."""

from hemoscribe.serve.reviews.decisions import agreement
from hemoscribe.serve.reviews.exporting import export_reviews

__all__ = ["agreement", "export_reviews"]
