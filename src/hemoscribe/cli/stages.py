"""The commands from exports to an assessed model, in the order of the flow."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from hemoscribe.cli.output import answer, gates_met, say, say_unread, say_why, show

Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]
Out = Annotated[Path, typer.Option("--out", help="The folder to write; replaced as a whole.")]
Config = Annotated[Path, typer.Argument(help="A profile, such as configs/laptop.yaml.")]
Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        help=(
            "hl7, hprim, fhir, cda, csv (csv-grouped, csv-long, csv-wide), xlsx, text (printed "
            "reports), pdf, or a data set: nhanes, mimic, omop, synthea, eicu, meds; recognised "
            "by content when not given."
        ),
    ),
]
Mapping = Annotated[Path | None, typer.Option("--mapping", help="YAML that names the columns.")]
Redo = Annotated[
    bool, typer.Option("--redo", help="Tune again where only the code of tuning changed.")
]
Profile = Annotated[
    Path | None, typer.Option("--config", help="A profile; its section of this stage is used.")
]


def add_to(app: typer.Typer) -> None:
    """Add this module's commands."""
    for command in (run, doctor, simulate, read, curate, corpus, tune, assess, crossval):
        app.command()(command)


def run(config: Config, redo: Redo = False, as_json: Json = False) -> None:
    """Every stage in order, skipping what is complete, ending in one report."""
    from hemoscribe.cli.tables import print_run
    from hemoscribe.operate.run import run as run_all
    from hemoscribe.settings import load_settings

    summary = run_all(load_settings(config), say=say, redo=redo)
    if as_json:
        answer(summary, as_json=True)
    else:
        print_run(summary)
    if not all(gate["met"] for gate in summary["gates"]):
        raise typer.Exit(1)


def doctor(
    config: Annotated[Path | None, typer.Argument(help="The profile to check for.")] = None,
    corpus: Annotated[
        Path | None,
        typer.Option(help="What `corpus` wrote: its longest row is planned for."),
    ] = None,
    as_json: Json = False,
) -> None:
    """This machine, against what a profile needs."""
    from hemoscribe.settings import load_settings
    from hemoscribe.tune import examine

    summary = examine(load_settings(config), corpus)
    needs = [
        f"{need['what']} {need['wanted']:g} GB ({need['here']:g} here)" for need in summary["needs"]
    ]
    answer(summary if as_json else {**summary, "needs": needs}, as_json=as_json)
    if summary["problems"]:
        raise typer.Exit(1)


def simulate(
    out: Out,
    reports: Annotated[int, typer.Option(min=1, help="How many reports.")] = 10_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same exports.")] = 1,
    formats: Annotated[
        str | None,
        typer.Option(
            metavar="FORMAT,...",
            help="Which formats, such as csv,hl7,cda,pdf, or all; by default csv, hl7 and fhir, "
            "many reports in a file.",
        ),
    ] = None,
    other_fluids: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            help="The share of reports that also hold results of another fluid, such as urine.",
        ),
    ] = 0.0,
    as_json: Json = False,
) -> None:
    """Laboratory exports of a synthetic cohort, with the faults real exports have."""
    from hemoscribe.simulation import simulate as simulate_exports

    names = formats.replace(",", " ").split() if formats else None
    summary = simulate_exports(
        out, reports=reports, seed=seed, formats=names, other_fluids=other_fluids
    )
    say_why(summary)
    answer(summary, as_json=as_json)


def read(
    sources: Annotated[
        list[Path] | None, typer.Argument(metavar="SOURCE...", help="Files or folders.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="The folder to write; replaced as a whole.")
    ] = None,
    format_: Format = None,
    mapping: Mapping = None,
    suggest_mapping: Annotated[
        Path | None,
        typer.Option(
            "--suggest-mapping",
            metavar="FILE",
            help="Write a first mapping of this table instead: to --out, or standard output.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Exports to recognised rows, and to rejects that say why."""
    from hemoscribe.errors import SettingsError

    if suggest_mapping is not None:
        _suggest(suggest_mapping, out, as_json=as_json)
        return
    if not sources or out is None:
        missing = "SOURCE" if not sources else "--out"
        raise SettingsError(f"{missing} is missing; see `hemoscribe read --help`.")
    from hemoscribe.cli.read_progress import bytes_read
    from hemoscribe.sources import read_folder

    with bytes_read(sources) as watch:
        summary = read_folder(sources, out, format=format_, mapping=mapping, watch=watch)
    say_why(summary)
    say_unread(summary)
    answer(summary, as_json=as_json)


def _suggest(path: Path, out: Path | None, *, as_json: bool) -> None:
    from hemoscribe.files import write_text
    from hemoscribe.sources import suggest_mapping

    text = suggest_mapping(path)
    if out is not None:
        write_text(out, text)
        say(f"written: {out}")
    if as_json:
        answer({"mapping": text, "written": out}, as_json=True)
    elif out is None:
        show(text.rstrip("\n"))


def curate(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="What `read` wrote.")],
    out: Out,
    config: Profile = None,
    as_json: Json = False,
) -> None:
    """Rows cleaned, pseudonymised and split by patient, with a quality report."""
    from hemoscribe.curate import curate as curate_rows
    from hemoscribe.settings import load_settings

    summary = curate_rows(folder, out, load_settings(config).curate)
    for warning in summary.get("warnings", []):
        say(f"warning: {warning}")
    say_why(summary)
    answer(summary, as_json=as_json)


def corpus(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="What `curate` wrote.")],
    out: Out,
    reviews: Annotated[
        Path | None, typer.Option(help="What `reviews export` wrote: experts' words first.")
    ] = None,
    config: Profile = None,
    as_json: Json = False,
) -> None:
    """Curated rows to training, validation and test conversations."""
    from hemoscribe.corpus import build
    from hemoscribe.models.tokens import token_counter
    from hemoscribe.settings import load_settings

    settings = load_settings(config)
    summary = build(
        folder,
        out,
        settings.corpus,
        reviews=reviews,
        count_tokens=token_counter(settings.tune.base),
        max_tokens=settings.tune.max_tokens,
    )
    say_why(summary)
    answer(summary, as_json=as_json)


