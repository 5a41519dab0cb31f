"""Contexts at the door: how they are named, how long they live, and who may claim one.

A media socket is let in when its context is known, its handshake is proved, and it is the first; only then
is the context claimed, so that a forged handshake never uses one up. What is said on the socket afterwards
belongs to the engine.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import unquote
from uuid import UUID

import structlog

from ..assistant import Assistant
from ..errors import Conflict, NotFound, ProofError, SettingsError, StoreError, VaultError
from ..settings import WsSignature
from ..store import Store, contexts, conversations, credentials, deployments, events, intents
from ..store.contexts import Context
from ..store.conversations import Conversation
from ..store.credentials import Credential
from ..store.deployments import PhoneOptions
from ..store.events import Happening
from ..telephony.base import Handshake, Refusal
from . import behaviour
from .exchange import Exchange
from .hosts import PREFIX, UNPROVED, stream_url
from .proof import doubt

_log = structlog.get_logger(__name__)

UNCLAIMED_FOR = timedelta(seconds=60)
"""How long an inbound call's stream may take to come."""
CALLBACKS_FOR = timedelta(hours=24)
"""How long after its end a call may still be reported on."""
REPORTED_WITHIN = timedelta(seconds=30)
"""How long after a call is over here the carrier may take to report its end, before it is asked."""
LONGEST_CALL = timedelta(hours=4)
"""The carrier ends a call after this; an older claim was left behind by a crash."""
MOST_ATTEMPTS = 5
"""How many contexts one call may get."""
CLOSE_AGAIN_S = 5.0
"""How soon a database that was away is asked again to close what nobody holds."""

_STREAM_PATH = re.compile(rf"{re.escape(PREFIX)}/ctx/([^/]+)/?")


class ContextGone(Conflict):
    """The context existed, and its time is over."""


@dataclass(frozen=True)
class Claimed:
    """A context that belongs to this socket now, and everything its call needs."""

    context: Context
    conversation: Conversation
    assistant: Assistant
    """As it answers on its deployment, this call's variables in what it says."""
    credential: Credential
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


def context_id(text: str) -> UUID:
    """The id in a path. Raises `NotFound`, with a hint for a placeholder that was pasted as it stands."""
    bare = unquote(text)
    if bare.startswith(("{", "<", ":")):
        raise NotFound(
            "context",
            bare,
            "this is a placeholder; as a phone number's status callback use "
            f"{PREFIX}/event/<assistant id> instead, since a context exists only during a call",
        )
    try:
        return UUID(bare)
    except ValueError:
        raise NotFound("context", "with this id") from None


