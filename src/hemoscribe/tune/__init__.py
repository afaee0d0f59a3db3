"""Fine-tuning: corpus rows to a trained model folder, and whether this machine can do it."""

from hemoscribe.tune.machine import examine
from hemoscribe.tune.plan import Plan, plan
from hemoscribe.tune.train import tune

__all__ = ["Plan", "examine", "plan", "tune"]