def tune(
    config: Config,
    folder: Annotated[
        Path | None, typer.Option("--corpus", help="What `corpus` wrote; the run's when not given.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="The run's when not given.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="From the last checkpoint.")] = False,
    redo: Redo = False,
    as_json: Json = False,
) -> None:
    """Fine-tune: corpus to adapter, merged model and GGUF."""
    from hemoscribe.settings import load_settings
    from hemoscribe.tune import tune as tune_model
    from hemoscribe.tune.processes import is_first

    settings = load_settings(config)
    root = settings.runs / settings.name
    summary = tune_model(
        settings, folder or root / "corpus", out or root / "tune", resume=resume, redo=redo
    )
    if is_first():
        say_why(summary)
        answer(summary, as_json=as_json)


def assess(
    model: Annotated[
        str,
        typer.Argument(
            help="A registry name, a folder, or `shipped`; with --cases `composer` too."
        ),
    ],
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="DIR", help="What `curate` wrote; with --cases, case files."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Beside DIR when not given.")] = None,
    cases: Annotated[
        bool,
        typer.Option("--cases", help="Judge real cases: those of DIR, else the shipped ones."),
    ] = False,
    track: Annotated[
        list[str] | None, typer.Option("--track", help="bare, raw or assisted; may be repeated.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many reports.")] = None,
    split: Annotated[
        str, typer.Option("--split", help="test, validation or train; all: another laboratory's.")
    ] = "test",
    truth: Annotated[
        Literal["rules", "laboratory"],
        typer.Option("--truth", help="laboratory: the flags it printed itself."),
    ] = "rules",
    against: Annotated[
        list[str] | None,
        typer.Option(
            "--against",
            help="base, few-shot, champion or any model, to read the same reports; may be "
            "repeated. The champion when not given; none: no other.",
        ),
    ] = None,
    config: Profile = None,
    as_json: Json = False,
) -> None:
    """Accuracy and recall of the model's own reading, faithfulness of its words, and time."""
    from hemoscribe.assess import assess as assess_model
    from hemoscribe.cli.tables import print_assessment
    from hemoscribe.errors import SettingsError
    from hemoscribe.settings import load_settings

    if cases:
        _assess_cases(model, folder, out, as_json=as_json)
        return
    if folder is None:
        raise SettingsError(
            "DIR is missing: name what `curate` wrote, or judge real cases with --cases."
        )
    out = out or folder.with_name(f"{folder.name}-assessment")
    summary = assess_model(
        model,
        folder,
        settings=load_settings(config),
        tracks=track,
        limit=limit,
        out=out,
        split=split,
        truth=truth,
        against=[] if against == ["none"] else against,
    )
    say_why(summary)
    if as_json:
        answer(summary, as_json=True)
    else:
        print_assessment(summary)
    if not gates_met(summary["gates"]):
        raise typer.Exit(1)


def _assess_cases(model: str, folder: Path | None, out: Path | None, *, as_json: bool) -> None:
    from hemoscribe.assess.cases import assess_cases
    from hemoscribe.cli.tables import print_cases

    beside = (
        Path("cases-assessment") if folder is None else folder.with_name(f"{folder.stem}-cases")
    )
    summary = assess_cases(model, folder, out=out or beside)
    say_why(summary)
    if as_json:
        answer(summary, as_json=True)
    else:
        print_cases(summary)
    if not gates_met(summary["gates"]):
        raise typer.Exit(1)


def crossval(
    config: Config,
    folds: Annotated[int, typer.Option(min=2, max=5)] = 5,
    budget: Annotated[
        float | None, typer.Option(help="Stop starting folds after so many minutes.")
    ] = None,
    as_json: Json = False,
) -> None:
    """K-fold cross-validation over patients: one assessment per fold, and pooled."""
    from hemoscribe.assess import crossval as cross_validate
    from hemoscribe.settings import load_settings

    summary = cross_validate(load_settings(config), folds=folds, budget_minutes=budget)
    for fold in summary["folds"]:
        for stage, why in fold["why"].items():
            say(f"fold {fold['fold']}, {stage}: {why}")
    answer(summary, as_json=as_json)
