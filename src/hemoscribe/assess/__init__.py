"""Prove it: a model on held-out reports, measured with intervals, against its targets."""

from hemoscribe.assess.assessment import assess, measure
from hemoscribe.assess.assessment_document import summary_of
from hemoscribe.assess.crossval import crossval
from hemoscribe.assess.gates import gates
from hemoscribe.assess.run_report import run_report
from hemoscribe.models.assessment_record import Gate

__all__ = ["Gate", "assess", "crossval", "gates", "measure", "run_report", "summary_of"]
