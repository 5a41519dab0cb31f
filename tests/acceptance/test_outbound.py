"""Calls to people, from the wish to the record, through Twilio's own protocol on real sockets."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from rapida.node.clock import utc_now
from rapida.parts import Worker
from rapida.settings import Settings
from rapida.simulator.twilio import account as account_calls
from rapida.simulator.twilio.callee import Callee
from rapida.simulator.twilio.report import CallReport
from rapida.simulator.twilio.script import AfterAgent, HangUp, Script, Step, Tone
from rapida.store import Store, api_keys, intents
from rapida.vault import tokens

from .calling_server import CALLEE, HOST, OURS, one_instant, opened
from .server import GREETING, kept

TALKS = Callee(
    after_s=0.05,
    script=Script((Step(AfterAgent(200), Tone(300, 600)), Step(AfterAgent(200), HangUp())), limit_s=20),
)


def dialled_at(intent: intents.Intent) -> datetime:
    assert intent.dial_at is not None
    return intent.dial_at


async def test_a_call_to_somebody_is_placed_spoken_and_kept(tmp_path: Path) -> None:
    async with opened(tmp_path / "data", callees={CALLEE: TALKS}) as calling:
        placed = await calling.rapida.outbound.place(
            calling.project_id, calling.request(arguments={"name": "Ada"}, metadata={"order": 7})
        )
        assert placed.status == "dialled"
        assert placed.carrier_call_id is not None
        report = await calling.rest.ended(placed.carrier_call_id)
        found = await calling.kept(placed.conversation_id)
        intent = await calling.until(placed.context_id, "dialled")

    assert (report.failure, report.end, report.direction) == ("", "caller hung up", "outbound-api")
    assert (report.from_number, report.to_number) == (OURS, CALLEE)
    assert [each.event for each in report.callbacks if not each.event.startswith("stream")] == [
        "initiated",
        "ringing",
        "answered",
        "completed",
    ]
    assert all(each.status == 204 for each in report.callbacks)
    assert all(each.exchange.url.startswith(f"https://{HOST}/") for each in report.callbacks)
    assert len(report.streams) == 1

    conversation = found.conversation
    assert (conversation.direction, conversation.status) == ("outbound", "ended")
    assert (conversation.caller, conversation.callee) == (OURS, CALLEE)
    assert (conversation.end_reason, conversation.call_status) == ("caller_hangup", "completed")
    assert conversation.arguments == {"name": "Ada"}
    assert ("agent", GREETING) in found.said
    (context,) = found.contexts
    assert (context.carrier_call_id, context.status) == (placed.carrier_call_id, "ended")
    assert intent.ended_at is not None


async def test_a_call_that_rings_is_hung_up_by_an_operator(tmp_path: Path) -> None:
    async with opened(tmp_path / "data", callees={CALLEE: Callee(after_s=50)}) as calling:
        token = tokens.new_api_key()
        async with calling.store.write() as tx:
            draft = api_keys.NewApiKey(calling.project_id, "An operator's", "editor")
            await api_keys.create(tx, draft, token.prefix, token.digest, utc_now())
        placed = await calling.rapida.outbound.place(calling.project_id, calling.request())
        assert placed.carrier_call_id is not None
        headers = {"authorization": f"Bearer {token.text}"}
        async with httpx.AsyncClient(base_url=calling.rapida.address, headers=headers) as operator:
            answer = await operator.post(f"/v1/conversations/{placed.conversation_id}/hangup")
        assert answer.status_code == 202
        report = await calling.rest.ended(placed.carrier_call_id)
        found = await calling.kept(placed.conversation_id)
    assert (report.end, report.streams) == ("canceled", [])
    assert (found.conversation.status, found.conversation.end_reason) == ("ended", "canceled")


@pytest.mark.parametrize("queue", ["inline", "worker"])
async def test_a_server_that_ends_holds_calls_that_still_ring_and_dials_no_other(
    tmp_path: Path, queue: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    callees = {CALLEE: replace(TALKS, after_s=1.5)}
    async with opened(tmp_path / "data", callees=callees, queue=queue, drain_s=20) as calling:
        ring = account_calls.ring

        async def rings_until_the_server_ends(*call: Any) -> CallReport:
            await calling.rapida.ending.wanted.wait()
            return await ring(*call)

        monkeypatch.setattr(account_calls, "ring", rings_until_the_server_ends)
        await calling.limit(concurrent_calls=1)
        placing = [calling.rapida.outbound.place(calling.project_id, calling.request()) for _ in range(2)]
        ringing, waiting = sorted(await asyncio.gather(*placing), key=lambda each: each.status)
        assert ringing.carrier_call_id is not None
        over = asyncio.create_task(calling.rest.ended(ringing.carrier_call_id))
    report = await over
    assert (report.failure, report.end, len(calling.rest.account_calls.calls)) == ("", "caller hung up", 1)
    store = Store(Settings(data_dir=calling.data_dir).database_url)
    found = await kept(store, calling.data_dir, ringing.conversation_id)
    async with store.read() as tx:
        left = await intents.find(tx, waiting.context_id)
    await store.aclose()
    assert found.conversation.end_reason == "caller_hangup"
    assert ("agent", GREETING) in found.said
    assert left is not None
    assert (left.status, left.attempts) == ("queued", 0), "the next server dials it"


@pytest.mark.parametrize("queue", ["inline", "worker"])
async def test_what_has_no_turn_waits_and_is_dialled_in_its_turn(tmp_path: Path, queue: Worker) -> None:
    async with opened(tmp_path / "data", queue=queue) as calling:
        await calling.limit(calls_per_second=0.5)
        placing = [calling.rapida.outbound.place(calling.project_id, calling.request()) for _ in range(3)]
        with one_instant(calling.rapida.node):
            placed = await asyncio.gather(*placing)
        assert sorted(each.status for each in placed) == ["dialled", "queued", "queued"]
        dialled = [await calling.until(each.context_id, "dialled") for each in placed]
        assert len(calling.rest.account_calls.calls) == 3
    by_request = next(each.context_id for each in placed if each.status == "dialled")
    first, *later = sorted(dialled, key=dialled_at)
    assert first.context_id == by_request
    gaps = [(dialled_at(each) - dialled_at(first)).total_seconds() for each in later]
    assert gaps[0] >= 1.95
    assert gaps[1] >= 3.9
