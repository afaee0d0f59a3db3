"""What tells at once that a pattern cannot match never hides a match."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest

from hemoscribe.curate.scrub import cued_names, shapes
from hemoscribe.curate.scrub.identifiers import rules
from hemoscribe.curate.scrub.word_lists import word_lists
from hemoscribe.curate.scrub.word_starts import gate_of, word_starts

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "deidentification.py"
SENTENCES = Path(__file__).with_name("unseen_sentences.txt")


@pytest.mark.parametrize(
    ("pattern", "starts"),
    [
        ("(?:Drs?|Mme)\\.?", {"dr", "drs", "mme"}),
        ("infirmi(?:er|ère)", {"infir"}),
        ("infirmi(?:er|ère) ", {"infirmier ", "infirmière "}),
        ("tél(?:éphone)?", {"tél", "télép"}),
        ("(?:tél(?:éphone)?\\.?|poste) ", {"tél ", "téléphone ", "poste "}),
        ("n°|no\\.?", {"n ", "no"}),
        ("(?:le )?[Mm]ur", {"le ", "mur"}),
        ("(?:le )?[Mm]ur ", {"le ", "mur "}),
        ("(?<!HLA )Dr", {"dr"}),
        ("(?<!HLA )Dr ", {"dr "}),
        ("m?g|xy", {"mg", "g", "xy"}),
        ("(?:d'|l')?hôpital", {"d ", "l ", "hôpit"}),
        ("(?:d'|l')?hôpital(?: de jour)? ", {"d ", "l ", "hôpital "}),
        ("pr[ée]nom(?:s|s usuels)?", {"préno", "preno"}),
        ("#|ab(?=c)", {"#", "ab"}),
        ("#(?: de)? ", {"#"}),
    ],
)
def test_the_beginnings_of_a_pattern(pattern: str, starts: set[str]) -> None:
    assert gate_of(pattern) == starts


@pytest.mark.parametrize("pattern", [r"\w+", "a?", "[a-z]b", ".x", "(?:|a)", "ab+", "x{2}"])
def test_what_may_begin_with_anything_has_no_gate(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"may begin|letters|holds|repeats"):
        gate_of(pattern)


def test_starts_of_words() -> None:
    starts = word_starts("dr léa l'hôpital #7")
    assert starts >= {"dr", "léa", "l", "hôp", "#", "7", "h", "dr ", "l ", "hôpital ", "hôpit"}
    assert starts.isdisjoint({"hôpita", "hôp ", "d "})


@pytest.mark.parametrize(
    ("text", "inside"),
    [("le 12mars2024", "mars "), ("tel0612", "tel "), ("kerbrat_m", "kerbrat "), ("n°5a", "a ")],
)
def test_letters_beside_digits_are_words_as_well(text: str, inside: str) -> None:
    assert inside in word_starts(text)


def _texts() -> list[str]:
    spec = importlib.util.spec_from_file_location(BENCHMARK.stem, BENCHMARK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    comments = [report.comment for report in module.make(400, 9)]
    passages = re.split(r"\n\s*\n", SENTENCES.read_text(encoding="utf-8"))
    labels = [word for words in word_lists().values() for word in words]
    plain = [word for word in labels if re.fullmatch(r"[\w' ]+", word)]
    beside = [
        f"{lead}{word} {end}"
        for lead, end in (("", "Aubin 0612"), ("(", ": 0123456"))
        for word in plain
    ]
    return [*comments, *passages, *beside]


def test_a_gate_never_hides_what_its_pattern_finds() -> None:
    gated = [(rule.words, "", shapes._any_digits(rule.pattern)) for rule in rules() if rule.words]
    cued = (*cued_names._capital_patterns(), *cued_names._lower_patterns())
    gated += [(gate, marks, re.compile(pattern)) for gate, marks, pattern in cued]
    assert sum(bool(marks) for _, marks, _ in gated) > 3
    found = 0
    for text in (re.sub(r"\d", "0", text) for text in _texts()):
        starts = word_starts(text.lower())
        for gate, marks, pattern in gated:
            if pattern.search(text):
                found += 1
                assert not gate or not starts.isdisjoint(gate), (pattern.pattern[:80], text)
                assert not marks or any(mark in text for mark in marks)
    assert found > 500


def test_the_other_gates_hide_nothing_either() -> None:
    gated = [rule for rule in rules() if rule.when or rule.any_of]
    found = 0
    for text in _texts():
        shape = re.sub(r"\d", "0", text)
        for rule in gated:
            if any(rule.find(text)):
                found += 1
                assert not rule.any_of or any(word in shape.lower() for word in rule.any_of)
                assert not rule.when or shapes._any_digits(rule.when).search(shape)
    assert found > 100
