"""Stages: folders that are complete or absent, made again when what they follow from changed."""

from __future__ import annotations

from hemoscribe.stages.folder import stage_folder
from hemoscribe.stages.manifest import (
    MANIFEST,
    Manifest,
    content_of,
    manifest_in,
    manifest_of,
    read_manifest,
    stage_of,
    verify,
    versions,
    write_manifest,
)
from hemoscribe.stages.reasons import changed_settings, said, told
from hemoscribe.stages.roots import code_of
from hemoscribe.stages.running import Done, lock, origin_of, replaced, run_stage, standing

__all__ = [
    "MANIFEST",
    "Done",
    "Manifest",
    "changed_settings",
    "code_of",
    "content_of",
    "lock",
    "manifest_in",
    "manifest_of",
    "origin_of",
    "read_manifest",
    "replaced",
    "run_stage",
    "said",
    "stage_folder",
    "stage_of",
    "standing",
    "told",
    "verify",
    "versions",
    "write_manifest",
]
