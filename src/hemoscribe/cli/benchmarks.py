"""``hemoscribe benchmark``: public medical questions put to a model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hemoscribe.cli.output import answer, say, say_why, show
from hemoscribe.cli.stages import Json


def add_to(app: typer.Typer) -> None:
    """Add this module's command."""
    app.command()(benchmark)


def benchmark(
    model: Annotated[
        str, typer.Argument(help="`shipped`, a registry name, a folder, or a base model's id.")
    ],
    tasks: Annotated[
        str,
        typer.Option(help="Separated by commas: see docs/benchmarks.md; all: every one there is."),
    ] = "medqa,medmcqa,mmlu_clinical_knowledge",
    data: Annotated[
        Path | None,
        typer.Option(help="The folder of the question files; HEMOSCRIBE_HOME/benchmarks if not."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="MODEL-benchmark here when not given.")
    ] = None,
    few_shot: Annotated[
        int, typer.Option("--few-shot", help="Worked questions before each one, 0 to 5; MMLU only.")
    ] = 0,
    limit: Annotated[
        int | None, typer.Option(min=1, help="The first so many questions of each.")
    ] = None,
    corpus: Annotated[
        Path | None,
        typer.Option(help="What `corpus` wrote: its training text is searched for the questions."),
    ] = None,
    base: Annotated[
        bool, typer.Option("--base/--no-base", help="The base of a tuned model beside it.")
    ] = True,
    as_json: Json = False,
) -> None:
    """MedQA, MedMCQA, MMLU and PubMedQA, beside the base model and published figures."""
    from hemoscribe.assess.benchmarks import benchmark as put_benchmarks
    from hemoscribe.assess.benchmarks.benchmark_page import text_table
    from hemoscribe.files import read_json

    summary = put_benchmarks(
        model,
        [name.strip() for name in tasks.split(",") if name.strip()],
        data=data,
        out=out,
        few_shot=few_shot,
        limit=limit,
        corpus=corpus,
        with_base=base,
        say=say,
    )
    say_why(summary)
    if as_json:
        answer(summary, as_json=True)
        return
    show(text_table(read_json(Path(summary["document"]))))
    show(f"document: {summary['document']}\npage: {summary['page']}")
