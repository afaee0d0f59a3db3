"""The engine that runs everywhere: transformers on torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hemoscribe.engines.guesses import Predict
from hemoscribe.models.chat import ChatTokenizer


class TransformersEngine:
    """Runs a model folder (safetensors) on the GPU where there is one, else on the CPU."""

    name = "transformers"

    def __init__(self, weights: Path, tokenizer: ChatTokenizer) -> None:
        import torch
        from transformers import AutoModelForCausalLM
        from transformers.utils import logging

        logging.disable_progress_bar()
        gpu = torch.cuda.is_available()
        bfloat16 = gpu or torch.ops.mkldnn._is_mkldnn_bf16_supported()
        self._model = AutoModelForCausalLM.from_pretrained(
            weights, dtype=torch.bfloat16 if bfloat16 else torch.float32, local_files_only=True
        )
        self._model.to("cuda" if gpu else "cpu").eval()
        self._tokenizer = tokenizer
        head = self._model.get_output_embeddings()
        self.network: Any = self._model
        """The module itself, for what needs more of it than answers and greedy text."""
        self._answers = head.weight[tokenizer.answer_ids].detach().float()

    def read(self, batch: NDArray[np.int64], slots: NDArray[np.int64]) -> NDArray[np.float64]:
        """See ``engines.model.Engine``. Padding is on the right: no slot can see it."""
        import torch

        device = self._model.device
        with torch.inference_mode():
            states = self._model.model(
                input_ids=torch.from_numpy(batch).to(device), use_cache=False
            ).last_hidden_state
            rows = torch.arange(len(batch), device=device)[:, None]
            chosen = states[rows, torch.from_numpy(slots).to(device)].float()
            logits = chosen @ self._answers.t()
        return np.asarray(logits.cpu().numpy(), dtype=np.float64)

    def follow(self) -> Predict:
        """See ``engines.model.Engine``."""
        return _Seen(self._model)


class _Seen:
    """The tokens of one text that the model has seen; those that were refused are cut off."""

    def __init__(self, model: Any) -> None:
        from transformers import DynamicCache

        self._model = model
        self._cache = DynamicCache()

    def __call__(self, block: Sequence[int], kept: int, wanted: int) -> list[int]:
        """See ``engines.guesses.Predict``."""
        import torch

        self._cache.crop(kept - self._cache.get_seq_length())
        with torch.inference_mode():
            logits = self._model(
                input_ids=torch.tensor([block], device=self._model.device),
                past_key_values=self._cache,
                logits_to_keep=wanted,
            ).logits
        chosen: list[int] = logits[0].argmax(dim=-1).tolist()
        return chosen
