"""Hostile archives and PDF: what is small on disk and endless when opened, what leads outside."""

import gzip
import io
import lzma
import os
import struct
import time
import zipfile
import zlib
from pathlib import Path

import pytest

from hemoscribe.sources.exports import FREE_EXPANSION_BYTES

from .conftest import (
    HEADER,
    MAIN_NAMESPACE,
    MB,
    REFUSED,
    ROW,
    SHEET,
    STRINGS,
    Hostile,
    check,
    data,
    read_hostile,
    read_limited,
    sheet,
    tree,
    workbook,
    zip_of,
)

BLANKS = b"\n" * MB
EXPANDED_MB = 300  # beyond what any compressed file may give, however small it is
SMALLER = 8  # the same bombs against a bound as many times lower, for every run of the tests


def deflated(start: bytes, size_mb: int) -> tuple[bytes, bytes]:
    """``start`` and then blank lines, (plain, deflated); one piece serves for every megabyte."""
    deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
    first = deflate.compress(start) + deflate.flush(zlib.Z_FULL_FLUSH)
    again = deflate.compress(BLANKS) + deflate.flush(zlib.Z_FULL_FLUSH)
    return start + BLANKS * size_mb, first + again * size_mb + deflate.flush()


def gzip_bomb(size_mb: int) -> bytes:
    plain, body = deflated((HEADER + ROW).encode(), size_mb)
    head = gzip.compress(b"", mtime=0)[:10]
    return head + body + struct.pack("<II", zlib.crc32(plain), len(plain))


def xz_bomb(size_mb: int) -> bytes:
    """One stream after the other, as `cat` joins them."""
    one = lzma.compress(BLANKS * 10, preset=0)
    return lzma.compress((HEADER + ROW).encode()) + one * (size_mb // 10)


def zip_bomb(members: int, size_mb: int) -> bytes:
    """Each member within the bounds of one, all together beyond them."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(members):
            with archive.open(f"{number}.csv", "w") as file:
                file.write((HEADER + ROW).encode())
                for _ in range(size_mb // members):
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


def pdf_bomb(layers: int, size_mb: int) -> bytes:
    start = b"BT /F1 9 Tf 50 700 Td (Potassium 4.1 mmol/L) Tj ET\n"
    plain, body = deflated(start, size_mb)
    stream = b"\x78\x9c" + body + struct.pack(">I", zlib.adler32(plain))
    for _ in range(layers - 1):
        stream = zlib.compress(stream)
    return pdf(stream, filters="/FlateDecode " * layers)


def strings_bomb(size_mb: int) -> bytes:
    """A workbook whose shared strings are one string of hundreds of megabytes."""
    buffer = io.BytesIO()
    sound = zipfile.ZipFile(io.BytesIO(workbook({SHEET: sheet(STRINGS)})))
    with sound, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in sound.namelist():
            if not name.endswith("sharedStrings.xml"):
                archive.writestr(name, sound.read(name))
        with archive.open("xl/sharedStrings.xml", "w") as file:
            file.write(f'<sst xmlns="{MAIN_NAMESPACE}"><si><t>'.encode())
            for _ in range(size_mb):
                file.write(b"a" * MB)
            file.write(b"</t></si></sst>")
    return buffer.getvalue()


CASES = {
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
    # PDF
    "a page that is its own parent": Hostile(data(pdf(zlib.compress(b""), kids="2 0 R"))),
    "a pdf of nothing": Hostile(data(b"%PDF-1.4\n%%EOF")),
    "a pdf cut short": Hostile(data(pdf(zlib.compress(b"BT ET"))[:300])),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_hostile_file_is_refused_or_rejected(
    case: Hostile, place: Path, capsys: pytest.CaptureFixture[str]
):
    began = time.monotonic()
    check(case, read_hostile(case, place, capsys))
    assert time.monotonic() - began < 20


BOMBS = {
    "gzip": (gzip_bomb, "export"),
    "zip of four": (lambda size_mb: zip_bomb(4, size_mb), "export"),
    "pdf": (lambda size_mb: pdf_bomb(1, size_mb), "export"),
}
"""What is small on disk and hundreds of megabytes when opened: one of each kind."""
MORE_BOMBS = {
    "xz": (xz_bomb, "export"),
    "overlapping zip": (lambda _: overlapping_zip(), "export"),
    "pdf twice": (lambda size_mb: pdf_bomb(2, size_mb), "export"),
    "shared strings": (strings_bomb, "e.xlsx"),
}
"""The same kinds in other wrappings."""


@pytest.mark.parametrize(
    ("bombs", "smaller"),
    [pytest.param(BOMBS, SMALLER, id="each_kind"),
     pytest.param(BOMBS, 1, id="each_kind_whole", marks=pytest.mark.slow),
     pytest.param(MORE_BOMBS, 1, id="other_wrappings", marks=pytest.mark.slow)],
)  # fmt: skip
def test_bombs_are_refused_in_bounded_time_and_memory(place: Path, bombs, smaller: int):
    paths = []
    for name, (made, file) in bombs.items():
        folder = place / name.replace(" ", "_")
        folder.mkdir()
        (folder / file).write_bytes(made(EXPANDED_MB // smaller))
        paths.append(folder / file)
    out = place.parents[1] / "out"
    before = tree(place.parents[1])
    free_bytes = FREE_EXPANSION_BYTES // smaller
    answers = read_limited(paths, out, limit_bytes=4 * 1024 * MB, free_bytes=free_bytes)
    for name, answer in zip(bombs, answers, strict=True):
        assert answer["code"] == REFUSED, (name, answer)
        assert answer["seconds"] < 20, (name, answer)
        assert answer["peak_bytes"] < 1024 * MB, (name, answer)
        assert "Traceback" not in answer["said"], (name, answer)
        assert answer["said"].count("hemoscribe: ") == 1, (name, answer)
    assert list(out.iterdir()) == []
    assert {name: kept for name, kept in tree(place.parents[1]).items() if name != "out"} == before
