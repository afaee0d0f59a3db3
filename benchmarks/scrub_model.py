"""The tagger of the scrubbing rules' last resort, learned from our own marked passages.

    python benchmarks/scrub_model.py             # learn from all, write tagged_words.crfsuite
    python benchmarks/scrub_model.py --left-out  # each file left out once, and counted

What a word or a number tells is in ``hemoscribe.curate.scrub.tagged_signs``; here a conditional
random field (CRFsuite) learns how much each sign counts. Passages of others (the hospital's) are
not among what it learns from, nor is ``tests/curate/hospital_passages_e.txt``. The same passages
give the same model.
"""

import argparse
import ast
import re
import tempfile
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import deidentification_outside as outside
import pycrfsuite

from hemoscribe.curate.scrub import tagged_words
from hemoscribe.curate.scrub.shapes import _of_shape
from hemoscribe.curate.scrub.tagged_signs import LINE, TOKENS, signs

ROOT = Path(__file__).parents[1]
PASSAGES = (
    *(ROOT / "tests" / "curate" / f"hospital_passages{part}.txt" for part in ("", "_c", "_d")),
    ROOT / "tests" / "curate" / "unseen_sentences.txt",
    *sorted((Path(__file__).parent / "scrub_passages").glob("*.txt")),
)
LABELS = {
    **dict.fromkeys(("NOM", "PRENOM"), "N"),
    **dict.fromkeys(("VILLE", "HOPITAL"), "P"),
    **dict.fromkeys(("ADRESSE", "ZIP"), "A"),
    **dict.fromkeys(("DATE", "DATE_NAISSANCE"), "D"),
}
"""The tagger's label of each kind; all other kinds are numbers of somebody ("I")."""
SETTINGS = {
    **{"c1": 0.3, "c2": 0.2, "max_iterations": 110},
    **{"feature.possible_transitions": True, "feature.minfreq": 1},
}
_BETWEEN = re.compile(r"<([^<>]+)>")
_STAYS = re.compile("stay|no_name|nobody|no_dates")
"""Tests whose sentences hold nobody."""
_DIGITS = str.maketrans("123456789", "0" * 9)


def tables() -> Iterator[outside.Passage]:
    """The sentences of the rules' own tests: <> marks what goes, or all of a sentence stays."""
    for path in sorted((ROOT / "tests" / "curate").glob("test_scrub*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.FunctionDef):
                continue
            for call in node.decorator_list:
                if isinstance(call, ast.Call) and isinstance(call.args[-1], ast.List):
                    yield from _of_table(ast.unparse(call.args[0]), node.name, call.args[-1])


def _of_table(argument: str, test: str, members: ast.List) -> Iterator[outside.Passage]:
    sentences = [one.value for one in members.elts if isinstance(one, ast.Constant)]
    if argument == "'marked'" and test != "test_the_check_can_fail":
        for sentence in sentences:
            yield outside.passage_of(_BETWEEN.sub(r"[\1](NOM)", str(sentence)))
    elif _STAYS.search(test):
        for sentence in sentences:
            yield outside.Passage(str(sentence), (), "A")


def learn(passages: Iterable[outside.Passage], path: Path) -> None:
    """Learn from passages, and write the model to ``path``."""
    trainer = pycrfsuite.Trainer(verbose=False)
    trainer.set_params(SETTINGS)
    for passage in passages:
        tokens = list(TOKENS.finditer(passage.text.translate(_DIGITS)))
        if tokens:
            labels = [label_of(token, passage.marked) for token in tokens]
            trainer.append(signs([token.group() for token in tokens]), labels)
    trainer.train(str(path))


def label_of(token: re.Match[str], marked: Iterable[tuple[int, int, str]]) -> str:
    """What a token is marked as: a word by any part of it, a mark or a line's end as a whole."""
    start, end = token.span()
    word = token.group()[0].isalnum()
    for first, last, kind in marked:
        inside = first < end and start < last if word else first <= start and end <= last
        if inside and token.group() != LINE:
            return LABELS.get(kind, "I")
    return tagged_words.INNOCENT


def use(path: Path) -> None:
    """Let the rules ask the model at ``path``, and forget what the last one said."""
    tagger = pycrfsuite.Tagger()
    tagger.open(str(path))
    tagged_words._tagger = partial(_same, tagger)
    _of_shape.cache_clear()


def _same(tagger: pycrfsuite.Tagger) -> pycrfsuite.Tagger:
    return tagger


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--left-out", action="store_true")
    parser.add_argument("--only", help="of the files left out, those whose name has this in it")
    arguments = parser.parse_args()
    files = {path.name: list(outside.passages_of(path)) for path in PASSAGES}
    files["tables of tests"] = list(tables())
    if not arguments.left_out:
        learn((one for passages in files.values() for one in passages), tagged_words.MODEL)
        return
    for name, passages in files.items():
        if arguments.only and arguments.only not in name:
            continue
        with tempfile.TemporaryDirectory() as folder:
            model = Path(folder) / "model.crfsuite"
            learn(
                (one for other, some in files.items() if other != name for one in some),
                model,
            )
            use(model)
            record = outside.measure(passages).record()
        gone, marked = outside.recalled(record)
        strict = outside.recalled(record, outside.STRICT)
        print(f"{name}: {gone} of {marked}, {gone / max(marked, 1):.3f}; strict "
              f"{strict[0] / max(strict[1], 1):.3f}; "
              f"lost {record['lost'] / record['words']:.4f}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
