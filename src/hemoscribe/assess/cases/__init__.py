"""Real cases: published patterns and traps, an expert's conclusion, what may never be said."""

from hemoscribe.assess.cases.case import Case
from hemoscribe.assess.cases.case_assessment import COMPOSER, assess_cases
from hemoscribe.assess.cases.loader import read_cases, shipped_cases

__all__ = ["COMPOSER", "Case", "assess_cases", "read_cases", "shipped_cases"]
