"""Fine-tuning: corpus rows to a trained model folder."""

from hemoscribe.tune.train import tune

__all__ = ["tune"]
