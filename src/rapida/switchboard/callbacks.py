"""Callbacks: what the carrier reports about a call, in any order, twice, or late.

A callback is proved with the credential its context was made with, kept once, and applied in the carrier's
own order; the first terminal status is final, and each keeps its own name and reason. What ends the call is
told to the server that holds it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from ..call.events import StatusReported
from ..call.happenings import CarrierReported
from ..errors import NotFound, ProofError
from ..node.addresses import UNPROVED
from ..node.node import Node
from ..node.proof import doubt
from ..outbound.settling import take_for_dialled
from ..store import (
    Transaction,
    callbacks,
    contexts,
    conversations,
    credentials,
    erasing,
    events,
    intents,
    lines,
)
from ..store.contexts import CarrierCall, Context
from ..store.credentials import Credential
from ..telephony.webhooks import ORDER, TERMINAL, Callback, Webhook
from . import unheld
from .claims import CALLBACKS_FOR, ContextGone, context_id
from .inbound import Inbound, assistant_id

MachineAnswered = Callable[[Context, Callback], Awaitable[None]]


async def ignore_machines(context: Context, callback: Callback) -> None:
    """An inbound call's other end is a caller."""


class Callbacks:
    """Takes callbacks of contexts and of whole phone numbers."""

    def __init__(
        self,
        node: Node,
        inbound: Inbound,
        machine_answered: MachineAnswered = ignore_machines,
    ) -> None:
        """`machine_answered` is told of what the carrier found at the other end of an outbound call."""
        self._node = node
        self._inbound = inbound
        self._machine_answered = machine_answered

    async def of_context(self, context: str, webhook: Webhook) -> None:
        """A callback at its context's own address.

        Raises `WireError`, `ProofError` or `SettingsError`; once it is proved `NotFound` or `ContextGone`;
        and `StoreError`.
        """
        carrier = webhook.request.carrier
        wanted, account = context_id(context, carrier), webhook.account_id
        async with self._node.store.read() as tx:
            found = await contexts.find(tx, wanted)
            known = await credentials.of_account(tx, carrier, account)
        # At another carrier's address it is a context that there is not.
        found = found if found is None or found.carrier == carrier else None
        self._prove(webhook, found, known)
        if found is None:
            raise NotFound("context", wanted)
        callback = webhook.callback
        known_as = found.carrier_account, found.carrier_call_id or callback.call_id
        if (callback.account_id, callback.call_id) != known_as:
            raise ProofError(UNPROVED, "the callback is about another call than its context")
        if _too_late(found, self._node.clock()):
            raise ContextGone("this call ended more than 24 hours ago")
        await self._take(found, callback)

    async def of_assistant(self, assistant: str, webhook: Webhook) -> None:
        """A callback at a phone number's address, about a call that it names; it may be none of ours.

        Raises as `of_context` does; a proved callback of an unknown or long ended call changes nothing.
        """
        wanted = assistant_id(assistant)
        asked = CarrierCall(webhook.request.carrier, webhook.account_id, webhook.call_id)
        async with self._node.store.read() as tx:
            mine = await contexts.at_assistant(tx, wanted, asked)
            found = await lines.find(tx, wanted, asked.carrier, asked.account)
        if not mine:
            self._inbound.proved(wanted, found, webhook)
            return
        self._prove(webhook, mine[-1], (*found.own, *found.strangers), self._node.addresses.public)
        callback = webhook.callback
        if not _too_late(mine[-1], self._node.clock()):
            await self._take(mine[-1], callback)

    def _prove(
        self,
        webhook: Webhook,
        context: Context | None,
        known: Sequence[Credential],
        host: str | None = None,
    ) -> None:
        """See that the credential of a context signed a request; of one that is not there, any of `known`.

        The work and the answer are the same either way. `host` is the context's, unless given.
        """
        addresses = self._node.addresses
        if context is not None:
            known = sorted(known, key=lambda each: each.id != context.credential_id)
        asked = host or addresses.asked if context is None else host or addresses.of_context(context)
        signer = self._node.prover.who_signed(webhook, asked, known)
        if signer is None:
            raise addresses.unproved(doubt(webhook, known))
        if context is not None and signer.id != context.credential_id:
            raise ProofError(UNPROVED, f"credential {signer.id} signed it, which is not the one of this call")

    async def _take(self, context: Context, callback: Callback) -> None:
        now = self._node.clock()
        over: list[tuple[Context, str]] = []
        async with self._node.store.write() as tx:
            received = _received(context, callback, now)
            if await erasing.is_erased(tx, context.conversation_id):
                received = msgspec.structs.replace(received, fields={})
            if not await callbacks.keep(tx, received):
                return
            await events.add(tx, context.conversation_id, [_dated(callback, now)])
            if context.direction == "outbound":
                # Only the carrier knows this address: whatever it reports proves the dial.
                await take_for_dialled(tx, context, callback.call_id, now)
            if callback.kind == "call":
                news = CallNews(callback.status, callback.sequence, callback.reason)
                over = await apply(self._node, tx, context, callback.call_id, news, now)
        for each, reason in over:
            unheld.tell(self._node, each, reason)
            await self._node.bus.publish(each.id, StatusReported(callback.status))
        if callback.kind == "machine":
            await self._machine_answered(context, callback)


