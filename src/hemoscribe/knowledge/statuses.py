"""Which of several results of one analyte in one report stands, by their statuses."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

RANK = {"preliminary": 0, "final": 1, "corrected": 2}
"""A result takes the place of those with a lower rank."""


def replaced_by(results: Sequence[tuple[Hashable, str]]) -> list[str | None]:
    """For each result the status of the one that takes its place; None: it stands.

    A cancelled result takes with it what stood before it. A corrected one replaces a final one, a
    final one a preliminary one, and the last correction the earlier ones.

    Args:
        results: what each is of (report, analyte) and its status, in their order.
    """
    cancelled_at = {of: at for at, (of, status) in enumerate(results) if status == "cancelled"}
    last: dict[Hashable, tuple[int, int]] = {}  # (rank, where) of what stands
    for at, (of, status) in enumerate(results):
        if status != "cancelled" and at > cancelled_at.get(of, -1):
            last[of] = max(last.get(of, (-1, -1)), (RANK[status], at))
    found: list[str | None] = []
    for at, (of, status) in enumerate(results):
        rank, where = last.get(of, (-1, at))
        if status != "cancelled" and at < cancelled_at.get(of, -1):
            found.append("cancelled")
        elif status != "cancelled" and RANK[status] < rank:
            found.append(results[where][1])
        elif status == "corrected" and at < where:
            found.append("corrected")
        else:
            found.append(None)
    return found
