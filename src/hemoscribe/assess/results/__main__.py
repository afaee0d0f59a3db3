"""``python -m hemoscribe.assess.results RUNS docs/results.md`` writes the page of results."""

from __future__ import annotations

import sys
from pathlib import Path

from hemoscribe.assess.results.results_page import results_page
from hemoscribe.errors import HemoscribeError, InputError
from hemoscribe.files import write_text


def main(arguments: list[str]) -> None:
    """Write the page from the folder of runs.

    Raises:
        InputError: the folder or the page is not named.
    """
    if len(arguments) != 2:
        raise InputError("Name two: python -m hemoscribe.assess.results RUNS docs/results.md")
    runs, page = (Path(argument) for argument in arguments)
    write_text(page, results_page(runs))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except HemoscribeError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
