"""From a media socket at the door to a call in progress.

Whether a stream is let in is decided by `claims.py`. Here it is given its providers. The door waits for them
a moment, since most are there at once. A stream whose providers start slowly is let in all the same. From its
first byte on `held_call.py` holds it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import msgspec
import structlog

from .. import telephony
from ..assistant import Assistant
from ..call.abilities import check
from ..call.events import HangUpRequested, StatusReported
from ..engine.runner import Providers
from ..errors import ConfigurationError, ProviderError, StoreError
from ..node.node import Node
from ..store import contexts
from ..telephony.door import Admission, Handshake, Refusal
from ..telephony.stream import Codec, Leg, LegListener, TellingLeg
from ..telephony.webhooks import TERMINAL
from .calls_in_progress import CallsInProgress, kept_in
from .claims import Claimed, Claims, close
from .greetings import Greetings
from .held_call import HeldCall, Prepared, SharedParts
from .unheld import NO_STREAM

_log = structlog.get_logger(__name__)

T = TypeVar("T")

ANNOUNCED_S = 60.0
"""How long a webhook's stream may take to come; the life of its context."""
ABANDONED_S = 10.0
"""A stream that was let in and is not there by then has gone again."""
READY_S = 0.5
"""How long a stream waits outside for providers, most of which are there at once."""


@dataclass(frozen=True)
class OtherEnd:
    """Who is at the other end of a stream: what they speak, and how they are spoken and listened to."""

    codec: Codec
    leg: Callable[[TellingLeg], Leg] = lambda leg: leg
    listener: Callable[[LegListener], LegListener] = lambda listener: listener


class Connector:
    """Lets streams in, and begins their calls."""

    def __init__(self, node: Node, claims: Claims, shared: SharedParts, calls: CallsInProgress) -> None:
        self._node = node
        self._claims = claims
        self._shared = shared
        self._calls = calls
        self._chores: set[asyncio.Task[Any]] = set()
        """Short work beside the calls: letting in, warming up."""
        self._greetings = Greetings()

    # Before the stream

    def expect(self, context_id: UUID, conversation_id: int, assistant: Assistant) -> None:
        """A webhook announced a call: await its stream, start its providers, begin its greeting."""
        del conversation_id
        self.await_answer(context_id, ANNOUNCED_S)
        self._do(self._prepare_greeting(context_id, assistant))

    def await_answer(self, context_id: UUID, within_s: float) -> None:
        """Count a call whose stream may come as one of ours: the process does not end before it is over."""
        over, late = partial(self._no_longer_expect, context_id), partial(self._never_came, context_id)
        self._calls.await_stream(context_id, within_s, late=late, over=over)

    async def warm(self, assistant: Assistant) -> Providers | None:
        """Build and start an assistant's providers before its first call; None = some cannot be had."""
        try:
            return await self._shared.provider_cache.of(assistant, {})
        except (ConfigurationError, ProviderError) as problem:
            _log.error("providers_not_ready", assistant_id=assistant.id, reason=str(problem))
        except Exception:  # noqa: BLE001
            _log.exception("providers_not_ready", assistant_id=assistant.id)
        return None

    async def _prepare_greeting(self, context_id: UUID, assistant: Assistant) -> None:
        providers = await self.warm(assistant)
        if providers is not None and self._calls.awaits(context_id):
            self._greetings.prepare(context_id, providers.tts, assistant.greeting)

    def _no_longer_expect(self, context_id: UUID) -> None:
        self._greetings.drop(context_id)
        self._calls.no_longer_await(context_id)

    def _never_came(self, context_id: UUID) -> None:
        self._calls.await_callbacks(context_id)
        self._no_longer_expect(context_id)

    def _do(self, chore: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        return kept_in(self._chores, chore)

    # The stream is at the door

    async def admit(self, handshake: Handshake) -> Admission | Refusal:
        """Decide on the upgrade of a carrier's media socket, as `telephony.door` asks."""
        return await self.let_in(self._claims.admit(handshake), _of_carrier)

    async def let_in(
        self, claiming: Coroutine[Any, Any, Claimed | Refusal], end_of: Callable[[Claimed], OtherEnd]
    ) -> Admission | Refusal:
        """Await the verdict on an upgrade; the call of a context that was claimed is then prepared."""
        # The door may give up waiting, but not in between: a claim that nobody awaits would be nobody's call.
        claimed = await asyncio.shield(self._do(self._counted(claiming)))
        if isinstance(claimed, Refusal):
            return claimed
        preparing = asyncio.create_task(self._prepare(claimed))
        preparing.add_done_callback(_take_error)
        await asyncio.wait({preparing}, timeout=READY_S)
        end = end_of(claimed)
        return Admission(end.codec, lambda leg: end.listener(self._answer(end.leg(leg), claimed, preparing)))

    async def _counted(self, claiming: Coroutine[Any, Any, Claimed | Refusal]) -> Claimed | Refusal:
        """The verdict; the stream of a context that was claimed is awaited from here on."""
        claimed = await claiming
        if isinstance(claimed, Claimed):
            context_id = claimed.context.id
            late, over = partial(self._abandoned, claimed), partial(self._no_longer_expect, context_id)
            self._calls.await_stream(context_id, ABANDONED_S, late=late, over=over)
        return claimed

    async def _prepare(self, claimed: Claimed) -> Prepared:
        providers = await self._shared.provider_cache.of(claimed.assistant, claimed.variables)
        abilities = providers.abilities(claimed.assistant, claimed.conversation.direction)
        if claimed.conversation.channel == "text":
            abilities = msgspec.structs.replace(abilities, sends_sound=False)
        if claimed.only_announces:
            abilities = msgspec.structs.replace(abilities, opens=True)
        check(claimed.assistant, abilities)
        return Prepared(providers, abilities)

    def _abandoned(self, claimed: Claimed) -> None:
        self._never_came(claimed.context.id)
        self._calls.write(close(self._node, claimed.context, NO_STREAM, self._node.clock()))

    # The stream is up

    def _answer(self, leg: Leg, claimed: Claimed, preparing: asyncio.Task[Prepared]) -> LegListener:
        requested = self._calls.stream_came(claimed.context.id)
        call = HeldCall(
            node=self._node,
            shared=self._shared,
            calls=self._calls,
            greetings=self._greetings,
            claimed=claimed,
            leg=leg,
        )
        listener = call.begin(preparing)
        # Behind the call's own task: by then the call hears its news, and what came before is in its row.
        self._do(self._catch_up(claimed, requested))
        return listener

    async def _catch_up(self, claimed: Claimed, requested: HangUpRequested | None) -> None:
        """Tell a call what nobody heard while its stream came up: a wish to hang up, the carrier's word."""
        if requested is not None:
            await self._node.bus.publish(claimed.context.id, requested)
        try:
            async with self._node.store.read() as tx:
                context = await contexts.find(tx, claimed.context.id)
        except StoreError as away:
            _log.warning("status_not_known", conversation_id=claimed.conversation.id, reason=str(away))
            return
        if context is not None and context.call_status in TERMINAL:
            await self._node.bus.publish(context.id, StatusReported(context.call_status))


def _of_carrier(claimed: Claimed) -> OtherEnd:
    context = claimed.context
    carrier = telephony.carrier(context.carrier)
    return OtherEnd(carrier.codec(context.carrier_call_id or "", context.carrier_account))


def _take_error(preparing: asyncio.Task[Prepared]) -> None:
    """The stream may have gone meanwhile: then nobody else asks what came of its providers."""
    if not preparing.cancelled():
        preparing.exception()
