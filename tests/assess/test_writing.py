"""Writing: every planted fault is found once, by its name, and sound words are left alone."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from hemoscribe.assess.held_out import held_out
from hemoscribe.assess.writing import (
    judge,
    measure_writing,
    read_texts,
    save_texts,
    write_all,
)
from hemoscribe.errors import InputError
from hemoscribe.knowledge import read_panel
from hemoscribe.prose.compose import compose
from hemoscribe.prose.guard.vocabulary import Vocabulary
from hemoscribe.prose.prompt import completion
from hemoscribe.records import Panel, ReportedResult


@pytest.fixture(scope="module")
def held(curated):
    return held_out(curated, "all", limit=100)


@pytest.fixture(scope="module")
def english(held):
    """The English reports that have an abnormal result."""
    return [
        reading
        for reading, language in zip(held.readings, held.languages, strict=True)
        if language == "en" and reading.abnormal
    ]


def normal_of(reading):
    """A result of the report that is normal."""
    return next(result for result in reading.results if result.direction == "normal")


def with_words(reading, words):
    interpretation, follow_up = compose(reading, "en", 0)
    return completion(f"{interpretation} {words}", follow_up, "en")


@pytest.fixture(scope="module")
def planted_texts(english):
    """report -> a text with one fault; each kind of fault as often as its number says."""
    fault = iter(english)
    texts = {}
    for number in range(4):
        reading = next(fault)
        texts[reading.panel.report_id] = with_words(reading, f"Sodium is 19{number} mmol/L.")
    for _ in range(3):
        reading = next(fault)
        name = normal_of(reading).reported_name
        texts[reading.panel.report_id] = with_words(reading, f"{name} is high.")
    for _ in range(2):
        reading = next(fault)
        texts[reading.panel.report_id] = with_words(reading, "There is overt hypothyroidism.")
    reading = next(fault)
    texts[reading.panel.report_id] = with_words(reading, "Start iron therapy.")
    for _ in range(2):
        reading = next(fault)
        texts[reading.panel.report_id] = completion(
            "To be set against the clinical context.", "Repeat the panel.", "en"
        )
    reading = next(fault)
    texts[reading.panel.report_id] = completion(*compose(reading, "fr", 0), "fr")
    reading = next(fault)
    texts[reading.panel.report_id] = " ".join(compose(reading, "en", 0))
    return texts


@pytest.fixture(scope="module")
def written(held, planted, planted_texts):
    model = planted(held, writes=planted_texts)
    return write_all(model, held.readings, held.languages, "assisted")


def test_the_composers_own_words_pass_and_tell_every_finding(held, planted):
    found = measure_writing(
        write_all(planted(held), held.readings, held.languages, "assisted"), draws=100
    )
    assert found["failed_checks"] == {}
    assert found["unfaithful_rate"]["value"] == 0
    assert found["omission_rate"]["value"] == 0
    assert found["groups_told_rate"]["value"] == 1
    assert found["groups_told_rate"]["n"] == sum(bool(one.abnormal) for one in held.readings)
    assert found["finding_precision"]["value"] == 1
    assert found["finding_f1"]["value"] > 0.98


def test_every_planted_fault_is_counted_exactly(written, planted_texts, english):
    found = measure_writing(written, draws=100)
    n = len(written)
    assert found["unfaithful_rate"]["n"] == n
    assert found["unfaithful_rate"]["value"] == pytest.approx(10 / n, abs=1e-12)
    failed = found["failed_checks"]
    assert failed["numbers"] == 4
    assert failed["directions"] == 3
    assert failed["findings"] == 3  # the iron advised is told, too, of a report that holds none
    assert failed["treatment"] == 1
    assert found["by_finding"]["hypothyroidism_overt"] == {"right": 0, "invented": 2, "missed": 0}
    kept = [text for text in written if all(check.ok for check in text.checks)]
    assert found["withheld_rate"]["value"] == pytest.approx(1 - len(kept) / n)
    assert found["withheld_rate"]["value"] == pytest.approx(len(planted_texts) / n)
    silent = [
        r
        for r in english
        if planted_texts.get(r.panel.report_id, "").startswith(
            "Interpretation: To be set against the clinical context."
        )
    ]
    assert len(silent) == 2
    own = [text for text in written if text.report_id in {r.panel.report_id for r in silent}]
    assert sum(text.omitted for text in own) == sum(len(r.abnormal) for r in silent)
    assert found["language_valid"]["value"] == pytest.approx((n - 1) / n)
    not_in_form = [text for text in written if not text.holds("form")]
    assert {text.report_id for text in not_in_form} == set(list(planted_texts)[-2:])


def test_findings_are_scored_as_sets_and_a_narrower_one_tells_the_wider():
    panel = Panel(
        results=(
            ReportedResult("Hemoglobin", "9.1", "g/dL", "12.0", "16.0"),
            ReportedResult("MCV", "70", "fL", "80", "100"),
            ReportedResult("Ferritin", "6", "ug/L", "15", "150"),
            ReportedResult("Potassium", "6.4", "mmol/L", "3.5", "5.1"),
        ),
        sex="F",
        age_years=44.0,
    )
    reading = read_panel(panel)
    stated = {finding.id for finding in reading.findings}
    assert {"iron_deficiency_anemia", "hyperkalemia", "anemia"} <= stated
    text = "Interpretation: Iron-deficiency anemia.\nFollow-up: Repeat."
    found = judge(text, reading, "en", "raw", Vocabulary())
    assert found.right == ("iron_deficiency_anemia",)
    assert found.missed == ("hyperkalemia",)
    assert found.invented == ()
    scores = measure_writing([found], draws=100)
    assert scores["finding_f1"]["value"] == pytest.approx(2 / 3)
    assert scores["finding_precision"]["value"] == 1
    assert scores["finding_recall"]["value"] == 0.5
    assert scores["finding_macro_f1"]["value"] == 0.5  # one kind found, one missed


def test_micro_and_macro_f1_are_scikit_learns(written):
    names = sorted(
        {name for text in written for name in (*text.right, *text.missed, *text.invented)}
    )
    truth = np.array([[name in (*t.right, *t.missed) for name in names] for t in written])
    said = np.array([[name in (*t.right, *t.invented) for name in names] for t in written])
    found = measure_writing(written, draws=100)
    micro, macro = (
        f1_score(truth, said, average=average, zero_division=0) for average in ("micro", "macro")
    )
    assert found["finding_f1"]["value"] == pytest.approx(micro, abs=1e-9)
    assert found["finding_macro_f1"]["value"] == pytest.approx(macro, abs=1e-9)


def test_texts_come_back_from_their_file_as_they_were(written, tmp_path):
    save_texts(tmp_path / "texts.jsonl", written)
    assert read_texts(tmp_path / "texts.jsonl") == written


def test_no_text_at_all_is_not_measured_rather_than_perfect():
    found = measure_writing([], draws=100)
    assert found["written"] == 0
    assert found["unfaithful_rate"] == {"value": None, "low": None, "high": None, "n": 0}


def test_a_model_that_skips_a_prompt_is_refused(held, planted):
    class Skips(planted):
        def write(self, prompts, max_new_tokens):
            return super().write(prompts, max_new_tokens)[1:]

    with pytest.raises(InputError, match="planted: it wrote 7 texts for 8 prompts"):
        write_all(Skips(held), held.readings[:8], held.languages[:8], "raw")
