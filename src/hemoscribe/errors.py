"""Every error a user can meet, with the exit code the command line gives it.

    HemoscribeError                     never raised itself
    ├── SettingsError            2      wrong usage, an unknown or impossible setting
    ├── InputError               3      a file or value that cannot be read or is refused
    │   ├── SourceError          3      an export: names the file and the place in it
    │   ├── StageError           3      a stage's folder is incomplete, of another stage or altered
    │   │   └── BusyError        3      a stage's folder is being written by another run
    │   └── KnowledgeError       3      analytes, ranges or units that contradict each other
    ├── MissingError             4      a model, dependency or device that is not there
    └── Interrupted            130      stopped by the user; the work can be resumed

A gate that was not met is no error: the command ends with exit code 1.
"""

from __future__ import annotations


class HemoscribeError(Exception):
    """One clear sentence, on one line: what was wrong, where, and what to do next."""

    exit_code = 1

    def __init__(self, sentence: str) -> None:
        super().__init__(" ".join(sentence.splitlines()))  # what is quoted may have lines


class SettingsError(HemoscribeError):
    """A setting or an argument is unknown or impossible; names it and what is allowed."""

    exit_code = 2


class InputError(HemoscribeError):
    """Input that cannot be read or is refused."""

    exit_code = 3


class SourceError(InputError):
    """An export that cannot be read.

    Args:
        path: the file.
        reason: what is wrong, as the end of a sentence.
        place: line, segment or entry, where one is known.
        remedy: what the user does next, as a sentence.
        of_all: whether the other files cannot be read either: what this one withdraws stands there.
    """

    def __init__(
        self, path: object, reason: str, *, place: str = "", remedy: str = "", of_all: bool = False
    ) -> None:
        where = f"{path}, {place}" if place else f"{path}"
        super().__init__(f"{where}: {reason}." + (f" {remedy}" if remedy else ""))
        self.path = str(path)
        self.place = place
        self.reason = reason
        self.remedy = remedy
        self.of_all = of_all


class StageError(InputError):
    """A folder is not a complete output of the stage that was expected."""


class BusyError(StageError):
    """Another run is writing the folder; it goes on, and this one changes nothing."""


class KnowledgeError(InputError):
    """The knowledge files contradict themselves; names the entry."""


class MissingError(HemoscribeError):
    """Something that must be installed or fetched; the message holds the command that gets it."""

    exit_code = 4


class Interrupted(HemoscribeError):
    """Stopped by the user; what is complete stays, and the same command goes on from there."""

    exit_code = 130
