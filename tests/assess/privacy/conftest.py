"""A laboratory of short made-up reports, and its models: one overfitted, one never trained."""

import random
from types import SimpleNamespace

import polars as pl
import pytest

from hemoscribe.assess.privacy import audit_model
from hemoscribe.corpus.canaries import plant, write_canaries
from hemoscribe.corpus.example import Example, write_examples
from hemoscribe.settings import AssessSettings, PrivacySettings, Settings, TuneSettings
from hemoscribe.stages import write_manifest
from hemoscribe.tune import tune

WORDS = [first + last for first in ("am", "bir", "ce", "del", "fjo") for last in
         ("ber", "ch", "dar", "ta", "rd", "ne")]  # fmt: skip
SIDE = 24  # reports of either side
PLANTED = 3


def report(draw, number, *, text):
    """A report of one result; two of three have a text, in words of nobody else."""
    value = draw.uniform(6, 20)
    prompt = f"Hemoglobin {value:.1f} g/dL [12.0-16.0] ->"
    answer = draw.choice(("low", "normal", "high"))  # noise, so that only memory can tell it
    words = " ".join(draw.choices(WORDS, k=11))
    return Example(
        report_id=f"r{number}",
        track="raw",
        language="en",
        prompt=f"{prompt}\nWrite it.",
        slots=(len(prompt),),
        answers=(answer,),
        completion=f"Interpretation: {words}\nFollow-up: none." if text else None,
    )


def settings_of(base, **changes):
    return Settings(
        tune=TuneSettings(
            base=str(base),
            start_from=None,
            method="full",
            dtype="float32",
            learning_rate=6e-3,
            warmup_steps=5,
            steps=150,
            batch=8,
            **changes,
        ),
        assess=AssessSettings(bootstrap=200),
        privacy=PrivacySettings(references=200, started_words=4, verbatim_words=4, texts=16),
    )


@pytest.fixture(scope="session")
def laboratory(tmp_path_factory, tiny_base):
    """Folders ``corpus`` and ``curated`` of a laboratory, and a model overfitted on the corpus."""
    import torch

    root = tmp_path_factory.mktemp("privacy")
    draw = random.Random(3)
    sides = {
        side: [report(draw, f"{side}-{n}", text=n % 3 > 0) for n in range(SIDE)]
        for side in ("train", "test")
    }
    corpus, curated = root / "corpus", root / "curated"
    corpus.mkdir()
    curated.mkdir()
    examples, canaries = plant(sides["train"], canaries=PLANTED, repeats=1, seed=1)
    write_canaries(corpus, canaries)
    write_examples(corpus / "train.jsonl", examples)
    write_examples(corpus / "test.jsonl", sides["test"])
    write_manifest(corpus, stage="corpus", inputs={}, settings={}, summary={})
    ids = [one.report_id for side in sides.values() for one in side]
    pl.DataFrame({"report_id": ids, "patient_id": [f"p-{one}" for one in ids]}).write_parquet(
        curated / "results.parquet"
    )
    write_manifest(curated, stage="curate", inputs={}, settings={}, summary={})
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        patch.setenv("HEMOSCRIBE_HOME", str(root / "home"))
        tune(settings_of(tiny_base), corpus, root / "tune")
    torch.set_num_threads(threads)
    return SimpleNamespace(
        corpus=corpus,
        curated=curated,
        overfitted=root / "tune",
        base=tiny_base,
        settings=settings_of(tiny_base),
        train=examples,
        canaries=canaries,
    )


@pytest.fixture(scope="session")
def audits(laboratory, tmp_path_factory):
    """The audit of the overfitted model, and that of the one that was never trained."""
    out = tmp_path_factory.mktemp("audits")
    return {
        name: SimpleNamespace(
            out=out / name,
            summary=audit_model(
                str(model),
                laboratory.corpus,
                laboratory.curated,
                out / name,
                settings=laboratory.settings,
            ),
        )
        for name, model in (("overfitted", laboratory.overfitted), ("untrained", laboratory.base))
    }
