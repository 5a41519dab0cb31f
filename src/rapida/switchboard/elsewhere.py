"""Streams that were announced here and came to another server of the database: they are awaited no longer.

The carrier opens the stream as a new connection, which any process behind the same address may get.
"""

from __future__ import annotations

import asyncio

import structlog

from ..errors import StoreError
from ..node.node import Node
from ..recurring import Recurring
from ..store import contexts
from .calls_in_progress import CallsInProgress

LOOK_EVERY_S = 1.0
"""How long an announced call may take up a place here although another server holds it."""
_log = structlog.get_logger(__name__)


async def watch(node: Node, calls: CallsInProgress) -> None:
    """Look for such streams now and then, until cancelled."""
    recurring = Recurring()
    while True:
        try:
            await look_around(node, calls)
        except StoreError as away:
            if recurring.worth("away") is not None:
                _log.warning("streams_not_looked_for", reason=str(away))
        await asyncio.sleep(LOOK_EVERY_S)


async def look_around(node: Node, calls: CallsInProgress) -> None:
    """Give up streams that went elsewhere, where a wish to hang up is then heard. Raises `StoreError`."""
    if not (awaited := calls.awaited):
        return
    async with node.store.read() as tx:
        found = await contexts.find_all(tx, awaited)
    for each in found:
        if each.status != "pending" and each.holder != node.server_id:
            wish = calls.went_elsewhere(each.id)
            if wish is not None:
                await node.bus.publish(each.id, wish)
