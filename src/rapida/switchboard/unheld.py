"""Calls that nobody held: their stream never came, or was refused, and the carrier's own word hides it.

The carrier says `completed` of such a call, as of any other. Here it gets a reason of its own, and is counted
and told like the calls that were held.
"""

from __future__ import annotations

from typing import Final

import structlog

from ..call.happenings import StreamRefused
from ..errors import StoreError
from ..node.node import Node
from ..store import Transaction, events
from ..store.contexts import Context
from ..telephony.browser import NAME as BROWSER

_log = structlog.get_logger(__name__)

NO_STREAM: Final = "no_stream"
"""The carrier was told where to bring the sound, and never came."""
STREAM_REFUSED: Final = "stream_refused"
"""It came and was not let in; an event says why."""
MOST_REMEMBERED: Final = 1000
"""Of more refused streams the oldest reasons are forgotten: a flood of forgeries must not cost memory."""


async def note_refused(node: Node, context: Context, why: str) -> None:
    """Remember that a stream was refused while its context waited, and write it to the conversation, once.

    The carrier's last word may come before that is written, and to another server than this one: therefore
    both. A context that is claimed later, because a forger was refused, keeps the event and no more.
    """
    if context.status != "pending" or context.id in node.refused_streams:
        return
    node.refused_streams[context.id] = why
    if len(node.refused_streams) > MOST_REMEMBERED:
        del node.refused_streams[next(iter(node.refused_streams))]
    refused = events.DatedHappening(node.clock(), StreamRefused(why))
    try:
        async with node.store.write() as tx:
            await events.add(tx, context.conversation_id, [refused])
    except StoreError as away:
        _log.warning("refusal_not_written", conversation_id=context.conversation_id, reason=str(away))


async def reason_of(tx: Transaction, node: Node, context: Context) -> str:
    """Why a call had no stream."""
    refused = context.id in node.refused_streams
    if refused or await events.has(tx, context.conversation_id, StreamRefused):
        return STREAM_REFUSED
    return NO_STREAM


async def end_reason(tx: Transaction, node: Node, context: Context, status: str) -> str:
    """Why a call ended of which the carrier says `status`; its own word, unless that hides what happened."""
    if status != "completed" or context.claimed_at is not None:
        return status
    return await reason_of(tx, node, context)


def tell(node: Node, context: Context, reason: str) -> None:
    """Count and log a call that ended without anybody having held it."""
    if reason in (NO_STREAM, STREAM_REFUSED):
        node.refused_streams.pop(context.id, None)
        if context.carrier != BROWSER:  # somebody has closed a page: no call was missed
            node.missed(reason)
        _log.info("call_ended", conversation_id=context.conversation_id, reason=reason)
