"""The model that is put to the questions: its files, what identifies them, and its base."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hemoscribe.assess.benchmarks.harness import offline_and_quiet
from hemoscribe.assess.benchmarks.scoring import one_pass_model
from hemoscribe.engines.model import locate
from hemoscribe.files import fingerprint, sha256
from hemoscribe.models import registry
from hemoscribe.models.chat import TOKENIZER, read_chat
from hemoscribe.models.tune_record import tune_record_of

_IDENTIFYING = ("*.safetensors", "config.json", TOKENIZER)


@dataclass(frozen=True, slots=True)
class Subject:
    """A model on disk. ``identity`` is the SHA-256 over its weights, config and tokenizer.

    ``base`` is the name of the model it was tuned from; None for a base model.
    """

    name: str
    weights: Path
    context: int
    identity: str
    base: str | None


def subject(model: str) -> Subject:
    """The model of that name: ``shipped``, a registry name, a folder, or a base model's name.

    Raises:
        InputError: nothing has that name.
        MissingError: its weights are not on this machine.
        StageError: a file of it has changed since it was made.
    """
    found = locate(model)
    parts = sorted(path for glob in _IDENTIFYING for path in found.weights.glob(glob))
    identity = fingerprint({path.name: sha256(path) for path in parts})
    tuned = tune_record_of(registry.resolve(model))
    base = None if tuned is None else tuned.base
    return Subject(model, found.weights, found.context, identity, base)


def number_format() -> str:
    """``bfloat16`` where the machine computes in it, else ``float32``; as when a model serves."""
    import torch

    fast = torch.cuda.is_available() or torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return "bfloat16" if fast else "float32"


def loaded(one: Subject) -> Any:
    """The model as lm-eval takes it: our weights, in ``number_format``, on the GPU if any."""
    import torch
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    logging.disable_progress_bar()
    model = AutoModelForCausalLM.from_pretrained(
        one.weights, dtype=getattr(torch, number_format()), local_files_only=True
    )
    model.to("cuda" if torch.cuda.is_available() else "cpu").eval()
    with offline_and_quiet():
        return one_pass_model(model, tokenizer_of(one.weights), one.context)


def tokenizer_of(weights: Path) -> Any:
    """The folder's tokenizer as transformers has it, its special tokens from either config."""
    from transformers import AutoTokenizer, PreTrainedTokenizerFast

    if (weights / "tokenizer_config.json").is_file():
        return AutoTokenizer.from_pretrained(weights, local_files_only=True)
    chat = read_chat(weights)
    return PreTrainedTokenizerFast(
        tokenizer_file=str(weights / TOKENIZER), eos_token=chat.stop, pad_token=chat.pad
    )
