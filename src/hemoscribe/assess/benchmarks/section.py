"""The measured part of ``docs/benchmarks.md``, written from ``benchmark.json``.

``python -m hemoscribe.assess.benchmarks.section benchmark.json docs/benchmarks.md`` writes it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hemoscribe.assess.benchmarks.benchmark_document import p_words
from hemoscribe.assess.benchmarks.benchmark_page import few_shot_words, measured
from hemoscribe.assess.benchmarks.comparison import comparison, percent, rows
from hemoscribe.errors import InputError
from hemoscribe.files import read_json, write_text

START = "<!-- measured: generated from benchmark.json -->"
END = "<!-- end of what is generated -->"


def with_section(page: str, document: Mapping[str, Any]) -> str:
    """A Markdown page with what stands between its two marks written anew.

    Raises:
        InputError: the page has not both marks.
    """
    head, start, rest = page.partition(START)
    _, end, tail = rest.partition(END)
    if not start or not end:
        raise InputError(f"The page has no lines `{START}` and `{END}`.")
    return f"{head}{start}\n\n" + "\n".join(_section(document)) + f"\n\n{end}{tail}"


def _section(document: Mapping[str, Any]) -> Iterator[str]:
    limit = document["limit"]
    yield (
        f"Measured {document['measured_at']}: lm-eval {document['lm_eval']}, "
        f"{few_shot_words(document)}, {document['dtype']}, {document['processors']} processors"
        + (f", **only the first {limit:,} questions of each**." if limit else ".")
    )
    yield ""
    yield "| Benchmark | Questions | Chance | Commonest answer | Base | Tuned | Difference | p |"
    yield "|---|---|---|---|---|---|---|---|"
    for task in document["tasks"].values():
        own, paired = task["model"], task["paired"]
        base = own if document["base"] is None else task["base"]
        tuned = "-" if document["base"] is None else percent(own)
        cells = [
            task["title"],
            f"{own['n']:,}",
            f"{100 * own['chance']:.1f}",
            f"{100 * own['commonest']:.1f}",
            percent(base),
            tuned,
            "-" if paired is None else f"{100 * paired['difference']:+.1f}",
            "-" if paired is None else p_words(paired["p_value"]),
        ]
        yield f"| {' | '.join(cells)} |"
    yield ""
    for sentence in document["verdict"]:
        yield f"- {sentence}"
    yield from _overlap(document)
    yield ""
    yield "### Beside what others say, in per cent"
    yield ""
    yield from _three_columns(document)
    yield ""
    for role in ("base", "model"):
        if document[role] is not None:
            seconds = sum(task[role]["seconds"] for task in document["tasks"].values())
            yield (
                f"- `{document[role]['name']}`: SHA-256 of weights, config and tokenizer "
                f"`{document[role]['sha256']}`, {seconds:,.0f} seconds."
            )
    for name, task in document["tasks"].items():
        hashed = task["task_sha256"][:16]
        yield f"- `{name}`: task file `{hashed}`, as lm-eval's `{task['follows']}`."


def _overlap(document: Mapping[str, Any]) -> Iterator[str]:
    if document["corpus"] is None:
        return
    for task in document["tasks"].values():
        found, own = task["overlap"], task["overlap"]["model"]
        yield (
            f"- {task['title']}: {found['count']:,} questions share 13 words with the training text"
            f" ({found['unchecked']:,} too short to check); accuracy on them "
            f"{percent(own['on_overlapping'])}, without them {percent(own['without_them'])}."
        )


def _three_columns(document: Mapping[str, Any]) -> Iterator[str]:
    told, names = comparison(), list(document["tasks"])
    yield "| Model | Benchmark | Quoted in the source documents | Published | Measured here |"
    yield "|---|---|---|---|---|"
    for row in rows(names, measured(document), told):
        setting = f" ({row['setting']})" if row["setting"] else ""
        yield (
            f"| {row['model']}{setting} | {document['tasks'][row['task']]['title']} | "
            f"{row['quoted']} | {row['published']} | {row['here']} |"
        )
    yield ""
    yield told.quoted.note
    yield ""
    yield f"Published: {' '.join(told.sources.values())}"


def main(arguments: list[str]) -> None:
    """Write the measured section of a page."""
    document, page = (Path(argument) for argument in arguments)
    write_text(page, with_section(page.read_text(encoding="utf-8"), read_json(document)))


if __name__ == "__main__":
    main(sys.argv[1:])
