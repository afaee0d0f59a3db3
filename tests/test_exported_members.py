"""The public names, pinned: everything else is private."""

import subprocess
import sys

import hemoscribe


def test_public_names() -> None:
    assert sorted(hemoscribe.__all__) == [
        "HemoscribeError",
        "History",
        "InputError",
        "KnowledgeError",
        "MissingError",
        "Panel",
        "Reading",
        "Report",
        "ReportedResult",
        "SettingsError",
        "SourceError",
        "StageError",
        "assess",
        "histories",
        "load",
        "load_overlay",
        "read",
        "read_panels",
    ]
    for name in hemoscribe.__all__:
        assert getattr(hemoscribe, name) is not None


def test_importing_is_instant() -> None:
    code = "import sys, hemoscribe; sys.exit('polars' in sys.modules or 'torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
