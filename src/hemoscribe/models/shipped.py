"""The adapter inside the package, and the model it makes with its base: merged once, then kept."""

from __future__ import annotations

from importlib.resources import files as package_files
from pathlib import Path
from typing import Any

from hemoscribe.errors import MissingError
from hemoscribe.files import read_json, sha256
from hemoscribe.models.merge import ADAPTER_CONFIG, ADAPTER_WEIGHTS, export
from hemoscribe.models.tune_record import write_tune_record
from hemoscribe.prose.guard.vocabulary import read_vocabulary, write_vocabulary
from hemoscribe.settings import SHIPPED, home
from hemoscribe.stages import MANIFEST, manifest_in, run_stage, verify

STAGE = "tune"


def shipped_folder() -> Path:
    """The adapter inside the package; MissingError when this build has none."""
    folder = Path(str(package_files("hemoscribe.models"))) / SHIPPED
    if not (folder / ADAPTER_WEIGHTS).is_file():
        raise MissingError(
            "This package holds no trained adapter; set `tune.start_from: null` and run "
            "`hemoscribe tune CONFIG`, or install a released package."
        )
    return folder


def base_of_adapter(adapter: Path) -> str:
    """The base model that an adapter was trained on."""
    return str(read_json(adapter / ADAPTER_CONFIG)["base_model_name_or_path"])


def merged_folder() -> Path:
    """The shipped model as a tuned folder, under ``home()/models/shipped-SHA``.

    Raises:
        MissingError: no adapter in the package, or its base is not on this machine.
    """
    adapter = shipped_folder()
    digest = sha256(adapter / ADAPTER_WEIGHTS)
    folder = home() / "models" / f"{SHIPPED}-{digest[:12]}"
    if (folder / MANIFEST).exists():
        verify(folder, manifest_in(folder))
        return folder
    base = base_of_adapter(adapter)

    def work(out: Path) -> dict[str, Any]:
        export(base, out, adapter=adapter)
        write_tune_record(out, {"base": base, "start_from": SHIPPED})
        write_vocabulary(out, read_vocabulary(adapter).taught)
        return {"base": base}

    run_stage(
        folder,
        stage=STAGE,
        rules="shipped model",
        inputs={"adapter": digest},
        settings={},
        work=work,
    )
    return folder
