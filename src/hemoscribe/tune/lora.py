"""The forward and backward pass of LoRA layers, without the copies.

peft computes the adapter in float32: it casts the layer's input up, and the layer's output up and
down again, which on a CPU costs half as much as the frozen layer itself. Here the float32 weights
are cast down (they are small), products run in the base's type, and sums go into the result in
place. Same mathematics, peft's own parameters; gradients arrive in float32.
"""

from __future__ import annotations

from typing import Any

import torch
from peft.tuners.lora import Linear


class _Adapted(torch.autograd.Function):
    """x (tokens, inputs) -> x W' + (x A') B' scale, for a frozen W."""

    @staticmethod
    def forward(
        ctx: Any,
        x: torch.Tensor,
        weight: torch.Tensor,
        down: torch.Tensor,
        up: torch.Tensor,
        scale: float,
    ) -> torch.Tensor:
        down_low, up_low = down.to(x.dtype), (up * scale).to(x.dtype)
        inner = x @ down_low.t()
        ctx.save_for_backward(x, weight, down_low, up_low, inner)
        ctx.scale = scale
        return (x @ weight.t()).addmm_(inner, up_low.t())

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        gradient = gradients[0]
        x, weight, down_low, up_low, inner = ctx.saved_tensors
        to_inner = gradient @ up_low
        to_x = None
        if ctx.needs_input_grad[0]:
            to_x = (gradient @ weight).addmm_(to_inner, down_low)
        to_down = (to_inner.t() @ x).float()
        to_up = (gradient.t() @ inner).float() * ctx.scale
        return to_x, None, to_down, to_up, None


class LeanLora(Linear):  # type: ignore[misc]  # peft is followed without types
    """peft's LoRA layer with the pass above."""

    def forward(self, x: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
        """Shapes as of ``torch.nn.Linear``."""
        if self.disable_adapters or self.merged:
            unadapted: torch.Tensor = self.base_layer(x)
            return unadapted
        flat: torch.Tensor = _Adapted.apply(  # type: ignore[no-untyped-call]
            x.reshape(-1, x.shape[-1]),
            self.base_layer.weight,
            self.lora_A["default"].weight,
            self.lora_B["default"].weight,
            self.scaling["default"],
        )
        return flat.view(*x.shape[:-1], flat.shape[-1])


def make_lean(model: Any) -> int:
    """Give every plain LoRA layer of a peft model the lean pass; returns how many there are."""
    count = 0
    for module in model.modules():
        if type(module) is Linear and _is_plain(module):
            module.__class__ = LeanLora
            count += 1
    return count


def _is_plain(layer: Any) -> bool:
    return (
        layer.active_adapters == ["default"]
        and isinstance(layer.lora_dropout["default"], torch.nn.Identity)
        and layer.base_layer.bias is None
        and type(layer.base_layer) is torch.nn.Linear
        and not layer.use_dora["default"]
    )
