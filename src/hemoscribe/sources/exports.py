"""The files of an export, opened one way whether plain, gzip, xz or inside a zip.

Compression is recognised by content. Nothing is ever written to disk: a zip's members are read as
streams, so a member's name cannot lead outside. What expands beyond ``MAX_EXPANSION`` is refused.
"""

from __future__ import annotations

import gzip
import io
import lzma
import stat
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO, cast

from hemoscribe.errors import SourceError
from hemoscribe.files import require_file
from hemoscribe.sources.bystanders import is_bystander
from hemoscribe.stages import MANIFEST, manifest_in, stage_of

SAMPLE_BYTES = 256 * 1024
MAX_EXPANSION = 300  # times the compressed size; real exports compress 5 to 40 times
FREE_EXPANSION_BYTES = 256 * 1024 * 1024  # below this size no ratio is refused
MAX_ZIP_MEMBERS = 10_000
_GZIP = b"\x1f\x8b"
_XZ = b"\xfd7zXZ\x00"
_ZIP = b"PK\x03\x04"
# What the zip library raises for a damaged zip: offsets outside the file, a kind of compression or
# encryption it has not, a name in no encoding, no name at all.
_ZIP_DAMAGE = (
    *(zipfile.BadZipFile, OSError, ValueError),
    *(NotImplementedError, RuntimeError, IndexError),
)


Watch = Callable[[Path, int], None]
"""Told how many bytes of a file on disk have been read."""


@dataclass(frozen=True)
class Export:
    """One file of an export; ``name`` is how rejects name it, ``path`` where it stands on disk."""

    path: Path
    name: str
    opener: Callable[[], BinaryIO]
    compressed: bool
    named: bool  # given by the user rather than found in a folder

    def open(self) -> BinaryIO:
        """A stream of its bytes, decompressed and bounded."""
        return self.opener()

    @cached_property
    def sample(self) -> bytes:
        """Its first bytes, for recognising the format."""
        with self.open() as stream:
            return read_exactly(self, stream, SAMPLE_BYTES)


def exports(paths: Sequence[Path], *, watch: Watch | None = None) -> list[Export]:
    """Every file under ``paths`` in a stable order: files as named, folders walked.

    Args:
        watch: told how far each file is read, as it is.

    Raises:
        SourceError: a path that is missing or empty, a folder with no export in it.
    """
    found: list[Export] = []
    for path in paths:
        if path.is_dir():
            inside = _files_in(path)
            if not inside:
                what = "export" if any(path.iterdir()) else "file"
                reason = f"there is no {what} in this folder"
                raise SourceError(path, reason, remedy="Check the path.")
            for file in inside:
                found.extend(_found(file, str(file.relative_to(path)), watch))
        else:
            found.extend(_exports_of(require_file(path), path.name, watch, named=True))
    return found


def _found(file: Path, name: str, watch: Watch | None) -> list[Export]:
    """A folder's file; one that cannot be opened says so when it is read, not before the others."""
    try:
        return _exports_of(file, name, watch, named=False)
    except SourceError as error:
        return [Export(file, name, partial(_refused, error), True, False)]


def _refused(error: SourceError) -> BinaryIO:
    raise error


def _files_in(folder: Path) -> list[Path]:
    """Regular files below ``folder``; bystanders and symbolic links are left alone."""
    left_out = _not_exports(folder)
    return [
        path
        for path in sorted(folder.rglob("*"))
        if stat.S_ISREG(path.lstat().st_mode)
        and path not in left_out
        and not is_bystander(str(path.relative_to(folder)))
    ]


def _not_exports(folder: Path) -> set[Path]:
    """What `simulate` wrote beside the exports: its manifest, and what is true of them.

    Raises:
        SourceError: the folder is the output of another stage, so it holds no exports.
    """
    stage = stage_of(folder)
    if stage == "simulate":
        told = manifest_in(folder).summary["not_exports"]
        return {folder / MANIFEST, *(folder / name for name in told)}
    if stage is not None:
        raise SourceError(
            folder, f"it is the output of `hemoscribe {stage}`, and exports are needed here"
        )
    return set()


def _exports_of(path: Path, name: str, watch: Watch | None, *, named: bool) -> list[Export]:
    with path.open("rb") as file:
        head = file.read(8)
    decompress = _gunzip if head.startswith(_GZIP) else _unxz if head.startswith(_XZ) else None
    if decompress is not None:
        allowed = _Allowance(path, path.stat().st_size)

        def opened() -> BinaryIO:
            file = _file(path, watch)
            return _bounded(decompress(file), file, allowed)

        return [Export(path, name, opened, True, named)]
    if head.startswith(_ZIP) and not _is_office(path):
        return _zip_members(path, name, watch)
    return [Export(path, name, lambda: _file(path, watch), False, named)]


def _gunzip(file: BinaryIO) -> BinaryIO:
    return cast(BinaryIO, gzip.GzipFile(fileobj=file))


def _unxz(file: BinaryIO) -> BinaryIO:
    return cast(BinaryIO, lzma.LZMAFile(file))


