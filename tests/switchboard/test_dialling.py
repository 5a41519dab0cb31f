"""Dialling one intent, beside what test_outbound.py and test_errands.py see of it from outside."""

from __future__ import annotations

from rapida.store.credentials import Credential
from rapida.switchboard.carriers import Carriers
from rapida.switchboard.dialling import Dialler
from rapida.telephony.base import Dial, PlacedCall
from rapida.telephony.twilio.rest import Twilio
from tests.switchboard.desk import Desk


class Steps(Carriers):
    """Writes down what is asked of a carrier, and when."""

    def __init__(self, inner: Carriers) -> None:
        self._inner = inner
        self.taken: list[str] = []

    def of(self, credential: Credential) -> Twilio:
        carrier = self._inner.of(credential)
        assert isinstance(carrier, Twilio)
        steps = self.taken

        class Noted(Twilio):
            async def ready(self) -> None:
                steps.append("ready")
                await super().ready()

            async def dial(self, order: Dial) -> PlacedCall:
                steps.append("dial")
                return await super().dial(order)

        carrier.__class__ = Noted
        return carrier


async def test_whatever_a_dial_needs_is_loaded_before_its_moment_comes(desk: Desk) -> None:
    placed = await desk.queued()
    order = await desk.dialler.load(placed.context_id)
    assert order is not None
    steps = Steps(Carriers(desk.office.exchange.prover, desk.twilio.url))

    async def moment() -> None:
        steps.taken.append("moment")

    dialled = await Dialler(desk.office.exchange, steps).dial(order, moment)
    assert steps.taken == ["ready", "moment", "dial"]
    assert dialled.status == "dialled"
    await steps.of(order.credential).aclose()
