"""Learning from corrections: the expert's words above the draft's, by trl's DPOTrainer.

Direct preference optimisation (Rafailov et al. 2023, arXiv:2305.18290) with the adapter as it was
fine-tuned for reference, so that what the model reads and writes elsewhere stays as it is.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedTokenizerFast
from transformers.trainer_callback import PrinterCallback
from trl import DPOConfig, DPOTrainer

from hemoscribe.models.catalogue import BaseModel
from hemoscribe.models.chat import ChatTokenizer
from hemoscribe.settings import TuneSettings
from hemoscribe.tune.adapter import float32_adapter, load_trainable, save_adapter
from hemoscribe.tune.pairs import Pair
from hemoscribe.tune.plan import Plan
from hemoscribe.tune.quiet import quiet_libraries


class PairTrainer(DPOTrainer):  # type: ignore[misc]  # trl has no types
    """DPOTrainer over pairs that are tokens already, so that prompts are those of the corpus."""

    def _prepare_dataset(self, dataset: Any, *_: Any, **__: Any) -> Any:
        return dataset


@dataclass(frozen=True)
class Prefer:
    """Preference tuning on the device and in the parts that fine-tuning had."""

    settings: TuneSettings
    entry: BaseModel
    base: Path
    plan: Plan
    tokenizer: ChatTokenizer

    def run(self, pairs: Sequence[Pair], adapter: Path, out: Path) -> dict[str, Any]:
        """Train the adapter in ``adapter`` on ``pairs`` and write it to ``out``.

        Returns:
            ``pairs``, ``steps``, and by how much more likely the correction is than the draft, in
            nats per pair: ``margin_before``, ``margin_after``.
        """
        from datasets import Dataset

        chosen = self.settings
        with quiet_libraries():
            model = load_trainable(
                self.base,
                chosen.model_copy(update={"lora_dropout": 0.0}),
                base_id=self.entry.id,
                start_from=adapter,
                method=self.plan.method,
                lean=False,
            )
            before = self._margin(model, pairs)
            rows = [
                {"prompt_ids": p.prompt, "chosen_ids": p.chosen, "rejected_ids": p.rejected}
                for p in pairs
            ]
            trainer = PairTrainer(
                model,
                args=self._arguments(out, len(pairs)),
                train_dataset=Dataset.from_list(rows),
                processing_class=PreTrainedTokenizerFast(
                    tokenizer_file=str(self.base / "tokenizer.json"),
                    eos_token=self.entry.chat.stop,
                    pad_token=self.entry.chat.pad,
                ),
            )
            float32_adapter(trainer.model)
            trainer.remove_callback(PrinterCallback)
            trainer.train()
            model = trainer.accelerator.unwrap_model(trainer.model)
            after = self._margin(model, pairs)
        save_adapter(model, out)
        found = {
            "pairs": len(pairs),
            "steps": trainer.state.global_step,
            "margin_before": round(before, 3),
            "margin_after": round(after, 3),
        }
        sys.stderr.write(
            f"tune: {len(pairs)} corrections; they are {found['margin_after']} nats more likely "
            f"than the drafts they correct, and were {found['margin_before']}.\n"
        )
        return found

    def _arguments(self, out: Path, pairs: int) -> DPOConfig:
        chosen = self.settings
        micro = max(1, self.plan.micro_batch // 2)  # a pair is two rows
        gpu = torch.cuda.is_available()
        return DPOConfig(
            output_dir=str(out),
            per_device_train_batch_size=micro,
            gradient_accumulation_steps=max(1, min(chosen.batch, pairs) // micro),
            learning_rate=chosen.preference_rate,
            num_train_epochs=chosen.preference_epochs,
            beta=chosen.preference_beta,
            max_length=None,
            lr_scheduler_type="linear",
            seed=chosen.seed,
            data_seed=chosen.seed,
            bf16=False,
            gradient_checkpointing=self.plan.checkpointing,
            activation_checkpointing_kwargs={"use_reentrant": False},
            use_cpu=not gpu,
            dataloader_pin_memory=gpu,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
        )

    @torch.no_grad()
    def _margin(self, model: Any, pairs: Sequence[Pair]) -> float:
        """Mean log-probability of the correction less that of the draft."""
        training = model.training
        model.eval()
        gains = [
            self._log_probability(model, pair.prompt, pair.chosen)
            - self._log_probability(model, pair.prompt, pair.rejected)
            for pair in pairs
        ]
        model.train(training)
        return sum(gains) / len(gains)

    @staticmethod
    def _log_probability(model: Any, prompt: list[int], text: list[int]) -> float:
        ids = torch.tensor([prompt + text], device=model.device)
        logits = model(input_ids=ids).logits[0, len(prompt) - 1 : -1].float()
        wanted = ids[0, len(prompt) :, None]
        return float(torch.log_softmax(logits, dim=-1).gather(1, wanted).sum())