def _file(path: Path, watch: Watch | None) -> BinaryIO:
    file = path.open("rb")
    return file if watch is None else cast(BinaryIO, _Watched(path, file, watch))


class _Watched(io.RawIOBase):
    """A file on disk that tells how far it is read."""

    def __init__(self, path: Path, file: BinaryIO, watch: Watch) -> None:
        self._path, self._file, self._watch = path, file, watch

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._watch(self._path, self._file.tell())
        return data

    def close(self) -> None:
        self._file.close()
        super().close()


class _Allowance:
    """How many bytes a compressed file may give in all, over its members; re-reading is free."""

    def __init__(self, path: Path, compressed_bytes: int) -> None:
        self.path = path
        self._limit_bytes = max(FREE_EXPANSION_BYTES, MAX_EXPANSION * compressed_bytes)
        self._given: dict[str, int] = {}

    def left_bytes(self, member: str) -> int:
        """How many bytes this member may give, counted from its beginning."""
        others = sum(given for name, given in self._given.items() if name != member)
        return self._limit_bytes - others

    def take(self, member: str, given_bytes: int) -> None:
        """Count what a member gave since its beginning.

        Raises:
            SourceError: it is more than is left.
        """
        if given_bytes > self._given.get(member, 0):
            if given_bytes > self.left_bytes(member):
                raise SourceError(
                    self.path,
                    f"it expands to more than {MAX_EXPANSION} times its size, which no export does",
                    remedy="Decompress it yourself if you trust it.",
                    of_all=True,
                )
            self._given[member] = given_bytes


def _bounded(stream: BinaryIO, file: BinaryIO, allowed: _Allowance, member: str = "") -> BinaryIO:
    return cast(BinaryIO, _Bounded(stream, file, allowed, member))


class _Bounded(io.RawIOBase):
    """A stream that gives no more than it is allowed, and words damage as SourceError.

    It closes ``file`` too, which it decompresses and which no decompressor closes.
    """

    def __init__(self, stream: BinaryIO, file: BinaryIO, allowed: _Allowance, member: str) -> None:
        self._file = file
        self._stream, self._allowed, self._member, self._given = stream, allowed, member, 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if size < 0:
            size = self._allowed.left_bytes(self._member) - self._given + 1
        try:
            data = self._stream.read(size)
        except (EOFError, lzma.LZMAError, zlib.error, *_ZIP_DAMAGE) as error:
            raise SourceError(
                self._allowed.path,
                "it is damaged and cannot be decompressed",
                remedy="Export it again.",
            ) from error
        self._given += len(data)
        self._allowed.take(self._member, self._given)
        return data

    def close(self) -> None:
        self._stream.close()
        self._file.close()
        super().close()


def _is_office(path: Path) -> bool:
    """Whether a zip is a spreadsheet or document, in Office's form or OpenDocument's."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            return "[Content_Types].xml" in names or {"mimetype", "content.xml"} <= set(names)
    except _ZIP_DAMAGE:
        return False


def _zip_members(path: Path, name: str, watch: Watch | None) -> list[Export]:
    """The members of a zip, which are found in it as files are in a folder."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [info for info in archive.infolist() if not info.is_dir() and info.file_size]
    except _ZIP_DAMAGE as error:
        raise SourceError(path, "it is a damaged zip", remedy="Export it again.") from error
    if len(members) > MAX_ZIP_MEMBERS:
        raise SourceError(path, f"it holds more than {MAX_ZIP_MEMBERS:,} files")
    if not members:
        raise SourceError(path, "there is no file in this zip")
    if any(info.flag_bits & 1 for info in members):
        raise SourceError(path, "it is encrypted", remedy="Decrypt it first.")
    places = sorted((info.header_offset, info.compress_size) for info in members)
    if any(start + size > after for (start, size), (after, _) in pairwise(places)):
        raise SourceError(path, "it is a damaged zip: files in it overlap")
    allowed = _Allowance(path, path.stat().st_size)

    def opener(member: zipfile.ZipInfo) -> Callable[[], BinaryIO]:
        def open_member() -> BinaryIO:
            file = _file(path, watch)
            try:
                stream = cast(BinaryIO, zipfile.ZipFile(file).open(member))  # noqa: SIM115
            except _ZIP_DAMAGE as error:
                file.close()
                raise SourceError(path, "it is a damaged zip", remedy="Export it again.") from error
            return _bounded(stream, file, allowed, member.filename)

        return open_member

    return [
        Export(path, f"{name}/{info.filename}", opener(info), True, False)
        for info in sorted(members, key=lambda info: info.filename)
        if not is_bystander(info.filename)
    ]


def read_exactly(export: Export, stream: BinaryIO, size: int) -> bytes:
    """``size`` bytes, or fewer at the end: a decompressor may give them in pieces."""
    parts: list[bytes] = []
    wanted = size
    while wanted > 0:
        try:
            part = stream.read(wanted)
        except OSError as error:
            raise SourceError(export.name, f"it cannot be read ({error})") from error
        if not part:
            break
        parts.append(part)
        wanted -= len(part)
    return b"".join(parts)
