"""The model under audit: losses of rows and of secrets, and greedy continuations.

Its 16-bit weights are what is asked, by the transformers engine: losses need every logit.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hemoscribe.engines.guesses import write_guessed
from hemoscribe.models.chat import Chat, ChatTokenizer
from hemoscribe.tune.rows import IGNORED, Row

if TYPE_CHECKING:
    import torch

Floats = npt.NDArray[np.float64]
MAX_BATCH_TOKENS = 4096
"""Tokens of one forward pass, padding included: what bounds a batch's memory."""
_SECRETS_AT_ONCE = 32
_LN_2 = float(np.log(2.0))


class Audited:
    """A model's weights, loaded once for every measure.

    Attributes:
        tokenizer: the model's tokenizer with its chat format.
    """

    def __init__(self, weights: Path, chat: Chat | None = None) -> None:
        from hemoscribe.engines.transformers_engine import TransformersEngine

        self.tokenizer = ChatTokenizer.from_folder(weights, chat)
        self._engine = TransformersEngine(weights, self.tokenizer)
        self._network = self._engine.network

    def losses(self, rows: Sequence[Row], done: Callable[[int], None] = lambda _: None) -> Floats:
        """Mean cross-entropy of each row's labelled tokens, in nats, shape (rows,).

        The rows are those of training: the same prompt, tokens and labels.
        """
        import torch
        from torch.nn.functional import cross_entropy

        from hemoscribe.tune.padded_batches import collate, columns

        found = np.empty(len(rows))
        for places in _batches([len(row.input_ids) for row in rows]):
            cells = columns([rows[place] for place in places])
            batch = collate(
                [{name: cells[name][i] for name in cells} for i in range(len(places))],
                pad_id=self.tokenizer.pad_id,
            )
            labels = batch["labels"][:, 1:].to(self._network.device)
            with torch.inference_mode():
                hidden = self._network.model(
                    input_ids=batch["input_ids"].to(self._network.device), use_cache=False
                ).last_hidden_state[:, :-1]
                labelled = labels != IGNORED  # the state before a token predicts it
                logits = self._network.lm_head(hidden[labelled]).float()
                losses = cross_entropy(logits, labels[labelled], reduction="none")
                whose = labelled.nonzero()[:, 0]
                sums = torch.zeros(len(places), device=losses.device)
                sums.index_add_(0, whose, losses)
            found[places] = (sums / labelled.sum(dim=1)).cpu().numpy()
            done(len(places))
        return found

    def secret_bits(self, prefix: Sequence[int], candidates: Sequence[Sequence[int]]) -> Floats:
        """Log-perplexity in bits of each candidate after the same prefix, shape (candidates,).

        The prefix (two tokens or more) is read once; candidates are never empty.
        """
        import torch

        with torch.inference_mode():
            read = self._network.model(
                input_ids=self._tensor([prefix[:-1]]), use_cache=True
            ).past_key_values
            found = [
                self._bits(read, prefix[-1], candidates[start : start + _SECRETS_AT_ONCE])
                for start in range(0, len(candidates), _SECRETS_AT_ONCE)
            ]
        return np.concatenate(found)

    def _bits(self, read: Any, last: int, candidates: Sequence[Sequence[int]]) -> Floats:
        import torch

        cache = copy.deepcopy(read)
        cache.batch_repeat_interleave(len(candidates))
        width = max(len(tokens) for tokens in candidates)
        pad = self.tokenizer.pad_id
        padded = [[last, *tokens, *[pad] * (width - len(tokens))] for tokens in candidates]
        ids = self._tensor(padded)
        states = self._network.model(
            input_ids=ids[:, :-1], past_key_values=cache, use_cache=True
        ).last_hidden_state
        chances = torch.log_softmax(self._network.lm_head(states).float(), dim=-1)
        chosen = chances.gather(2, ids[:, 1:, None])[:, :, 0]
        lengths = torch.tensor([len(tokens) for tokens in candidates], device=ids.device)
        counted = torch.arange(width, device=ids.device)[None, :] < lengths[:, None]
        bits: Floats = (-(chosen * counted).sum(dim=1) / _LN_2).cpu().double().numpy()
        return bits

    def continued(
        self,
        starts: Sequence[Sequence[int]],
        max_new_tokens: int,
        done: Callable[[int], None] = lambda _: None,
    ) -> list[list[int]]:
        """The greedy tokens after each start, up to the stop token (left out)."""
        written: list[list[int]] = []
        stop = self.tokenizer.stop_id
        for start in starts:  # nothing is guessed: no tie of rounding may fall towards the truth
            follow = self._engine.follow()
            written.append(write_guessed(follow, start, None, stop=stop, most=max_new_tokens))
            done(1)
        return written

    def _tensor(self, rows: Sequence[Sequence[int]]) -> torch.Tensor:
        import torch

        return torch.tensor([list(row) for row in rows], device=self._network.device)


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Places of rows of like lengths, each batch within ``MAX_BATCH_TOKENS``."""
    from hemoscribe.tune.padded_batches import padded_tokens

    batch: list[int] = []
    for place in sorted(range(len(lengths)), key=lambda place: lengths[place]):
        if batch and padded_tokens(lengths[place]) * (len(batch) + 1) > MAX_BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch
