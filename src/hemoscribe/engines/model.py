"""A model at work: the same calls whatever engine runs it.

``load`` finds the model's files, chooses the engine, and gives a ``Model`` that reads
(probabilities of low, normal and high at every slot, one forward pass) and writes (greedy text).
Prompts go in as tokens from the one chat format, so that engines cannot differ in a text's tokens.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from hemoscribe.engines.guesses import Predict, write_guessed
from hemoscribe.engines.interpreter import MAX_NEW_TOKENS, interpret
from hemoscribe.errors import InputError, MissingError, SettingsError
from hemoscribe.files import read_json
from hemoscribe.models import registry
from hemoscribe.models.assessment_record import assessment_of
from hemoscribe.models.catalogue import base_model, catalogue
from hemoscribe.models.chat import Chat, ChatTokenizer, PromptTokens
from hemoscribe.overlay_record import Overlay
from hemoscribe.prose.guard.vocabulary import Vocabulary, read_vocabulary
from hemoscribe.prose.prompt import Prompt
from hemoscribe.records import Language, Panel, Report
from hemoscribe.settings import SHIPPED

EngineName = Literal["auto", "openvino", "transformers"]
MAX_BATCH_TOKENS = 8192
"""Tokens of one forward pass, padding included: what bounds a batch's memory."""
BUCKET_TOKENS = 16
"""Widths are rounded up to this. On a CPU padding costs what text does, and rounding to 64 took an
eighth more time on reports of 70 to 220 tokens; new widths are compiled at no cost worth seeing."""
LIKE_WIDTHS = 1.125
"""How much wider than its first row a batch may be: rows of a batch gain nothing on a CPU."""


class Engine(Protocol):
    """What runs a model's weights."""

    name: str

    def read(self, batch: NDArray[np.int64], slots: NDArray[np.int64]) -> NDArray[np.float64]:
        """Tokens (rows, width), slot indices (rows, n) -> logits of the answers (rows, n, 3)."""
        ...

    def follow(self) -> Predict:
        """A new text, of which nothing was seen yet; one at a time."""
        ...


@dataclass(frozen=True, slots=True)
class Files:
    """Where a model's parts are: 16-bit weights and tokenizer, and the GGUF where there is one."""

    name: str
    weights: Path
    gguf: Path | None
    chat: Chat | None
    context: int
    may_write: bool
    vocabulary: Vocabulary


class Model:
    """A loaded model. ``name`` is what it was asked for by, ``engine`` what runs it.

    ``may_write`` is whether its assessment lets its words be used; ``write`` works either way.
    """

    def __init__(
        self,
        name: str,
        engine: Engine,
        tokenizer: ChatTokenizer,
        *,
        context: int,
        may_write: bool = False,
        vocabulary: Vocabulary | None = None,
    ) -> None:
        self.name = name
        self.vocabulary = vocabulary or Vocabulary()
        self.may_write = may_write
        self.engine = engine.name
        self._engine = engine
        self._tokenizer = tokenizer
        self._context = context

    def read(self, prompts: Sequence[Prompt]) -> list[NDArray[np.float64]]:
        """Probabilities of low, normal and high at each slot: one array (slots, 3) per prompt.

        Raises:
            InputError: a prompt is longer than the model's context.
        """
        encoded = self._encode(prompts, room=0)
        found: list[NDArray[np.float64]] = [np.empty((0, 3))] * len(prompts)
        for indices in _batches(encoded):
            rows = [encoded[index] for index in indices]
            width = _padded(max(len(row.ids) for row in rows))
            tokens = np.full((len(rows), width), self._tokenizer.pad_id, dtype=np.int64)
            slots = np.zeros((len(rows), max(len(row.slots) for row in rows)), dtype=np.int64)
            for place, row in enumerate(rows):
                tokens[place, : len(row.ids)] = row.ids
                slots[place, : len(row.slots)] = row.slots
            logits = self._engine.read(tokens, slots)
            for place, index in enumerate(indices):
                found[index] = _softmax(logits[place, : len(rows[place].slots)])
        return found

    def write(self, prompts: Sequence[Prompt], max_new_tokens: int = MAX_NEW_TOKENS) -> list[str]:
        """The completion of each prompt, greedily, without its stop token.

        Raises:
            InputError: a prompt leaves no room for the text in the model's context.
        """
        encoded = self._encode(prompts, room=max_new_tokens)
        guesses = self._tokenizer.encode_completions([prompt.guess for prompt in prompts])
        written = []
        for prompt, row, guess in zip(prompts, encoded, guesses, strict=True):
            tokens = write_guessed(
                self._engine.follow(),
                row.ids,
                guess if prompt.guess else None,
                stop=self._tokenizer.stop_id,
                most=max_new_tokens,
            )
            written.append(self._tokenizer.decode(tokens))
        return written

    def interpret(
        self,
        panel: Panel,
        *,
        language: Language = "en",
        earlier: Sequence[Panel] = (),
        overlay: Overlay | None = None,
    ) -> Report:
        """The report of one panel: read by the rules, read again by the model, written, checked."""
        return interpret(self, panel, language=language, earlier=earlier, overlay=overlay)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text takes, without those of the chat format."""
        return [len(ids) - 1 for ids in self._tokenizer.encode_completions(texts)]

    def fits(self, prompt: Prompt) -> bool:
        """Whether the model's context holds a prompt that is to be read."""
        row = self._tokenizer.encode([prompt.text], [prompt.slots])[0]
        return not self._context or len(row.ids) <= self._context

    def _encode(self, prompts: Sequence[Prompt], *, room: int) -> list[PromptTokens]:
        encoded = self._tokenizer.encode(
            [prompt.text for prompt in prompts], [prompt.slots for prompt in prompts]
        )
        longest = max((len(row.ids) for row in encoded), default=0)
        if self._context and longest + room > self._context:
            raise InputError(
                f"A report takes {longest:,} tokens and {room:,} for its text; {self.name} takes "
                f"{self._context:,} together. Read it in parts."
            )
        return encoded


