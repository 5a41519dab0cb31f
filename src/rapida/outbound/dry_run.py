"""A dry run of many calls: which of them would be refused, and why. Nothing is written, nobody is dialled."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from ..errors import ConfigurationError, InvalidField, NotFound, RapidaError
from ..node.node import Node
from ..store import pace
from . import limits
from .accepting import BATCH, MOST_AT_ONCE, CallRequest, DayUsedUp, Origins, Outbound, until_tomorrow_s


async def refusals(
    node: Node, outbound: Outbound, project_id: int, requests: Sequence[CallRequest]
) -> list[RapidaError | None]:
    """In each request's place why it would be refused now; None = it would be accepted.

    What its carrier will say is not known before. Raises `ConfigurationError` for too many, and `StoreError`.
    """
    if len(requests) > MOST_AT_ONCE:
        raise InvalidField("phoneCalls", f"write at most {MOST_AT_ONCE} calls into one request")
    per_day = (await limits.read(node, project_id)).calls_per_day
    found: list[RapidaError | None] = []
    origins: Origins = {}
    async with node.store.read() as tx:
        used = await pace.used_today(tx, project_id, node.clock())
        for number, request in enumerate(requests):
            if number % BATCH == 0:
                await asyncio.sleep(0)  # calls in progress get their turn between
            try:
                await outbound.check(tx, project_id, request, origins)
            except (ConfigurationError, NotFound) as refused:
                found.append(refused)
                continue
            used += 1
            found.append(_used_up(per_day, node) if per_day and used > per_day else None)
    return found


def _used_up(per_day: int, node: Node) -> DayUsedUp:
    return DayUsedUp(
        f"the project's {per_day} calls of the day (UTC) are used up before this one; an admin can raise the "
        "limit under /v1/outbound-limits",
        until_tomorrow_s(node.clock()),
    )
