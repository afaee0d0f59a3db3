"""The command tree, and how an error becomes one sentence and an exit code."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from functools import cache
from typing import Annotated, Any

import typer

from hemoscribe import __version__
from hemoscribe.cli import benchmarks, interpretation, loop, stages
from hemoscribe.cli.collection import collected_less
from hemoscribe.cli.output import say
from hemoscribe.errors import HemoscribeError, Interrupted

VERBOSE = ("-v", "--verbose")
WITHOUT_MODEL = frozenset(("simulate", "read", "curate"))

app = typer.Typer(
    name="hemoscribe",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _tell_version(asked: bool) -> None:
    if asked:
        typer.echo(f"hemoscribe {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="The version, and exit.", callback=_tell_version, is_eager=True
        ),
    ] = False,
) -> None:
    """A medical laboratory's own blood-test results, turned into a language model of its own.

    It drafts for a qualified reader; it is no medical device.
    """


stages.add_to(app)
interpretation.add_to(app)
benchmarks.add_to(app)
loop.add_to(app)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code. ``-v`` anywhere shows tracebacks."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    verbose = any(word in VERBOSE for word in words)
    words = [word for word in words if word not in VERBOSE]
    _quiet_libraries()
    with collected_less() if WITHOUT_MODEL.intersection(words[:1]) else nullcontext():
        sys.exit(_run(words, verbose=verbose))


def _run(words: list[str], *, verbose: bool) -> int:
    try:
        _command()(args=words, prog_name="hemoscribe")
    except HemoscribeError as error:
        if verbose:
            raise
        say(f"hemoscribe: {error}")
        return error.exit_code
    except SystemExit as done:
        if done.code == Interrupted.exit_code:
            say("hemoscribe: interrupted; what was complete is kept, the same command goes on.")
        return done.code if isinstance(done.code, int) else 0
    return 0


@cache
def _command() -> Any:
    """The tree as it is run: typer would make it anew from every signature at each call."""
    return typer.main.get_command(app)


def _quiet_libraries() -> None:
    """No network from the libraries, no banners: the hub is only ever asked by ``models pull``."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    # bitsandbytes names an optional kernel of a hub whenever peft imports it
    logging.getLogger("bitsandbytes.backends.cpu.ops").setLevel(logging.ERROR)
