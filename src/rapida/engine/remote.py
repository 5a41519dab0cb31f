"""What a call asks of its carrier from outside the stream: hand the caller over, say a goodbye, hang up.

Each order is a task, and a carrier that refuses or is silent is an event at the task's edge, as with any
other provider.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final, Protocol

from ..call import commands as c
from ..call import events as e
from ..errors import ProviderError, ProviderUnavailable, StoreError, VaultError
from .tasks import Spawn

TRANSFER_WITHIN_S = 12.0
"""Longer than a carrier's client waits for its answer (10 s), what is read before included; shorter than the
core waits (`call.closing`), so that nobody is handed over who has been told that it failed."""
SAY_WITHIN_S = 4.0
"""Shorter than the core waits for the line to go: a caller to whom nobody speaks is not kept for long."""

CarrierTrouble = ProviderError | StoreError | VaultError
"""The carrier refuses; or, without the database or the credential, it cannot even be asked."""
CARRIER_TROUBLE: Final = (ProviderError, StoreError, VaultError)
"""The same, to catch."""


class CallControl(Protocol):
    """What can be done to a call from outside its stream. Failures raise `CarrierTrouble`."""

    async def complete(self) -> None:
        """End it; over already is ended."""
        ...

    async def transfer(self, to: str) -> None:
        """Connect the caller with another number; the stream ends."""
        ...

    async def say(self, text: str) -> None:
        """Let the carrier say a sentence in its own voice, and hang up; the stream ends."""
        ...


class Remote:
    """Carries out one call's orders to its carrier; `emit` gets the answers that the core waits for."""

    def __init__(
        self,
        control: CallControl,
        emit: Callable[[e.Event], None],
        spawn: Spawn,
        failed: Callable[[CarrierTrouble], None],
    ) -> None:
        self._control = control
        self._emit = emit
        self._spawn = spawn
        self._failed = failed
        self._completing: asyncio.Task[str | None] | None = None

    def transfer(self, order: c.Transfer) -> None:
        self._spawn(self._transfer(order.to))

    def say(self, order: c.LetCarrierSay) -> None:
        self._spawn(self._say(order.text))

    def complete(self) -> None:
        # The call may be over before the carrier answers: the order outlives the call's own tasks.
        self._completing = asyncio.get_running_loop().create_task(self._refusal(self._control.complete()))

    def apologise(self, text: str) -> None:
        """We cannot go on: let the carrier say so and hang up; if it does not, only hang up."""
        self._completing = asyncio.get_running_loop().create_task(self._sorry(text))

    async def _sorry(self, text: str) -> str | None:
        if text and await self._refusal(within(SAY_WITHIN_S, self._control.say(text))) is None:
            return None
        return await self._refusal(self._control.complete())

    async def told(self) -> None:
        """Until the carrier has answered the order to end the call, if there was one."""
        if self._completing is not None:
            await self._completing

    async def _transfer(self, to: str) -> None:
        refusal = await self._refusal(within(TRANSFER_WITHIN_S, self._control.transfer(to)))
        self._emit(e.TransferAccepted() if refusal is None else e.TransferFailed(refusal))

    async def _say(self, text: str) -> None:
        refusal = await self._refusal(within(SAY_WITHIN_S, self._control.say(text)))
        if refusal is not None:
            self._emit(e.CarrierSilent(refusal))

    async def _refusal(self, doing: Coroutine[Any, Any, None]) -> str | None:
        """Why the carrier does not do it; None = it does."""
        try:
            await doing
        except CARRIER_TROUBLE as trouble:
            self._failed(trouble)
            return str(trouble)
        return None


async def within(seconds: float, doing: Coroutine[Any, Any, None]) -> None:
    """Wait for the carrier's answer no longer than that. Raises `ProviderUnavailable`."""
    try:
        async with asyncio.timeout(seconds):
            await doing
    except TimeoutError:
        raise ProviderUnavailable("carrier", f"no answer within {seconds:g} s") from None
