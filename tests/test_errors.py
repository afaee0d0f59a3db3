"""Every error carries the exit code the commands page promises."""

import pytest

from hemoscribe import errors


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.SettingsError, 2),
        (errors.InputError, 3),
        (errors.StageError, 3),
        (errors.BusyError, 3),
        (errors.KnowledgeError, 3),
        (errors.MissingError, 4),
        (errors.Interrupted, 130),
    ],
)
def test_exit_codes(kind: type[errors.HemoscribeError], code: int) -> None:
    assert kind("sentence").exit_code == code


def test_every_error_is_in_the_tree_drawn_at_the_top() -> None:
    drawn = errors.__doc__ or ""
    found = [
        name
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.HemoscribeError)
    ]
    assert len(found) >= 8
    assert all(name in drawn for name in found)


def test_a_source_error_names_the_file_the_place_and_the_remedy() -> None:
    error = errors.SourceError("a.csv", "the value is missing", place="line 3", remedy="Add it.")
    assert str(error) == "a.csv, line 3: the value is missing. Add it."


def test_a_sentence_that_quotes_lines_is_one_line() -> None:
    from hemoscribe.errors import SourceError

    error = SourceError("export.csv", "line 2 (two\nlines\u2028here) is no result")
    assert str(error) == "export.csv: line 2 (two lines here) is no result."
