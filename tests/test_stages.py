"""A stage is made again when what it follows from changed, and only then; and it says why."""

import shutil
import threading
import time
from pathlib import Path

import pytest

from hemoscribe.errors import BusyError
from hemoscribe.files import read_json, write_json
from hemoscribe.stages import (
    MANIFEST,
    content_of,
    origin_of,
    read_manifest,
    replaced,
    run_stage,
    said,
    verify,
)
from hemoscribe.stages.code import PACKAGE, digests_of
from hemoscribe.stages.roots import RULES, code_of

SCRUBBING = "curate/scrub/words.yaml"
LIMITS = "knowledge/data/analytes/renal.yaml"
WORDING = "prose/wordings/en/kidney.yaml"
TUNING = "tune/loss.py"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("package") / "hemoscribe"
    ignored = shutil.ignore_patterns("__pycache__", "*.safetensors")
    return Path(shutil.copytree(PACKAGE, copy, ignore=ignored))


def changed_by(package: Path, name: str) -> set[str]:
    """Whose code changes with one character of a file of the package."""
    path = package / name
    before = {stage: code_of(stage, package=package) for stage in RULES}
    text = path.read_bytes()
    path.write_bytes(text + b"#")
    try:
        after = {stage: code_of(stage, package=package) for stage in RULES}
    finally:
        path.write_bytes(text)
    found = {stage for stage in RULES if before[stage] != after[stage]}
    for stage in found:
        assert {file for file in before[stage] if before[stage][file] != after[stage][file]} == {
            name
        }
    return found


def test_a_character_in_a_rule_of_scrubbing_redoes_curate_and_not_read(package: Path) -> None:
    assert changed_by(package, SCRUBBING) == {"curate"}


def test_the_limit_of_an_analyte_redoes_all_that_reads_it_and_not_the_model(package: Path) -> None:
    found = changed_by(package, LIMITS)
    assert {"read", "curate", "corpus", "assess"} <= found
    assert not found & {"tune", "answers", "fold", "base", "shipped model"}


def test_a_comma_in_a_wording_redoes_the_corpus_and_never_tunes_by_itself(package: Path) -> None:
    found = changed_by(package, WORDING)
    assert "corpus" in found
    assert not found & {"read", "curate", "tune", "answers"}


def test_the_code_of_tuning_is_that_of_tune_alone(package: Path) -> None:
    assert changed_by(package, TUNING) == {"tune"}
    folders = {name.split("/")[0] for name in code_of("tune", package=package) if "/" in name}
    assert folders == {"models", "tune"}


@pytest.mark.parametrize("name", ["settings.py", "stages/running.py", "files.py", "cli/main.py"])
def test_what_makes_no_output_redoes_nothing(package: Path, name: str) -> None:
    assert changed_by(package, name) == set()


def test_the_style_of_pages_redoes_only_what_has_pages(package: Path) -> None:
    found = changed_by(package, "page.css")
    assert "curate" in found
    assert not found & {"read", "corpus", "tune"}


def test_modules_that_are_named_while_running_are_found(package: Path) -> None:
    assert {"corpus", "assess"} <= changed_by(package, "knowledge/findings/renal.py")


def test_imports_in_functions_count_and_those_of_type_checkers_do_not(tmp_path: Path) -> None:
    root = tmp_path / "hemoscribe"
    (root / "one" / "data").mkdir(parents=True)
    (root / "one" / "__init__.py").write_text("from hemoscribe.one.inner import x\n")
    (root / "one" / "data" / "rules.yaml").write_text("a: 1\n")
    (root / "one" / "inner.py").write_text(
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from hemoscribe.typed import t\n"
        "def f():\n    try:\n        from hemoscribe import late\n    finally:\n        pass\n"
    )
    for name in ("typed", "late", "refused"):
        (root / f"{name}.py").write_text("import hemoscribe.refused\n")
    found = digests_of(["one"], ["refused"], package=root)
    assert set(found) == {"one/__init__.py", "one/inner.py", "one/data/rules.yaml", "late.py"}


def test_the_digests_are_quick() -> None:
    started = time.thread_time()  # other tests run beside this one
    for _ in range(3):
        code_of("assess")
    assert time.thread_time() - started < 1.5


def write_one(folder: Path) -> dict[str, int]:
    (folder / "rows.txt").write_text("1\n")
    return {"rows": 1}


