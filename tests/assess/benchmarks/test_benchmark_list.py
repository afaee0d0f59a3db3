"""The benchmarks there are, and what of them may be asked for."""

import pytest
import yaml

from hemoscribe.assess.benchmarks.benchmark_list import (
    DEFAULT_TASKS,
    catalogue,
    choose,
    task_folder,
    task_hash,
)
from hemoscribe.errors import SettingsError


def test_the_default_is_what_the_source_documents_promise():
    assert [one.questions for one in choose(DEFAULT_TASKS, 0)] == [1273, 4183, 265]


def test_all_stands_for_every_one_and_a_name_said_twice_counts_once():
    assert [one.name for one in choose(["medqa", "all"], 0)] == list(catalogue())


@pytest.mark.parametrize("names", [["medqb"], ["medqa", "mmlu"], []])
def test_an_unknown_benchmark_is_wrong_usage_and_the_known_ones_are_named(names):
    with pytest.raises(SettingsError, match="name some of medqa, medmcqa"):
        choose(names, 0)


def test_examples_are_refused_where_none_are_set_apart():
    assert len(choose(["mmlu_anatomy"], 5)) == 1
    with pytest.raises(SettingsError, match="medqa, pubmedqa has no questions set apart"):
        choose(["medqa", "pubmedqa", "mmlu_anatomy"], 5)
    with pytest.raises(SettingsError, match="a number from 0 to 5"):
        choose(["mmlu_anatomy"], 6)


def test_every_benchmark_has_a_task_file_of_its_name_and_a_hash_of_its_own():
    for name in catalogue():
        task = yaml.safe_load((task_folder() / f"{name}.yaml").read_text(encoding="utf-8"))
        assert task["task"] == name
    assert len({task_hash(one) for one in catalogue().values()}) == len(catalogue())
