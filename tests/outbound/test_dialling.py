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
from tests.switchboard.desk import OURS, Desk
from tests.switchboard.office import NOON


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


async def test_a_dialled_call_rings_until_its_stream_or_its_end_or_its_time(desk: Desk) -> None:
    answered, ended, silent, unclear = [await desk.place() for _ in range(3)] + [await desk.dialling()]
    rings_s = 60 + HEARD_WITHIN.total_seconds()
    dialled = (answered, ended, silent, unclear)
    assert await desk.dialler.ringing() == {each.context_id: rings_s for each in dialled}
    await desk.queued()
    await desk.office.opens_stream(answered.context_id)
    await desk.office.reports(ended.context_id, CallSid=ended.carrier_call_id, CallStatus="no-answer")
    desk.office.clock.turn(seconds=10)
    left = await desk.dialler.ringing()
    assert left.pop(silent.context_id) == left.pop(unclear.context_id) == rings_s - 10
    desk.office.clock.turn(seconds=rings_s - 10)
    assert await desk.dialler.ringing() == {}


async def test_whatever_a_dial_needs_is_loaded_before_its_moment_comes(desk: Desk) -> None:
    placed = await desk.queued()
    order = await desk.dialler.load(placed.context_id)
    assert order is not None
    steps = Steps(Carriers(desk.office.node.prover, {"twilio": desk.twilio.url}))

    async def moment() -> None:
        steps.taken.append("moment")

    dialled = await Dialler(desk.office.node, steps).dial(order, moment)
    assert steps.taken == ["ready", "moment", "dial"]
    assert dialled.status == "dialled"
    await steps.of(order.credential).aclose()


@pytest.mark.parametrize(("refused", "status"), [(3, "dialled"), (4, "dialling")])
async def test_what_the_carrier_took_is_written_when_the_database_is_back_or_stays_open(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, refused: int, status: str
) -> None:
    placed = await desk.queued()
    order = await desk.dialler.load(placed.context_id)
    assert order is not None
    store, now = desk.office.node.store, desk.office.clock.now
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
        dialled = await desk.dialler.dial(order.taken(attempt))
    assert (dialled.status, dialled.carrier_call_id) == ("dialled", desk.twilio.body["sid"])
    assert (await desk.intent(placed)).status == status
    told = [each["event"] for each in logs]
    assert told == ([] if status == "dialled" else ["dial_not_recorded"])


@pytest.mark.parametrize(("left_s", "status"), [(1, "dialled"), (0, "expired")])
async def test_after_its_time_nothing_is_dialled_however_long_the_process_stood_still(
    desk: Desk, left_s: int, status: str
) -> None:
    placed = await desk.queued()
    order = await desk.dialler.load(placed.context_id)
    assert order is not None
    clock = desk.office.clock
    async with desk.office.node.store.write() as tx:
        assert await intents.begin(tx, placed.context_id, clock.now, look_at(order.options, clock.now)) == 1

    async def moment() -> None:
        clock.now = order.intent.not_after - timedelta(seconds=left_s)

    asked = len(desk.twilio.asked)
    dialled = await desk.dialler.dial(order, moment)
    intent, told = await desk.intent(placed), await desk.conversation(placed)
    assert dialled.status == intent.status == status
    if status == "dialled":
        assert len(desk.twilio.asked) == asked + 1
        return
    assert len(desk.twilio.asked) == asked
    assert dialled.reason == intent.reason == "its time was over before the carrier could be asked"
    assert intent.ended_at == clock.now
    assert (told.status, told.end_reason) == ("ended", "expired")


async def test_a_credentials_own_host_that_is_not_found_leaves_the_call_in_the_queue(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    account, office = "AC" + "8" * 32, desk.office
    secret = {"account_sid": account, "account_token": "token"}
    async with office.node.store.write() as tx:
        draft = credentials.CredentialDraft(
            project_id=office.project_id,
            provider="twilio",
            name="Own host",
            secret=secret,
            account=account,
            base_url="https://twilio.example.com",
        )
        own = await credentials.create(tx, office.node.vault, draft, NOON)
    await office.deploy(credential_id=own.id, phone_number=OURS)
    loop = asyncio.get_running_loop()
    known = loop.getaddrinfo

    async def look_up(host: Any, *more: Any, **how: Any) -> Any:
        if host == "twilio.example.com":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return await known(host, *more, **how)

    monkeypatch.setattr(loop, "getaddrinfo", look_up)
    placed = await desk.place()
    intent = await desk.intent(placed)
    assert (placed.status, placed.trouble, intent.status) == ("queued", "away", "queued")
    assert intent.reason == "twilio: https://twilio.example.com cannot be reached"
    assert intent.not_before is not None
    assert intent.not_before > desk.office.clock.now


async def test_an_attempt_that_is_told_of_late_puts_no_later_one_back(desk: Desk) -> None:
    """A commit whose answer was lost is written again, when another process may have begun anew."""
    placed = await desk.queued()
    now, key = desk.office.clock.now, placed.context_id
    async with desk.office.node.store.write() as tx:
        assert await intents.begin(tx, key, now, now) == 1
        assert await intents.put_back(tx, key, 1, "the carrier is away", now, now)
        assert await intents.begin(tx, key, now, now) == 2
        assert not await intents.put_back(tx, key, 1, "the carrier is away", now, now)
    assert (await desk.intent(placed)).status == "dialling"


async def test_a_call_that_the_carrier_has_is_not_dialled_again_though_it_was_put_back(desk: Desk) -> None:
    placed = await desk.queued()
    now, key = desk.office.clock.now, placed.context_id
    async with desk.office.node.store.write() as tx:
        await intents.begin(tx, key, now, now)
        await intents.put_back(tx, key, 1, "no answer was read", now, now)
        assert await intents.prove(tx, key, now)
        assert await intents.begin(tx, key, now, now) == 0
    proved = await desk.intent(placed)
    assert (proved.status, proved.dial_at) == ("dialled", now)
