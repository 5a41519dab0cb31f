"""Dialling one intent, beside what test_accepting.py and test_scheduling.py see of it from outside."""

from __future__ import annotations

import asyncio
import socket
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from rapida.errors import StoreError
from rapida.node.carriers import Carriers
from rapida.outbound import dialling
from rapida.outbound.dialling import Dialler
from rapida.outbound.order import HEARD_WITHIN, look_at
from rapida.store import credentials, intents
from rapida.store.credentials import Credential
from rapida.telephony.carrier import Carrier, Dial, PlacedCall
from rapida.telephony.twilio.rest import Twilio
from tests.switchboard.calling_node import OURS, CallingNode
from tests.switchboard.ready_node import NOON


class Steps(Carriers):
    """Writes down what is asked of a carrier, and when."""

    def __init__(self, inner: Carriers) -> None:
        self._inner = inner
        self.taken: list[str] = []

    def of(self, credential: Credential) -> Carrier:
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

        carrier.__class__ = Noted  # pyright: ignore[reportAttributeAccessIssue] - one instance alone is made to differ
        return carrier


async def test_a_dialled_call_rings_until_its_stream_or_its_end_or_its_time(calling: CallingNode) -> None:
    answered, ended, silent, unclear = [await calling.place() for _ in range(3)] + [await calling.dialling()]
    rings_s = 60 + HEARD_WITHIN.total_seconds()
    dialled = (answered, ended, silent, unclear)
    assert await calling.dialler.ringing() == {each.context_id: rings_s for each in dialled}
    await calling.queued()
    await calling.ready.opens_stream(answered.context_id)
    await calling.ready.reports(ended.context_id, CallSid=ended.carrier_call_id, CallStatus="no-answer")
    calling.ready.clock.turn(seconds=10)
    left = await calling.dialler.ringing()
    assert left.pop(silent.context_id) == left.pop(unclear.context_id) == rings_s - 10
    calling.ready.clock.turn(seconds=rings_s - 10)
    assert await calling.dialler.ringing() == {}


async def test_whatever_a_dial_needs_is_loaded_before_its_moment_comes(calling: CallingNode) -> None:
    placed = await calling.queued()
    order = await calling.dialler.load(placed.context_id)
    assert order is not None
    steps = Steps(Carriers(calling.ready.node.prover, {"twilio": calling.twilio.url}))

    async def moment() -> None:
        steps.taken.append("moment")

    dialled = await Dialler(calling.ready.node, steps).dial(order, moment)
    assert steps.taken == ["ready", "moment", "dial"]
    assert dialled.status == "dialled"
    await steps.of(order.credential).aclose()


@pytest.mark.parametrize(("refused", "status"), [(3, "dialled"), (4, "dialling")])
async def test_what_the_carrier_took_is_written_when_the_database_is_back_or_stays_open(
    calling: CallingNode, monkeypatch: pytest.MonkeyPatch, refused: int, status: str
) -> None:
    placed = await calling.queued()
    order = await calling.dialler.load(placed.context_id)
    assert order is not None
    store, now = calling.ready.node.store, calling.ready.clock.now
    async with store.write() as tx:
        attempt = await intents.begin(tx, placed.context_id, now, look_at(order.options, now))
    write, left = store.write, [refused]

    def balky() -> Any:
        if left[0]:
            left[0] -= 1
            raise StoreError("the database cannot be reached")
        return write()

    monkeypatch.setattr(dialling, "WRITE_RETRY_S", (0.0, 0.0, 0.0))
    monkeypatch.setattr(store, "write", balky)
    with capture_logs() as logs:
        dialled = await calling.dialler.dial(order.taken(attempt))
    assert (dialled.status, dialled.carrier_call_id) == ("dialled", calling.twilio.body["sid"])
    assert (await calling.intent(placed)).status == status
    told = [each["event"] for each in logs]
    assert told == ([] if status == "dialled" else ["dial_not_recorded"])


@pytest.mark.parametrize(("left_s", "status"), [(1, "dialled"), (0, "expired")])
async def test_after_its_time_nothing_is_dialled_however_long_the_process_stood_still(
    calling: CallingNode, left_s: int, status: str
) -> None:
    placed = await calling.queued()
    order = await calling.dialler.load(placed.context_id)
    assert order is not None
    clock = calling.ready.clock
    async with calling.ready.node.store.write() as tx:
        assert await intents.begin(tx, placed.context_id, clock.now, look_at(order.options, clock.now)) == 1

    async def moment() -> None:
        clock.now = order.intent.not_after - timedelta(seconds=left_s)

    asked = len(calling.twilio.asked)
    dialled = await calling.dialler.dial(order, moment)
    intent, told = await calling.intent(placed), await calling.conversation(placed)
    assert dialled.status == intent.status == status
    if status == "dialled":
        assert len(calling.twilio.asked) == asked + 1
        return
    assert len(calling.twilio.asked) == asked
    assert dialled.reason == intent.reason == "its time was over before the carrier could be asked"
    assert intent.ended_at == clock.now
    assert (told.status, told.end_reason) == ("ended", "expired")


async def test_a_credentials_own_host_that_is_not_found_leaves_the_call_in_the_queue(
    calling: CallingNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    account, ready = "AC" + "8" * 32, calling.ready
    secret = {"account_sid": account, "account_token": "token"}
    async with ready.node.store.write() as tx:
        draft = credentials.CredentialDraft(
            project_id=ready.project_id,
            provider="twilio",
            name="Own host",
            secret=secret,
            account=account,
            base_url="https://twilio.example.com",
        )
        own = await credentials.create(tx, ready.node.vault, draft, NOON)
    await ready.deploy(credential_id=own.id, phone_number=OURS)
    loop = asyncio.get_running_loop()
    known = loop.getaddrinfo

    async def look_up(host: Any, *more: Any, **how: Any) -> Any:
        if host == "twilio.example.com":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return await known(host, *more, **how)

    monkeypatch.setattr(loop, "getaddrinfo", look_up)
    placed = await calling.place()
    intent = await calling.intent(placed)
    assert (placed.status, placed.trouble, intent.status) == ("queued", "away", "queued")
    assert intent.reason == "twilio: https://twilio.example.com cannot be reached"
    assert intent.not_before is not None
    assert intent.not_before > calling.ready.clock.now


async def test_an_attempt_that_is_told_of_late_puts_no_later_one_back(calling: CallingNode) -> None:
    """A commit whose answer was lost is written again, when another process may have begun anew."""
    placed = await calling.queued()
    now, key = calling.ready.clock.now, placed.context_id
    async with calling.ready.node.store.write() as tx:
        assert await intents.begin(tx, key, now, now) == 1
        assert await intents.put_back(tx, key, 1, "the carrier is away", now, now)
        assert await intents.begin(tx, key, now, now) == 2
        assert not await intents.put_back(tx, key, 1, "the carrier is away", now, now)
    assert (await calling.intent(placed)).status == "dialling"


async def test_a_call_that_the_carrier_has_is_not_dialled_again_though_it_was_put_back(
    calling: CallingNode,
) -> None:
    placed = await calling.queued()
    now, key = calling.ready.clock.now, placed.context_id
    async with calling.ready.node.store.write() as tx:
        await intents.begin(tx, key, now, now)
        await intents.put_back(tx, key, 1, "no answer was read", now, now)
        assert await intents.prove(tx, key, now)
        assert await intents.begin(tx, key, now, now) == 0
    proved = await calling.intent(placed)
    assert (proved.status, proved.dial_at) == ("dialled", now)
