"""Hostile files through the command: how each is written, read, and how it must end.

A sentinel tree and a secret stand beside every input: neither may change, nor be read.
"""

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from hemoscribe.cli.main import main
from hemoscribe.files import sha256

SECRET = "the-secret-beside-the-export"
HEADER = "patient_id,collected_at,sex,age,analyte,value,unit,low,high,comment\n"
ROW = "1,2024-01-02,F,54,Hb,12.5,g/dL,12,16,\n"
MSH = "MSH|^~\\&|LAB|X|||20240102||ORU^R01|1|P|2.5.1\rPID|1||12||||19700101|F\r"
OBR = "OBR|1|||CBC|||202401020815\r"
MB = 1024 * 1024
REFUSED = 3


@dataclass(frozen=True)
class Hostile:
    """An input: what writes it, and how the command must end.

    Attributes:
        rows: how many results are read; None where the whole input is refused.
        rejects: how many results are rejected.
        says: words of the refusal, or of a reject.
    """

    write: Callable[[Path], object]
    rows: int | None = None
    rejects: int | None = None
    says: str = ""
    name: str = "export"


def text(content: str, encoding: str = "utf-8") -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content.encode(encoding))


def data(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


def laughs(root: str, namespace: str, inside: str = "&z9;", encoding: str = "utf-8") -> bytes:
    entities = '<!ENTITY z0 "ha">' + "".join(
        f'<!ENTITY z{n} "{f"&z{n - 1};" * 10}">' for n in range(1, 10)
    )
    written = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE {root} [{entities}]>'
    return f'{written}<{root} xmlns="{namespace}"><id>{inside}</id></{root}>'.encode(encoding)


def zip_of(parts: dict[str, bytes], *, link: bool = False) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            if link:
                info.create_system, info.external_attr = 3, 0o120777 << 16
            archive.writestr(info, part)
    return buffer.getvalue()


def workbook(changes: dict[str, bytes]) -> bytes:
    """A small sound workbook with some of its parts replaced."""
    from openpyxl import Workbook

    book = Workbook()
    for row in csv_cells():
        book.active.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    with zipfile.ZipFile(buffer) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    return zip_of({**parts, **changes})


def csv_cells() -> list[list[str]]:
    return [HEADER.strip().split(","), ROW.strip().split(",")]


SHEET = "xl/worksheets/sheet1.xml"
MAIN_NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


STRINGS = '<row r="1"><c t="s"><v>0</v></c></row>'


def sheet(rows: str, dimension: str = "A1:J2", prolog: str = "") -> bytes:
    return (
        f'<?xml version="1.0"?>{prolog}<worksheet xmlns="{MAIN_NAMESPACE}">'
        f'<dimension ref="{dimension}"/>'
        f"<sheetData>{rows}</sheetData></worksheet>"
    ).encode()


def sheet_rows(first: int = 1, second: int = 2) -> str:
    def row(number: int, cells: list[str]) -> str:
        inner = "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in cells)
        return f'<row r="{number}">{inner}</row>'

    head, line = csv_cells()
    return row(first, head) + row(second, line)


def long_line(start: str, end: str = "", size_mb: int = 10) -> str:
    return start + "x" * size_mb * MB + end


@dataclass(frozen=True)
class Ended:
    code: int
    said: str
    out: Path

    @property
    def rows(self) -> int:
        return pl.read_parquet(self.out / "results.parquet").height

    @property
    def rejects(self) -> pl.DataFrame:
        return pl.read_parquet(self.out / "rejects.parquet")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where the input is written: a secret and a sentinel tree stand around it."""
    (tmp_path / "sentinel").mkdir()
    (tmp_path / "sentinel" / "kept.txt").write_text("kept")
    inside = tmp_path / "in" / "here"
    inside.mkdir(parents=True)
    (inside / "secret.csv").write_text(HEADER + ROW.replace("12.5", "11.1") + SECRET)
    return inside


def tree(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): sha256(path) if path.is_file() else str(path.lstat().st_mode)
        for path in sorted(folder.rglob("*"))
    }


def read_hostile(case: Hostile, place: Path, capsys: pytest.CaptureFixture[str]) -> Ended:
    source = place / case.name
    case.write(source)
    out = place.parents[1] / "out"
    before = tree(place.parents[1])
    with pytest.raises(SystemExit) as done:
        main(["read", str(source), "--out", str(out)])
    after = tree(place.parents[1])
    assert {name: kept for name, kept in after.items() if name.split("/")[0] != "out"} == before
    assert not Path("/tmp/out.csv").exists()
    captured = capsys.readouterr()
    return Ended(int(done.value.code or 0), captured.err, out)


def check(case: Hostile, ended: Ended) -> None:
    refused = case.rows is None
    assert ended.code == (REFUSED if refused else 0), ended.said
    assert "Traceback" not in ended.said
    assert SECRET not in ended.said
    if refused:
        sentences = [line for line in ended.said.splitlines() if line.startswith("hemoscribe: ")]
        assert len(sentences) == 1, ended.said
        assert len(sentences[0]) < 2_000
        assert case.says in sentences[0]
        assert not ended.out.exists()
        return
    assert ended.rows == case.rows
    if case.rejects is not None:
        assert ended.rejects["results"].sum() == case.rejects, ended.rejects
        assert case.rejects == 0 or case.says in " ".join(ended.rejects["message"])
    written = b"".join(path.read_bytes() for path in ended.out.iterdir())
    assert SECRET.encode() not in written


LIMITED = """
import json, resource, sys, time
from hemoscribe.cli.main import main
from hemoscribe.sources import exports

limit, free = int(sys.argv[1]), int(sys.argv[2])
exports.FREE_EXPANSION_BYTES = free or exports.FREE_EXPANSION_BYTES
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
for number, path in enumerate(sys.argv[4:]):
    began = time.process_time()
    try:
        main(["read", path, "--out", f"{sys.argv[3]}/{number}"])
    except SystemExit as done:
        code = done.code
    status = open("/proc/self/status").read()  # ru_maxrss would count the process that began us
    peak = int(status.split("VmHWM:")[1].split()[0]) * 1024
    print(json.dumps({"code": code, "seconds": time.process_time() - began, "peak_bytes": peak}))
    print(f"ended {number}", file=sys.stderr, flush=True)
"""


def read_limited(
    paths: list[Path], out: Path, limit_bytes: int, free_bytes: int = 0
) -> list[dict[str, object]]:
    """Read each in one process that may not have more memory; what came of each.

    Args:
        free_bytes: what a file may expand to whatever its size; 0: as the product has it.
    """
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, f"{limit_bytes}", f"{free_bytes}", out, *paths],
        capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip
    answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"code"')]
    assert len(answers) == len(paths), done.stderr[-2_000:]
    said = done.stderr.split("ended ")
    return [{**answer, "said": said[number]} for number, answer in enumerate(answers)]
