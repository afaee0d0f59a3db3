"""``docs/results.md``: every figure of the shipped model, set by set, with the command of each."""

from hemoscribe.assess.results.results_page import results_page
from hemoscribe.assess.results.sets import EvaluationSet, evaluation_sets

__all__ = ["EvaluationSet", "evaluation_sets", "results_page"]
