"""How long texts are for a base model, by its own tokenizer and chat format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hemoscribe.files import fingerprint, sha256

if TYPE_CHECKING:
    from hemoscribe.models.chat import Chat, ChatTokenizer


@dataclass(frozen=True)
class TokenCounter:
    """Texts -> number of tokens of each, the chat format included.

    ``identity`` tells one tokenizer from another: the digest of its files and of its chat format.
    """

    tokenizer: ChatTokenizer
    identity: str

    def __call__(self, texts: Sequence[str], /) -> list[int]:
        """How long each text is."""
        return [len(found.ids) for found in self.tokenizer.encode(texts, [()] * len(texts))]


def token_counter(base: str) -> TokenCounter:
    """What counts the tokens of a base model.

    Raises:
        MissingError: the base model is not here; holds the command that gets it.
    """
    from hemoscribe.models.catalogue import base_folder, base_model
    from hemoscribe.models.chat import ChatTokenizer

    folder, chat = base_folder(base), base_model(base).chat
    return TokenCounter(ChatTokenizer.from_folder(folder, chat), tokenizer_identity(folder, chat))


def tokenizer_identity(folder: Path, chat: Chat) -> str:
    """The digest of a tokenizer: its files in a model's folder, and how a chat is written."""
    files = {path.name: sha256(path) for path in sorted(folder.glob("tokenizer*"))}
    return fingerprint([files, chat.model_dump()])
