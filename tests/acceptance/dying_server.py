"""A server that kills itself with -9 at a named step of a dial; run by `test_outbound_faults.py`.

Its parts are the real ones. Only the carrier is wrapped, from here, so that the steps before the request and
after its answer can be told apart.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

import msgspec

from rapida import app, stt
from rapida.registry import Entry
from rapida.settings import Settings
from rapida.store.credentials import Credential
from rapida.switchboard import dialling
from rapida.switchboard.carriers import Carriers
from rapida.switchboard.outbound import Wish
from rapida.telephony.base import Dial, PlacedCall
from rapida.telephony.twilio.rest import Twilio

from .switchyard import CALLEE, HOST, installed, set_limits


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
    def of(self, credential: Credential) -> Twilio:
        carrier = super().of(credential)
        assert isinstance(carrier, Twilio)
        carrier.__class__ = DyingTwilio
        return carrier


class Told(msgspec.Struct):
    """What the test says. Without a project everything is installed first."""

    data_dir: str
    port: int
    rest_url: str
    step: str = ""
    place: bool = False
    project_id: int = 0
    assistant_id: int = 0


async def main(told: Told) -> None:
    DyingTwilio.step = told.step
    app.Carriers = DyingCarriers  # pyright: ignore[reportPrivateImportUsage]
    dialling.HEARD_WITHIN = timedelta(seconds=1)
    stt.CATALOGUE._entries["dictation"] = Entry("tests.acceptance.dictation:Dictation")
    settings = Settings(
        data_dir=Path(told.data_dir),
        host="127.0.0.1",
        port=told.port,
        public_host=HOST,
        twilio_api_url=told.rest_url,
    )
    async with app.running(settings, drain_s=0.0, queue="inline") as rapida:
        exchange = rapida.exchange
        if told.place:
            project_id, credential_id, assistant_id = await installed(exchange.store, exchange.vault)
            if told.step == "in the queue":
                await set_limits(exchange.store, project_id, credential_id, calls_per_second=0.2)
            wish = Wish(assistant_id, CALLEE, options=dialling.DialOptions(ring_s=2))
            if told.step == "in the queue":
                await rapida.outbound.place(project_id, wish)
                placed = await rapida.outbound.place(project_id, wish)
                assert placed.status == "queued"
                die()
            await rapida.outbound.place(project_id, wish)
        print("up", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(msgspec.json.decode(sys.argv[1], type=Told)))
