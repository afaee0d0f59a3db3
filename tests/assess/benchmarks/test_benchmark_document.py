"""What a committee reads: the verdict, the three columns, the overlap, the section of the docs."""

import pytest

from hemoscribe.assess.benchmarks.benchmark_document import describe, summary_of
from hemoscribe.assess.benchmarks.benchmark_list import catalogue
from hemoscribe.assess.benchmarks.benchmark_page import benchmark_page, text_table
from hemoscribe.assess.benchmarks.comparison import comparison, parse, rows
from hemoscribe.assess.benchmarks.measures import accuracy
from hemoscribe.assess.benchmarks.questions import Question
from hemoscribe.assess.benchmarks.section import END, START, with_section
from hemoscribe.errors import InputError, KnowledgeError

N = 200
NAMES = ("medqa", "mmlu_anatomy")


def _record(name, chosen):
    right = [place % 4 for place in range(N)]
    ids = [str(place) for place in range(N)]
    return {
        "name": name,
        "task": "a" * 64,
        "file": "b" * 64,
        "answers": {"ids": ids, "right": right, "chosen": list(chosen)},
        "seconds": 12.0,
        "forward_passes": N,
        "cut": 0,
    }


def _document(model, base=None, shared=None):
    """A document of two benchmarks whose right options go round; ``model`` is place -> chosen."""
    chosen = [catalogue()[name] for name in NAMES]
    questions = {name: [Question("0", "Which?", ("a", "b"), 0)] for name in NAMES}
    given = {"model": model} | ({} if base is None else {"base": base})
    records = {
        role: [_record(name, [answer(place) for place in range(N)]) for name in NAMES]
        for role, answer in given.items()
    }
    return {
        "model": {"name": "tuned <b>", "sha256": "c" * 64, "tuned_from": "the-base"},
        "base": None if base is None else {"name": "the-base", "sha256": "d" * 64},
        "lm_eval": "0.4.13",
        "dtype": "bfloat16",
        "few_shot": 0,
        "limit": None,
        "processors": 2,
        "measured_at": "2026-01-01 00:00 UTC",
        "versions": {"hemoscribe": "0"},
        "corpus": None if shared is None else "corpus",
        **describe(chosen, questions, records, shared),
    }


def _always(option):
    return lambda place: option


def _knows(share):
    return lambda place: place % 4 if place % 10 < 10 * share else (place + 1) % 4


def test_a_loss_is_called_a_loss():
    document = _document(_knows(0.6), _knows(0.8))
    assert document["pooled"]["only_base"] == 80
    assert document["pooled"]["only_tuned"] == 0
    assert "-20.0 points" in document["verdict"][-1]
    assert document["verdict"][-1].endswith("p < 0.001: something was lost.")


def test_no_difference_of_models_that_know_is_said_without_more():
    document = _document(_knows(0.8), _knows(0.8))
    assert document["verdict"] == [
        "Did tuning hurt? Tuned minus base: +0.0 points (95 % +0.0 to +0.0) over 400 questions, "
        "p 1: no difference is shown."
    ]


def test_a_base_that_knows_nothing_proves_nothing_about_tuning():
    document = _document(_always(0), _always(2))
    told = " ".join(document["verdict"])
    assert "not shown to do better than always giving the commonest answer" in told
    assert "the model answers A to 100% of the questions" in told
    assert "what is not known cannot be lost" in told


def test_overlapping_questions_are_counted_and_taken_out():
    inside = {str(place): "thirteen words" for place in range(20)}  # 16 right, 4 wrong
    shared = {name: {"questions": inside, "unchecked": 3} for name in NAMES}
    document = _document(_knows(0.8), _knows(0.6), shared)
    found = document["tasks"]["medqa"]["overlap"]
    assert (found["count"], found["unchecked"]) == (20, 3)
    assert found["questions"][0] == {"id": "0", "shared": "thirteen words"}
    assert found["model"]["on_overlapping"] == accuracy([True] * 16 + [False] * 4)
    assert found["model"]["without_them"] == accuracy([True] * 144 + [False] * 36)
    assert found["base"]["on_overlapping"]["accuracy"] == 0.6
    page = benchmark_page(document)
    assert "“thirteen words”" in page
    assert "questions found in the training text: MedQA, USMLE, 4 options 20" in text_table(
        document
    )


