"""What a model is trained on: reports chosen, asked and answered, and what experts taught."""

from hemoscribe.corpus.build import build
from hemoscribe.corpus.example import Example, read_examples, write_examples

__all__ = ["Example", "build", "read_examples", "write_examples"]
