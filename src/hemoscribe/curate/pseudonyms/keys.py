"""The pseudonym key: 256 random bits, kept outside every data folder, created once, owner-only.

Whoever holds it can link pseudonyms to patients; whoever loses it can never again put a known
patient on the side of the split where that patient was.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
import stat
from pathlib import Path

from hemoscribe.errors import InputError
from hemoscribe.files import write_bytes
from hemoscribe.settings import home

KEY_BYTES = 32
_OWNER_ONLY = 0o600


def key_path() -> Path:
    """Where the key is: ``keys/pseudonym.key`` in the state folder."""
    return home() / "keys" / "pseudonym.key"


def pseudonym_key() -> bytes:
    """The key; created on first use, and never overwritten, by however many processes at once.

    Raises:
        InputError: the file can be read by others, or is no key.
    """
    path = key_path()
    if not path.exists():
        _create(path)
    return _read(path)


def fingerprint_of(key: bytes) -> str:
    """Names a key without telling anything of it: what a manifest may hold."""
    return hmac.digest(key, b"fingerprint", hashlib.sha256).hex()[:16]


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    candidate = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        write_bytes(
            candidate, secrets.token_bytes(KEY_BYTES).hex().encode() + b"\n", mode=_OWNER_ONLY
        )
        # A link fails when the name is taken, where a rename would put a second key over the first.
        with contextlib.suppress(FileExistsError):
            os.link(candidate, path)
    except OSError as error:
        raise InputError(
            f"{path}: the pseudonym key cannot be created ({error.strerror}); "
            "set HEMOSCRIBE_HOME to a folder that can be written."
        ) from error
    finally:
        candidate.unlink(missing_ok=True)


def _read(path: Path) -> bytes:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_text(encoding="ascii", errors="replace").strip()
    except OSError as error:
        raise InputError(f"{path}: the pseudonym key cannot be read ({error.strerror}).") from error
    if os.name == "posix" and mode & 0o077:
        raise InputError(
            f"{path}: the pseudonym key can be read by others (mode {mode:o}); "
            f"run `chmod 600 {path}`."
        )
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise InputError(
            f"{path}: is not a pseudonym key ({KEY_BYTES * 2} hexadecimal digits); restore it from "
            "your backup. Without it, patients would change sides of the split."
        )
    return key