def load(model: str = SHIPPED, *, engine: EngineName = "auto") -> Model:
    """A model ready to read and write.

    Args:
        model: ``shipped``, a registry name, a folder, or a base model's name.
        engine: ``auto`` takes OpenVINO GenAI where it is installed and the model has a GGUF, and
            otherwise transformers, which it says on standard error.

    Raises:
        InputError: nothing has that name.
        MissingError: weights, or the engine asked for, are not on this machine.
        StageError: a file of the model has changed since it was made, or its assessment is damaged.
    """
    found = locate(model)
    tokenizer = ChatTokenizer.from_folder(found.weights, found.chat)
    return Model(
        model,
        _engine(found, tokenizer, engine),
        tokenizer,
        context=found.context,
        may_write=found.may_write,
        vocabulary=found.vocabulary,
    )


def champion_or_shipped() -> str:
    """The name of the model in service: the registry's champion, or the shipped one."""
    return registry.champion() or SHIPPED


def locate(model: str) -> Files:
    """Where the parts of a model are."""
    folder = registry.resolve(model)
    weights = folder / "merged" if (folder / "merged").is_dir() else folder
    gguf: Path | None = folder / "model.gguf"
    chat = None
    if gguf is not None and not gguf.is_file():
        gguf = None
    if any(model in (entry.id, entry.hub) for entry in catalogue().values()):
        chat = base_model(model).chat
    config = read_json(weights / "config.json")
    context = int(config.get("max_position_embeddings", 0))
    return Files(model, weights, gguf, chat, context, _may_write(folder), read_vocabulary(folder))


def _may_write(folder: Path) -> bool:
    """What the assessment that the registry keeps beside a model says; no without one.

    Raises:
        StageError: the assessment is damaged, so nobody knows whether the model may write.
    """
    record = assessment_of(folder)
    return record is not None and record.lets_write


def _engine(found: Files, tokenizer: ChatTokenizer, wanted: EngineName) -> Engine:
    why_not = _why_not_openvino(found)
    if wanted == "openvino" and why_not:
        raise MissingError(f"{found.name} cannot run on OpenVINO: {why_not}.")
    if wanted not in ("auto", "openvino", "transformers"):
        raise SettingsError(f"engine {wanted!r}: is auto, openvino or transformers.")
    if wanted != "transformers" and why_not is None:
        from hemoscribe.engines.openvino_engine import OpenvinoEngine

        assert found.gguf is not None
        return OpenvinoEngine(found.gguf, tokenizer)
    if wanted == "auto":
        sys.stderr.write(f"{found.name}: runs on transformers, more slowly ({why_not}).\n")
    from hemoscribe.engines.transformers_engine import TransformersEngine

    return TransformersEngine(found.weights, tokenizer)


def _why_not_openvino(found: Files) -> str | None:
    if found.gguf is None:
        return "the model has no GGUF file"
    if importlib.util.find_spec("openvino_genai") is None:
        return "openvino-genai is not installed; run `pip install openvino-genai`"
    return None


def _padded(tokens: int) -> int:
    return -(-tokens // BUCKET_TOKENS) * BUCKET_TOKENS


def _batches(encoded: Sequence[PromptTokens]) -> list[list[int]]:
    """Indices of prompts of like lengths, each group within ``MAX_BATCH_TOKENS``."""
    order = sorted(range(len(encoded)), key=lambda index: len(encoded[index].ids))
    groups: list[list[int]] = []
    most = 0.0  # the widest row that the last group takes
    for index in order:
        width = _padded(len(encoded[index].ids))
        if not groups or width > most or width * (len(groups[-1]) + 1) > MAX_BATCH_TOKENS:
            groups.append([])
            most = LIKE_WIDTHS * width
        groups[-1].append(index)
    return groups


def _softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True, initial=-np.inf))
    shares: NDArray[np.float64] = shifted / shifted.sum(axis=1, keepdims=True)
    return shares
