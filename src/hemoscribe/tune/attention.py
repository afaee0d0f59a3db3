"""Causal attention for training on a CPU, in bfloat16 matrix products.

PyTorch's CPU kernel for bfloat16 takes half as long as all linear layers of a small model together,
most of it in the backward pass. Here queries are taken in blocks, each against the keys it may see,
as plain batched matrix products whose probabilities are kept for the backward pass; grouped heads
are never copied.
Rows are padded on the right and attention is causal, so there is no mask to honour.
"""

from __future__ import annotations

from typing import Any

import torch

NAME = "hemoscribe_blocks"
BLOCK = 128


class _BlockAttention(torch.autograd.Function):
    """query (batch, heads, tokens, size); key and value (batch, groups, tokens, size)."""

    @staticmethod
    # only under autocast (full fine-tuning) are the inputs cast
    @torch.amp.custom_fwd(device_type="cpu", cast_inputs=torch.bfloat16)  # type: ignore[untyped-decorator]
    def forward(
        ctx: Any, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, scaling: float
    ) -> torch.Tensor:
        batch, heads, tokens, size = query.shape
        groups = key.shape[1]
        keys = key.reshape(batch * groups, tokens, size)
        values = value.reshape(batch * groups, tokens, size)
        scaled = query * scaling
        out = torch.empty_like(query, memory_format=torch.contiguous_format)
        saved = []
        for start, end in _blocks(tokens):
            rows = scaled[:, :, start:end].reshape(batch * groups, -1, size)
            scores = torch.bmm(rows, keys[:, :end].transpose(1, 2))
            _hide_future(scores.view(-1, end - start, end), start)
            shares = torch.softmax(scores, dim=-1)
            found = torch.bmm(shares, values[:, :end])
            out[:, :, start:end] = found.view(batch, heads, end - start, size)
            saved += [rows, shares]
        ctx.save_for_backward(keys, values, *saved)
        ctx.shape, ctx.scaling = (batch, heads, groups, tokens, size), scaling
        return out

    @staticmethod
    @torch.amp.custom_bwd(device_type="cpu")  # type: ignore[untyped-decorator]
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        gradient = gradients[0]
        keys, values, *saved = ctx.saved_tensors
        batch, heads, groups, tokens, size = ctx.shape
        to_query = torch.empty(
            (batch, heads, tokens, size), dtype=gradient.dtype, device=gradient.device
        )
        to_keys, to_values = torch.zeros_like(keys), torch.zeros_like(values)
        for index, (start, end) in enumerate(_blocks(tokens)):
            rows, shares = saved[2 * index : 2 * index + 2]
            part = gradient[:, :, start:end].reshape(batch * groups, -1, size)
            to_values[:, :end] += torch.bmm(shares.transpose(1, 2), part)
            to_shares = torch.bmm(part, values[:, :end].transpose(1, 2))
            to_scores = torch._softmax_backward_data(to_shares, shares, -1, shares.dtype)
            found = torch.bmm(to_scores, keys[:, :end])
            to_query[:, :, start:end] = found.view(batch, heads, end - start, size)
            to_keys[:, :end] += torch.bmm(to_scores.transpose(1, 2), rows)
        shape = (batch, groups, tokens, size)
        return to_query * ctx.scaling, to_keys.view(shape), to_values.view(shape), None


def _blocks(tokens: int) -> list[tuple[int, int]]:
    return [(start, min(start + BLOCK, tokens)) for start in range(0, tokens, BLOCK)]


def _hide_future(scores: torch.Tensor, start: int) -> None:
    """Set to -inf what lies after each query; only the last columns can."""
    size = scores.shape[1]
    future = torch.full((size, size), float("-inf"), dtype=scores.dtype, device=scores.device)
    scores[:, :, start:] += future.triu_(1)


def attend(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """The form in which transformers calls an attention function; the mask must be None."""
    if attention_mask is not None:
        raise ValueError("Block attention is causal and takes no mask.")
    scale = module.head_dim**-0.5 if scaling is None else scaling
    out: torch.Tensor = _BlockAttention.apply(query, key, value, scale)  # type: ignore[no-untyped-call]
    return out.transpose(1, 2), None


def register() -> str:
    """Make the attention known to transformers; returns its name for ``attn_implementation``."""
    from transformers import AttentionInterface, AttentionMaskInterface

    AttentionInterface.register(NAME, attend)
    AttentionMaskInterface.register(NAME, lambda *_, **__: None)
    return NAME
