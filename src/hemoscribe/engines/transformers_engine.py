"""The engine that runs everywhere: transformers on torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hemoscribe.models.chat import ChatTokenizer

_WRITE_BATCH = 8


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

    def write(self, prompts: Sequence[Sequence[int]], max_new_tokens: int) -> list[list[int]]:
        """See ``engines.model.Engine``."""
        import torch
        from transformers import GenerationConfig

        tokenizer = self._tokenizer
        config = GenerationConfig(
            max_new_tokens=max_new_tokens,
            do_sample=False,
            eos_token_id=tokenizer.stop_id,
            pad_token_id=tokenizer.pad_id,
        )
        written: list[list[int]] = []
        for start in range(0, len(prompts), _WRITE_BATCH):
            rows = prompts[start : start + _WRITE_BATCH]
            width = max(len(row) for row in rows)
            ids = torch.full((len(rows), width), tokenizer.pad_id)
            mask = torch.zeros((len(rows), width), dtype=torch.long)
            for place, row in enumerate(rows):
                ids[place, width - len(row) :] = torch.tensor(row)
                mask[place, width - len(row) :] = 1
            with torch.inference_mode():
                out = self._model.generate(
                    input_ids=ids.to(self._model.device),
                    attention_mask=mask.to(self._model.device),
                    generation_config=config,
                )
            written += [until_stop(row[width:].tolist(), tokenizer.stop_id) for row in out]
        return written


def until_stop(tokens: list[int], stop: int) -> list[int]:
    """The tokens before the first stop token."""
    return tokens[: tokens.index(stop)] if stop in tokens else tokens
