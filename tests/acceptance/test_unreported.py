"""Calls out whose callbacks are lost, as behind a wrong tunnel: they end, free their place, and say why."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from rapida.call.happenings import EndUnreported
from rapida.node.clock import utc_now
from rapida.outbound import settling
from rapida.outbound.order import DialOptions, Placed
from rapida.settings import Settings
from rapida.simulator.twilio.callee import Callee
from rapida.simulator.twilio.chaos import Chaos
from rapida.simulator.twilio.network import Account
from rapida.simulator.twilio.rest import RestSide
from rapida.store import Store, api_keys
from rapida.switchboard import control, inquiries
from rapida.vault import tokens

from .calling_server import CALLEE, HOST, OTHER, CallingServer, free_port, opened
from .server import Kept, kept

BUSY = Callee(behaviour="busy", after_s=0.05)
SHORTLY = timedelta(milliseconds=100)


class Misled(RestSide):
    """Reaches nobody under the public host, and is reached itself: a tunnel that leads elsewhere."""

    def __init__(self, account: Account, **how: Any) -> None:
        how["connect"] = f"127.0.0.1:{free_port()}"
        super().__init__(account, **how)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "UNHEARD_FOR", SHORTLY)
    monkeypatch.setattr(inquiries, "RING_GRACE", SHORTLY)
    monkeypatch.setattr(inquiries, "AGAIN", SHORTLY)
    monkeypatch.setattr(control, "HUNG_UP_FOR", SHORTLY)
    monkeypatch.setattr(inquiries, "LOOK_EVERY_S", 0.05)


async def closed(calling: CallingServer, placed: Placed) -> Kept:
    """What is kept of a call, once its place is free."""
    async with asyncio.timeout(120):
        while (await calling.intent(placed.context_id)).ended_at is None:
            await asyncio.sleep(0.02)
    return await kept(calling.store, calling.data_dir, placed.conversation_id)


@pytest.mark.parametrize(
    ("callee", "status"), [(BUSY, "busy"), (Callee(after_s=0.05), "completed")], ids=["busy", "answered"]
)
async def test_a_call_behind_a_wrong_tunnel_ends_says_where_and_lets_the_next_one_out(
    tmp_path: Path, callee: Callee, status: str
) -> None:
    async with opened(tmp_path / "data", callees={CALLEE: callee}, rest=Misled) as calling:
        await calling.limit(concurrent_calls=1)
        placed = await calling.rapida.outbound.place(calling.project_id, calling.request())
        behind = await calling.rapida.outbound.place(calling.project_id, calling.request(OTHER))
        assert (placed.status, behind.status) == ("dialled", "queued")
        found = await closed(calling, placed)
        await calling.until(behind.context_id, "dialled")
    assert (found.conversation.status, found.conversation.end_reason) == ("ended", status)
    [told] = found.happened(EndUnreported)
    assert told.url == f"https://{HOST}/v1/talk/twilio/ctx/{placed.context_id}/event"


async def test_callbacks_that_stop_coming_on_the_way_leave_no_call_waiting(tmp_path: Path) -> None:
    lost = Chaos(missing_callbacks=frozenset({"completed"}))
    async with opened(tmp_path / "data", callees={CALLEE: BUSY}, chaos=lost) as calling:
        request = calling.request(options=DialOptions(ring_s=1))
        found = await closed(calling, await calling.rapida.outbound.place(calling.project_id, request))
    assert found.conversation.end_reason == "busy"
    [told] = found.happened(EndUnreported)
    assert "'ringing' was" in told.reason


@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
async def test_hanging_up_closes_a_call_of_which_nothing_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    monkeypatch.setattr(settling, "UNHEARD_FOR", timedelta(hours=1))
    async with opened(tmp_path / "data", callees={CALLEE: Callee(after_s=50)}, rest=Misled) as calling:
        token = tokens.new_api_key()
        async with calling.store.write() as tx:
            draft = api_keys.NewApiKey(calling.project_id, "An operator's", "editor")
            await api_keys.create(tx, draft, token.prefix, token.digest, utc_now())
        placed = await calling.rapida.outbound.place(calling.project_id, calling.request())
        assert placed.carrier_call_id is not None
        calls = calling.rest.account_calls.calls
        rings = calls[placed.carrier_call_id] if known else calls.pop(placed.carrier_call_id)
        headers = {"authorization": f"Bearer {token.text}"}
        async with httpx.AsyncClient(base_url=calling.rapida.address, headers=headers) as operator:
            answer = await operator.post(f"/v1/conversations/{placed.conversation_id}/hangup")
            found = await closed(calling, placed)
            shown = (await operator.get(f"/v1/conversations/{placed.conversation_id}")).json()
        calls[placed.carrier_call_id] = rings  # or the carrier's end would let it ring on
    assert answer.status_code == 202, answer.text
    assert found.conversation.end_reason == ("canceled" if known else "unknown")
    assert HOST in shown["unreported"]


async def test_a_server_that_ends_learns_from_the_carrier_that_nothing_rings_any_more(
    tmp_path: Path,
) -> None:
    callees = {CALLEE: Callee(behaviour="no-answer")}
    async with opened(tmp_path / "data", callees=callees, rest=Misled, drain_s=60) as calling:
        request = calling.request(options=DialOptions(ring_s=1))
        placed = await calling.rapida.outbound.place(calling.project_id, request)
    store = Store(Settings(data_dir=calling.data_dir).database_url)
    found = await kept(store, calling.data_dir, placed.conversation_id)
    await store.aclose()
    assert found.conversation.end_reason == "no-answer"
