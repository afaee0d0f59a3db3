"""The engine for a CPU: OpenVINO, on the model's GGUF file.

OpenVINO GenAI turns the GGUF into its own form once, kept under ``home()/cache/openvino`` by the
file's SHA-256. Its graph reads and writes with one change: the states at the slots are gathered
before the last matrix, so that no logits are made elsewhere.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hemoscribe.engines.guesses import Predict
from hemoscribe.files import sha256
from hemoscribe.models.chat import ChatTokenizer
from hemoscribe.settings import home

KEPT_CONVERSIONS = 4
_MODEL = "openvino_model.xml"
_DEVICE = "CPU"
_EXACT = {"DYNAMIC_QUANTIZATION_GROUP_SIZE": "0", "KV_CACHE_PRECISION": "f16"}
"""OpenVINO's defaults put activations and the cache in 8 bits. Text written with them leaves that
of the 16-bit weights sooner (6 tenths of it in common, against 8 tenths), at the same speed."""


class OpenvinoEngine:
    """Runs a GGUF on the CPU. The graph is compiled at the first call."""

    name = "openvino"

    def __init__(self, gguf: Path, tokenizer: ChatTokenizer) -> None:
        self._folder = converted(gguf)
        self._tokenizer = tokenizer
        self._settings = {**_EXACT, "CACHE_DIR": str(self._folder / "compiled")}

    def read(self, batch: NDArray[np.int64], slots: NDArray[np.int64]) -> NDArray[np.float64]:
        """See ``engines.model.Engine``. Padding is on the right: no slot can see it."""
        request = self._request
        request.reset_state()
        rows, width = batch.shape
        logits = _infer(
            request,
            batch,
            mask=np.ones((rows, width), dtype=np.int64),
            first=0,
            slots=slots,
        )
        return np.asarray(logits[:, :, self._tokenizer.answer_ids], dtype=np.float64)

    def follow(self) -> Predict:
        """See ``engines.model.Engine``."""
        return _Seen(self._request)

    @cached_property
    def _request(self) -> Any:
        import openvino
        from openvino import opset13

        core = openvino.Core()
        model = core.read_model(self._folder / _MODEL)
        head = model.outputs[0].node.input_value(0).node  # the matrix from states to logits
        places = opset13.parameter([-1, -1], np.int64, name="slots")
        places.output(0).set_names({"slots"})
        states = opset13.gather(head.input_value(0), places, np.int64(1), batch_dims=1)
        head.input(0).replace_source_output(states.output(0))
        model.add_parameters([places])
        model.validate_nodes_and_infer_types()
        compiled = core.compile_model(
            model, _DEVICE, {"PERFORMANCE_HINT": "LATENCY", **self._settings}
        )
        return compiled.create_infer_request()


class _Seen:
    """The tokens of one text that the graph has seen; those that were refused are masked out."""

    def __init__(self, request: Any) -> None:
        self._request = request
        self._request.reset_state()
        self._mask = np.empty((1, 0), dtype=np.int64)

    def __call__(self, block: Sequence[int], kept: int, wanted: int) -> list[int]:
        """See ``engines.guesses.Predict``."""
        self._mask[0, np.flatnonzero(self._mask[0])[kept:]] = 0
        self._mask = np.pad(self._mask, ((0, 0), (0, len(block))), constant_values=1)
        places = np.arange(len(block) - wanted, len(block), dtype=np.int64)[None]
        logits = _infer(
            self._request,
            np.array([block], dtype=np.int64),
            mask=self._mask,
            first=kept,
            slots=places,
        )
        return [int(token) for token in logits[0].argmax(axis=-1)]


def _infer(
    request: Any,
    batch: NDArray[np.int64],
    *,
    mask: NDArray[np.int64],
    first: int,
    slots: NDArray[np.int64],
) -> NDArray[np.float32]:
    """Logits (rows, slots, vocabulary) of tokens whose first place in the text is ``first``."""
    rows, width = batch.shape
    outputs = request.infer(
        {
            "input_ids": batch,
            "attention_mask": mask,
            "position_ids": np.tile(np.arange(first, first + width, dtype=np.int64), (rows, 1)),
            "beam_idx": np.arange(rows, dtype=np.int32),
            "slots": slots,
        }
    )
    logits: NDArray[np.float32] = next(iter(outputs.values()))
    return logits


def converted(gguf: Path) -> Path:
    """The folder with a GGUF in OpenVINO's form, made at the first call for this file."""
    cache = home() / "cache" / "openvino"
    folder = cache / sha256(gguf)[:16]
    if folder.is_dir():
        os.utime(folder)
        return folder
    import openvino_genai

    cache.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".partial", dir=cache))
    try:
        copy = work / gguf.name
        copy.symlink_to(gguf.absolute())  # it is converted in place, beside the file
        openvino_genai.LLMPipeline(str(copy), _DEVICE, enable_save_ov_model=True)
        copy.unlink()
        os.chmod(work, 0o755)
        os.rename(work, folder)
    except OSError:
        if not folder.is_dir():  # otherwise another process was first
            raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    _forget_old(cache)
    return folder


def _forget_old(cache: Path) -> None:
    """Keep the conversions used last."""
    folders = [path for path in cache.iterdir() if not path.name.startswith(".")]
    for path in sorted(folders, key=lambda path: path.stat().st_mtime)[:-KEPT_CONVERSIONS]:
        shutil.rmtree(path, ignore_errors=True)
