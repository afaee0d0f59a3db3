"""How a question is scored: one forward pass, and the vocabulary's logits only where they count.

lm-eval's own ``HFLM`` already shares a context among one-token answers, but computes every token's
logits over the whole vocabulary: for a model of 135 million parameters and 49,152 tokens that is
gigabytes of memory and a quarter of the time, and in bfloat16 so coarse that options tie. Here the
last hidden states are taken where an answer is read, and only they meet the output matrix, in
float32. Texts, tokens and answers are lm-eval's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

MAX_BATCH_TOKENS = {"cpu": 2048, "cuda": 16384}
"""Tokens of one forward pass, padding included: what bounds its memory. On a CPU few are faster
(SmolLM2-135M on MedQA, one busy thread: 481 tokens/s by 2,048, 422 by 4,096)."""

Request = tuple[tuple[str, str], list[int], list[int]]
"""lm-eval's: texts, tokens of the context, tokens of the answer."""


def one_pass_model(model: Any, tokenizer: Any, context: int) -> Any:
    """An lm-eval model over a loaded transformers model.

    Its ``forward_passes`` counts rows that went through the model, and ``cut`` the questions longer
    than ``context`` tokens, whose beginning is left out, as lm-eval does.
    """
    from lm_eval.models.huggingface import HFLM

    class OnePassModel(HFLM):  # type: ignore[misc]
        """See ``one_pass_model``."""

        def __init__(self) -> None:
            super().__init__(
                pretrained=model, tokenizer=tokenizer, max_length=context, batch_size=1
            )
            self.forward_passes = 0
            self.cut = 0

        def loglikelihood(self, requests: Any, disable_tqdm: bool = True) -> Any:
            return super().loglikelihood(requests, disable_tqdm=True)

        def _loglikelihood_tokens(
            self,
            requests: list[Request],
            disable_tqdm: bool = False,
            override_bs: int | None = None,
        ) -> list[tuple[float, bool]]:
            scores, rows, cut = score(self.model, requests, self.max_length)
            self.forward_passes += rows
            self.cut += cut
            return scores

        def get_model_info(self) -> dict[str, Any]:
            """Nothing: lm-eval would ask the hub, and the model's identity is recorded by us."""
            return {}

    return OnePassModel()


def score(
    model: Any, requests: Sequence[Request], context: int
) -> tuple[list[tuple[float, bool]], int, int]:
    """Log-likelihood of each answer after its context, and whether it is the likeliest.

    Returns:
        (scores in the order of the requests, rows put through the model, contexts cut).
    """
    import torch

    inputs: dict[tuple[int, ...], list[int]] = {}
    cut: set[tuple[int, ...]] = set()
    for place, (_, before, answer) in enumerate(requests):
        whole = before + answer
        shown = tuple(whole[-(context + 1) :][:-1])  # the last token is only ever predicted
        if len(whole) > context + 1:
            cut.add(shown)
        inputs.setdefault(shown, []).append(place)
    found: list[tuple[float, bool]] = [(0.0, False)] * len(requests)
    head = model.get_output_embeddings()
    weight = head.weight.detach().float()
    bias = None if getattr(head, "bias", None) is None else head.bias.detach().float()
    with _progress(len(inputs)) as advance, torch.inference_mode():
        for batch in _batches(list(inputs), MAX_BATCH_TOKENS[model.device.type]):
            width = max(len(row) for row in batch)
            tokens = torch.zeros((len(batch), width), dtype=torch.long)
            for index, row in enumerate(batch):
                tokens[index, : len(row)] = torch.tensor(row)
            # Padding is on the right: no token of a question can see it.
            states = model.get_decoder()(
                input_ids=tokens.to(model.device), use_cache=False
            ).last_hidden_state
            for index, row in enumerate(batch):
                longest = max(len(requests[place][2]) for place in inputs[row])
                read = states[index, len(row) - longest : len(row)].float()
                logits = torch.log_softmax(torch.nn.functional.linear(read, weight, bias), dim=-1)
                for place in inputs[row]:
                    told = torch.tensor(requests[place][2], device=logits.device)
                    own = logits[-len(told) :]
                    chosen = own.gather(1, told[:, None]).sum()
                    greedy = bool((own.argmax(dim=-1) == told).all())
                    found[place] = (float(chosen), greedy)
            advance(len(batch))
    return found, len(inputs), len(cut)


def _progress(total: int) -> Any:
    from hemoscribe.assess.progress import progress

    return progress("benchmark questions", total)


def _batches(rows: Sequence[tuple[int, ...]], max_tokens: int) -> Iterator[list[tuple[int, ...]]]:
    """Rows of like lengths, each group within ``max_tokens``; the longest first."""
    group: list[tuple[int, ...]] = []
    for row in sorted(rows, key=len, reverse=True):
        if group and len(group[0]) * (len(group) + 1) > max_tokens:
            yield group
            group = []
        group.append(row)
    if group:
        yield group
