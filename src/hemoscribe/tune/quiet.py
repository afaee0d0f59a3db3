"""What the libraries say to their own developers, kept from the user's terminal."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from logging import ERROR, getLogger


@contextlib.contextmanager
def quiet_libraries() -> Iterator[None]:
    """No progress bars for loading, and no notice of names that transformers will drop in v6.

    peft 0.21 and trl 1.16 still use ``is_gradient_checkpointing`` and ``gradient_checkpointing``.
    """
    from transformers.utils import logging

    getLogger("bitsandbytes.backends.cpu.ops").setLevel(ERROR)  # an optional kernel of a hub
    shown = logging.is_progress_bar_enabled()
    level = logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings(
                "ignore", message=".*gradient_checkpointing` is deprecated", category=FutureWarning
            )
            yield
    finally:
        logging.set_verbosity(level)
        if shown:
            logging.enable_progress_bar()
