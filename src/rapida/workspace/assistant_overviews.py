"""What a list of assistants shows of each: versions, its place on the phone, its last week."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from ..node.node import Node
from ..store import Transaction, assistants, deployments
from ..store.assistants import OwnedAssistant
from ..store.deployments import Deployment
from . import statistics
from .statistics import CallSpan, Group, Grouping

WEEK: Final = timedelta(days=7)
"""What a list tells of: a week has every day of business once."""
MONTH: Final = timedelta(days=30)
"""What a list of versions tells of: as far back as latencies are asked for by default."""
KEPT_FOR: Final = timedelta(seconds=30)
"""How long a project's last week is not added up again: a list that a page asks for every few seconds."""
MOST_KEPT: Final = 1000
"""Projects whose last week is kept at once."""


class Overview(Struct, frozen=True):
    """An assistant at a glance. `week` is what its calls of seven days add up to; None = there were none."""

    assistant: OwnedAssistant
    newest_version: int
    on_phone: Deployment | None
    week: Group | None


class Overviews:
    """Overviews of a node's assistants. The last week of each project is kept for `KEPT_FOR`."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._weeks: dict[int, tuple[datetime, Mapping[int, Group]]] = {}

    async def of(
        self, tx: Transaction, project_id: int, found: Sequence[OwnedAssistant]
    ) -> dict[int, Overview]:
        """By the assistant's number. Raises `StoreError`."""
        ids = [each.id for each in found]
        newest = await assistants.newest_versions(tx, ids)
        phones = await deployments.phones_of(tx, ids)
        week = await self._week(project_id)
        return {
            each.id: Overview(each, newest[each.id], phones.get(each.id), week.get(each.id)) for each in found
        }

    async def _week(self, project_id: int) -> Mapping[int, Group]:
        now = self._node.clock()
        kept_until, week = self._weeks.get(project_id, (now, {}))
        if kept_until > now:
            return week
        span = CallSpan(now - WEEK, now)
        found = await statistics.gather(self._node, project_id, span, Grouping("total", "assistant"))
        week = {each.assistant_id: each for each in found.groups if each.assistant_id is not None}
        if len(self._weeks) >= MOST_KEPT:
            self._weeks.clear()
        self._weeks[project_id] = (now + KEPT_FOR, week)
        return week


async def version_figures(
    node: Node, project_id: int, assistant_id: int
) -> dict[int, tuple[int, int | None]]:
    """The calls of an assistant's last thirty days by version, and their usual wait for a reply, in ms.

    Raises `StoreError`.
    """
    now = node.clock()
    span = CallSpan(now - MONTH, now, assistant_id)
    found = await statistics.gather(node, project_id, span, Grouping("total", "version"))
    return {
        each.version: (each.counts.get("calls", 0), next(iter(each.percentiles_ms().get("total", ())), None))
        for each in found.groups
        if each.version is not None
    }
