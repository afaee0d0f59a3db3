"""The commands around a model in use: serve it, keep it, watch it, retrain it, prove the log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hemoscribe.cli.interpretation import OverlayFile
from hemoscribe.cli.output import answer, gates_met, say, say_why
from hemoscribe.cli.reviews import reviews
from hemoscribe.cli.stages import Json, Out, Profile

models = typer.Typer(help="The catalogue of base models.", no_args_is_help=True)
registry = typer.Typer(help="Trained models.", no_args_is_help=True)
audit = typer.Typer(help="The audit log, and what a model gives away.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="A name that `registry list` shows.")]


def add_to(app: typer.Typer) -> None:
    """Add this module's commands and groups."""
    for command in (card, serve, drift, retrain):
        app.command()(command)
    app.add_typer(models, name="models")
    app.add_typer(registry, name="registry")
    app.add_typer(reviews, name="reviews")
    app.add_typer(audit, name="audit")


def card(
    model: Annotated[str, typer.Argument(help="A registry name, a folder, or `shipped`.")],
    out: Annotated[Path, typer.Option("--out", help="The Markdown file to write.")],
    assessment: Annotated[
        Path | None, typer.Option("--assessment", help="What `assess` wrote of it.")
    ] = None,
    curated: Annotated[
        Path | None, typer.Option("--curated", help="The reports behind it.")
    ] = None,
    corpus: Annotated[Path | None, typer.Option("--corpus", help="What it was tuned on.")] = None,
    privacy: Annotated[
        Path | None, typer.Option("--privacy", help="What `audit model` wrote of it.")
    ] = None,
    benchmark: Annotated[
        Path | None, typer.Option("--benchmark", help="What `benchmark` wrote of it.")
    ] = None,
    config: Profile = None,
    as_json: Json = False,
) -> None:
    """The model card, from what the stages wrote: use, data, metrics, limits, licence, energy."""
    from hemoscribe.assess.card import gather_sources, model_card
    from hemoscribe.files import write_text
    from hemoscribe.models.registry import resolve
    from hemoscribe.settings import SHIPPED, load_settings

    sources = gather_sources(
        model,
        None if model == SHIPPED else resolve(model),
        assessment=assessment,
        curated=curated,
        corpus=corpus,
        privacy=privacy,
        benchmark=benchmark,
    )
    write_text(out, model_card(sources, load_settings(config).card))
    answer({"model": model, "card": str(out)}, as_json=as_json)


def serve(
    host: Annotated[str | None, typer.Option(help="127.0.0.1 unless the profile says.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535)] = None,
    model: Annotated[str | None, typer.Option(help="The champion when not given.")] = None,
    overlay: OverlayFile = None,
    config: Profile = None,
) -> None:
    """The registry's champion as a web page and an API."""
    from hemoscribe.serve import serve as serve_forever
    from hemoscribe.settings import load_settings

    settings = load_settings(config)
    if overlay is not None:
        settings = settings.model_copy(update={"overlay": overlay})
    serve_forever(
        settings, host=host or settings.serve.host, port=port or settings.serve.port, model=model
    )


def drift(
    out: Out,
    training: Annotated[
        Path | None, typer.Option(help="The curated folder; the champion's when not given.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Served reports against the training rows, analyte by analyte."""
    from hemoscribe.operate.drift import drift as measure_drift

    summary = measure_drift(training, out)
    say_why(summary)
    answer(summary, as_json=as_json)


def retrain(
    now: Annotated[bool, typer.Option("--now", help="Whatever the date of the last one.")] = False,
    folder: Annotated[
        Path | None, typer.Option("--curated", help="New curated rows; the champion's otherwise.")
    ] = None,
    config: Profile = None,
    as_json: Json = False,
) -> None:
    """New rows and reviews to a challenger, compared with the champion, promoted or not."""
    from hemoscribe.operate.retrain import retrain as retrain_model
    from hemoscribe.settings import load_settings

    summary = retrain_model(load_settings(config), now=now, new_folder=folder)
    answer(summary, as_json=as_json)
    if summary["decision"] == "refused":
        raise typer.Exit(1)


@models.command("list")
def models_list(as_json: Json = False) -> None:
    """Base models: licence, source, and whether they are here."""
    from hemoscribe.models import list_catalogue

    answer(list_catalogue(), as_json=as_json)


@models.command("pull")
def models_pull(
    name: Annotated[str, typer.Argument(help="An id that `models list` shows.")],
    source: Annotated[
        Path | None, typer.Option("--from", help="A local folder in the hub's layout.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Fetch a base model, or take it from a local folder."""
    from hemoscribe.models import pull

    answer(pull(name, source=source, say=say), as_json=as_json)


@models.command("verify")
def models_verify(
    name: Annotated[str, typer.Argument(help="An id that `models list` shows.")],
    as_json: Json = False,
) -> None:
    """Compare a base model's files with their recorded SHA-256."""
    from hemoscribe.models import verify

    answer(verify(name), as_json=as_json)


@registry.command("list")
def registry_list(as_json: Json = False) -> None:
    """Trained models, the champion marked."""
    from hemoscribe.models.registry import summary

    answer(summary(), as_json=as_json)


@registry.command("show")
def registry_show(name: Name, as_json: Json = False) -> None:
    """One model: where it came from and how it was assessed."""
    from hemoscribe.models.registry import show

    answer(show(name), as_json=as_json)


@registry.command("promote")
def registry_promote(
    name: Name,
    why: Annotated[str, typer.Option(help="Kept in the history.")] = "by hand",
    as_json: Json = False,
) -> None:
    """Make a model the champion."""
    from hemoscribe.operate.promotion import promote

    answer(promote(name, why), as_json=as_json)


@registry.command("rollback")
def registry_rollback(
    why: Annotated[str, typer.Option(help="Kept in the history.")] = "by hand",
    as_json: Json = False,
) -> None:
    """Back to the champion before this one."""
    from hemoscribe.operate.promotion import rollback

    answer(rollback(why), as_json=as_json)


@audit.command("verify")
def audit_verify(as_json: Json = False) -> None:
    """Whether the audit log is whole, or where it breaks."""
    from hemoscribe.audit_log import verify

    summary = verify()
    answer(summary, as_json=as_json)
    if not summary["whole"]:
        raise typer.Exit(1)


@audit.command("model")
def audit_model(
    model: Annotated[str, typer.Argument(help="A registry name, a folder, or `shipped`.")],
    corpus: Annotated[Path, typer.Option("--corpus", help="What it was tuned on.")],
    curated: Annotated[
        Path, typer.Option("--curated", help="What that corpus was made from: whose reports.")
    ],
    out: Out,
    limit: Annotated[
        int | None, typer.Option(min=2, help="At most so many reports, and texts, of either side.")
    ] = None,
    config: Profile = None,
    as_json: Json = False,
) -> None:
    """What a model remembers of its training reports: membership, canaries, verbatim text."""
    from hemoscribe.assess.privacy import audit_model as audit
    from hemoscribe.settings import load_settings

    summary = audit(model, corpus, curated, out, settings=load_settings(config), limit=limit)
    say_why(summary)
    answer(summary, as_json=as_json)
    if not gates_met(summary["gates"]):
        raise typer.Exit(1)
