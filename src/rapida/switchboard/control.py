"""What can be done to a call from outside its stream, through the carrier's own interface."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

from ..engine.remote import CallControl
from ..errors import Conflict, ProviderRefused
from ..node.carriers import Carriers
from ..node.node import Node
from ..store import contexts, credentials, deployments
from ..store.contexts import Context
from ..store.credentials import Credential
from ..telephony import numbers
from ..telephony.carrier import NoSuchCall
from . import inquiries
from .claims import Claimed


def by_claim(node: Node, carriers: Carriers) -> Callable[[Claimed], CallControl]:
    """Makes the remote control of each claimed call, which speaks with that call's own credential."""

    def control(claimed: Claimed) -> CallControl:
        if claimed.credential is None or claimed.context.host == node.addresses.local:
            return _NoCarrier()
        return _Remote(claimed, claimed.credential, node, carriers)

    return control


HUNG_UP_FOR = timedelta(seconds=3)
"""How long after an order to end a call its end may go unreported, before the carrier is asked."""

Complete = Callable[[Context], Awaitable[bool]]
"""Ends a call whose stream is not here; False when there is nobody to end it."""


async def no_carrier(context: Context) -> bool:
    """Calls that no carrier can be asked about."""
    return False


def by_carrier(node: Node, carriers: Carriers) -> Complete:
    """Ends calls that ring, or that another server holds. One that is over already counts as ended.

    A call that the carrier does not know is closed; of any other the carrier is asked soon whether it has
    ended, should it not report that. What it returns raises `Conflict` when the call's credential is gone,
    `ProviderError`, `VaultError` and `StoreError`.
    """

    async def complete(context: Context) -> bool:
        # A demo's carrier is the simulated phone of the server it rang, on whichever port that was.
        if not context.carrier_call_id or context.host.startswith("localhost:"):
            return False
        async with node.store.read() as tx:
            credential = await credentials.find_if_any(tx, context.credential_id)
        if credential is None:
            raise Conflict("the credential of this call was deleted, so that its carrier cannot be asked")
        try:
            await carriers.of(credential).complete(context.carrier_call_id)
        except NoSuchCall as unknown:
            await inquiries.close(node, context, str(unknown))
            return True
        async with node.store.write() as tx:
            await contexts.ask_soon(tx, context.id, node.clock() + HUNG_UP_FOR)
        return True

    return complete


class _Remote:
    def __init__(self, claimed: Claimed, credential: Credential, node: Node, carriers: Carriers) -> None:
        self._claimed = claimed
        self._credential = credential
        self._node = node
        self._carriers = carriers

    async def complete(self) -> None:
        await self._carriers.of(self._credential).complete(await self._carrier_call_id())

    async def transfer(self, to: str) -> None:
        carrier = self._carriers.of(self._credential)
        to, caller_id = await self._permitted(to)
        await carrier.transfer(await self._carrier_call_id(), to, caller_id)

    async def say(self, text: str) -> None:
        carrier = self._carriers.of(self._credential)
        await carrier.say(await self._carrier_call_id(), text, self._claimed.assistant.language)

    async def _permitted(self, to: str) -> tuple[str, str]:
        """Whom to connect with, under the same rules as a call of ours, and the number to show them.

        A caller may have named the number. A `sip:` address is somebody's own exchange, and only who writes
        the flow can write one. The number shown is the one that was called, or else the deployment's: a call
        that came by SIP was called at an address, which no telephone can show.
        """
        ours = self._claimed.our_number
        async with self._node.store.read() as tx:
            deployment = await deployments.phone_of(tx, self._claimed.context.assistant_id)
        # Who asked for a call may have named the number it goes out from, but not another country to call.
        home, countries = "", ()
        if deployment is not None:
            home, countries = deployment.phone_number or "", deployment.options.countries
        caller_id = home if numbers.problem_of_own(ours) else ours
        if to.startswith(("sip:", "sips:")):
            return to, caller_id or ours
        if not caller_id:
            raise ProviderRefused(
                self._claimed.context.carrier,
                f"no transfer: the call came in at {ours[:64]!r}, which is no number to show to anybody; "
                "give the phone deployment a phone_number",
            )
        try:
            return numbers.check(to, caller_id, countries, home)[0], caller_id
        except numbers.NotDiallable as barred:
            raise ProviderRefused(self._claimed.context.carrier, f"no transfer: {barred}") from None

    async def _carrier_call_id(self) -> str:
        """An outbound call may be heard before the carrier has said its name."""
        if self._claimed.context.carrier_call_id:
            return self._claimed.context.carrier_call_id
        async with self._node.store.read() as tx:
            context = await contexts.find(tx, self._claimed.context.id)
        if context is None or not context.carrier_call_id:
            raise ProviderRefused(
                self._claimed.context.carrier, "the call has no name yet, so that nothing can be done to it"
            )
        return context.carrier_call_id


class _NoCarrier:
    """A browser, or the local demo, whose credential is known to no carrier: none is asked."""

    async def complete(self) -> None:
        """The other end hangs up when the stream ends."""

    async def transfer(self, to: str) -> None:
        """The other end ends the call when the stream is closed."""

    async def say(self, text: str) -> None:
        raise ProviderRefused("carrier", "there is none in this call that could speak by itself")
