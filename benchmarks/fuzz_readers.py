"""Coverage-guided fuzzing (atheris) of every reader, through ``hemoscribe.sources.read``.

    python benchmarks/fuzz_readers.py hl7 --seconds 600
    python benchmarks/fuzz_readers.py all --seconds 60
    python benchmarks/fuzz_readers.py hl7 --replay FILE...       # what one input does

What may happen to an input: rows and rejects, or a SourceError or SettingsError that says in one
line what is wrong, within ``MAX_SECONDS`` and ``MAX_GROWTH_BYTES``. Anything else is a finding: it
is written to OUT/READER/findings, once for each exception and place, and the run goes on. Every
input is read with ``--format READER``, and one in eight with the format left to be recognised.
Mutation works inside gzip, xz and zip (spreadsheets are zips), and now and then wraps an input in
one.

Seeds are exports of `simulate` and the replayed inputs of tests/sources/fuzz_corpus. New coverage
is kept in OUT/READER/corpus; --keep BYTES copies small inputs of it, each of which reached code
that none before it had, into tests/sources/fuzz_corpus/READER.

Not covered: what happens inside C and Rust (Polars, expat, zlib), which atheris cannot see into;
only its effect, a crash, is noticed.
"""

import argparse
import gzip
import hashlib
import io
import json
import lzma
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
KEPT = HERE.parent / "tests" / "sources" / "fuzz_corpus"
RULES: dict[str, Any] = yaml.safe_load((HERE / "fuzz_readers.yaml").read_text("utf-8"))
MAX_SECONDS = 10.0
MAX_GROWTH_BYTES = 1024**3
HANGS_SECONDS = 60
RECOGNISED_ONE_IN = 8
WRAPPED_ONE_IN = 64
MAX_MESSAGE_CHARACTERS = 4_000
SEED_BYTES = 2_500
KEPT_BYTES = 1_500
KEPT_INPUTS = 15
_EPOCH = (1980, 1, 1, 0, 0, 0)
_GZIP, _XZ, _ZIP = b"\x1f\x8b", b"\xfd7zXZ\x00", b"PK\x03\x04"


@dataclass(frozen=True)
class Outcome:
    """What one input did; ``finding`` is None where it did something allowed."""

    said: str
    finding: str | None = None
    trace: str = ""


def judge(reader: str, data: bytes, folder: Path) -> Outcome:
    """Read one input and judge what happens. ``folder`` is emptied first and holds the input."""
    from hemoscribe.errors import SettingsError, SourceError

    path, mapping = _laid_out(reader, data, folder)
    recognised = zlib.crc32(data) % RECOGNISED_ONE_IN == 0
    began, peak = time.monotonic(), _peak_bytes()
    try:
        outcome = _read(path, None if recognised else _format(reader), mapping)
    except (SourceError, SettingsError) as error:
        outcome = _refused(error)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001 - a panic of Rust code is no Exception
        outcome = Outcome("", _signature(error), traceback.format_exc())
    seconds, growth = time.monotonic() - began, _peak_bytes() - peak
    if outcome.finding is None and seconds > MAX_SECONDS:
        return Outcome(outcome.said, f"slow: {seconds:.0f} s")
    if outcome.finding is None and growth > MAX_GROWTH_BYTES:
        return Outcome(outcome.said, f"memory: {growth / 1e9:.1f} GB")
    return outcome


def _read(path: Path, format_: str | None, mapping: Path | None) -> Outcome:
    from hemoscribe.records import Reject, Result
    from hemoscribe.sources import read

    rows, rejects = read(path, format=format_, mapping=mapping)
    if (
        rows.schema != Result.create_empty().schema
        or rejects.schema != Reject.create_empty().schema
    ):
        return Outcome("", "rows or rejects of another schema")
    if not rows["value"].is_finite().all():
        return Outcome("", "a value that is no finite number")
    return Outcome(f"{rows.height} rows, {rejects['results'].sum()} results rejected")


def _refused(error: Exception) -> Outcome:
    message = str(error)
    if "\n" in message or "\x00" in message or len(message) > MAX_MESSAGE_CHARACTERS:
        return Outcome(message, "a refusal that is not one line", traceback.format_exc())
    return Outcome(f"{type(error).__name__}: {message}")


