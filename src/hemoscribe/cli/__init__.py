"""The command line: one command per stage, no logic. ``hemoscribe --help`` imports nothing slow."""

from hemoscribe.cli.main import app, main

__all__ = ["app", "main"]
