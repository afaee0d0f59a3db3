"""How long texts are for a base model, by its own tokenizer and chat wrap."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def token_counter(base: str) -> Callable[[Sequence[str]], list[int]]:
    """A function texts -> number of tokens of each, the chat wrap included.

    Raises:
        MissingError: the base model is not here; holds the command that gets it.
    """
    from tokenizers import Tokenizer

    from hemoscribe.models.catalogue import base_folder, catalogue

    entry = catalogue()[base]
    tokenizer = Tokenizer.from_file(str(base_folder(base) / "tokenizer.json"))

    def count(texts: Sequence[str]) -> list[int]:
        wrapped = [entry.chat_prefix + text + entry.chat_suffix for text in texts]
        return [len(encoding.ids) for encoding in tokenizer.encode_batch(wrapped)]

    return count
