"""How a prompt is put to a model, and its tokens: the same for training, assessment and serving.

The prompt's own text never becomes a special token, whatever a report's context says: only prefix,
suffix and stop are read as such. Everything is handed on as token ids, so that no engine's own
tokenizer or chat template can put a second form of the same prompt to the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel as _Record
from pydantic import ConfigDict, ValidationError

from hemoscribe.errors import InputError, MissingError
from hemoscribe.files import read_json, write_json
from hemoscribe.records import DIRECTIONS

if TYPE_CHECKING:
    from tokenizers import Tokenizer

CHAT = "chat.json"
TOKENIZER = "tokenizer.json"
_ANCHOR = "->"


class Chat(_Record):
    """A chat format: ``prefix + prompt + suffix``, then the text, which ends at ``stop``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    prefix: str
    suffix: str
    stop: str
    pad: str


@dataclass(frozen=True, slots=True)
class PromptTokens:
    """A prompt as tokens; ``slots[i]`` is the index of the token that ends at the i-th slot."""

    ids: list[int]
    slots: list[int]


def read_chat(folder: Path) -> Chat:
    """The chat format a model folder carries; InputError names what is wrong with it."""
    try:
        return Chat.model_validate(read_json(folder / CHAT))
    except ValidationError as error:
        raise InputError(
            f"{folder / CHAT}: must hold prefix, suffix, stop and pad, all text."
        ) from error


def write_chat(folder: Path, chat: Chat) -> None:
    """Write the chat format beside a model's weights."""
    write_json(folder / CHAT, chat.model_dump())


class ChatTokenizer:
    """A model's tokenizer with its chat format.

    Attributes:
        answer_ids: the tokens of low, normal and high after a slot.
        stop_id, pad_id: special tokens of the chat format.
    """

    def __init__(self, tokenizer: Tokenizer, chat: Chat) -> None:
        self.chat = chat
        self._tokenizer = tokenizer
        tokenizer.no_padding()
        tokenizer.no_truncation()
        self.stop_id = self._special(chat.stop)
        self.pad_id = self._special(chat.pad)
        tokenizer.encode_special_tokens = False
        self._prefix: list[int] = tokenizer.encode(chat.prefix, add_special_tokens=False).ids
        self._suffix: list[int] = tokenizer.encode(chat.suffix, add_special_tokens=False).ids
        tokenizer.encode_special_tokens = True  # text of special tokens in a prompt stays text
        self.answer_ids = [self._answer(direction) for direction in DIRECTIONS]
        if len(set(self.answer_ids)) != len(DIRECTIONS):
            raise InputError(f"The tokenizer does not tell {', '.join(DIRECTIONS)} apart.")

    @classmethod
    def from_folder(cls, folder: Path, chat: Chat | None = None) -> ChatTokenizer:
        """The tokenizer of a model folder, with the chat format it carries or the one given."""
        from tokenizers import Tokenizer

        path = folder / TOKENIZER
        if not path.is_file():
            raise MissingError(f"{path}: there is no such file; the model folder is not complete.")
        return cls(Tokenizer.from_file(str(path)), chat or read_chat(folder))

    def _special(self, token: str) -> int:
        id_ = self._tokenizer.token_to_id(token)
        if id_ is None:
            raise InputError(f"The tokenizer has no token {token!r}, which its chat format names.")
        return int(id_)

    def _answer(self, direction: str) -> int:
        """The one token of `` low`` after ``->`` (alone it would be the start of a text)."""
        before = self._text_ids(_ANCHOR)
        after = self._text_ids(f"{_ANCHOR} {direction}")
        if after[: len(before)] != before or len(after) != len(before) + 1:
            raise InputError(f"The tokenizer needs several tokens for the answer {direction!r}.")
        return after[-1]

    def _text_ids(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def encode(self, prompts: Sequence[str], slots: Sequence[Sequence[int]]) -> list[PromptTokens]:
        """The tokens of prompts in the chat format, and of each prompt's slots.

        Args:
            slots: per prompt, the character offsets just after each ``->``.

        Raises:
            InputError: a slot does not end a token.
        """
        encodings = self._tokenizer.encode_batch(list(prompts), add_special_tokens=False)
        found = []
        for prompt, offsets, encoding in zip(prompts, slots, encodings, strict=True):
            ends = {end: index for index, (_, end) in enumerate(encoding.offsets)}
            try:
                places = [ends[offset] + len(self._prefix) for offset in offsets]
            except KeyError as error:
                offset = int(error.args[0])
                around = prompt[max(0, offset - 20) : offset + 5]
                raise InputError(
                    f"The slot at character {offset} ({around!r}) does not end a token."
                ) from error
            found.append(PromptTokens([*self._prefix, *encoding.ids, *self._suffix], places))
        return found

    def encode_completions(self, completions: Sequence[str]) -> list[list[int]]:
        """The tokens of completions, each with the stop token."""
        encodings = self._tokenizer.encode_batch(list(completions), add_special_tokens=False)
        return [[*encoding.ids, self.stop_id] for encoding in encodings]

    def decode(self, ids: Sequence[int]) -> str:
        """The text of tokens, special tokens left out."""
        return str(self._tokenizer.decode(list(ids), skip_special_tokens=True))
