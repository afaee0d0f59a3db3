"""The one place where the champion changes hands: by hand, or by a challenger that is no worse.

Nothing else calls the registry's ``promote`` and ``rollback``; they write the audit log themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hemoscribe import audit_log
from hemoscribe.engines import champion_or_shipped
from hemoscribe.errors import BusyError, MissingError
from hemoscribe.models import registry
from hemoscribe.models.assessment_record import Judgement
from hemoscribe.operate.contest import decide
from hemoscribe.settings import Settings

BY_HAND = "command line"
ALREADY = "It is the champion already."
Assess = Callable[[str], Judgement]


def promote(name: str, why: str, *, who: str = BY_HAND) -> dict[str, Any]:
    """Make the registered model that a person names the champion, rolled back or not.

    A running server takes it up by itself. Of the champion itself ``why`` says that it is that
    already: nothing changes, and nothing is logged.

    Raises:
        InputError: there is no such model, or the audit log cannot be written.
        StageError: one of its files has changed.
    """
    before = registry.promote(name, why, who=who)
    return {"champion": name, "before": before, "why": ALREADY if before == name else why}


def rollback(why: str, *, who: str = BY_HAND) -> dict[str, Any]:
    """Back to the champion before this one; null is the shipped model.

    Raises:
        InputError: there is no champion to go back from, or the audit log cannot be written.
    """
    before = registry.rollback(why, who=who)
    return {"champion": registry.champion(), "before": before, "why": why}


def challenge(
    name: str, assessed: Judgement, assess: Assess, *, settings: Settings, who: str
) -> dict[str, Any]:
    """Promote a registered model if it meets its gates and is no worse than the one in service.

    A model that was rolled back is refused: only a person who names it puts it back. So is one that
    was compared with a model which is no longer the champion when it comes to that.

    Args:
        assessed: what ``assess`` found of the challenger.
        assess: gives what it finds of the named model on the same reports.

    Returns:
        ``promoted``, whether it is the champion now; ``why``, in a sentence; ``champion``, the
        model that was in service.

    Raises:
        InputError: there is no such model, or the audit log cannot be written.
        StageError: one of its files has changed.
    """
    seen = len(registry.history())
    champion = champion_or_shipped()
    if champion == name:
        return {"promoted": True, "why": ALREADY, "champion": champion}
    promoted, why = _judge(name, assessed, champion, assess, settings)
    if promoted:
        try:
            registry.promote(name, why, who=who, seen=seen)
        except BusyError as error:
            promoted, why = False, str(error)
    if not promoted:
        audit_log.append(who, "refuse", model=name, champion=champion, why=why)
    return {"promoted": promoted, "why": why, "champion": champion}


def _judge(
    name: str, assessed: Judgement, champion: str, assess: Assess, settings: Settings
) -> tuple[bool, str]:
    back = registry.rolled_back(name)
    if back is not None:
        return False, (
            f"{name} was rolled back on {back['at'][:10]} ({back['why']}); "
            f"`hemoscribe registry promote {name}` puts it back."
        )
    try:
        return decide(assess(champion), assessed, settings)
    except MissingError as error:
        return False, f"The model in service cannot be compared with: {error}"