class Doorkeeper:
    """Decides on the upgrade of media sockets."""

    def __init__(self, exchange: Exchange, mode: WsSignature) -> None:
        self._exchange = exchange
        self._mode = mode
        self._closing: set[asyncio.Task[None]] = set()

    async def admit(self, handshake: Handshake) -> Claimed | Refusal:
        """Claim the handshake's context, or say why not: 403, 404, 409, 410, or 503 when we are at fault.

        Not to be cancelled: what it has claimed would be nobody's. The caller still has to compare
        `start.callSid` and `start.accountSid` with the context's.
        """
        try:
            return await self._admit(handshake)
        except NotFound as unknown:
            return Refusal(404, str(unknown))
        except ProofError as unproved:
            return Refusal(403, str(unproved), unproved.why, self._url(handshake))
        except (SettingsError, VaultError, StoreError) as ours:
            return Refusal(503, str(ours), url=self._url(handshake))

    def _url(self, handshake: Handshake) -> str:
        return f"wss://{self._exchange.hosts.asked}{handshake.path}"

    async def _admit(self, handshake: Handshake) -> Claimed | Refusal:
        match = _STREAM_PATH.fullmatch(handshake.path)
        if match is None:
            raise NotFound("stream at", handshake.path)
        wanted = context_id(match[1])
        async with self._exchange.store.read() as tx:
            context = await contexts.find(tx, wanted)
            credential = await credentials.find_if_any(tx, 0 if context is None else context.credential_id)
            context, verified = self._prove(handshake, wanted, context, credential)
            conversation = await conversations.find(tx, context.conversation_id)
            assistant = await self._exchange.versions.get(
                tx, context.assistant_id, conversation.assistant_version
            )
            deployment = await deployments.phone_of(tx, context.assistant_id)
        options = PhoneOptions() if deployment is None else deployment.options
        if credential is None:
            raise ProofError(UNPROVED, "the credential of this call was deleted")
        self._exchange.prover.secret(credential)  # a call whose credential does not open is not begun
        claimed = await self._claim_surely(context, verified, self._exchange.clock())
        if isinstance(claimed, Refusal):
            return claimed
        return _claimed(claimed, conversation, assistant, credential, options)

    def _prove(
        self, handshake: Handshake, wanted: UUID, context: Context | None, credential: Credential | None
    ) -> tuple[Context, bool]:
        """The context, and whether the handshake is signed for it.

        Raises `ProofError` or `SettingsError`, after the same work and in the same words whether there is
        such a context or not.
        """
        hosts = self._exchange.hosts
        url = stream_url(hosts.asked if context is None else hosts.of_context(context), wanted)
        signed = self._exchange.prover.handshake_form(url, handshake.headers, credential) is not None
        if context is None:
            raise hosts.unproved("there is no such context: its call is long over, or another server's")
        if not signed:
            known = [] if credential is None else [credential]
            why = doubt(handshake.headers, known, context.account_sid)
            if self._mode == "required":
                raise hosts.unproved(why)
            _log.warning("handshake_not_proved", context_id=str(context.id), why=why, mode=self._mode)
        return context, signed

    async def _claim_surely(self, context: Context, verified: bool, now: datetime) -> Context | Refusal:
        """Claim; should the answer to the commit be lost, what may have been claimed is closed again."""
        try:
            return await self._claim(context, verified, now)
        except StoreError:
            task = asyncio.create_task(close(self._exchange, context, "no_stream", now, claimed_at=now))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
            raise

    async def _claim(self, context: Context, verified: bool, now: datetime) -> Context | Refusal:
        async with self._exchange.store.write() as tx:
            taken = await contexts.claim(tx, context.id, self._exchange.server_id, verified, now)
            if taken:
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


def _claimed(
    context: Context,
    conversation: Conversation,
    assistant: Assistant,
    credential: Credential,
    options: PhoneOptions,
) -> Claimed:
    answers = behaviour.with_options(assistant, options)
    outbound = context.direction == "outbound"
    other = conversation.callee if outbound else conversation.caller
    call = behaviour.brought(other, conversation.arguments)
    values = {**assistant.variables, **call}
    return Claimed(
        context,
        conversation,
        behaviour.filled(answers, values),
        credential,
        options,
        call,
        behaviour.missing(answers, values),
        behaviour.only_announces(answers, options),
    )


async def close(
    exchange: Exchange,
    context: Context,
    reason: str,
    now: datetime,
    *,
    claimed_at: datetime | None = None,
    happened: Sequence[Happening] = (),
) -> None:
    """End a context that nobody holds, and its conversation, as soon as the database takes it.

    With `claimed_at`, only if we claimed it at that very instant. `happened` is why, for whoever looks.
    """
    while True:
        try:
            async with exchange.store.write() as tx:
                if claimed_at is not None:
                    met = await contexts.find(tx, context.id)
                    if met is None or (met.holder, met.claimed_at) != (exchange.server_id, claimed_at):
                        return
                await contexts.end(tx, context.id, now, ask_at=now + REPORTED_WITHIN)
                await conversations.end(tx, context.conversation_id, reason, now)
                await events.add(tx, context.conversation_id, happened)
        except StoreError as away:
            _log.error("conversation_not_closed", conversation_id=context.conversation_id, reason=str(away))
            await asyncio.sleep(CLOSE_AGAIN_S)
        else:
            return


async def sweep(store: Store, now: datetime) -> int:
    """Close what nobody claimed in time; how many there were. Run it at start and now and then."""
    async with store.write() as tx:
        late = await contexts.expired(tx, now)
        for each in late:
            await contexts.expire(tx, each.id, now, ask_at=now + REPORTED_WITHIN)
            await conversations.end(tx, each.conversation_id, "no_stream", now)
    return len(late)
