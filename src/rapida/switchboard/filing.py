"""Filing what is over, beside the calls: a list finds it by its words and shows its figures a moment later.

The end of a call waits for none of it, and a database of before is filed bit by bit while calls go on. Of
several servers one files at a time.
"""

from __future__ import annotations

import asyncio

import structlog

from ..errors import StoreError
from ..node.node import Node
from ..recurring import Recurring
from ..store import filing
from ..store.db import alone

LOOK_S = 2.0
"""How soon after its end a conversation is found by its words."""
AT_ONCE = 20
"""Conversations in one transaction: some 20 ms, in which no other can write to a SQLite file."""
BREATH_S = 0.05
"""Between two transactions of many, so that calls which end meanwhile are written."""
_log = structlog.get_logger(__name__)


async def run(node: Node) -> None:
    """File what is over, now and then, until cancelled."""
    recurring = Recurring()
    while True:
        pause_s = LOOK_S
        try:
            pause_s = BREATH_S if await file_some(node) else LOOK_S
        except StoreError as away:
            if recurring.worth("away") is not None:
                _log.warning("filing_waits", reason=str(away))
        await asyncio.sleep(pause_s)


async def file_some(node: Node) -> int:
    """File the newest that are over; how many there were. Raises `StoreError`."""
    async with node.store.read() as tx:
        if not await filing.unfiled(tx, 1):
            return 0
    async with node.store.write() as tx:
        await alone(tx, filing.FILING)
        found = await filing.unfiled(tx, AT_ONCE, locked=True)
        await filing.file(tx, found)
    return len(found)
