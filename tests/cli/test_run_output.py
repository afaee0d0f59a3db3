"""``run`` prints our lines and no library's, on either stream, from exports to the report."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

SCRIPT = """
import sys

class Told:
    def __init__(self, stream, ours):
        self._stream, self._ours = stream, ours

    def write(self, text):
        writer = sys._getframe(1).f_globals["__name__"].partition(".")[0]
        return (self._ours if writer == "hemoscribe" else self._stream).write(text)

    def __getattr__(self, name):
        return getattr(self._stream, name)

with open(sys.argv[2], "w", encoding="utf-8") as ours:
    sys.stdout, sys.stderr = Told(sys.stdout, ours), Told(sys.stderr, ours)
    from hemoscribe.cli import main
    main(["run", sys.argv[1]])
"""
"""What our modules write goes to a file; what is left on the streams is somebody else's."""


def profile(folder: Path, base: Path) -> Path:
    """Every stage, with a tiny model of random weights."""
    settings = {
        "name": "tiny",
        "runs": str(folder / "runs"),
        "source": {"simulate_reports": 150, "simulate_seed": 3},
        "curate": {"few_reports_error": 1},
        "corpus": {"max_examples": 24, "canaries": 1},
        "tune": {
            "base": str(base),
            "start_from": None,
            "steps": 2,
            "warmup_steps": 0,
            "batch": 4,
            "lora_rank": 4,
            "dtype": "float32",
        },
        "assess": {"reports": 4, "written": 1, "bootstrap": 100, "tracks": ["raw"]},
    }
    path = folder / "tiny.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return path


def of_any_length(base: Path, folder: Path) -> Path:
    """The base with room for the longest report, whichever the pseudonym key puts on a side."""
    copy = Path(shutil.copytree(base, folder / "base"))
    config = json.loads((copy / "config.json").read_text("utf-8"))
    config["max_position_embeddings"] = 16_384
    (copy / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return copy


def test_a_run_prints_our_lines_and_no_librarys(tiny_base: Path, tmp_path: Path) -> None:
    ours = tmp_path / "ours.txt"
    base = of_any_length(tiny_base, tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(profile(tmp_path, base)), str(ours)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.stdout + done.stderr == ""
    told = ours.read_text("utf-8")
    for stage in ("simulate", "read", "curate", "corpus", "tune", "assess"):
        assert f"\n{stage}: done" in f"\n{told}"
    assert "\nreport: " in told
    assert done.returncode in (0, 1)  # a model of random weights meets no gate
