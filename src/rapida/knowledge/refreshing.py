"""Embedding pages of facts when they were written, beside the calls, so that no question waits for it.

A page may be written through this server, another one or the command line, so the database is what tells.
"""

from __future__ import annotations

import asyncio

import structlog

from ..errors import RapidaError
from ..recurring import Recurring
from .search import Knowledge

LOOK_S = 2.0
"""How soon after it was written a page is embedded; a look is one query, and none where no page is in use."""
_log = structlog.get_logger(__name__)


async def run(knowledge: Knowledge, look_s: float = LOOK_S) -> None:
    """Make pages that are in use ready anew once they were written anew, until cancelled."""
    recurring = Recurring()
    while True:
        await asyncio.sleep(look_s)
        try:
            await knowledge.refresh()
        except RapidaError as away:
            if recurring.worth(type(away)) is not None:
                _log.warning("page_not_ready", reason=str(away))
