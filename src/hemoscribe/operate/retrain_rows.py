"""Which curated rows a model was trained on: found by content, so a moved folder is still found.

A model's manifest names its corpus by the fingerprint of the corpus's files, and the manifest of a
corpus names its curated folder by SHA-256. Both are looked for among the folders of ``runs``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hemoscribe.files import REJECTS, RESULTS, fingerprint, sha256
from hemoscribe.settings import SHIPPED, Settings
from hemoscribe.stages import MANIFEST, Manifest, content_of, manifest_of

MAX_DEPTH = 3


def champion_rows(settings: Settings) -> Path | None:
    """The curated folder that the champion was trained on; None where it cannot be found."""
    from hemoscribe.engines import champion_or_shipped

    name = champion_or_shipped()
    return None if name == SHIPPED else rows_of(name, settings)


def rows_of(model: str, settings: Settings) -> Path | None:
    """The curated folder that a registered model was trained on; None where it cannot be found."""
    from hemoscribe.models import registry

    wanted = registry.show(model)["inputs"].get("corpus")
    if wanted is None:
        return None
    stages = list(_stages(settings.runs))
    for folder, found in stages:
        if found.stage == "corpus" and fingerprint(found.files) == wanted:
            return _curated(folder, found, stages)
    return None


def base_of(model: str, settings: Settings) -> str:
    """The base model that a model was tuned from; the settings' for the shipped one."""
    from hemoscribe.models import registry

    return settings.tune.base if model == SHIPPED else str(registry.show(model)["base"])


def _curated(folder: Path, corpus: Manifest, stages: list[tuple[Path, Manifest]]) -> Path | None:
    """The curated folder behind a corpus; a corpus with reviews stands on another corpus."""
    inputs = corpus.inputs
    stage = "curate" if "curated" in inputs else "corpus"
    wanted = inputs.get("curated", inputs.get("corpus"))
    for found, manifest in stages:
        if manifest.stage != stage or found == folder:
            continue
        if wanted in _identities(found, stage):
            return found if stage == "curate" else _curated(found, manifest, stages)
    return None


def _identities(folder: Path, stage: str) -> tuple[str, str]:
    """How a corpus names what it was made from: by content; by the manifest's hash, earlier."""
    names = (RESULTS, REJECTS) if stage == "curate" else ()
    return content_of(folder, *names), sha256(folder / MANIFEST)


def _stages(root: Path) -> Iterator[tuple[Path, Manifest]]:
    """Every complete stage folder under ``root``, at most ``MAX_DEPTH`` deep."""
    for depth in range(1, MAX_DEPTH + 1):
        for path in sorted(root.glob("/".join(["*"] * depth + [MANIFEST]))):
            manifest = manifest_of(path.parent)
            if manifest is not None:
                yield path.parent, manifest
