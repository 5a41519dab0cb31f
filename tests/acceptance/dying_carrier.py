"""A carrier object whose process kills itself with -9 before a dial's request, or after its answer.

All else about it is the real one. It stands on its own, so that a worker need not load a server.
"""

from __future__ import annotations

import os
import signal

from rapida.node.carriers import Carriers
from rapida.store.credentials import Credential
from rapida.telephony.carrier import Carrier, Dial, PlacedCall
from rapida.telephony.twilio.rest import Twilio


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class DyingTwilio(Twilio):
    """Dies at its step."""

    step = ""

    async def dial(self, order: Dial) -> PlacedCall:
        if self.step == "before the request":
            die()
        placed = await super().dial(order)
        if self.step == "after the answer":
            die()
        return placed


class DyingCarriers(Carriers):
    def of(self, credential: Credential) -> Carrier:
        carrier = super().of(credential)
        assert isinstance(carrier, Twilio)
        carrier.__class__ = DyingTwilio  # pyright: ignore[reportAttributeAccessIssue] - one instance alone is made to differ
        return carrier
