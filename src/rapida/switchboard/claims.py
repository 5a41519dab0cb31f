"""Contexts at the door: how they are named, how long they live, and who may claim one.

A media socket is let in when its context is known, its handshake is proved, and it is the first; only then
is the context claimed, so that a forged handshake never uses one up. What is said on the socket afterwards
belongs to the engine.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import structlog

from .. import telephony
from ..assistant import Assistant
from ..errors import Conflict, NotFound, ProofError, SettingsError, StoreError, VaultError
from ..node.addresses import TALK, UNPROVED, prefix, stream_url
from ..node.node import Node
from ..node.proof import doubt_of
from ..settings import WsSignature
from ..store import contexts, conversations, credentials, deployments, events, intents, talks
from ..store.contexts import Context
from ..store.conversations import Conversation
from ..store.credentials import Credential
from ..store.deployments import PhoneOptions
from ..store.events import DatedHappening
from ..telephony.door import Handshake, Refusal
from ..workspace import overrides
from .unheld import NO_STREAM, note_refused, reason_of, tell

_log = structlog.get_logger(__name__)

UNCLAIMED_FOR = timedelta(seconds=60)
"""How long an inbound call's stream may take to come."""
CALLBACKS_FOR = timedelta(hours=24)
"""How long after its end a call may still be reported on."""
REPORTED_WITHIN = timedelta(seconds=30)
"""How long after a call is over here the carrier may take to report its end, before it is asked."""
MOST_ATTEMPTS = 5
"""How many contexts one call may get."""
CLOSED_WITHIN_S = 2.0
"""How long the end of the process waits for what was begun behind an answer."""
CLOSE_AGAIN_S = 5.0
"""How soon a database that was away is asked again to close what nobody holds."""

_STREAM_PATH = re.compile(rf"{TALK}/([^/]+)/ctx/([^/]+)/?")


class ContextGone(Conflict):
    """The context existed, and its time is over."""


@dataclass(frozen=True)
class Claimed:
    """A context that belongs to this socket now, and everything its call needs."""

    context: Context
    conversation: Conversation
    assistant: Assistant
    """As it answers on its deployment, this call's variables in what it says."""
    credential: Credential | None
    """The carrier's; None = there is no carrier."""
    on_phone: PhoneOptions
    """What the deployment says."""
    variables: Mapping[str, str]
    """What this call brings for `{{names}}`."""
    missing: tuple[str, ...] = ()
    """The names in its sentences that stand for nothing in this call."""
    only_announces: bool = False
    """It greets with its deployment's announcement alone, so that the model has yet to begin."""

    @property
    def our_number(self) -> str:
        """The number the assistant answers, or calls from."""
        outbound = self.context.direction == "outbound"
        return self.conversation.caller if outbound else self.conversation.callee


def context_id(text: str, carrier: str) -> UUID:
    """The id in a path. Raises `NotFound`, with a hint for a placeholder that was pasted as it stands."""
    bare = unquote(text)
    if bare.startswith(("{", "<", ":")):
        raise NotFound(
            "context",
            bare,
            "this is a placeholder; as a phone number's status callback use "
            f"{prefix(carrier)}event/<assistant id> instead, since a context exists only during a call",
        )
    try:
        return UUID(bare)
    except ValueError:
        raise NotFound("context", "with this id") from None


