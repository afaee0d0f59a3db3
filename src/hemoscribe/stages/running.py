"""Running a stage: not again for the same origin, and never twice at once in one folder."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hemoscribe.errors import BusyError, InputError
from hemoscribe.stages.folder import stage_folder
from hemoscribe.stages.manifest import Manifest, Origin, manifest_of, write_manifest
from hemoscribe.stages.reasons import changes, same_data
from hemoscribe.stages.roots import code_of

Work = Callable[[Path], Mapping[str, Any]]


@dataclass(frozen=True)
class Done:
    """How a stage ended.

    ``skipped``: the output was there. ``redone``: why an older one was replaced. ``stale``: why the
    output that was left in place is not what would be made now.
    """

    manifest: Manifest
    skipped: bool
    redone: str | None = None
    stale: str | None = None

    def summary(self) -> dict[str, Any]:
        """The stage's counts with ``skipped``, and ``redone`` or ``stale`` where there is why."""
        told = {"redone": self.redone, "stale": self.stale}
        return {
            **self.manifest.summary,
            "skipped": self.skipped,
            **{name: why for name, why in told.items() if why is not None},
        }


def origin_of(
    stage: str,
    inputs: Mapping[str, str],
    settings: Mapping[str, Any],
    *,
    rules: str | None = None,
) -> Origin:
    """What the output of a stage would follow from, run now; ``rules`` as in ``run_stage``."""
    return Origin(stage, inputs, settings, code_of(rules or stage))


def run_stage(
    out: Path,
    *,
    stage: str,
    inputs: Mapping[str, str],
    settings: Mapping[str, Any],
    work: Work,
    rules: str | None = None,
    dear: bool = False,
    redo: bool = False,
    because: str | None = None,
) -> Done:
    """Run ``work(folder) -> summary`` unless ``out`` is already complete for the same origin.

    Args:
        inputs: name -> digest of the content of what is read.
        rules: whose code makes it, by the names of ``rules.RULES``; the stage's when None.
        dear: where nothing but code changed, the old output stays unless ``redo``.
        because: why what is there will not do in any case; None: it may.

    Raises:
        BusyError: another run is writing ``out``.
        InputError: ``out`` cannot be written.
    """
    origin = origin_of(stage, inputs, settings, rules=rules)
    if because is not None:
        with lock(out):
            return _make(out, origin, work, because)
    found = standing(out, origin, dear=dear, redo=redo)
    if found is not None:
        return found
    with lock(out):
        found = standing(out, origin, dear=dear, redo=redo)  # another run may have ended meanwhile
        return found or _make(out, origin, work)


def standing(out: Path, origin: Origin, *, dear: bool = False, redo: bool = False) -> Done | None:
    """What lies in ``out``, when it is to stay there; None when the stage is to run."""
    manifest = manifest_of(out)
    if manifest is None:
        return None
    why = changes(out, manifest, origin)
    if not why:
        return Done(manifest, skipped=True)
    if dear and not redo and same_data(out, manifest, origin):
        return Done(manifest, skipped=True, stale="; ".join(why))
    return None


def replaced(out: Path, origin: Origin) -> dict[str, str]:
    """``redone`` with why ``out`` holds something else, for a stage that always runs; else {}."""
    old = manifest_of(out)
    why = [] if old is None else changes(out, old, origin)
    return {"redone": "; ".join(why)} if why else {}


def _make(out: Path, origin: Origin, work: Work, because: str | None = None) -> Done:
    old = manifest_of(out)
    why = because
    if old is not None:
        why = "; ".join(changes(out, old, origin)) or because
    with stage_folder(out) as folder:
        summary = work(folder)
        manifest = write_manifest(
            folder,
            stage=origin.stage,
            inputs=origin.inputs,
            settings=origin.settings,
            summary=summary,
            code=origin.code,
        )
    return Done(manifest, skipped=False, redone=why)


@contextlib.contextmanager
def lock(out: Path) -> Iterator[None]:
    """Hold ``out`` for this run alone, by a lock beside it that goes with the run.

    Raises:
        BusyError: another run holds it.
        InputError: nothing can be written beside ``out``.
    """
    from filelock import FileLock, Timeout

    out = out.absolute()
    path = out.parent / f".{out.name}.lock"
    held = FileLock(path, timeout=0)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        held.acquire()
    except Timeout as error:
        raise BusyError(
            f"{out}: another run is writing it; wait until that ends, or name another folder."
        ) from error
    except OSError as error:
        raise InputError(f"{out}: cannot be written ({error.strerror}).") from error
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # whoever opened it before takes its end for a refusal
            path.unlink()
        held.release()
