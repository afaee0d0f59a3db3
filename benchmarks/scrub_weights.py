"""The weights of the scrubbing rules' last resort, learned from our own marked passages.

    python benchmarks/scrub_weights.py             # learn from all, write word_weights.json
    python benchmarks/scrub_weights.py --left-out  # each file left out once, and counted

What is weighed and by which signs is in ``hemoscribe.curate.scrub.weighed_signs``; here a logistic
regression learns how much each sign tells. Passages of others (the hospital's) are not among what
it learns from: the weights are ours. The same passages give the same weights.
"""

import argparse
import ast
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import deidentification_outside as outside
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from hemoscribe.curate.scrub import weighed_words
from hemoscribe.curate.scrub.one_text import _values
from hemoscribe.curate.scrub.people_names import capital_names
from hemoscribe.curate.scrub.word_starts import word_starts

ROOT = Path(__file__).parents[1]
WEIGHTS = ROOT / "src" / "hemoscribe" / "curate" / "scrub" / "word_weights.json"
PASSAGES = (
    ROOT / "tests" / "curate" / "hospital_passages.txt",
    ROOT / "tests" / "curate" / "hospital_passages_c.txt",
    ROOT / "tests" / "curate" / "unseen_sentences.txt",
    *Path(__file__).parent.glob("scrub_weights_passages*.txt"),
)
"""Whatever the rules took out of a passage, its marks are learned from."""
_BETWEEN = re.compile(r"<([^<>]+)>")
_FEWEST = 3
_STRENGTH = 0.5
_LEAST_WEIGHT = 0.02


def tables() -> Iterator[outside.Passage]:
    """The sentences of the rules' own tests, in which <> marks what goes."""
    for path in sorted((ROOT / "tests" / "curate").glob("test_scrub_*kinds.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                not isinstance(node, ast.Call)
                or ast.unparse(node.func) != "pytest.mark.parametrize"
            ):
                continue
            if ast.unparse(node.args[0]) == "'marked'" and isinstance(node.args[1], ast.List):
                for sentence in ast.literal_eval(node.args[1]):
                    yield outside.passage_of(_BETWEEN.sub(r"[\1](NOM)", sentence))


def learned(passages: Iterable[outside.Passage]) -> dict[str, float]:
    """Sign -> weight, learned from passages."""
    rows: list[list[str]] = []
    marked: list[bool] = []
    for passage in passages:
        tokens = weighed_words.tokens_of(passage.text)
        words = [token.group() for token in tokens]
        values = [(span.start, span.end) for span in _values(passage.text)]
        starts = word_starts(passage.text.lower())
        reasons = capital_names(passage.text, starts)[1]
        for one in weighed_words.candidates(passage.text, tokens, words):
            if one.end not in reasons and not any(
                start < one.end and one.start < end for start, end in values
            ):
                rows.append(weighed_words.signs(passage.text, one, words))
                marked.append(
                    any(start < one.end and one.start < end for start, end, _ in passage.marked)
                )
    often = Counter(sign for row in rows for sign in set(row))
    kept = [{sign: 1.0 for sign in row if often[sign] >= _FEWEST} for row in rows]
    vectors = DictVectorizer()
    model = LogisticRegression(C=_STRENGTH, max_iter=2_000, tol=1e-6)
    model.fit(vectors.fit_transform(kept), marked)
    weights = {"": round(float(model.intercept_[0]), 3)}
    for sign, weight in zip(vectors.get_feature_names_out(), model.coef_[0], strict=True):
        if abs(weight) >= _LEAST_WEIGHT:
            weights[str(sign)] = round(float(weight), 3)
    return weights


def write(weights: dict[str, float]) -> None:
    head = (
        "Learned by benchmarks/scrub_weights.py from our own marked passages; not edited by hand."
    )
    text = json.dumps({"about": head, "weights": weights}, ensure_ascii=False, indent=0)
    WEIGHTS.write_text(text + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--left-out", action="store_true")
    arguments = parser.parse_args()
    files = {path.name: list(outside.passages_of(path)) for path in sorted(PASSAGES)}
    files["tables of tests"] = list(tables())
    if not arguments.left_out:
        write(learned(one for passages in files.values() for one in passages))
        return
    for name, passages in files.items():
        rest = [one for other, some in files.items() if other != name for one in some]
        kept = learned(rest)
        weighed_words._weights = partial(dict, kept)
        for cached in (weighed_words._own, weighed_words._around, outside_cache()):
            cached.cache_clear()
        record = outside.measure(passages).record()
        gone, marked = outside.recalled(record)
        strict = outside.recalled(record, outside.STRICT)
        print(f"{name}: {gone / marked:.3f}; strict {strict[0] / strict[1]:.3f}; "
              f"lost {record['lost'] / record['words']:.4f}")  # fmt: skip


def outside_cache():  # noqa: ANN201
    from hemoscribe.curate.scrub.shapes import _of_shape

    return _of_shape


if __name__ == "__main__":
    main()