def _too_late(context: Context, now: datetime) -> bool:
    return context.ended_at is not None and context.ended_at + CALLBACKS_FOR < now


@dataclass(frozen=True)
class CallNews:
    """What the carrier says of a call, unasked (in a numbered callback) or asked."""

    status: str
    sequence: int | None = None
    reason: str = ""
    asked: bool = False
    """It was asked, since nothing was reported."""

    @property
    def last(self) -> bool:
        """Whether the call is over."""
        return self.status in TERMINAL


async def apply(
    node: Node, tx: Transaction, context: Context, call_id: str, news: CallNews, now: datetime
) -> list[tuple[Context, str]]:
    """Write a call's status to all contexts of the call; those whose call it ended, and why.

    A reason is empty where the conversation had ended before: both facts are kept.
    """
    over: list[tuple[Context, str]] = []
    # Read again inside the writing transaction: another callback may have come first.
    call = CarrierCall(context.carrier, context.carrier_account, call_id)
    for each in await contexts.of_call_locked(tx, context.project_id, call):
        if not _is_news(each, news):
            continue
        await contexts.set_call_status(tx, each.id, news.status, news.sequence, news.reason, last=news.last)
        await conversations.set_call_status(tx, each.conversation_id, news.status)
        if news.last:
            reason = await unheld.end_reason(tx, node, each, news.status)
            if news.asked and reason == unheld.NO_STREAM:
                reason = news.status  # an event says that nothing of the call could be brought to us
            await contexts.end(tx, each.id, now)
            ended = await conversations.end(tx, each.conversation_id, reason, now)
            over.append((each, reason if ended else ""))
    await intents.end(tx, [each.id for each, _ in over if each.direction == "outbound"], now)
    return over


def _is_news(context: Context, news: CallNews) -> bool:
    if context.call_status in TERMINAL:
        return False
    if news.last or context.call_status is None:
        return True
    if news.sequence is not None and context.call_status_sequence is not None:
        return news.sequence > context.call_status_sequence
    return _rank(news.status) > _rank(context.call_status)


def _rank(status: str) -> int:
    return ORDER.index(status) if status in ORDER else -1


def _received(context: Context, callback: Callback, now: datetime) -> callbacks.Received:
    return callbacks.Received(
        context_id=context.id,
        carrier_account=callback.account_id,
        carrier_call_id=callback.call_id,
        kind=callback.kind,
        # Each project hears what it is told, though another should have been told the same of "its" call.
        dedupe_key=f"{context.project_id}:{callback.dedup_key}",
        fields=_fields(callback),
        received_at=now,
    )


def _dated(callback: Callback, now: datetime) -> events.DatedHappening:
    return events.DatedHappening(callback.at or now, _said(callback))


def _said(callback: Callback) -> CarrierReported:
    return CarrierReported(
        about=callback.kind,
        status=callback.status,
        reason=callback.reason,
        sequence=callback.sequence,
        stream_id=callback.stream_id,
        recording_id=callback.recording_id,
        recording_url=callback.recording_url,
        answered_by=callback.answered_by,
        duration_s=callback.duration_s,
        sip_code=callback.sip_code,
        error_code=callback.error_code,
    )


def _fields(callback: Callback) -> dict[str, Any]:
    """What was said, without what was not; its kind has a column of its own."""
    said: dict[str, Any] = msgspec.to_builtins(_said(callback))
    return {name: value for name, value in said.items() if name not in ("kind", "about")}
