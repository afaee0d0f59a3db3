"""The loss is of the labels alone, the same however a step is cut into batches."""

from dataclasses import fields

import pytest
import torch
from torch.nn.functional import cross_entropy

from hemoscribe.models.chat import ChatTokenizer
from hemoscribe.settings import TuneSettings
from hemoscribe.tune.adapter import load_trainable
from hemoscribe.tune.attention import attend
from hemoscribe.tune.lora import LeanLora
from hemoscribe.tune.loss import batch_loss, label_counts
from hemoscribe.tune.padded_batches import collate, columns
from hemoscribe.tune.rows import IGNORED, Taught, to_rows

SETTINGS = TuneSettings(start_from=None, dtype="float32", lora_rank=4)


def taught(examples) -> list[Taught]:
    return [Taught(**{field.name: one[field.name] for field in fields(Taught)}) for one in examples]


@pytest.fixture
def tokenizer(tiny_base):
    return ChatTokenizer.from_folder(tiny_base)


@pytest.fixture
def rows(tokenizer, examples):
    held = columns(to_rows(taught(examples[:8]), tokenizer))
    return [{name: values[i] for name, values in held.items()} for i in range(8)]


def model_of(tiny_base, **changes):
    model = load_trainable(
        tiny_base, SETTINGS.model_copy(update=changes), base_id="tiny", start_from=None
    )
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.manual_seed(len(name))
            torch.nn.init.normal_(parameter, std=0.02)
    return model


def loss_and_gradient(model, batches, tokenizer, slot_weight=0.5):
    model.zero_grad()
    counts = label_counts(batches)
    total = 0.0
    for batch in batches:
        found = batch_loss(
            model.get_base_model(),
            batch,
            counts=counts,
            slot_weight=slot_weight,
            answer_ids=tokenizer.answer_ids,
        )
        found.loss.backward()
        total += found.loss.item()
    gradients = [p.grad.flatten() for p in model.parameters() if p.grad is not None]
    return total, torch.cat(gradients)


def test_one_batch_of_eight_is_eight_of_one_in_loss_and_gradient(tiny_base, tokenizer, rows):
    model = model_of(tiny_base)
    together = loss_and_gradient(model, [collate(rows, pad_id=tokenizer.pad_id)], tokenizer)
    apart = [collate([row], pad_id=tokenizer.pad_id) for row in rows]
    alone = loss_and_gradient(model, apart, tokenizer)
    assert together[0] == pytest.approx(alone[0], rel=1e-5)
    torch.testing.assert_close(together[1], alone[1], rtol=1e-4, atol=1e-6)


def test_the_loss_is_the_weighted_mean_over_slots_and_over_completions(tiny_base, tokenizer, rows):
    model = model_of(tiny_base)
    batch = collate(rows, pad_id=tokenizer.pad_id)
    logits = model(input_ids=batch["input_ids"]).logits[:, :-1].float()
    labels, is_slot = batch["labels"][:, 1:], batch["is_slot"][:, 1:]
    each = cross_entropy(
        logits.flatten(0, 1), labels.flatten(), reduction="none", ignore_index=IGNORED
    ).view_as(labels)
    written = (labels != IGNORED) & ~is_slot
    wanted = 0.5 * each[is_slot].mean() + each[written].mean()
    found, _ = loss_and_gradient(model, [batch], tokenizer)
    assert found == pytest.approx(wanted.item(), rel=1e-5)


def test_lean_layers_and_block_attention_compute_what_peft_and_torch_do(tiny_base, tokenizer, rows):
    from peft.tuners.lora import Linear

    model = model_of(tiny_base)
    wide = [{**row} for row in rows]
    batch = collate(wide, pad_id=tokenizer.pad_id)
    batch["input_ids"] = torch.cat([batch["input_ids"]] * 5, dim=1)  # several blocks of queries
    batch["labels"] = torch.cat([batch["labels"]] * 5, dim=1)
    batch["is_slot"] = torch.cat([batch["is_slot"]] * 5, dim=1)
    lean = loss_and_gradient(model, [batch], tokenizer)
    layers = [module for module in model.modules() if isinstance(module, LeanLora)]
    assert len(layers) == 2 * 7
    for layer in layers:
        layer.__class__ = Linear
    model.get_base_model().set_attn_implementation("eager")
    stock = loss_and_gradient(model, [batch], tokenizer)
    assert lean[0] == pytest.approx(stock[0], rel=1e-5)
    torch.testing.assert_close(lean[1], stock[1], rtol=1e-3, atol=1e-5)


def test_attention_refuses_a_mask_it_would_not_honour():
    part = torch.zeros(1, 1, 4, 8)
    with pytest.raises(ValueError, match="mask"):
        attend(None, part, part, part, torch.ones(1, 1, 4, 4), scaling=1.0)


def test_slots_are_read_where_their_labels_are(tiny_base, tokenizer, rows, examples):
    model = model_of(tiny_base).get_base_model()
    batch = collate(rows, pad_id=tokenizer.pad_id)
    counts = label_counts([batch])
    found = batch_loss(
        model, batch, counts=counts, slot_weight=1.0, answer_ids=tokenizer.answer_ids
    )
    read, wanted = found.read, found.wanted
    truth = [a for e in examples[:8] for a in e["answers"] if a is not None]
    assert [("low", "normal", "high")[i] for i in wanted.tolist()] == truth
    assert len(read) == len(truth)
