"""docs/python.md: its ten lines run as they stand."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def test_the_ten_lines_run(monkeypatch: pytest.MonkeyPatch, capsys, shipped_home) -> None:
    page = (ROOT / "docs" / "python.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert len([line for line in code.splitlines() if line]) <= 10
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("HEMOSCRIBE_HOME", str(shipped_home))
    exec(compile(code, "docs/python.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "hemoglobin" in printed
    assert "Cette semaine :" in printed
    assert "hemoglobin 10.2 g/dL" in printed
