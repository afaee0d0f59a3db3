"""One model by two engines: transformers over the merged weights, OpenVINO over the GGUF.

    python benchmarks/export_check.py MODEL CORPUS [--prompts 50] [--tokens 96] [--out FILE]

MODEL is a registry name, a folder or ``shipped``; CORPUS a corpus folder, whose test side is read
(the same answer at each slot?) and written greedily (the same words?). The GGUF holds the merged
weights in 8 bits, so texts part where two next tokens are nearly as likely; where, is counted.
"""

from __future__ import annotations

import argparse
import sys
from itertools import islice
from pathlib import Path

import numpy as np

from hemoscribe.corpus import read_examples
from hemoscribe.engines import load
from hemoscribe.prose.prompt import Prompt


def prompts_of(corpus: Path, track: str, count: int) -> list[Prompt]:
    examples = (one for one in read_examples(corpus / "test.jsonl") if one.track == track)
    return [
        Prompt(one.prompt, one.slots, one.language, one.track) for one in islice(examples, count)
    ]


def common_words(one: str, other: str) -> float:
    """Share of the longer text's words until the two first differ."""
    left, right = one.split(), other.split()
    same = 0
    for a, b in zip(left, right, strict=False):
        if a != b:
            break
        same += 1
    return same / max(len(left), len(right), 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--prompts", type=int, default=50)
    parser.add_argument("--tokens", type=int, default=96)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    to_read = prompts_of(chosen.corpus, "raw", chosen.prompts)
    to_write = prompts_of(chosen.corpus, "assisted", chosen.prompts)
    found = {}
    for engine in ("transformers", "openvino"):
        model = load(chosen.model, engine=engine)
        sys.stderr.write(f"{model.engine} ...\n")
        read = np.concatenate(model.read(to_read))
        found[engine] = read, model.write(to_write, chosen.tokens)
    (read, texts), (read8, texts8) = found["transformers"], found["openvino"]
    same = [one == other for one, other in zip(texts, texts8, strict=True)]
    shares = [common_words(one, other) for one, other in zip(texts, texts8, strict=True)]
    lines = [
        f"# {chosen.model}: merged 16-bit weights (transformers) and 8-bit GGUF (OpenVINO)",
        "",
        f"`python benchmarks/export_check.py {chosen.model} CORPUS --prompts {chosen.prompts} "
        f"--tokens {chosen.tokens}`, on a corpus's test side.",
        "",
        "| | |",
        "|---|---|",
        f"| slots read ({len(to_read)} prompts) | {len(read):,} |",
        f"| same answer | {np.mean(read.argmax(1) == read8.argmax(1)):.2%} |",
        f"| largest difference of a probability | {np.abs(read - read8).max():.3f} |",
        f"| mean difference of a probability | {np.abs(read - read8).mean():.5f} |",
        f"| texts written ({chosen.tokens} tokens at most) | {len(texts)} |",
        f"| the same to the letter | {np.mean(same):.0%} |",
        f"| words in common until the first difference, mean | {np.mean(shares):.0%} |",
        f"| the same, median | {np.median(shares):.0%} |",
    ]
    text = "\n".join(lines) + "\n"
    if chosen.out:
        chosen.out.write_text(text, encoding="utf-8")
    print(text, end="")


if __name__ == "__main__":
    main()