class Claims:
    """Decides on the upgrade of media sockets."""

    def __init__(self, node: Node, modes: Mapping[str, WsSignature]) -> None:
        """`modes`: by carrier, what becomes of an unsigned socket; without one it is not let in."""
        self._node = node
        self._modes = modes
        self._chores: set[asyncio.Task[None]] = set()

    async def admit(self, handshake: Handshake) -> Claimed | Refusal:
        """Claim the handshake's context, or say why not: 403, 404, 409, 410, or 503 when we are at fault.

        Not to be cancelled: what it has claimed would be nobody's. The caller still has to compare
        call and account of the stream's first message with the context's.
        """
        met: list[Context] = []
        try:
            return await self._admit(handshake, met)
        except NotFound as unknown:
            return Refusal(404, str(unknown))
        except ProofError as unproved:
            refusal = Refusal(403, str(unproved), unproved.why, self._url(handshake))
        except (SettingsError, VaultError, StoreError) as ours:
            refusal = Refusal(503, str(ours), url=self._url(handshake))
        # Behind the answer: who was refused must not see by its time that there is such a context.
        for context in met:
            self._do(note_refused(self._node, context, refusal.why or refusal.reason))
        return refusal

    async def aclose(self) -> None:
        """Let what is done behind the answers come to its end, unless the database is away."""
        if self._chores:
            _, stuck = await asyncio.wait(set(self._chores), timeout=CLOSED_WITHIN_S)
            for task in stuck:
                task.cancel()
            await asyncio.gather(*stuck, return_exceptions=True)

    def _do(self, chore: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(chore)
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)

    def _url(self, handshake: Handshake) -> str:
        return f"wss://{self._node.addresses.asked}{handshake.path}"

    async def _admit(self, handshake: Handshake, met: list[Context]) -> Claimed | Refusal:
        """`met` is given the context as soon as it is found."""
        match = _STREAM_PATH.fullmatch(handshake.path)
        if match is None or match[1] not in telephony.CATALOGUE:
            raise NotFound("stream at", handshake.path)
        carrier, wanted = match[1], context_id(match[2], match[1])
        async with self._node.store.read() as tx:
            context = await contexts.find(tx, wanted)
            if context is not None and context.carrier != carrier:
                context = None  # as if there were none: it belongs to another address
            met += [context] if context is not None else []
            credential = await credentials.find_if_any(tx, 0 if context is None else context.credential_id)
            context, verified = self._prove(handshake, carrier, wanted, context, credential)
            conversation = await conversations.find(tx, context.conversation_id)
            assistant = await self._node.versions.get(
                tx, context.assistant_id, conversation.assistant_version
            )
            deployment = await deployments.phone_of(tx, context.assistant_id)
        options = PhoneOptions() if deployment is None else deployment.options
        if credential is None:
            raise ProofError(UNPROVED, "the credential of this call was deleted")
        self._node.prover.secret(credential)  # a call whose credential does not open is not begun
        taken = await self.take(context, verified=verified)
        if isinstance(taken, Refusal):
            return taken
        return claimed(taken, conversation, assistant, credential, options)

    def _prove(
        self,
        handshake: Handshake,
        carrier: str,
        wanted: UUID,
        context: Context | None,
        credential: Credential | None,
    ) -> tuple[Context, bool]:
        """The context, and whether the handshake is signed for it.

        Raises `ProofError` or `SettingsError`, after the same work and in the same words whether there is
        such a context or not.
        """
        addresses = self._node.addresses
        host = addresses.asked if context is None else addresses.of_context(context)
        url, webhooks = stream_url(host, carrier, wanted), telephony.carrier(carrier).webhooks
        signed = self._node.prover.handshake_signed(webhooks, url, handshake.headers, credential)
        if context is None:
            raise ProofError(UNPROVED, "there is no such context: its call is long over, or another server's")
        if not signed:
            known = [] if credential is None else [credential]
            why = doubt_of(carrier, handshake.headers, known, context.carrier_account)
            mode = self._modes.get(carrier, "required")
            if mode == "required":
                raise ProofError(UNPROVED, why)
            _log.warning("handshake_not_proved", context_id=str(context.id), why=why, mode=mode)
        return context, signed

    async def take(self, context: Context, *, verified: bool) -> Context | Refusal:
        """Claim a context for this server, if it is the first to; why not, otherwise. Raises `StoreError`.

        Should the answer to the commit be lost, what may have been claimed is closed again.
        """
        now = self._node.clock()
        try:
            return await _take(self._node, context, verified, now)
        except StoreError:
            self._do(close(self._node, context, NO_STREAM, now, claimed_at=now))
            raise


async def _take(node: Node, context: Context, verified: bool, now: datetime) -> Context | Refusal:
    async with node.store.write() as tx:
        taken = await contexts.claim(tx, context.id, node.server_id, verified, now)
        if taken:
            await talks.drop(tx, context.id)
            await conversations.begin(tx, context.conversation_id, now)
            if context.direction == "outbound":
                # Only the carrier knows this address: the socket proves the dial.
                await intents.prove(tx, context.id, now)
        met = await contexts.find(tx, context.id)
    if taken and met is not None:
        return met
    if met is not None and met.status == "claimed":
        return Refusal(409, "this context already has its stream")
    return Refusal(410, "this context's time is over")


def claimed(
    context: Context,
    conversation: Conversation,
    assistant: Assistant,
    credential: Credential | None,
    options: PhoneOptions,
) -> Claimed:
    """A context that was taken, and its assistant as it answers this call."""
    answers = overrides.with_options(assistant, options)
    outbound = context.direction == "outbound"
    other = conversation.callee if outbound else conversation.caller
    call = overrides.brought(other, conversation.arguments)
    values = {**assistant.variables, **call}
    return Claimed(
        context=context,
        conversation=conversation,
        assistant=overrides.filled(answers, values),
        credential=credential,
        on_phone=options,
        variables=call,
        missing=overrides.missing(answers, values),
        only_announces=overrides.only_announces(answers, options),
    )


async def close(
    node: Node,
    context: Context,
    reason: str,
    now: datetime,
    *,
    claimed_at: datetime | None = None,
    happened: Sequence[DatedHappening] = (),
) -> None:
    """End a context that nobody holds, and its conversation, as soon as the database takes it.

    With `claimed_at`, only if we claimed it at that very instant. `happened` is why, for whoever looks.
    """
    while True:
        try:
            async with node.store.write() as tx:
                if claimed_at is not None:
                    met = await contexts.find(tx, context.id)
                    if met is None or (met.holder, met.claimed_at) != (node.server_id, claimed_at):
                        return
                await contexts.end(tx, context.id, now, ask_at=now + REPORTED_WITHIN)
                ended = await conversations.end(tx, context.conversation_id, reason, now)
                await events.add(tx, context.conversation_id, happened)
        except StoreError as away:
            _log.error("conversation_not_closed", conversation_id=context.conversation_id, reason=str(away))
            await asyncio.sleep(CLOSE_AGAIN_S)
        else:
            if ended:
                tell(node, context, reason)
            return


async def sweep(node: Node) -> int:
    """Close what nobody claimed in time; how many there were. Run it at start and now and then."""
    now = node.clock()
    async with node.store.write() as tx:
        late = {each.id: each for each in await contexts.expired(tx, now)}
        reasons = {each.id: await reason_of(tx, node, each) for each in late.values()}
        for each in late.values():
            await contexts.expire(tx, each.id, now, ask_at=now + REPORTED_WITHIN)
            await talks.drop(tx, each.id)
            if not await conversations.end(tx, each.conversation_id, reasons[each.id], now):
                del reasons[each.id]
    for context_id, reason in reasons.items():
        tell(node, late[context_id], reason)
    return len(late)