def _signature(error: BaseException) -> str:
    """The exception and the innermost line of ours it came through: the same fault has the same."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "hemoscribe" in Path(frame.filename).parts] or frames
    return f"{type(error).__name__} at {Path(ours[-1].filename).name}:{ours[-1].lineno}"


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _format(reader: str) -> str:
    found: str = RULES["readers"][reader].get("format", reader)
    return found


def _laid_out(reader: str, data: bytes, folder: Path) -> tuple[Path, Path | None]:
    """The input as a file, with the tables or the mapping that this reader takes beside it."""
    for old in folder.iterdir():
        old.unlink()
    rule = RULES["readers"][reader]
    if rule.get("input") == "mapping":
        mapping, path = folder / "mapping.yaml", folder / "export"
        mapping.write_bytes(data)
        path.write_text(rule["export"], "utf-8")
        return path, mapping
    for name, text in rule.get("beside", {}).items():
        (folder / name).write_text(text, "utf-8")
    path = folder / "export"
    path.write_bytes(data)
    described = rule.get("described_by")
    if described is None or described["when"].encode() not in data[:200]:
        return path, None
    mapping = folder / "mapping.yaml"
    mapping.write_text(yaml.safe_dump(described["mapping"]), "utf-8")
    return path, mapping


def write_seeds(reader: str, folder: Path) -> None:
    """Small exports of `simulate`, the texts of fuzz_readers.yaml, and the kept inputs."""
    from hemoscribe.simulation import simulate

    rule = RULES["readers"][reader]
    for number, text in enumerate(rule.get("seeds", [])):
        (folder / f"text-{number}").write_bytes(text.encode())
    if rule.get("simulated"):
        with tempfile.TemporaryDirectory() as made:
            simulate(Path(made) / "out", reports=24, seed=5, formats=[_format(reader)])
            files = [path for path in sorted(Path(made).rglob("*")) if path.is_file()]
            one_of_each = {(path.parent, path.suffix): path for path in reversed(files)}
            for path in one_of_each.values():
                if path.suffix != ".parquet" and path.stem not in ("manifest", "truth"):
                    (folder / f"simulated-{path.name}").write_bytes(_shortened(path))
    for path in sorted((KEPT / reader).glob("*")):
        shutil.copy(path, folder)


def _shortened(path: Path) -> bytes:
    """The whole file; of a text with many reports, the first lines."""
    data = path.read_bytes()
    if path.suffix not in (".csv", ".tsv", ".hl7", ".ndjson"):
        return data
    ends = b"\r" if path.suffix == ".hl7" else b"\n"
    cut = data.find(ends, SEED_BYTES) if path.suffix != ".ndjson" else data.find(ends)
    return data[: cut + 1] if cut > 0 else data


def mutated(data: bytes, max_size: int, seed: int) -> bytes:
    """Mutate what is inside a compressed input; now and then compress one that is plain."""
    import atheris

    if seed % WRAPPED_ONE_IN == 0 and data[:2] not in (_GZIP, _XZ[:2], _ZIP[:2]):
        return _wrapped(atheris.Mutate(data, max_size), seed // WRAPPED_ONE_IN)
    if seed % 5 and data.startswith((_GZIP, _XZ, _ZIP)):
        inside = _mutated_inside(data, max_size, seed // 5)
        if inside is not None:
            return inside
    found: bytes = atheris.Mutate(data, max_size)
    return found


def _wrapped(data: bytes, seed: int) -> bytes:
    if seed % 3 == 0:
        return gzip.compress(data, mtime=0)
    if seed % 3 == 1:
        return lzma.compress(data)
    return _zipped({"export": data})


def _mutated_inside(data: bytes, max_size: int, seed: int) -> bytes | None:
    import atheris

    try:
        if data.startswith(_GZIP):
            return gzip.compress(atheris.Mutate(gzip.decompress(data), max_size), mtime=0)
        if data.startswith(_XZ):
            return lzma.compress(atheris.Mutate(lzma.decompress(data), max_size))
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        chosen = sorted(parts)[seed % len(parts)]
        return _zipped({**parts, chosen: atheris.Mutate(parts[chosen], max_size)})
    except Exception:  # noqa: BLE001 - a container that mutation broke is mutated as it is
        return None


def _zipped(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), part, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def fuzz_here(reader: str, out: Path, seconds: int) -> None:
    """Fuzz in this process, which libFuzzer ends; findings are on disk as they come."""
    import atheris

    libraries = RULES["readers"][reader].get("also", [])
    with atheris.instrument_imports(include=["hemoscribe", *libraries]):
        import hemoscribe.sources.intake  # noqa: F401 - imported here to be instrumented
    findings = out / "findings"
    work = Path(tempfile.mkdtemp(dir=out))
    count = {"inputs": 0}

    def one_input(data: bytes) -> None:
        outcome = judge(reader, data, work)
        count["inputs"] += 1
        (out / "inputs").write_text(str(count["inputs"])) if count["inputs"] % 50 == 0 else None
        if outcome.finding is not None:
            keep_finding(findings, outcome, data)

    rule = RULES["readers"][reader]
    words = out / "words"
    words.write_text(
        "".join(f'"{_quoted(word)}"\n' for word in map(str, rule.get("words", []))), "utf-8"
    )
    arguments = [
        sys.argv[0],
        f"-dict={words}",
        f"-timeout={HANGS_SECONDS}",
        "-rss_limit_mb=6000",
        f"-max_len={rule.get('max_len', 4096)}",
        f"-artifact_prefix={findings}/",
        "-print_final_stats=1",
    ]
    arguments += [f"-max_total_time={seconds}", str(out / "corpus"), str(out / "seeds")]
    atheris.Setup(arguments, one_input, custom_mutator=mutated)
    atheris.Fuzz()


def _quoted(word: str) -> str:
    return "".join(
        chr(byte) if 32 <= byte < 127 and byte not in (34, 92) else f"\\x{byte:02x}"
        for byte in word.encode()
    )


def keep_finding(findings: Path, outcome: Outcome, data: bytes) -> None:
    """Write a finding, unless one of the same kind is there with a smaller input."""
    name = hashlib.sha256(str(outcome.finding).split(":")[0].encode()).hexdigest()[:12]
    if "at " in str(outcome.finding):
        name = hashlib.sha256(str(outcome.finding).encode()).hexdigest()[:12]
    path = findings / f"{name}.input"
    if path.exists() and path.stat().st_size <= len(data):
        return
    path.write_bytes(data)
    path.with_suffix(".txt").write_text(f"{outcome.finding}\n{outcome.said}\n{outcome.trace}")


def fuzz(reader: str, out: Path, seconds: int, keep_bytes: int) -> dict[str, Any]:
    """Fuzz one reader in a process of its own; returns what came of it."""
    folder = out / reader
    shutil.rmtree(folder / "findings", ignore_errors=True)
    for name in ("corpus", "findings", "seeds"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    write_seeds(reader, folder / "seeds")
    own = [sys.executable, __file__, reader, "--out", str(out), "--seconds", str(seconds)]
    with (folder / "log").open("w") as log:
        done = subprocess.run(
            [*own, "--here"], stdout=log, stderr=subprocess.STDOUT, check=False,
            timeout=seconds + 4 * HANGS_SECONDS,
        )  # fmt: skip
    if keep_bytes:
        _keep(reader, folder / "corpus", keep_bytes)
    text = (folder / "log").read_text(errors="replace")
    return {
        "reader": reader,
        "seconds": seconds,
        "inputs": _statistic(text, "number_of_executed_units"),
        "coverage": max((int(part.split()[0]) for part in text.split("cov: ")[1:]), default=0),
        "ended": done.returncode,
        "findings": sorted(
            path.read_text().splitlines()[0] for path in (folder / "findings").glob("*.txt")
        ),
        "crashes": sorted(
            path.name for path in (folder / "findings").iterdir()
            if path.name.startswith(("crash", "timeout", "oom", "leak"))
        ),
    }  # fmt: skip


def _statistic(log: str, name: str) -> int:
    found = [line for line in log.splitlines() if name in line]
    return int(found[0].split(":")[-1]) if found else 0


def _keep(reader: str, corpus: Path, budget_bytes: int) -> None:
    """Inputs of every size up to ``KEPT_BYTES`` into the tests, as far as the budget goes."""
    target = KEPT / reader
    target.mkdir(parents=True, exist_ok=True)
    small = sorted((path.stat().st_size, path) for path in corpus.iterdir())
    small = [(size, path) for size, path in small if size <= KEPT_BYTES]
    used = sum(path.stat().st_size for path in target.iterdir())
    for size, path in small[:: max(1, len(small) // KEPT_INPUTS)]:
        if used + size <= budget_bytes:
            shutil.copy(path, target / path.name[:12])
            used += size


def replay(reader: str, paths: list[Path]) -> None:
    """Say what each input does."""
    with tempfile.TemporaryDirectory() as folder:
        for path in paths:
            outcome = judge(reader, path.read_bytes(), Path(folder))
            print(f"{path.name}: {outcome.finding or 'allowed'}: {outcome.said}\n{outcome.trace}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("reader", choices=[*RULES["readers"], "all"])
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--out", type=Path, default=Path("runs") / "fuzz")
    parser.add_argument("--keep", type=int, default=0, metavar="BYTES")
    parser.add_argument("--replay", type=Path, nargs="+")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.replay:
        replay(chosen.reader, chosen.replay)
        return
    if chosen.here:
        fuzz_here(chosen.reader, chosen.out / chosen.reader, chosen.seconds)
        return
    clean = True
    for reader in RULES["readers"] if chosen.reader == "all" else [chosen.reader]:
        summary = fuzz(reader, chosen.out, chosen.seconds, chosen.keep)
        print(json.dumps(summary), flush=True)
        clean = clean and not summary["findings"] and not summary["crashes"]
    sys.exit(0 if clean else 1)


if __name__ == "__main__":
    main()
