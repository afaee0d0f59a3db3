"""The laboratory's overlay while the server runs: which version decides, and since when.

The file is looked at again when it changes. A version that is refused never takes the place of the
one in service: reports go on being read as they were, and the audit log and the server's log say
why the new one was not taken.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path

from hemoscribe import audit_log
from hemoscribe.errors import HemoscribeError
from hemoscribe.knowledge.overlay import load_overlay
from hemoscribe.overlay_record import Overlay
from hemoscribe.serve.logs import logger

WHO = "service"
CHECK_SECONDS = 2.0
"""How often the file is looked at."""


class OverlayInService:
    """The overlay of a file, or none.

    Args:
        path: the file; None where the laboratory has no overlay.
        check_seconds: how long an answer stands before the file is looked at again.

    Raises:
        SettingsError: the file is refused; says its line.
    """

    def __init__(self, path: Path | None = None, *, check_seconds: float = CHECK_SECONDS) -> None:
        self._path = path
        self._check_seconds = check_seconds
        self._lock = threading.Lock()
        self._check_at = 0.0
        self._seen = self._stamp()
        self._overlay = None if path is None else load_overlay(path)

    def begin(self) -> None:
        """Say in the audit log which version the service starts with."""
        if self._overlay is not None:
            self._log("overlay", self._overlay)

    def current(self) -> Overlay | None:
        """The overlay that decides now."""
        with self._lock:
            now = time.monotonic()
            if self._path is not None and now >= self._check_at:
                self._check_at = now + self._check_seconds
                stamp = self._stamp()
                if stamp != self._seen:
                    self._seen = stamp
                    self._take(self._path)
            return self._overlay

    def _stamp(self) -> tuple[int, int, int] | None:
        if self._path is None:
            return None
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _take(self, path: Path) -> None:
        try:
            overlay = load_overlay(path)
        except HemoscribeError as error:
            logger().error("overlay_refused", message=f"{error}")
            in_service = self._overlay.digest if self._overlay else None
            audit_log.append(WHO, "overlay refused", why=f"{error}", in_service=in_service)
            return
        before, self._overlay = self._overlay, overlay
        if before is None or before.digest != overlay.digest:
            self._log("overlay changed", overlay)
            logger().info("overlay", version=overlay.version, digest=overlay.digest)

    def _log(self, what: str, overlay: Overlay) -> None:
        audit_log.append(
            WHO,
            what,
            version=overlay.version,
            digest=overlay.digest,
            entries=len(overlay.entries),
            file=f"{self._path}",
        )
