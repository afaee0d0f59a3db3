"""The model card: what a model is for, what it was made of, and what was measured of it."""

from hemoscribe.assess.card.card import CARD, model_card
from hemoscribe.assess.card.sources import Sources, gather_sources

__all__ = ["CARD", "Sources", "gather_sources", "model_card"]
