"""Hostile files through the command: a reject or exit code 3, one sentence, nothing outside.

Each case writes one input. What it is refused with, or how many results come out, is stated beside
it. A sentinel tree and a secret stand beside every input: neither may change, nor be read.
"""

import gzip
import io
import json
import lzma
import os
import struct
import subprocess
import sys
import time
import zipfile
import zlib
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


def external(root: str, namespace: str, system: str) -> str:
    return (
        f'<?xml version="1.0"?><!DOCTYPE {root} [<!ENTITY x SYSTEM "{system}">]>'
        f'<{root} xmlns="{namespace}"><id>&x;</id></{root}>'
    )


def quadratic(root: str, namespace: str) -> str:
    return (
        f'<?xml version="1.0"?><!DOCTYPE {root} [<!ENTITY a "{"a" * 100_000}">]>'
        f'<{root} xmlns="{namespace}"><id>{"&a;" * 10_000}</id></{root}>'
    )


def deep_xml(root: str, namespace: str, depth: int = 100_000) -> str:
    return f'<{root} xmlns="{namespace}">{"<component>" * depth}{"</component>" * depth}</{root}>'


FHIR = ("Observation", "http://hl7.org/fhir")
CDA = ("ClinicalDocument", "urn:hl7-org:v3")


def observation(value: str, kind: str = "valueQuantity") -> str:
    quantity = value if kind != "valueQuantity" else f'{{"value":{value},"unit":"mmol/L"}}'
    return (
        '{"resourceType":"Observation","status":"final","code":{"text":"Potassium"},'
        '"subject":{"reference":"Patient/1"},"effectiveDateTime":"2024-01-02",'
        f'"{kind}":{quantity}}}'
    )


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


BLANKS = b"\n" * MB
EXPANDED_MB = 300  # beyond what any compressed file may give, however small it is


def deflated(start: bytes, size_mb: int) -> tuple[bytes, bytes]:
    """``start`` and then blank lines, (plain, deflated); one piece serves for every megabyte."""
    deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
    first = deflate.compress(start) + deflate.flush(zlib.Z_FULL_FLUSH)
    again = deflate.compress(BLANKS) + deflate.flush(zlib.Z_FULL_FLUSH)
    return start + BLANKS * size_mb, first + again * size_mb + deflate.flush()


def gzip_bomb() -> bytes:
    plain, body = deflated((HEADER + ROW).encode(), EXPANDED_MB)
    head = gzip.compress(b"", mtime=0)[:10]
    return head + body + struct.pack("<II", zlib.crc32(plain), len(plain))


