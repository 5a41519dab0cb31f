"""Sends one call's callbacks: one after another in the order fired, unless chaos says otherwise.

A callback never holds up the call. Its answer's body is ignored, as Twilio does; its status is reported.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from .chaos import Chaos, Delivery, PendingCallback, PendingCallbacks
from .network import Exchange, Network


@dataclass(frozen=True)
class CallbackSent:
    """One delivery of a callback and its answer."""

    event: str
    exchange: Exchange

    @property
    def status(self) -> int | None:
        return self.exchange.status


class Callbacks:
    """One call's outgoing callbacks. `close` ends it, when everything has been delivered."""

    def __init__(self, network: Network, chaos: Chaos) -> None:
        self.sent: list[CallbackSent] = []
        self._network = network
        self._chaos = chaos
        self._bag = PendingCallbacks(chaos)
        self._last: asyncio.Task[None] | None = None
        self._tasks: list[asyncio.Task[None]] = []

    def fire(self, event: str, form: Mapping[str, str], url: str, method: str = "POST") -> None:
        """Deliver `form` to `url` when its turn comes."""
        self._send(self._bag.fire(PendingCallback(event, form, url, method, str(uuid.uuid4()))))

    async def close(self) -> None:
        """Deliver what is left and wait for all answers. Deliveries that a bug ended raise here."""
        self._send(self._bag.flush())
        await asyncio.gather(*self._tasks)

    def _send(self, leaving: list[Delivery]) -> None:
        for delivery in leaving:
            # Without a delay each waits for the one before it; a held-back one waits only for its time.
            before = None if delivery.delay_s else self._last
            task = asyncio.create_task(self._deliver(delivery, before))
            self._tasks.append(task)
            if not delivery.delay_s:
                self._last = task

    async def _deliver(self, delivery: Delivery, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait({before})
        await asyncio.sleep(delivery.delay_s)
        callback = delivery.callback
        exchange = await self._network.request(
            callback.url,
            callback.form,
            method=callback.method,
            signature=self._chaos.callback_signature,
            token=callback.token,
        )
        self.sent.append(CallbackSent(callback.event, exchange))
