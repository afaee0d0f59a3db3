"""The server's log: one JSON object a line on standard error, without patient data.

Only named fields of our own are logged: never a body, a query, a header, or an exception's message,
which may quote what was sent.
"""

from __future__ import annotations

import sys
import traceback
from pathlib import Path

import structlog

LOGGER = "hemoscribe.serve"
MAX_FRAMES = 6


def logger() -> structlog.typing.FilteringBoundLogger:
    """The server's logger; it finds standard error anew at each use."""
    log: structlog.typing.FilteringBoundLogger = structlog.wrap_logger(
        structlog.PrintLogger(sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(20),
    )
    return log


def where(error: BaseException) -> list[str]:
    """The last frames of an error as ``file:line function``, without its message."""
    frames = traceback.extract_tb(error.__traceback__)[-MAX_FRAMES:]
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
