"""What a model is measured against, on the same results and with paired tests."""

from hemoscribe.assess.baselines.baseline import Baseline
from hemoscribe.assess.baselines.models import read_others
from hemoscribe.assess.baselines.table import baselines

__all__ = ["Baseline", "baselines", "read_others"]
