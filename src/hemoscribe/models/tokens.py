"""How long texts are for a base model, by its own tokenizer and chat format."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def token_counter(base: str) -> Callable[[Sequence[str]], list[int]]:
    """A function texts -> number of tokens of each, the chat format included.

    Raises:
        MissingError: the base model is not here; holds the command that gets it.
    """
    from hemoscribe.models.catalogue import base_folder, base_model
    from hemoscribe.models.chat import ChatTokenizer

    tokenizer = ChatTokenizer.from_folder(base_folder(base), base_model(base).chat)

    def count(texts: Sequence[str]) -> list[int]:
        return [len(found.ids) for found in tokenizer.encode(texts, [()] * len(texts))]

    return count
