"""Expert validation: blinded packs, filled forms, agreement, and how many reports it takes."""

from hemoscribe.serve.reviews.blind.filled import import_forms
from hemoscribe.serve.reviews.blind.packs import export_packs
from hemoscribe.serve.reviews.blind.sample_size import sample_size
from hemoscribe.serve.reviews.blind.verdict import blind_agreement

__all__ = ["blind_agreement", "export_packs", "import_forms", "sample_size"]
