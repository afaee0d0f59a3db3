"""What tells one input of an assessment from another, so that it is done again when one changes."""

from __future__ import annotations

import uuid
from pathlib import Path

from hemoscribe.engines.interpreter import Writer
from hemoscribe.files import REJECTS, RESULTS, fingerprint
from hemoscribe.stages import content_of, manifest_of


def folder_identity(folder: Path) -> str:
    """A stage folder's content as its identity; with none, the names, sizes and times of files."""
    manifest = manifest_of(folder)
    if manifest is not None:
        names = (RESULTS, REJECTS) if manifest.stage == "curate" else ()
        return content_of(folder, *names)
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return fingerprint(
        [[path.name, path.stat().st_size, path.stat().st_mtime_ns] for path in found]
    )


def model_identity(model: Writer | str) -> str:
    """What tells one model from another; one in memory is never taken for one seen before."""
    if not isinstance(model, str):
        return f"{model.name} {uuid.uuid4()}"
    from hemoscribe.models import registry

    return folder_identity(registry.resolve(model))