def run_one(out: Path, *, read: str = "1", dear: bool = False, redo: bool = False, **settings):
    return run_stage(
        out, stage="tune", inputs={"corpus": read}, settings=settings, work=write_one,
        dear=dear, redo=redo,
    )  # fmt: skip


def age(out: Path, **changes: object) -> None:
    """Make the manifest of ``out`` say that it was made otherwise."""
    write_json(out / MANIFEST, {**read_json(out / MANIFEST), **changes})


def other_code(out: Path) -> dict[str, str]:
    return {**read_json(out / MANIFEST)["code"], TUNING: "0" * 64}


@pytest.mark.parametrize("stage", RULES)
def test_where_the_code_of_a_stage_begins_is_there(stage: str) -> None:
    for root in RULES[stage].roots:
        assert digests_of([root]), root


def test_a_stage_that_always_runs_says_what_is_other_than_before(tmp_path: Path) -> None:
    out = tmp_path / "out"
    origin = origin_of("tune", {"corpus": "1"}, {})
    assert replaced(out, origin) == {}
    run_one(out)
    assert replaced(out, origin) == {}
    age(out, code=other_code(out))
    why = replaced(out, origin)
    assert why == {"redone": f"the rules of tuning changed ({TUNING})"}
    assert said(why) == f"redone: {why['redone']}"
    assert said({"rows": 1, "skipped": True}) is None


def test_why_a_stage_is_redone_is_said(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run_one(out, seed=1).redone is None
    assert "redone" not in run_one(out, seed=1).summary()
    assert run_one(out, seed=2).summary()["redone"] == "setting tune.seed changed"
    assert run_one(out, read="2", seed=2).redone == "its input changed (corpus)"
    age(out, code=other_code(out))
    assert run_one(out, read="2", seed=2).redone == f"the rules of tuning changed ({TUNING})"


def test_what_is_dear_stays_when_only_code_changed_until_it_is_asked_for(tmp_path: Path) -> None:
    out = tmp_path / "out"
    run_one(out)
    age(out, code=other_code(out))
    kept = run_one(out, dear=True)
    assert kept.skipped
    assert kept.stale == f"the rules of tuning changed ({TUNING})"
    assert run_one(out, dear=True, read="2").redone is not None
    age(out, code=other_code(out))
    again = run_one(out, dear=True, redo=True, read="2")
    assert (again.skipped, again.stale) == (False, None)
    assert run_one(out, dear=True, redo=True, read="2").skipped
    age(out, code=other_code(out))
    (out / "rows.txt").unlink()
    assert run_one(out, dear=True, read="2").redone is not None


def test_a_folder_of_the_first_format_is_read_and_made_again(tmp_path: Path) -> None:
    out = tmp_path / "out"
    run_one(out)
    old = {**read_json(out / MANIFEST), "format": 1, "key": "0"}
    del old["code"]
    write_json(out / MANIFEST, old)
    verify(out, read_manifest(out, stage="tune"))
    assert run_one(out, dear=True).stale == "it was made by an earlier version"
    assert run_one(out).redone == "it was made by an earlier version"
    assert "code" in read_json(out / MANIFEST)


def test_the_content_of_a_folder_says_nothing_of_how_it_was_made(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 2)):
        run_one(tmp_path / name, seed=seed)
    assert content_of(tmp_path / "a") == content_of(tmp_path / "b")
    one = content_of(tmp_path / "a", "rows.txt")
    age(tmp_path / "a", files={"rows.txt": "0", "page.html": "1"})
    assert content_of(tmp_path / "a", "rows.txt") != one


def test_a_second_run_on_the_same_folder_is_refused_in_a_sentence(tmp_path: Path) -> None:
    out, started, go = tmp_path / "out", threading.Event(), threading.Event()

    def slow(folder: Path) -> dict[str, int]:
        started.set()
        go.wait(20)
        return write_one(folder)

    first = threading.Thread(
        target=run_stage,
        kwargs={"out": out, "stage": "read", "inputs": {}, "settings": {}, "work": slow},
    )
    first.start()
    try:
        assert started.wait(20)
        with pytest.raises(BusyError, match="another run is writing it"):
            run_one(out)
    finally:
        go.set()
        first.join()
    assert read_manifest(out, stage="read").summary == {"rows": 1}
    assert [path.name for path in tmp_path.iterdir() if path.name != "home"] == ["out"]
    assert run_one(out).redone == "it was the output of `read`"