def xz_bomb() -> bytes:
    """One stream after the other, as `cat` joins them."""
    one = lzma.compress(BLANKS * 10, preset=0)
    return lzma.compress((HEADER + ROW).encode()) + one * (EXPANDED_MB // 10)


def zip_bomb(members: int) -> bytes:
    """Each member within the bounds of one, all together beyond them."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(members):
            with archive.open(f"{number}.csv", "w") as file:
                file.write((HEADER + ROW).encode())
                for _ in range(EXPANDED_MB // members):
                    file.write(BLANKS)
    return buffer.getvalue()


def overlapping_zip(entries: int = 2_000) -> bytes:
    """Every entry of the directory leads to the same compressed bytes: 40 GB out of 200 kB."""
    single = zip_of({"export0000.csv": (HEADER + "\n" * 20 * MB).encode()})
    end = single.rindex(b"PK\x05\x06")
    start = struct.unpack("<I", single[end + 16 : end + 20])[0]
    entry = single[start:end]
    directory = entry * entries
    tail = bytearray(single[end:])
    struct.pack_into("<HHII", tail, 8, entries, entries, len(directory), start)
    return single[:start] + directory + bytes(tail)


HUGE_DICTIONARY = bytes.fromhex(
    "fd377a585a000004e6d6b44602002101250000003b787b4101002a70617469656e745f69642c616e616c7974"
    "652c76616c75652c756e69740a312c48622c31322c672f644c0a0000811950a8418786740001432bad506e57"
    "1fb6f37d010000000004595a"
)
"""An xz of one row that asks for a dictionary of 1.5 GB to be opened with."""


def links(path: Path) -> None:
    """A folder with an export, a link to the secret, a link to a folder that holds itself."""
    path.mkdir()
    (path / "export.csv").write_text(HEADER + ROW)
    (path / "secret.csv").symlink_to(path.parent / "secret.csv")
    (path / "loop").symlink_to(path)
    os.mkfifo(path / "pipe.csv")


def pdf(stream: bytes, *, filters: str = "/FlateDecode", kids: str = "3 0 R") -> bytes:
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count 1 >>".encode(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(stream)} /Filter [{filters}] >>\nstream\n".encode()
        + stream
        + b"\nendstream",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>",
    ]
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, part in enumerate(parts, start=1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n".encode() + part + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(parts) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{offset:010} 00000 n \n".encode() for offset in offsets)
    out += f"trailer\n<< /Size {len(parts) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF".encode()
    return bytes(out)


def pdf_bomb(layers: int) -> bytes:
    start = b"BT /F1 9 Tf 50 700 Td (Potassium 4.1 mmol/L) Tj ET\n"
    plain, body = deflated(start, EXPANDED_MB)
    stream = b"\x78\x9c" + body + struct.pack(">I", zlib.adler32(plain))
    for _ in range(layers - 1):
        stream = zlib.compress(stream)
    return pdf(stream, filters="/FlateDecode " * layers)


def strings_bomb() -> bytes:
    """A workbook whose shared strings are one string of hundreds of megabytes."""
    buffer = io.BytesIO()
    sound = zipfile.ZipFile(io.BytesIO(workbook({SHEET: sheet(STRINGS)})))
    with sound, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in sound.namelist():
            if not name.endswith("sharedStrings.xml"):
                archive.writestr(name, sound.read(name))
        with archive.open("xl/sharedStrings.xml", "w") as file:
            file.write(f'<sst xmlns="{_MAIN}"><si><t>'.encode())
            for _ in range(EXPANDED_MB):
                file.write(b"a" * MB)
            file.write(b"</t></si></sst>")
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
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


STRINGS = '<row r="1"><c t="s"><v>0</v></c></row>'


def sheet(rows: str, dimension: str = "A1:J2", prolog: str = "") -> bytes:
    return (
        f'<?xml version="1.0"?>{prolog}<worksheet xmlns="{_MAIN}"><dimension ref="{dimension}"/>'
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


CASES = {
    # XML: entities are refused before anything is expanded, in any encoding.
    "laughs in fhir": Hostile(data(laughs(*FHIR)), says="entit"),
    "laughs in cda": Hostile(data(laughs(*CDA)), says="entit"),
    "laughs in utf-16": Hostile(data(laughs(*FHIR, encoding="utf-16"))),
    "laughs in utf-16 cda": Hostile(data(laughs(*CDA, encoding="utf-16"))),
    "quadratic blow-up": Hostile(text(quadratic(*FHIR)), says=""),
    "quadratic blow-up in cda": Hostile(text(quadratic(*CDA)), says=""),
    "external entity": Hostile(text(external(*FHIR, "secret.csv")), says="entit"),
    "external entity in cda": Hostile(text(external(*CDA, "secret.csv")), says="entit"),
    "external entity by network": Hostile(text(external(*CDA, "http://localhost:1/x"))),
    "deep xml": Hostile(text(deep_xml(*FHIR))),
    "deep cda": Hostile(text(deep_xml(*CDA))),
    # JSON
    "deep json": Hostile(text("[" * 100_000), says=""),
    "deep json object": Hostile(
        text('{"resourceType":"Observation","a":' + "[" * 100_000 + "]" * 100_000 + "}"),
        says="deep",
    ),
    "deep json line": Hostile(
        text(observation("4.1") + '\n{"a":' + '{"a":' * 100_000 + "1" + "}" * 100_001 + "\n"),
        rows=1, rejects=1, says="deep",
    ),
    "nan": Hostile(text(observation("4.1") + "\n" + observation("NaN") + "\n"), 1, 1, "NaN"),
    "infinity": Hostile(
        text(observation("4.1") + "\n" + observation("-Infinity") + "\n"), 1, 1, "Infinity"
    ),
    "1e400": Hostile(text(observation("4.1") + "\n" + observation("1e400") + "\n"), 1, 1),
    "10^5 digits": Hostile(
        text(observation("4.1") + "\n" + observation("7" * 100_000) + "\n"), 1, 1
    ),
    "10^5 digits in one document": Hostile(text(observation("7" * 100_000))),
    "lone surrogate": Hostile(
        text(observation("4.1") + "\n" + observation('"\\ud800"', "valueString") + "\n"), 1, 1
    ),
    "10 MB json line": Hostile(
        text(observation("4.1") + "\n" + long_line('{"a":"', '"}') + "\n"), rows=1, rejects=0
    ),
    # HL7
    "sp50000000": Hostile(
        text(MSH + OBR + "OBX|1|ST|K||4.1||||||F\rNTE|1||a\\.sp50000000\\b\r"), rows=1, rejects=0
    ),
    "10 MB value": Hostile(
        text(MSH + OBR + long_line("OBX|1|ST|K||", "|||||F\r") + "OBX|2|NM|Na||140|mmol/L|||||F\r"),
        rows=1, rejects=1,
    ),
    "10 MB comment": Hostile(
        text(MSH + OBR + "OBX|1|NM|Na||140|mmol/L|||||F\r" + long_line("NTE|1||", "\r")), rows=1
    ),
    "a million repetitions": Hostile(
        text(MSH + OBR + "OBX|1|ST|K||" + "4~" * 1_000_000 + "|mmol/L|||||F\r"), rejects=1
    ),
    "1e400 in hl7": Hostile(text(MSH + OBR + "OBX|1|NM|K||1e400|mmol/L|||||F\r")),
    "nul in hl7": Hostile(data((MSH + OBR + "OBX|1|NM|K||4\x001|mmol/L\r").encode()), says="NUL"),
    # Delimited text
    "nul in csv": Hostile(data((HEADER + ROW + "1,2\x00,F\n").encode()), says="NUL"),
    "10 MB line": Hostile(text(HEADER + ROW + long_line("1,") + "\n"), rows=1, rejects=1),
    "a quote that never closes": Hostile(
        text(HEADER + ROW + '1,"' + "aaaaaaaaaaa\n" * 100_000), rows=1, rejects=100_000
    ),
    "numbers that are none": Hostile(
        text(HEADER + ROW + "".join(
            f"1,2024-01-0{n},F,54,Hb,{value},g/dL,12,16,\n"
            for n, value in enumerate(("NaN", "Infinity", "-inf", "1e400", "9" * 100_000), start=3)
        )),
        rows=1, rejects=5,
    ),
    "100,000 columns": Hostile(
        text(",".join(f"c{n}" for n in range(100_000)) + "\n" + "1," * 99_999 + "1\n")
    ),
    "100,000 columns beside ours": Hostile(
        text(HEADER.strip() + "".join(f",c{n}" for n in range(100_000)) + "\n" + ROW * 2),
    ),
    "the same column 1,000 times": Hostile(
        text("patient_id," + "value," * 1_000 + "analyte\n" + "1," + "4," * 1_000 + "Hb\n")
    ),
    "the header again": Hostile(text(HEADER + ROW + HEADER + ROW.replace("02", "03")), rows=2),
    "not utf-8": Hostile(data(HEADER.encode() + ROW.encode() + b"\xff\xfe\xfa,\xc3\x28\n"), rows=1),
    "half a utf-16": Hostile(data((HEADER + ROW).encode("utf-16") + b"\x00\xd8\x41"), rows=1),
    "binary": Hostile(data(bytes(range(256)) * 500)),
    "empty": Hostile(data(b"")),
    "a header alone": Hostile(text(HEADER)),
    # Archives
    "up and out": Hostile(
        data(zip_of({"../../sentinel/out.csv": (HEADER + ROW).encode()})), rows=1, rejects=0
    ),
    "absolute": Hostile(
        data(zip_of({"/tmp/out.csv": (HEADER + ROW).encode()})), rows=1, rejects=0
    ),
    "a link in a zip": Hostile(data(zip_of({"export.csv": b"../secret.csv"}, link=True))),
    "a zip cut short": Hostile(data(zip_of({"a.csv": (HEADER + ROW * 99).encode()})[:-40])),
    "a gzip cut short": Hostile(data(gzip.compress((HEADER + ROW * 9).encode())[:60])),
    "an xz cut short": Hostile(data(lzma.compress((HEADER + ROW * 9).encode())[:60])),
    "zip in zip": Hostile(data(zip_of({"a.zip": zip_of({"b.csv": (HEADER + ROW).encode()})}))),
    "a huge dictionary": Hostile(data(HUGE_DICTIONARY), rows=1, rejects=0),
    "links in a folder": Hostile(links, rows=1, rejects=0, name="folder"),
    # Spreadsheets
    "a lying dimension": Hostile(
        data(workbook({SHEET: sheet(sheet_rows(), "A1:XFD1048576")})), rows=1, name="e.xlsx"
    ),
    "a row at the end of the sheet": Hostile(
        data(workbook({SHEET: sheet(sheet_rows(1, 1_048_576))})), rows=1, name="e.xlsx"
    ),
    "laughs in a sheet": Hostile(
        data(workbook({SHEET: laughs("worksheet", _MAIN)})), name="e.xlsx"
    ),
    "a workbook without sheets": Hostile(
        data(workbook({"xl/workbook.xml": b"<workbook/>"})), name="e.xlsx"
    ),
    # PDF
    "a page that is its own parent": Hostile(data(pdf(zlib.compress(b""), kids="2 0 R"))),
    "a pdf of nothing": Hostile(data(b"%PDF-1.4\n%%EOF")),
    "a pdf cut short": Hostile(data(pdf(zlib.compress(b"BT ET"))[:300])),
}  # fmt: skip

BOMBS = {
    "gzip": (gzip_bomb, "export"),
    "xz": (xz_bomb, "export"),
    "zip of four": (lambda: zip_bomb(4), "export"),
    "overlapping zip": (overlapping_zip, "export"),
    "pdf": (lambda: pdf_bomb(1), "export"),
    "pdf twice": (lambda: pdf_bomb(2), "export"),
    "shared strings": (strings_bomb, "e.xlsx"),
}
"""What is small on disk and hundreds of megabytes when opened: each is refused."""


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


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_hostile_file_is_refused_or_rejected(
    case: Hostile, place: Path, capsys: pytest.CaptureFixture[str]
):
    began = time.monotonic()
    check(case, read_hostile(case, place, capsys))
    assert time.monotonic() - began < 20


LIMITED = """
import json, resource, sys, time
from hemoscribe.cli.main import main

limit = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
for number, path in enumerate(sys.argv[3:]):
    began = time.process_time()
    try:
        main(["read", path, "--out", f"{sys.argv[2]}/{number}"])
    except SystemExit as done:
        code = done.code
    status = open("/proc/self/status").read()  # ru_maxrss would count the process that began us
    peak = int(status.split("VmHWM:")[1].split()[0]) * 1024
    print(json.dumps({"code": code, "seconds": time.process_time() - began, "peak_bytes": peak}))
    print(f"ended {number}", file=sys.stderr, flush=True)
"""


def read_limited(paths: list[Path], out: Path, limit_bytes: int) -> list[dict[str, object]]:
    """Read each in one process that may not have more memory; what came of each."""
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(limit_bytes), str(out), *map(str, paths)],
        capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip
    answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"code"')]
    assert len(answers) == len(paths), done.stderr[-2_000:]
    said = done.stderr.split("ended ")
    return [{**answer, "said": said[number]} for number, answer in enumerate(answers)]


def test_bombs_are_refused_in_bounded_time_and_memory(place: Path):
    paths = []
    for name, (made, file) in BOMBS.items():
        folder = place / name.replace(" ", "_")
        folder.mkdir()
        (folder / file).write_bytes(made())
        paths.append(folder / file)
    out = place.parents[1] / "out"
    before = tree(place.parents[1])
    answers = read_limited(paths, out, limit_bytes=4 * 1024 * MB)
    for name, answer in zip(BOMBS, answers, strict=True):
        assert answer["code"] == REFUSED, (name, answer)
        assert answer["seconds"] < 20, (name, answer)
        assert answer["peak_bytes"] < 1024 * MB, (name, answer)
        assert "Traceback" not in answer["said"], (name, answer)
        assert answer["said"].count("hemoscribe: ") == 1, (name, answer)
    assert list(out.iterdir()) == []
    assert {name: kept for name, kept in tree(place.parents[1]).items() if name != "out"} == before


def test_a_message_of_20000_results_is_read_in_5_seconds_and_500_mb(place: Path):
    obx = "".join(f"OBX|{n}|NM|2823-3^K^LN||4.1|mmol/L|3.5-5.1|N|||F\r" for n in range(1, 20_001))
    (place / "long.hl7").write_text(MSH + OBR + obx, newline="")
    out = place.parents[1] / "out"
    [answer] = read_limited([place / "long.hl7"], out, limit_bytes=4 * 1024 * MB)
    assert answer["code"] == 0
    assert answer["seconds"] < 5
    assert answer["peak_bytes"] < 500 * MB
    assert pl.read_parquet(out / "0" / "results.parquet").height == 20_000
