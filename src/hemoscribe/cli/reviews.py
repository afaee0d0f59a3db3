"""``hemoscribe reviews``: what experts say of reports, served ones and blinded ones."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from hemoscribe.cli.output import answer, show
from hemoscribe.cli.stages import Json

reviews = typer.Typer(help="What experts say of reports.", no_args_is_help=True)


@reviews.command("export")
def reviews_export(
    out: Annotated[
        Path,
        typer.Option("--out", help="The JSON Lines file; with --blind, a new folder."),
    ],
    blind: Annotated[
        bool, typer.Option("--blind", help="Packs for experts who do not know who wrote what.")
    ] = False,
    reports: Annotated[int, typer.Option(min=1, help="With --blind: how many reports.")] = 30,
    raters: Annotated[int, typer.Option(min=1, help="With --blind: how many experts.")] = 3,
    seed: Annotated[int, typer.Option(help="With --blind: the draw and the orders.")] = 1,
    language: Annotated[
        Literal["en", "fr"], typer.Option(help="With --blind: of the form's own words.")
    ] = "en",
    curated: Annotated[
        Path | None,
        typer.Option(
            "--curated",
            help="The folder whose split places patients (default: the champion's); with --blind: "
            "held-out reports in place of served ones.",
        ),
    ] = None,
    assessment: Annotated[
        Path | None,
        typer.Option("--assessment", help="What `assess` wrote on them: the model's comments."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Experts' corrections, shaped for `corpus --reviews`; or blinded packs to be rated."""
    from hemoscribe.errors import SettingsError

    if blind:
        from hemoscribe.serve.reviews.blind import export_packs

        summary = export_packs(
            out,
            reports=reports,
            raters=raters,
            seed=seed,
            language=language,
            curated=curated,
            assessment=assessment,
        )
        answer(summary, as_json=as_json)
        return
    if assessment:
        raise SettingsError("--assessment is for blinded packs: add --blind.")
    from hemoscribe.operate.retrain_rows import champion_rows
    from hemoscribe.serve import export_reviews
    from hemoscribe.settings import load_settings

    settings = load_settings()
    folder = curated or champion_rows(settings)
    summary = export_reviews(out, settings=settings, curated=[folder] if folder else [])
    answer(summary, as_json=as_json)


@reviews.command("import")
def reviews_import(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Packs, their forms filled.")],
    as_json: Json = False,
) -> None:
    """Filled forms of a blinded review; bad cells are rejects with their place."""
    from hemoscribe.serve.reviews.blind import import_forms

    answer(import_forms(folder), as_json=as_json)


@reviews.command("agreement")
def reviews_agreement(
    blind: Annotated[
        Path | None,
        typer.Option("--blind", metavar="DIR", help="Imported packs, which this unblinds."),
    ] = None,
    as_json: Json = False,
) -> None:
    """How often experts accept the model's words, and agree with each other."""
    if blind is None:
        from hemoscribe.serve import agreement

        answer(agreement(), as_json=as_json)
        return
    from hemoscribe.serve.reviews.blind import blind_agreement

    summary = blind_agreement(blind)
    if as_json:
        answer(summary, as_json=True)
    else:
        _print_agreement(summary)


@reviews.command("sample-size")
def reviews_sample_size(
    width: Annotated[float, typer.Option(help="Of the 95 % interval, lower to upper limit.")],
    share: Annotated[float, typer.Option(help="Expected, such as of comments signed.")] = 0.9,
    raters: Annotated[int, typer.Option(min=1, help="Experts who rate each report.")] = 3,
    kappa: Annotated[float, typer.Option(help="Expected agreement between them.")] = 0.6,
    as_json: Json = False,
) -> None:
    """How many reports an expert validation takes, for an interval of a wanted width."""
    from hemoscribe.serve.reviews.blind import sample_size

    summary = sample_size(width, share=share, raters=raters, kappa=kappa)
    if as_json:
        answer(summary, as_json=True)
        return
    show(summary["share"]["sentence"])
    if summary["kappa"]:
        show(summary["kappa"]["sentence"])


def _print_agreement(summary: Mapping[str, Any]) -> None:
    """Agreement between raters, then model, composer and people, one rating a line."""
    show(f"{summary['items']:,} comments on {summary['reports']:,} reports, rated by")
    show(f"{', '.join(summary['raters'])}\n")
    kinds = {**summary["ratings"], "sign": summary["sign"]}
    heads = ("Krippendorff's alpha", "Fleiss' kappa", "model", "composer", "human")
    show(f"{'':<12}" + "".join(f"{head:>24}" for head in heads))
    for name, found in kinds.items():
        between = found["agreement"]
        cells = [between["alpha"], between["fleiss_kappa"], *found["by_author"].values()]
        show(f"{name:<12}" + "".join(f"{_interval(cell):>24}" for cell in cells))
    unsafe = [_interval(cell) for cell in summary["unsafe"]["by_author"].values()]
    show(f"{'unsafe':<12}{'':>48}" + "".join(f"{cell:>24}" for cell in unsafe) + "\n")
    for sentence in summary["sentences"]:
        show(sentence)
    show(f"document: {summary['document']}")


def _interval(estimate: Mapping[str, Any]) -> str:
    """``0.81 (0.72 to 0.88)``."""
    if estimate["value"] is None:
        return "-"
    if estimate["low"] is None:
        return f"{estimate['value']:.2f}"
    return f"{estimate['value']:.2f} ({estimate['low']:.2f} to {estimate['high']:.2f})"
