"""What can be done to a call from outside its stream, through the carrier's own interface."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from ..engine.runner import CallControl
from ..telephony.twilio.rest import Credential, Options, Twilio
from .contexts import Claimed
from .hosts import Hosts


def twilio_controls(api_url: str, hosts: Hosts) -> Callable[[Claimed], CallControl]:
    """Makes the remote control of each call, which speaks with that call's own credential."""

    def control(claimed: Claimed) -> CallControl:
        if claimed.context.host == hosts.local:
            return _NoCarrier()
        return _Remote(claimed, api_url)

    return control


class _Remote:
    def __init__(self, claimed: Claimed, api_url: str) -> None:
        self._claimed = claimed
        self._options = Options(api_url=api_url)

    def _twilio(self) -> Twilio:
        return Twilio(self._options, msgspec.convert(dict(self._claimed.secret), Credential))

    async def complete(self) -> None:
        twilio = self._twilio()
        try:
            await twilio.complete(self._claimed.context.call_sid or "")
        finally:
            await twilio.aclose()

    async def transfer(self, to: str) -> None:
        claimed, twilio = self._claimed, self._twilio()
        try:
            await twilio.transfer(claimed.context.call_sid or "", to, claimed.conversation.callee)
        finally:
            await twilio.aclose()


class _NoCarrier:
    """The local demo: its credential is known to no carrier, so none is asked."""

    async def complete(self) -> None:
        """Its phone hangs up when the stream ends."""

    async def transfer(self, to: str) -> None:
        """Its phone ends the call when the stream is closed."""
