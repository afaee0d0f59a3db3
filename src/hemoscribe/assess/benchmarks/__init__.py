"""Public medical benchmarks through lm-eval: did tuning hurt what the base model knew?"""

from hemoscribe.assess.benchmarks.benchmark import benchmark

__all__ = ["benchmark"]
