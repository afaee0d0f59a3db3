"""An assessment that was stopped goes on where it was, asks nothing twice, and ends the same."""

import json
from collections import Counter

import numpy as np
import pytest

from hemoscribe.assess import assess, assessment, writing
from hemoscribe.assess.held_out import held_out
from hemoscribe.assess.kept import Kept, asked, kept_file
from hemoscribe.assess.read_results import BATCH, prompts_of
from hemoscribe.engines import load
from hemoscribe.engines.interpreter import MAX_NEW_TOKENS
from hemoscribe.settings import AssessSettings, Settings

REPORTS, WRITTEN, TOKENS = BATCH + 3, 10, 4
SETTINGS = Settings(assess=AssessSettings(reports=REPORTS, written=WRITTEN, bootstrap=100))
MEASURED_ANEW = ("assessed_at", "latency", "latency_p50_s", "latency_p95_s", "latency_p99_s")


class Power:
    """Goes out after so many calls of the model; counts what was asked, and answered."""

    def __init__(self):
        self.calls_left = 10**9
        self.answered = Counter()

    def wired(self, model):
        for name in ("read", "write"):
            setattr(model, name, self._counting(name, getattr(model, name)))
        return model

    def _counting(self, kind, method):
        def counting(prompts, *rest):
            if self.calls_left == 0:
                raise KeyboardInterrupt
            self.calls_left -= 1
            found = method(prompts, *rest)
            self.answered.update((kind, prompt.track, prompt.text) for prompt in prompts)
            return found

        return counting


@pytest.fixture
def power(monkeypatch):
    """The model is loaded through it; time as served is measured anew each time, so left out."""
    power = Power()
    monkeypatch.setattr(writing, "MAX_NEW_TOKENS", TOKENS)
    monkeypatch.setattr(assessment, "_loaded", lambda name: power.wired(load(name)))
    nothing = {"n": 0, "p50_s": None, "p95_s": None, "p99_s": None, "engine": "none"}
    monkeypatch.setattr(assessment, "measure_latency", lambda *_: nothing)
    return power


def document_of(out):
    found = json.loads((out / "assessment.json").read_text("utf-8"))
    for name in MEASURED_ANEW:
        del found[name]
    for track in found["tracks"].values():
        del track["read_seconds_per_report"], track["write_seconds_per_report"]
    return found


def run(tiny_base, curated, out, settings):
    tracks = ["raw", "bare"]
    assess(
        *(str(tiny_base), curated),
        settings=settings,
        tracks=tracks,
        out=out,
        against=[],
        split="validation",  # so that no baseline is taught: not what is claimed here
    )


def assessed(tiny_base, curated, out):
    run(tiny_base, curated, out, SETTINGS)
    return document_of(out)


def test_stopped_twice_it_ends_as_if_never_and_asks_each_prompt_once(
    power, tiny_base, curated, tmp_path
):
    whole = assessed(tiny_base, curated, tmp_path / "whole")
    wanted = power.answered
    assert max(wanted.values()) == 1
    assert sum(kind == "write" for kind, *_ in wanted) == 2 * WRITTEN

    out = tmp_path / "stopped"
    power.answered = Counter()
    for calls in (1, 3):  # while reading; while writing
        power.calls_left = calls
        with pytest.raises(KeyboardInterrupt):
            assessed(tiny_base, curated, out)
        assert not out.exists()
    power.calls_left = 10**9
    assert assessed(tiny_base, curated, out) == whole
    assert power.answered == wanted


def test_a_done_assessment_with_other_intervals_asks_the_model_nothing(
    power, tiny_base, curated, tmp_path
):
    first = assessed(tiny_base, curated, tmp_path / "done")
    power.answered.clear()
    settings = Settings(assess=SETTINGS.assess.model_copy(update={"bootstrap": 120}))
    run(tiny_base, curated, tmp_path / "done", settings)
    again = document_of(tmp_path / "done")
    assert not power.answered
    accuracy = [one["tracks"]["raw"]["accuracy"]["value"] for one in (first, again)]
    assert accuracy[0] == accuracy[1]


def test_a_changed_model_is_asked_anew(power, tiny_base, curated, tmp_path):
    import shutil

    folder = tmp_path / "model"
    shutil.copytree(tiny_base, folder)
    assessed(folder, curated, tmp_path / "out")
    asked_first = power.answered.total()
    (folder / "note.txt").write_text("other weights")
    assessed(folder, curated, tmp_path / "out")
    assert power.answered.total() == 2 * asked_first


@pytest.fixture(scope="module")
def prompts(curated):
    held = held_out(curated, limit=3)
    return prompts_of(held.readings, held.languages, "raw")


def test_a_cut_or_foreign_line_or_one_of_another_shape_is_no_answer(tmp_path, prompts):
    path = tmp_path / "kept.jsonl"
    first, second, third = prompts
    table = np.full((len(first.slots), 3), 1 / 3)
    Kept(path).add({asked(first): {"probabilities": table.tolist(), "seconds": 0.5}})
    Kept(path).add({asked(second): {"probabilities": [[0.2, 0.8]], "seconds": 0.5}})
    with path.open("a", encoding="utf-8") as file:
        file.write(f'3\n[]\n{{"asked": "{asked(third)}", "probabil')
    again = Kept(path)
    assert np.array_equal(again.reading(first), table)
    assert again.seconds(asked(first)) == 0.5
    assert again.reading(second) is None
    assert again.reading(third) is None
    again.add({asked(third, tokens=MAX_NEW_TOKENS): {"text": "words", "seconds": 1.0}})
    assert Kept(path).text(third, MAX_NEW_TOKENS) == "words"  # not glued to the cut line
    assert Kept(path).text(third, 12) is None
    assert Kept(path).reading(third) is None


def test_the_file_is_named_by_the_model_and_what_tells_it_from_another(tmp_path):
    one, other = (kept_file(tmp_path, "Base model, zero-shot", key) for key in ("a", "b"))
    assert one.name.startswith("base-model-zero-shot-")
    assert one != other