def test_summary_has_accuracy_error_and_count_of_each_benchmark():
    summary = summary_of(_document(_knows(0.8), _knows(0.6)))
    assert summary["tasks"]["medqa"]["accuracy"] == 0.8
    assert summary["tasks"]["medqa"]["n"] == N
    assert summary["tasks"]["medqa"]["stderr"] == pytest.approx((0.16 / 199) ** 0.5)
    assert summary["tasks"]["medqa"]["base"]["accuracy"] == 0.6


def test_quoted_published_and_measured_stay_in_their_columns():
    values = comparison().model_dump()
    values["quoted"]["models"] = [{"model": "GPT-4", "accuracy": {"medqa": 1.5}}]
    own = {"mine": {"medqa": {"accuracy": 0.25, "stderr": 0.012}}}
    found = {row["model"]: row for row in rows(NAMES, own, parse(values))}
    assert found["GPT-4"] == {
        "model": "GPT-4",
        "setting": "five-shot",
        "task": "medqa",
        "quoted": "1.5",
        "published": "81.4",
        "here": "-",
    }
    mine = found["mine"]
    assert (mine["quoted"], mine["published"], mine["here"]) == ("-", "-", "25.0 ± 1.2")
    assert len(found) == len(list(rows(NAMES, own, parse(values))))  # nothing said of anatomy


def test_published_figures_are_those_of_the_result_files():
    told = {one.model: one.accuracy for one in comparison().published.models}
    names = ("medqa", "medmcqa", "mmlu_clinical_knowledge")
    assert [told["Mistral-7B-v0.1"][name] for name in names] == [50.8, 48.2, 68.7]
    assert [told["Starling-LM-7B-beta"][name] for name in names] == [52.5, 50.3, 69.8]
    assert [told["GPT-4"][name] for name in names] == [81.4, 72.4, 86.4]
    assert [told["GPT-4-base"][name] for name in names] == [86.1, 73.7, 88.7]
    for one in comparison().published.models:
        for name, error in one.stderr.items():  # as the counts of questions give them
            share, n = one.accuracy[name] / 100, catalogue()[name].questions
            assert 100 * (share * (1 - share) / n) ** 0.5 == pytest.approx(error, abs=0.06)


def test_a_published_figure_without_a_source_is_refused():
    values = comparison().model_dump()
    values["sources"] = {}
    with pytest.raises(KnowledgeError, match=r"Mistral-7B-v0\.1 names no source"):
        parse(values)


def test_questions_cut_and_their_files_are_on_record():
    page = benchmark_page(_document(_knows(0.8)))
    assert "medqa_4options" in page
    assert "a" * 16 in page
    assert "b" * 16 in page


def test_the_page_escapes_names_and_marks_the_three_columns():
    page = benchmark_page(_document(_knows(0.8), _knows(0.6)))
    assert "tuned &lt;b&gt;" in page
    assert "tuned <b>" not in page
    for word in ("Quoted in the source documents", "Published", "Measured here"):
        assert f'<th class="number">{word}</th>' in page
    assert "Base: the-base" in page
    assert "Base: " not in benchmark_page(_document(_knows(0.8)))


def test_the_section_of_the_docs_is_written_between_its_marks_and_nothing_else():
    document = _document(_knows(0.8), _knows(0.6))
    page = f"# Benchmarks\n\nBefore.\n\n{START}\nold figures\n{END}\n\nAfter.\n"
    once = with_section(page, document)
    assert once.startswith(f"# Benchmarks\n\nBefore.\n\n{START}\n")
    assert once.endswith(f"{END}\n\nAfter.\n")
    assert "old figures" not in once
    assert "| MedQA, USMLE, 4 options | 200 | 25.0 | 25.0 | 60.0 ± 3.5 | 80.0 ± 2.8 |" in once
    assert "Mistral-7B-v0.1 (zero-shot, lm-eval)" in once
    assert with_section(once, document) == once
    with pytest.raises(InputError, match="The page has no lines"):
        with_section("# Benchmarks\n", document)
